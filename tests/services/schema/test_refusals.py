"""The mutations about boards refuse alike, and bear repetition."""

from __future__ import annotations

import pytest

from tests.services.schema.conftest import Person
from tests.services.schema.refusals import Case, Scene, once_is_as_often_as_one_likes, refuses_who_may_not

B, S = "board { id }", {"sectionId": "$section"}
CASES = [
    Case("createSection", B, {"boardId": "$board", "title": "Wet"}, "boardId", ("board",)),
    Case("updateSection", B, {**S, "title": "Wet"}, "sectionId", ("section",)),
    Case("arrangeSections", B, {"boardId": "$board", "sectionIds": ["$section"]}, "boardId", ("board",)),
    Case("deleteSection", B, S, "sectionId", ("section",)),
    Case("addCollaborator", B, {"boardId": "$board", "userId": "$user"}, "boardId", ("board",)),
    Case("removeCollaborator", B, {"boardId": "$board", "userId": "$user"}, "boardId", ("board",)),
    Case("savePin", "board { id }", {"pinId": "$pin", "boardId": "$other"}, "pinId", ("pin", "other")),
    Case("unsavePin", "pin { id }", {"pinId": "$pin", "boardId": "$board"}, "pinId", ("pin", "board")),
    Case(
        "movePins",
        B,
        {"pinIds": ["$pin", "$second"], "fromBoardId": "$board", "toBoardId": "$other"},
        "fromBoardId",
        ("board",),
    ),
    Case("unsavePins", "count", {"pinIds": ["$pin"], "boardId": "$board"}, "boardId", ("board",)),
    Case("arrangePins", B, {"pinIds": ["$pin"], "boardId": "$board", "before": "$second"}, "boardId", ("board",)),
    Case("arrangeBoards", "user { id }", {"boardIds": ["$board"], "before": "$other"}, "boardIds", ("board",)),
    Case("deleteBoard", "deletedId", {"boardId": "$board"}, "boardId", ("board",)),
    Case("deletePin", "deletedId", {"pinId": "$pin"}, "pinId", ("pin",)),
]
REPEATABLE = ("updateSection", "arrangeSections", "addCollaborator", "removeCollaborator", "savePin", "unsavePin")
REPEATABLE += ("movePins", "unsavePins", "arrangePins", "arrangeBoards")


@pytest.fixture
async def scene(ana: Person, ben: Person, cleo: Person) -> Scene:
    return await Scene.make(ana, ben, cleo)


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_who_may_not_is_refused_and_nothing_changes(case: Case, scene: Scene) -> None:
    await refuses_who_may_not(case, scene)


@pytest.mark.parametrize("case", [case for case in CASES if case.name in REPEATABLE], ids=str)
async def test_a_repeat_changes_nothing_more(case: Case, scene: Scene) -> None:
    await once_is_as_often_as_one_likes(case, scene)
