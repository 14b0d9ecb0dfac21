"""The walk's exact twin in plain Python: slow and simple, the answer that the compiled one is compared with."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from discovery.walk import deposit
from discovery.walk.depositing import BOARD_PINS_VISITED_MIN, BOARD_SIZE_DEPOSIT_MAX, DEPOSITS_MAX
from discovery.walk.flat import Flat
from discovery.walk.hits import Via, WalkHit
from discovery.walk.kernels import MOVED, Words
from discovery.walk.stepping import RESTART_MIX, WALKERS
from discovery.walk.topical import Bias, Parts
from domain.ids import BoardN, PinN
from domain.limits import WALK_BOARDS_MAX

_MASK = 0xFFFFFFFFFFFFFFFF
_GOLDEN = 0x9E3779B97F4A7C15
_RESTART_MIX = int(RESTART_MIX)
_Reached = dict[int, tuple[float, Via]]
"""The score of each Pin that was reached, and what gave most of it, with how much."""


def recommend(
    boards: Mapping[int, Sequence[int]],
    pins: Mapping[int, Sequence[int]],
    query_pins: Sequence[tuple[PinN, float]],
    *,
    limit: int,
    exclude: Collection[PinN] = (),
    seed: int = 0,
    boards_max: int = WALK_BOARDS_MAX,
) -> list[WalkHit]:
    """What `deposit.recommend` gives for the same lists in the same order, up to rounding."""
    weights = {int(n): float(w) for n, w in query_pins if w > 0 and math.isfinite(w)}
    left_out = {int(n) for n, _ in query_pins} | {int(n) for n in exclude}
    sources = [(n, n, w) for n, w in weights.items() if pins.get(n)]
    found: _Reached = {}
    walked = set(left_out)
    for hop in range(deposit.HOPS_MAX):
        if not sources or len(found) >= limit:
            break
        takes, whole = _shares([len(pins[n]) for n, _, _ in sources], [w for _, _, w in sources], boards_max)
        degrees = [len(pins[n]) for n, _, _ in sources]
        visited = sum(map(min, takes, degrees))
        beta = deposit.BETA_ENUMERATED if whole else deposit.beta_of(visited / sum(degrees))
        reached = _hop(boards, pins, sources, takes, seed=seed + hop, boosted=hop == 0, beta=beta)
        found |= {n: r for n, r in reached.items() if n not in walked}
        walked |= set(reached)
        done = {n for n, _, _ in sources}
        ahead = sorted((-score, n, via.pin_n) for n, (score, via) in reached.items() if n not in done)
        ahead = ahead[: deposit.HOP_SOURCES_MAX]
        mass = deposit.HOP_CONTINUES * sum(w for _, _, w in sources)
        whole_score = sum(-score for score, _, _ in ahead)
        sources = [(n, via, mass * -score / whole_score) for score, n, via in ahead]
    best = sorted(found.items(), key=lambda item: (-item[1][0], item[0]))[:limit]
    return [WalkHit(PinN(n), score, (via._replace(share=1.0),)) for n, (score, via) in best]


def _hop(
    boards: Mapping[int, Sequence[int]],
    pins: Mapping[int, Sequence[int]],
    sources: Sequence[tuple[int, int, float]],
    takes: Sequence[int],
    *,
    seed: int,
    boosted: bool,
    beta: float,
) -> _Reached:
    total: dict[int, float] = {}
    best: dict[int, Via] = {}
    count = sum(min(take, len(pins[source])) for (source, _, _), take in zip(sources, takes, strict=True))
    visits_max = max(BOARD_PINS_VISITED_MIN, DEPOSITS_MAX // max(count, 1))
    for i, ((source, origin, weight), take) in enumerate(zip(sources, takes, strict=True)):
        here: dict[int, float] = {}
        near: dict[int, tuple[int, int, int]] = {}
        held = pins[source]
        for place, at in enumerate(_places(len(held), take, _uniform(seed, i))):
            board = held[at]
            size = len(boards[board])
            amount = weight / min(size, BOARD_SIZE_DEPOSIT_MAX)
            visits = min(size, visits_max)
            amount *= size / visits
            for m in _places(size, visits, _uniform(seed, 1_000_000 + board)):
                pin = boards[board][m]
                here[pin] = here.get(pin, 0.0) + amount
                near[pin] = min(near.get(pin, (size, place, board)), (size, place, board))
        for pin, value in here.items():
            total[pin] = total.get(pin, 0.0) + (math.sqrt(value) if boosted else value)
            if pin not in best or value > best[pin].share:
                best[pin] = Via(PinN(origin), BoardN(near[pin][2]), value)
    return {
        pin: ((value * value if boosted else value) * len(pins[pin]) ** -beta, best[pin])
        for pin, value in total.items()
    }


def _places(size: int, take: int, shift: float) -> list[int]:
    if take >= size:
        return list(range(size))
    step = size / take
    return [min(int(shift * step + j * step), size - 1) for j in range(take)]


def _shares(degrees: Sequence[int], weights: Sequence[float], boards_max: int) -> tuple[list[int], bool]:
    if sum(degrees) <= boards_max:
        return list(degrees), True
    takes: dict[int, int] = {}
    budget = float(boards_max)
    while len(takes) < len(degrees):
        left = [i for i in range(len(degrees)) if i not in takes]
        fair = {i: budget * weights[i] / sum(weights[i] for i in left) for i in left}
        filled = [i for i in left if degrees[i] <= fair[i]]
        if not filled:
            takes |= {i: max(1, math.floor(fair[i])) for i in left}
        takes |= {i: degrees[i] for i in filled}
        budget -= sum(degrees[i] for i in filled)
    return [takes[i] for i in range(len(degrees))], False


def _uniform(seed: int, i: int) -> float:
    z = (seed + (i + 1) * 0x9E3779B97F4A7C15) & _MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
    z ^= z >> 31
    return float(z >> 11) / 9007199254740992.0


@dataclass(frozen=True, slots=True)
class Steps:
    """Visits by node of a Pin, and the mean number of distinct 64-byte lines of the array that a step read."""

    visits: dict[int, int]
    lines_per_step: float


def steps(flat: Flat, start: PinN, rounds: int, *, restart: int, seed: int, bias: Bias | None = None) -> Steps:
    """What `stepping.step`, or with a bias `inclined.step`, counts from one Pin with the same numbers: exactly, without
    early stopping."""
    of_pins = None if bias is None else (bias.parts.pins, int(bias.topic))
    of_boards = None if bias is None else (bias.parts.boards, int(bias.topic))
    words, origin = flat.words, int(flat.pin_at[start])
    first, size = words.ctypes.data, words.dtype.itemsize
    places, visits, lines = [origin] * WALKERS, dict[int, int](), 0
    for round_ in range(rounds):
        for walker in range(WALKERS):
            drawn = _mixed(seed + _GOLDEN * (round_ * WALKERS + walker + 1))
            read: set[int] = set()
            board = _stepped(words, places[walker], drawn >> 32, read, of_pins)
            pin = _stepped(words, board, drawn & 0xFFFFFFFF, read, of_boards)
            visits[pin] = visits.get(pin, 0) + 1
            lines += len({(first + size * word) // 64 for word in read})
            back = ((drawn * _RESTART_MIX) & _MASK) >> 32 < restart
            places[walker] = origin if back else pin
    return Steps(visits, lines / (rounds * WALKERS))


def stepped(
    flat: Flat,
    query_pins: Sequence[tuple[PinN, float]],
    *,
    limit: int,
    exclude: Collection[PinN],
    seed: int,
    steps_max: int,
) -> list[tuple[PinN, float, list[tuple[PinN, float]]]]:
    """What `pixie.recommend` gives: Pins, scores, and the query Pins that led there with their shares; exactly."""
    weights = {int(n): w for n, w in query_pins if flat.boards_of(n).size}
    degrees = [flat.boards_of(n).size for n in weights]
    scale = [d * (max(flat.pin_degree_max, 1) - math.log(d)) for d in degrees]
    parts = [w * max(s, 1e-9) for w, s in zip(weights.values(), scale, strict=True)]
    visits: dict[int, dict[int, int]] = {}
    for i, (source, part) in enumerate(zip(weights, parts, strict=True)):
        rounds = max(1, int(steps_max * part / float(np.sum(parts))) // WALKERS)
        stream = (seed * 0x2545F4914F6CDD1D + i * _GOLDEN) & _MASK
        for node, count in steps(flat, PinN(source), rounds, restart=1 << 31, seed=stream).visits.items():
            visits.setdefault(int(flat.words[node - 2]), {})[source] = count
    found = []
    for pin in visits.keys() - {int(n) for n, _ in query_pins} - {int(n) for n in exclude}:
        given = sorted(visits[pin].items(), key=lambda item: -item[1])
        score, whole = 0.0, sum(visits[pin].values())
        for count in visits[pin].values():
            score += math.sqrt(count)
        found.append((PinN(pin), score * score, [(PinN(n), count / whole) for n, count in given]))
    return sorted(found, key=lambda item: (-item[1], item[0]))[:limit]


def _stepped(words: Words, node: int, drawn: int, read: set[int], about: tuple[Parts, int] | None) -> int:
    place = node
    if int(words[node]) == int(MOVED):
        read.update((node, node + 1))
        place = int(words[node + 1])
    low, high = _part(about, int(words[node - 2]), int(words[place]))
    at = place + 1 + low + (drawn * (high - low) >> 32)
    read.update((place, at))
    return int(words[at])


def _part(about: tuple[Parts, int] | None, n: int, degree: int) -> tuple[int, int]:
    """From where to where n's list is about the topic; the whole list when nothing of it is."""
    if about is None or n + 1 >= about[0].first.size:
        return 0, degree
    (parts, topic), low = about, 0
    for at in range(int(parts.first[n]), int(parts.first[n + 1])):
        high = min(int(parts.ends[at]), degree)
        if int(parts.topics[at]) == topic and high > low:
            return low, high
        low = int(parts.ends[at])
    return 0, degree


def _mixed(z: int) -> int:
    z &= _MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
    return z ^ (z >> 31)
