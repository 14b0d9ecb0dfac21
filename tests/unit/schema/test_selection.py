from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any, cast

from graphql import FieldNode, FragmentDefinitionNode, OperationDefinitionNode, parse

from schema.selection import wanted, wanted_of_page


def info(document: str) -> Any:
    """What a resolver of the document's first field is told."""
    definitions = parse(document).definitions
    operation = cast("OperationDefinitionNode", definitions[0])
    fragments = {d.name.value: d for d in definitions if isinstance(d, FragmentDefinitionNode)}
    fields = [node for node in operation.selection_set.selections if isinstance(node, FieldNode)]
    raw = SimpleNamespace(field_nodes=fields, fragments=fragments)
    return SimpleNamespace(_raw_info=raw, context=SimpleNamespace(wants={}))


def test_the_fields_of_a_page_are_found_under_edges_and_nodes() -> None:
    asked = info(
        "{ feed { edges { cursor node { title creator { id } } } nodes { saveCount } pageInfo { endCursor } } }"
    )

    assert wanted_of_page(asked) == {"title", "creator", "saveCount"}
    assert wanted(asked) == {"edges", "nodes", "pageInfo"}


def test_fragments_are_the_same_as_what_they_hold() -> None:
    asked = info(
        """{ feed { ...Page ... on FeedConnection { nodes { ... { viewerHid } } } } }
        fragment Page on FeedConnection { edges { node { ...Pin } } }
        fragment Pin on Pin { title ...Counts } fragment Counts on Pin { saveCount }"""
    )

    assert wanted_of_page(asked) == {"title", "saveCount", "viewerHid"}


def test_fragments_that_spread_one_another_cost_no_more_than_their_size() -> None:
    spreads = " ".join(f"fragment F{i} on Pin {{ ...F{i + 1} ...F{i + 1} }}" for i in range(40))
    asked = info(f"{{ feed {{ nodes {{ ...F0 }} }} }} {spreads} fragment F40 on Pin {{ title }}")
    began = time.perf_counter()

    assert wanted_of_page(asked) == {"title"}
    assert time.perf_counter() - began < 1
