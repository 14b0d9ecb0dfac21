"""`make fuzz`: a thousand generated documents for a server that runs: crashes, leaks, and how long each took.

What the tests ask for correctness alone is timed here: `python -m tests.api.fuzz URL`. It makes an account, and
whatever the mutations make: ask no server whose data is dear to you.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import time
from dataclasses import dataclass, field
from typing import Final

import httpx

from tests.api import generated
from tests.api.client import Client

QUERIES: Final = 500
MUTATIONS: Final = 250
BROKEN: Final = 500
SLOW_S: Final = 1.0
SHOWN: Final = 5


@dataclass(slots=True)
class Found:
    """What came of the documents of one kind: seconds of each with its text, and what was wrong with some."""

    kind: str
    took: list[tuple[float, str]] = field(default_factory=list)
    wrong: list[tuple[str, str]] = field(default_factory=list)

    @property
    def slow(self) -> int:
        """How many took more than a second."""
        return sum(seconds > SLOW_S for seconds, _ in self.took)

    def line(self) -> str:
        """The row of the table."""
        ranked = sorted(seconds * 1_000 for seconds, _ in self.took)
        p99 = ranked[min(len(ranked) - 1, round(0.99 * len(ranked)))]
        figures = (len(ranked), len(self.wrong), self.slow)
        times = (statistics.median(ranked), p99, ranked[-1])
        return f"| {self.kind} | {' | '.join(map(str, figures))} | {' | '.join(f'{ms:.0f}' for ms in times)} |"


async def _signed_in(client: Client) -> dict[str, str]:
    return {"authorization": f"Bearer {(await client.sign_up('fuzz')).access}"}


async def _asked(client: Client, kind: str, documents: list[str], *, signed_in: bool) -> Found:
    found = Found(kind)
    headers = await _signed_in(client) if signed_in else {}
    for text in documents:
        began = time.perf_counter()
        try:
            response = await client.post({"query": text}, **headers)
        except httpx.HTTPError as error:
            found.wrong.append((f"no answer: {error!r}", text))
            continue
        found.took.append((time.perf_counter() - began, text))
        if reason := generated.wrong(response):
            found.wrong.append((reason, text))
        if signed_in and generated.ends_sessions(text):
            headers = await _signed_in(client)
    return found


async def main(url: str) -> int:
    """Prints a table, what was wrong, and the slowest documents; 1 when something was wrong."""
    valid = generated.queries(QUERIES)
    async with httpx.AsyncClient(timeout=60) as http:
        client = Client(url, http)
        every = [
            await _asked(client, "valid queries, signed in", valid, signed_in=True),
            await _asked(client, "valid queries, signed out", valid, signed_in=False),
            await _asked(client, "valid mutations", generated.mutations(MUTATIONS), signed_in=True),
            await _asked(client, "damaged documents", generated.broken(valid, BROKEN), signed_in=False),
        ]
    say("| | asked | crashes and leaks | over 1 s | p50 ms | p99 ms | most ms |", "|---|---|---|---|---|---|---|")
    say(*(found.line() for found in every))
    for found in every:
        say(*(f"\nWRONG: {reason}\n{text}" for reason, text in found.wrong))
    slowest = sorted((pair for found in every for pair in found.took), reverse=True)[:SHOWN]
    say("\nThe slowest:", *(f"{1_000 * seconds:.0f} ms  {' '.join(text.split())[:150]}" for seconds, text in slowest))
    return 1 if any(found.wrong for found in every) else 0


def say(*lines: str) -> None:
    """Prints the lines."""
    sys.stdout.write("".join(f"{line}\n" for line in lines))


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1])))
