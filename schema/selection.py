"""What a client asks for below a field, looked at before the field is resolved."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from graphql import FieldNode, FragmentDefinitionNode, FragmentSpreadNode, SelectionSetNode

from resolvers.hydrate import Wants
from schema.values import Info


def wanted(info: Info, *paths: str) -> Wants:
    """The names of the fields selected at these paths below the field that is being resolved; right below it for none.

    Each fragment is looked at once a path, so that a small document of fragments that spread one another costs no more
    than its size (Strawberry's `info.selected_fields` writes every spread out). Found once for each place in the
    document, however many things of a page stand there.
    """
    raw = info._raw_info  # noqa: SLF001 - Strawberry has no public name for the nodes that are being resolved.
    place = (id(raw.field_nodes[0]), paths)
    known = info.context.wants.get(place)
    if known is None:
        known = frozenset(
            node.name.value for path in paths or ("",) for node in _at(raw.field_nodes, path.split("."), raw.fragments)
        )
        info.context.wants[place] = known
    return known


def wanted_of_page(info: Info) -> Wants:
    """The names of the fields asked of each thing on the page that this field gives."""
    return wanted(info, "edges.node", "nodes")


def _at(
    nodes: Iterable[FieldNode], path: Iterable[str], fragments: dict[str, FragmentDefinitionNode]
) -> Iterator[FieldNode]:
    level = list(nodes)
    for step in filter(None, path):
        level = [node for node in _below(level, fragments) if node.name.value == step]
    return _below(level, fragments)


def _below(nodes: Iterable[FieldNode], fragments: dict[str, FragmentDefinitionNode]) -> Iterator[FieldNode]:
    """The fields right below these, through fragments of any type."""
    waiting: list[SelectionSetNode | None] = [node.selection_set for node in nodes]
    spread: set[str] = set()
    while waiting:
        selection_set = waiting.pop()
        for node in selection_set.selections if selection_set else ():
            if isinstance(node, FieldNode):
                yield node
            elif not isinstance(node, FragmentSpreadNode):
                waiting.append(node.selection_set)  # type: ignore[attr-defined]  # An inline fragment.
            elif node.name.value not in spread:
                spread.add(node.name.value)
                waiting.append(fragments[node.name.value].selection_set)
