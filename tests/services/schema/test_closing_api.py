"""Pictures that the world may see no more: another address at once, and the old one leads nowhere."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable

import pytest

from graph import pictures as graph_pictures
from tests.services.schema.conftest import Person
from tests.services.schema.test_collaborators_api import join

URL = "query ($id: ID!) { node(id: $id) { ... on Pin { image { url } } } }"


async def url(someone: Person, pin: str) -> str:
    return str((await someone(URL, id=pin))["node"]["image"]["url"])


def key(address: str) -> str:
    found = re.search(r"/i/([^/]+)/", address)
    assert found
    return found[1]


async def leads(someone: Person, address: str) -> bool:
    """Whether the world gets a picture at the address."""
    access = await graph_pictures.by_key(someone.server.graph, key(address))
    return access is not None and access.open


async def _secret(ana: Person, board: str, pin: str) -> None:
    await ana.do("updateBoard", "board { id }", boardId=board, privacy="SECRET")


async def _unsave(ana: Person, board: str, pin: str) -> None:
    await ana.do("unsavePin", "pin { id }", boardId=board, pinId=pin)


async def _unsave_many(ana: Person, board: str, pin: str) -> None:
    await ana.do("unsavePins", "count", boardId=board, pinIds=[pin])


async def _move(ana: Person, board: str, pin: str) -> None:
    secret = await ana.board("S", "SECRET")
    await ana.do("movePins", "board { id }", fromBoardId=board, toBoardId=secret, pinIds=[pin])


async def _delete_pin(ana: Person, board: str, pin: str) -> None:
    await ana.do("deletePin", "deletedId", pinId=pin)


async def _delete_board(ana: Person, board: str, pin: str) -> None:
    await ana.do("deleteBoard", "deletedId", boardId=board)


CLOSINGS = [_secret, _unsave, _unsave_many, _move, _delete_pin, _delete_board]


@pytest.mark.parametrize("close", CLOSINGS)
async def test_a_picture_that_is_on_no_public_board_any_more_has_another_address(
    ana: Person, close: Callable[[Person, str, str], Awaitable[None]]
) -> None:
    board = await ana.board()
    pin = await ana.pin(board)
    before = await url(ana, pin)
    assert await leads(ana, before)
    assert "?" not in before

    await close(ana, board, pin)

    assert not await leads(ana, before)
    assert await graph_pictures.by_key(ana.server.graph, key(before)) is None
    if close not in (_delete_pin, _delete_board):
        after = await url(ana, pin)
        assert "?v=" in after
        assert key(after) != key(before)
        assert not await leads(ana, after)


async def test_a_picture_that_another_public_board_shows_keeps_its_address(ana: Person, ben: Person) -> None:
    board = await ana.board()
    pin = await ana.pin(board)
    await ben.save(pin, await ben.board())
    before = await url(ana, pin)

    await _secret(ana, board, pin)

    assert await url(ana, pin) == before
    assert await leads(ana, before)


async def test_going_public_again_gives_it_a_plain_address(ana: Person) -> None:
    board = await ana.board()
    pin = await ana.pin(board)
    before = await url(ana, pin)
    await _secret(ana, board, pin)

    await ana.do("updateBoard", "board { id }", boardId=board, privacy="PUBLIC")

    after = await url(ana, pin)
    assert "?" not in after
    assert key(after) != key(before)
    assert await leads(ana, after)


async def test_others_secret_pins_keep_a_board_from_going_public_with_their_count(ana: Person, ben: Person) -> None:
    hers, his = await ana.board("S", "SECRET"), await ben.board("S", "SECRET")
    await join(ana, ben, hers)
    for _ in range(2):
        await ben.save(await ana.pin(hers), his)

    refused = await ben.do("updateBoard", "board { id }", boardId=his, privacy="PUBLIC")

    assert [(e["code"], e["field"]) for e in refused["userErrors"]] == [("CONFLICT", ["privacy"])]
    assert "2 Pins" in refused["userErrors"][0]["message"]
    assert (await ana("query ($id: ID!) { node(id: $id) { id } }", id=his))["node"] is None
