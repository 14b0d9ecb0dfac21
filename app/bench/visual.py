"""`pinwalk bench visual`: how often the nearest picture of a query shows the same kind of thing, and the same thing."""

from __future__ import annotations

import csv
import io
import json
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table

from domain.errors import Invalid
from domain.limits import UPLOAD_BYTES_MAX
from vectors import lookalike
from vectors.embedder import FloatArray

_PICTURES_MAX: Final = 100_000


@dataclass(frozen=True, slots=True)
class Photograph:
    """A labelled picture of a test set."""

    file: bytes
    product_id: int
    kind_id: int


def run(gallery_zip: Path, queries_zip: Path, json_path: Path | None = None) -> dict[str, float]:
    """Prints, and gives back, the look-alike embedder's agreement on a labelled set and its milliseconds a picture.

    Each query's nearest neighbour among the gallery is taken; `kind` and `product` are the shares of queries whose
    neighbour has the same label. Both archives hold pictures and `pins.csv` (`file, product_id, kind_id`).
    The time is that of one thread, decoding included. Raises Invalid for an archive that does not fit.
    """
    gallery, queries = read(gallery_zip), read(queries_zip)
    model = lookalike.Lookalike()
    started = time.process_time()
    rows = _rows(model, gallery, "Gallery")
    sought = _rows(model, queries, "Queries")
    ms = (time.process_time() - started) * 1e3 / (len(gallery) + len(queries))
    kind, product = agreement(sought, queries, rows, gallery)
    result = {"kind": round(kind, 4), "product": round(product, 4), "ms_per_picture": round(ms, 2)}
    _show(len(gallery), len(queries), result)
    if json_path is not None:
        json_path.write_text(json.dumps(result, indent=2) + "\n")
    return result


def read(archive: Path) -> list[Photograph]:
    """The labelled pictures of an archive, in the order of its `pins.csv`. Raises Invalid with what is wrong."""
    try:
        with zipfile.ZipFile(archive) as opened:
            rows = list(csv.DictReader(io.StringIO(opened.read("pins.csv").decode("utf-8-sig"))))
            if not 0 < len(rows) <= _PICTURES_MAX:
                raise Invalid(f"{archive}: pins.csv must have 1 to {_PICTURES_MAX} rows.")
            return [_photograph(opened, row) for row in rows]
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise Invalid(
            f"{archive} is not an archive of pictures with pins.csv (file, product_id, kind_id): {error}"
        ) from error


def agreement(
    queries: FloatArray, asked: list[Photograph], rows: FloatArray, gallery: list[Photograph]
) -> tuple[float, float]:
    """The shares of queries whose nearest row is of the same kind, and of the same product."""
    nearest = (queries @ rows.T).argmax(axis=1)
    pairs = [(query, gallery[int(at)]) for query, at in zip(asked, nearest, strict=True)]
    return (
        sum(query.kind_id == found.kind_id for query, found in pairs) / len(pairs),
        sum(query.product_id == found.product_id for query, found in pairs) / len(pairs),
    )


def _photograph(archive: zipfile.ZipFile, row: dict[str, Any]) -> Photograph:
    if archive.getinfo(row["file"]).file_size > UPLOAD_BYTES_MAX:
        raise Invalid(f"{row['file']} is larger than {UPLOAD_BYTES_MAX} bytes.")
    return Photograph(archive.read(row["file"]), int(row["product_id"]), int(row["kind_id"]))


def _rows(model: lookalike.Lookalike, photographs: list[Photograph], title: str) -> FloatArray:
    return np.stack([model.vector(photograph.file) for photograph in track(photographs, title, transient=True)])


def _show(gallery: int, queries: int, result: dict[str, float]) -> None:
    table = Table(title=f"Look alike: {queries} queries among {gallery} pictures")
    for title in ("embedder", "same kind", "same product", "CPU ms a picture"):
        table.add_column(title, justify="left" if title == "embedder" else "right")
    label = f"{lookalike.NAME} {lookalike.VERSION}, {lookalike.DIM}-d"
    table.add_row(label, f"{result['kind']:.3f}", f"{result['product']:.3f}", f"{result['ms_per_picture']:.1f}")
    Console().print(table)
