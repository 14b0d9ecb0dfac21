from __future__ import annotations

from typing import Any

import pytest
from graphql import GraphQLError, StringValueNode

from domain.errors import (
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    NotSignedIn,
    ProductError,
    RateLimited,
    TooLarge,
    Unavailable,
)
from schema.errors import formatted


def at(cause: Exception, path: list[str | int] | None = None) -> dict[str, Any]:
    error = GraphQLError(str(cause), path=path or ["homeFeed"], original_error=cause)
    return formatted(error, request_id="req-1", operation="Home")


@pytest.mark.parametrize(
    ("cause", "code"),
    [
        (Invalid("no"), "BAD_USER_INPUT"),
        (TooLarge("no"), "BAD_USER_INPUT"),
        (Conflict("no"), "BAD_USER_INPUT"),
        (NotFound("no"), "NOT_FOUND"),
        (NotSignedIn("no"), "UNAUTHENTICATED"),
        (Forbidden("no"), "FORBIDDEN"),
        (Unavailable("no"), "UNAVAILABLE"),
        (RateLimited("no", retry_after_ms=5), "RATE_LIMITED"),
    ],
)
def test_what_was_expected_keeps_its_message_and_has_a_code(cause: ProductError, code: str) -> None:
    shown = at(cause)

    assert shown["message"] == "no"
    assert shown["extensions"]["code"] == code
    assert shown["path"] == ["homeFeed"]


def test_the_argument_at_fault_is_named() -> None:
    assert at(Invalid("no", ("first",)))["extensions"] == {"code": "BAD_USER_INPUT", "field": ["first"]}


@pytest.mark.parametrize("bug", [ZeroDivisionError("secret"), TypeError("secret"), GraphQLError("secret")])
def test_a_bug_shows_nothing_of_itself(bug: Exception) -> None:
    shown = at(bug)

    assert "secret" not in str(shown)
    assert shown["message"] == "Internal error."
    assert shown["extensions"] == {"code": "INTERNAL_SERVER_ERROR", "requestId": "req-1"}


def test_an_error_that_is_none_of_graphqls_is_shown_the_same_way() -> None:
    assert formatted(NotFound("gone"), request_id="r")["extensions"]["code"] == "NOT_FOUND"
    assert formatted(KeyError("secret"), request_id="r")["message"] == "Internal error."


def test_a_variable_or_argument_that_does_not_fit_is_bad_input() -> None:
    variable = GraphQLError("Variable '$first' got invalid value 'x'.")
    argument = at(GraphQLError("Argument has an invalid value.", nodes=StringValueNode(value="x")))

    assert formatted(variable, request_id="r")["extensions"]["code"] == "BAD_USER_INPUT"
    assert argument["message"] == "Argument has an invalid value."
    assert argument["extensions"]["code"] == "BAD_USER_INPUT"


def test_a_code_that_is_there_stays() -> None:
    error = GraphQLError("Too much.", extensions={"code": "QUERY_TOO_COMPLEX", "limit": "depth"})

    assert formatted(error, request_id="r")["extensions"] == {"code": "QUERY_TOO_COMPLEX", "limit": "depth"}
