"""The accounts that imports make."""

from __future__ import annotations

from typing import Final

from domain.ids import SIGNED_OUT, UserN
from graph import imports, users
from graph.client import Graph
from graph.imports import ImportUser
from resolvers import inputs

NO_PASSWORD: Final = "!"  # noqa: S105 - no hash looks like this, so no password fits it


def without_password(ext: str, username: str, display_name: str) -> ImportUser:
    """An account that nobody can log in to until an operator gives it a password."""
    return ImportUser(
        ext=ext,
        username=username,
        email=f"{username}@import.invalid",
        display_name=display_name,
        password_hash=NO_PASSWORD,
    )


async def owner(graph: Graph, username: str) -> UserN:
    """The account of this name, made without a password when there is none. Raises Invalid for no possible name."""
    found = await users.by_username(graph, SIGNED_OUT, username)
    if found is not None:
        return found.n
    inputs.username(username)
    row = without_password(f"import:owner:{username.lower()}", username, username)
    return (await imports.users(graph, [row]))[row.ext]
