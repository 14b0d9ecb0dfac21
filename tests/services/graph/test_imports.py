import secrets

import pytest

from domain.errors import Conflict, Invalid, Taken
from domain.events import Kind
from domain.ids import SIGNED_OUT, UserN
from domain.model import BoardPrivacy, PinStatus
from graph import boards, imports, outbox, pin_writes, pins, search, taste, visibility
from graph.client import Graph
from graph.keys import ms_of
from tests.services.graph.conftest import World, new_picture


def people(mark: str, count: int) -> list[imports.ImportUser]:
    return [
        imports.ImportUser(f"{mark}:u{i}", f"{mark}u{i}", f"{mark}u{i}@example.org", f"Person {i}", "hash")
        for i in range(count)
    ]


async def test_a_world_comes_in_once_however_often_it_is_sent(graph: Graph, world: World) -> None:
    mark, topic = f"i{secrets.token_hex(5)}", await world.topic()
    picture = new_picture()

    async def bring() -> tuple[dict[str, int], dict[str, int], dict[str, int], int]:
        users = await imports.users(graph, people(mark, 2))
        owner = users[f"{mark}:u0"]
        held = await imports.boards(graph, [imports.ImportBoard(f"{mark}:b{i}", owner, f"B {i}") for i in range(2)])
        rows = [
            imports.ImportPin(
                f"{mark}:p{i}", owner, f"{mark} {i}", picture if i < 2 else new_picture(), topic_ns=(topic.n,)
            )
            for i in range(3)
        ]
        made = await imports.pins(graph, rows)
        pairs = [(held[f"{mark}:b{i % 2}"], made[f"{mark}:p{j}"]) for i in range(2) for j in range(3)]
        saved = await imports.saves(graph, [imports.ImportSave(b, p, at_ms=1_700_000_000_000) for b, p in pairs])
        return dict(users), dict(held), dict(made), saved

    first, second = await bring(), await bring()

    assert first[:3] == second[:3]
    assert (first[3], second[3]) == (6, 0)
    ns = list(first[2].values())
    assert await visibility.visible(graph, SIGNED_OUT, ns) == set(ns)  # type: ignore[arg-type]
    assert await imports.known(graph, "Pin", [f"{mark}:p0", "other"]) == {f"{mark}:p0": first[2][f"{mark}:p0"]}
    assert ms_of(await world.pin_k(ns[0])) == 1_700_000_000_000  # type: ignore[arg-type]
    assert {n for n, _, _ in await taste.topic_pins(graph, [topic.n], 10)} == set(ns)
    owner = UserN(first[0][f"{mark}:u0"])
    ks = [await world.pin_k(n) for n in ns]  # type: ignore[arg-type]
    assert await world.last_pin_at(owner) == max(ks)
    await graph.read("CALL db.index.fulltext.awaitEventuallyConsistentIndexRefresh()", timeout_s=10)
    assert {m.pin_n for m in await search.pins(graph, SIGNED_OUT, mark, 10)} == set(ns)


async def test_one_quiet_event_tells_of_a_batch(graph: Graph, world: World) -> None:
    mark, ana = f"i{secrets.token_hex(5)}", (await world.user()).n
    board = (await world.board(ana)).n
    made = await imports.pins(graph, [imports.ImportPin(f"{mark}:{i}", ana, "x", new_picture()) for i in range(3)])
    while (await outbox.sequence_once(graph)).events:
        pass
    start = await outbox.last_seq(graph)

    await imports.saves(graph, [imports.ImportSave(board, n) for n in made.values()])
    await pin_writes.mark(graph, list(made.values()), status=PinStatus.READY, look="a-1")
    while (await outbox.sequence_once(graph)).events:
        pass

    events = [e for e in await outbox.after(graph, start) if board in e.boards or e.pin in made.values()]
    assert [(e.kind, e.boards, set(e.pins)) for e in events] == [(Kind.IMPORTED, (board,), set(made.values()))]
    row = await graph.one("MATCH (j:Job) WHERE j.p IN $ns RETURN count(j) AS n", ns=list(made.values()))
    assert row == {"n": 0}
    assert {p.status for p in await pins.by_ns(graph, ana, list(made.values()))} == {PinStatus.READY}


async def test_secret_and_missing_boards_are_left_out(graph: Graph, world: World) -> None:
    ana = (await world.user()).n
    board, gone = (await world.board(ana, secret=True)).n, (await world.board(ana)).n
    pin = await world.pin(ana, (await world.board(ana)).n)
    await boards.delete(graph, ana, gone)

    assert await imports.saves(graph, [imports.ImportSave(board, pin), imports.ImportSave(gone, pin)]) == 0
    (made,) = (
        await imports.boards(
            graph, [imports.ImportBoard(f"x{secrets.token_hex(6)}", ana, "S", privacy=BoardPrivacy.SECRET)]
        )
    ).values()
    assert await boards.by_ns(graph, SIGNED_OUT, [made]) == []


async def test_bounds_and_taken_names_refuse_the_whole_batch(
    graph: Graph, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    ana, mark = await world.user(), f"i{secrets.token_hex(5)}"
    board = (await world.board(ana.n)).n
    made = await imports.pins(graph, [imports.ImportPin(f"{mark}:{i}", ana.n, "x", new_picture()) for i in range(3)])
    monkeypatch.setattr(imports, "BOARD_PINS_MAX", 2)

    with pytest.raises(Conflict):
        await imports.saves(graph, [imports.ImportSave(board, n) for n in made.values()])
    with pytest.raises(Taken):
        await imports.users(
            graph, [*people(mark, 1), imports.ImportUser(f"{mark}:x", ana.username, "q@example.org", "x", "h")]
        )
    with pytest.raises(Invalid):
        await imports.saves(graph, [imports.ImportSave(board, n) for n in made.values()] * 4_000)

    assert await imports.known(graph, "User", [f"{mark}:u0"]) == {}
    assert (await boards.counts(graph, ana.n, [board]))[board].pins == 0
