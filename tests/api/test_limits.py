"""What an operation may ask for: the same figure however it is written, told before anything of it runs."""

from __future__ import annotations

import time

import pytest
from graphql import OperationDefinitionNode, build_schema, get_introspection_query, parse

from schema.api import schema
from schema.limits import Figures, Limits, exceeded, measure, paging_variables
from schema.operation import Operations, Refused
from tests.api.client import Client

SCHEMA = schema._schema


def figures(query: str, variables: dict[str, object] | None = None) -> Figures:
    """What the only operation of the document asks for."""
    document = parse(query)
    [operation] = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    return measure(SCHEMA, document, operation, variables or {})


def test_a_page_costs_its_items_and_a_feed_a_hundred_more() -> None:
    assert figures("{ viewer { id username } }").cost == 1
    assert figures("{ homeFeed(first: 10) { edges { node { id } } } }").cost == 100 + 1 + 10 * (1 + 1)
    assert figures("{ homeFeed { nodes { id creator { id } } } }").cost == 100 + 1 + 25 * 2
    assert figures('{ nodes(ids: ["a", "b", "c"]) { id } }').cost == 3


def test_nested_pages_multiply() -> None:
    nested = "{ viewer { boards(first: 10) { nodes { pins(first: 20) { nodes { id } } } } } }"

    assert figures(nested).cost == 1 + 1 + 10 * (1 + 1 + 20)


def test_feeds_are_counted_once_for_each_item_of_the_pages_above_them() -> None:
    assert figures("{ viewer { boards(first: 7) { nodes { moreIdeas(first: 1) { nodes { id } } } } } }").feeds == 7
    assert figures("{ homeFeed(first: 3) { edges { node { related { degraded } } } } }").feeds == 4


def test_page_sizes_come_from_variables_and_their_defaults() -> None:
    query = "query($n: Int! = 50) { viewer { boards(first: $n) { nodes { id } } } }"

    assert figures(query, {"n": 3}).cost == 1 + 1 + 3
    assert figures(query).cost == 1 + 1 + 50
    assert figures(query, {"n": 10**9}).cost == 1 + 1 + 100
    assert figures(query, {"n": "x"}).cost == 1 + 1 + 100
    assert paging_variables(parse(query)) == ("n",)


ONE_FRAGMENT_A_TYPE = """query { viewer { ...U } } fragment U on User { a: id boards(first: 3) { ...C } }
  fragment C on BoardConnection { nodes { b: id pins(first: 4) { edges { node { id } } } } }"""
ONE_FRAGMENT_A_PAGE = """query { ... on Query { viewer {
  ... on User { a: id boards(first: 3) { ... { nodes { ...B } } } } } } }
  fragment B on Board { b: id pins(first: 4) { ...P } } fragment P on SavedPinConnection { edges { ...E } }
  fragment E on SavedPinEdge { node { id } }"""


@pytest.mark.parametrize("written", [ONE_FRAGMENT_A_TYPE, ONE_FRAGMENT_A_PAGE])
def test_the_figures_are_the_same_inline_and_through_fragments(written: str) -> None:
    inline = "{ viewer { a: id boards(first: 3) { nodes { b: id pins(first: 4) { edges { node { id } } } } } } }"

    assert figures(written) == figures(inline)


def test_a_fragment_counts_each_time_it_is_spread() -> None:
    query = "{ a: viewer { ...F } b: viewer { ...F } } fragment F on User { x: id y: username }"

    found = figures(query)

    assert (found.aliases, found.fields, found.root_fields, found.depth) == (6, 6, 2, 2)


def bomb(levels: int) -> str:
    """A document of nested fragments, each spreading the next twice."""
    spreads = " ".join(
        f"fragment F{n} on User {{ ...F{n + 1} ...F{n + 1} }}" if n < levels else f"fragment F{n} on User {{ id }}"
        for n in range(levels + 1)
    )
    return f"{{ viewer {{ ...F0 }} }} {spreads}"


def test_a_kilobyte_of_nested_fragments_is_told_in_milliseconds() -> None:
    began = time.process_time()

    found = figures(bomb(30))

    assert found.fields > 10**6
    assert time.process_time() - began < 0.1


def test_fragments_that_spread_themselves_are_left_to_validation() -> None:
    query = "{ viewer { ...A } } fragment A on User { id ...B } fragment B on User { ...A }"

    assert figures(query).fields == 2
    with pytest.raises(Refused) as refused:
        Operations(schema).prepare(query, None, {})
    assert refused.value.errors[0].extensions == {"code": "GRAPHQL_VALIDATION_FAILED"}


def test_the_introspection_of_tools_fits() -> None:
    found = figures(get_introspection_query(descriptions=True, input_value_deprecation=True))

    assert exceeded(found, Limits()) == []
    assert found.cost == 0


@pytest.mark.parametrize(
    ("query", "limit"),
    [
        ("{ " + " ".join(f"a{n}: __typename" for n in range(31)) + " }", "aliases"),
        ("{ " + "__typename " * 11 + " }", "rootFields"),
        ("{ viewer { " + "id @include(if: true) " * 51 + " } }", "directives"),
        ("{ viewer { " + "boards { nodes { owner { " * 5 + "id" + " } } }" * 5 + " } }", "depth"),
        ("{ __schema { types { " + "ofType { " * 20 + "name" + " }" * 20 + " } } }", "depth"),
        ("{ viewer { boards(first: 100) { nodes { pins(first: 100) { nodes { id } } } } } }", "cost"),
        ("{ viewer { boards { nodes { moreIdeas { degraded } } } } }", "feeds"),
        (bomb(15), "fields"),
        ("{ " + "viewer { id } " * 500 + " }", "tokens"),
        (" ".join(f"query Q{n} {{ __typename }}" for n in range(11)), "operations"),
        ("{ viewer " + "{ boards { nodes " * 300 + "{ id }" + " } }" * 300 + " }", "depth"),
    ],
)
async def test_what_exceeds_a_limit_is_refused_with_the_figure(client: Client, query: str, limit: str) -> None:
    response = await client.post({"query": query, "operationName": "Q0" if limit == "operations" else None})

    assert response.status_code == 400
    answer = response.json()
    assert "data" not in answer
    assert answer["errors"][0]["extensions"]["code"] == "QUERY_TOO_COMPLEX"
    assert answer["errors"][0]["extensions"]["limit"] == limit
    assert limit != "cost" or answer["extensions"]["cost"]["requested"] > 5000


def test_many_fields_of_one_name_are_told_in_good_time() -> None:
    query = "{ viewer { " + " ".join("boards(first: 1) { nodes { id } }" for _ in range(120)) + " } }"
    operations = Operations(schema)
    began = time.process_time()

    assert operations.prepare(query, None, {}).figures.fields == 361
    assert time.process_time() - began < 0.2


def test_a_document_is_measured_and_validated_once() -> None:
    operations = Operations(schema)
    query = "query A($n: Int!) { homeFeed(first: $n) { edges { node { id title image { width } } } } }"
    operations.prepare(query, "A", {"n": 10})
    began = time.process_time()

    for _ in range(100):
        operations.prepare(query, "A", {"n": 10})

    assert (time.process_time() - began) / 100 < 0.000_3


def test_measuring_works_on_any_schema() -> None:
    other = build_schema("type Query { a: Thing b: [Thing] } type Thing { c: Int }")
    document = parse("{ a { c } b { c } x { y } }")
    [operation] = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]

    assert measure(other, document, operation, {}).cost == 1 + 5
