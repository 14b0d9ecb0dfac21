"""The rule that fields of one response name can be merged, in time that grows with the document.

graphql-core compares all pairs of fields of one name (500 of them: a second). This compares each with the first of its
kind, level by level: "Checking for overlapping fields" by S. Adameit (XING, 2017), the way that Sangria does it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLUnionType,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    ValidationContext,
    ValidationRule,
    get_named_type,
    is_leaf_type,
    print_ast,
)


@dataclass(frozen=True, slots=True)
class _Selected:
    """A field as it was selected on a type. `output` is None for a field that the type does not have."""

    node: FieldNode
    parent: GraphQLNamedType | None
    output: GraphQLOutputType | None


_Fields = dict[str, list[_Selected]]


class FieldsCanBeMerged(ValidationRule):
    """Takes the place of graphql-core's OverlappingFieldsCanBeMergedRule, with the same meaning."""

    def __init__(self, context: ValidationContext) -> None:
        super().__init__(context)
        self._fragments = {
            node.name.value: node for node in context.document.definitions if isinstance(node, FragmentDefinitionNode)
        }
        self._seen: set[tuple[bool, frozenset[tuple[int, str]]]] = set()
        self._conflicting: set[str] = set()

    def enter_operation_definition(self, node: OperationDefinitionNode, *_: Any) -> None:
        """Checks the operation, through all of its fragments."""
        root = self.context.schema.get_root_type(node.operation)
        fields = self._collect([(node.selection_set, root)])
        self._check(fields, shapes=True)
        self._check(fields, shapes=False)

    def enter_fragment_definition(self, node: FragmentDefinitionNode, *_: Any) -> None:
        """Checks the fragment for itself, in case that no operation spreads it."""
        fields = self._collect([(node.selection_set, self._type(node.type_condition.name.value))])
        self._check(fields, shapes=True)
        self._check(fields, shapes=False)

    def _check(self, fields: _Fields, *, shapes: bool) -> None:
        """Every group of fields of one name gives one shape, or, where both may apply at once, is one field."""
        key = (shapes, frozenset((id(one.node), str(one.parent)) for group in fields.values() for one in group))
        if key in self._seen:
            return
        self._seen.add(key)
        for name, group in fields.items():
            for together in [group] if shapes else _applying_together(group):
                first = together[0]
                for other in together[1:]:
                    reason = _shape_conflict(first, other) if shapes else _field_conflict(first, other)
                    if reason is not None:
                        self._report(name, reason, first, other)
                        return
                below = self._collect((one.node.selection_set, _composite(one.output)) for one in together)
                if below:
                    self._check(below, shapes=shapes)

    def _collect(self, sets: Iterable[tuple[SelectionSetNode | None, GraphQLNamedType | None]]) -> _Fields:
        """The fields of these selection sets together, by response name, each fragment spread once."""
        found: _Fields = {}
        spread: set[str] = set()
        waiting = list(sets)
        while waiting:
            selection_set, parent = waiting.pop(0)
            for node in selection_set.selections if selection_set else ():
                if isinstance(node, FieldNode):
                    name = node.alias.value if node.alias else node.name.value
                    found.setdefault(name, []).append(_Selected(node, parent, _output(parent, node.name.value)))
                elif isinstance(node, InlineFragmentNode):
                    condition = node.type_condition
                    waiting.append((node.selection_set, self._type(condition.name.value) if condition else parent))
                elif isinstance(node, FragmentSpreadNode) and node.name.value not in spread:
                    spread.add(node.name.value)
                    fragment = self._fragments.get(node.name.value)
                    if fragment is not None:
                        waiting.append((fragment.selection_set, self._type(fragment.type_condition.name.value)))
        return found

    def _type(self, name: str) -> GraphQLNamedType | None:
        return self.context.schema.get_type(name)

    def _report(self, name: str, reason: str, first: _Selected, other: _Selected) -> None:
        if name in self._conflicting:
            return
        self._conflicting.add(name)
        message = f"Fields '{name}' conflict because {reason}. Use different aliases on the fields to fetch both."
        self.report_error(GraphQLError(message, [first.node, other.node]))


def _applying_together(group: list[_Selected]) -> list[list[_Selected]]:
    """The fields that may apply to one object: those on each object type, each with those on interfaces and unions."""
    everywhere: list[_Selected] = []
    by_object: dict[str, list[_Selected]] = {}
    for one in group:
        if isinstance(one.parent, GraphQLObjectType):
            by_object.setdefault(one.parent.name, []).append(one)
        else:
            everywhere.append(one)
    return [everywhere + own for own in by_object.values()] or [everywhere]


def _shape_conflict(first: _Selected, other: _Selected) -> str | None:
    one, two = first.output, other.output
    if one is None or two is None or _same_shape(one, two):
        return None
    return f"they return conflicting types '{one}' and '{two}'"


def _same_shape(one: GraphQLOutputType, two: GraphQLOutputType) -> bool:
    while True:
        for wrapper in (GraphQLNonNull, GraphQLList):
            if isinstance(one, wrapper) != isinstance(two, wrapper):
                return False
        if not isinstance(one, GraphQLNonNull | GraphQLList):
            break
        one, two = one.of_type, two.of_type  # type: ignore[union-attr]
    return one is two if is_leaf_type(one) or is_leaf_type(two) else True


def _field_conflict(first: _Selected, other: _Selected) -> str | None:
    if first.node.name.value != other.node.name.value:
        return f"'{first.node.name.value}' and '{other.node.name.value}' are different fields"
    return None if _arguments(first.node) == _arguments(other.node) else "they have differing arguments"


def _arguments(node: FieldNode) -> dict[str, str]:
    return {argument.name.value: print_ast(argument.value) for argument in node.arguments or ()}


def _output(parent: GraphQLNamedType | None, name: str) -> GraphQLOutputType | None:
    if isinstance(parent, GraphQLObjectType | GraphQLInterfaceType):
        field = parent.fields.get(name)
        return field.type if field else None
    return None


def _composite(output: GraphQLOutputType | None) -> GraphQLNamedType | None:
    named = get_named_type(output) if output is not None else None
    return named if isinstance(named, GraphQLObjectType | GraphQLInterfaceType | GraphQLUnionType) else None
