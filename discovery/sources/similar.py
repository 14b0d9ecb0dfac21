"""Pins that look, or read, like the query Pins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from discovery.candidate import Candidate, FeedQuery, QueryPin, ReasonRef
from discovery.facts import Neighbours
from discovery.medoids import CLUSTERS_MAX, medoids
from domain.ids import PinN
from domain.model import Source
from vectors.index import HITS_MAX

_EACH: Final = 100
"""How many neighbours each of several query Pins brings: always as many, so that they can be remembered."""


@dataclass(frozen=True, slots=True)
class Similar:
    """Pins near the medoids of the query Pins' clusters in one index: VISUAL over looks, TEXT over words.

    The newest `newest` query Pins are asked for themselves, whatever their cluster: what a person is after just now.
    With one query Pin this is its plain neighbourhood, from the index itself when `fresh`.
    """

    neighbours: Neighbours
    source: Source = Source.VISUAL
    newest: int = 2
    clusters: int = CLUSTERS_MAX
    fresh: bool = False

    async def fetch(self, query: FeedQuery) -> list[Candidate]:
        """The nearest by cosine to the query Pin that each is nearest to; a lighter query Pin counts a little less."""
        vectors = await self.neighbours.vectors([asked.pin_n for asked in query.query_pins], fresh=self.fresh)
        asked = [pin for pin in query.query_pins if pin.pin_n in vectors]
        if not asked:
            return []
        chosen = self._chosen(asked, np.stack([vectors[pin.pin_n] for pin in asked]))
        each = query.limit if len(query.query_pins) == 1 else _EACH
        near = await self.neighbours.near(list(chosen), min(each, HITS_MAX - 1), fresh=self.fresh)
        best: dict[PinN, tuple[float, float, PinN]] = {}
        for via, weight in chosen.items():
            for hit in near.get(via, []):
                value = hit.score * weight
                if hit.pin_n not in query.excluded and value > best.get(hit.pin_n, (-2.0, 0.0, via))[0]:
                    best[hit.pin_n] = (value, hit.score, via)
        for pin in query.query_pins:
            best.pop(pin.pin_n, None)
        order = sorted(best.items(), key=lambda item: (-item[1][0], item[0]))
        least = -2.0 if query.min_score is None else query.min_score
        return [
            Candidate(n, (ReasonRef(self.source, score, pin_n=via),))
            for n, (_, score, via) in order[: query.limit]
            if score >= least
        ]

    def _chosen(
        self, asked: list[QueryPin], rows: np.ndarray[tuple[int, int], np.dtype[np.float32]]
    ) -> dict[PinN, float]:
        """The query Pins to ask for, with a weight of 0.85 to 1: similarity leads, weight decides between likes."""
        chosen = {pin.pin_n: pin.weight for pin in asked[: self.newest]}
        for row, weight in medoids(rows, [pin.weight for pin in asked])[: self.clusters]:
            if len(chosen) < self.clusters:
                chosen.setdefault(asked[row].pin_n, min(1.0, weight))
        return {n: 0.85 + 0.15 * weight for n, weight in chosen.items()}
