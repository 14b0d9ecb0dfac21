"""What a strict reader finds by odd paths: what was seen once, what was left behind, what came back."""

from __future__ import annotations

import asyncio
import json
import secrets
import zipfile
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest

from app import sweep
from discovery.candidate import ReasonRef
from domain.acts import Act, Batch, EngagementKind
from domain.events import Kind
from domain.ids import PinN, UserN
from domain.model import Source
from events import engagement as keeping
from events import leaving as taking
from events.exports import Exports
from graph import engagement, outbox, pictures, search, topics
from media import parquet
from media.exports import stored_at
from tests.services.schema.conftest import PASSWORD, Caller, FeedsOfTests, Person, photograph, pin_n, section
from tests.services.schema.test_comments_api import comment
from tests.services.schema.test_leaving_api import EXPORT
from tests.services.schema.test_live_api import NEW_PINS, listening, nxt, publish, ready
from tests.services.schema.test_notifications_api import told
from tests.services.schema.test_pins_api import upload
from tests.services.schema.test_search_api import refresh

COUNTS = "query ($id: ID!) { node(id: $id) { ... on Board { pinCount followerCount sections { pinCount } } } }"


async def archive(someone: Person) -> dict[str, Any]:
    """What somebody's archive holds: each file by its name, JSON read."""
    server = someone.server
    maker = Exports(server.graph, server.store, server.pictures)
    await someone(EXPORT)
    while await maker.step(now=datetime.now(UTC)):
        pass
    rows = await server.graph.read("MATCH (x:Export {userN: $n}) RETURN x.id AS id", n=someone.n)
    data = await server.store.get(stored_at(rows[0]["id"]))
    assert data is not None
    found: dict[str, Any] = {}
    with zipfile.ZipFile(BytesIO(data)) as opened:
        found["names"] = opened.namelist()
        for name in opened.namelist():
            text = opened.read(name)
            if name.endswith(".jsonl"):
                found[name] = [json.loads(line) for line in text.splitlines()]
            elif name.endswith(".json"):
                found[name] = json.loads(text)
    return found


async def test_an_archive_names_nothing_that_its_owner_may_not_see(ana: Person, ben: Person, cleo: Person) -> None:
    board, gone = await ana.board("Was public"), await ana.board("Was thrown away")
    pin = await cleo.pin(await cleo.board(), "By somebody who blocks")
    for followed in (board, gone):
        await ben.do("followBoard", "board { id }", boardId=followed)
    await ben.save(pin, await ben.board("His own"))
    await ana.do("updateBoard", "board { id }", boardId=board, privacy="SECRET", title="Divorce")
    await ana.do("deleteBoard", "deletedId", boardId=gone)
    await cleo.do("blockUser", "user { id }", userId=ben.id)

    found = await archive(ben)

    text = json.dumps(found)
    assert [each["title"] for each in found["boards.jsonl"]] == ["His own"]
    assert "Divorce" not in text
    assert "Was thrown away" not in text
    assert "By somebody who blocks" not in text


async def test_a_save_is_told_only_while_the_board_holds_the_pin(ana: Person, ben: Person, cleo: Person) -> None:
    hidden, shown = await ana.board("Hidden", "SECRET"), await ana.board("Shown")
    pin, other = await cleo.pin(await cleo.board(), "Taken off"), await cleo.pin(await cleo.board(), "Left on")
    for each in (pin, other):
        await ready(cleo, each)
    await ana.save(pin, hidden)
    await ana.do("unsavePin", "pin { id }", pinId=pin, boardId=hidden)
    await ana.do("updateBoard", "board { id }", boardId=hidden, privacy="PUBLIC")
    source = ben.listen(NEW_PINS, b=[hidden, shown])
    task = await listening(ana.server, source)

    await publish(ana, Kind.SAVED, pin, hidden)
    await ana.save(other, shown)
    await publish(ana, Kind.SAVED, other, shown)

    assert (await task)["newPins"]["pin"]["id"] == other
    await source.aclose()


async def test_a_pin_that_is_moved_to_a_board_is_new_there(ana: Person, ben: Person) -> None:
    hidden, shown = await ana.board("Hidden", "SECRET"), await ana.board("Shown")
    pin = await ana.pin(hidden, "Moved")
    await ready(ana, pin)
    source = ben.listen(NEW_PINS, b=[shown])
    task = await listening(ana.server, source)

    await ana.do("movePins", "board { id }", pinIds=[pin], fromBoardId=hidden, toBoardId=shown)
    await publish(ana, Kind.MOVED, pin, shown)

    heard = (await task)["newPins"]
    assert (heard["pin"]["id"], heard["board"]["id"]) == (pin, shown)
    await source.aclose()


async def test_a_note_is_told_as_its_writers_and_not_across_a_block(ana: Person, ben: Person, cleo: Person) -> None:
    board = await ana.board("Shared")
    for each in (ben, cleo):
        await ana.do("addCollaborator", "board { id }", boardId=board, userId=each.id)
    mine, theirs = await ana.pin(await ana.board("Else"), "One"), await ana.pin(await ana.board("More"), "Two")
    said = "save { note savedBy { id } }"
    await cleo.do("savePin", said, pinId=mine, boardId=board, note="Cleo's words")
    await cleo.do("savePin", said, pinId=theirs, boardId=board, note="Cleo's words")

    over = await ben.do("savePin", said, pinId=theirs, boardId=board, note="Ben's words")
    await cleo.do("blockUser", "user { id }", userId=ben.id)
    again = await ben.do("savePin", said, pinId=mine, boardId=board)

    assert over["save"] == {"note": "Ben's words", "savedBy": {"id": ben.id}}
    assert again["save"] == {"note": None, "savedBy": None}


async def test_an_avatar_that_nobody_wears_leaves_nothing(ana: Person) -> None:
    async def wear(image: Any) -> None:
        answer = await ana.do("updateProfile", "user { id }", avatar=image)
        assert answer["userErrors"] == []

    async def kept() -> int:
        row = await ana.server.graph.one(
            "UNWIND $known AS sha256 MATCH (i:Picture {sha256: sha256}) RETURN count(i) AS n", known=known
        )
        return int(row["n"]) if row else 0

    async def worn() -> str:
        row = await ana.server.graph.one(
            "MATCH (:User {n: $n})-[:AVATAR]->(i:Picture) RETURN i.sha256 AS sha256", n=ana.n
        )
        assert row is not None
        return str(row["sha256"])

    known: list[str] = []
    await wear({"uploadId": await upload(ana, photograph())})
    known.append(await worn())
    await wear({"uploadId": await upload(ana, photograph())})
    known.append(await worn())
    await ana.do("deleteAccount", "deletedId", password=PASSWORD)
    while await taking.take_apart(ana.server.graph, ana.server.store, asyncio.Lock()) is not None:
        pass

    while await sweep.free_pictures(ana.server.graph, ana.server.pictures, datetime.now(UTC)):
        pass

    assert len(set(known)) == 2
    assert await kept() == 0


async def test_what_a_deleted_account_wrote_beside_its_saves_goes(ana: Person, ben: Person, cleo: Person) -> None:
    board, other = await ana.board("Shared"), await ana.board("Left")
    for each in (board, other):
        await ana.do("addCollaborator", "board { id }", boardId=each, userId=ben.id)
    pin = await cleo.pin(await cleo.board(), "A fern")
    for each in (board, other):
        await ben.do("savePin", "save { note }", pinId=pin, boardId=each, note="Ben was here")
    await ben.do("removeCollaborator", "board { id }", boardId=other, userId=ben.id)

    await ben.do("deleteAccount", "deletedId", password=PASSWORD)
    while await taking.take_apart(ana.server.graph, ana.server.store, asyncio.Lock()) is not None:
        pass

    asked = "query ($id: ID!) { node(id: $id) { ... on Board { pins { edges { note savedBy { id } } } } } }"
    for each in (board, other):
        assert (await ana(asked, id=each))["node"]["pins"]["edges"] == [{"note": None, "savedBy": None}]
    left = await ana.server.graph.read("MATCH ()-[h:HOLDS]->(:Pin {id: $id}) WHERE h.by = $n RETURN h", id=pin, n=ben.n)
    assert left == []


async def test_a_pins_boards_are_those_of_accounts_that_are_there(ana: Person, ben: Person) -> None:
    board, kept = await ana.board("Going"), await ben.board("Staying")
    pin = await ben.pin(kept, "A fern")
    await ana.save(pin, board)

    await ana.do("deleteAccount", "deletedId", password=PASSWORD)

    asked = "query ($id: ID!) { node(id: $id) { ... on Pin { saveCount boards { nodes { id } } } } }"
    assert (await ben(asked, id=pin))["node"]["boards"]["nodes"] == [{"id": kept}]


async def test_counts_of_a_board_leave_out_who_is_blocked(ana: Person, ben: Person, cleo: Person) -> None:
    board = await ana.board("Shared")
    part = await section(ana, board, "Part")
    pin = await cleo.pin(await cleo.board(), "A fern")
    await ana.do("savePin", "save { note }", pinId=pin, boardId=board, sectionId=part)
    await cleo.do("followBoard", "board { id }", boardId=board)
    before = (await ben(COUNTS, id=board))["node"]

    await ben.do("blockUser", "user { id }", userId=cleo.id)

    assert before == {"pinCount": 1, "followerCount": 1, "sections": [{"pinCount": 1}]}
    assert (await ben(COUNTS, id=board))["node"] == {
        "pinCount": 0,
        "followerCount": 0,
        "sections": [{"pinCount": 0}],
    }


async def test_an_archive_holds_what_is_theirs_elsewhere_too(ana: Person, ben: Person) -> None:
    server = ana.server
    shared, left = await ana.board("Shared"), await ana.board("Left")
    secret = await ana.board("Not his any more", "SECRET")
    own = await ben.board("Own")
    part = await section(ben, own, "Part")
    pin, thrown = await ben.pin(own, "Kept"), await ben.pin(own, "Thrown away")
    for each in (shared, left, secret):
        await ana.do("addCollaborator", "board { id }", boardId=each, userId=ben.id)
        await ben.do("savePin", "save { note }", pinId=pin, boardId=each, note=f"Ben on {each}")
    await ana.save(pin, await ana.board("Hers alone"))
    for each in (left, secret):
        await ana.do("removeCollaborator", "board { id }", boardId=each, userId=ben.id)
    await ben.do("movePins", "board { id }", pinIds=[pin], fromBoardId=own, toBoardId=own, sectionId=part)
    await ben.do("deletePin", "deletedId", pinId=thrown)
    await ben.do("deleteBoard", "deletedId", boardId=await ben.board("Thrown board"))
    await ben.do("updateProfile", "user { id }", avatar={"uploadId": await upload(ben, photograph())})
    await ben.do("reportPin", "pin { id }", pinId=pin, kind="SPAM", text="My own words")
    acts = (Act(await pin_n(ben, pin), EngagementKind.CLICK, 5), Act(PinN(2**40), EngagementKind.SHARE, 6))
    await parquet.append(server.store, [Batch(1, ben.n, acts)], now=datetime.now(UTC) - timedelta(hours=40))

    found = await archive(ben)

    [board] = found["boards.jsonl"]
    [together] = found["shared-boards.jsonl"]
    saves = {each.get("boardId"): each for each in found["saves.jsonl"]}
    assert [each["title"] for each in board["sections"]] == ["Part"]
    assert (together["id"], together["role"]) == (shared, "EDITOR")
    assert saves[own] == {**saves[own], "pinId": pin, "title": "Kept", "sectionId": part}
    assert saves[shared]["note"] == f"Ben on {shared}"
    assert saves[left]["note"] == f"Ben on {left}"
    assert set(saves) == {own, shared, left}
    assert [each["id"] for each in found["trashed-pins.jsonl"]] == [thrown]
    assert [each["title"] for each in found["trashed-boards.jsonl"]] == ["Thrown board"]
    assert [each["text"] for each in found["reports.jsonl"]] == ["My own words"]
    assert [(each["pinId"], each["kind"]) for each in found["engagement.jsonl"]] == [(pin, "CLICK"), (None, "SHARE")]
    assert any(name.startswith(f"pictures/{found['profile.json']['avatar']['sha256']}") for name in found["names"])


async def test_what_a_deleted_account_did_last_is_kept_nowhere(ana: Person, ben: Person) -> None:
    server = ana.server
    pin = await ben.pin(await ben.board())
    n = await pin_n(ben, pin)
    for each in (ana, ben):
        await engagement.record(server.graph, each.n, [Act(n, EngagementKind.CLICK, 5)])
    await ana.do("deleteAccount", "deletedId", password=PASSWORD)
    while await taking.take_apart(server.graph, server.store, asyncio.Lock()) is not None:
        pass
    while (await outbox.sequence_once(server.graph)).events:
        pass

    while await keeping.keep(server.graph, server.store, asyncio.Lock(), now=datetime.now(UTC)):
        pass

    assert await parquet.rows_of(server.store, ana.n) == []
    assert len(await parquet.rows_of(server.store, ben.n)) == 1


ADDED = "subscription ($since: ID) { notificationAdded(since: $since) { id eventId actorCount } }"
TOLD = "{ notifications { nodes { id eventId kind actorCount } } }"


async def test_what_grew_while_nobody_listened_comes_first(ana: Person, ben: Person, cleo: Person) -> None:
    pin, other = await ana.pin(await ana.board(), "Moss"), await ana.pin(await ana.board(), "Fern")
    await ben.save(pin, await ben.board())
    await told(ana)
    [seen] = (await ana(TOLD))["notifications"]["nodes"]
    await cleo.save(other, await cleo.board("Other"))
    await told(ana)
    await cleo.save(pin, await cleo.board())
    await told(ana)
    now = (await ana(TOLD))["notifications"]["nodes"]

    for since in (seen["id"], seen["eventId"]):
        source = ana.listen(ADDED, since=since)
        missed = [(await nxt(source))["notificationAdded"] for _ in range(2)]
        assert [(each["id"], each["actorCount"]) for each in missed] == [(now[1]["id"], 1), (seen["id"], 2)]
        await source.aclose()
    late = ana.listen(ADDED, since=missed[0]["eventId"])
    assert (await nxt(late))["notificationAdded"]["eventId"] == missed[1]["eventId"] == now[0]["eventId"]
    await late.aclose()


async def test_listening_goes_on_after_what_was_undone(ana: Person, ben: Person, cleo: Person) -> None:
    await ben.do("followUser", "user { id }", userId=ana.id)
    await told(ana)
    [seen] = (await ana(TOLD))["notifications"]["nodes"]
    await ben.do("unfollowUser", "user { id }", userId=ana.id)
    await cleo.save(await ana.pin(await ana.board()), await cleo.board())
    await told(ana)
    [now] = (await ana(TOLD))["notifications"]["nodes"]

    source = ana.listen(ADDED, since=seen["id"])
    assert (await nxt(source))["notificationAdded"]["id"] == now["id"]
    await source.aclose()
    for theirs in (seen["id"], "told_x", "pin_x", ""):
        assert (await nxt(ben.listen(ADDED, since=theirs))).codes == ["BAD_USER_INPUT"]


async def test_an_actor_counts_while_one_of_their_acts_stands(ana: Person, ben: Person) -> None:
    pin = await ana.pin(await ana.board(), "Moss")
    one, two = await ben.board("One"), await ben.board("Two")
    first, last = await comment(ben, pin), await comment(ben, pin)
    await ben.save(pin, one)
    await told(ana)
    await ben.do("deleteComment", "deletedId", commentId=last)
    await ben.do("movePins", "board { id }", pinIds=[pin], fromBoardId=one, toBoardId=two)
    await told(ana)
    standing = {each["kind"] for each in (await ana(TOLD))["notifications"]["nodes"]}

    await ben.do("deleteComment", "deletedId", commentId=first)
    await ben.do("updateBoard", "board { id }", boardId=two, privacy="SECRET")

    assert standing == {"COMMENTED", "PIN_SAVED"}
    assert (await ana(TOLD))["notifications"]["nodes"] == []


async def test_what_is_hidden_does_not_come_on_a_later_page(ana: Person, ben: Person, feeds: FeedsOfTests) -> None:
    board = await ana.board()
    pins = [await ana.pin(board, f"Pin {i}") for i in range(3)]
    ns = [await pin_n(ana, pin) for pin in pins]
    feeds.shows(*((n, (ReasonRef(Source.FRESH, 1.0),)) for n in ns))
    feeds.page = replace(feeds.page, has_previous=True)  # The slate of a scroll that began before.

    await ben.do("hidePin", "pin { id }", pinId=pins[1])
    shown = (await ben('{ homeFeed(after: "x") { nodes { id } } }'))["homeFeed"]["nodes"]

    assert [each["id"] for each in shown] == [pins[0], pins[2]]


async def test_who_is_blocked_beside_an_invitation_does_not_work_on_the_board(ana: Person, ben: Person) -> None:
    for i in range(5):
        board = await ana.board(f"Board {i}")
        await asyncio.gather(
            ana.do("addCollaborator", "board { id }", boardId=board, userId=ben.id),
            ben.do("blockUser", "user { id }", userId=ana.id),
        )
        await ben.do("unblockUser", "user { id }", userId=ana.id)
        row = await ana.server.graph.one(
            "MATCH (:User {n: $n})-[c:COLLABORATES]->(:Board {id: $b}) RETURN count(c) AS n", n=ben.n, b=board
        )
        assert row == {"n": 0}


async def test_what_others_keep_secret_takes_no_place_among_boards_found(
    ana: Person, ben: Person, stranger: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "HITS_MAX", 3)
    word = f"q{secrets.token_hex(5)}"
    for _ in range(5):
        await ana.board(word, "SECRET")
    shown = await ben.board(f"All that is {word} and a little more")
    await refresh(ana.server.graph)

    found = await stranger("query ($q: String!) { searchBoards(query: $q) { nodes { id } } }", q=word)

    assert found["searchBoards"]["nodes"] == [{"id": shown}]


async def test_a_topics_covers_are_filled_with_what_no_block_hides(ana: Person, ben: Person, cleo: Person) -> None:
    topic = await topics.ensure(ana.server.graph, name="Moss", slug=secrets.token_hex(6))
    shown = await ana.pin(await ana.board(), "Shown", topic_ids=(topic.id,))
    board = await cleo.board()
    for i in range(topics.COVERS_MAX):
        await cleo.pin(board, f"Newer {i}", topic_ids=(topic.id,))
    asked = "query ($id: ID!) { node(id: $id) { ... on Topic { coverPins { id } } } }"
    before = (await ben(asked, id=topic.id))["node"]["coverPins"]

    await ben.do("blockUser", "user { id }", userId=cleo.id)

    assert len(before) == topics.COVERS_MAX
    assert {"id": shown} not in before
    assert (await ben(asked, id=topic.id))["node"]["coverPins"] == [{"id": shown}]


async def test_pictures_of_a_deleted_account_are_closed_at_once(ana: Person, ben: Person) -> None:
    graph, board = ana.server.graph, await ana.board()
    pin, kept = await ana.pin(board, "Going"), await ana.pin(board, "Staying")
    await ben.save(kept, await ben.board())
    rows = await graph.read(
        "UNWIND $ids AS id MATCH (:Pin {id: id})-[:SHOWS]->(i) RETURN i.key AS key", ids=[pin, kept]
    )
    going, staying = (row["key"] for row in rows)
    before = [await pictures.open(graph, key) for key in (going, staying)]

    await ana.do("deleteAccount", "deletedId", password=PASSWORD)

    assert before == [True, True]
    assert [await pictures.open(graph, key) for key in (going, staying)] == [False, True]


async def test_a_blocker_finds_whom_they_block_without_counts(ana: Person, ben: Person, cleo: Person) -> None:
    await ben.do("followUser", "user { id }", userId=cleo.id)
    await cleo.do("followUser", "user { id }", userId=ben.id)
    asked = """query ($id: ID!) { node(id: $id) { ... on User {
        id followerCount followingCount followers { nodes { id } } following { nodes { id } } } } }"""

    await ana.do("blockUser", "user { id }", userId=cleo.id)

    assert (await ana(asked, id=cleo.id))["node"] == {
        "id": cleo.id,
        "followerCount": 0,
        "followingCount": 0,
        "followers": {"nodes": []},
        "following": {"nodes": []},
    }


async def test_an_archive_that_is_being_made_while_its_account_goes_is_not_kept(ana: Person) -> None:
    server = ana.server

    class Late(Exports):
        async def _archive(self, user_n: UserN, profile: dict[str, Any]) -> AsyncIterator[bytes]:
            if user_n == ana.n:
                await ana.do("deleteAccount", "deletedId", password=PASSWORD)
                while await taking.take_apart(server.graph, server.store, asyncio.Lock()) is not None:
                    pass
            async for piece in super()._archive(user_n, profile):
                yield piece

    await ana(EXPORT)
    [row] = await server.graph.read("MATCH (x:Export {userN: $n}) RETURN x.id AS id", n=ana.n)
    maker = Late(server.graph, server.store, server.pictures)
    while await maker.step(now=datetime.now(UTC)):
        pass

    assert await server.store.get(stored_at(row["id"])) is None


async def test_rows_that_are_being_written_while_an_account_is_taken_apart_go_too(
    ana: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, turn = ana.server, asyncio.Lock()
    n = await pin_n(ana, await ana.pin(await ana.board()))
    await engagement.record(server.graph, ana.n, [Act(n, EngagementKind.CLICK, 5)])
    while (await outbox.sequence_once(server.graph)).events:
        pass
    apart: list[asyncio.Task[Any]] = []
    append = parquet.append

    async def slowly(*given: Any, **named: Any) -> None:
        await ana.do("deleteAccount", "deletedId", password=PASSWORD)
        apart.append(asyncio.create_task(taking.take_apart(server.graph, server.store, turn)))
        await asyncio.wait(apart, timeout=2.0)  # It waits for its turn, or would be done long before.
        await append(*given, **named)

    monkeypatch.setattr(parquet, "append", slowly)
    await keeping.keep(server.graph, server.store, turn, now=datetime.now(UTC))
    await asyncio.gather(*apart)
    while await taking.take_apart(server.graph, server.store, turn) is not None:
        pass

    assert apart
    assert await parquet.rows_of(server.store, ana.n) == []


async def test_what_was_hidden_last_comes_first_page_by_page(ana: Person, ben: Person) -> None:
    board = await ana.board()
    closed = await ana.board("Closing")
    pins = [await ana.pin(board, f"Pin {i}") for i in range(3)] + [await ana.pin(closed, "Gone")]
    order = [pins[2], pins[0], pins[3], pins[1]]
    for pin in reversed(order):
        await ben.do("hidePin", "pin { id }", pinId=pin)
    await ana.do("updateBoard", "board { id }", boardId=closed, privacy="SECRET")

    seen: list[str] = []
    after = None
    while True:
        asked = (
            "query ($a: String) { hiddenPins(first: 1, after: $a) { nodes { id } pageInfo { hasNextPage endCursor } } }"
        )
        page = (await ben(asked, a=after))["hiddenPins"]
        seen += [each["id"] for each in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break

    assert seen == [pins[2], pins[0], pins[1]]
