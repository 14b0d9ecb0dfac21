"""What a walk is asked, and what it answers."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from discovery.walk.flat import Flat
from discovery.walk.kernels import Floats, Ints, Nodes
from domain.ids import BoardN, PinN
from domain.limits import WALK_QUERY_PINS_MAX

_WEIGHT_SMALL: Final = 1e-100
_WEIGHT_LARGE: Final = 1e100


class Via(NamedTuple):
    """A query Pin that led to a Pin, the smallest of the boards that did, and its share in all that led there.

    The share is worked out where several are asked for; one alone has 1.
    """

    pin_n: PinN
    board_n: BoardN
    share: float = 1.0


class WalkHit(NamedTuple):
    """A Pin that the walk reached, and from where: what gave most first."""

    pin_n: PinN
    score: float
    vias: tuple[Via, ...]

    @property
    def via_pin_n(self) -> PinN:
        """The query Pin that contributed most."""
        return self.vias[0].pin_n

    @property
    def via_board_n(self) -> BoardN:
        """The board of that Pin that contributed most."""
        return self.vias[0].board_n


@dataclass(frozen=True, slots=True)
class Ranking:
    """Pins by score, best first; `vias` has one entry for each."""

    pins: Ints
    scores: Floats
    vias: list[tuple[Via, ...]]

    def first(self, limit: int) -> Ranking:
        """The best of them."""
        return Ranking(self.pins[:limit], self.scores[:limit], self.vias[:limit])


@dataclass(frozen=True, slots=True)
class Question:
    """Query Pins that are in the graph, with their weights, and the nodes that no answer holds: those and others."""

    sources: Nodes
    source_ns: tuple[int, ...]
    weights: Floats
    left_out: Nodes


def question(flat: Flat, query_pins: Sequence[tuple[PinN, float]], exclude: Collection[PinN]) -> Question:
    """The query Pins as nodes. Those on no board, and weights that are not positive numbers, are skipped; of a
    repeated Pin the last weight counts; of more than WALK_QUERY_PINS_MAX the heaviest count, ties by place. Weights
    whose sums would leave what a float holds are taken to the largest."""
    weights = {int(n): float(w) for n, w in query_pins if math.isfinite(w) and w > 0}
    if len(weights) > WALK_QUERY_PINS_MAX:
        kept = set(sorted(weights, key=lambda n: -weights[n])[:WALK_QUERY_PINS_MAX])
        weights = {n: w for n, w in weights.items() if n in kept}
    top = max(weights.values(), default=1.0)
    if not _WEIGHT_SMALL <= top <= _WEIGHT_LARGE:
        weights = {n: w / top for n, w in weights.items()}
    ns = np.fromiter(weights, np.int64, len(weights))
    nodes = flat.nodes(flat.pin_at, ns)
    there = (nodes > 0) & (flat.degrees(nodes) > 0)
    out = np.fromiter({*(int(n) for n, _ in query_pins), *(int(n) for n in exclude)}, np.int64)
    left_out = flat.nodes(flat.pin_at, out)
    return Question(
        sources=nodes[there],
        source_ns=tuple(ns[there].tolist()),
        weights=np.fromiter(weights.values(), np.float64, len(weights))[there],
        left_out=left_out[left_out > 0],
    )


def joined(found: Sequence[Ranking], limit: int) -> Ranking:
    """The best of several rankings of different Pins as one, best first, ties by smaller `n`."""
    if len(found) == 1:
        return found[0]
    if not found:
        return Ranking(np.zeros(0, np.int64), np.zeros(0), [])
    pins, scores = np.concatenate([r.pins for r in found]), np.concatenate([r.scores for r in found])
    vias = [via for r in found for via in r.vias]
    order = np.lexsort((pins, -scores))[:limit]
    return Ranking(pins[order], scores[order], [vias[i] for i in order.tolist()])


def hits_of(ranking: Ranking) -> list[WalkHit]:
    """The same as one value a Pin."""
    columns = zip(ranking.pins.tolist(), ranking.scores.tolist(), ranking.vias, strict=True)
    return [WalkHit(PinN(n), score, vias) for n, score, vias in columns]
