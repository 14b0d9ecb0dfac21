"""The pictures of Pins: their originals, private, and their renditions, made when they are missing."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from domain.errors import Invalid, NotFound, TooLarge
from domain.ids import UploadId
from domain.limits import UPLOAD_LIFE_S
from domain.model import Origin, Picture, Rendition
from media import renditions
from media.decode import Decoded, Decoder
from media.store import MediaStore, Span
from media.upload import stored_at

_FOR_PARTS: Final = "1200"


class Pictures:
    """Keeps originals under `originals/<sha256>` and renditions under `renditions/<sha256>/<name>.webp`.

    Any number of callers may want one missing rendition: in one process it is made once.
    """

    def __init__(self, store: MediaStore, decoder: Decoder) -> None:
        self._store = store
        self._decoder = decoder
        self._under_way: dict[tuple[str, str], asyncio.Task[bytes]] = {}

    async def upload_url(self, upload_id: UploadId, *, content_type: str, size: int) -> str | None:
        """Where a client may PUT this file to the store itself, for UPLOAD_LIFE_S; None: it has to be through us."""
        return await self._store.put_url(
            stored_at(upload_id), content_type=content_type, size=size, life_s=UPLOAD_LIFE_S
        )

    async def take_upload(self, upload_id: UploadId, *, content_type: str, size: int) -> Decoded:
        """The measured picture that was put for an upload announced so; its original and 564 rendition are kept.

        Raises NotFound when nothing was put there, Invalid for another number of bytes; else as `Decoder.measure` does.
        """
        data = await self._uploaded(upload_id, size)
        return await self.take(data, content_type=content_type)

    async def look_at_upload(self, upload_id: UploadId, *, content_type: str, size: int) -> Decoded:
        """The same, but nothing is kept."""
        data = await self._uploaded(upload_id, size)
        return await self._decoder.measure(data, content_type=content_type)

    async def look_at(self, data: bytes) -> Decoded:
        """The measured picture in these bytes, of which nothing is kept. Raises as `Decoder.measure`."""
        return await self._decoder.measure(data)

    async def part(self, picture: Picture, box: tuple[float, float, float, float]) -> bytes:
        """The part of a picture between left, top, right and bottom (shares of it), as WebP, up to 1,200 pixels of it.

        Raises as `rendition` does.
        """
        return await self._decoder.cut(await self.rendition(picture, _FOR_PARTS), box)

    async def _uploaded(self, upload_id: UploadId, size: int) -> bytes:
        try:
            data = await self._store.get(stored_at(upload_id), bytes_max=size)
        except TooLarge:
            raise TooLarge(f"More than the {size:,} bytes announced were uploaded. Prepare the upload anew.") from None
        if data is None:
            raise NotFound("Nothing was uploaded. PUT the file to the upload's `url` first.")
        if len(data) != size:
            raise Invalid(f"{len(data):,} bytes were uploaded where {size:,} were announced. Prepare the upload anew.")
        return data

    async def forget_upload(self, upload_id: UploadId) -> None:
        """Deletes what was put for an upload, once it has become a picture or has expired."""
        await self._store.delete(stored_at(upload_id))

    async def clear_leftovers(self, *, before: datetime, limit: int) -> int:
        """How many writes were forgotten, at most `limit`, that began before then and were never finished."""
        return await self._store.clear_leftovers(before=before, limit=limit)

    async def take(self, data: bytes, *, content_type: str | None = None) -> Decoded:
        """The measured picture in these bytes; its original and 564 rendition are kept. Raises as `Decoder.measure`."""
        decoded = await self._decoder.measure(data, content_type=content_type)
        await asyncio.gather(
            self._store.put(original_at(decoded.sha256), data, decoded.content_type),
            self._put(decoded.sha256, renditions.FIRST, decoded.rendition_564),
        )
        return decoded

    async def rendition(self, picture: Picture, name: str) -> bytes:
        """The WebP bytes of the rendition, made now when missing.

        Raises NotFound for a name that is none of ours or when its original is gone.
        """
        if name not in renditions.NAMES:
            raise NotFound(f"There is no rendition {name!r}. There are {', '.join(renditions.NAMES)}.")
        kept = await self._store.get(rendition_at(picture.sha256, name))
        if kept is not None:
            return kept
        place = (picture.sha256, name)
        task = self._under_way.get(place)
        if task is None:
            task = asyncio.create_task(self._make_one(picture, name))
            self._under_way[place] = task
            task.add_done_callback(lambda _: self._under_way.pop(place, None))
        # Shielded: one caller that goes away takes the picture from none of the others.
        return await asyncio.shield(task)

    async def rendition_span(self, picture: Picture, name: str, start: int, bytes_max: int) -> Span:
        """At most `bytes_max` of the rendition's bytes from `start` on, which is made now when missing.

        Raises as `rendition` does.
        """
        if name in renditions.NAMES:
            kept = await self._store.span(rendition_at(picture.sha256, name), start, bytes_max)
            if kept is not None:
                return kept
        data = await self.rendition(picture, name)
        return Span(data[start : start + bytes_max], start, len(data))

    async def rendition_url(self, picture: Picture, name: str, *, life_s: int) -> str | None:
        """Where anybody may GET the rendition, which is there, for `life_s` seconds; None when it has to be through us.

        Raises as `rendition` does.
        """
        url = await self._store.get_url(rendition_at(picture.sha256, name), life_s=life_s)
        if url is not None:
            await self.rendition_span(picture, name, 0, 1)
        return url

    async def make_all(self, picture: Picture) -> tuple[Rendition, ...]:
        """All renditions, with their sizes in bytes, made where missing. Safe to repeat."""
        sizes = dict(zip(renditions.NAMES, await self._sizes(picture), strict=True))
        planned = renditions.plan(picture.width, picture.height)
        made = await self._copies(picture, [plan for plan in planned if sizes[plan.name] is None], planned)
        missing = [name for name, size in sizes.items() if size is None and name not in made]
        if missing:
            made |= {name: found[2] for name, found in (await self._make(picture, missing)).items()}
        await asyncio.gather(*(self._put(picture.sha256, name, data) for name, data in made.items()))
        sizes |= {name: len(data) for name, data in made.items()}
        return tuple(Rendition(plan.name, plan.width, plan.height, sizes[plan.name] or 0) for plan in planned)

    async def original(self, sha256: str) -> bytes | None:
        """The bytes as they were uploaded, for their owner alone; None for a generated picture."""
        return await self._store.get(original_at(sha256))

    async def delete(self, sha256: str) -> None:
        """Forgets the original and every rendition, when no Pin shows the picture any more."""
        keys = [original_at(sha256), *(rendition_at(sha256, name) for name in renditions.NAMES)]
        await asyncio.gather(*(self._store.delete(key) for key in keys))

    async def delete_unless_put(self, sha256: str, since: datetime) -> bool:
        """Whether the files were deleted: not when one of them was put since then, for a Pin that is being made."""
        keys = (original_at(sha256), rendition_at(sha256, renditions.FIRST))
        put = await asyncio.gather(*map(self._store.changed_at, keys))
        if any(at is not None and at >= since for at in put):
            return False
        await self.delete(sha256)
        return True

    async def _copies(
        self, picture: Picture, missing: Sequence[Rendition], planned: Sequence[Rendition]
    ) -> dict[str, bytes]:
        """Missing renditions that are as large as the first one, which is there: a small picture has but one size."""
        first = next(plan for plan in planned if plan.name == renditions.FIRST)
        same = [plan.name for plan in missing if (plan.width, plan.height) == (first.width, first.height)]
        kept = await self._store.get(rendition_at(picture.sha256, renditions.FIRST)) if same else None
        return {} if kept is None else dict.fromkeys(same, kept)

    async def _sizes(self, picture: Picture) -> list[int | None]:
        return await asyncio.gather(
            *(self._store.size(rendition_at(picture.sha256, name)) for name in renditions.NAMES)
        )

    async def _make_one(self, picture: Picture, name: str) -> bytes:
        data = (await self._make(picture, (name,)))[name][2]
        await self._put(picture.sha256, name, data)
        return data

    async def _make(self, picture: Picture, names: Sequence[str]) -> dict[str, tuple[int, int, bytes]]:
        if picture.origin is Origin.GENERATED and picture.recipe is not None:
            return await self._decoder.paint(picture.recipe, names)
        data = await self._store.get(original_at(picture.sha256))
        if data is None:
            raise NotFound("The picture is gone.")
        return await self._decoder.renditions(data, names)

    async def _put(self, sha256: str, name: str, data: bytes) -> None:
        await self._store.put(rendition_at(sha256, name), data, renditions.CONTENT_TYPE)


def original_at(sha256: str) -> str:
    """The media store's key of an original."""
    return f"originals/{sha256}"


def rendition_at(sha256: str, name: str) -> str:
    """The media store's key of a rendition."""
    return f"renditions/{sha256}/{name}.webp"
