"""What each viewer saw last, so that the next page begins unlike it."""

from __future__ import annotations

import asyncio
from array import array
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from discovery.facts import Memory
from domain.errors import Unavailable
from domain.ids import SIGNED_OUT, PinN, UserN
from domain.limits import SPACING_WINDOW_MAX

_VIEWERS_MAX: Final = 20_000
LIFE_MS: Final = 1_800_000
"""So long a viewer's last page counts as what they have just seen."""


class Notes(Protocol):
    """Where processes tell each other."""

    async def put(self, viewer: int, what: bytes, *, life_ms: int) -> None:
        """Takes the place of what was there. Raises Unavailable."""

    async def get(self, viewer: int) -> bytes | None:
        """What was put there last. Raises Unavailable."""


class LastSeen:
    """The end of each viewer's last page: of this process, and by `notes` of any. Of viewers who are signed out
    nothing is known."""

    def __init__(self, now_ms: Callable[[], int], notes: Notes | None = None) -> None:
        self._here: Memory[UserN, tuple[PinN, ...]] = Memory(_VIEWERS_MAX, LIFE_MS, now_ms)
        self._notes = notes
        self._telling: set[asyncio.Task[None]] = set()

    async def of(self, viewer: UserN) -> tuple[PinN, ...]:
        """What the viewer saw last, oldest first; nothing when that is more than half an hour ago."""
        if viewer == SIGNED_OUT:
            return ()
        told = None
        if self._notes is not None:
            try:
                told = await self._notes.get(viewer)
            except Unavailable:  # Then what this process knows counts.
                told = None
        if told is not None and len(told) % 8 == 0:
            return tuple(PinN(n) for n in array("q", told))[-SPACING_WINDOW_MAX:]
        return self._here.get(viewer) or ()

    def note(self, viewer: UserN, shown: Sequence[PinN]) -> None:
        """Remembers the end of a page, and tells the other processes without waiting for it."""
        last = tuple(shown[-SPACING_WINDOW_MAX:])
        if viewer == SIGNED_OUT or not last:
            return
        self._here.put(viewer, last)
        if self._notes is not None:
            task = asyncio.create_task(self._told(self._notes, viewer, array("q", last).tobytes()))
            self._telling.add(task)
            task.add_done_callback(self._telling.discard)

    async def told(self) -> None:
        """Returns once the others can know what was noted until now."""
        await asyncio.gather(*self._telling)

    @staticmethod
    async def _told(notes: Notes, viewer: UserN, what: bytes) -> None:
        try:
            await notes.put(viewer, what, life_ms=LIFE_MS)
        except Unavailable:  # The next page tells them.
            return
