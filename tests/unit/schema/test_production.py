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
