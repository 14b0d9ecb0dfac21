from __future__ import annotations

import secrets
from typing import Any

import pytest

from graph import topics
from tests.services.schema.conftest import PASSWORD, SIGN_UP, Caller, Person

VIEWER = "{ viewer { id username displayName bio email } }"
SESSION = "viewer { id username email } accessToken refreshToken expiresAt"


def account(**changed: Any) -> dict[str, Any]:
    name = f"new_{secrets.token_hex(5)}"
    return {"username": name, "email": f"{name}@example.org", "password": PASSWORD, **changed}


async def test_signing_up_gives_a_session_and_the_account(stranger: Caller) -> None:
    wanted = account()

    answer = (await stranger(SIGN_UP, input=wanted))["signUp"]

    assert answer["userErrors"] == []
    assert answer["viewer"]["username"] == answer["viewer"]["displayName"] == wanted["username"]
    assert answer["viewer"]["email"] == wanted["email"]
    assert answer["accessToken"]
    assert answer["refreshToken"]
    assert answer["expiresAt"].endswith("Z")


async def test_a_username_is_unique_whatever_the_case(stranger: Caller, ana: Person) -> None:
    answer = await stranger.do("signUp", SESSION, **account(username=ana.username.upper()))

    assert [(e["code"], e["field"]) for e in answer["userErrors"]] == [("TAKEN", ["username"])]
    assert answer["viewer"] is None
    assert answer["accessToken"] is None


async def test_an_email_is_unique_whatever_the_case(stranger: Caller, ana: Person) -> None:
    answer = await stranger.do("signUp", SESSION, **account(email=f"{ana.username}@EXAMPLE.org"))

    assert [(e["code"], e["field"]) for e in answer["userErrors"]] == [("TAKEN", ["email"])]


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"username": "ab"}, "username"),
        ({"username": "a" * 31}, "username"),
        ({"username": "an a"}, "username"),
        ({"username": "ána"}, "username"),
        ({"email": "nobody"}, "email"),
        ({"email": "a@b"}, "email"),
        ({"email": f"{'a' * 250}@example.org"}, "email"),
        ({"password": "short-7"}, "password"),
        ({"password": "a" * 257}, "password"),
        ({"displayName": "x" * 61}, "displayName"),
    ],
)
async def test_signing_up_says_which_field_breaks_which_rule(
    stranger: Caller, changed: dict[str, Any], field: str
) -> None:
    wanted = account(**changed)

    answer = await stranger.do("signUp", SESSION, **wanted)

    assert [(e["code"], e["field"]) for e in answer["userErrors"]] == [("INVALID", [field])]
    assert (await stranger("query ($u: String!) { user(username: $u) { id } }", u=wanted["username"]))["user"] is None


async def test_signing_in_takes_the_username_or_the_email(stranger: Caller, ana: Person) -> None:
    for login in (ana.username, ana.username.upper(), f"{ana.username}@example.org"):
        answer = await stranger.do("logIn", SESSION, username=login, password=PASSWORD)

        assert answer["userErrors"] == []
        assert answer["viewer"]["id"] == ana.id


async def test_a_wrong_password_and_an_unknown_user_are_told_the_same(stranger: Caller, ana: Person) -> None:
    wrong = await stranger.do("logIn", SESSION, username=ana.username, password="not-the-password")
    unknown = await stranger.do("logIn", SESSION, username="nobody.at.all", password="not-the-password")
    endless = await stranger.do("logIn", SESSION, username="x" * 5_000, password="y" * 5_000)

    assert wrong == unknown == endless
    assert [e["code"] for e in wrong["userErrors"]] == ["UNAUTHENTICATED"]
    assert wrong["accessToken"] is None


async def test_a_refresh_token_is_good_once_and_its_reuse_ends_the_session(stranger: Caller, ana: Person) -> None:
    first = await stranger.do("refreshSession", SESSION, refreshToken=ana.tokens["refresh"])
    assert first["userErrors"] == []
    assert first["viewer"]["id"] == ana.id

    again = await stranger.do("refreshSession", SESSION, refreshToken=ana.tokens["refresh"])
    then = await stranger.do("refreshSession", SESSION, refreshToken=first["refreshToken"])

    assert [e["code"] for e in again["userErrors"]] == ["UNAUTHENTICATED"]
    assert [e["code"] for e in then["userErrors"]] == ["UNAUTHENTICATED"]


async def test_logging_out_ends_the_session(stranger: Caller, ana: Person) -> None:
    out = (await ana("mutation { logOut { userErrors { code } } }"))["logOut"]
    again = await stranger.do("refreshSession", SESSION, refreshToken=ana.tokens["refresh"])

    assert out["userErrors"] == []
    assert [e["code"] for e in again["userErrors"]] == ["UNAUTHENTICATED"]


async def test_logging_out_needs_a_session(stranger: Caller) -> None:
    out = (await stranger("mutation { logOut { userErrors { code } } }"))["logOut"]

    assert [e["code"] for e in out["userErrors"]] == ["UNAUTHENTICATED"]


async def test_the_viewer_is_null_signed_out_and_sees_their_own_email_alone(
    stranger: Caller, ana: Person, ben: Person
) -> None:
    assert (await stranger(VIEWER))["viewer"] is None
    assert (await ana(VIEWER))["viewer"]["email"] == f"{ana.username}@example.org"
    other = await ben("query ($u: String!) { user(username: $u) { username email } }", u=ana.username.upper())
    assert other["user"] == {"username": ana.username, "email": None}


async def test_a_profile_keeps_what_is_absent_and_clears_what_is_null(ana: Person) -> None:
    first = await ana.do("updateProfile", "user { displayName bio }", displayName="Ana of the moss", bio=" Ferns. ")
    second = await ana.do("updateProfile", "user { displayName bio }", bio=None)

    assert first["user"] == {"displayName": "Ana of the moss", "bio": "Ferns."}
    assert second["user"] == {"displayName": "Ana of the moss", "bio": None}


@pytest.mark.parametrize(
    ("changed", "field"),
    [({"displayName": None}, "displayName"), ({"displayName": "x" * 61}, "displayName"), ({"bio": "x" * 501}, "bio")],
)
async def test_a_profile_has_bounds(ana: Person, changed: dict[str, Any], field: str) -> None:
    answer = await ana.do("updateProfile", "user { id }", **changed)

    assert [(e["code"], e["field"]) for e in answer["userErrors"]] == [("INVALID", [field])]
    assert answer["user"] is None
    assert (await ana(VIEWER))["viewer"]["displayName"] == ana.username


async def test_interests_are_set_whole(ana: Person) -> None:
    names = [f"moss {secrets.token_hex(4)}" for _ in range(3)]
    ids = [(await topics.ensure(ana.server.graph, name=n, slug=n.replace(" ", "-"))).id for n in names]

    answer = await ana.do("setInterests", "user { interests { id } }", topicIds=[*ids, *ids])
    unknown = await ana.do("setInterests", "user { id }", topicIds=["topic_01J8ZZZZZZZZZZZZZZZZZZZZZZ"])
    nonsense = await ana.do("setInterests", "user { id }", topicIds=["moss"])

    assert [topic["id"] for topic in answer["user"]["interests"]] == ids
    assert [e["code"] for e in unknown["userErrors"] + nonsense["userErrors"]] == ["NOT_FOUND", "NOT_FOUND"]
    kept = await ana("{ viewer { interests { id } } }")
    assert [topic["id"] for topic in kept["viewer"]["interests"]] == ids


@pytest.mark.parametrize(
    ("name", "answers", "given"),
    [
        ("updateProfile", "user { id }", {"bio": "x"}),
        ("setInterests", "user { id }", {"topicIds": []}),
        ("createBoard", "board { id }", {"title": "x"}),
        ("updateBoard", "board { id }", {"boardId": "board_x"}),
        ("deleteBoard", "deletedId", {"boardId": "board_x"}),
        ("prepareUpload", "upload { id }", {"contentType": "image/png", "bytes": 1}),
        ("createPin", "pin { id }", {"boardId": "b", "title": "x", "image": {"uploadId": "u"}}),
        ("updatePin", "pin { id }", {"pinId": "p"}),
        ("deletePin", "deletedId", {"pinId": "p"}),
        ("savePin", "pin { id }", {"pinId": "p", "boardId": "b"}),
        ("unsavePin", "pin { id }", {"pinId": "p", "boardId": "b"}),
        ("followUser", "user { id }", {"userId": "u"}),
        ("unfollowUser", "user { id }", {"userId": "u"}),
        ("followBoard", "board { id }", {"boardId": "b"}),
        ("unfollowBoard", "board { id }", {"boardId": "b"}),
        ("hidePin", "pin { id }", {"pinId": "p"}),
        ("unhidePin", "pin { id }", {"pinId": "p"}),
    ],
)
async def test_whoever_is_signed_out_changes_nothing(
    stranger: Caller, name: str, answers: str, given: dict[str, Any]
) -> None:
    answer = await stranger.do(name, answers, **given)

    assert [e["code"] for e in answer["userErrors"]] == ["UNAUTHENTICATED"]
    assert [value for key, value in answer.items() if key != "userErrors"] == [None]
