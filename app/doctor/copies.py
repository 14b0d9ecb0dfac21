"""What the graph keeps twice, held against what it is a copy of."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Final

from app.doctor.finding import Case, Finding, State, Suspects, finding
from graph import copies

_SECOND_LOOK_S: Final = 0.5


async def examine(case: Case) -> AsyncIterator[Finding]:
    """A finding for each kind of copy."""
    for copy in copies.COPIES:
        looked_at, suspects, after = 0, Suspects(), -1
        while True:
            count, after, bad = await copies.wrong(case.graph, copy, after)
            if not count:
                break
            looked_at += count
            suspects.add(bad)
        still: list[int] = []
        if suspects.held:
            await asyncio.sleep(_SECOND_LOOK_S)
            still = await copies.still_wrong(case.graph, copy, sorted(suspects.held))
        if case.fix and still:
            await copies.repair(case.graph, copy, still)
        fixable = copy.repair is not None
        yield finding(
            "graph",
            copy.what,
            looked_at,
            still,
            more=suspects.more,
            state=State.WRONG,
            remedy="counts them anew" if fixable else "for a person to decide: `pinwalk doctor --json` lists them",
            fixable=fixable,
            fixed=len(still) if case.fix and fixable else 0,
        )
