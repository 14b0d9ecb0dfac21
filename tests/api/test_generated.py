"""A thousand documents that nobody wrote, valid and not: each is answered, and nothing of the inside shows."""

from __future__ import annotations

from typing import Any, Final

import pytest

from tests.api import generated
from tests.api.client import Account, Client

VALID: Final = 400
CHANGES: Final = 200
BROKEN: Final = 400

# A field that fails cancels those beside it, and the driver leaves a connection that it was just opening, when it is
# cancelled, to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


async def answer(client: Client, query: str, by: Account | None) -> dict[str, Any]:
    """The answer to a document; fails for one that tells of the inside, or is no answer at all."""
    response = await client.post({"query": query}, by=by)
    assert generated.wrong(response) == "", query
    body: dict[str, Any] = response.json()
    return body


@pytest.fixture(scope="module")
def queries() -> list[str]:
    """Valid queries."""
    return generated.queries(VALID)


async def test_every_valid_query_is_answered(client: Client, queries: list[str]) -> None:
    ana = await client.sign_up("ana")

    bodies = [await answer(client, query, ana if number % 2 else None) for number, query in enumerate(queries)]

    assert sum("data" in body for body in bodies) > VALID // 10  # The others are over a limit, or of wrong values.


async def test_every_valid_mutation_does_or_says_why_not(client: Client) -> None:
    ana = await client.sign_up("ana")

    for mutation in generated.mutations(CHANGES):
        await answer(client, mutation, ana)
        if generated.ends_sessions(mutation):
            ana = await client.sign_up("ana")


async def test_every_damaged_document_is_answered(client: Client, queries: list[str]) -> None:
    for text in generated.broken(queries, BROKEN):
        await answer(client, text, None)
