"""`pinwalk bench copies`: are copies of a picture told from other pictures of the same thing?"""

from __future__ import annotations

import io
import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from PIL import Image
from rich.console import Console
from rich.progress import track
from rich.table import Table

from app.bench import visual
from app.bench.report import machine
from graph import bands, duplicates
from media import renditions
from media.signature import cropped, signature

_SEED: Final = 31
_QUALITY: Final = 85

Change = Callable[[Image.Image, random.Random], Image.Image]


@dataclass(frozen=True, slots=True)
class Signed:
    """A picture as the graph knows it."""

    whole: str
    crops: tuple[str, ...]


def run(archive: Path, *, pictures: int = 220, json_path: Path | None = None) -> None:
    """Prints for each way of copying the share of copies that are found, and how near other pictures come.

    For so many photographs of the archive (with pins.csv), drawn at random: those of one product are series of one
    scene. A copy is made from the first rendition, encoded as JPEG, and found when it shares a band with the original
    and is taken for a copy of it. Raises Invalid for an archive that does not fit.
    """
    rng = random.Random(_SEED)
    photographs = visual.read(archive)
    drawn = rng.sample(photographs, min(pictures, len(photographs)))
    originals = [_first(Image.open(io.BytesIO(photograph.file))) for photograph in track(drawn, "Read", transient=True)]
    signed = [_signed(image) for image in track(originals, "Sign", transient=True)]
    rows = []
    for name, change in WAYS.items():
        pairs = zip(originals, signed, strict=True)
        found = [_found(of, _signed(_first(_encoded(change(image, rng), _QUALITY)))) for image, of in pairs]
        rows.append({"copy": name, "found": round(sum(found) / len(found), 3)})
    nearest = sorted(_nearest(signed, i) for i in range(len(signed)))
    mistaken = sum(
        any(duplicates.alike(one.whole, c) for c in (other.whole, *other.crops))
        for i, one in enumerate(signed)
        for other in signed[i + 1 :]
    )
    others = {"nearest others, bits": nearest[:10], "pairs of different files taken for copies": mistaken}
    _show(len(drawn), rows, others, json_path)


def _cut(left: float, top: float, right: float, bottom: float) -> Change:
    """Cuts these shares off."""

    def change(image: Image.Image, _: random.Random) -> Image.Image:
        width, height = image.size
        box = left * width, top * height, (1 - right) * width, (1 - bottom) * height
        return image.crop(tuple(round(side) for side in box))  # type: ignore[arg-type]  # four of them

    return change


def _cut_at_random(most: float) -> Change:
    return lambda image, rng: _cut(*(rng.uniform(0, most) for _ in range(4)))(image, rng)


WAYS: Final[dict[str, Change]] = {
    "encoded anew": lambda image, _: image,
    "half as large, poorly encoded": lambda image, _: _encoded(image.resize((image.width // 2, image.height // 2)), 25),
    "2 % off each side": _cut(0.02, 0.02, 0.02, 0.02),
    "4 % off each side": _cut(0.04, 0.04, 0.04, 0.04),
    "5 % off the left": _cut(0.05, 0, 0, 0),
    "8 % off the left": _cut(0.08, 0, 0, 0),
    "up to 3 % off each side": _cut_at_random(0.03),
    "up to 5 % off each side": _cut_at_random(0.05),
    "up to 10 % off each side": _cut_at_random(0.10),
}


def _first(image: Image.Image) -> Image.Image:
    """The picture as its first rendition has it."""
    whole = image.convert("RGB")
    return renditions.scaled(whole, *renditions.size(renditions.FIRST, *whole.size))


def _encoded(image: Image.Image, quality: int) -> Image.Image:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return Image.open(buffer)


def _signed(image: Image.Image) -> Signed:
    return Signed(signature(image), cropped(image))


def _found(original: Signed, copy: Signed) -> bool:
    """Whether the question for the copy finds the original, by a band first and then by its bits."""
    shared = set(bands.asked(copy.whole, copy.crops).split()) & set(bands.of(original.whole, original.crops).split())
    pairs = [(copy.whole, each) for each in (original.whole, *original.crops)]
    pairs += [(each, original.whole) for each in copy.crops]
    return bool(shared) and any(duplicates.alike(one, other) for one, other in pairs)


def _nearest(signed: Sequence[Signed], at: int) -> int:
    """In how many bits the nearest other picture differs from this one or a crop of it."""
    own = [int(each, 16) for each in (signed[at].whole, *signed[at].crops)]
    return min((one ^ int(other.whole, 16)).bit_count() for one in own for i, other in enumerate(signed) if i != at)


def _show(count: int, rows: Sequence[dict[str, Any]], others: dict[str, Any], json_path: Path | None) -> None:
    table = Table(title=f"Copies of {count} photographs")
    table.add_column("copy")
    table.add_column("found", justify="right")
    for row in rows:
        table.add_row(row["copy"], f"{row['found']:.3f}")
    console = Console()
    console.print(table)
    for name, value in others.items():
        console.print(f"  {name}: {value}", highlight=False)
    if json_path is not None:
        json_path.write_text(json.dumps({"machine": machine(), "rows": list(rows), **others}, indent=2) + "\n")
