"""Other Pins of the same picture: of the same file, or of a copy that was encoded anew, resized or lightly cropped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from domain.ids import PinN, UserN
from domain.page import Page, PageArgs, PageItem
from graph import bands, columns, visibility
from graph.client import Graph

COPY_BITS_MAX: Final = 44
"""Two signatures of 256 bits that differ in no more are taken for copies of one picture. Of 220 photographs in series
of one scene the nearest two others were 66 apart (one pair, taken without moving, 27); copies encoded anew or smaller
at most 16, cropped by up to 5 % on each side 46 in 95 cases of 100."""
_TELLING_BITS: Final = 128
_TELLING_BITS_MIN: Final = 24
_CANDIDATES_MAX: Final = 300

SIGNATURES: Final = (
    visibility.VIEWER
    + "MATCH (p:Pin {n: $n}) WHERE "
    + visibility.PIN
    + " MATCH (p)-[:SHOWS]->(i:Picture) RETURN i.sha256 AS sha256, i.perceptualHash AS whole, i.crops AS crops"
)
NEAR: Final = """
CALL db.index.fulltext.queryNodes('picture_bands', $asked, {limit: $limit}) YIELD node AS i
RETURN collect([i.sha256, i.perceptualHash, i.crops]) AS rows"""
PINS: Final = (
    visibility.VIEWER
    + """UNWIND $pictures AS sha256 MATCH (i:Picture {sha256: sha256})<-[:SHOWS]-(p:Pin)
WHERE p.n < $after AND p.n <> $n AND """
    + visibility.PIN
    + " WITH p ORDER BY p.n DESC LIMIT $limit RETURN collect(p.n) AS rows"
)


async def page(graph: Graph, viewer: UserN, pin_n: PinN, args: PageArgs) -> Page[PinN]:
    """The other Pins of the Pin's picture that the viewer may see, newest first; three statements."""
    own = await graph.one(SIGNATURES, viewer=viewer, n=pin_n)
    if own is None:
        return Page()
    near = await graph.one(NEAR, asked=bands.asked(own["whole"], own["crops"]), limit=_CANDIDATES_MAX)
    copies = _copies(own, near["rows"] if near else ())
    after = columns.K_MAX if args.after is None else args.after
    row = await graph.one(PINS, viewer=viewer, n=pin_n, pictures=copies, after=after, limit=args.first + 1)
    return Page.cut([PageItem(PinN(n), n) for n in row["rows"]] if row else [], args)


def _copies(own: dict[str, Any], rows: Iterable[Sequence[Any]]) -> list[str]:
    """The pictures, the Pin's own first, of which one is a copy or a crop of the other."""
    found = [own["sha256"]]
    for sha256, whole, crops in rows:
        pairs = [(own["whole"], other) for other in (whole, *crops)] + [(crop, whole) for crop in own["crops"]]
        if sha256 != own["sha256"] and any(alike(one, other) for one, other in pairs):
            found.append(sha256)
    return found


def alike(one: str, other: str) -> bool:
    """Whether two signatures are of copies of one picture.

    A plain picture has few bits set, which say little: fewer may differ then, and very few are no ground at all.
    """
    a, b = int(one, 16), int(other, 16)
    telling = min(a.bit_count(), b.bit_count(), _TELLING_BITS)
    return telling >= _TELLING_BITS_MIN and (a ^ b).bit_count() <= COPY_BITS_MAX * telling // _TELLING_BITS
