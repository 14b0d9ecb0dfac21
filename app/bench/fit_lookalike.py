"""Makes `vectors/lookalike_projection.npz`: what the look-alike embedder learned from pictures, without the pictures.

    python -m app.bench.fit_lookalike GALLERY.zip --queries QUERIES.zip

Fitted on the photographs of half of the gallery's products (those whose `product_id` leaves 0 or 1 on division by 4)
and on copies of every second of them with other hues; nothing else is seen. With `--queries` it prints, for each half
of the products, how often a query's nearest photograph in the whole gallery shows the same kind and the same product.
Deterministic: the same pictures give the same file.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import numpy as np
import typer
from numpy.typing import NDArray
from PIL import Image
from rich.console import Console
from rich.progress import track

from app.bench import visual
from app.bench.visual import Photograph
from vectors import lookalike, lookalike_features
from vectors.embedder import FloatArray
from vectors.lookalike_features import COARSE, FINE, Dictionary, PixelArray

RECOLOUR_EVERY: Final = 2
WORDS: Final = 64
CODE_DIMS: Final = 32
AXES: Final = {"colour": (96, 0.4), "texture": (128, 0.4), "layout": (32, 0.6)}
"""For each block how many principal axes are kept, and p of the division by (standard deviation)^p."""
_SAMPLES_PER_PICTURE: Final = 60
_ROUNDS: Final = 20


def fitted_on(photograph: Photograph) -> bool:
    """Whether a photograph is of the half of the products that is fitted on."""
    return photograph.product_id % 4 < 2


def fit(pictures: list[PixelArray], recoloured: list[PixelArray], *, seed: int = 1) -> dict[str, NDArray[np.float16]]:
    """The arrays of the projection file, from at least 200 pictures of 128 x 128 pixels.

    The dictionary of patches is made from the pictures alone, means and axes from the recoloured ones as well.
    """
    rng = np.random.default_rng(seed)
    colours = [lookalike_features.lab(picture) for picture in pictures]
    fine, coarse = _dictionary(colours, FINE, rng), _dictionary(colours, COARSE, rng)
    seen = [lookalike_features.blocks(picture, fine, coarse) for picture in track(pictures + recoloured, "Features")]
    arrays: dict[str, FloatArray] = {}
    for name, dictionary in (("fine", fine), ("coarse", coarse)):
        arrays |= {
            f"{name}.mean": dictionary.mean,
            f"{name}.basis": dictionary.basis,
            f"{name}.centres": dictionary.centres,
        }
    for name, (dims, power) in AXES.items():
        table = np.stack([blocks[name] for blocks in seen])
        mean = table.mean(axis=0)
        _, scale, axes = np.linalg.svd((table - mean) / np.sqrt(len(table)), full_matrices=False)
        arrays[f"{name}.mean"] = mean
        # Scaled so that half precision holds them; only their proportions matter.
        arrays[f"{name}.axes"] = (axes[:dims] * ((scale[:dims] / scale[0]) ** -power)[:, None]).T
    return {name: array.astype(np.float16) for name, array in arrays.items()}


def _dictionary(colours: list[FloatArray], zoom: int, rng: np.random.Generator) -> Dictionary:
    """Principal axes of patches, whitened, and k-means centres among them (Lloyd, from random patches)."""
    kept = []
    for picture in colours:
        patches = lookalike_features.patches(picture, zoom)
        kept.append(patches[rng.choice(len(patches), _SAMPLES_PER_PICTURE, replace=False)])
    sample = np.concatenate(kept)
    mean = sample.mean(axis=0)
    value, vector = np.linalg.eigh(np.cov((sample - mean).T))
    order = value.argsort()[::-1][:CODE_DIMS]
    basis = vector[:, order] / np.sqrt(value[order] + 0.01 * value[order[0]])
    coded = ((sample - mean) @ basis).astype(np.float32)
    centres = coded[rng.choice(len(coded), WORDS, replace=False)]
    for _ in range(_ROUNDS):
        nearest = np.argmax(2 * coded @ centres.T - (centres**2).sum(axis=1), axis=1)
        sums = np.zeros_like(centres)
        np.add.at(sums, nearest, coded)
        counts = np.bincount(nearest, minlength=WORDS)[:, None]
        centres = np.where(counts > 0, sums / np.maximum(counts, 1), coded[rng.choice(len(coded), WORDS)])
    # What is stored in half precision is what everything after it is fitted to.
    return Dictionary(*(np.asarray(a, dtype=np.float16).astype(np.float32) for a in (mean, basis, centres)))


def _recoloured(pictures: list[PixelArray], *, seed: int = 2) -> list[PixelArray]:
    """Every so many of the pictures with its hues turned by a random angle: shops hold little that is blue or pink."""
    rng = np.random.default_rng(seed)
    recoloured = []
    for picture in pictures[::RECOLOUR_EVERY]:
        hue, saturation, value = Image.fromarray(picture).convert("HSV").split()
        turned = Image.fromarray(np.asarray(hue) + np.uint8(rng.integers(1, 256)))
        recoloured.append(np.asarray(Image.merge("HSV", (turned, saturation, value)).convert("RGB")))
    return recoloured


def main(
    gallery: Path,
    queries: Annotated[Path | None, typer.Option()] = None,
    out: Annotated[Path, typer.Option()] = lookalike.PROJECTION,
) -> None:
    """Fits, writes the file, and reports both halves."""
    photographs = visual.read(gallery)
    pictures = [lookalike_features.pixels(p.file) for p in photographs if fitted_on(p)]
    recoloured = _recoloured(pictures)
    arrays = fit(pictures, recoloured)
    with out.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **arrays)
    console = Console()
    console.print(
        f"{out}: {out.stat().st_size / 1e6:.2f} MB, {len(pictures)} photographs, {len(recoloured)} recoloured"
    )
    if queries is None:
        return
    model = lookalike.Lookalike(out)
    asked = visual.read(queries)
    rows = np.stack([model.vector(p.file) for p in photographs])
    sought = np.stack([model.vector(p.file) for p in asked])
    for title, chosen in (
        ("products fitted on", [fitted_on(p) for p in asked]),
        ("other products", [not fitted_on(p) for p in asked]),
        ("all", [True] * len(asked)),
    ):
        part = [p for p, take in zip(asked, chosen, strict=True) if take]
        kind, product = visual.agreement(sought[np.array(chosen)], part, rows, photographs)
        console.print(f"{title}: same kind {kind:.3f}, same product {product:.3f} ({len(part)} queries)")


if __name__ == "__main__":
    typer.run(main)
