"""Signing up, in and out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from domain import limits
from domain.errors import NotSignedIn
from domain.ids import SIGNED_OUT
from domain.model import User, Viewer
from graph import sessions, users
from resolvers import find, inputs
from resolvers.context import AccessToken, Context, RefreshToken, require_viewer
from shared.buckets import Rule

_WRONG: Final = "Too many wrong passwords."
TRIES: Final = Rule("log_in", limits.LOG_IN_TRIES_MAX, limits.LOG_IN_TRY_EVERY_S, _WRONG)
"""Wrong passwords for one account from one address."""
TRIES_OF_ADDRESS: Final = Rule(
    "log_in_address", limits.LOG_IN_ADDRESS_TRIES_MAX, limits.LOG_IN_ADDRESS_TRY_EVERY_S, _WRONG
)
"""Wrong passwords for any account from one address."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session as its client gets it."""

    user: User
    access: AccessToken
    refresh: RefreshToken


async def sign_up(ctx: Context, *, username: str, email: str, password: str, display_name: str | None) -> SignedIn:
    """A new account, signed in. The display name is the username when none is given.

    Raises Invalid for what breaks a rule, Taken for a username or e-mail in use.
    """
    name = inputs.username(username)
    address = inputs.email(email)
    secret = inputs.password(password)
    shown = inputs.optional_text(
        display_name, most=limits.DISPLAY_NAME_CHARS_MAX, field=("displayName",), name="The display name"
    )
    user = await users.create(
        ctx.graph,
        username=name,
        email=address,
        display_name=shown or name,
        password_hash=await ctx.accounts.hash_password(secret),
        now=ctx.now(),
    )
    return await _open(ctx, user)


async def log_in(ctx: Context, *, login: str, password: str) -> SignedIn:
    """A new session of the account with this username or e-mail.

    Raises NotSignedIn with one message, after one length of time, whether the account or the password is wrong;
    RateLimited after too many wrong ones from one address. Others may sign in to that account from elsewhere: nobody is
    locked out by somebody else.
    """
    name = login.strip()
    known = len(name) <= limits.EMAIL_CHARS_MAX and inputs.storable(name) and len(password) <= limits.PASSWORD_CHARS_MAX
    found = await users.credentials(ctx.graph, name) if known else None
    user, password_hash = found or (None, None)
    who = name.casefold()[: limits.EMAIL_CHARS_MAX] if user is None else str(user.n)
    tries = ((TRIES, f"{who} {ctx.address}"), (TRIES_OF_ADDRESS, ctx.address))
    for rule, key in tries:  # Taken before it is known whether they were needed: many at once find no gap.
        await ctx.buckets.take(rule, key)
    right = await ctx.accounts.verify_password(password[: limits.PASSWORD_CHARS_MAX], password_hash)
    if user is None or not right:
        raise NotSignedIn("There is no account with this username or e-mail and this password.")
    for rule, key in tries:
        await ctx.buckets.give_back(rule, key)
    return await _open(ctx, user)


async def refresh(ctx: Context, refresh_token: str) -> SignedIn:
    """The next pair of tokens of a session. Raises NotSignedIn for a token that is not good (any more).

    A refresh token is good once: one that comes back again ends the whole session, as somebody else may have it.
    """
    now = ctx.now()
    token = ctx.accounts.issue_refresh(now=now)
    rotated = await sessions.rotate(
        ctx.graph, ctx.accounts.refresh_hash(refresh_token), token.hash, now=now, expires_at=token.expires_at
    )
    if rotated is None:
        raise NotSignedIn("This refresh token is not good any more. Sign in again.", ("refreshToken",))
    user, session = rotated
    _act_as(ctx, user, session)
    return SignedIn(user, ctx.accounts.issue_access(user, session, now=now), token)


async def log_out(ctx: Context) -> None:
    """Ends the viewer's session: its refresh token is good no more. Raises NotSignedIn."""
    require_viewer(ctx)
    if ctx.session is not None:
        await sessions.end_family(ctx.graph, ctx.session)
    ctx.viewer, ctx.session = Viewer(SIGNED_OUT), None
    ctx.renew()


async def _open(ctx: Context, user: User) -> SignedIn:
    now = ctx.now()

    async def begin() -> tuple[RefreshToken, str]:
        token = ctx.accounts.issue_refresh(now=now)
        return token, await sessions.open(ctx.graph, user.n, token_hash=token.hash, expires_at=token.expires_at)

    token, session = await find.written(ctx, begin)
    _act_as(ctx, user, session)
    return SignedIn(user, ctx.accounts.issue_access(user, session, now=now), token)


def _act_as(ctx: Context, user: User, session: str) -> None:
    """The rest of the operation is asked by the account that has just shown who it is."""
    ctx.viewer, ctx.session = Viewer(user.n, user.id), session
    ctx.renew()
