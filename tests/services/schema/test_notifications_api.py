from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from domain.events import Event, Kind
from domain.ids import EventId, new_id
from domain.model import PinStatus
from events.webhooks import Webhooks
from graph import endpoints, notifications, outbox, pin_writes, telling
from internet.signing import Hooks
from tests.services.schema.conftest import SECRET, Caller, Person, board_n, person, pin_n
from tests.services.schema.test_comments_api import block, comment, refusals

LIST = """query ($f: Int! = 25, $a: String, $u: Boolean! = false) {
  notifications(first: $f, after: $a, unreadOnly: $u) { unreadCount
    nodes { id kind text read actorCount actor { id } actors { id } pin { id } board { id } }
    pageInfo { hasNextPage endCursor } } }"""
ADDED = "subscription ($since: ID) { notificationAdded(since: $since) { id kind text actorCount } }"
PREFERENCES = "{ notificationPreferences { kind inApp push } }"
ENDPOINTS = "{ pushEndpoints { id url kind failing } }"
NODE = "query ($id: ID!) { node(id: $id) { id } }"


async def told(someone: Person) -> None:
    """Everything that has happened to this test's people has been told: by their own events, whatever else waits."""
    graph = someone.server.graph
    while (await outbox.sequence_once(graph)).events:
        pass
    row = await graph.one("MATCH (i:Import {key: $key}) RETURN i.row AS row", key=telling.TELLING)
    position = row["row"] if row else 0
    while events := await outbox.after(graph, position):
        await telling.tell(graph, events)
        position = events[-1].seq


async def listed(someone: Person, **variables: Any) -> list[dict[str, Any]]:
    return list((await someone(LIST, **variables))["notifications"]["nodes"])


async def unread(someone: Person) -> int:
    return int((await someone(LIST))["notifications"]["unreadCount"])


async def test_each_kind_of_act_is_told_once_to_whom_it_concerns(ana: Person, ben: Person) -> None:
    pin = await ana.pin(await ana.board(), "Moss")
    await ben.do("followUser", "user { id }", userId=ana.id)
    await ben.save(pin, await ben.board())
    await comment(ben, pin)

    await told(ana)
    await told(ana)
    found = await listed(ana)

    assert [(n["kind"], n["text"], n["actorCount"], n["read"]) for n in found] == [
        ("COMMENTED", f"{ben.username} commented on your Pin “Moss”", 1, False),
        ("PIN_SAVED", f"{ben.username} saved your Pin “Moss”", 1, False),
        ("FOLLOWED", f"{ben.username} follows you", 1, False),
    ]
    assert [n["actor"]["id"] for n in found] == [ben.id] * 3
    assert [n["pin"] for n in found] == [{"id": pin}, {"id": pin}, None]
    assert await unread(ana) == 3
    assert (await ana(NODE, id=found[0]["id"]))["node"] == {"id": found[0]["id"]}
    assert (await ben(NODE, id=found[0]["id"]))["node"] is None


async def test_an_invitation_is_told(ana: Person, ben: Person) -> None:
    board = await ana.board("Plans", "SECRET")
    graph, n = ana.server.graph, await board_n(ana, board)
    await graph.command(
        "MATCH (u:User {n: $u}), (b:Board {n: $b}) CREATE (u)-[:COLLABORATES {role: 'EDITOR', since: 0}]->(b)",
        u=ben.n,
        b=n,
    )
    invited = outbox.event(Kind.INVITED, user=ana.n, target=ben.n, board=n)
    await graph.write(lambda tx: outbox.append(tx, invited))

    await told(ana)
    [item] = await listed(ben)
    await graph.command("MATCH (:User {n: $u})-[c:COLLABORATES]->() DELETE c", u=ben.n)

    assert (item["text"], item["board"]) == (f"{ana.username} invited you to “Plans”", {"id": board})
    assert await listed(ben) == []


async def test_what_many_do_is_one_notification_until_it_is_read(ana: Person, ben: Person, cleo: Person) -> None:
    pin, dora = await ana.pin(await ana.board(), "Moss"), await person(ana.server, "dora")
    for someone in (ben, cleo):
        await someone.save(pin, await someone.board())
    await told(ana)
    [two] = await listed(ana)
    await dora.save(pin, await dora.board())
    await ben.save(pin, await ben.board("Another"))
    await told(ana)
    [three] = await listed(ana)

    await ana.do("markNotificationsRead", "unreadCount", upTo=three["id"])
    eve = await person(ana.server, "eve")
    await eve.save(pin, await eve.board())
    await told(ana)
    after = await listed(ana)

    assert two["text"] == f"{cleo.username} and {ben.username} saved your Pin “Moss”"
    assert three["text"] == f"{dora.username} and 2 others saved your Pin “Moss”"
    assert three["id"] == two["id"]
    assert [a["id"] for a in three["actors"]] == [dora.id, cleo.id, ben.id]
    assert [(n["actorCount"], n["read"]) for n in after] == [(1, False), (3, True)]
    assert [n["actorCount"] for n in await listed(ana, u=True)] == [1]


async def test_a_notification_names_at_most_five_and_counts_all(ana: Person) -> None:
    pin = await ana.pin(await ana.board())
    for i in range(7):
        someone = await person(ana.server, f"u{i}")
        await someone.save(pin, await someone.board())
    await told(ana)

    [item] = await listed(ana)

    assert (len(item["actors"]), item["actorCount"]) == (5, 7)
    assert "and 6 others" in item["text"]


async def test_nobody_is_told_of_their_own_acts_of_secret_ones_or_across_a_block(
    ana: Person, ben: Person, cleo: Person
) -> None:
    board = await ana.board()
    pin = await ana.pin(board)
    await ana.save(pin, await ana.board("Mine too"))
    await comment(ana, pin)
    await ben.save(pin, await ben.board("Hidden", "SECRET"))
    await cleo.do("followUser", "user { id }", userId=ana.id)
    await cleo.save(pin, await cleo.board())
    await block(ana, cleo)
    await told(ana)

    assert await listed(ana) == []
    assert await unread(ana) == 0


async def test_what_does_not_stand_any_more_is_told_no_more(ana: Person, ben: Person, cleo: Person) -> None:
    pin, his = await ana.pin(await ana.board()), await ben.board()
    await ben.save(pin, his)
    await cleo.save(pin, await cleo.board())
    said = await comment(ben, pin)
    await told(ana)
    before = [(n["kind"], n["actorCount"]) for n in await listed(ana)]

    await ben.do("updateBoard", "board { id }", boardId=his, privacy="SECRET")
    await ben.do("deleteComment", "deletedId", commentId=said)
    after = [(n["kind"], n["actorCount"], n["actor"]["id"]) for n in await listed(ana)]
    await block(cleo, ana)

    assert before == [("COMMENTED", 1), ("PIN_SAVED", 2)]
    assert after == [("PIN_SAVED", 1, cleo.id)]
    assert await listed(ana) == []
    assert await unread(ana) == 0


async def test_new_pins_of_whom_the_viewer_follows_are_read_not_written(ana: Person, ben: Person) -> None:
    board = await ana.board()
    await ana.pin(board, "Before")
    await ben.do("followUser", "user { id }", userId=ana.id)
    assert await listed(ben) == []

    first = await ana.pin(board, "First")
    [one] = await listed(ben)
    second = await ana.pin(board, "Second")
    await ana.pin(await ana.board("Hidden", "SECRET"), "Hidden")
    [two] = await listed(ben)
    stored = await ben.server.graph.one("MATCH (n:Notification {ownerN: $n}) RETURN count(*) AS n", n=ben.n)
    read = await ben.do("markNotificationsRead", "unreadCount")
    third = await ana.pin(board, "Third")
    [three] = await listed(ben)

    assert (one["text"], one["pin"]["id"]) == (f"{ana.username} added “First”", first)
    assert (two["text"], two["pin"]["id"]) == (f"{ana.username} added “Second” and 1 more Pin", second)
    assert (two["actorCount"], two["kind"]) == (1, "NEW_PIN")
    assert stored == {"n": 0}
    assert read["unreadCount"] == 0
    assert (three["text"], three["pin"]["id"], three["read"]) == (f"{ana.username} added “Third”", third, False)
    assert (await ben(NODE, id=three["id"]))["node"] == {"id": three["id"]}
    assert (await ana(NODE, id=three["id"]))["node"] is None


async def test_pages_of_both_kinds_go_by_time_without_gaps(ana: Person, ben: Person, cleo: Person) -> None:
    pin = await ben.pin(await ben.board())
    await ben.do("followUser", "user { id }", userId=cleo.id)
    await ana.save(pin, await ana.board())
    await told(ana)
    await cleo.pin(await cleo.board())
    await comment(ana, pin)
    await told(ana)

    kinds: list[str] = []
    after = None
    while True:
        page = (await ben(LIST, f=1, a=after))["notifications"]
        kinds += [n["kind"] for n in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break

    assert kinds == ["COMMENTED", "NEW_PIN", "PIN_SAVED"]


async def test_old_notifications_go_when_there_are_too_many(
    ana: Person, ben: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(telling, "NOTIFICATIONS_MAX", 2)
    board, his = await ana.board(), await ben.board()
    pins = [await ana.pin(board, f"Pin {i}") for i in range(3)]
    for pin in pins:
        await ben.save(pin, his)
    await told(ana)

    assert [n["pin"]["id"] for n in await listed(ana)] == pins[:0:-1]


async def test_a_batch_that_comes_again_or_at_once_is_told_once(ana: Person, ben: Person) -> None:
    graph, pin = ana.server.graph, await ana.pin(await ana.board())
    await told(ana)
    await ben.save(pin, await ben.board())
    while (await outbox.sequence_once(graph)).events:
        pass
    row = await graph.one("MATCH (i:Import {key: $key}) RETURN i.row AS row", key=telling.TELLING)
    events = await outbox.after(graph, row["row"] if row else 0)

    written = await asyncio.gather(*(telling.tell(graph, events) for _ in range(5)))

    assert sorted(bool(n) for n in written) == [False] * 4 + [True]
    assert [n["actorCount"] for n in await listed(ana)] == [1]


async def test_kinds_that_are_switched_off_are_not_shown(ana: Person, ben: Person, stranger: Caller) -> None:
    usual = (await ana(PREFERENCES))["notificationPreferences"]
    off = {"kind": "FOLLOWED", "inApp": False, "push": False}
    answers = [await ana.do("updateNotificationPreferences", "preferences { kind inApp push }", preferences=[off])] * 2
    await ben.do("followUser", "user { id }", userId=ana.id)
    await told(ana)
    twice = await ana.do("updateNotificationPreferences", "preferences { kind }", preferences=[off, off])

    assert usual == [{"kind": k, "inApp": True, "push": True} for k in (*KINDS,)]
    assert answers[0]["preferences"] == [off if p["kind"] == "FOLLOWED" else p for p in usual]
    assert answers[0] == answers[1]
    assert refusals(twice) == [("INVALID", ["preferences"])]
    assert await listed(ana) == []
    assert (await stranger(PREFERENCES)).codes == ["UNAUTHENTICATED"]


KINDS = ("FOLLOWED", "PIN_SAVED", "COMMENTED", "INVITED", "NEW_PIN", "EXPORT_READY")


async def test_only_ones_own_notifications_can_be_marked_read(ana: Person, ben: Person, stranger: Caller) -> None:
    await ben.do("followUser", "user { id }", userId=ana.id)
    await told(ana)
    [item] = await listed(ana)

    answers = [
        await stranger.do("markNotificationsRead", "unreadCount"),
        await ben.do("markNotificationsRead", "unreadCount", upTo=item["id"]),
        await ben.do("markNotificationsRead", "unreadCount", upTo=new_id("notification")),
        await ben.do("markNotificationsRead", "unreadCount", upTo="moss"),
        await ben.do("markNotificationsRead", "unreadCount", upTo=new_id("news")),
    ]
    still = await unread(ana)
    done = await asyncio.gather(*(ana.do("markNotificationsRead", "unreadCount", upTo=item["id"]) for _ in range(10)))

    assert [refusals(a) for a in answers] == [[("UNAUTHENTICATED", [])]] + [[("NOT_FOUND", ["upTo"])]] * 4
    assert still == 1
    assert done == [{"unreadCount": 0, "userErrors": []}] * 10
    assert (await stranger(LIST)).codes == ["UNAUTHENTICATED"]


async def test_notifications_are_heard_live_and_what_was_missed_comes_first(ana: Person, ben: Person) -> None:
    pin = await ana.pin(await ana.board(), "Moss")
    await ben.do("followUser", "user { id }", userId=ana.id)
    await told(ana)
    [first] = await listed(ana)
    await ben.save(pin, await ben.board())
    await told(ana)
    source = ana.listen(ADDED, since=first["id"])

    missed = (await asyncio.wait_for(anext(source), 30))["notificationAdded"]
    await comment(ben, pin)
    await told(ana)
    newest = (await listed(ana))[0]
    event = Event(EventId(new_id("event")), Kind.NOTIFIED, seq=2**40, target=ana.n, subject=newest["id"])
    waiting = asyncio.ensure_future(asyncio.wait_for(anext(source), 30))
    await asyncio.sleep(0)
    await ana.server.bus.publish([event, event])
    heard = (await waiting)["notificationAdded"]
    await source.aclose()

    assert missed["kind"] == "PIN_SAVED"
    assert (heard["id"], heard["kind"]) == (newest["id"], "COMMENTED")
    refused = await anext(ben.listen(ADDED, since=first["id"]))
    assert refused.codes == ["BAD_USER_INPUT"]


async def test_a_follower_hears_of_a_new_pin(ana: Person, ben: Person) -> None:
    await ben.do("followUser", "user { id }", userId=ana.id)
    source = ben.listen(ADDED)
    before = ana.server.bus.open_subscriptions
    waiting = asyncio.ensure_future(asyncio.wait_for(anext(source), 30))
    for _ in range(100_000):
        if ana.server.bus.open_subscriptions > before:
            break
        await asyncio.sleep(0)
    pin = await ana.pin(await ana.board(), "Moss")
    n = await pin_n(ana, pin)

    await ana.server.bus.publish([Event(EventId(new_id("event")), Kind.PIN_READY, seq=2**40, user=ana.n, pin=n)])

    assert (await waiting)["notificationAdded"]["text"] == f"{ana.username} added “Moss”"
    await source.aclose()


class Hook(ThreadingHTTPServer):
    """Somebody's server, which answers with `status` and keeps what came."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Hooked)
        self.status = 200
        self.got: list[tuple[dict[str, str], bytes]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/hook"


class _Hooked(BaseHTTPRequestHandler):
    server: Hook  # type: ignore[assignment]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.got.append(({k.lower(): v for k, v in self.headers.items()}, body))
        self.send_response(self.server.status)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing."""


@pytest.fixture
def hook() -> Iterator[Hook]:
    server = Hook()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


async def send(someone: Person, now: datetime | None = None) -> None:
    """Sends all that is due at that time."""
    at = now or datetime.now(UTC)
    sender = Webhooks(someone.server.graph, someone.server.internet, Hooks(SECRET), clock=lambda: at)
    while await sender.step():
        pass


async def endpoint(someone: Person, hook: Hook) -> tuple[str, str]:
    answer = await someone.do("addPushEndpoint", "endpoint { id failing kind } signingKey", url=hook.url)
    assert answer["userErrors"] == []
    return answer["endpoint"]["id"], answer["signingKey"]


async def test_a_webhook_gets_a_signed_message_once(ana: Person, ben: Person, hook: Hook) -> None:
    _, key = await endpoint(ana, hook)
    pin = await ana.pin(await ana.board(), "Moss")
    await ben.save(pin, await ben.board())
    await told(ana)

    await send(ana)
    await send(ana)

    [(headers, body)] = hook.got
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    made = hmac.new(base64.b64decode(key.removeprefix("whsec_")), signed, hashlib.sha256).digest()
    message = json.loads(body)
    assert headers["webhook-signature"] == f"v1,{base64.b64encode(made).decode()}"
    assert message["type"] == "notification.pin_saved"
    assert message["data"]["text"] == f"{ben.username} saved your Pin “Moss”"
    assert message["data"]["pin"] == {"id": pin, "title": "Moss"}
    assert message["data"]["actors"] == [{"id": ben.id, "username": ben.username}]


async def test_a_new_pin_is_sent_to_followers_who_have_an_endpoint(ana: Person, ben: Person, hook: Hook) -> None:
    await endpoint(ben, hook)
    await ben.do("followUser", "user { id }", userId=ana.id)
    pin = await ana.pin(await ana.board(), "Moss")
    await pin_writes.mark(ana.server.graph, [await pin_n(ana, pin)], status=PinStatus.READY)
    await told(ana)

    await send(ana)

    assert [json.loads(body)["type"] for _, body in hook.got] == ["notification.new_pin"]


async def test_a_failed_message_comes_again_later_under_the_same_id(ana: Person, ben: Person, hook: Hook) -> None:
    await endpoint(ana, hook)
    hook.status = 500
    await ben.do("followUser", "user { id }", userId=ana.id)
    await told(ana)
    now = datetime.now(UTC)

    await send(ana, now)
    await send(ana, now + timedelta(seconds=4))
    early = len(hook.got)
    await send(ana, now + timedelta(seconds=6))
    hook.status = 204
    await send(ana, now + timedelta(seconds=60))
    await send(ana, now + timedelta(days=1))

    assert early == 1
    assert len(hook.got) == 3
    assert len({headers["webhook-id"] for headers, _ in hook.got}) == 1
    assert len({headers["webhook-timestamp"] for headers, _ in hook.got}) == 3


async def test_a_message_that_never_arrives_is_a_dead_letter(ana: Person, ben: Person, hook: Hook) -> None:
    await endpoint(ana, hook)
    hook.status = 503
    await ben.do("followUser", "user { id }", userId=ana.id)
    await told(ana)
    now = datetime.now(UTC)

    for attempt in range(12):
        await send(ana, now + timedelta(hours=5 * attempt))

    row = await ana.server.graph.one(
        "MATCH (d:Delivery {userN: $n}) RETURN d.state AS state, d.error AS error", n=ana.n
    )
    assert len(hook.got) <= 8
    assert row in ({"state": "dead", "error": "It answered 503."}, {"state": "ready", "error": "It answered 503."})


@pytest.mark.parametrize("why", ["gone", "for days"])
async def test_an_endpoint_that_is_gone_is_given_up(ana: Person, ben: Person, hook: Hook, why: str) -> None:
    id_, _ = await endpoint(ana, hook)
    hook.status = 410 if why == "gone" else 500
    await ben.do("followUser", "user { id }", userId=ana.id)
    await told(ana)
    now = datetime.now(UTC)

    await send(ana, now)
    if why == "for days":
        assert [e["failing"] for e in (await ana(ENDPOINTS))["pushEndpoints"]] == [False]
        await send(ana, now + timedelta(days=3, minutes=1))
    sent = len(hook.got)
    await comment(ben, await ana.pin(await ana.board()))
    await told(ana)
    await send(ana, now + timedelta(days=5))

    assert (await ana(ENDPOINTS))["pushEndpoints"] == [{"id": id_, "url": hook.url, "kind": "WEBHOOK", "failing": True}]
    assert len(hook.got) == sent
    row = await ana.server.graph.one("MATCH (d:Delivery {userN: $n}) RETURN count(*) AS n", n=ana.n)
    assert row == {"n": 0}


async def test_nothing_is_sent_of_what_the_recipient_may_not_see_any_more(ana: Person, ben: Person, hook: Hook) -> None:
    await endpoint(ana, hook)
    pin, his = await ana.pin(await ana.board()), await ben.board()
    await ben.save(pin, his)
    await told(ana)
    await ben.do("updateBoard", "board { id }", boardId=his, privacy="SECRET")

    await send(ana)

    assert hook.got == []


async def test_endpoints_are_ones_own_and_bounded(
    ana: Person, ben: Person, stranger: Caller, hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(endpoints, "PUSH_ENDPOINTS_MAX", 2)
    id_, _ = await endpoint(ana, hook)
    again = await ana.do("addPushEndpoint", "endpoint { id }", url=hook.url)
    many = await asyncio.gather(
        *(ana.do("addPushEndpoint", "endpoint { id }", url=f"{hook.url}/{i}") for i in range(10))
    )
    out = await stranger.do("addPushEndpoint", "endpoint { id }", url=hook.url)
    bad = [await ben.do("addPushEndpoint", "endpoint { id }", url=url) for url in ("moss", "ftp://a.b", "http://a@b")]
    theirs = [await ben.do("removePushEndpoint", "deletedId", endpointId=e) for e in (id_, new_id("push"), "x")]

    assert refusals(again) == [("TAKEN", ["url"])]
    assert sorted(str(refusals(a)) for a in many) == ["[('CONFLICT', [])]"] * 9 + ["[]"]
    assert refusals(out) == [("UNAUTHENTICATED", [])]
    assert [refusals(a) for a in bad] == [[("INVALID", ["url"])]] * 3
    assert [refusals(a) for a in theirs] == [[("NOT_FOUND", ["endpointId"])]] * 3
    assert theirs[0] == theirs[1]
    assert len((await ana(ENDPOINTS))["pushEndpoints"]) == 2
    assert (await ben(NODE, id=id_))["node"] is None
    assert (await ana(NODE, id=id_))["node"] == {"id": id_}

    removed = await ana.do("removePushEndpoint", "deletedId", endpointId=id_)
    assert removed == {"deletedId": id_, "userErrors": []}
    assert len((await ana(ENDPOINTS))["pushEndpoints"]) == 1
    assert (await stranger(ENDPOINTS)).codes == ["UNAUTHENTICATED"]


async def test_counting_what_is_unread_is_one_statement(ana: Person) -> None:
    assert await notifications.unread_count(ana.server.graph, ana.n, now=datetime.now(UTC)) == 0
    assert (await ana("{ notifications { unreadCount } }")).statements == 3
    assert (await ana("{ notifications { nodes { id kind createdAt read } } }")).statements == 2
