"""The connection to the graph: bounded reads, writes in one transaction each, driver errors as product errors."""

from __future__ import annotations

import asyncio
import contextlib
import copy
import random
import secrets
import time
from collections.abc import Awaitable, Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Final, LiteralString, Protocol, TypeVar

import structlog

from domain.calls import GRAPH, Call
from domain.errors import Taken, Unavailable
from graph import bookmarks
from graph.driver import exceptions, neo4j
from graph.keys import PROCESSES, Keys

T = TypeVar("T")
log = structlog.get_logger(__name__)

READ_TIMEOUT_S: Final = 2.5
WRITE_TIMEOUT_S: Final = 5.0
LONG_WRITE_TIMEOUT_S: Final = 30.0
_ATTEMPTS_MAX: Final = 12
_PROCESS_LEASE_MS: Final = 600_000
_RENEW_EVERY_S: Final = 60.0
_FIRST_NUMBERS: Final = 64

# A node that vanished between two steps of a statement: the statement is right when it is run again.
_VANISHED: Final = "Neo.ClientError.Statement.EntityNotFound"
_FOREIGN_BOOKMARK: Final = "Transaction.InvalidBookmark"  # Of a database that was since put back or made anew.
_OUT_OF_MEMORY: Final = "MemoryPoolOutOfMemory"  # Says retryable, never is.

ONE_NUMBER_EACH: Final = "CREATE CONSTRAINT process_number IF NOT EXISTS FOR (x:Process) REQUIRE x.number IS UNIQUE"
ONE_SEQUENCE_EACH: Final = "CREATE CONSTRAINT seq_name IF NOT EXISTS FOR (x:Seq) REQUIRE x.name IS UNIQUE"
# One statement, since a cold server takes a third of a second for each: the lock first, then the look.
TAKE_NUMBER: Final = """
MERGE (g:Process {number: -1})
SET g.lk = $now
WITH g, COLLECT { MATCH (t:Process) WHERE t.number >= 0 AND t.until > $now RETURN t.number } AS taken
WITH [number IN $numbers WHERE NOT number IN taken | number][0] AS number
WHERE number IS NOT NULL
MERGE (x:Process {number: number})
SET x.until = $until, x.token = $token
RETURN number"""
RENEW_NUMBER: Final = "MATCH (x:Process {number: $number, token: $token}) SET x.until = $until RETURN x.number"
FREE_NUMBER: Final = "MATCH (x:Process {number: $number, token: $token}) SET x.until = 0"
LEASE_BLOCK: Final = """
MERGE (s:Seq {name: $name}) ON CREATE SET s.value = 1
SET s.lk = $token
WITH s, s.value AS start
SET s.value = start + $size
RETURN start"""


class Tx(Protocol):
    """An open write transaction."""

    async def run(self, query: LiteralString, **params: Any) -> list[dict[str, Any]]:
        """The rows of one statement."""
        ...


@dataclass(slots=True)
class StatementCount:
    """How many statements ran since the counting began."""

    n: int = 0


_counter: ContextVar[StatementCount | None] = ContextVar("statements", default=None)


@contextlib.contextmanager
def count_statements() -> Iterator[StatementCount]:
    """Counts the Cypher statements that this context, and tasks started in it, run inside the block."""
    count = StatementCount()
    token = _counter.set(count)
    try:
        yield count
    finally:
        _counter.reset(token)


def _counted() -> None:
    count = _counter.get()
    if count is not None:
        count.n += 1


class _DriverTx:
    """A driver's transaction as a Tx."""

    def __init__(self, tx: neo4j.AsyncTransaction) -> None:
        self._tx = tx

    async def run(self, query: LiteralString, **params: Any) -> list[dict[str, Any]]:
        _counted()
        with Call(GRAPH, "run", statement=query) as call:
            rows = await _rows(await self._tx.run(query, params))
            call.count = len(rows)
        return rows


async def _rows(result: neo4j.AsyncResult) -> list[dict[str, Any]]:
    keys = result.keys()
    return [dict(zip(keys, record.values(), strict=True)) async for record in result]


class Graph:
    """One process's door to the graph. `keys` hands out `n`s and sort keys."""

    def __init__(self, driver: neo4j.AsyncDriver, *, routed: bool = False) -> None:
        """`routed`: the driver asks which server to go to, and may read from one that is behind another."""
        self._driver = driver
        self._bookmarks = neo4j.AsyncGraphDatabase.bookmark_manager() if routed else None
        self._token = secrets.token_hex(8)
        self._renewal: asyncio.Task[None] | None = None
        self._read_timeout_s = READ_TIMEOUT_S
        self._write_timeout_s = WRITE_TIMEOUT_S
        self.keys = Keys(self._lease_block, 0)

    @classmethod
    def to(cls, uri: str, user: str, password: str, *, pool_size: int = 32) -> Graph:
        """A graph at this address, which may be read at once, and written to from `enter` on. Connects to nothing."""
        driver = neo4j.AsyncGraphDatabase.driver(
            uri,
            auth=(user, password),
            max_connection_pool_size=pool_size,
            connection_timeout=1,
            connection_acquisition_timeout=2,
            connection_write_timeout=2,
            max_transaction_retry_time=0.9,
            initial_retry_delay=0.05,
            retry_delay_jitter_factor=0.5,
            fetch_size=1000,
            notifications_min_severity="OFF",
            telemetry_disabled=True,
        )
        return cls(driver, routed=uri.startswith("neo4j"))

    @classmethod
    async def open(cls, uri: str, user: str, password: str, *, pool_size: int = 32) -> Graph:
        """A connected graph with its process number leased. Does not migrate. Raises Unavailable."""
        graph = cls.to(uri, user, password, pool_size=pool_size)
        try:
            await graph.enter()
        except BaseException:
            await graph.close()
            raise
        return graph

    async def enter(self) -> None:
        """Leases the process number, and keeps it until `close`. Raises Unavailable."""
        await self.command(ONE_NUMBER_EACH, timeout_s=20)  # The first statement of a cold server takes seconds.
        await self.command(ONE_SEQUENCE_EACH, timeout_s=20)
        self.keys.process = await self.write(self._take_number, timeout_s=20)
        self._renewal = asyncio.create_task(self._renew_forever(), name="renew_process_number")

    async def close(self) -> None:
        """Gives the process number back and closes every connection. Safe to call twice."""
        if self._renewal is not None:
            self._renewal.cancel()
            await asyncio.gather(self._renewal, return_exceptions=True)
            self._renewal = None
            with contextlib.suppress(Unavailable):
                await self.command(FREE_NUMBER, number=self.keys.process, token=self._token, timeout_s=1)
        await self._driver.close()

    @property
    def routed(self) -> bool:
        """Whether reads may go to a server that is behind the one that took a write: then bookmarks count."""
        return self._bookmarks is not None

    async def read(
        self, query: LiteralString, *, timeout_s: float | None = None, **params: Any
    ) -> list[dict[str, Any]]:
        """All rows of a read. Raises Unavailable when the graph does not answer in time (None: 2.5 s)."""
        with Call(GRAPH, "read", statement=query) as call:
            rows = await self._run(query, self._read_timeout_s if timeout_s is None else timeout_s, params)
            call.count = len(rows)
        return rows

    async def command(
        self, query: LiteralString, *, timeout_s: float | None = None, **params: Any
    ) -> list[dict[str, Any]]:
        """All rows of one statement that changes something and may run twice, in a transaction of its own.

        For the schema and for leases; what people change goes through `write`. Raises Unavailable (None: 2.5 s).
        """
        with Call(GRAPH, "command", statement=query) as call:
            wait_s = self._read_timeout_s if timeout_s is None else timeout_s
            rows = await self._run(query, wait_s, params, access=neo4j.WRITE_ACCESS)
            call.count = len(rows)
        return rows

    async def _run(
        self, query: LiteralString, timeout_s: float, params: dict[str, Any], access: str = neo4j.READ_ACCESS
    ) -> list[dict[str, Any]]:
        statement = neo4j.Query(query, timeout=timeout_s)
        deadline = time.monotonic() + timeout_s
        for attempt in range(1, _ATTEMPTS_MAX + 1):
            _counted()
            try:
                async with asyncio.timeout_at(_loop_time(deadline)), self._session(access) as session:
                    return await _rows(await session.run(statement, params))
            except asyncio.CancelledError as cancelled:
                if not _cancelled_by_nobody():
                    raise
                raise _translated(cancelled) from cancelled
            except (exceptions.Neo4jError, exceptions.DriverError, TimeoutError) as error:
                if attempt > 2 or not _worth_another_read(error) or time.monotonic() + 0.05 >= deadline:
                    raise _translated(error) from error
            await asyncio.sleep(random.uniform(0.005, 0.05))
        raise AssertionError("unreachable")

    async def one(
        self, query: LiteralString, *, timeout_s: float | None = None, **params: Any
    ) -> dict[str, Any] | None:
        """The first row of a read, or None."""
        rows = await self.read(query, timeout_s=timeout_s, **params)
        return rows[0] if rows else None

    async def write(self, work: Callable[[Tx], Awaitable[T]], *, timeout_s: float | None = None) -> T:
        """What `work` returns, once its transaction is committed.

        `work` may be run again after a deadlock: it touches `tx` and nothing else. What it raises rolls back.
        Raises Unavailable when the graph does not answer in time (None: 5 s) or stays contended, Taken when a unique
        name is in use.
        """
        with Call(GRAPH, "write"):
            return await self._write(work, self._write_timeout_s if timeout_s is None else timeout_s)

    async def _write(self, work: Callable[[Tx], Awaitable[T]], timeout_s: float) -> T:
        deadline = time.monotonic() + timeout_s
        for attempt in range(1, _ATTEMPTS_MAX + 1):
            try:
                async with asyncio.timeout_at(_loop_time(deadline)), self._session(neo4j.WRITE_ACCESS) as session:
                    async with await session.begin_transaction(timeout=timeout_s) as tx:
                        answer = await work(_DriverTx(tx))
                        await tx.commit()
                    await self._note(session)
                    return answer
            except asyncio.CancelledError as cancelled:
                if not _cancelled_by_nobody():
                    raise
                raise _translated(cancelled) from cancelled
            except (exceptions.Neo4jError, exceptions.DriverError, TimeoutError) as error:
                if attempt == _ATTEMPTS_MAX or not _worth_another_write(error) or time.monotonic() + 0.2 >= deadline:
                    raise _translated(error) from error
                log.debug("write_retried", attempt=attempt, error=type(error).__name__)
            await asyncio.sleep(random.uniform(0.005, min(0.2, 0.02 * 2**attempt)))
        raise AssertionError("unreachable")

    def _session(self, access: str) -> neo4j.AsyncSession:
        if self._bookmarks is None:  # One server: it has what it has acknowledged.
            return self._driver.session(default_access_mode=access)
        chain = bookmarks.present()
        given = neo4j.Bookmarks.from_raw_values(chain.follows) if chain else None
        return self._driver.session(
            default_access_mode=access, bookmark_manager=self._bookmarks, bookmarks=given or None
        )

    async def _note(self, session: neo4j.AsyncSession) -> None:
        """Gives the bookmark of what was committed to the operation that did so."""
        chain = bookmarks.present() if self._bookmarks is not None else None
        if chain is not None:
            chain.wrote((await session.last_bookmarks()).raw_values)

    def patient(self, timeout_s: float) -> Graph:
        """The same graph with at least this long for every statement that names no limit of its own.

        For what nobody waits for: the first time of each statement costs the server seconds. Shares the connections,
        which are closed with the original.
        """
        twin = copy.copy(self)
        twin.__dict__ |= {
            "_renewal": None,
            "_read_timeout_s": max(self._read_timeout_s, timeout_s),
            "_write_timeout_s": max(self._write_timeout_s, timeout_s),
        }
        return twin

    async def answers(self) -> None:
        """Returns when the graph answers a trivial query within a second. Raises Unavailable when it does not."""
        await self.read("RETURN 1 AS one", timeout_s=1)

    async def ready(self) -> bool:
        """Whether the graph answers a trivial query within a second."""
        try:
            await self.answers()
        except Unavailable:
            return False
        return True

    async def _lease_block(self, name: str, size: int) -> int:
        async def work(tx: Tx) -> int:
            rows = await tx.run(LEASE_BLOCK, name=name, size=size, token=self._token)
            return int(rows[0]["start"])

        return await self.write(work)

    async def _take_number(self, tx: Tx) -> int:
        now = time.time_ns() // 1_000_000
        # By chance among the lowest, so that two that start at once seldom want the same one.
        numbers = [*random.sample(range(_FIRST_NUMBERS), _FIRST_NUMBERS), *range(_FIRST_NUMBERS, PROCESSES)]
        taken = await tx.run(TAKE_NUMBER, numbers=numbers, now=now, until=now + _PROCESS_LEASE_MS, token=self._token)
        if not taken:
            raise Unavailable(f"{PROCESSES} processes already work on this graph. Stop one, or wait ten minutes.")
        return int(taken[0]["number"])

    async def _renew_forever(self) -> None:
        while True:
            await asyncio.sleep(_RENEW_EVERY_S)
            try:
                until = time.time_ns() // 1_000_000 + _PROCESS_LEASE_MS
                renewed = await self.command(
                    RENEW_NUMBER, number=self.keys.process, token=self._token, until=until, timeout_s=_RENEW_EVERY_S / 4
                )
                if not renewed:  # The lease ran out while this process slept, and somebody has it.
                    self.keys.process = await self.write(self._take_number)
            except Unavailable as error:
                log.warning("process_number_not_renewed", error=error.message)


def _loop_time(deadline: float) -> float:
    """A monotonic deadline on the running loop's clock."""
    return asyncio.get_running_loop().time() + max(0.0, deadline - time.monotonic())


def _cancelled_by_nobody() -> bool:
    """Whether a CancelledError here is the driver's own: it lets one out when a connection dies under a statement,
    after the machine stood still. Who cancels a task says so to the task."""
    task = asyncio.current_task()
    return task is not None and not task.cancelling()


def _worth_another_read(error: Exception) -> bool:
    return isinstance(error, exceptions.SessionExpired) or _passing(error)


def _worth_another_write(error: Exception) -> bool:
    return _passing(error)


def _passing(error: Exception) -> bool:
    """Whether the server says that nothing was done and that trying again may help."""
    if not isinstance(error, exceptions.Neo4jError):
        return False
    code = error.code or ""
    if _FOREIGN_BOOKMARK in code:
        return bookmarks.forget()
    return (isinstance(error, exceptions.TransientError) and _OUT_OF_MEMORY not in code) or code == _VANISHED


def _translated(error: BaseException) -> Exception:
    """The product's error for the driver's; a bug in a statement stays what it is."""
    if isinstance(error, exceptions.ConstraintError):
        return Taken("This name is already in use.")
    if isinstance(error, exceptions.AuthError):
        return Unavailable("The graph refuses the user or password it was given.")
    if isinstance(
        error, exceptions.ServiceUnavailable | exceptions.SessionExpired | TimeoutError | exceptions.TransientError
    ):
        full = isinstance(error, exceptions.Neo4jError) and _OUT_OF_MEMORY in (error.code or "")
        return Unavailable(
            "The graph has not enough memory for all of this at once."
            if full
            else "The graph did not answer in time. Try again."
        )
    if isinstance(error, asyncio.CancelledError):
        return Unavailable("The connection to the graph was lost. Try again.")
    if isinstance(error, exceptions.Neo4jError):
        timed_out = "Transaction.TransactionTimedOut" in (error.code or "") or "Terminated" in (error.code or "")
        return Unavailable("The graph did not answer in time. Try again.") if timed_out else error
    return Unavailable("The graph cannot be reached. Try again.")
