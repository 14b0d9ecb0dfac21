"""Two API processes and two workers over one graph: a client cannot tell that they are not one.

The tests go through one installation in their order: what the later ones kill is not there any more.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from app import children
from app.children import Child, Guard
from app.connect import open_pictures
from app.settings import Settings
from app.transfer.folder import uploaded
from domain.ids import SIGNED_OUT
from domain.limits import LOG_IN_TRIES_MAX
from domain.model import PinStatus
from graph import boards, imports, jobs, pins, users
from graph.client import Graph
from graph.imports import ImportPin, ImportSave
from tests.api.client import CREATE_BOARD, PASSWORD, Account, Socket, until
from tests.servers import redis_server
from tests.servers.server import Obtained
from tests.services.app.conftest import jpeg
from tests.services.app.installation import Api, Installation, kill
from tests.services.app.test_worker import a_board, made, ready_events

pytestmark = pytest.mark.timeout(600)

PINS = 45
PAGE = """query Page($after: String) { homeFeed(first: 10, after: $after) {
  edges { cursor node { id } score reasons { text } } pageInfo { hasNextPage endCursor } } }"""
RELATED = """query Related($id: ID!) { node(id: $id) { ... on Pin { related(first: 50) {
  edges { node { id } reasons { source board { id } } } } } } }"""
NEW_PINS = "subscription New($boards: [ID!]) { newPins(boardIds: $boards) { eventId pin { id } } }"
SAVE = "mutation Save($input: SavePinInput!) { savePin(input: $input) { userErrors { code message } } }"
PRIVACY = "mutation Update($input: UpdateBoardInput!) { updateBoard(input: $input) { userErrors { code message } } }"
BOARD = "query Board($id: ID!) { node(id: $id) { ... on Board { title } } }"
LOG_IN = "mutation LogIn($input: LogInInput!) { logIn(input: $input) { accessToken userErrors { code } } }"


@dataclass
class Town:
    """Two APIs, two workers, a Redis, and Pins that everybody may see."""

    installation: Installation
    a: Api
    b: Api
    workers: list[Child]
    redis: Child
    pins: list[str]


@pytest.fixture(scope="module")
def start_redis(
    redis_program: Obtained, guard: Guard, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[], tuple[str, Child]]:
    """Starts the Redis of this town, always at the same address."""
    folder, port = tmp_path_factory.mktemp("redis"), children.free_port()
    return lambda: (f"redis://127.0.0.1:{port}", redis_server.start(redis_program, folder, port, guard))


@pytest.fixture(scope="module")
async def town(
    place: Settings,
    place_graph: Graph,
    guard: Guard,
    start_redis: Callable[[], tuple[str, Child]],
    tmp_path_factory: Any,
) -> AsyncIterator[Town]:
    url, redis = start_redis()
    # By routing, as where the graph is several servers: bookmarks are carried.
    routed = replace(place, graph_uri=(place.graph_uri or "").replace("bolt", "neo4j", 1))
    installation = Installation(routed, guard, tmp_path_factory.mktemp("town"), url)
    ids = await public_pins(place, place_graph, PINS)
    a, b = installation.api(), installation.api()
    workers = [installation.worker(), installation.worker()]
    for api in (a, b):
        await api.until_ready("graph", "walk", "redis", "worker")
    town = Town(installation, a, b, workers, redis, ids)
    yield town
    await installation.stop()
    town.redis.stop()


async def public_pins(place: Settings, graph: Graph, count: int) -> list[str]:
    """The ids of new Pins with pictures on a public board."""
    name = f"u{secrets.token_hex(6)}"
    by = await users.create(
        graph, username=name, email=f"{name}@example.org", display_name=name, password_hash="!", now=datetime.now(UTC)
    )
    board = await boards.create(graph, owner=by.n, title="Everybody's")
    async with open_pictures(place) as (pictures, _):
        rows = [
            ImportPin(
                ext=f"town:{secrets.token_hex(8)}",
                creator_n=by.n,
                title="A picture",
                picture=uploaded(await pictures.take(jpeg(secrets.randbits(60)))),
            )
            for _ in range(count)
        ]
    ns = list((await imports.pins(graph, rows)).values())
    await imports.saves(graph, [ImportSave(board_n=board.n, pin_n=n) for n in ns])
    return [pin.id for pin in await pins.by_ns(graph, SIGNED_OUT, ns)]


async def page(api: Api, after: str | None, by: Account | None = None) -> Any:
    return (await api.client.data(PAGE, {"after": after}, by=by))["homeFeed"]


def ids(feed: Any) -> list[str]:
    return [edge["node"]["id"] for edge in feed["edges"]]


async def test_a_scroll_begun_on_one_goes_on_at_the_other_in_the_same_order(town: Town) -> None:
    first = await page(town.a, None)
    seen, cursor, turn = ids(first), first["pageInfo"]["endCursor"], [town.b, town.a]
    while first["pageInfo"]["hasNextPage"]:
        both = [await page(api, cursor) for api in turn]
        assert [[edge["node"], edge["score"], edge["reasons"]] for edge in both[0]["edges"]] == [
            [edge["node"], edge["score"], edge["reasons"]] for edge in both[1]["edges"]
        ]
        seen += ids(both[0])
        first, cursor = both[0], both[0]["pageInfo"]["endCursor"]
        turn.reverse()

    assert len(seen) == len(set(seen))
    assert set(seen) >= set(town.pins)


async def test_who_listens_at_one_hears_what_happens_on_both_once_and_in_order(town: Town) -> None:
    ana = await town.a.client.sign_up("ana")
    board = await town.a.client.board(ana)
    async with town.b.client.socket(by=ana) as socket:
        await socket.subscribe("1", NEW_PINS, {"boards": [board]})
        rest = list(town.pins)
        await until_heard(town, socket, ana, board, rest)
        told, heard = rest[:20], []
        for i, pin in enumerate(told):
            await save(town.a if i % 2 else town.b, ana, pin, board)
            if i == 9:
                kill(town.workers.pop())  # The other one gives events their order, too.
        while len(heard) < len(told):
            heard.append((await socket.receive(within_s=120))["payload"]["data"]["newPins"]["pin"]["id"])
        await save(town.a, ana, rest[20], board)
        last = (await socket.receive(within_s=120))["payload"]["data"]["newPins"]["pin"]["id"]

    assert heard == told
    assert last == rest[20]
    town.workers.append(town.installation.worker())


async def until_heard(town: Town, socket: Socket, by: Account, board: str, rest: list[str]) -> None:
    """Saves Pins until one is heard: from then on the subscription listens. What was saved is taken out of `rest`.

    One that is heard late, on a busy machine, is followed by those saved after it, in order.
    """
    saved: list[str] = []
    while True:
        saved.append(rest.pop())
        await save(town.a, by, saved[-1], board)
        try:
            heard = await socket.receive(within_s=3)
        except TimeoutError:
            continue
        at = saved.index(heard["payload"]["data"]["newPins"]["pin"]["id"])
        for pin in saved[at + 1 :]:
            later = await socket.receive(within_s=30)
            assert later["payload"]["data"]["newPins"]["pin"]["id"] == pin
        return


async def save(api: Api, by: Account, pin: str, board: str) -> None:
    payload = await api.client.do(SAVE, {"pinId": pin, "boardId": board}, by=by)
    assert payload["userErrors"] == []


async def test_a_board_made_secret_on_one_is_gone_from_walks_at_the_other(town: Town) -> None:
    ana = await town.a.client.sign_up("ana")
    board = await town.a.client.board(ana)
    for pin in town.pins[:8]:
        await save(town.a, ana, pin, board)

    async def by_the_board() -> bool:
        """Whether a walk at B comes by the board, which its owner may be told whatever it is."""
        found = await town.b.client.data(RELATED, {"id": town.pins[0]}, by=ana)
        whys = [why for edge in found["node"]["related"]["edges"] for why in edge["reasons"]]
        return any(why["source"] == "WALK" and (why["board"] or {}).get("id") == board for why in whys)

    async def not_by_the_board() -> bool:
        return not await by_the_board()

    await until(by_the_board, within_s=120)
    payload = await town.a.client.do(PRIVACY, {"boardId": board, "privacy": "SECRET"}, by=ana)
    assert payload["userErrors"] == []

    await until(not_by_the_board, within_s=120)


async def test_what_is_written_at_one_is_followed_by_ones_reads_at_the_other(
    town: Town,
) -> None:
    ana = await town.a.client.sign_up("ana")

    for here, there in [(town.a, town.b), (town.b, town.a)] * 3:
        answer = await here.client.run(CREATE_BOARD, {"input": {"title": "Mine", "privacy": "SECRET"}}, by=ana)
        found = await there.client.data(BOARD, {"id": answer["data"]["createBoard"]["board"]["id"]}, by=ana)
        assert found["node"]["title"] == "Mine"
        assert answer["extensions"]["bookmark"]


async def test_wrong_passwords_told_to_one_are_counted_by_the_other(town: Town) -> None:
    ana = await town.a.client.sign_up("ana")
    guess = {"username": ana.username, "password": "a guess"}

    codes = [
        (await api.client.do(LOG_IN, guess))["userErrors"][0]["code"]
        for api in [town.a, town.b] * (LOG_IN_TRIES_MAX // 2)
    ]
    assert codes == ["UNAUTHENTICATED"] * LOG_IN_TRIES_MAX

    for api in (town.a, town.b):
        right = await api.client.do(LOG_IN, {"username": ana.username, "password": PASSWORD})
        assert right["userErrors"] == [{"code": "RATE_LIMITED"}]


async def test_sockets_of_an_account_are_counted_over_both(town: Town) -> None:
    ana = await town.a.client.sign_up("ana")
    async with asyncio.timeout(60), contextlib.AsyncExitStack() as stack:
        for api in [town.a, town.b] * 5:
            await stack.enter_async_context(api.client.socket(by=ana))

        for api in (town.a, town.b):
            async with api.client.raw_socket() as connection:
                eleventh = Socket(connection)
                await eleventh.send({"type": "connection_init", "payload": {"authorization": f"Bearer {ana.access}"}})
                assert (await eleventh.closed())[0] == 4429


async def test_two_workers_share_the_jobs_and_when_one_is_killed_the_other_does_them_all_once(
    town: Town, place: Settings, place_graph: Graph
) -> None:
    by, board = await a_board(place_graph)
    ns = await made(place, place_graph, by, board, 40)

    async def begun() -> bool:
        found = await pins.by_ns(place_graph, SIGNED_OUT, ns)
        return any(pin.status is PinStatus.READY for pin in found)

    await until(begun, within_s=120)
    kill(town.workers.pop(0))

    async def done() -> bool:
        found = await pins.by_ns(place_graph, SIGNED_OUT, ns)
        return all(pin.status is PinStatus.READY for pin in found) and len(await ready_events(place_graph, ns)) >= 40

    await until(done, within_s=240)
    assert sorted(await ready_events(place_graph, ns)) == sorted(ns)
    assert [dead for dead in await jobs.dead(place_graph) if dead.pin_n in ns] == []


async def test_while_redis_is_gone_all_is_answered_and_it_is_named(
    town: Town, start_redis: Callable[[], tuple[str, Child]]
) -> None:
    ana = await town.a.client.sign_up("ana")
    first = await page(town.a, None, ana)
    town.redis.stop()

    seen, cursor = ids(first), first["pageInfo"]["endCursor"]
    for api in [town.b, town.a] * 2:
        found = await page(api, cursor, ana)
        seen += ids(found)
        cursor = found["pageInfo"]["endCursor"]
    assert len(seen) == len(set(seen)) >= 45
    for api in (town.a, town.b):
        payload = await api.client.do(LOG_IN, {"username": ana.username, "password": PASSWORD})
        assert payload["userErrors"] == []
        parts = await api.parts()
        assert parts["redis"]["state"] == "down"
        assert parts["graph"]["state"] == "ready"

    _, town.redis = start_redis()
    for api in (town.a, town.b):
        await api.until_ready("redis")


async def test_when_one_is_killed_its_scrolls_go_on_at_the_other(town: Town) -> None:
    first = await page(town.a, None)
    second = await page(town.a, first["pageInfo"]["endCursor"])
    kill(town.a.child)

    again = await page(town.b, first["pageInfo"]["endCursor"])

    assert ids(again) == ids(second)
