"""Runs the operations that come over HTTP and sockets: context, time limit, errors as clients see them."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from graphql import ExecutionResult, OperationType

from app.auth import Caller
from app.resources import Resources
from app.transports.callers import lacking
from app.transports.quotas import Quotas
from app.transports.request import GraphQLRequest
from app.transports.trusted import TrustedDocuments
from app.watch.operation import Operation
from domain.calls import Lookups
from domain.errors import RateLimited
from graph import bookmarks
from schema.errors import formatted
from schema.operation import ERRORS_MAX, Operations, Prepared, Refused

OPERATION_S_MAX: Final = 10.0


@dataclass(frozen=True, slots=True)
class Answer:
    """A GraphQL response. `ran` is False when the operation was refused before anything of it ran; `bookmark`
    is what a client may carry to its next request; `headers` are for a response over HTTP."""

    errors: list[dict[str, Any]] = field(default_factory=list)
    data: dict[str, Any] | None = None
    ran: bool = False
    cost: int = 0
    maximum: int = 0
    bookmark: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def codes(self) -> list[str]:
        """The codes of the errors."""
        return [str(error["extensions"]["code"]) for error in self.errors]

    def body(self) -> dict[str, Any]:
        """The response as it is sent. A refused operation has no `data`."""
        body: dict[str, Any] = {"errors": self.errors} if self.errors else {}
        if self.ran:
            body["data"] = self.data
        body["extensions"] = {"cost": {"requested": self.cost, "maximum": self.maximum}}
        if self.bookmark is not None:
            body["extensions"]["bookmark"] = self.bookmark
        return body


class Runner:
    """Runs operations over the parts of one process."""

    def __init__(
        self,
        operations: Operations,
        resources: Resources,
        quotas: Quotas,
        trusted: TrustedDocuments,
        *,
        seconds: float = OPERATION_S_MAX,
    ) -> None:
        self._operations = operations
        self._resources = resources
        self._quotas = quotas
        self._trusted = trusted
        self._seconds = seconds

    @property
    def documents(self) -> Lookups:
        """How often a document was known already."""
        return self._operations.lookups

    @property
    def trusted_only(self) -> bool:
        """Whether documents that were not agreed on are refused."""
        return self._trusted.only

    def known(self, request: GraphQLRequest) -> GraphQLRequest:
        """The request with the document that it names. Raises Malformed for one that is not to be run."""
        return replace(request, query=self._trusted.text(request.document_id, request.query))

    def kind(self, request: GraphQLRequest) -> OperationType | None:
        """Whether the request is a query, mutation or subscription, from parsing alone; None when it cannot be told."""
        try:
            return self._operations.select(request.document, request.operation_name)[0]
        except Refused:
            return None

    def prepare(self, request: GraphQLRequest) -> Prepared | Answer:
        """The operation, ready to run, or its refusal."""
        try:
            return self._operations.prepare(request.document, request.operation_name, request.variables)
        except Refused as refused:
            errors = [formatted(error, request_id="") for error in refused.errors]
            return Answer(errors, cost=refused.cost, maximum=self._operations.limits.cost)

    def refusal(self, message: str, code: str) -> Answer:
        """An answer that says only this."""
        return Answer([{"message": message, "extensions": {"code": code}}], maximum=self._operations.limits.cost)

    async def answer(
        self, request: GraphQLRequest, caller: Caller, request_id: str, *, over: str, parent: str = ""
    ) -> Answer:
        """The answer of a query or mutation, within the time limit; told of. `over` names the transport."""
        with Operation(request_id=request_id, over=over, viewer=caller.viewer.id, parent=parent) as told:
            prepared = self.prepare(request)
            if isinstance(prepared, Answer):
                answer = prepared
            else:
                told.asks(prepared.kind.value, prepared.asks, prepared.name)
                spent = self._beyond(caller, prepared) or await self._spend(prepared, caller)
                if isinstance(spent, Answer):
                    answer = spent
                else:
                    answer = replace(await self._run(prepared, request, caller, request_id), headers=spent)
            told.cost, told.codes = answer.cost, answer.codes
        return answer

    async def events(
        self, prepared: Prepared, request: GraphQLRequest, caller: Caller, request_id: str
    ) -> AsyncGenerator[Answer]:
        """The events of a subscription, each an answer. A refusal is one answer that did not run.

        Raises the ProductError with which the source of events ended, and whatever a bug raises.
        """
        spent = self._beyond(caller, prepared) or await self._spend(prepared, caller)
        if isinstance(spent, Answer):
            yield spent
            return
        context = self._resources.context(caller, request_id)
        async with asyncio.timeout(self._seconds):
            given = await self._resources.bookmarks.given(request.bookmark, caller.viewer.n)
            if given:  # What this process has read once, it follows from then on.
                with bookmarks.following(given):
                    await self._resources.graph.ready()
            source = await self._operations.subscribe(prepared, request.variables, context)
        if isinstance(source, ExecutionResult):
            answer = self._answered(source, prepared, request_id, ran=False)
            yield answer
            return
        try:
            async for result in source:
                yield self._answered(result, prepared, request_id, ran=True)
        finally:
            if isinstance(source, AsyncGenerator):
                await source.aclose()

    def failure(self, error: Exception, request_id: str, name: str | None) -> Answer:
        """The answer for an error that ended a subscription: a ProductError says itself, a bug is logged and hidden."""
        return Answer([formatted(error, request_id=request_id, operation=name)], maximum=self._operations.limits.cost)

    async def _spend(self, prepared: Prepared, caller: Caller) -> Mapping[str, str] | Answer:
        """Spends what the operation asks for of the caller's quotas: the headers that say so, or the refusal."""
        try:
            return await self._quotas.spend(caller, prepared.figures)
        except RateLimited as error:
            after = {"retry-after": str(math.ceil(error.retry_after_ms / 1000))}
            told = [formatted(error, request_id="")]
            return Answer(told, cost=prepared.figures.cost, maximum=self._operations.limits.cost, headers=after)

    def _beyond(self, caller: Caller, prepared: Prepared) -> Answer | None:
        """The refusal of an operation that the caller's token may not run."""
        scope = lacking(caller, prepared.kind)
        if scope is None:
            return None
        return self.refusal(f"This token lacks the scope {scope.value}. Make one that has it.", "FORBIDDEN")

    async def _run(self, prepared: Prepared, request: GraphQLRequest, caller: Caller, request_id: str) -> Answer:
        if prepared.kind is OperationType.SUBSCRIPTION:
            return self.refusal(
                "Subscriptions are answered over a WebSocket (graphql-transport-ws), or as `text/event-stream`.",
                "BAD_USER_INPUT",
            )
        context = self._resources.context(caller, request_id)
        carried = self._resources.bookmarks
        try:
            given = await carried.given(request.bookmark, caller.viewer.n)
            with self._resources.underway, bookmarks.following(given) as chain:
                async with asyncio.timeout(self._seconds):
                    result = await self._operations.run(prepared, request.variables, context)
        except TimeoutError:
            message = f"The operation took more than {self._seconds:g} s and was stopped. Ask for less, or try again."
            return self.refusal(message, "TIMEOUT")
        answer = self._answered(result, prepared, request_id, ran=True)
        return replace(answer, bookmark=await carried.left(chain, context.viewer.n))

    def _answered(self, result: ExecutionResult, prepared: Prepared, request_id: str, *, ran: bool) -> Answer:
        errors = list(result.errors or ())
        # Variables that do not fit stop an operation before its first field: no data, and no path to point at.
        ran = ran and not (result.data is None and errors and all(error.path is None for error in errors))
        shown = [formatted(error, request_id=request_id, operation=prepared.name) for error in errors[:ERRORS_MAX]]
        return Answer(shown, result.data, ran, prepared.figures.cost, self._operations.limits.cost)
