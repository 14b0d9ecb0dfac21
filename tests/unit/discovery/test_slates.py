"""Cursors of feeds: nothing twice, nothing lost, nothing of somebody else's, whatever is lost meanwhile."""

from __future__ import annotations

import base64
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from discovery.candidate import Candidate, FeedPage, ReasonRef
from discovery.slates import Slates, kind_of
from domain.errors import Invalid
from domain.ids import PinN
from domain.limits import CURSOR_CHARS_MAX, SLATE_LIFE_S
from domain.model import Source
from tests.unit.discovery.conftest import Clock

SECRET = b"a secret of some sixteen bytes"
KIND = kind_of("home", 7, {})


def candidates(count: int, start: int = 0) -> list[Candidate]:
    return [Candidate(PinN(n), (ReasonRef(Source.WALK, 1.0),), score=1.0) for n in range(start, start + count)]


def shown(page: FeedPage) -> list[int]:
    return [entry.pin_n for entry in page.entries]


def test_a_cursor_says_where_its_pin_stood_and_what_each_source_had_added(clock: Clock) -> None:
    slates = Slates(SECRET, clock)
    found = [c._replace(parts=bytes(range(i, i + 8))) for i, c in enumerate(candidates(3))] + candidates(2, start=3)
    slate = slates.keep(KIND, found)
    cursors = [entry.cursor for entry in slates.page(slate, 5).entries]

    said = slates.where(KIND, [*cursors, "moss", slates.page(slates.keep("another", found), 1).entries[0].cursor])

    assert said == {c: (slate.id, i + 1, found[i].parts) for i, c in enumerate(cursors)}
    assert [slates.read(KIND, c).shown for c in cursors] == [tuple(range(i + 1)) for i in range(5)]


async def test_a_scroll_shows_every_pin_once_in_order(clock: Clock) -> None:
    slates = Slates(SECRET, clock)
    slate = slates.keep(KIND, candidates(60))
    seen: list[int] = []

    page = slates.page(slate, 25)
    while True:
        seen += shown(page)
        if not page.has_next:
            break
        place = slates.read(KIND, page.entries[-1].cursor)
        found = await slates.find(KIND, place)
        assert found is not None
        page = slates.page(found, 25, place)

    assert seen == list(range(60))


@settings(max_examples=60, deadline=None)
@given(
    ns=st.lists(st.integers(0, 2**34), unique=True, max_size=120), before=st.sets(st.integers(0, 2**34), max_size=50)
)
def test_a_cursor_carries_what_was_shown_exactly(ns: list[int], before: set[int]) -> None:
    slates = Slates(SECRET, Clock())
    found = [Candidate(PinN(n), (), k=n << 20) for n in ns]
    slate = slates.keep(KIND, found, before=[PinN(n) for n in before])

    fresh = [n for n in ns if n not in before]
    half = slates.page(slate, len(fresh) // 2 or 1).entries
    page = slates.page(slate, 100, slates.read(KIND, half[-1].cursor) if half else None)

    for i, entry in enumerate(page.entries):
        place = slates.read(KIND, entry.cursor)
        assert set(place.shown) == before | set(fresh[: len(half) + i + 1])
        assert place.last_k == (entry.pin_n << 20 or None)


def test_a_cursor_after_a_thousand_pins_is_at_most_four_kilobytes(clock: Clock) -> None:
    slates = Slates(SECRET, clock)
    pins = random.Random(1).sample(range(20_000_000), 1_000)
    slate = slates.keep(KIND, [Candidate(PinN(n), ()) for n in pins])

    cursor = slates.page(slate, 1_000).entries[-1].cursor

    assert len(cursor) <= 4_096 <= CURSOR_CHARS_MAX
    assert set(slates.read(KIND, cursor).shown) == set(pins)


def test_a_cursor_says_nothing_about_pins_to_who_has_no_key(clock: Clock) -> None:
    slates = Slates(SECRET, clock)
    slate = slates.keep(KIND, candidates(5, start=0x414243))

    cursor = slates.page(slate, 5).entries[0].cursor

    assert b"ABC" not in base64.urlsafe_b64decode(cursor + "==")
    assert cursor != slates.page(slate, 5).entries[0].cursor


def test_foreign_and_broken_cursors_are_refused(clock: Clock) -> None:
    slates = Slates(SECRET, clock)
    cursor = slates.page(slates.keep(KIND, candidates(5)), 5).entries[0].cursor
    flipped = ("A" if cursor[30] != "A" else "B").join((cursor[:30], cursor[31:]))

    for kind, text in [
        (kind_of("home", 8, {}), cursor),
        (kind_of("related", 7, {}), cursor),
        (kind_of("home", 7, {"pin": 1}), cursor),
        (KIND, flipped),
        (KIND, cursor[:-8]),
        (KIND, ""),
        (KIND, "nonsense"),
        (KIND, "ü" * 20),
        (KIND, "A" * 20_000),
    ]:
        with pytest.raises(Invalid):
            slates.read(kind, text)
    with pytest.raises(Invalid):
        Slates(b"another secret of some length", clock).read(KIND, cursor)


async def test_a_slate_lives_for_an_hour_in_the_process_that_made_it(clock: Clock) -> None:
    slates = Slates(SECRET, clock)
    place = slates.read(KIND, slates.page(slates.keep(KIND, candidates(5)), 2).entries[-1].cursor)

    clock.ms += SLATE_LIFE_S * 1000 - 1
    assert await slates.find(KIND, place) is not None
    assert await Slates(SECRET, clock).find(KIND, place) is None
    clock.ms += 1
    assert await slates.find(KIND, place) is None


async def test_the_slates_of_a_process_are_bounded(clock: Clock) -> None:
    slates = Slates(SECRET, clock, entries_max=100)
    first = slates.keep(KIND, candidates(60))
    place = slates.read(KIND, slates.page(first, 1).entries[0].cursor)

    slates.keep(KIND, candidates(60))

    assert await slates.find(KIND, place) is None


def test_a_scroll_ends_after_a_thousand_pins_whatever_was_lost(clock: Clock) -> None:
    slates = Slates(SECRET, clock)

    slate = slates.keep(KIND, candidates(500, start=5_000), before=[PinN(n) for n in range(900)])

    assert len(slate.candidates) == 100


async def test_more_is_appended_without_repeats(clock: Clock) -> None:
    slates = Slates(SECRET, clock)
    slate = slates.keep(KIND, candidates(10), complete=False, before=[PinN(100)])
    assert slates.page(slate, 10).has_next

    await slates.extend(slate, [*candidates(12), *candidates(1, start=100)], complete=True, last_k=3)

    assert [c.pin_n for c in slate.candidates] == list(range(12))
    assert not slates.page(slate, 12).has_next
