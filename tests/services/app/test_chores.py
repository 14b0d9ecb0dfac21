"""What one worker at a time does for all."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from app import chores
from app.chores import Chores
from graph.client import Graph
from tests.api.client import until


class Log:
    """Work that says who is at it."""

    def __init__(self) -> None:
        self.at_work: set[str] = set()
        self.most = 0

    def of(self, name: str) -> Coroutine[Any, Any, None]:
        async def work() -> None:
            self.at_work.add(name)
            self.most = max(self.most, len(self.at_work))
            try:
                await asyncio.Event().wait()
            finally:
                self.at_work.discard(name)

        return work()


@pytest.fixture(autouse=True)
def a_lease_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chores, "_LEASE", "chores of a test")


async def test_one_of_two_workers_does_them_and_the_other_takes_over(graph: Graph) -> None:
    log = Log()
    workers = {name: Chores(graph, name) for name in ("ana", "bea")}
    tasks = {
        name: [asyncio.create_task(one.keep()), asyncio.create_task(one.run(lambda name=name: log.of(name)))]  # type: ignore[misc]
        for name, one in workers.items()
    }

    async def someone() -> str | None:
        return next(iter(log.at_work), None)

    try:
        first = await until(someone, within_s=60)
        for task in tasks.pop(first):
            task.cancel()
            await asyncio.wait({task})
        await workers[first].let_go()

        async def the_other() -> bool:
            return log.at_work == set(tasks)

        await until(the_other, within_s=60)
        assert log.most == 1
    finally:
        for task in [task for each in tasks.values() for task in each]:
            task.cancel()
            await asyncio.wait({task})
