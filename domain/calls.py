"""What takes time elsewhere, said by who waits for it: a call of a store, a source of a feed, an operation.

The lower packages make a `Call` of each; whoever watches the process (metrics and traces, in `app/watch/`) hears of it.
Neither side knows the other. While nobody watches, a call costs a microsecond.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Final, ParamSpec, Protocol, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

OPERATION: Final = "operation"
FEED: Final = "feed"
SOURCE: Final = "source"
GRAPH: Final = "graph"
VECTORS: Final = "vectors"
MEDIA: Final = "media"
DECODER: Final = "decoder"
EMBEDDER: Final = "embedder"
SHARED: Final = "redis"
INTERNET: Final = "internet"
MODEL: Final = "model"
JOBS: Final = "jobs"


class Call:
    """One call of `part`, for as long as the block lasts: `with Call(GRAPH, "read", query): …`.

    `name` is one of a few constants, never a text that came from outside: it becomes a label. `about` says more for
    people, `statement` is the Cypher constant that runs; `count` is how many things it was about or brought, which the
    block may set, like `failed` for a failure that it does not raise. `parent` is the `traceparent` (W3C) of who asked
    from elsewhere.
    """

    __slots__ = ("_began", "_told", "about", "count", "failed", "name", "parent", "part", "statement")

    def __init__(
        self, part: str, name: str, *, about: str = "", statement: str = "", count: int = 0, parent: str = ""
    ) -> None:
        self.part = part
        self.name = name
        self.about = about
        self.statement = statement
        self.count = count
        self.parent = parent
        self.failed = ""
        self._began = 0.0
        self._told: list[tuple[Watcher, object]] = []

    def __enter__(self) -> Call:
        if _watchers:
            self._told = [(watcher, watcher.began(self)) for watcher in _watchers]
            self._began = time.perf_counter()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        if self._told:
            seconds = time.perf_counter() - self._began
            if error is not None and not self.failed:
                self.failed = type(error).__name__
            for watcher, held in reversed(self._told):
                watcher.ended(self, held, seconds)


def called(part: str) -> Callable[[Callable[P, Awaitable[T]]], Callable[P, Coroutine[Any, Any, T]]]:
    """Makes every run of an async function or method a call of `part`, under the function's own name."""

    def decorate(function: Callable[P, Awaitable[T]]) -> Callable[P, Coroutine[Any, Any, T]]:
        name = getattr(function, "__name__", "call")

        @functools.wraps(function)
        async def run(*args: P.args, **kwargs: P.kwargs) -> T:
            with Call(part, name):
                return await function(*args, **kwargs)

        return run

    return decorate


class Watcher(Protocol):
    """Hears of every call of this process, in the context in which it is made."""

    def began(self, call: Call) -> object:
        """A call begins; what is returned is handed back at its end."""

    def ended(self, call: Call, held: object, seconds: float) -> None:
        """A call has ended; `call.failed` names the kind of error, empty when there was none."""


class Lookups:
    """How often a cache had what was asked for, and how often not, since it was made."""

    __slots__ = ("hits", "misses")

    def __init__(self, hits: int = 0, misses: int = 0) -> None:
        self.hits = hits
        self.misses = misses

    def count(self, found: bool) -> None:
        """Counts one look."""
        if found:
            self.hits += 1
        else:
            self.misses += 1


Caches = Mapping[str, Lookups]
"""The lookups of a process's caches, by the cache's name."""

_watchers: tuple[Watcher, ...] = ()


def watch(watcher: Watcher) -> None:
    """From now on the watcher hears of every call of this process that begins."""
    global _watchers  # noqa: PLW0603 - who watches is of the whole process, like where its logs go.
    _watchers = (*_watchers, watcher)


@contextmanager
def watched(*watchers: Watcher) -> Iterator[None]:
    """The watchers hear of the calls that begin while the block lasts."""
    for watcher in watchers:
        watch(watcher)
    try:
        yield
    finally:
        for watcher in watchers:
            unwatch(watcher)


def unwatch(watcher: Watcher) -> None:
    """The watcher hears of no further call. One that does not watch is no error."""
    global _watchers  # noqa: PLW0603 - as above
    _watchers = tuple(other for other in _watchers if other is not watcher)
