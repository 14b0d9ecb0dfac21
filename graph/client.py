"""The connection to the graph: bounded reads, writes in one transaction each, driver errors as product errors."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, LiteralString, Protocol, TypeVar

from graph.keys import Keys

T = TypeVar("T")


class Tx(Protocol):
    """An open write transaction."""

    async def run(self, query: LiteralString, **params: Any) -> list[dict[str, Any]]:
        """The rows of one statement."""
        ...


@dataclass(slots=True)
class StatementCount:
    """How many statements ran since the counting began."""

    n: int = 0


@contextmanager
def count_statements() -> Iterator[StatementCount]:
    """Counts the Cypher statements that this context and the tasks it starts run inside the block."""
    yield StatementCount()


class Graph:
    """One process's door to the graph. `keys` hands out `n`s and sort keys."""

    keys: Keys

    @classmethod
    async def open(cls, uri: str, user: str, password: str, *, pool_size: int = 32) -> Graph:
        """A connected graph with its process number leased. Does not migrate. Raises Unavailable."""
        raise NotImplementedError

    async def close(self) -> None:
        """Gives the process number back and closes every connection. Safe to call twice."""
        raise NotImplementedError

    async def read(self, query: LiteralString, *, timeout_s: float = 2.5, **params: Any) -> list[dict[str, Any]]:
        """All rows of a read. Raises Unavailable when the graph does not answer in time."""
        raise NotImplementedError

    async def one(self, query: LiteralString, *, timeout_s: float = 2.5, **params: Any) -> dict[str, Any] | None:
        """The first row of a read, or None."""
        raise NotImplementedError

    async def write(self, work: Callable[[Tx], Awaitable[T]], *, timeout_s: float = 5.0) -> T:
        """What `work` returns, once its transaction is committed.

        `work` may be run again after a deadlock: it touches `tx` and nothing else. What it raises rolls back.
        Raises Unavailable when the graph does not answer in time or stays contended, Taken when a unique name is in use.
        """
        raise NotImplementedError

    async def ready(self) -> bool:
        """Whether the graph answers a trivial query within a second."""
        raise NotImplementedError
