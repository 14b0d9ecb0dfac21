"""Blend, filters, spacing, shares and reasons: pure functions over candidates."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from discovery import filters, parts, rank, reasons, shares
from discovery.candidate import Candidate, FeedQuery, QueryPin, ReasonRef
from discovery.facts import Known, Memory
from discovery.medoids import medoids
from discovery.queries import momentum
from discovery.shares import Share
from domain.ids import BoardN, PinN, TopicN, UserN
from domain.model import Source
from tests.unit.discovery import plain_blend
from tests.unit.discovery.conftest import Clock
from vectors.embedder import unit_rows

WALK, VISUAL, FRESH, EXPLORE = Source.WALK, Source.VISUAL, Source.FRESH, Source.EXPLORE


def named(n: int, *said: tuple[Source, float], score: float = 0.0) -> Candidate:
    return Candidate(PinN(n), tuple(ReasonRef(source, value) for source, value in said), score=score)


def test_a_pin_named_by_two_sources_beats_one_named_as_well_by_one() -> None:
    found = [named(1, (WALK, 4.0)), named(2, (WALK, 4.0), (VISUAL, 0.5)), named(3, (VISUAL, 0.5)), named(4, (WALK, 1))]

    blended = rank.blend(found, {WALK: 1.0, VISUAL: 0.5}, now_ms=0)

    assert [c.pin_n for c in blended] == [2, 1, 3, 4]
    assert [r.source for r in blended[0].reasons] == [WALK, VISUAL]
    assert [c.score for c in blended] == sorted((c.score for c in blended), reverse=True)


def test_what_was_learnt_of_a_source_changes_the_order_and_not_the_parts_that_are_kept() -> None:
    found = [named(1, (WALK, 4.0)), named(2, (VISUAL, 0.5)), named(3, (WALK, 1.0), (VISUAL, 0.4))]
    weights = {WALK: 1.0, VISUAL: 0.5}

    declared = rank.blend(found, weights, now_ms=0)
    leant = rank.blend(found, weights, now_ms=0, factors={WALK: 0.4, VISUAL: 2.5})

    assert [c.pin_n for c in declared] == [1, 3, 2]
    assert [c.pin_n for c in leant] == [2, 3, 1]
    assert (
        {c.pin_n: c.reasons[0].source for c in leant}[3]
        is VISUAL
        is not {c.pin_n: c.reasons[0].source for c in declared}[3]
    )
    assert {c.pin_n: c.parts for c in declared} == {c.pin_n: c.parts for c in leant}
    for candidate, score in ((c, c.score) for c in declared):
        assert parts.unpacked([candidate.parts]).sum() == pytest.approx(score, abs=0.05)


def test_behaviour_takes_over_from_content_as_saves_come() -> None:
    weights = {WALK: 1.0, Source.TOPIC: 1.0, Source.FOLLOWED: 1.0}

    cold, warm = rank.warmed(weights, 0), rank.warmed(weights, 20)

    assert cold[WALK] == 0 < warm[WALK] < 1
    assert cold[Source.TOPIC] == 1 > warm[Source.TOPIC] > 0.3
    assert cold[Source.FOLLOWED] == warm[Source.FOLLOWED] == 1
    assert rank.warmed(weights, 3)[WALK] == pytest.approx(0.5)


def test_newer_ranks_before_older_among_times() -> None:
    hour = 3_600_000
    found = [named(1, (FRESH, 10.0 * hour)), named(2, (FRESH, 99.0 * hour)), named(3, (FRESH, 50.0 * hour))]

    assert [c.pin_n for c in rank.blend(found, {FRESH: 1.0}, now_ms=100 * hour)] == [2, 3, 1]


def test_one_of_each_picture_is_kept_and_none_that_the_query_shows() -> None:
    known = {PinN(n): Known(picture=name) for n, name in [(1, "a"), (2, "b"), (3, "b"), (4, "a"), (5, None), (6, None)]}

    kept = filters.one_of_each_picture([named(n) for n in (2, 3, 4, 5, 6, 7)], known, [PinN(1)])

    assert [c.pin_n for c in kept] == [2, 5, 6, 7]


def test_no_title_fills_a_page_while_others_match_as_well() -> None:
    found = [*(named(n) for n in range(6)), named(6)._replace(weak=True), named(7), named(8)]
    titles = {PinN(n): "Lamp" for n in range(6)} | {PinN(6): "lamp", PinN(7): "Chair"}

    assert [c.pin_n for c in filters.varied(found, titles)] == [0, 1, 2, 7, 3, 4, 5, 6]


def test_the_first_page_gets_what_is_promised_and_loses_the_last_that_nobody_needs() -> None:
    found = [named(n, (WALK if n < 30 else VISUAL, 1.0)) for n in range(60)]
    rules = [Share(3, lambda c: c.reasons[0].source is VISUAL), Share(2, lambda c: c.pin_n in {24, 50, 51})]

    settled = shares.promised(found, rules)

    page = [c.pin_n for c in settled[:25]]
    assert page[:20] == list(range(20))
    assert set(page[20:]) == {24, 30, 31, 32, 50}
    assert sum(c.reasons[0].source is VISUAL for c in settled[:25]) >= 3
    assert sorted(c.pin_n for c in settled) == list(range(60))


def test_shares_that_cannot_be_met_change_nothing_else() -> None:
    found = [named(n, (WALK, 1.0)) for n in range(10)]

    assert shares.promised(found, [Share(3, lambda c: c.reasons[0].source is VISUAL)]) == found


def test_a_shortlist_keeps_some_of_a_source_that_counts_little() -> None:
    found = [named(n, (WALK, 1_000.0 - n)) for n in range(700)] + [named(n, (EXPLORE, 1.0)) for n in range(900, 920)]
    ordered = rank.blend(found, {WALK: 1.0, EXPLORE: 0.05}, now_ms=0)

    shortlist = rank.blend(found, {WALK: 1.0, EXPLORE: 0.05}, now_ms=0, most=500)
    page = shares.promised(shortlist, shares.of_home(FeedQuery(query_pins=(QueryPin(PinN(1), 1.0),)), {}))[:25]

    assert [c.pin_n for c in shortlist[:495]] == [c.pin_n for c in ordered[:495]]
    assert sum(c.reasons[0].source is EXPLORE for c in shortlist) == 5
    assert sum(c.reasons[0].source is EXPLORE for c in page) == 1


def random_candidates(rng: np.random.Generator, n: int) -> list[Candidate]:
    """Pins named by up to four reasons; scores are often alike, sources sometimes the same."""
    most_of = list(Source)[: rng.integers(1, len(Source) + 1)]
    found = []
    for pin in rng.permutation(3 * n)[:n].tolist():
        said = rng.choice(most_of, rng.integers(1, 6), p=rng.dirichlet(np.full(len(most_of), 0.5)))  # type: ignore[arg-type]
        scores = np.round(rng.standard_normal(said.size), rng.integers(0, 6)) * rng.choice([1.0, 1e13])
        reasons = tuple(
            ReasonRef(s, v, words=str(i)) for i, (s, v) in enumerate(zip(said, scores.tolist(), strict=True))
        )
        found.append(Candidate(PinN(pin), reasons, k=pin, weak=bool(pin % 2)))
    return found


@pytest.mark.parametrize("seed", range(40))
def test_a_blend_and_its_shortlist_are_to_the_bit_what_the_plain_way_makes(seed: int) -> None:
    rng = np.random.default_rng(seed)
    found = random_candidates(rng, int(rng.choice([0, 1, 2, 30, 400])))
    weights = {source: float(rng.choice([0.0, 0.3, 1.0])) for source in rng.permutation(list(Source))[:6]}  # type: ignore[arg-type]
    factors = {source: float(rng.uniform(0.3, 3.0)) for source in list(weights)[:3]}
    most = int(rng.integers(1, 2 + 2 * len(found)))

    plain = plain_blend.blended(found, weights, 10**13, factors)
    led = [Share(rank.LED_MIN, lambda c, s=source: c.reasons[0].source is s) for source in weights]  # type: ignore[misc]

    assert rank.blend(found, weights, now_ms=10**13, factors=factors) == plain
    shortlist = rank.blend(found, weights, now_ms=10**13, factors=factors, most=most)
    assert shortlist == plain_blend.promised(plain, led, most)[:most]


@pytest.mark.parametrize("seed", range(40))
def test_promises_are_kept_as_one_by_one(seed: int) -> None:
    rng = np.random.default_rng(seed)
    found = [named(n, (WALK, 1.0)) for n in range(int(rng.integers(0, 200)))]
    rules = [
        Share(int(rng.integers(0, 12)), frozenset(rng.choice(200, rng.integers(0, 60)).tolist()).__contains__)
        for _ in range(5)
    ]
    rules = [Share(rule.least, lambda c, holds=rule.holds: holds(c.pin_n)) for rule in rules]  # type: ignore[misc]
    page = int(rng.integers(1, 40))

    assert shares.promised(found, rules, page) == plain_blend.promised(found, rules, page)


def test_newest_saves_of_one_topic_get_most_of_the_first_page() -> None:
    query = FeedQuery(query_pins=(QueryPin(PinN(900), 1.0),), momentum={TopicN(5): 3}, saves=20)
    known = {PinN(n): Known(topics=(TopicN(5),)) for n in range(100, 200)}
    found = [named(n, (WALK, 1.0)) for n in range(200)]

    settled = shares.promised(found, shares.of_home(query, known))

    assert sum(c.pin_n >= 100 for c in settled[:25]) == 12


def test_momentum_is_a_row_of_recent_saves_of_one_topic() -> None:
    now = 1_000 * 86_400_000
    saved = [(PinN(n), (now - n * 1000) << 20) for n in range(6)]
    topics = {PinN(n): [TopicN(1)] for n in range(4)} | {PinN(5): [TopicN(1)]}

    assert momentum(saved, topics, now) == {1: 4}
    assert momentum(saved[3:], topics, now) == {}
    assert momentum(saved, topics, now + 2 * 86_400_000) == {}
    assert momentum([], {}, now) == {}


def test_medoids_stand_for_the_clusters_of_looks() -> None:
    axes = np.eye(3, 16, dtype=np.float32)
    rng = np.random.default_rng(1)
    rows = unit_rows(np.repeat(axes, [4, 3, 1], axis=0) + 0.05 * rng.standard_normal((8, 16)).astype(np.float32))

    found = medoids(rows, [1.0] * 8)

    assert [(row // 4 if row < 4 else 1 + (row == 7), weight) for row, weight in found] == [
        (0, 4.0),
        (1, 3.0),
        (2, 1.0),
    ]


def test_memory_forgets_by_age_and_by_number(clock: Clock) -> None:
    memory: Memory[int, str] = Memory(2, 1_000, clock)
    memory.put(1, "one")
    memory.put(2, "two")
    assert memory.get(1) == "one"

    memory.put(3, "three")

    assert (memory.get(1), memory.get(2), memory.get(3)) == ("one", None, "three")
    clock.ms += 1_000
    assert memory.get(1) is None


@pytest.mark.parametrize(
    ("ref", "titles", "said"),
    [
        (ReasonRef(WALK, 1.0, pin_n=PinN(1)), {"pin_title": "Moss garden"}, "Because you saved “Moss garden”"),
        (ReasonRef(WALK, 1.0, board_n=BoardN(1)), {"board_title": "Gardens"}, "From the board “Gardens”"),
        (ReasonRef(VISUAL, 1.0, pin_n=PinN(1)), {"pin_title": "Moss"}, "Looks like “Moss”"),
        (ReasonRef(VISUAL, 1.0, pin_n=PinN(1)), {}, "Looks like Pins you saved"),
        (ReasonRef(VISUAL, 1.0), {}, "Looks like your picture"),
        (ReasonRef(Source.FOLLOWED, 1.0, user_n=UserN(1)), {"user_name": "Ana"}, "New from Ana, whom you follow"),
        (ReasonRef(Source.POPULAR, 1.0), {}, "Popular this week"),
        (ReasonRef(Source.POPULAR, 1.0), {"topic_name": "Gardens"}, "Popular this week in Gardens"),
        (ReasonRef(Source.TEXT, 1.0, words="moss"), {}, "Matches “moss”"),
        (ReasonRef(Source.TEXT, 1.0, board_n=BoardN(1), words="moss"), {"board_title": "Moss"}, "On the board “Moss”"),
        (ReasonRef(Source.TEXT, 1.0, words="m" * 200), {}, f"Matches “{'m' * 59}…”"),
        (ReasonRef(FRESH, 1.0), {}, "Just added"),
    ],
)
def test_reasons_read_as_sentences(ref: ReasonRef, titles: dict[str, str], said: str) -> None:
    assert reasons.text(ref, **titles) == said


def test_every_source_has_words_even_when_nothing_named_may_be_seen() -> None:
    said = Counter(reasons.text(ReasonRef(source, 1.0)) for source in Source)

    assert all(said)
