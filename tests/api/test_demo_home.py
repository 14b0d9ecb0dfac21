"""What the demo world promises to whoever logs in as `demo`."""

from __future__ import annotations

from typing import Any

import pytest

from app.demo import load
from app.demo.load import Loaded
from app.settings import Settings
from tests.api.client import Account, Client, until

LOG_IN = """mutation LogIn($input: LogInInput!) { logIn(input: $input) {
  viewer { id username } accessToken refreshToken userErrors { code message field } } }"""
HOME = """{ homeFeed(first: 25) {
  edges { node { id title topics { slug } } score reasons { source text pin { id } board { id } } } degraded } }"""
MINE = """{ viewer { interests { slug } followingCount
  boards(first: 10) { nodes { id title privacy pins(first: 20) { nodes { id status } } } } } }"""
TOPIC = """query Topic($slug: String!) { topic(slug: $slug) { id description pinCount coverPins { id } } }"""
TOPICS = """query($after: String) { topics(first: 100, after: $after) {
  nodes { slug description pinCount } pageInfo { hasNextPage endCursor } } }"""
SAVE = """mutation Save($input: SavePinInput!) { savePin(input: $input) {
  save { savedAt } userErrors { code message field } } }"""


@pytest.fixture(scope="module")
async def loaded(client: Client, working: None, api_settings: Settings) -> Loaded:
    return await load.run(api_settings)


@pytest.fixture(scope="module")
async def demo(client: Client, loaded: Loaded) -> Account:
    """The demo user, logged in, once what they have saved has its vectors."""
    payload = await client.do(LOG_IN, {"username": loaded.username, "password": loaded.password})
    assert payload["userErrors"] == []
    account = Account(payload["viewer"]["id"], loaded.username, payload["accessToken"], payload["refreshToken"])

    async def saves_are_ready() -> bool:
        boards = (await client.data(MINE, by=account))["viewer"]["boards"]["nodes"]
        return all(pin["status"] == "READY" for board in boards for pin in board["pins"]["nodes"])

    await until(saves_are_ready, within_s=110)
    return account


async def home(client: Client, by: Account) -> list[dict[str, Any]]:
    edges: list[dict[str, Any]] = (await client.data(HOME, by=by))["homeFeed"]["edges"]
    return edges


def reasons(edges: list[dict[str, Any]], source: str) -> int:
    return sum(any(reason["source"] == source for reason in edge["reasons"]) for edge in edges)


async def test_loading_again_is_a_no_op(loaded: Loaded, api_settings: Settings, client: Client) -> None:
    before = await client.data(TOPICS)

    again = await load.run(api_settings)

    assert (again.fresh, again.username, again.password) == (False, loaded.username, loaded.password)
    assert await client.data(TOPICS) == before


async def test_the_password_is_kept_for_its_owner_alone(loaded: Loaded, api_settings: Settings) -> None:
    path = api_settings.secrets_dir / "demo-password"

    assert path.read_text().strip() == loaded.password
    assert path.stat().st_mode & 0o777 == 0o600


async def test_there_are_topics_with_descriptions_and_pins(client: Client, loaded: Loaded) -> None:
    found: list[dict[str, Any]] = []
    page: dict[str, Any] = {"pageInfo": {"hasNextPage": True, "endCursor": None}}
    while page["pageInfo"]["hasNextPage"]:  # Other tests have topics too.
        page = (await client.data(TOPICS, {"after": page["pageInfo"]["endCursor"]}))["topics"]
        found += page["nodes"]

    assert sum(bool(topic["description"]) and topic["pinCount"] >= 10 for topic in found) >= 12


async def test_demo_has_boards_follows_and_interests(client: Client, demo: Account) -> None:
    viewer = (await client.data(MINE, by=demo))["viewer"]

    assert sorted(board["privacy"] for board in viewer["boards"]["nodes"]) == ["PUBLIC", "PUBLIC", "SECRET"]
    assert len(viewer["interests"]) == 3
    assert viewer["followingCount"] >= 4


async def test_the_first_home_page_has_walk_and_visual_reasons(client: Client, demo: Account) -> None:
    found: list[dict[str, Any]] = []

    async def both() -> bool:  # Vectors of what is near come in while the worker paints.
        found[:] = await home(client, demo)
        return reasons(found, "WALK") >= 2 and reasons(found, "VISUAL") >= 2

    await until(both, within_s=100)

    assert len(found) == 25
    assert len({edge["node"]["id"] for edge in found}) == 25
    assert all(edge["reasons"] and edge["reasons"][0]["text"] for edge in found)


async def test_three_saves_on_one_topic_bring_more_of_it_on_the_next_first_page(client: Client, demo: Account) -> None:
    boards = (await client.data(MINE, by=demo))["viewer"]["boards"]["nodes"]
    topic = (await client.data(TOPIC, {"slug": "food"}))["topic"]
    saved = {pin["id"] for pin in topic["coverPins"][:3]}
    assert len(saved) == 3

    for pin_id in saved:
        payload = await client.do(SAVE, {"pinId": pin_id, "boardId": boards[0]["id"]}, by=demo)
        assert payload["userErrors"] == []

    edges = await home(client, demo)
    about = [edge["node"]["id"] for edge in edges if "food" in {topic["slug"] for topic in edge["node"]["topics"]}]
    assert len(set(about) - saved) >= 3
