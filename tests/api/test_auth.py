"""Signing up, in and out, refreshing, and what a token is worth."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey
from starlette.datastructures import Address

from app.auth import PasswordAccounts, caller, network
from domain.errors import NotSignedIn, Unavailable
from domain.ids import UserId, UserN, new_id
from domain.limits import LOG_IN_TRIES_MAX
from domain.model import User
from tests.api.client import PASSWORD, SIGN_UP, Account, Client

SECRET = b"a secret of this test, 32 bytes!"
NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
USER = User(UserId(new_id("user")), UserN(7), "ana", "Ana", None, NOW)
VIEWER = "{ viewer { username } }"

_SESSION = "viewer { id username } accessToken refreshToken expiresAt userErrors { code message field }"
LOG_IN = f"mutation LogIn($input: LogInInput!) {{ logIn(input: $input) {{ {_SESSION} }} }}"
REFRESH = f"mutation Refresh($input: RefreshSessionInput!) {{ refreshSession(input: $input) {{ {_SESSION} }} }}"
LOG_OUT = "mutation { logOut { userErrors { code } } }"


@pytest.fixture(scope="module")
def accounts() -> PasswordAccounts:
    """Accounts with a cheap hash."""
    return PasswordAccounts(SECRET, time_cost=1, memory_kib=64)


def test_an_access_token_names_its_user_and_session_until_it_expires(accounts: PasswordAccounts) -> None:
    token = accounts.issue_access(USER, "family", now=NOW)

    claims = accounts.verify(token.token, now=NOW + timedelta(minutes=14, seconds=59))

    assert claims is not None
    assert (claims.user_id, claims.user_n, claims.session) == (USER.id, USER.n, "family")
    assert claims.expires_at == token.expires_at == NOW + timedelta(minutes=15)
    assert accounts.verify(token.token, now=NOW + timedelta(minutes=15)) is None


def test_a_token_of_another_key_or_algorithm_or_shape_is_worth_nothing(accounts: PasswordAccounts) -> None:
    mine = accounts.issue_access(USER, "family", now=NOW).token
    head, body, signature = mine.split(".")
    other = PasswordAccounts(b"another secret of this same test", time_cost=1, memory_kib=64)
    unsigned = jwt.encode({"alg": "HS256"}, {"sub": USER.id, "n": 7}, OctKey.import_key("x" * 32), ["HS256"])

    for token in (
        other.issue_access(USER, "family", now=NOW).token,
        f"eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{body}.",
        f"{head}.{body}.{signature[:-2]}",
        f"{head}.{body}",
        unsigned,
        "",
        "…",
        "x" * 10_000,
    ):
        assert accounts.verify(token, now=NOW) is None, token


@pytest.mark.parametrize("header", ["Bearer", "Bearer ", "Basic YTpi", "x", "", "Bearer x.y.z"])
def test_a_header_that_is_no_live_token_is_refused(accounts: PasswordAccounts, header: str) -> None:
    with pytest.raises(NotSignedIn):
        caller(accounts, header, now=NOW)


def test_no_header_is_nobody(accounts: PasswordAccounts) -> None:
    assert not caller(accounts, None, now=NOW).viewer.signed_in


async def test_a_password_is_checked_and_a_missing_account_takes_as_long(accounts: PasswordAccounts) -> None:
    hashed = await accounts.hash_password(PASSWORD)

    assert hashed.startswith("$argon2id$")
    assert await accounts.verify_password(PASSWORD, hashed)
    assert not await accounts.verify_password("another password", hashed)
    assert not await accounts.verify_password(PASSWORD, None)
    assert not await accounts.verify_password(PASSWORD, "not a hash")
    assert not await accounts.verify_password("\ud800", hashed)


async def test_too_many_at_once_are_sent_away(accounts: PasswordAccounts) -> None:
    answers = await asyncio.gather(*(accounts.hash_password(PASSWORD) for _ in range(200)), return_exceptions=True)

    assert any(isinstance(answer, str) for answer in answers)
    assert any(isinstance(answer, Unavailable) for answer in answers)


async def test_hashing_does_not_hold_up_the_event_loop() -> None:
    slow = PasswordAccounts(SECRET)
    hashing = asyncio.gather(*(slow.hash_password(PASSWORD) for _ in range(4)))
    longest = 0.0
    while not hashing.done():
        before = time.perf_counter()
        await asyncio.sleep(0.001)
        longest = max(longest, time.perf_counter() - before)

    await hashing
    assert longest < 0.25


async def test_who_signs_up_is_the_viewer_and_can_log_in_by_name_or_address(client: Client) -> None:
    ana = await client.sign_up("ana")

    assert await client.data(VIEWER, by=ana) == {"viewer": {"username": ana.username}}
    for login in (ana.username, ana.username.upper(), f"{ana.username}@example.org"):
        payload = await client.do(LOG_IN, {"username": login, "password": PASSWORD})
        assert payload["viewer"]["id"] == ana.id
    assert await client.data(VIEWER) == {"viewer": None}


async def test_a_wrong_password_and_an_unknown_name_are_told_apart_by_nobody(client: Client) -> None:
    ana = await client.sign_up("ana")

    wrong = await client.do(LOG_IN, {"username": ana.username, "password": "not the password"})
    unknown = await client.do(LOG_IN, {"username": "nobody_of_this_name", "password": "not the password"})

    assert wrong["userErrors"] == unknown["userErrors"] != []
    assert wrong["accessToken"] is None


async def test_a_name_that_is_taken_is_refused(client: Client) -> None:
    ana = await client.sign_up("ana")
    given = {"username": ana.username.upper(), "email": "another@example.org", "password": PASSWORD}

    payload = await client.do(SIGN_UP, given)

    assert [error["code"] for error in payload["userErrors"]] == ["TAKEN"]
    assert payload["viewer"] is None


async def test_a_bad_token_is_401_whatever_is_asked(client: Client) -> None:
    response = await client.post({"query": "{ __typename }"}, authorization="Bearer nonsense")

    assert response.status_code == 401
    assert response.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert response.headers["www-authenticate"].startswith("Bearer")


async def test_a_refresh_token_is_good_once_and_gives_the_next_pair(client: Client) -> None:
    ana = await client.sign_up("ana")

    payload = await client.do(REFRESH, {"refreshToken": ana.refresh})

    assert payload["userErrors"] == []
    assert payload["refreshToken"] != ana.refresh
    renewed = Account(ana.id, ana.username, payload["accessToken"], payload["refreshToken"])
    assert (await client.data(VIEWER, by=renewed))["viewer"]["username"] == ana.username


async def test_a_refresh_token_that_is_used_twice_ends_its_whole_family(client: Client) -> None:
    ana = await client.sign_up("ana")
    second = (await client.do(REFRESH, {"refreshToken": ana.refresh}))["refreshToken"]

    stolen = await client.do(REFRESH, {"refreshToken": ana.refresh})
    after = await client.do(REFRESH, {"refreshToken": second})

    assert stolen["accessToken"] is None
    assert after["accessToken"] is None
    assert [error["code"] for error in after["userErrors"]] == ["UNAUTHENTICATED"]


async def test_logging_out_ends_the_session_and_no_other(client: Client) -> None:
    ana = await client.sign_up("ana")
    elsewhere = await client.do(LOG_IN, {"username": ana.username, "password": PASSWORD})

    assert (await client.do(LOG_OUT, by=ana))["userErrors"] == []

    assert (await client.do(REFRESH, {"refreshToken": ana.refresh}))["accessToken"] is None
    assert (await client.do(REFRESH, {"refreshToken": elsewhere["refreshToken"]}))["accessToken"] is not None


async def refused_within(client: Client, token: str, seconds: float = 20.0) -> bool:
    """Whether the access token is refused, sooner or later."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        answer = await client.post({"query": VIEWER}, authorization=f"Bearer {token}")
        if answer.status_code == 401:
            return True
        await asyncio.sleep(0.1)
    return False


@pytest.mark.parametrize("how", ["changePassword", "deleteAccount", "logOut"])
async def test_access_tokens_of_sessions_that_are_ended_are_refused(client: Client, how: str) -> None:
    ana = await client.sign_up("ana")
    elsewhere = await client.do(LOG_IN, {"username": ana.username, "password": PASSWORD})
    old = elsewhere["accessToken"]
    assert (await client.post({"query": VIEWER}, authorization=f"Bearer {old}")).status_code == 200

    if how == "changePassword":
        document = f"mutation ($input: ChangePasswordInput!) {{ changePassword(input: $input) {{ {_SESSION} }} }}"
        anew = await client.do(document, {"currentPassword": PASSWORD, "newPassword": "another-one-9"}, by=ana)
        assert await refused_within(client, old)
        assert await refused_within(client, ana.access)
        kept = Account(ana.id, ana.username, anew["accessToken"], anew["refreshToken"])
        assert (await client.data(VIEWER, by=kept))["viewer"] == {"username": ana.username}
    elif how == "deleteAccount":
        document = "mutation ($input: DeleteAccountInput!) { deleteAccount(input: $input) { userErrors { code } } }"
        assert (await client.do(document, {"password": PASSWORD}, by=ana))["userErrors"] == []
        assert await refused_within(client, old)
        assert await refused_within(client, ana.access)
    else:
        assert (await client.do(LOG_OUT, by=ana))["userErrors"] == []
        assert await refused_within(client, ana.access)
        assert (await client.post({"query": VIEWER}, authorization=f"Bearer {old}")).status_code == 200


async def test_a_refresh_token_of_nobody_is_refused(client: Client) -> None:
    for token in ("", "nonsense", "\u2026", "x" * 5_000):
        payload = await client.do(REFRESH, {"refreshToken": token})
        assert [error["code"] for error in payload["userErrors"]] == ["UNAUTHENTICATED"], token


async def log_in_from(client: Client, address: str, username: str, password: str) -> list[str]:
    """The codes of the userErrors of a log-in from this address."""
    body = {"query": LOG_IN, "variables": {"input": {"username": username, "password": password}}}
    answer = (await client.post(body, **{"x-forwarded-for": address})).json()
    return [error["code"] for error in answer["data"]["logIn"]["userErrors"]]


async def test_who_guesses_has_to_wait_and_locks_nobody_out(client: Client) -> None:
    ana, bea = await client.sign_up("ana"), await client.sign_up("bea")
    guesser, home = "198.51.100.7", "203.0.113.9"

    answers = [await log_in_from(client, guesser, ana.username, "a guess") for _ in range(LOG_IN_TRIES_MAX)]
    assert answers == [["UNAUTHENTICATED"]] * LOG_IN_TRIES_MAX

    assert await log_in_from(client, guesser, ana.username, "a guess") == ["RATE_LIMITED"]
    assert await log_in_from(client, guesser, ana.username.upper(), PASSWORD) == ["RATE_LIMITED"]
    assert await log_in_from(client, guesser, f"{ana.username}@example.org", PASSWORD) == ["RATE_LIMITED"]
    assert await log_in_from(client, guesser, bea.username, PASSWORD) == []
    assert await log_in_from(client, home, ana.username, PASSWORD) == []


async def test_right_passwords_are_not_counted(client: Client) -> None:
    ana = await client.sign_up("ana")

    answers = [await log_in_from(client, "198.51.100.8", ana.username, PASSWORD) for _ in range(LOG_IN_TRIES_MAX + 2)]

    assert answers == [[]] * len(answers)


@pytest.mark.parametrize(
    ("host", "place"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("testclient", "testclient"),
    ],
)
def test_callers_are_counted_by_the_network_that_one_customer_has(host: str, place: str) -> None:
    assert network(Address(host, 1)) == place
