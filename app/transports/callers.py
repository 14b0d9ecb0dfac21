"""Who sent a request: by the access token of a session, or by a personal access token, which the graph knows."""

from __future__ import annotations

from typing import Final

from graphql import OperationType

from app.auth import Caller, caller
from app.resources import Resources, now
from domain.access import AccessScope
from domain.errors import NotSignedIn
from domain.model import Viewer
from graph import access_tokens

_NEEDED: Final = {
    OperationType.QUERY: AccessScope.READ,
    OperationType.SUBSCRIPTION: AccessScope.READ,
    OperationType.MUTATION: AccessScope.WRITE,
}


async def caller_of(resources: Resources, authorization: str | None, *, address: str) -> Caller:
    """Who is named by the value of an Authorization header; nobody when there is none.

    Raises NotSignedIn for anything that is not a live token of ours, of a session that nobody ended; Unavailable when
    the graph is asked for a personal token and away.
    """
    token = (authorization or "").strip().partition(" ")[2].strip()
    token_hash = resources.accounts.personal_hash(token)
    if token_hash is None:
        who = caller(resources.accounts, authorization, now=now(), address=address)
        if who.session is not None and await resources.ended.ended(who.session):
            raise NotSignedIn("This session was ended: by signing out, or with another password. Sign in again.")
        return who
    found = await access_tokens.bearer(resources.graph, token_hash, now=now())
    if found is None:
        raise NotSignedIn("This personal access token was revoked, has expired, or never was. Make another one.")
    return Caller(
        Viewer(found.user_n, found.user_id),
        expires_at=found.expires_at,
        address=address,
        token=found.id,
        scopes=found.scopes,
    )


def lacking(who: Caller, kind: OperationType) -> AccessScope | None:
    """The scope that this caller's token would need for an operation of this kind; None when it may run it."""
    needed = _NEEDED[kind]
    return None if who.scopes is None or needed in who.scopes else needed
