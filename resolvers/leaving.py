"""What somebody does with their account as a whole: another password, its end, an archive of all that is theirs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from domain import limits
from domain.errors import Forbidden, Invalid, NotFound
from domain.ids import SIGNED_OUT, UserId, UserN
from domain.model import Viewer
from graph import exports, leaving, sessions, users
from resolvers import accounts, find, inputs
from resolvers.accounts import SignedIn
from resolvers.context import Context, require_session


@dataclass(frozen=True, slots=True)
class Export:
    """When an archive was asked for, and where the last one that is ready can be fetched."""

    requested_at: datetime
    url: str | None


async def change_password(ctx: Context, *, current: str, new: str) -> SignedIn:
    """The viewer's new session with the new password; every session that there was is ended.

    Raises Forbidden for a wrong password (RateLimited after too many), Invalid for a new one that is none.
    """
    me = require_session(ctx)
    try:
        secret = inputs.password(new)
    except Invalid as refused:
        refused.field = ("newPassword",)
        raise
    proven = await _prove(ctx, me, current, "currentPassword")
    now = ctx.now()
    token = ctx.accounts.issue_refresh(now=now)
    session = await sessions.start_anew(
        ctx.graph,
        me,
        proven=proven,
        password_hash=await ctx.accounts.hash_password(secret),
        token_hash=token.hash,
        expires_at=token.expires_at,
    )
    if session is None:
        raise _wrong("currentPassword")  # It was changed meanwhile.
    user = await find.present_viewer(ctx, me)
    ctx.session = session
    return SignedIn(user, ctx.accounts.issue_access(user, session, now=now), token)


async def delete_account(ctx: Context, *, password: str) -> UserId:
    """The id of the viewer's account, which is gone with all that is theirs. Raises Forbidden for a wrong password."""
    me = require_session(ctx)
    await _prove(ctx, me, password, "password")
    user_id = ctx.viewer.id
    if user_id is None:
        raise NotFound("Your account has been deleted.")
    await leaving.leave(ctx.graph, me)
    ctx.viewer, ctx.session = Viewer(SIGNED_OUT), None
    ctx.renew()
    return user_id


async def request_export(ctx: Context) -> Export:
    """Asks for an archive of all that is the viewer's; one is made at a time, and at most one an hour."""
    me = require_session(ctx)
    asked = await exports.request(ctx.graph, me, now=ctx.now())
    url = None
    if asked.ready is not None and asked.ready_at is not None:
        url = ctx.export_urls.url(asked.ready, asked.ready_at)
    return Export(asked.at, url)


def _wrong(field: str) -> Forbidden:
    return Forbidden("This is not your password.", (field,))


async def _prove(ctx: Context, me: UserN, password: str, field: str) -> str | None:
    """The hash of the viewer's password, when it is this one. Guesses are bounded as those at the log-in are."""
    known = await users.password_hash(ctx.graph, me)
    tries = ((accounts.TRIES, f"{me} {ctx.address}"), (accounts.TRIES_OF_ADDRESS, ctx.address))
    for rule, key in tries:
        await ctx.buckets.take(rule, key)
    if not await ctx.accounts.verify_password(password[: limits.PASSWORD_CHARS_MAX], known):
        raise _wrong(field)
    for rule, key in tries:
        await ctx.buckets.give_back(rule, key)
    return known
