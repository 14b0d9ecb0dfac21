"""Makes the archives that people asked for, one at a time, with a bounded share of memory."""

from __future__ import annotations

import asyncio
import io
import json
import zipfile
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any, Final

import structlog

from domain.ids import UserN
from domain.limits import EXPORT_BYTES_MAX
from graph import exports
from graph.client import Graph
from media import exports as archives
from media import formats, parquet
from media.pictures import Pictures
from media.store import MediaStore

log = structlog.get_logger(__name__)

_IDLE_S: Final = 1.0
_CHUNK: Final = 1024 * 1024
_ACTS_AT_ONCE: Final = 5_000
_ABOUT: Final = """What is yours at Pinwalk.

profile.json is your account. The files that end in .jsonl hold one thing a line; times are milliseconds since 1970.
saves.jsonl has all of your boards, and what you saved on boards of others. engagement.jsonl is what you did with Pins.
Of a Pin or board that you may not see now there is only what you said yourself. pictures/ holds the originals of the
Pins that you made, those in your trash too, and your avatar, by their `sha256`; pictures that were painted here have
none.
"""


class Exports:
    """Makes archives and lets old ones go."""

    def __init__(self, graph: Graph, store: MediaStore, pictures: Pictures) -> None:
        self._graph = graph
        self._store = store
        self._pictures = pictures

    async def run(self) -> None:
        """Works until it is cancelled."""
        while True:
            if not await self.step(now=datetime.now(UTC)):
                await asyncio.sleep(_IDLE_S)

    async def step(self, *, now: datetime) -> bool:
        """Whether there was an archive to make. One that fails is made again, EXPORT_ATTEMPTS_MAX times."""
        gone = await exports.old(self._graph, now=now)
        for export in gone:
            await self._store.delete(archives.stored_at(export))
        if gone:
            await exports.forget(self._graph, gone)
        found = await exports.waiting(self._graph)
        if found is None:
            return False
        export, user_n = found
        size = await self.make(export, user_n)
        if size is None:
            await exports.forget(self._graph, [export])
        elif await exports.ready(self._graph, export, size=size, now=now):
            log.info("export_ready", export=export, bytes=size)
        else:  # The account was deleted while its archive was made.
            await self._store.delete(archives.stored_at(export))
            await exports.forget(self._graph, [export])
        return True

    async def make(self, export: str, user_n: UserN) -> int | None:
        """The size of the archive that is in the store now; None when the account is gone."""
        profile = await exports.profile(self._graph, user_n)
        if profile is None:
            return None
        return await self._store.put_stream(
            archives.stored_at(export),
            self._archive(user_n, profile),
            archives.CONTENT_TYPE,
            bytes_max=2 * EXPORT_BYTES_MAX,
        )

    async def _archive(self, user_n: UserN, profile: dict[str, Any]) -> AsyncIterator[bytes]:
        """The archive piece by piece, as the store takes them: it lies nowhere while it is made."""
        pieces = _Pieces()
        with zipfile.ZipFile(pieces, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as archive:
            archive.writestr("README.txt", _ABOUT)
            archive.writestr("profile.json", _json(profile))
            pictures: dict[str, str] = {}
            if profile["avatar"]:
                pictures[profile["avatar"]["sha256"]] = formats.suffix(profile["avatar"]["contentType"])
            for name in exports.LISTS:
                with archive.open(f"{name}.jsonl", "w") as lines:
                    async for item in exports.rows(self._graph, user_n, name):
                        lines.write(_json(item).encode() + b"\n")
                        if "sha256" in item:
                            pictures[item["sha256"]] = formats.suffix(item["contentType"])
                        if pieces.held >= _CHUNK:
                            yield pieces.take()
            with archive.open("engagement.jsonl", "w") as lines:
                async for acts in self._acts(user_n):
                    lines.write(b"".join(_json(act).encode() + b"\n" for act in acts))
                    yield pieces.take()
            left_out = 0
            for sha256, suffix in pictures.items():
                if pieces.written > EXPORT_BYTES_MAX:
                    left_out += 1
                    continue
                data = await self._pictures.original(sha256)
                if data is not None:
                    # Pictures are packed already: they are stored as they are.
                    archive.writestr(zipfile.ZipInfo(f"pictures/{sha256}{suffix}"), data)
                    yield pieces.take()
            if left_out:
                archive.writestr("pictures/LEFT-OUT.txt", f"{left_out} pictures did not fit into this archive.\n")
        yield pieces.take()

    async def _acts(self, user_n: UserN) -> AsyncIterator[list[dict[str, Any]]]:
        """What was done with Pins, some at a time, each named as far as the account may see it now."""
        async for kept in parquet.files_of(self._store, user_n):
            for start in range(0, len(kept), _ACTS_AT_ONCE):
                rows = kept[start : start + _ACTS_AT_ONCE]
                ids = await exports.ids(self._graph, user_n, {row["pin"] for row in rows})
                yield [_act(row, ids.get(row["pin"])) for row in rows]


class _Pieces(io.RawIOBase):
    """What a zip file is written to: keeps what has come since it was last taken."""

    def __init__(self) -> None:
        super().__init__()
        self._parts: list[bytes] = []
        self.held = 0
        self.written = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        part = bytes(data)
        self._parts.append(part)
        self.held += len(part)
        self.written += len(part)
        return len(part)

    def take(self) -> bytes:
        """What has come since it was last asked."""
        taken = b"".join(self._parts)
        self._parts.clear()
        self.held = 0
        return taken


def _act(row: dict[str, Any], pin_id: str | None) -> dict[str, Any]:
    return {
        "pinId": pin_id,
        "kind": row["kind"],
        "at": int(row["at"].timestamp() * 1000),
        "dwellMs": row["dwell_ms"],
        "feed": row["feed"],
        "position": row["position"],
    }


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
