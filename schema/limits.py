"""How much an operation asks for, found before anything of it is validated or run.

One pass over the selected operation, each fragment looked at once: depth, aliases, root fields, fields, directives,
feeds and cost are the same whether they are written inline or through fragments, and a kilobyte of fragments that
spread one another is told apart from a query in microseconds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    Node,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    get_named_type,
    is_list_type,
)
from graphql.type import GraphQLNonNull, GraphQLOutputType

from domain.limits import NODES_MAX, PAGE_ITEMS_DEFAULT, PAGE_ITEMS_MAX
from schema.errors import TOO_COMPLEX

COST_MAX: Final = 5_000
TOKENS_MAX: Final = 2_000
OPERATIONS_MAX: Final = 10
LIST_ITEMS: Final = 5
"""What a list without pages is taken to hold."""
FEED_COST: Final = 100
SUGGESTIONS_COST: Final = 10
FEEDS_MAX: Final = 10
_FEED_TYPE: Final = "FeedConnection"
_SEARCH_FIELDS: Final = frozenset({"searchBoards", "searchUsers", "duplicates"})
_NEAR_FIELDS: Final = frozenset({"proposedTopics"})
_SUGGESTING: Final = frozenset({"suggestSearches"})
_COUNT_MAX: Final = 10**9


@dataclass(frozen=True, slots=True)
class Limits:
    """What one operation may ask for at most."""

    depth: int = 12
    introspection_depth: int = 16
    aliases: int = 30
    root_fields: int = 10
    fields: int = 1_000
    directives: int = 50
    feeds: int = FEEDS_MAX
    cost: int = COST_MAX


@dataclass(frozen=True, slots=True)
class Figures:
    """What an operation asks for. `depth` is outside of introspection, `introspection_depth` everywhere."""

    depth: int = 0
    introspection_depth: int = 0
    aliases: int = 0
    root_fields: int = 0
    fields: int = 0
    directives: int = 0
    feeds: int = 0
    cost: int = 0
    roots: Mapping[str, int] = field(default_factory=dict)
    """The fields at the root, each with how often it is asked for."""


@dataclass(slots=True)
class _Sum:
    """The figures of a selection set. What lies under `edges` and `nodes` is for one item, in `item_…`."""

    depth: int = 0
    introspection_depth: int = 0
    aliases: int = 0
    names: int = 0
    fields: int = 0
    directives: int = 0
    feeds: int = 0
    cost: int = 0
    item_feeds: int = 0
    item_cost: int = 0

    def add(self, other: _Sum) -> None:
        """Adds what stands beside this: the deeper of both, the sum of the rest."""
        self.depth = max(self.depth, other.depth)
        self.introspection_depth = max(self.introspection_depth, other.introspection_depth)
        for name in ("aliases", "names", "fields", "directives", "feeds", "cost", "item_feeds", "item_cost"):
            setattr(self, name, min(getattr(self, name) + getattr(other, name), _COUNT_MAX))


class _Pass:
    def __init__(
        self, schema: GraphQLSchema, fragments: Mapping[str, FragmentDefinitionNode], variables: Mapping[str, Any]
    ) -> None:
        self._types = schema.type_map
        self._fragments = fragments
        self._variables = variables
        self._done: dict[str, _Sum | None] = {}

    def selections(self, selection_set: SelectionSetNode | None, parent: GraphQLNamedType | None) -> _Sum:
        total = _Sum()
        for node in selection_set.selections if selection_set else ():
            total.directives += len(node.directives or ())
            if isinstance(node, FieldNode):
                self._field(total, node, parent)
            elif isinstance(node, InlineFragmentNode):
                condition = node.type_condition
                inner = self._types.get(condition.name.value) if condition else parent
                total.add(self.selections(node.selection_set, inner))
            elif isinstance(node, FragmentSpreadNode):
                total.add(self._spread(node.name.value))
        return total

    def _spread(self, name: str) -> _Sum:
        if name in self._done:
            # None: we are inside it. A cycle is validation's to refuse; here it only must not go round.
            return self._done[name] or _Sum()
        fragment = self._fragments.get(name)
        if fragment is None:
            return _Sum()
        self._done[name] = None
        total = self.selections(fragment.selection_set, self._types.get(fragment.type_condition.name.value))
        total.directives += len(fragment.directives or ())
        self._done[name] = total
        return total

    def _field(self, total: _Sum, node: FieldNode, parent: GraphQLNamedType | None) -> None:
        name = node.name.value
        field = _field_of(parent, name)
        inner_type = get_named_type(field.type) if field else self._types.get(_INTROSPECTION.get(name, ""))
        inner = self.selections(node.selection_set, inner_type)
        total.aliases += inner.aliases + (node.alias is not None)
        total.fields = min(total.fields + inner.fields + 1, _COUNT_MAX)
        total.names += 1
        total.directives += inner.directives
        total.introspection_depth = max(total.introspection_depth, inner.introspection_depth + 1)
        if name.startswith("__"):
            return  # Introspection is free: the validation rule of graphql-core bounds what it multiplies.
        total.depth = max(total.depth, inner.depth + 1)
        if name in _SUGGESTING:
            total.cost = min(total.cost + SUGGESTIONS_COST, _COUNT_MAX)
        if field is None or not isinstance(inner_type, GraphQLObjectType | GraphQLInterfaceType):
            return
        paged = name in {"edges", "nodes"} and isinstance(parent, GraphQLObjectType) and "pageInfo" in parent.fields
        cost, feeds = 1 + inner.cost, inner.feeds
        if "first" in field.args:
            page = self._page(node, field)
            cost, feeds = cost + page * inner.item_cost, feeds + page * inner.item_feeds
        if inner_type.name == _FEED_TYPE or name in _SEARCH_FIELDS:
            cost, feeds = cost + FEED_COST, feeds + 1
        if paged:
            total.item_cost, total.item_feeds = total.item_cost + cost, total.item_feeds + feeds
            return
        if name in _NEAR_FIELDS:  # The search behind it is one, however many it gives.
            total.cost, total.feeds = min(total.cost + FEED_COST, _COUNT_MAX), total.feeds + 1
        items = self._items(node, field)
        total.cost = min(total.cost + items * cost, _COUNT_MAX)
        total.feeds = min(total.feeds + items * feeds, _COUNT_MAX)

    def _page(self, node: FieldNode, field: GraphQLField) -> int:
        default = field.args["first"].default_value
        usual = default if isinstance(default, int) else PAGE_ITEMS_DEFAULT
        value = self._argument(node, "first", usual)
        return min(max(value, 1), PAGE_ITEMS_MAX) if isinstance(value, int) else PAGE_ITEMS_MAX

    def _items(self, node: FieldNode, field: GraphQLField) -> int:
        if not _is_list(field.type):
            return 1
        if "ids" in field.args:
            value = self._argument(node, "ids", NODES_MAX)
            return len(value) if isinstance(value, list) else 1
        return LIST_ITEMS

    def _argument(self, node: FieldNode, name: str, usual: Any) -> Any:
        for argument in node.arguments or ():
            if argument.name.value == name:
                value = argument.value
                if isinstance(value, IntValueNode):
                    return int(value.value) if len(value.value) < 10 else PAGE_ITEMS_MAX
                if isinstance(value, ListValueNode):
                    return list(value.values)
                if isinstance(value, VariableNode):
                    return self._variables.get(value.name.value, usual)
                return usual
        return usual


_INTROSPECTION: Final = {"__schema": "__Schema", "__type": "__Type"}


def measure(
    schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode, variables: Mapping[str, Any]
) -> Figures:
    """What this operation of the document asks for, with these variables (as they came, defaults filled in or not).

    Linear in the size of the document. Unknown fields, types and fragments count as scalars: validation names them.
    """
    fragments = {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}
    filled = {**_defaults(operation), **variables}
    total = _Pass(schema, fragments, filled).selections(
        operation.selection_set, schema.get_root_type(operation.operation)
    )
    directives = len(operation.directives or ()) + sum(
        len(variable.directives or ()) for variable in operation.variable_definitions or ()
    )
    return Figures(
        depth=total.depth,
        introspection_depth=total.introspection_depth,
        aliases=total.aliases,
        root_fields=total.names,
        fields=total.fields,
        directives=total.directives + directives,
        feeds=total.feeds + total.item_feeds,
        cost=total.cost + total.item_cost,
        roots=_roots(operation.selection_set, fragments),
    )


def _roots(selection_set: SelectionSetNode, fragments: Mapping[str, FragmentDefinitionNode]) -> dict[str, int]:
    """How often each field is asked for in a selection set and its fragments: once for each response name."""
    asked: set[tuple[str, str]] = set()
    seen: set[str] = set()
    waiting = [selection_set]
    while waiting:
        for node in waiting.pop().selections:
            if isinstance(node, FieldNode):
                asked.add((node.name.value, (node.alias or node.name).value))
            elif isinstance(node, InlineFragmentNode):
                waiting.append(node.selection_set)
            elif isinstance(node, FragmentSpreadNode) and node.name.value in fragments and node.name.value not in seen:
                seen.add(node.name.value)
                waiting.append(fragments[node.name.value].selection_set)
    return dict(Counter(name for name, _ in asked))


def paging_variables(document: DocumentNode) -> tuple[str, ...]:
    """The variables that the figures depend on: those given as `first` or `ids` anywhere in the document."""
    found: set[str] = set()
    waiting: list[Node | None] = [
        node.selection_set
        for node in document.definitions
        if isinstance(node, OperationDefinitionNode | FragmentDefinitionNode)
    ]
    while waiting:
        node = waiting.pop()
        for child in node.selections if isinstance(node, SelectionSetNode) else ():
            if isinstance(child, FieldNode):
                for argument in child.arguments or ():
                    if argument.name.value in {"first", "ids"} and isinstance(argument.value, VariableNode):
                        found.add(argument.value.name.value)
            if isinstance(child, FieldNode | InlineFragmentNode):
                waiting.append(child.selection_set)
    return tuple(sorted(found))


def exceeded(figures: Figures, limits: Limits) -> list[GraphQLError]:
    """One error for each limit that the figures exceed, saying by how much; empty when they fit."""
    checks: Sequence[tuple[str, int, int, str]] = (
        ("depth", figures.depth, limits.depth, "levels deep"),
        ("depth", figures.introspection_depth, limits.introspection_depth, "levels deep"),
        ("aliases", figures.aliases, limits.aliases, "aliases"),
        ("rootFields", figures.root_fields, limits.root_fields, "fields at its root"),
        ("fields", figures.fields, limits.fields, "fields"),
        ("directives", figures.directives, limits.directives, "directives"),
        (
            "feeds",
            figures.feeds,
            limits.feeds,
            "feeds and searches, counted once for each item of the pages above them",
        ),
        ("cost", figures.cost, limits.cost, "cost points: ask for smaller pages or fewer nested lists"),
    )
    return [
        too_complex(limit, requested, maximum, what)
        for limit, requested, maximum, what in checks
        if requested > maximum
    ]


def too_complex(limit: str, requested: int, maximum: int, what: str) -> GraphQLError:
    """The refusal of an operation that exceeds this limit."""
    return GraphQLError(
        f"This operation has {requested} {what}; at most {maximum} are allowed."
        if limit != "depth"
        else f"This operation is {requested} {what}; at most {maximum} are allowed.",
        extensions={"code": TOO_COMPLEX, "limit": limit, "requested": requested, "maximum": maximum},
    )


def _defaults(operation: OperationDefinitionNode) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for variable in operation.variable_definitions or ():
        value = variable.default_value
        if isinstance(value, IntValueNode):
            found[variable.variable.name.value] = int(value.value) if len(value.value) < 10 else PAGE_ITEMS_MAX
        elif isinstance(value, ListValueNode):
            found[variable.variable.name.value] = list(value.values)
    return found


def _field_of(parent: GraphQLNamedType | None, name: str) -> GraphQLField | None:
    return parent.fields.get(name) if isinstance(parent, GraphQLObjectType | GraphQLInterfaceType) else None


def _is_list(type_: GraphQLOutputType) -> bool:
    return is_list_type(type_.of_type if isinstance(type_, GraphQLNonNull) else type_)
