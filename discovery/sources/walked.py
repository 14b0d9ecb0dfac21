"""Pins that the walk reaches from the query Pins, ordered with the help of the models once there are some."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import numpy as np

from discovery.candidate import VIEWED, Candidate, FeedQuery, ReasonRef
from discovery.training.blending import SHORTLIST, blended
from discovery.training.learning import Learnt
from discovery.training.store import KeptModel
from discovery.walk.hits import Ranking
from discovery.walk.live import LiveWalk
from domain.ids import PinN
from domain.model import Source


@dataclass(frozen=True, slots=True)
class Walked:
    """Pins saved together with the query Pins. `saved` says that the viewer saved those, which reasons then say.

    With a `model` the walk's best SHORTLIST are ordered by what iALS and EASE think of them too. Reasons are the
    walk's. With `pixie` it is Pixie's walk.
    """

    walk: LiveWalk
    saved: bool = True
    model: KeptModel | None = None
    pixie: bool = False
    source: Source = Source.WALK

    async def fetch(self, query: FeedQuery) -> list[Candidate]:
        """The best of the walk; the walk runs in a thread."""
        if not query.query_pins:
            return []
        found = await asyncio.to_thread(self._found, query)
        viewed = {asked.pin_n for asked in query.query_pins if asked.viewed} if self.saved else set()
        return [
            Candidate(
                PinN(n),
                (
                    ReasonRef(
                        self.source,
                        score,
                        pin_n=vias[0].pin_n if self.saved else None,
                        board_n=vias[0].board_n,
                        words=VIEWED if vias[0].pin_n in viewed else None,
                    ),
                ),
            )
            for n, score, vias in zip(found.pins.tolist(), found.scores.tolist(), found.vias, strict=True)
        ]

    def _found(self, query: FeedQuery) -> Ranking:
        learnt = None if self.model is None else self.model.learnt
        found = self.walk.ranked(
            [(asked.pin_n, asked.weight) for asked in query.query_pins],
            limit=query.limit if learnt is None else max(SHORTLIST, query.limit),
            exclude=query.excluded,
            seed=query.seed,
            stepped=self.pixie,
        )
        return found if learnt is None or not found.pins.size else ordered(found, query, learnt)


def ordered(found: Ranking, query: FeedQuery, learnt: Learnt) -> Ranking:
    """The best of what the walk found by the blend of it and the models, ties by smaller `n`.

    The score is the exponential of the blend's: a score of the walk has a long tail, and its logarithm is what is
    blended later.
    """
    saved = np.array([asked.pin_n for asked in query.query_pins], np.int64)
    weights = np.array([asked.weight for asked in query.query_pins])
    thought = learnt.opinions(saved, weights, found.pins)
    if thought is None:
        return found.first(query.limit)
    scores = blended(found.scores, thought, learnt.weights)
    order = np.lexsort((found.pins, -scores))[: query.limit]
    return Ranking(found.pins[order], np.exp(scores[order]), [found.vias[i] for i in order.tolist()])
