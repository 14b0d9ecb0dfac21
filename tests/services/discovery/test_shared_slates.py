"""A scroll that two processes answer, with a shelf between them and when it fails."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

import pytest

from discovery.candidate import Candidate, FeedPage, ReasonRef
from discovery.slates import Slate, Slates, kind_of
from domain.errors import Unavailable
from domain.ids import PinN
from domain.model import Source
from shared.client import Shared
from shared.shelf import Shelf

SECRET = b"a secret of some sixteen bytes"
KIND = kind_of("home", 7, {"words": "a private word"})


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def candidates(ns: Sequence[int]) -> list[Candidate]:
    return [Candidate(PinN(n), (ReasonRef(Source.WALK, n / 7, board_n=None),), score=float(n)) for n in ns]


def shown(page: FeedPage) -> list[int]:
    return [entry.pin_n for entry in page.entries]


@dataclass
class Process:
    """The slates of one API process, and its door to Redis."""

    slates: Slates
    shared: Shared

    async def after(self, page: FeedPage, first: int = 10) -> tuple[Slate | None, FeedPage | None]:
        """The slate of a page's last cursor, and the next page."""
        place = self.slates.read(KIND, page.entries[-1].cursor)
        slate = await self.slates.find(KIND, place)
        return slate, None if slate is None else self.slates.page(slate, first, place)


@pytest.fixture
async def two(redis_url: str) -> AsyncIterator[tuple[Process, Process]]:
    made = []
    secret = secrets.token_bytes(32)
    for _ in range(2):
        shared = Shared(redis_url, secret)
        assert await shared.look()
        made.append(Process(Slates(SECRET, now_ms, shelf=Shelf(shared)), shared))
    yield made[0], made[1]
    for process in made:
        await process.shared.close()


async def begun(process: Process, count: int = 35, *, complete: bool = True) -> tuple[Slate, FeedPage]:
    """A slate whose first page was given, and that is on the shelf."""
    slate = process.slates.keep(KIND, candidates(range(count)), degraded=(Source.FRESH,), complete=complete, last_k=5)
    page = process.slates.page(slate, 10)
    await process.slates.refresh(slate)  # Waits for the shelf.
    return slate, page


async def test_a_scroll_goes_on_in_the_other_process_as_if_it_were_the_same(two: tuple[Process, Process]) -> None:
    a, b = two
    _, first = await begun(a)

    _, second = await b.after(first)
    assert second is not None
    _, third = await a.after(second)
    assert third is not None
    _, last = await b.after(third)
    assert last is not None

    assert [n for page in (first, second, third, last) for n in shown(page)] == list(range(35))
    assert not last.has_next
    assert second.degraded == (Source.FRESH,)
    assert second.entries[0].reasons == (ReasonRef(Source.WALK, 10 / 7),)


async def test_what_one_appends_the_other_goes_on_with(two: tuple[Process, Process]) -> None:
    a, b = two
    slate_a, first = await begun(a, complete=False)
    slate_b, _ = await b.after(first)
    assert slate_b is not None

    await a.slates.extend(slate_a, candidates(range(30, 50)), complete=True, last_k=3)
    await b.slates.refresh(slate_b)

    assert slate_b.candidates == slate_a.candidates
    assert (slate_b.complete, slate_b.last_k) == (True, 3)


async def test_of_two_that_append_at_once_both_go_on_with_the_firsts(two: tuple[Process, Process]) -> None:
    a, b = two
    slate_a, first = await begun(a, complete=False)
    slate_b, _ = await b.after(first)
    assert slate_b is not None

    await asyncio.gather(
        a.slates.extend(slate_a, candidates(range(100, 120)), complete=True, last_k=3),
        b.slates.extend(slate_b, candidates(range(200, 220)), complete=True, last_k=3),
    )

    assert slate_a.candidates == slate_b.candidates
    assert len(slate_a.candidates) == 55


async def test_processes_that_went_on_apart_repeat_no_pin(two: tuple[Process, Process]) -> None:
    a, b = two
    slate_a, first = await begun(a, complete=False)
    slate_b, _ = await b.after(first)
    assert slate_b is not None

    await b.shared.close()  # From here on b is alone.
    await a.slates.extend(slate_a, candidates(range(100, 120)), complete=True, last_k=3)
    await b.slates.extend(slate_b, candidates(reversed(range(100, 130))), complete=True, last_k=3)
    pages, page = [first], first
    for process in [a, b] * 4:
        _, following = await process.after(page)
        if following is None or not following.entries:
            break
        page = following
        pages.append(page)

    seen = [n for page in pages for n in shown(page)]
    assert len(seen) == len(set(seen))
    assert set(seen) >= set(range(35))


async def test_a_slate_is_of_one_kind_there_too(two: tuple[Process, Process]) -> None:
    a, b = two
    _, first = await begun(a)
    place = a.slates.read(KIND, first.entries[-1].cursor)

    assert await b.slates.find(kind_of("home", 8, {}), place) is None
    assert await b.slates.find(KIND, place) is not None


async def test_while_redis_is_away_each_keeps_its_own(two: tuple[Process, Process]) -> None:
    a, b = two
    await a.shared.close()
    await b.shared.close()
    _, first = await begun(a)

    _, second = await a.after(first)
    assert second is not None
    assert shown(second) == list(range(10, 20))
    assert await b.after(first) == (None, None)
    with pytest.raises(Unavailable):
        await b.shared.ask("ECHO", "closed")


async def test_what_was_searched_for_is_not_on_the_shelf(two: tuple[Process, Process]) -> None:
    a, b = two
    slate, _ = await begun(a)

    [part] = await Shelf(b.shared).parts(slate.id, 0)

    assert b"private" not in part
