"""The plan of the demo world: large enough, the same every time, and in the order in which it should be painted."""

from __future__ import annotations

import pytest

from app.demo import world
from app.demo.subjects import BOARD_TITLES, TOPICS
from app.demo.world import DEMO, World
from media.painting import words


@pytest.fixture(scope="module")
def plan() -> World:
    return world.plan()


def test_it_has_the_size_that_is_promised(plan: World) -> None:
    families = {pin.recipe.split("/")[0] for pin in plan.pins}

    assert (len(plan.pins), len(plan.boards), len(plan.people) - 1) == (600, 200, 60)
    assert len(families) >= 12
    assert len(plan.topics) >= 12


def test_it_is_the_same_every_time(plan: World) -> None:
    assert world.plan() == plan


def test_every_topic_is_described_and_has_names_for_boards() -> None:
    assert set(TOPICS) == set(BOARD_TITLES) == set(words.TOPICS)


def test_people_have_names_of_their_own(plan: World) -> None:
    assert len({person.username for person in plan.people}) == len(plan.people)
    assert all(3 <= len(person.username) <= 30 and person.username.isascii() for person in plan.people)


def test_every_pin_is_on_a_public_board_and_made_by_somebody(plan: World) -> None:
    public = {i for board in plan.boards if not board.secret for i, _ in board.pins}
    names = {person.username for person in plan.people}

    assert public == set(range(len(plan.pins)))
    assert {pin.creator for pin in plan.pins} <= names - {DEMO}
    assert len({pin.recipe for pin in plan.pins}) == len(plan.pins)


def test_no_board_holds_a_pin_twice(plan: World) -> None:
    for board in plan.boards:
        assert len({i for i, _ in board.pins}) == len(board.pins) > 0


def test_nobody_saves_a_pin_before_it_was_made(plan: World) -> None:
    assert all(days <= plan.pins[i].days_ago for board in plan.boards for i, days in board.pins)


def test_demo_has_tastes_follows_and_a_secret_board(plan: World) -> None:
    demo = plan.people[0]
    boards = [board for board in plan.boards if board.owner == DEMO]

    assert len(demo.tastes) == 3
    assert len(demo.follows_users) >= 4
    assert len(demo.follows_boards) >= 3
    assert sorted(board.secret for board in boards) == [False, False, True]


def test_what_demo_has_saved_comes_first(plan: World) -> None:
    mine = {i for board in plan.boards if board.owner == DEMO for i, _ in board.pins}

    assert mine == set(range(len(mine)))


def test_nobody_follows_themselves_or_a_secret_board(plan: World) -> None:
    secret = {board.key for board in plan.boards if board.secret}
    for person in plan.people:
        assert person.username not in person.follows_users
        assert not any(key.startswith(f"{person.username}:") for key in person.follows_boards)
        assert not secret & set(person.follows_boards)
