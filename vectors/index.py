"""What an index of Pins by vector is. Larger scores are more alike."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from domain.ids import PinN
from vectors.embedder import FloatArray

HITS_MAX: Final = 10_000
"""The most hits a query vector may ask for."""
QUERIES_MAX: Final = 32
"""The most query vectors in one search."""
IDS_MAX: Final = 10_000
"""The most Pins in one call of `upsert`, `delete`, `fetch`, `exclude` or `within`."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A Pin near a query vector. `score` is the cosine, −1 to 1."""

    pin_n: PinN
    score: float


class VectorIndex(Protocol):
    """Pins by vector: one row a Pin. Written by one worker, read by many."""

    async def upsert(self, ns: Sequence[PinN], vectors: FloatArray) -> None:
        """Every Pin in `ns` has its row of `vectors` ((n, dim), unit rows) from now on. Safe to repeat."""

    async def delete(self, ns: Sequence[PinN]) -> None:
        """None of these Pins is found from now on. Safe to repeat; unknown Pins are no error."""

    async def search(
        self,
        vectors: FloatArray,
        limit: int,
        *,
        exclude: Collection[PinN] = (),
        within: Sequence[PinN] | None = None,
    ) -> list[list[Hit]]:
        """For each query vector (q, dim) its nearest Pins, best first, at most `limit`; ties by smaller `pin_n`.

        Ask once with all query vectors: a call costs much, a further vector little. `exclude` are never returned;
        `within` restricts to those Pins. Raises Unavailable when the index cannot answer.
        """

    async def fetch(self, ns: Sequence[PinN], *, fresh: bool = False) -> dict[PinN, FloatArray]:
        """The stored vectors (dim,) of those of the Pins that have one.

        `fresh`: what somebody else has stored a moment ago is found too, which may take a server longer.
        """

    async def pinned(self) -> Pinned:
        """The collection that reads go to now, or went to seconds ago: it stays what it is when an alias moves on."""

    async def count(self) -> int:
        """How many Pins have a vector."""

    async def close(self) -> None:
        """Gives back connections. The index answers nothing afterwards."""


@dataclass(frozen=True, slots=True)
class Pinned:
    """One collection: its index, and the label of the model that filled it (None: unknown, or there is none)."""

    label: str | None
    index: VectorIndex
