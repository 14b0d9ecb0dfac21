import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from domain.events import Kind
from domain.ids import PinN
from domain.limits import JOB_ATTEMPTS_MAX, JOB_LEASE_MS
from domain.model import PinStatus
from graph import jobs, pins
from graph.client import Graph
from tests.services.graph.conftest import World


@pytest.fixture
async def alone(graph: Graph) -> Graph:
    """No job of another test is due."""
    await graph.command("MATCH (j:Job) CALL (j) { DETACH DELETE j } IN TRANSACTIONS OF 1000 ROWS", timeout_s=20)
    return graph


async def numbers(graph: Graph, count: int) -> list[PinN]:
    return await graph.keys.pins(count)


async def test_many_workers_claim_each_job_once(alone: Graph) -> None:
    wanted = await numbers(alone, 120)
    await jobs.enqueue(alone, "render", wanted)
    claimed: list[PinN] = []

    async def worker(name: str) -> None:
        misses = 0
        while misses < 3:
            mine = await jobs.claim(alone, "render", name, 7)
            claimed.extend(job.pin_n for job in mine)
            misses = 0 if mine else misses + 1

    await asyncio.gather(*[worker(f"w{i}") for i in range(8)])

    assert sorted(claimed) == sorted(wanted)


async def test_a_second_job_for_a_waiting_pin_is_not_made(alone: Graph) -> None:
    wanted = await numbers(alone, 2)

    await jobs.enqueue(alone, "render", wanted)
    await jobs.enqueue(alone, "render", wanted)

    assert await jobs.counts(alone) == {"render.ready": 2}


async def test_a_lease_that_ran_out_is_claimed_again_and_the_first_claim_is_void(alone: Graph) -> None:
    now = datetime.now(UTC)
    later = now + timedelta(milliseconds=JOB_LEASE_MS + 1)
    await jobs.enqueue(alone, "render", await numbers(alone, 1))
    (first,) = await jobs.claim(alone, "render", "a", 5, now=now + timedelta(seconds=1))
    assert await jobs.claim(alone, "render", "b", 5, now=now + timedelta(seconds=2)) == []

    (second,) = await jobs.claim(alone, "render", "b", 5, now=later + timedelta(seconds=1))

    assert (first.attempts, second.attempts) == (1, 2)
    assert await jobs.finish(alone, [first]) == 0
    assert await jobs.fail(alone, [first], "late") == []
    assert await jobs.finish(alone, [second]) == 1
    assert await jobs.counts(alone) == {}


async def test_a_failing_job_waits_longer_each_time_and_dies(alone: Graph, world: World) -> None:
    ana = (await world.user()).n
    pin = await world.pin(ana, (await world.board(ana)).n)
    await jobs.enqueue(alone, "embed", [pin])
    now = datetime.now(UTC) + timedelta(seconds=1)
    waits = []

    for attempt in range(1, JOB_ATTEMPTS_MAX + 1):
        (job,) = await jobs.claim(alone, "embed", "w", 5, now=now)
        assert job.attempts == attempt
        dead = await jobs.fail(alone, [job], f"error {attempt}", now=now)
        row = await alone.one("MATCH (j:Job {id: $id}) RETURN j.runAt AS at", id=job.id)
        assert row is not None
        waits.append(row["at"] - int(now.timestamp() * 1000))
        now += timedelta(minutes=2)

    assert waits[:4] == sorted(set(waits[:4]))
    assert [job.pin_n for job in dead] == [pin]
    assert [(d.pin_n, d.error) for d in await jobs.dead(alone)] == [(pin, "error 5")]
    assert await jobs.claim(alone, "embed", "w", 5, now=now) == []
    assert [p.status for p in await pins.by_ns(alone, ana, [pin])] == [PinStatus.FAILED]
    kinds = await alone.read("MATCH (e:Event) WHERE e.p = $p RETURN e.kind AS kind ORDER BY e.at", p=pin)
    assert [row["kind"] for row in kinds] == [Kind.PIN_CREATED.value, Kind.PIN_FAILED.value]
    assert await jobs.retry_dead(alone) == 1
    assert await jobs.counts(alone) == {"embed.ready": 1}


async def test_a_job_whose_workers_all_vanished_dies_too(alone: Graph) -> None:
    await jobs.enqueue(alone, "embed", await numbers(alone, 1))
    now = datetime.now(UTC)

    for _ in range(JOB_ATTEMPTS_MAX):
        now += timedelta(milliseconds=JOB_LEASE_MS + 10)
        assert len(await jobs.claim(alone, "embed", "w", 1, now=now)) == 1
    now += timedelta(milliseconds=JOB_LEASE_MS + 10)

    assert await jobs.claim(alone, "embed", "w", 1, now=now) == []
    assert await jobs.counts(alone) == {"embed.dead": 1}


async def test_a_released_job_is_due_at_once_and_has_lost_no_attempt(alone: Graph) -> None:
    await jobs.enqueue(alone, "render", await numbers(alone, 1))
    soon = datetime.now(UTC) + timedelta(seconds=1)
    (job,) = await jobs.claim(alone, "render", "w", 1, now=soon)

    await jobs.release(alone, [job])

    (again,) = await jobs.claim(alone, "render", "w", 1, now=soon)
    assert again.attempts == 1
