"""How the relay settles jobs. The graph's side of it is tested with the real graph; here it is a plain list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import cast

import pytest

from domain.errors import Unavailable
from domain.ids import JobId, PinN
from domain.limits import JOB_ATTEMPTS_MAX
from events import relay
from events.relay import WAIT_MAX, Relay
from graph import jobs
from graph.client import Graph
from graph.jobs import Job

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@dataclass
class Desk:
    """What the relay did with its jobs."""

    waiting: list[Job]
    finished: list[PinN] = field(default_factory=list)
    failed: list[tuple[PinN, str]] = field(default_factory=list)
    released: list[PinN] = field(default_factory=list)

    async def claim(self, _graph: Graph, _kind: str, _worker: str, limit: int, **_when: datetime) -> list[Job]:
        taken, self.waiting = self.waiting[:limit], self.waiting[limit:]
        return taken

    async def finish(self, _graph: Graph, done: Sequence[Job]) -> int:
        self.finished += [job.pin_n for job in done]
        return len(done)

    async def fail(self, _graph: Graph, lost: Sequence[Job], error: str, _now: datetime) -> list[Job]:
        self.failed += [(job.pin_n, error) for job in lost]
        return [job for job in lost if job.attempts >= JOB_ATTEMPTS_MAX]

    async def release(self, _graph: Graph, held: Sequence[Job]) -> None:
        self.released += [job.pin_n for job in held]
        self.waiting += list(held)


@dataclass
class Scripted:
    """A handler that fails for some Pins, breaks on others, or finds its part away."""

    kind: jobs.JobKind = "embed"
    bad: Mapping[PinN, str] = field(default_factory=dict)
    poison: frozenset[int] = frozenset()
    away: bool = False
    seen: list[list[PinN]] = field(default_factory=list)

    async def run(self, pins: Sequence[PinN]) -> Mapping[PinN, str]:
        self.seen.append(list(pins))
        if self.away:
            raise Unavailable("the embedder is loading")
        if self.poison & set(pins):
            raise ZeroDivisionError("a bug")
        return {n: why for n, why in self.bad.items() if n in pins}


def job(n: int, attempts: int = 1) -> Job:
    return Job(id=JobId(f"job{n}"), kind="embed", pin_n=PinN(n), attempts=attempts, token="t")


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Desk:
    desk = Desk([])
    for name in ("claim", "finish", "fail", "release"):
        monkeypatch.setattr(relay.jobs, name, getattr(desk, name))
    return desk


def relay_of(handler: Scripted, clock: list[datetime] | None = None) -> Relay:
    times = clock or [NOON]
    return Relay(cast(Graph, None), handler, worker="w", clock=lambda: times[0])


async def test_a_batch_is_handed_over_whole_and_finished(desk: Desk) -> None:
    desk.waiting = [job(1), job(2), job(3)]
    handler = Scripted()

    assert await relay_of(handler).step() == 3

    assert handler.seen == [[1, 2, 3]]
    assert desk.finished == [1, 2, 3]


async def test_two_jobs_of_one_pin_are_one_piece_of_work(desk: Desk) -> None:
    desk.waiting = [job(1), job(1)]
    handler = Scripted()

    await relay_of(handler).step()

    assert handler.seen == [[1]]
    assert desk.finished == [1, 1]


async def test_a_pin_that_failed_holds_back_none_of_its_batch(desk: Desk) -> None:
    desk.waiting = [job(1), job(2), job(3)]

    await relay_of(Scripted(bad={PinN(2): "broken"})).step()

    assert desk.finished == [1, 3]
    assert desk.failed == [(2, "broken")]


async def test_a_bug_counts_for_the_pin_that_meets_it_alone(desk: Desk) -> None:
    desk.waiting = [job(1), job(2), job(3)]

    await relay_of(Scripted(poison=frozenset({2}))).step()

    assert desk.finished == [1, 3]
    assert [n for n, _ in desk.failed] == [2]


async def test_a_part_that_is_away_costs_no_attempt(desk: Desk) -> None:
    desk.waiting = [job(1), job(2)]
    handler = Scripted(away=True)
    subject = relay_of(handler)

    await subject.step()
    handler.away = False
    await subject.step()

    assert desk.released == [1, 2]
    assert desk.failed == []
    assert desk.finished == [1, 2]


async def test_a_part_that_is_away_for_a_day_costs_attempts_after_all(desk: Desk) -> None:
    desk.waiting = [job(1)]
    clock = [NOON]
    subject = relay_of(Scripted(away=True), clock)

    await subject.step()
    clock[0] = NOON + WAIT_MAX + timedelta(seconds=1)
    await subject.step()

    assert [n for n, _ in desk.failed] == [1]


async def test_a_part_that_came_back_starts_its_day_anew(desk: Desk) -> None:
    clock = [NOON]
    handler = Scripted(away=True)
    subject = relay_of(handler, clock)
    desk.waiting = [job(1)]
    await subject.step()
    handler.away = False
    await subject.step()

    handler.away, clock[0] = True, NOON + WAIT_MAX + timedelta(seconds=1)
    desk.waiting = [job(2)]
    await subject.step()

    assert desk.failed == []
