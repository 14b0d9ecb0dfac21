"""Live events over graphql-transport-ws: the protocol frame by frame, who may listen, and what they hear."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import websockets

from app.auth import PasswordAccounts
from app.resources import now
from app.secret_files import session_key
from app.settings import Settings
from app.transports import over_sockets, standing
from domain.model import User
from events.bus import Bus
from tests.api.client import Account, Client, Socket, until
from tests.npm import transport_ws
from tests.npm.checks import Check, Server

TYPE = "{ __typename }"
NEW_PINS = "subscription New($boards: [ID!]) { newPins(boardIds: $boards) { eventId pin { id title } board { id } } }"
PROCESSED = "subscription Done($pin: ID!) { pinProcessed(pinId: $pin) { id status } }"
FOLLOW = "mutation($input: FollowUserInput!) { followUser(input: $input) { userErrors { code } } }"
SAVE = "mutation($input: SavePinInput!) { savePin(input: $input) { userErrors { code } } }"
PRIVACY = "mutation($input: UpdateBoardInput!) { updateBoard(input: $input) { userErrors { code } } }"


async def started(bus: Bus, socket: Socket, key: str, query: str, variables: dict[str, Any] | None = None) -> None:
    """Subscribes, and waits until it listens: what happens from now on is heard."""
    before = bus.open_subscriptions
    await socket.subscribe(key, query, variables)
    await until(lambda: listening(bus, before + 1))


async def listening(bus: Bus, count: int) -> bool:
    """Whether so many subscriptions are open."""
    return bus.open_subscriptions == count


async def test_a_query_over_a_socket_gives_one_answer_and_completes(client: Client) -> None:
    ana = await client.sign_up("ana")
    async with client.socket(by=ana) as socket:
        await socket.subscribe("1", "{ viewer { username } }")

        answer, end = await socket.receive(), await socket.receive()

    assert answer["type"] == "next"
    assert answer["payload"]["data"] == {"viewer": {"username": ana.username}}
    assert answer["payload"]["extensions"]["cost"] == {"requested": 1, "maximum": 5000}
    assert end == {"id": "1", "type": "complete"}


@pytest.fixture(scope="module")
async def checked(client: Client, working: None) -> Server:
    """The API with documents to check a protocol with, asked by somebody who has a Pin."""
    ana = await client.sign_up("ana")
    pin = await client.pin(ana, await client.board(ana))
    ending = f'subscription {{ pinProcessed(pinId: "{pin}") {{ status }} }}'
    number = "query($n: Int!) { homeFeed(first: $n) { degraded } }"
    return Server(client, "subscription { newPins { eventId } }", ending, number, ana.access)


@pytest.mark.parametrize("check", transport_ws.CHECKS, ids=lambda check: check.says)
async def test_the_protocol_is_kept(checked: Server, monkeypatch: pytest.MonkeyPatch, check: Check) -> None:
    if check is transport_ws.SILENT:
        monkeypatch.setattr(over_sockets, "INIT_S_MAX", 0.1)

    await check.run(checked)


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        ({"query": "{"}, "GRAPHQL_PARSE_FAILED"),
        ({"query": "{ nothing }"}, "GRAPHQL_VALIDATION_FAILED"),
        ({"query": ""}, "BAD_USER_INPUT"),
        ({"query": TYPE, "variables": []}, "BAD_USER_INPUT"),
        ({"query": TYPE, "operationName": "Other"}, "BAD_USER_INPUT"),
        ({"query": "query($n: Int!) { homeFeed(first: $n) { degraded } }"}, "BAD_USER_INPUT"),
        ({"query": NEW_PINS, "variables": {"boards": 3.5}}, "BAD_USER_INPUT"),
        ({"query": "{ " + "a: __typename " * 31 + "}"}, "QUERY_TOO_COMPLEX"),
        ({"query": NEW_PINS}, "UNAUTHENTICATED"),
        ({"query": NEW_PINS, "variables": {"boards": ["board_00000000000000000000000000"]}}, "NOT_FOUND"),
        ({"query": PROCESSED, "variables": {"pin": "nonsense"}}, "NOT_FOUND"),
    ],
)
async def test_a_bad_operation_gives_an_error_for_its_id_and_ends_nothing_else(
    client: Client, payload: dict[str, Any], code: str
) -> None:
    async with client.socket() as socket:
        await socket.send({"id": "bad", "type": "subscribe", "payload": payload})

        refusal = await socket.receive()
        await socket.subscribe("bad", TYPE)
        answer = await socket.receive()

    assert (refusal["id"], refusal["type"]) == ("bad", "error")
    assert refusal["payload"][0]["extensions"]["code"] == code
    assert answer["payload"]["data"] == {"__typename": "Query"}


async def test_a_ping_is_answered_with_its_payload_and_a_pong_is_taken(client: Client) -> None:
    async with client.socket() as socket:
        await socket.send({"type": "ping"})
        await socket.send({"type": "ping", "payload": {"a": 1}})
        await socket.send({"type": "pong"})

        assert await socket.receive() == {"type": "pong"}
        assert await socket.receive() == {"type": "pong", "payload": {"a": 1}}


async def test_the_protocol_of_before_is_not_spoken(client: Client) -> None:
    async with client.raw_socket(subprotocols=["graphql-ws"]) as connection:
        assert (await Socket(connection).closed())[0] == 4406


@pytest.mark.parametrize("payload", [{"authorization": "Bearer nonsense"}, {"authorization": 3}])
async def test_a_bad_token_closes_the_socket(client: Client, payload: dict[str, Any]) -> None:
    async with client.raw_socket() as connection:
        socket = Socket(connection)
        await socket.send({"type": "connection_init", "payload": payload})

        assert await socket.closed() == (4403, "Forbidden")


async def test_a_token_may_come_in_the_header(client: Client) -> None:
    ana = await client.sign_up("ana")
    header = {"authorization": f"Bearer {ana.access}"}
    async with client.raw_socket(additional_headers=header) as connection:
        socket = Socket(connection)
        await socket.send({"type": "connection_init"})
        assert await socket.receive() == {"type": "connection_ack"}
        await socket.subscribe("1", "{ viewer { username } }")

        assert (await socket.receive())["payload"]["data"] == {"viewer": {"username": ana.username}}


async def test_a_token_that_expires_closes_the_socket(
    client: Client, api_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(over_sockets, "INIT_S_MAX", 0.1)
    accounts = PasswordAccounts(session_key(api_settings))
    ana = await client.sign_up("ana")
    claims = accounts.verify(ana.access, now=now())
    assert claims is not None
    user = User(claims.user_id, claims.user_n, ana.username, "Ana", None, now())
    short = accounts.issue_access(user, claims.session, now=now() - timedelta(minutes=14, seconds=57)).token
    async with client.socket(by=Account(ana.id, ana.username, short, "")) as socket:
        assert await socket.closed() == (4403, "Access token expired")


async def test_logging_out_closes_the_socket_of_that_session(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(over_sockets, "INIT_S_MAX", 0.1)
    monkeypatch.setattr(standing, "CHECK_EVERY_S", 0.2)
    ana, ben = await client.sign_up("ana"), await client.sign_up("ben")
    async with client.socket(by=ana) as leaving, client.socket(by=ben) as staying:
        await client.data("mutation { logOut { userErrors { code } } }", by=ana)

        assert await leaving.closed() == (4403, "Session ended")
        await staying.subscribe("1", TYPE)
        assert (await staying.receive())["type"] == "next"


async def test_a_page_of_another_origin_is_not_let_in(client: Client) -> None:
    with pytest.raises(websockets.InvalidStatus) as refused:
        async with client.raw_socket(origin="https://stranger.example"):
            pass

    assert refused.value.response.status_code == 403
    async with client.socket(origin="https://friend.example"), client.socket(origin=client.url):
        pass


async def test_an_id_is_taken_while_its_operation_runs_and_free_afterwards(client: Client, bus: Bus) -> None:
    ana = await client.sign_up("ana")
    async with client.socket(by=ana) as socket:
        await started(bus, socket, "1", NEW_PINS)
        await socket.send({"id": "1", "type": "complete"})
        await socket.subscribe("1", TYPE)
        assert (await socket.receive())["type"] == "next"
        assert (await socket.receive())["type"] == "complete"
        await started(bus, socket, "1", NEW_PINS)
        await socket.subscribe("1", NEW_PINS)

        assert await socket.closed() == (4409, "Subscriber for 1 already exists")


async def test_a_socket_runs_at_most_twenty_operations_at_a_time(client: Client) -> None:
    ana = await client.sign_up("ana")
    async with client.socket(by=ana) as socket:
        for n in range(20):
            await socket.subscribe(str(n), NEW_PINS)
        await socket.subscribe("one too many", NEW_PINS)

        refusal = await socket.receive()

    assert (refusal["id"], refusal["type"]) == ("one too many", "error")
    assert refusal["payload"][0]["extensions"]["code"] == "RATE_LIMITED"


async def test_an_account_has_at_most_ten_sockets(client: Client) -> None:
    ana = await client.sign_up("ana")
    open_ones = [client.socket(by=ana) for _ in range(10)]
    sockets = [await one.__aenter__() for one in open_ones]
    async with client.raw_socket() as connection:
        eleventh = Socket(connection)
        await eleventh.send({"type": "connection_init", "payload": {"authorization": f"Bearer {ana.access}"}})
        assert (await eleventh.closed())[0] == 4429

    await sockets[0].connection.close()
    async with client.socket(by=ana):
        pass
    for one in open_ones:
        await one.__aexit__(None, None, None)


async def test_a_message_of_more_than_64_kib_closes_the_socket(client: Client) -> None:
    async with client.socket() as socket:
        await socket.send('{"type":"ping","payload":{"a":"' + "x" * 70_000 + '"}}')

        assert (await socket.closed())[0] in {1009, 4400}


@pytest.mark.usefixtures("working")
async def test_a_pin_is_announced_once_to_followers_and_to_nobody_else(client: Client, bus: Bus) -> None:
    ana, ben, eve = [await client.sign_up(name) for name in ("ana", "ben", "eve")]
    await client.do(FOLLOW, {"userId": ana.id}, by=ben)
    public, secret = await client.board(ana), await client.board(ana, privacy="SECRET")
    async with client.socket(by=ben) as follower, client.socket(by=eve) as stranger:
        await started(bus, follower, "f", NEW_PINS)
        await started(bus, stranger, "s", NEW_PINS)

        await client.pin(ana, secret, "A secret pin")
        shown = await client.pin(ana, public, "A public pin")
        heard = await follower.receive(within_s=30)
        with pytest.raises(TimeoutError):
            await follower.receive(within_s=1)
        with pytest.raises(TimeoutError):
            await stranger.receive(within_s=0.1)

    assert (heard["id"], heard["type"]) == ("f", "next")
    assert heard["payload"]["data"]["newPins"]["pin"] == {"id": shown, "title": "A public pin"}
    assert heard["payload"]["data"]["newPins"]["eventId"].startswith("event_")


@pytest.mark.usefixtures("working")
async def test_a_pin_says_when_it_is_processed_and_the_subscription_ends(client: Client) -> None:
    ana = await client.sign_up("ana")
    board = await client.board(ana)
    async with client.socket(by=ana) as socket:
        pin = await client.pin(ana, board)
        await socket.subscribe("1", PROCESSED, {"pin": pin})

        heard = []
        while (message := await socket.receive(within_s=30))["type"] == "next":
            heard.append(message["payload"]["data"]["pinProcessed"]["status"])

    assert message == {"id": "1", "type": "complete"}
    assert heard[-1] == "READY"
    assert len(heard) == len(set(heard))


@pytest.mark.usefixtures("working")
async def test_saves_on_a_watched_board_are_heard_until_it_is_secret(client: Client, bus: Bus) -> None:
    ana, ben = await client.sign_up("ana"), await client.sign_up("ben")
    board, other = await client.board(ana), await client.board(ana)
    pins = [await client.pin(ana, other, f"Pin {n}") for n in range(2)]
    async with client.socket(by=ana) as watch:
        for pin in pins:
            await watch.subscribe(pin, PROCESSED, {"pin": pin})
        ended = 0
        while ended < len(pins):
            ended += (await watch.receive(within_s=30))["type"] == "complete"
    async with client.socket(by=ben) as socket:
        await started(bus, socket, "b", NEW_PINS, {"boards": [board]})

        await client.do(SAVE, {"pinId": pins[0], "boardId": board}, by=ana)
        heard = await socket.receive(within_s=10)
        await client.do(PRIVACY, {"boardId": board, "privacy": "SECRET"}, by=ana)
        await client.do(SAVE, {"pinId": pins[1], "boardId": board}, by=ana)
        with pytest.raises(TimeoutError):
            await socket.receive(within_s=1)

    assert heard["payload"]["data"]["newPins"]["pin"]["id"] == pins[0]
    assert heard["payload"]["data"]["newPins"]["board"] == {"id": board}


async def test_a_reader_that_is_too_slow_is_closed_and_others_hear_on(client: Client, bus: Bus) -> None:
    ana = await client.sign_up("ana")
    async with client.socket(by=ana) as socket:
        await started(bus, socket, "1", NEW_PINS)
        [subscription] = bus._open
        subscription._overflowed = True
        subscription.close()

        assert (await socket.closed())[0] == 4429


async def test_closing_a_socket_ends_its_subscriptions(client: Client, bus: Bus) -> None:
    ana = await client.sign_up("ana")
    async with client.socket(by=ana) as socket:
        await started(bus, socket, "1", NEW_PINS)
        await started(bus, socket, "2", NEW_PINS)
        assert bus.open_subscriptions == 2

    await until(lambda: listening(bus, 0))
