"""A thousand documents that nobody wrote, valid and not: each is answered, and nothing of the inside shows."""

from __future__ import annotations

import random
import re
from pathlib import Path
from typing import Any, Final

import hypothesis
import pytest
from graphql import print_ast
from hypothesis import HealthCheck, Phase
from hypothesis import strategies as st
from hypothesis_graphql import nodes, strategies

from schema.api import printed
from tests.api.client import Account, Client

ROOT: Final = Path(__file__).parents[2]
VALID: Final = 400
CHANGES: Final = 200
BROKEN: Final = 400
CODES: Final = {
    "GRAPHQL_PARSE_FAILED",
    "GRAPHQL_VALIDATION_FAILED",
    "BAD_USER_INPUT",
    "UNAUTHENTICATED",
    "FORBIDDEN",
    "NOT_FOUND",
    "RATE_LIMITED",
    "QUERY_TOO_COMPLEX",
    "TIMEOUT",
    "UNAVAILABLE",
}
INSIDE: Final = re.compile(
    r"Traceback|neo4j|Cypher|MATCH \(|pymilvus|site-packages|\.py\b|0x[0-9a-f]{8}|" + re.escape(str(ROOT)),
    re.IGNORECASE,
)
SCALARS: Final = {
    "DateTime": st.sampled_from(["2026-01-01T00:00:00Z", "now", ""]).map(nodes.String),
    "URL": st.sampled_from(["https://example.org/a", "javascript:alert(1)", ""]).map(nodes.String),
}


def generated(strategy: st.SearchStrategy[str], count: int) -> list[str]:
    """So many documents, always the same ones."""
    found: list[str] = []

    @hypothesis.seed(7)
    @hypothesis.settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @hypothesis.given(strategy)
    def collect(text: str) -> None:
        found.append(text)

    collect()
    return found


def damaged(text: str, rng: random.Random) -> str:
    """The document with something taken out, put in, or doubled."""
    start = rng.randrange(len(text))
    piece = text[start : start + rng.randint(1, 12)]
    strange = rng.choice(["\x00", "{", "}", "@skip", "…", "\ud83d", "999999999999999999999", '"', "#", "\u202e", "$a"])
    return rng.choice(
        [text.replace(piece, "", 1), text[:start] + strange + text[start:], text.replace(piece, piece * 3, 1)]
    )


async def answer(client: Client, query: str, by: Account | None) -> dict[str, Any]:
    """The answer to a document; fails for one that tells of the inside, or is no answer at all."""
    response = await client.post({"query": query}, by=by)
    body: dict[str, Any] = response.json()
    codes = {error["extensions"]["code"] for error in body.get("errors", ())}
    assert response.status_code in {200, 400, 429}, (response.status_code, query)
    assert codes <= CODES, (body, query)
    assert codes or "data" in body, query
    for error in body.get("errors", ()):
        assert not INSIDE.search(error["message"]), (error, query)
    return body


@pytest.fixture(scope="module")
def queries() -> list[str]:
    """Valid queries."""
    return generated(strategies.queries(printed(), custom_scalars=SCALARS, print_ast=print_ast), VALID)


async def test_every_valid_query_is_answered(client: Client, queries: list[str]) -> None:
    ana = await client.sign_up("ana")

    bodies = [await answer(client, query, ana if number % 2 else None) for number, query in enumerate(queries)]

    assert sum("data" in body for body in bodies) > VALID // 10  # The others are over a limit, or of wrong values.


async def test_every_valid_mutation_does_or_says_why_not(client: Client) -> None:
    ana = await client.sign_up("ana")
    changes = strategies.mutations(printed(), custom_scalars=SCALARS, print_ast=print_ast)

    for mutation in generated(changes, CHANGES):
        await answer(client, mutation, ana)


async def test_every_damaged_document_is_answered(client: Client, queries: list[str]) -> None:
    rng = random.Random(7)

    for number in range(BROKEN):
        text = damaged(queries[number % len(queries)], rng).encode("utf-8", "replace").decode()
        if text.strip():
            await answer(client, text, None)
