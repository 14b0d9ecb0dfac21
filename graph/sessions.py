"""Refresh sessions: families of rotating tokens, of which the graph keeps the hashes."""

from __future__ import annotations

from datetime import datetime

from domain.ids import UserN
from domain.model import User
from graph.client import Graph


async def open(graph: Graph, user_n: UserN, *, token_hash: str, expires_at: datetime) -> str:  # noqa: A001 - a session is opened
    """The id of a new family with its first token."""
    raise NotImplementedError


async def rotate(
    graph: Graph, old_hash: str, new_hash: str, *, now: datetime, expires_at: datetime
) -> tuple[User, str] | None:
    """The User and family of a live token, which is replaced by the new one.

    None for a token that is unknown, expired, or was used before: then its whole family ends.
    """
    raise NotImplementedError


async def end(graph: Graph, token_hash: str) -> None:
    """Ends the family of this token. Unknown tokens are ignored."""
    raise NotImplementedError


async def end_family(graph: Graph, family: str) -> None:
    """Ends the family of this id. Unknown ones are ignored."""
    raise NotImplementedError


async def alive(graph: Graph, family: str, *, now: datetime) -> bool:
    """Whether the family still has a live token."""
    raise NotImplementedError
