"""Pins that the walk reaches from the query Pins, ordered with the help of the model once there is one."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import numpy as np

from discovery.candidate import VIEWED, Candidate, FeedQuery, ReasonRef
from discovery.training.blending import SHORTLIST, blended
from discovery.training.learning import Learnt
from discovery.training.store import KeptModel
from discovery.walk.hits import WalkHit
from discovery.walk.live import LiveWalk
from domain.model import Source


@dataclass(frozen=True, slots=True)
class Walked:
    """Pins saved together with the query Pins. `saved` says that the viewer saved those, which reasons then say.

    With a `model` the walk's best 1,000 are ordered by what it thinks of them too. Reasons are the walk's. With `pixie`
    it is Pixie's walk.
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
        hits = await asyncio.to_thread(self._hits, query)
        viewed = {asked.pin_n for asked in query.query_pins if asked.viewed} if self.saved else set()
        return [
            Candidate(
                hit.pin_n,
                (
                    ReasonRef(
                        self.source,
                        hit.score,
                        pin_n=hit.via_pin_n if self.saved else None,
                        board_n=hit.via_board_n,
                        words=VIEWED if hit.via_pin_n in viewed else None,
                    ),
                ),
            )
            for hit in hits
        ]

    def _hits(self, query: FeedQuery) -> list[WalkHit]:
        learnt = None if self.model is None else self.model.learnt
        hits = (self.walk.stepped if self.pixie else self.walk.recommend)(
            [(asked.pin_n, asked.weight) for asked in query.query_pins],
            limit=query.limit if learnt is None else max(SHORTLIST, query.limit),
            exclude=query.excluded,
            seed=query.seed,
        )
        return hits if learnt is None or not hits else ordered(hits, query, learnt)[: query.limit]


def ordered(hits: list[WalkHit], query: FeedQuery, learnt: Learnt) -> list[WalkHit]:
    """The hits by the blend of the walk and the viewer's folded-in vector, ties by smaller `n`.

    The score is the exponential of the blend's: a score of the walk has a long tail, and its logarithm is what is
    blended later. A Pin that the model does not know counts as an average one.
    """
    ns = np.array([hit.pin_n for hit in hits], np.int64)
    asked, there = learnt.model.rows(np.array([pin.pin_n for pin in query.query_pins], np.int64))
    rows, known = learnt.model.rows(ns)
    if not there.any() or not known.any():
        return hits
    weights = np.array([pin.weight for pin in query.query_pins])[there]
    own = learnt.model.folded(asked[there].tolist(), weights.tolist())
    found = (learnt.model.pins[rows] @ own).astype(np.float64)
    found[~known] = found[known].mean()
    scores = blended(np.array([hit.score for hit in hits]), found, learnt.weight)
    order = np.lexsort((ns, -scores)).tolist()
    return [hits[i]._replace(score=float(np.exp(scores[i]))) for i in order]
