from __future__ import annotations

import asyncio
import json
import zipfile
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from domain import limits
from domain.acts import Act, Batch, EngagementKind
from domain.ids import PinN, UserN, new_id
from events import leaving as taking
from events.exports import Exports
from graph import access_tokens, exports, outbox, pins
from media import parquet
from media.exports import ExportUrls, stored_at
from media.pictures import original_at
from tests.services.schema.conftest import PASSWORD, SECRET, SIGN_UP, Caller, Person, person, photograph, pin_n
from tests.services.schema.test_comments_api import LOOK, comment, refusals
from tests.services.schema.test_notifications_api import listed, told

NEW = "another-password-8"
NODE = "query ($id: ID!) { node(id: $id) { id } }"
TOKENS = "{ accessTokens { id name scopes lastUsedAt expiresAt } }"
EXPORT = "mutation { requestExport { requestedAt url userErrors { code message field } } }"


async def log_in(someone: Person, password: str) -> Any:
    return await Caller(someone.server).do("logIn", "viewer { id }", username=someone.username, password=password)


async def alive(someone: Person) -> int:
    row = await someone.server.graph.one(
        "MATCH (u)-[:HAS_SESSION]->(s:Session) WHERE u.n = $n RETURN count(s) AS n", n=someone.n
    )
    return int(row["n"]) if row else 0


async def test_another_password_ends_every_other_session(ana: Person) -> None:
    await log_in(ana, PASSWORD)

    answer = await ana.do(
        "changePassword", "viewer { id } accessToken refreshToken", currentPassword=PASSWORD, newPassword=NEW
    )
    old = await Caller(ana.server).do("refreshSession", "viewer { id }", refreshToken=ana.tokens["refresh"])
    fresh = await Caller(ana.server).do("refreshSession", "viewer { id }", refreshToken=answer["refreshToken"])

    assert answer["viewer"] == {"id": ana.id}
    assert refusals(old) == [("UNAUTHENTICATED", ["refreshToken"])]
    assert fresh["viewer"] == {"id": ana.id}
    assert refusals(await log_in(ana, PASSWORD)) == [("UNAUTHENTICATED", [])]
    assert refusals(await log_in(ana, NEW)) == []


async def test_a_password_is_not_changed_by_who_does_not_know_it(ana: Person, stranger: Caller) -> None:
    wrong = await ana.do("changePassword", "viewer { id }", currentPassword=NEW, newPassword=NEW)
    short = await ana.do("changePassword", "viewer { id }", currentPassword=PASSWORD, newPassword="x" * 7)
    long = await ana.do("changePassword", "viewer { id }", currentPassword=PASSWORD, newPassword="x" * 257)
    out = await stranger.do("changePassword", "viewer { id }", currentPassword=PASSWORD, newPassword=NEW)
    token = await Caller(ana.server, ana.viewer).do(
        "changePassword", "viewer { id }", currentPassword=PASSWORD, newPassword=NEW
    )

    assert [refusals(a) for a in (wrong, short, long, out, token)] == [
        [("FORBIDDEN", ["currentPassword"])],
        [("INVALID", ["newPassword"])],
        [("INVALID", ["newPassword"])],
        [("UNAUTHENTICATED", [])],
        [("FORBIDDEN", [])],
    ]
    assert refusals(await log_in(ana, PASSWORD)) == []


async def test_guessing_the_password_is_bounded(ana: Person) -> None:
    answers = [await ana.do("deleteAccount", "deletedId", password=NEW) for _ in range(limits.LOG_IN_TRIES_MAX + 1)]

    assert refusals(answers[0]) == [("FORBIDDEN", ["password"])]
    assert refusals(answers[-1])[0][0] == "RATE_LIMITED"
    assert (await ana("{ viewer { id } }"))["viewer"] == {"id": ana.id}


async def test_a_deleted_account_is_gone_at_once_and_what_others_saved_stays(
    ana: Person, ben: Person, stranger: Caller
) -> None:
    server, board = ana.server, await ana.board("Moss")
    kept, lost = await ana.pin(board, "Kept"), await ana.pin(board, "Lost")
    his = await ben.board("Ferns")
    await ben.save(kept, his)
    bens = await ben.pin(his, "His")
    await ana.save(bens, board)
    said = await comment(ana, bens)
    await ana.do("followUser", "user { id }", userId=ben.id)
    await told(ana)

    answer = await ana.do("deleteAccount", "deletedId", password=PASSWORD)
    seen = {id_: (await who(NODE, id=id_))["node"] for who in (ben, stranger) for id_ in (ana.id, board, lost, said)}
    still = (await ben("query ($id: ID!) { node(id: $id) { ... on Pin { title creator { id } } } }", id=kept))["node"]

    assert answer["deletedId"] == ana.id
    assert seen == dict.fromkeys(seen)
    assert still == {"title": "Kept", "creator": None}
    assert await listed(ben) == []
    assert refusals(await log_in(ana, PASSWORD)) == [("UNAUTHENTICATED", [])]
    again = {"username": ana.username, "email": f"{ana.username}@example.org", "password": PASSWORD}
    assert (await stranger(SIGN_UP, input=again))["signUp"]["userErrors"] == []

    while await taking.take_apart(server.graph, server.store, asyncio.Lock()) is not None:
        pass
    row = await server.graph.one("MATCH (x) WHERE x.n = $n AND (x:User OR x:LeavingUser) RETURN count(*) AS n", n=ana.n)
    look = (await ben(LOOK, id=bens))["node"]
    counts = "query ($id: ID!) { node(id: $id) { ... on Pin { saveCount } ... on User { followerCount } } }"
    assert row == {"n": 0}
    assert look["commentCount"] == 0
    assert (await stranger(counts, id=bens))["node"] == {"saveCount": 1}
    assert (await stranger(counts, id=kept))["node"] == {"saveCount": 1}
    assert (await stranger(counts, id=ben.id))["node"] == {"followerCount": 0}
    gone = await server.graph.one("MATCH (p:TrashedPin {id: $id}) RETURN p.trashedAt AS at", id=lost)
    assert gone == {"at": 0}  # Nobody's, past restoring: what empties the trash takes it, with its picture.


async def test_nothing_of_a_deleted_account_is_left_behind(ana: Person, ben: Person) -> None:
    server, graph = ana.server, ana.server.graph
    await ana.pin(await ana.board("Hidden", "SECRET"))
    await ana.do("createAccessToken", "token", name="A script", scopes=["READ"])
    await ana.do("addPushEndpoint", "signingKey", url="http://127.0.0.1:9/hook")
    await ben.do("followUser", "user { id }", userId=ana.id)
    shown = await ben.pin(await ben.board())
    await ana.do("reportPin", "pin { id }", pinId=shown, kind="SPAM")
    await ana.do("hidePin", "pin { id }", pinId=shown)
    await ana(EXPORT)
    await told(ana)
    now = datetime.now(UTC)
    acts = [
        Batch(1, ana.n, (Act(PinN(1), EngagementKind.CLICK, 5),)),
        Batch(2, ben.n, (Act(PinN(1), EngagementKind.CLICK, 5),)),
    ]
    await parquet.append(server.store, acts, now=now - timedelta(hours=30))

    await ana.do("deleteAccount", "deletedId", password=PASSWORD)
    while await taking.take_apart(graph, server.store, asyncio.Lock()) is not None:
        pass

    left = await graph.read(
        """MATCH (x) WHERE NOT x:Event AND (x.n = $n AND (x:User OR x:LeavingUser) OR x.ownerN = $n OR x.userN = $n
           OR x.byN = $n OR x.authorN = $n OR x.creatorN = $n OR x.u = $n AND x:Actions)
           RETURN labels(x) AS labels""",
        n=ana.n,
    )
    assert left == []
    assert await parquet.rows_of(server.store, ana.n) == []
    assert len(await parquet.rows_of(server.store, ben.n)) == 1


async def test_an_account_is_deleted_by_its_owner_alone_and_once(ana: Person, stranger: Caller) -> None:
    out = await stranger.do("deleteAccount", "deletedId", password=PASSWORD)
    token = await Caller(ana.server, ana.viewer).do("deleteAccount", "deletedId", password=PASSWORD)
    there = (await ana("{ viewer { id } }"))["viewer"]
    many = await asyncio.gather(*(ana.do("deleteAccount", "deletedId", password=PASSWORD) for _ in range(5)))

    assert [refusals(out), refusals(token)] == [[("UNAUTHENTICATED", [])], [("FORBIDDEN", [])]]
    assert there == {"id": ana.id}
    assert sum(a["deletedId"] == ana.id for a in many) == 1
    assert (await ana("{ viewer { id } }"))["viewer"] is None


async def test_an_archive_holds_all_that_is_theirs_and_nothing_else(ana: Person, ben: Person) -> None:
    server = ana.server
    board, hidden = await ana.board("Moss"), await ana.board("Hidden", "SECRET")
    mine, secret = await ana.pin(board, "Mine"), await ana.pin(hidden, "Mine too")
    theirs = await ben.pin(await ben.board("Theirs"), "Theirs")
    await ana.save(theirs, hidden)
    await comment(ana, theirs)
    await ana.do("followUser", "user { id }", userId=ben.id)
    maker = Exports(server.graph, server.store, server.pictures)
    row = await server.graph.one("MATCH (:Pin {id: $id})-[:SHOWS]->(i) RETURN i.sha256 AS sha256", id=mine)
    assert row is not None
    original = photograph((1_200, 900))
    await server.store.put(original_at(row["sha256"]), original, "image/png")

    asked = [(await ana(EXPORT))["requestExport"] for _ in range(3)]
    while await maker.step(now=datetime.now(UTC)):
        pass
    done = (await ana(EXPORT))["requestExport"]
    await told(ana)
    [item] = [n for n in await listed(ana) if n["kind"] == "EXPORT_READY"]

    path, query = urlsplit(done["url"]).path, dict(parse_qsl(urlsplit(done["url"]).query))
    export = path.removeprefix("/export/").removesuffix(".zip")
    urls, now = ExportUrls("http://pinwalk.test", SECRET), datetime.now(UTC)
    assert urls.check(export, query, now)
    assert not urls.check(export, query, now + timedelta(days=1, minutes=1))
    assert not urls.check(export, {**query, "s": "0" * 64}, now)
    assert not urls.check(new_id("export"), query, now)
    data = await server.store.get(stored_at(export))
    assert data is not None
    with zipfile.ZipFile(BytesIO(data)) as archive:
        rows = {
            name: [json.loads(line) for line in archive.read(f"{name}.jsonl").splitlines()] for name in exports.LISTS
        }
        profile = json.loads(archive.read("profile.json"))
        assert archive.read(f"pictures/{row['sha256']}.jpg") == original
        assert archive.testzip() is None
    assert {a["userErrors"] == [] and a["url"] is None and a["requestedAt"] for a in asked} == {done["requestedAt"]}
    assert profile["username"] == ana.username
    assert {b["title"] for b in rows["boards"]} == {"Moss", "Hidden"}
    assert {p["id"] for p in rows["pins"]} == {mine, secret}
    assert {(s["boardId"], s["pinId"]) for s in rows["saves"]} == {(board, mine), (hidden, secret), (hidden, theirs)}
    assert [c["text"] for c in rows["comments"]] == ["Lovely"]
    assert [f["id"] for f in rows["follows"]] == [ben.id]
    assert item["text"] == "Your archive is ready"
    assert b"Theirs" not in json.dumps(rows["boards"]).encode()


async def test_an_old_archive_goes(ana: Person, stranger: Caller) -> None:
    server = ana.server
    maker = Exports(server.graph, server.store, server.pictures)
    await ana(EXPORT)
    while await maker.step(now=datetime.now(UTC)):
        pass
    [id_] = [row["id"] for row in await server.graph.read("MATCH (x:Export {userN: $n}) RETURN x.id AS id", n=ana.n)]
    assert await server.store.size(stored_at(id_))

    while await maker.step(now=datetime.now(UTC) + timedelta(days=2)):
        pass

    assert await server.store.size(stored_at(id_)) is None
    assert refusals((await stranger(EXPORT))["requestExport"]) == [("UNAUTHENTICATED", [])]


async def test_a_token_is_shown_once_listed_and_revoked(ana: Person, ben: Person, stranger: Caller) -> None:
    until = datetime.now(UTC) + timedelta(days=1)
    made = await ana.do(
        "createAccessToken",
        "token accessToken { id name scopes expiresAt lastUsedAt }",
        name=" A script ",
        scopes=["WRITE", "READ", "READ"],
        expiresAt=until.isoformat(),
    )
    token, shown = made["token"], made["accessToken"]
    token_hash = ana.server.accounts.personal_hash(token)
    assert token_hash is not None
    bearer = await access_tokens.bearer(ana.server.graph, token_hash, now=datetime.now(UTC))
    late = await access_tokens.bearer(ana.server.graph, token_hash, now=until + timedelta(seconds=1))
    [listed_] = (await ana(TOKENS))["accessTokens"]

    assert (shown["name"], shown["scopes"], shown["lastUsedAt"]) == ("A script", ["READ", "WRITE"], None)
    assert bearer is not None
    assert (bearer.user_n, late) == (ana.n, None)
    assert listed_["lastUsedAt"].endswith(":00:00.000Z")
    assert token not in json.dumps(await ana.server.graph.read("MATCH (t:AccessToken) RETURN t {.*} AS t LIMIT 100"))
    assert (await ana(NODE, id=shown["id"]))["node"] == {"id": shown["id"]}
    assert (await ben(NODE, id=shown["id"]))["node"] is None

    theirs = [await ben.do("revokeAccessToken", "deletedId", tokenId=t) for t in (shown["id"], new_id("token"), "x")]
    done = await ana.do("revokeAccessToken", "deletedId", tokenId=shown["id"])
    twice = await ana.do("revokeAccessToken", "deletedId", tokenId=shown["id"])
    assert [refusals(a) for a in (*theirs, twice)] == [[("NOT_FOUND", ["tokenId"])]] * 4
    assert done["deletedId"] == shown["id"]
    assert await access_tokens.bearer(ana.server.graph, token_hash, now=datetime.now(UTC)) is None
    assert (await stranger(TOKENS)).codes == ["UNAUTHENTICATED"]


async def test_tokens_have_bounds_and_need_a_session(
    ana: Person, stranger: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access_tokens, "ACCESS_TOKENS_MAX", 3)
    past = (datetime.now(UTC) - timedelta(seconds=1)).isoformat()
    as_token = Caller(ana.server, ana.viewer)

    bad: list[dict[str, Any]] = [
        {"name": " ", "scopes": ["READ"]},
        {"name": "x" * 61, "scopes": ["READ"]},
        {"name": "x", "scopes": []},
        {"name": "x", "scopes": ["READ"], "expiresAt": past},
    ]
    refused = [refusals(await ana.do("createAccessToken", "token", **given)) for given in bad]
    out = [await who.do("createAccessToken", "token", name="x", scopes=["READ"]) for who in (stranger, as_token)]
    many = await asyncio.gather(
        *(ana.do("createAccessToken", "token", name="x" * 60, scopes=["READ"]) for _ in range(10))
    )

    assert refused == [[("INVALID", [f])] for f in ("name", "name", "scopes", "expiresAt")]
    assert [refusals(a) for a in out] == [[("UNAUTHENTICATED", [])], [("FORBIDDEN", [])]]
    assert sorted(str(refusals(a)) for a in many) == ["[('CONFLICT', [])]"] * 7 + ["[]"] * 3
    assert (await as_token(TOKENS)).codes == ["FORBIDDEN"]


async def test_events_of_what_went_are_written_for_who_follows_them(ana: Person) -> None:
    pin = await ana.pin(await ana.board())
    n = await pin_n(ana, pin)
    graph = ana.server.graph
    before = await outbox.last_seq(graph)

    await ana.do("deleteAccount", "deletedId", password=PASSWORD)
    while await taking.take_apart(graph, ana.server.store, asyncio.Lock()) is not None:
        pass
    while (await outbox.sequence_once(graph)).events:
        pass

    kinds = {e.kind.value for e in await outbox.after(graph, before) if e.user == ana.n or e.pin == n or e.board}
    assert {"account_deleted", "pin_deleted", "board_deleted"} <= kinds
    assert await pins.by_ns(graph, UserN(-1), [n]) == []
    assert await person(ana.server, "fred")
