"""One operation from its text to its answer: parsed, bounded, validated, run; each refusal with a code.

Documents are kept by their text together with what was found out about them, so that a client that repeats itself
pays for parsing, measuring and validating once.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeGuard

from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    OperationType,
    OverlappingFieldsCanBeMergedRule,
    execute,
    parse,
    specified_rules,
    subscribe,
    validate,
)
from strawberry import Schema
from strawberry.execution import optimized_is_awaitable

from domain.calls import Lookups
from schema.errors import BAD_INPUT, PARSE_FAILED, TOO_COMPLEX, VALIDATION_FAILED
from schema.limits import (
    OPERATIONS_MAX,
    TOKENS_MAX,
    Figures,
    Limits,
    exceeded,
    measure,
    paging_variables,
    too_complex,
)
from schema.merging import FieldsCanBeMerged

ERRORS_MAX: Final = 5
RULES: Final = tuple(
    FieldsCanBeMerged if rule is OverlappingFieldsCanBeMergedRule else rule for rule in specified_rules
)
DEFAULT_LIMITS: Final = Limits()
_INTROSPECTION: Final = frozenset({"__schema", "__type"})
_DOCUMENTS_MAX: Final = 1_000
_DOCUMENT_CHARS_MAX: Final = 600_000
"""A parsed document takes some 90 bytes a character: 54 MB in all."""
_FIGURES_MAX: Final = 32
_DESCRIBED_MAX: Final = 8


class Refused(Exception):
    """The operation is not run. `errors` say why, each with a code; `cost` is what it asked for, 0 when unknown."""

    def __init__(self, errors: list[GraphQLError], cost: int = 0) -> None:
        super().__init__(errors[0].message)
        self.errors = errors[:ERRORS_MAX]
        self.cost = cost


@dataclass(slots=True)
class _Known:
    """A parsed document and what has been found out about it. `faults` is None until it was validated."""

    document: DocumentNode
    operations: dict[str, OperationDefinitionNode]
    paging: tuple[str, ...]
    figures: dict[tuple[str, tuple[object, ...]], Figures] = field(default_factory=dict)
    faults: list[GraphQLError] | None = None


@dataclass(frozen=True, slots=True)
class Prepared:
    """An operation that fits the limits and is valid. `kind` says whether it may change something or goes on."""

    document: DocumentNode
    operation_name: str | None
    name: str | None
    kind: OperationType
    figures: Figures
    asks: str
    """The field at its root, one of the schema's; "several" when there are more, "schema" for introspection."""


class Operations:
    """Prepares and runs the operations of one schema."""

    def __init__(self, schema: Schema, limits: Limits = DEFAULT_LIMITS, *, hide_schema: bool = False) -> None:
        """With `hide_schema` nobody is told what the schema has: no introspection, no suggestions in messages."""
        self.limits = limits
        self._graphql: GraphQLSchema = schema._schema  # noqa: SLF001 - Strawberry has no public name for it.
        self._executor = schema.execution_context_class
        self._hide_schema = hide_schema
        self._known: OrderedDict[str, _Known | GraphQLError] = OrderedDict()
        self._known_chars = 0
        self.lookups = Lookups()
        self._described: OrderedDict[tuple[int, str | None], tuple[DocumentNode, ExecutionResult]] = OrderedDict()

    def select(self, query: str, operation_name: str | None) -> tuple[OperationType, _Known, OperationDefinitionNode]:
        """The kind of the operation that would run, from parsing alone. Raises Refused."""
        known = self._parsed(query)
        if isinstance(known, GraphQLError):
            raise Refused([known])
        if operation_name is None and len(known.operations) == 1:
            operation = next(iter(known.operations.values()))
        elif operation_name is not None and operation_name in known.operations:
            operation = known.operations[operation_name]
        else:
            raise Refused([_unselected(known, operation_name)])
        return operation.operation, known, operation

    def prepare(self, query: str, operation_name: str | None, variables: Mapping[str, Any]) -> Prepared:
        """The operation of this name, or the only one. Raises Refused unless it is well-formed, bounded and valid."""
        kind, known, operation = self.select(query, operation_name)
        figures = self._figures(known, operation, variables)
        too_much = exceeded(figures, self.limits)
        if too_much:
            raise Refused(too_much, figures.cost)
        if self._hide_schema and not _INTROSPECTION.isdisjoint(figures.roots):
            message = "Introspection is off here. The schema is in the documentation of this API."
            raise Refused([GraphQLError(message, extensions={"code": VALIDATION_FAILED})], figures.cost)
        if known.faults is None:
            known.faults = self._validated(known.document)
        if known.faults:
            raise Refused(known.faults, figures.cost)
        name = operation.name.value if operation.name else None
        return Prepared(known.document, operation_name, name, kind, figures, _asked(figures.roots))

    async def run(self, prepared: Prepared, variables: dict[str, Any], context: object) -> ExecutionResult:
        """The answer of a query or mutation. Wrong variables give errors without a path and no data.

        What asks for the schema alone is answered by a thread, and kept: a tool's whole introspection takes a tenth of
        a second that other requests would have to wait.
        """
        if prepared.figures.depth > 0:
            answer = self._execute(prepared, variables, context)
            return _refused(answer if isinstance(answer, ExecutionResult) else await answer)
        key = (id(prepared.document), prepared.operation_name)
        kept = self._described.get(key)
        if kept is not None and not variables:
            return kept[1]
        described = await asyncio.to_thread(self._execute, prepared, variables, context)
        answer = _refused(described if isinstance(described, ExecutionResult) else await described)
        if not variables:
            while len(self._described) >= _DESCRIBED_MAX:
                self._described.popitem(last=False)
            self._described[key] = (prepared.document, answer)  # The document is held, so that its id stays its own.
        return answer

    def _execute(
        self, prepared: Prepared, variables: dict[str, Any], context: object
    ) -> ExecutionResult | Awaitable[ExecutionResult]:
        return execute(
            self._graphql,
            prepared.document,
            context_value=context,
            variable_values=variables,
            operation_name=prepared.operation_name,
            max_coercion_errors=ERRORS_MAX,
            executor_class=self._executor,
            is_awaitable=_is_awaitable,
            hide_suggestions=self._hide_schema,
        )

    async def subscribe(
        self, prepared: Prepared, variables: dict[str, Any], context: object
    ) -> AsyncIterator[ExecutionResult] | ExecutionResult:
        """The events of a subscription, or the one answer that says why there are none."""
        answer = subscribe(
            self._graphql,
            prepared.document,
            context_value=context,
            variable_values=variables,
            operation_name=prepared.operation_name,
            max_coercion_errors=ERRORS_MAX,
            executor_class=self._executor,
            hide_suggestions=self._hide_schema,
        )
        started = answer if isinstance(answer, ExecutionResult | AsyncIterator) else await answer
        return _refused(started) if isinstance(started, ExecutionResult) else started

    def _parsed(self, query: str) -> _Known | GraphQLError:
        known = self._known.get(query)
        self.lookups.count(known is not None)
        if known is not None:
            self._known.move_to_end(query)
            return known
        known = _parse(query)
        self._known[query] = known
        self._known_chars += len(query)
        while len(self._known) > _DOCUMENTS_MAX or self._known_chars > _DOCUMENT_CHARS_MAX:
            forgotten, _ = self._known.popitem(last=False)
            self._known_chars -= len(forgotten)
        return known

    def _figures(self, known: _Known, operation: OperationDefinitionNode, variables: Mapping[str, Any]) -> Figures:
        values = tuple(_size(variables.get(name)) if name in variables else "default" for name in known.paging)
        key = (operation.name.value if operation.name else "", values)
        figures = known.figures.get(key)
        if figures is None:
            try:
                figures = measure(self._graphql, known.document, operation, variables)
            except RecursionError:
                raise Refused([_too_deep()]) from None
            if len(known.figures) >= _FIGURES_MAX:
                known.figures.clear()
            known.figures[key] = figures
        return figures

    def _validated(self, document: DocumentNode) -> list[GraphQLError]:
        try:
            faults = validate(
                self._graphql,
                document,
                RULES,
                max_errors=ERRORS_MAX,
                hide_suggestions=self._hide_schema,
                allow_empty_selection_sets=False,
            )
        except RecursionError:
            return [_too_deep()]
        return [_coded(fault, VALIDATION_FAILED) for fault in faults[:ERRORS_MAX]]


def _refused(answer: ExecutionResult) -> ExecutionResult:
    """The answer; variables that do not fit stop an operation before its first field: no data, no path to point at."""
    if answer.data is None:
        for error in answer.errors or ():
            if error.path is None:
                _coded(error, BAD_INPUT)
    return answer


def _parse(query: str) -> _Known | GraphQLError:
    try:
        document = parse(query, max_tokens=TOKENS_MAX, allow_empty_selection_sets=False)
    except RecursionError:
        return _too_deep()
    except GraphQLSyntaxError as error:
        if f"more than {TOKENS_MAX} " in error.message:
            return too_complex("tokens", TOKENS_MAX + 1, TOKENS_MAX, "tokens or more")
        return _too_deep() if "nested too deeply" in error.message else _coded(error, PARSE_FAILED)
    found = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    if len(found) > OPERATIONS_MAX:
        return too_complex("operations", len(found), OPERATIONS_MAX, "operations in its document")
    operations = {node.name.value if node.name else "": node for node in reversed(found)}
    return _Known(document, operations, paging_variables(document))


def _unselected(known: _Known, operation_name: str | None) -> GraphQLError:
    if not known.operations:
        message = "The document has no operation: send a query, mutation or subscription."
    elif operation_name is None:
        message = "The document has several operations: say by `operationName` which one to run."
    else:
        message = f"The document has no operation named “{operation_name[:100]}”."
    return GraphQLError(message, extensions={"code": BAD_INPUT})


def _too_deep() -> GraphQLError:
    return GraphQLError("This document is nested too deeply.", extensions={"code": TOO_COMPLEX, "limit": "depth"})


def _asked(names: Iterable[str]) -> str:
    plain = [name for name in names if not name.startswith("__")]
    return plain[0] if len(plain) == 1 else "several" if plain else "schema"


def _coded(error: GraphQLError, code: str) -> GraphQLError:
    error.extensions = {**(error.extensions or {}), "code": code}
    return error


def _is_awaitable(value: Any) -> TypeGuard[Awaitable[Any]]:
    return optimized_is_awaitable(value)


def _size(value: object) -> object:
    return len(value) if isinstance(value, list | dict | str) else value
