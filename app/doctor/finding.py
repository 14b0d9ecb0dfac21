"""What the doctor finds, and what its examinations have at hand."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Final, Protocol

from app.settings import Settings
from graph.client import Graph
from media.pictures import Pictures
from media.store import MediaStore
from vectors.remote import RemoteEmbedder

EXAMPLES: Final = 5
SUSPECTS_MAX: Final = 100_000
"""The most things of one kind that are looked at a second time and repaired in one run; the next run takes more."""


class State(Enum):
    """What is the matter with something."""

    SOUND = "sound"
    MISSING = "missing"
    EXTRA = "extra"
    STALE = "stale"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Finding:
    """The outcome of one examination: how many things were looked at, how many of them are not as they should be.

    `remedy` says for people what `--fix` does, or who else can help; `fixable` whether `--fix` does anything.
    """

    subject: str
    what: str
    looked_at: int
    state: State = State.SOUND
    count: int = 0
    examples: tuple[str, ...] = ()
    remedy: str = ""
    fixable: bool = True
    fixed: int = 0


Bar = Callable[[str, int], AbstractContextManager[Callable[[int], None]]]
"""A progress bar of some name and length; gives what moves it on."""


@dataclass(frozen=True, slots=True)
class Case:
    """What examinations work with. With `fix` they repair what they find."""

    settings: Settings
    graph: Graph
    store: MediaStore
    pictures: Pictures
    embedder: RemoteEmbedder
    now: Callable[[], datetime]
    bar: Bar
    fix: bool = False
    deep: bool = False


class Examination(Protocol):
    """One subject's examinations, each of which gives one finding."""

    def __call__(self, case: Case, /) -> AsyncIterator[Finding]: ...


@dataclass(slots=True)
class Suspects:
    """Things that do not look right at a first look: bounded, the rest only counted."""

    held: set[int] = field(default_factory=set)
    more: int = 0

    def add(self, found: Collection[int]) -> None:
        """Suspects these too."""
        for n in found:
            if len(self.held) < SUSPECTS_MAX:
                self.held.add(n)
            else:
                self.more += 1


def finding(
    subject: str,
    what: str,
    looked_at: int,
    wrong: Collection[object],
    *,
    state: State,
    remedy: str,
    more: int = 0,
    fixable: bool = True,
    fixed: int = 0,
) -> Finding:
    """A finding over these things; a sound one when there are none."""
    count = len(wrong) + more
    if not count:
        return Finding(subject, what, looked_at)
    some = tuple(str(each) for each in sorted(wrong, key=str)[:EXAMPLES])
    return Finding(subject, what, looked_at, state, count, some, remedy, fixable, fixed)
