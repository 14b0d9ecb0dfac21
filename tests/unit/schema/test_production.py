"""What the schema tells of itself where it is hidden."""

from __future__ import annotations

import pytest

from schema.api import schema
from schema.operation import Operations, Refused

HIDDEN = Operations(schema, hide_schema=True)


@pytest.mark.parametrize(
    "query",
    [
        "{ __schema { types { name } } }",
        '{ viewer { id } it: __type(name: "Pin") { name } }',
        "{ ...all } fragment all on Query { __schema { queryType { name } } }",
    ],
)
def test_introspection_is_refused(query: str) -> None:
    with pytest.raises(Refused) as refused:
        HIDDEN.prepare(query, None, {})

    assert refused.value.errors[0].extensions == {"code": "GRAPHQL_VALIDATION_FAILED"}


def test_type_names_are_told_and_a_wrong_field_brings_no_suggestion() -> None:
    HIDDEN.prepare("{ __typename viewer { __typename } }", None, {})

    with pytest.raises(Refused) as refused:
        HIDDEN.prepare("{ viewr { id } }", None, {})

    assert "viewer" not in refused.value.errors[0].message


CREATE = "mutation($input: CreateBoardInput!) { createBoard(input: $input) { board { id } } }"


@pytest.mark.parametrize(
    "query",
    [
        "{ homeFeed(frist: 3) { degraded } }",
        '{ node(id: "x") { ... on Pinn { id } } }',
        "query($a: Strin) { __typename }",
        "{ __typename @skp(if: true) }",
        'mutation { createBoard(input: {titel: "x"}) { board { id } } }',
        'mutation { createBoard(input: {title: "x", privacy: PUBLICC}) { board { id } } }',
    ],
)
def test_nothing_that_is_spelt_wrong_brings_a_suggestion(query: str) -> None:
    with pytest.raises(Refused) as refused:
        HIDDEN.prepare(query, None, {})

    assert not any("Did you mean" in error.message for error in refused.value.errors)


@pytest.mark.parametrize("given", [{"titel": "x"}, {"title": "x", "privacy": "PUBLICC"}])
async def test_no_variable_that_is_spelt_wrong_brings_a_suggestion(given: dict[str, str]) -> None:
    prepared = HIDDEN.prepare(CREATE, None, {"input": given})

    result = await HIDDEN.run(prepared, {"input": given}, object())

    assert result.errors
    assert not any("Did you mean" in error.message for error in result.errors)
