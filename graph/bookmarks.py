"""Bookmarks: how what follows a write is known to see it, when the graph is several servers.

One process's reads follow all of its writes, and all that it has read, by the driver's own bookmark manager. Between
processes a `Chain` carries bookmarks: those that came with a request, and those of what it wrote.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Final

CARRIED_MAX: Final = 8
"""The most bookmarks that are carried; a new one stands for all that its session knew of."""


@dataclass(slots=True)
class Chain:
    """What an operation follows, and what it has written. `writes` has the newest last."""

    follows: frozenset[str] = frozenset()
    writes: dict[str, None] = field(default_factory=dict)

    def wrote(self, bookmarks: Iterable[str]) -> None:
        """Notes the bookmarks of a committed write."""
        self.writes |= dict.fromkeys(bookmarks)
        while len(self.writes) > CARRIED_MAX:
            del self.writes[next(iter(self.writes))]


_present: ContextVar[Chain | None] = ContextVar("chain", default=None)


@contextlib.contextmanager
def following(bookmarks: Iterable[str]) -> Iterator[Chain]:
    """Reads and writes of this context, and of tasks started in it, wait for these bookmarks inside the block."""
    chain = Chain(frozenset(bookmarks))
    token = _present.set(chain)
    try:
        yield chain
    finally:
        _present.reset(token)


def forget() -> bool:
    """Whether there were bookmarks to follow. From now on this context does not: the server does not know them."""
    chain = _present.get()
    if chain is None or not chain.follows:
        return False
    chain.follows = frozenset()
    return True


def present() -> Chain | None:
    """The chain that this context is in."""
    return _present.get()
