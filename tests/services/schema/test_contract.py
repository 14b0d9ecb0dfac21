"""Every mutation of the schema refuses alike, keeps its bounds, and bears repetition: none is without these tests."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import Any

import pytest

from tests.services.schema.conftest import Caller, Person, Server, person
from tests.services.schema.contract import (
    MUTATIONS,
    Entry,
    World,
    call,
    codes,
    get_named_type,
    leaves,
    missing,
    refused,
    replaced,
    state,
)
from tests.services.schema.contract_table import TABLE
from tests.services.schema.test_comments_api import block

BOUNDED = {"String", "URL", "Int", "Float", "DateTime"}


@dataclass
class Crowd:
    """Ana, whose things ben, a stranger, names; dora is there to be named, and a blocker of ben."""

    ana: World
    hers: World
    ben: World
    cleo: Person

    @property
    def him(self) -> Person:
        return self.ben.owner


@pytest.fixture(scope="module")
async def crowd(server: Server) -> Crowd:
    ana, ben, cleo, blocker = [await person(server, name) for name in ("ana", "ben", "cleo", "dora")]
    await block(blocker, ben)
    return Crowd(World(ana, cleo), World(ana, blocker, "SECRET"), World(ben, cleo), cleo)


async def somebody(crowd: Crowd) -> World:
    """The world of somebody new."""
    return World(await person(crowd.him.server, "eve"), crowd.cleo)


def test_every_mutation_has_its_line_with_all_that_it_is_given() -> None:
    assert [entry.name for entry in TABLE] == list(MUTATIONS)
    for entry in TABLE:
        given = MUTATIONS[entry.name].args
        every = list(leaves(get_named_type(given["input"].type))) if given else []  # type: ignore[arg-type]
        assert (entry.given is None) == (not given)
        assert set(entry.ids) == {path for path, kind, _ in every if kind == "ID"}, entry
        assert set(entry.bounds) == {path for path, kind, is_list in every if kind in BOUNDED or is_list}, entry


@pytest.mark.parametrize("entry", TABLE, ids=str)
async def test_what_may_not_be_is_refused_and_nothing_changes(entry: Entry, crowd: Crowd) -> None:
    given = await crowd.ben.filled(entry.given or {})
    for path, named in entry.ids.items():
        public, _ = [(await world.things(named.kind))[0] for world in (crowd.ana, crowd.hers)]
        if named.theirs is None:  # They may. What it changes is looked at elsewhere.
            assert codes(await call(crowd.him, entry, replaced(given, path, public))) == [], path
    for path, bound in entry.bounds.items():
        for value, code in bound.bad:
            filled = replaced(given, path, await crowd.ben.filled(value))
            assert codes(await refused(crowd.him, entry, filled)) == [code], (path, value)
    before = await state(crowd.ana.owner), await state(crowd.him)

    if not entry.is_open:
        assert codes(await refused(Caller(crowd.him.server), entry, given)) == ["UNAUTHENTICATED"]
    for path in entry.ids:
        await _refuses_what_is_not_theirs(entry, path, given, crowd)

    assert (await state(crowd.ana.owner), await state(crowd.him)) == before


async def _refuses_what_is_not_theirs(entry: Entry, path: str, given: dict[str, Any], crowd: Crowd) -> None:
    """Of what is missing, malformed, somebody else's and secret, each is told as it has to be."""
    named = entry.ids[path]
    public, secret = [(await world.things(named.kind))[0] for world in (crowd.ana, crowd.hers)]
    said = {}
    for what, id_ in (("public", public), ("secret", secret), ("missing", missing(secret)), ("malformed", "x")):
        if (what == "public" and named.theirs is None) or (what == "secret" and not named.secret):
            continue
        answer = await refused(crowd.him, entry, replaced(given, path, id_))
        said[what] = json.loads(json.dumps(answer).replace(id_, "it") if what != "malformed" else json.dumps(answer))
    told = {what: codes(answer) for what, answer in said.items()}

    nothing = [named.missing] if named.missing else []
    assert told["missing"] == told["malformed"] == nothing, path
    if named.theirs is not None:
        assert told["public"] == [named.theirs], path
    if named.secret:
        assert said["secret"] == said["missing"], f"{path}: what is secret is told apart from what is not there"


@pytest.mark.parametrize("entry", [entry for entry in TABLE if entry.bounds], ids=str)
async def test_what_is_within_its_bounds_is_taken(entry: Entry, crowd: Crowd) -> None:
    for path, bound in entry.bounds.items():
        for value in bound.good:
            world = await somebody(crowd) if entry.spends else crowd.ben
            filled = replaced(await world.filled(entry.given or {}), path, await world.filled(value))
            assert codes(await call(world.owner, entry, filled)) == [], (path, value)


@pytest.mark.parametrize("entry", TABLE, ids=str)
async def test_repeats_and_ten_at_once_do_what_one_does(entry: Entry, crowd: Crowd) -> None:
    world = await somebody(crowd)
    given = await world.filled(entry.given or {})
    first = await call(world.owner, entry, given)
    once = await state(world.owner)
    second = await call(world.owner, entry, given)

    assert codes(first) == []
    assert codes(second) == ([entry.again] if entry.again else [])
    if not entry.makes:
        assert await state(world.owner) == once

    if entry.again is not None:  # What it was about is spent.
        world = await somebody(crowd)
        given = await world.filled(entry.given or {})
    answers = await asyncio.gather(*(call(world.owner, entry, given) for _ in range(10)))

    done = [answer for answer in answers if not codes(answer)]
    assert len(done) == entry.wins
    assert {code for answer in answers for code in codes(answer)} <= {entry.again, entry.late}
    if entry.makes and entry.answers.endswith("{ id }"):
        assert len({json.dumps(answer) for answer in (*done, first, second)}) == 12
    if not entry.makes and entry.again is None:
        assert await state(world.owner) == once


@pytest.mark.parametrize("entry", [entry for entry in TABLE if entry.full], ids=str)
async def test_there_are_as_many_as_there_may_be_and_no_more(
    entry: Entry, crowd: Crowd, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert entry.full is not None
    world = await somebody(crowd)
    most = 3
    things = [await world.filled({**(entry.given or {}), **entry.full.given}) for _ in range(most + 1)]
    monkeypatch.setattr(entry.full.module, entry.full.name, most)

    under_and_at = [codes(await call(world.owner, entry, each)) for each in things[: most - entry.full.already]]
    before = await state(world.owner)
    over = await refused(world.owner, entry, things[-1])

    assert under_and_at == [[]] * (most - entry.full.already)
    assert codes(over) == ["CONFLICT"]
    assert await state(world.owner) == before
