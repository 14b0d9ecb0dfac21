from __future__ import annotations

import asyncio
import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from app.learning import exposed
from discovery.feeds import Shown
from discovery.queries import starts
from domain import limits
from domain.acts import Act, EngagementKind
from domain.ids import PinN, new_id
from events import engagement as taking
from graph import engagement, outbox, taste
from media import exposures, parquet
from tests.services.schema.conftest import Caller, FeedsOfTests, Person, pin_n
from tests.services.schema.test_comments_api import refusals


def act(pin: str, kind: str = "CLOSEUP", **more: Any) -> dict[str, Any]:
    return {"pinId": pin, "kind": kind, "at": datetime.now(UTC).isoformat(), **more}


async def taken_in(someone: Person) -> None:
    graph = someone.server.graph
    while (await outbox.sequence_once(graph)).events:
        pass
    while await taking.take_in(graph):
        pass


async def test_acts_are_remembered_latest_first_without_impressions(ana: Person, ben: Person) -> None:
    pins = [await ana.pin(await ana.board(), f"Pin {i}") for i in range(3)]
    ns = [await pin_n(ana, pin) for pin in pins]
    now = datetime.now(UTC)
    events = [
        act(pins[0], "IMPRESSION"),
        act(pins[0], "CLOSEUP", at=(now - timedelta(seconds=9)).isoformat()),
        act(pins[1], "CLICK", at=(now - timedelta(seconds=5)).isoformat()),
    ]

    answers = [
        await ben.do("recordEngagement", "accepted", events=events),
        await ben.do("recordEngagement", "accepted", events=[act(pins[2], "DWELL", dwellMs=7_000)]),
    ]
    await taken_in(ana)
    await taken_in(ana)
    found = await engagement.actions(ana.server.graph, ben.n)

    assert [answer["accepted"] for answer in answers] == [3, 1]
    assert [(n, kind.value) for n, kind, _ in found] == [(ns[2], "DWELL"), (ns[1], "CLICK"), (ns[0], "CLOSEUP")]
    assert (await taste.kept(ana.server.graph, ben.n)).acts == tuple(found)


async def test_what_is_done_with_public_pins_warms_them_once_a_person(ana: Person, ben: Person, cleo: Person) -> None:
    shown, hidden = await ana.pin(await ana.board()), await ana.pin(await ana.board("Hidden", "SECRET"))
    graph = ana.server.graph
    for someone, pin in ((ben, shown), (cleo, shown), (ana, hidden)):
        for _ in range(3):
            await someone.do("recordEngagement", "accepted", events=[act(pin, "CLICK")] * 5)
            await taken_in(ana)

    heat = {
        pin: (await graph.one("MATCH (p:Pin {id: $id}) RETURN p.heat AS heat", id=pin) or {})["heat"]
        for pin in (shown, hidden)
    }
    now_ms = int(datetime.now(UTC).timestamp() * 1000)
    popular = {n: score for n, score, _ in await taste.popular(graph, None, 100_000, now_ms)}

    assert heat[shown] == pytest.approx(1.0, abs=0.01)
    assert heat[hidden] is None
    assert popular[await pin_n(ana, shown)] == pytest.approx(2.0, abs=0.05)
    assert await pin_n(ana, hidden) not in popular


async def test_a_pin_that_is_hidden_cools_until_it_is_shown_again(ana: Person, ben: Person, cleo: Person) -> None:
    graph, pin = ana.server.graph, await ana.pin(await ana.board())
    n = await pin_n(ana, pin)

    async def heat() -> float:
        row = await graph.one("MATCH (p:Pin {n: $n}) RETURN p.heat AS heat", n=n)
        return float(row["heat"]) if row else 0.0

    async def trends() -> bool:
        now_ms = int(datetime.now(UTC).timestamp() * 1000)
        return n in {found for found, _, _ in await taste.popular(graph, None, 100_000, now_ms)}

    await cleo.do("recordEngagement", "accepted", events=[act(pin, "CLICK")])
    await taken_in(ana)
    for _ in range(3):
        await ben.do("hidePin", "pin { id }", pinId=pin)
    hidden = await heat()
    await cleo.do("hidePin", "pin { id }", pinId=pin)
    twice, still = await heat(), await trends()
    for _ in range(2):
        await ana.do("hidePin", "pin { id }", pinId=pin)
    no_more = await trends()
    for someone in (ana, ben, cleo):
        await someone.do("unhidePin", "pin { id }", pinId=pin)

    assert [hidden, twice, await heat()] == pytest.approx([0.0, -0.5, 0.5], abs=0.01)
    assert (still, no_more, await trends()) == (True, False, True)


async def test_how_often_a_pin_was_looked_at_counts_until_something_is_done_with_it(
    ana: Person, ben: Person, feeds: FeedsOfTests, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, third = [await ana.pin(await ana.board(), f"Pin {i}") for i in range(2)]
    ns = [await pin_n(ana, pin) for pin in (first, third)]
    places = {"first": Shown("home", "5eed", 0), "third": Shown("home", "5eed", 2)}
    monkeypatch.setattr(feeds, "places", lambda _viewer, _cursors: places)
    shown = [act(first, "IMPRESSION", feedCursor="first"), act(third, "IMPRESSION", feedCursor="third")]

    for _ in range(3):
        await ben.do("recordEngagement", "accepted", events=shown)
    await taken_in(ana)
    await taken_in(ana)
    looked = (await taste.kept(ana.server.graph, ben.n)).looks
    await ben.do("recordEngagement", "accepted", events=[act(third, "CLOSEUP"), act(first, "IMPRESSION")])
    await taken_in(ana)
    then = (await taste.kept(ana.server.graph, ben.n)).looks

    assert looked == pytest.approx({ns[0]: 3.0, ns[1]: 1.5})
    assert then == pytest.approx({ns[0]: 3.3})


async def test_what_is_hidden_is_known_latest_first(ana: Person, ben: Person) -> None:
    pins = [await ana.pin(await ana.board(), f"Pin {i}") for i in range(3)]
    for pin in pins:
        await ben.do("hidePin", "pin { id }", pinId=pin)

    kept = await taste.kept(ana.server.graph, ben.n)

    assert list(kept.disliked) == [await pin_n(ana, pin) for pin in reversed(pins)]
    assert kept.hidden == frozenset(kept.disliked)


async def test_what_cannot_be_recorded_is_refused_or_left_out(ana: Person, ben: Person, stranger: Caller) -> None:
    shown, hidden = await ana.pin(await ana.board()), await ana.pin(await ana.board("Hidden", "SECRET"))
    now = datetime.now(UTC)

    left_out = await ben.do(
        "recordEngagement", "accepted", events=[act(p) for p in (shown, hidden, new_id("pin"), "moss")]
    )
    bad = {
        "old": act(shown, at=(now - timedelta(days=1, minutes=1)).isoformat()),
        "ahead": act(shown, at=(now + timedelta(minutes=6)).isoformat()),
        "no dwell": act(shown, "DWELL"),
        "long": act(shown, "DWELL", dwellMs=3_600_001),
        "negative": act(shown, "DWELL", dwellMs=-1),
        "dwell of a click": act(shown, "CLICK", dwellMs=5),
    }
    answers = {why: await ben.do("recordEngagement", "accepted", events=[act(shown), e]) for why, e in bad.items()}
    out = await stranger.do("recordEngagement", "accepted", events=[act(shown)])
    most = await ben.do("recordEngagement", "accepted", events=[act(shown)] * 500)
    over = await ben.do("recordEngagement", "accepted", events=[act(shown)] * 501)
    none = await ben.do("recordEngagement", "accepted", events=[])

    assert left_out["accepted"] == 1
    assert [refusals(a)[0][0] for a in answers.values()] == ["INVALID"] * 6
    assert [refusals(a)[0][1][1:] for a in answers.values()] == [["1", "at"]] * 2 + [["1", "dwellMs"]] * 4
    assert refusals(out) == [("UNAUTHENTICATED", [])]
    assert (most["accepted"], refusals(over)[0][0], none["accepted"]) == (500, "TOO_LARGE", 0)


async def test_a_batch_is_one_row_and_two_statements(ana: Person, ben: Person) -> None:
    pin = await ana.pin(await ana.board())
    document = "mutation ($input: RecordEngagementInput!) { recordEngagement(input: $input) { accepted } }"

    reply = await ben(document, input={"events": [act(pin)] * 100})
    row = await ana.server.graph.one(
        "MATCH (e:Event) WHERE e.kind = 'engaged' AND e.u = $n RETURN count(*) AS n", n=ben.n
    )

    assert reply["recordEngagement"] == {"accepted": 100}
    assert reply.statements == 2
    assert row == {"n": 1}


def test_acts_are_unpacked_as_they_were_also_from_when_they_were_json() -> None:
    acts = tuple(
        Act(PinN(i), kind, 1_790_000_000_000 + i, i, "home", "5eed" * 4, i, 0.5)
        for i, kind in enumerate(EngagementKind)
    )
    before = "[[7,1,1790000000000,0,null,null,null,null]]"

    assert engagement.unpacked(engagement.packed(acts)) == acts
    assert engagement.unpacked(before) == (Act(PinN(7), EngagementKind.CLOSEUP, 1_790_000_000_000),)


async def test_what_was_shown_is_read_back_with_its_parts_and_files_from_before_them_are_passed_over(
    ana: Person, ben: Person, feeds: FeedsOfTests, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, pin = ana.server, await ana.pin(await ana.board())
    n, told = await pin_n(ana, pin), bytes([32, 0, 0, 0, 0, 0, 0, 8])
    places = {"one": Shown("home", "5eed", 0, told), "other": Shown("following", "5eee", 1)}
    monkeypatch.setattr(feeds, "places", lambda _viewer, _cursors: places)
    kinds = [("IMPRESSION", "one"), ("CLICK", "one"), ("IMPRESSION", "other")]
    await ben.do("recordEngagement", "accepted", events=[act(pin, kind, feedCursor=cursor) for kind, cursor in kinds])
    while (await outbox.sequence_once(server.graph)).events:
        pass
    now = datetime.now(UTC)
    while await taking.keep(server.graph, server.store, asyncio.Lock(), now=now):
        pass
    old = pa.table({name: [] for name in parquet.SCHEMA.names if name != "parts"})
    sink = io.BytesIO()
    pq.write_table(old.cast(pa.schema([field for field in parquet.SCHEMA if field.name != "parts"])), sink)
    await server.store.put(f"{parquet.FOLDER}/{now:%Y-%m-%dT%H}/9000.parquet", sink.getvalue(), parquet.CONTENT_TYPE)

    found = await exposures.acts(server.store, feed="home", since=now, rows_max=10**6)
    mine = [i for i, user in enumerate(found.user) if user == ben.n]
    shown = exposed(found)
    [row] = [i for i, viewer in enumerate(shown.viewers) if viewer == ben.n]

    assert [(int(found.pin[i]), found.kind[i], found.parts[i]) for i in mine] == [
        (n, "IMPRESSION", told),
        (n, "CLICK", told),
    ]
    assert (shown.parts[row].tolist(), shown.taken[row], shown.looked[row]) == ([1.0, 0, 0, 0, 0, 0, 0, 0.25], 0.5, 1.0)


async def test_the_last_two_hundred_are_kept(ana: Person, ben: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engagement, "ACTIONS_KEPT_MAX", 5)
    pin = await ana.pin(await ana.board())

    for _ in range(3):
        await ben.do("recordEngagement", "accepted", events=[act(pin)] * 3)
    await asyncio.gather(taken_in(ana), taken_in(ana))

    assert len(await engagement.actions(ana.server.graph, ben.n)) == 5
    assert limits.ACTIONS_KEPT_MAX == 200


async def test_rows_are_kept_as_parquet_once(ana: Person, ben: Person) -> None:
    server, pin = ana.server, await ana.pin(await ana.board())
    n = await pin_n(ana, pin)
    await ben.do("recordEngagement", "accepted", events=[act(pin, "IMPRESSION"), act(pin, "DWELL", dwellMs=900)])
    while (await outbox.sequence_once(server.graph)).events:
        pass
    now = datetime.now(UTC)

    while await taking.keep(server.graph, server.store, asyncio.Lock(), now=now):
        pass
    batches, _ = await engagement.after(server.graph, 0)
    await parquet.append(server.store, [b for b in batches if b.user_n == ben.n], now=now)
    rows = await parquet.rows_of(server.store, ben.n)

    assert [(row["pin"], row["kind"], row["dwell_ms"]) for row in rows] == [(n, "IMPRESSION", 0), (n, "DWELL", 900)]
    assert await parquet.forget(server.store, ben.n) == 2
    assert await parquet.rows_of(server.store, ben.n) == []


def test_a_home_page_starts_from_what_was_looked_at_among_what_was_saved() -> None:
    saved = [(PinN(i), (1_000 - i * 100) << 20) for i in range(5)]
    acts = [
        (PinN(9), EngagementKind.CLOSEUP, 2_000),
        (PinN(9), EngagementKind.CLICK, 1_950),
        (PinN(1), EngagementKind.CLICK, 1_900),
        *((PinN(100 + i), EngagementKind.DWELL, 500 - i) for i in range(20)),
    ]

    found = starts(saved, acts)

    assert [(q.pin_n, q.viewed) for q in found[:3]] == [(9, True), (0, False), (1, False)]
    assert found[0].weight == 0.5
    assert sum(q.viewed for q in found) == 8
    assert len(found) == 13
