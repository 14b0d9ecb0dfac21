"""Run as a process of its own: warms the loops, walks in every way there is, and says what was not warm."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import numpy as np

from discovery.walk import deposit, snapshot, warming
from discovery.walk.flat import Flat
from discovery.walk.live import LiveWalk
from discovery.walk.present import Present
from discovery.walk.pruning import PinTopics
from domain.ids import BoardN, PinN, TopicN


def compiled() -> dict[str, int]:
    """For how many kinds of arrays each loop of the walk is compiled in this process."""
    return {
        f"{name}.{key}": len(value.signatures)
        for name, module in sys.modules.items()
        if name.startswith("discovery.walk")
        for key, value in vars(module).items()
        if hasattr(value, "signatures")
    }


async def walks(path: Path, *, wide: bool) -> None:
    """Walks of every size, changes, a rebuild, an arranged copy, a snapshot."""
    pairs = np.indices((250, 200)).reshape(2, -1).astype(np.int64)
    walk = LiveWalk(Flat.build(pairs[0], pairs[1], wide=wide))
    more = {BoardN(b): [PinN(b * 120 + p) for p in range(120)] for b in range(300, 3_000)}
    await walk.apply(Present(boards=more, pins={PinN(5): []}))
    if not walk.rebuilt(timeout_s=60):
        raise TimeoutError
    for stepped in (False, True):
        for vias in (1, 2):
            for boards_max in (5, 3_000):
                asked = [(PinN(8), 1.0), (PinN(300 * 120), 0.5)]
                walk.ranked(asked, limit=150, stepped=stepped, vias=vias, boards_max=boards_max)
                walk.ranked(asked[1:], limit=500, stepped=stepped, vias=vias, boards_max=boards_max)
    walk.sample(5, seed=1)
    walk.pairs()
    walk.arrange(PinTopics(np.arange(200), np.arange(200) % 3, 3))
    walk.about(TopicN(1), [(PinN(8), 1.0)], limit=20)
    snapshot.write(walk._flat, path, snapshot.Origin(1, "event_1"))
    opened = snapshot.open_(path)
    opened.verify()
    deposit.recommend(opened.flat.owned(), [(PinN(8), 1.0)], limit=9, exclude=(), seed=1)


def main() -> None:
    """Arguments: a path for a snapshot, and 1 for offsets of 64 bits."""
    path, wide = Path(sys.argv[1]), sys.argv[2] == "1"
    warming.warm(wide=wide)
    before = compiled()
    asyncio.run(walks(path, wide=wide))
    late = sorted(name for name, count in compiled().items() if count != before.get(name, 0))
    sys.stdout.write(f"compiled or read after the loops were warm: {late}\n")


if __name__ == "__main__":
    main()
