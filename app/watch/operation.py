"""What is told of one operation: exactly one line in the log, once in the metrics, one span."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from contextvars import ContextVar
from dataclasses import dataclass, field
from types import TracebackType
from typing import Final

import structlog

from domain import calls
from domain.calls import Call
from domain.errors import ProductError
from domain.ids import UserId
from graph.client import StatementCount, count_statements

log = structlog.get_logger(__name__)

OK: Final = "ok"
LEFT: Final = "left"
REFUSED: Final = "refused"
BUG: Final = "INTERNAL_SERVER_ERROR"
GRAVEST: Final = (BUG, "TIMEOUT", "UNAVAILABLE")
_NAME: Final = re.compile(r"[_A-Za-z][_0-9A-Za-z]{0,63}")


@dataclass(slots=True)
class Tally:
    """What the feeds of an operation brought: candidates by source, and the sources that were late or unavailable."""

    candidates: Counter[str] = field(default_factory=Counter)
    missed: list[str] = field(default_factory=list)


_tally: ContextVar[Tally | None] = ContextVar("tally", default=None)


class Tallies:
    """Puts what the sources of a feed bring to the operation that asked for it. Belongs to one process."""

    def began(self, call: Call) -> object:  # noqa: ARG002 - only ends count
        """See Watcher."""
        return None

    def ended(self, call: Call, held: object, seconds: float) -> None:  # noqa: ARG002 - nothing was held
        """See Watcher."""
        if call.part != calls.SOURCE:
            return
        tally = _tally.get()
        if tally is None:
            return
        if call.failed:
            tally.missed.append(call.name)
        else:
            tally.candidates[call.name] += call.count


class Operation:
    """One operation, from the beginning of the block to its end, however it ends; filled in while it runs.

    `over` names the transport, `parent` is the client's `traceparent`. Inside the block every line of the log carries
    the request's id and the viewer, and once it is known, what is asked. Until then it is a refused one. How it ended
    follows from `codes`, the codes of its errors, and from what the block raises, unless `status` is set.
    """

    def __init__(self, *, request_id: str, over: str, viewer: UserId | None, parent: str = "") -> None:
        self.cost = 0
        self.codes: Sequence[str] = ()
        self.events: int | None = None
        self.status = ""
        self._about: dict[str, object] = {"request_id": request_id, "over": over, "viewer": viewer}
        self._name: str | None = None
        self._call = Call(calls.OPERATION, REFUSED, parent=parent)
        self._tally = Tally()
        self._stack = ExitStack()
        self._statements = StatementCount()
        self._began = 0.0

    def asks(self, kind: str, field: str, name: str | None) -> None:
        """It is a query, mutation or subscription of this root field; the client calls it `name`."""
        self._name = plain(name)
        self._call.name = f"{kind} {field}"
        self._call.about = self._name or ""
        structlog.contextvars.bind_contextvars(operation=self._call.name)

    def __enter__(self) -> Operation:
        self._began = time.perf_counter()
        token = _tally.set(self._tally)
        self._stack.callback(lambda: _tally.reset(token))
        about = {name: self._about[name] for name in ("request_id", "viewer") if self._about[name]}
        self._stack.enter_context(structlog.contextvars.bound_contextvars(**about, operation=REFUSED))
        self._statements = self._stack.enter_context(count_statements())
        self._call.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        status = self._status(error)
        self._call.failed = "" if status == OK else status
        self._call.__exit__(None, None, None)
        self._stack.close()
        log.info(
            "operation",
            **self._about,
            operation=self._call.name,
            name=self._name,
            status=status,
            ms=round((time.perf_counter() - self._began) * 1000, 1),
            statements=self._statements.n,
            cost=self.cost,
            candidates=dict(self._tally.candidates),
            **({"missed": self._tally.missed} if self._tally.missed else {}),
            **({"codes": list(self.codes)} if self.codes else {}),
            **({} if self.events is None else {"events": self.events}),
        )

    def _status(self, error: BaseException | None) -> str:
        if self.status:
            return self.status
        if isinstance(error, Exception):
            return error.code if isinstance(error, ProductError) else BUG
        if error is not None:
            return LEFT
        return next((code for code in GRAVEST if code in self.codes), next(iter(self.codes), OK))


def refused(code: str, *, request_id: str, over: str, viewer: UserId | None = None) -> None:
    """Tells of a request that was no operation, or not one that may be begun."""
    with Operation(request_id=request_id, over=over, viewer=viewer) as told:
        told.codes = (code,)


def plain(name: str | None) -> str | None:
    """What a client calls its operation, if that is a name: anything else could be anything."""
    return name if name is not None and _NAME.fullmatch(name) else None
