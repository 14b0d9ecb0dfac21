"""Pictures: one per distinct file, shown by Pins."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from domain import color
from domain.ids import PinN, UserN
from domain.model import Origin, Picture, Rendition
from graph import bands, columns, visibility
from graph.client import Graph, Tx
from graph.keys import new_key

MERGE: Final = """
MERGE (i:Picture {sha256: $sha256}) ON CREATE SET i += $facts
SET i.lk = $k"""
OF_PINS: Final = (
    "RETURN COLLECT { UNWIND $ns AS n MATCH (p:Pin {n: n})-[:SHOWS]->(i:Picture) RETURN [n, "
    + columns.PICTURE
    + "] } AS rows"
)
BY_KEY: Final = (
    "MATCH (i:Picture {key: $key}) RETURN " + columns.PICTURE + " AS picture, " + columns.PICTURE_OPEN + " AS open"
)
BY_SHA256: Final = "MATCH (i:Picture {sha256: $sha256}) RETURN " + columns.PICTURE + " AS picture"
MAY_SEE: Final = (
    visibility.VIEWER
    + "MATCH (i:Picture {key: $key}) RETURN EXISTS { (i)<-[:AVATAR]-() } "
    + "OR EXISTS { (i)<-[:SHOWS]-(:TrashedPin {creatorN: $viewer}) } OR EXISTS { MATCH (i)<-[:SHOWS]-(p:Pin) WHERE "
    + visibility.PIN
    + " } AS seen"
)
OPEN: Final = "MATCH (i:Picture {key: $key}) RETURN " + columns.PICTURE_OPEN + " AS open"
FREE: Final = """
MATCH (i:Loose) WITH i LIMIT $limit SET i.lk = $k REMOVE i:Loose
WITH i WHERE NOT EXISTS { (i)<-[:SHOWS]-() } AND NOT EXISTS { (i)<-[:AVATAR]-() }
WITH i, i.sha256 AS sha256 DELETE i RETURN sha256"""
SET_RENDITIONS: Final = "UNWIND $rows AS row MATCH (i:Picture {key: row[0]}) SET i.renditions = row[1]"


@dataclass(frozen=True, slots=True)
class NewPicture:
    """What is measured of a picture before a Pin shows it.

    `key` is used only when no Picture of this sha256 exists yet; None draws a random one. `renditions` are those whose
    size is known (bytes 0: not made yet). `recipe` is for Origin.GENERATED alone. `crops` are the signatures of its
    cropped forms.
    """

    sha256: str
    width: int
    height: int
    content_type: str
    dominant_color: str
    palette: tuple[str, ...]
    thumb_hash: str
    signature: str
    origin: Origin = Origin.UPLOAD
    recipe: str | None = None
    renditions: tuple[Rendition, ...] = ()
    key: str | None = None
    crops: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PictureAccess:
    """A Picture, and whether everybody may see it."""

    picture: Picture
    open: bool


def facts(new: NewPicture) -> dict[str, Any]:
    """The properties that a new Picture is stored with."""
    return {
        "key": new.key or new_key(),
        "origin": new.origin.value,
        "recipe": new.recipe,
        "width": new.width,
        "height": new.height,
        "contentType": new.content_type,
        "dominantColor": new.dominant_color,
        "palette": json.dumps(new.palette, separators=(",", ":")),
        "lab": [number for shade in new.palette for number in color.lab(shade)],
        "thumbHash": new.thumb_hash,
        "perceptualHash": new.signature,
        "crops": list(new.crops),
        "bands": bands.of(new.signature, new.crops),
        "renditions": columns.renditions_text(new.renditions),
    }


async def merge(tx: Tx, new: NewPicture, *, k: int) -> None:
    """Makes the Picture unless there is one of these bytes, and locks it for the rest of the transaction."""
    await tx.run(MERGE, sha256=new.sha256, facts=facts(new), k=k)


async def of_pins(graph: Graph, ns: Collection[PinN]) -> dict[PinN, Picture]:
    """The Picture of each Pin, for the worker: asks nothing about visibility."""
    row = await graph.one(OF_PINS, ns=list(ns))
    return {PinN(n): columns.picture_of(picture) for n, picture in row["rows"]} if row else {}


async def by_key(graph: Graph, key: str) -> PictureAccess | None:
    """The Picture of this key and whether it is open, in one statement."""
    row = await graph.one(BY_KEY, key=key)
    return PictureAccess(columns.picture_of(row["picture"]), row["open"]) if row else None


async def by_sha256(graph: Graph, sha256: str) -> Picture | None:
    """The Picture of these bytes, if there is one already."""
    row = await graph.one(BY_SHA256, sha256=sha256)
    return columns.picture_of(row["picture"]) if row else None


async def may_see(graph: Graph, viewer: UserN, key: str) -> bool:
    """Whether the viewer may see some Pin of this Picture, or has one in their trash, or it is somebody's avatar."""
    row = await graph.one(MAY_SEE, viewer=viewer, key=key)
    return bool(row and row["seen"])


async def open(graph: Graph, key: str) -> bool:  # noqa: A001 - the property is called open
    """Whether some Pin of this Picture is on a public Board, or it is somebody's avatar."""
    row = await graph.one(OPEN, key=key)
    return bool(row and row["open"])


async def free(graph: Graph, limit: int) -> list[str]:
    """Forgets Pictures that were somebody's avatar and that nothing shows or wears now; their hashes."""
    k = graph.keys.k()

    async def work(tx: Tx) -> list[str]:
        return [str(row["sha256"]) for row in await tx.run(FREE, limit=limit, k=k)]

    return await graph.write(work)


async def set_renditions(graph: Graph, made: Mapping[str, Sequence[Rendition]]) -> None:
    """Records what has been made, by the Pictures' keys, in one transaction. The last writer wins."""
    rows = [[key, columns.renditions_text(made[key])] for key in sorted(made)]

    async def work(tx: Tx) -> None:
        await tx.run(SET_RENDITIONS, rows=rows)

    await graph.write(work)
