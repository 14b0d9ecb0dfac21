"""Who is calling: passwords (argon2id), access tokens (JWT, HS256, 15 minutes) and refresh tokens (random, 30 days)."""

from __future__ import annotations

import asyncio
import hashlib
import ipaddress
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey
from starlette.datastructures import Address

from domain.access import AccessScope
from domain.errors import NotSignedIn, Unavailable
from domain.ids import SIGNED_OUT, TokenId, UserId, UserN, prefix_of
from domain.limits import ACCESS_TOKEN_LIFE_S, PASSWORD_CHARS_MAX, REFRESH_TOKEN_LIFE_S
from domain.model import User, Viewer
from resolvers.context import AccessToken, Accounts, Claims, RefreshToken

T = TypeVar("T")

PERSONAL: Final = "pinwalk_"
"""How every personal access token begins, so that scanners of leaked secrets find one."""
_ISSUER: Final = "pinwalk"
_TOKEN_CHARS_MAX: Final = 4_096
_HASH_THREADS: Final = 2
_HASH_WAITING_MAX: Final = 64


class PasswordAccounts:
    """The Accounts of resolvers/context.py. Argon2 runs in two threads of its own: it never holds the event loop.

    `time_cost`, `memory_kib`: argon2id parameters (the defaults are the first that OWASP's cheat sheet recommends).
    """

    def __init__(self, secret: bytes, *, time_cost: int = 2, memory_kib: int = 19 * 1024) -> None:
        self._key = OctKey.import_key(hashlib.blake2b(secret, person=b"pinwalk-access").digest())
        self._hasher = PasswordHasher(time_cost=time_cost, memory_cost=memory_kib, parallelism=1)
        self._threads = ThreadPoolExecutor(_HASH_THREADS, thread_name_prefix="argon2")
        self._waiting = 0
        self._nobody: str | None = None

    async def hash_password(self, password: str) -> str:
        """The argon2id hash of a password, in PHC form. Raises Unavailable when too many wait for one."""
        return await self._in_thread(self._hasher.hash, _bytes(password))

    async def verify_password(self, password: str, password_hash: str | None) -> bool:
        """Whether the password is the hashed one. None (no such account) takes the same time and is False."""
        if self._nobody is None:
            self._nobody = await self.hash_password(secrets.token_urlsafe())
        right = await self._in_thread(self._verify, password_hash or self._nobody, _bytes(password))
        return right and password_hash is not None

    def issue_access(self, user: User, session: str, *, now: datetime) -> AccessToken:
        """A signed access token for this user in this session, good for ACCESS_TOKEN_LIFE_S."""
        expires_at = now.replace(microsecond=0) + timedelta(seconds=ACCESS_TOKEN_LIFE_S)
        claims = {
            "iss": _ISSUER,
            "sub": user.id,
            "n": user.n,
            "sid": session,
            "iat": int(now.timestamp()),
            "exp": int(expires_at.timestamp()),
        }
        token = jwt.encode({"alg": "HS256", "typ": "JWT"}, claims, self._key, algorithms=["HS256"])
        return AccessToken(token, expires_at)

    def issue_refresh(self, *, now: datetime) -> RefreshToken:
        """A new random refresh token, good for REFRESH_TOKEN_LIFE_S once the graph knows its hash."""
        token = secrets.token_urlsafe(32)
        return RefreshToken(token, self.refresh_hash(token), now + timedelta(seconds=REFRESH_TOKEN_LIFE_S))

    def refresh_hash(self, refresh_token: str) -> str:
        """The hash under which a refresh token is known to the graph; any text is taken."""
        return hashlib.sha256(_bytes(refresh_token)).hexdigest()

    def issue_personal(self) -> tuple[str, str]:
        """A new personal access token's text (256 random bits), and the hash under which the graph is to know it."""
        token = f"{PERSONAL}{secrets.token_urlsafe(32)}"
        return token, self.refresh_hash(token)

    def personal_hash(self, token: str) -> str | None:
        """The hash under which the graph knows a personal access token; None for what has not the shape of one."""
        return self.refresh_hash(token) if token.startswith(PERSONAL) and len(token) < 100 else None

    def verify(self, access_token: str, *, now: datetime) -> Claims | None:
        """What the access token says, or None when it is not ours or has expired."""
        if len(access_token) > _TOKEN_CHARS_MAX or not access_token.isascii():
            return None
        try:
            claims = jwt.decode(access_token, self._key, algorithms=["HS256"]).claims
        except (JoseError, ValueError):
            return None
        user_id, user_n, session, expires = (claims.get(name) for name in ("sub", "n", "sid", "exp"))
        if claims.get("iss") != _ISSUER or not isinstance(user_id, str) or prefix_of(user_id) != "user":
            return None
        if not (isinstance(user_n, int) and isinstance(session, str) and isinstance(expires, int)):
            return None
        expires_at = datetime.fromtimestamp(expires, tz=now.tzinfo)
        return Claims(UserId(user_id), UserN(user_n), session, expires_at) if expires_at > now else None

    def close(self) -> None:
        """Ends the threads once what they hold is done."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _verify(self, password_hash: str, password: bytes) -> bool:
        try:
            return self._hasher.verify(password_hash, password)
        except (VerificationError, InvalidHashError):
            return False

    async def _in_thread(self, work: Callable[..., T], *args: object) -> T:
        if self._waiting >= _HASH_WAITING_MAX:
            raise Unavailable("Too many sign-ins at once. Try again in a few seconds.")
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work, *args)
        finally:
            self._waiting -= 1


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sent a request. `session` and `expires_at` are those of the access token, None without one.

    `address` is where the request came from, as `network` gives it. `token` is the personal access token that was sent
    instead, with its `scopes`; None: all that the account may do.
    """

    viewer: Viewer
    session: str | None = None
    expires_at: datetime | None = None
    address: str = ""
    token: TokenId | None = None
    scopes: frozenset[AccessScope] | None = None


NOBODY: Final = Caller(Viewer(SIGNED_OUT))


def caller(accounts: Accounts, authorization: str | None, *, now: datetime, address: str = "") -> Caller:
    """Who is named by the value of an Authorization header; nobody when there is none.

    Raises NotSignedIn for anything that is not a live access token of ours as `Bearer …`.
    """
    if authorization is None:
        return replace(NOBODY, address=address)
    scheme, _, token = authorization.strip().partition(" ")
    claims = accounts.verify(token.strip(), now=now) if scheme.lower() == "bearer" else None
    if claims is None:
        raise NotSignedIn("The access token is not valid or has expired. Refresh the session, or send no token at all.")
    return Caller(Viewer(claims.user_n, claims.user_id), claims.session, claims.expires_at, address)


def network(client: Address | None) -> str:
    """What requests from one place have in common: the IPv4 address, or the /64 that an IPv6 one is out of."""
    if client is None:
        return ""
    try:
        address = ipaddress.ip_address(client.host.partition("%")[0])
    except ValueError:
        return client.host[:64]
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)


def _bytes(text: str) -> bytes:
    # A lone surrogate is a password like any other: it must not raise.
    return text[: PASSWORD_CHARS_MAX * 4].encode("utf-8", "surrogatepass")
