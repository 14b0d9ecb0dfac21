"""Documents that nobody wrote, valid and not, and what no answer to them may say."""

from __future__ import annotations

import random
import re
from pathlib import Path
from typing import Any, Final

import httpx
import hypothesis
from graphql import print_ast
from hypothesis import HealthCheck, Phase
from hypothesis import strategies as st
from hypothesis_graphql import nodes, strategies

from schema.api import printed

ROOT: Final = Path(__file__).parents[2]
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


def queries(count: int) -> list[str]:
    """So many valid queries, always the same ones."""
    return generated(strategies.queries(printed(), custom_scalars=SCALARS, print_ast=print_ast), count)


def mutations(count: int) -> list[str]:
    """So many valid mutations, always the same ones."""
    return generated(strategies.mutations(printed(), custom_scalars=SCALARS, print_ast=print_ast), count)


def broken(valid: list[str], count: int) -> list[str]:
    """So many damaged ones of these."""
    rng = random.Random(7)
    texts = (damaged(valid[number % len(valid)], rng).encode("utf-8", "replace").decode() for number in range(count))
    return [text for text in texts if text.strip()]


def ends_sessions(mutation: str) -> bool:
    """Whether whoever asks this may be signed out by it."""
    return any(name in mutation for name in ("logOut", "changePassword", "deleteAccount"))


def wrong(response: httpx.Response) -> str:
    """What is wrong with an answer, "" if nothing: a status that says crash, an unknown code, words of the inside."""
    if response.status_code not in {200, 400, 429}:
        return f"status {response.status_code}"
    body: dict[str, Any] = response.json()
    errors = body.get("errors", ())
    codes = {error["extensions"]["code"] for error in errors}
    if not codes <= CODES:
        return f"codes {sorted(codes - CODES)}"
    if not codes and "data" not in body:
        return "neither data nor errors"
    told = next((error["message"] for error in errors if INSIDE.search(error["message"])), None)
    return f"tells of the inside: {told}" if told else ""
