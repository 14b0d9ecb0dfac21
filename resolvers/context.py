"""What a resolver is given: who is asking, the opened parts of the product, and this operation's loaders."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from discovery.feeds import Feeds
from discovery.proposals import Proposals
from discovery.suggestions import Suggestions
from domain.errors import Forbidden, NotSignedIn
from domain.ids import UserId, UserN
from domain.model import User, Viewer
from domain.page import Cursors
from events.bus import Bus
from graph.client import Graph
from internet.client import Internet
from internet.signing import Hooks
from loaders.request import Loaders
from media.exports import ExportUrls
from media.pictures import Pictures
from media.upload import UploadUrls
from media.urls import PictureUrls
from shared.buckets import Buckets


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A short-lived token that names the viewer and their session."""

    token: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """A random token, good once for the next pair; the graph keeps its `hash` alone."""

    token: str
    hash: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Claims:
    """What a valid access token says. `session` is the family of refresh tokens that it came with."""

    user_id: UserId
    user_n: UserN
    session: str
    expires_at: datetime


class Accounts(Protocol):
    """Passwords and tokens. Touches no store: what must be remembered is written by the resolvers."""

    async def hash_password(self, password: str) -> str:
        """The argon2 hash of a password, made outside the event loop."""

    async def verify_password(self, password: str, password_hash: str | None) -> bool:
        """Whether the password is the hashed one. None (no such account) takes the same time and is False."""

    def issue_access(self, user: User, session: str, *, now: datetime) -> AccessToken:
        """A signed access token for this user in this session, good for ACCESS_TOKEN_LIFE_S."""

    def issue_refresh(self, *, now: datetime) -> RefreshToken:
        """A new random refresh token, good for REFRESH_TOKEN_LIFE_S once the graph knows its hash."""

    def refresh_hash(self, refresh_token: str) -> str:
        """The hash under which the graph knows a refresh token; any text is taken."""

    def issue_personal(self) -> tuple[str, str]:
        """A new personal access token's text, and the hash under which the graph is to know it."""

    def personal_hash(self, token: str) -> str | None:
        """The hash under which the graph knows a personal access token; None for what has not the shape of one."""

    def verify(self, access_token: str, *, now: datetime) -> Claims | None:
        """What the access token says, or None when it is not ours or has expired."""


@dataclass(slots=True)
class Context:
    """One operation of one viewer. Make a new one for each operation, also on a socket that carries many.

    `session` is the viewer's session (`Claims.session`), None when signed out. `now` gives the time with UTC zone.
    `address` is where the request came from; empty when that is not known.
    """

    viewer: Viewer
    session: str | None
    graph: Graph
    loaders: Loaders
    feeds: Feeds
    suggestions: Suggestions
    proposals: Proposals
    bus: Bus
    pictures: Pictures
    urls: PictureUrls
    upload_urls: UploadUrls
    export_urls: ExportUrls
    cursors: Cursors
    accounts: Accounts
    buckets: Buckets
    internet: Internet
    hooks: Hooks
    now: Callable[[], datetime]
    request_id: str
    address: str = ""
    wants: dict[object, frozenset[str]] = field(default_factory=dict)
    """What is asked below each place of the document, as far as it has been looked at."""

    def renew(self) -> None:
        """Forget what was read: after a write, and before each event of a subscription."""
        self.loaders = Loaders(self.graph, self.viewer.n)


def require_viewer(ctx: Context) -> UserN:
    """The n of the account that is asking. Raises NotSignedIn when there is none."""
    if not ctx.viewer.signed_in:
        raise NotSignedIn("Sign in first: send an access token of signUp or logIn as `Authorization: Bearer …`.")
    return ctx.viewer.n


def require_session(ctx: Context) -> UserN:
    """The n of the account that is asking with a session of its own. Raises NotSignedIn, Forbidden to a token."""
    me = require_viewer(ctx)
    if ctx.session is None:
        raise Forbidden("A personal access token may not do this: sign in with your password.")
    return me
