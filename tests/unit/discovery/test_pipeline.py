"""Declared feeds: what is checked at start, and how a run treats late, failing and faulty sources."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace

import pytest

from discovery import declared, pipeline
from discovery.candidate import Candidate, FeedQuery, ReasonRef
from discovery.pipeline import BadFeed, Feed, Parts, Run, Step, StepKind
from domain.errors import Unavailable
from domain.ids import PinN
from domain.model import Source

S, F, C = StepKind.SOURCE, StepKind.FILTER, StepKind.CUT


@dataclass
class Fixed:
    """A source that answers the same, late, or not at all."""

    source: Source
    pins: tuple[int, ...] = ()
    fails: Exception | None = None
    hangs: bool = False

    async def fetch(self, query: FeedQuery) -> list[Candidate]:
        if self.hangs:
            await asyncio.Event().wait()
        if self.fails:
            raise self.fails
        return [Candidate(PinN(n), (ReasonRef(self.source, 1.0),), score=1.0) for n in self.pins[: query.limit]]


async def keep(_run: Run, _step: Step, candidates: list[Candidate]) -> list[Candidate]:
    return candidates


async def cut(_run: Run, step: Step, candidates: list[Candidate]) -> list[Candidate]:
    return candidates[: step.quota]


FEED = Feed(
    "test",
    limit_ms=1_000,
    steps=(
        Step("walked", S, limit_ms=100, quota=10),
        Step("fresh", S, limit_ms=100, quota=10),
        Step("keep", F, ("walked", "fresh"), limit_ms=100),
        Step("slate", C, ("keep",), limit_ms=100, quota=5),
    ),
)


def parts(walked: Fixed | None = None, fresh: Fixed | None = None) -> Parts:
    return Parts(
        {"walked": walked or Fixed(Source.WALK, (1, 2, 3)), "fresh": fresh or Fixed(Source.FRESH, (3, 4))},
        {"keep": keep, "slate": cut},
    )


def with_step(step: Step) -> Feed:
    return replace(FEED, steps=tuple(step if s.name == step.name else s for s in FEED.steps))


@pytest.mark.parametrize(
    ("feed", "says"),
    [
        (with_step(Step("keep", F, ("walked", "fresh", "nowhere"), limit_ms=1)), "nowhere"),
        (with_step(Step("keep", F, ("walked", "fresh"), limit_ms=1, uses="unheard_of")), "unheard_of"),
        (with_step(Step("keep", F, ("walked", "fresh", "slate"), limit_ms=1)), "wait for each other"),
        (with_step(Step("keep", F, ("walked",), limit_ms=100)), "end in one cut"),
        (with_step(Step("keep", F, ("walked", "fresh"), limit_ms=900)), "more than its 1000 ms"),
        (with_step(Step("keep", F, ("walked", "fresh"))), "time limit"),
        (with_step(Step("keep", F, limit_ms=1)), "after nothing"),
        (with_step(Step("walked", S, limit_ms=100)), "quota"),
        (with_step(Step("walked", S, limit_ms=100, quota=995)), "1005 candidates"),
        (with_step(Step("slate", C, ("keep",), limit_ms=100, quota=21)), "longer than 20"),
        (replace(FEED, steps=(*FEED.steps, FEED.steps[0])), "share a name"),
    ],
)
def test_a_feed_that_could_not_run_is_refused_by_name(feed: Feed, says: str) -> None:
    pipeline.check(FEED, parts())

    with pytest.raises(BadFeed, match=says):
        pipeline.check(feed, parts())


def test_no_two_declared_feeds_share_a_name() -> None:
    assert len({feed.name for feed in declared.EVERY_FEED}) == len(declared.EVERY_FEED)


@pytest.mark.parametrize(
    ("feed", "says"),
    [
        (replace(FEED, weights={Source.WALK: 1.0}), r"test\.keep: it needs a weight for FRESH, which fresh brings"),
        (FEED, r"it needs a weight for WALK"),
        (replace(FEED, weights={Source.WALK: 1.0, Source.FRESH: -0.1}), "weight of FRESH is -0.1"),
        (replace(FEED, weights={Source.WALK: float("nan"), Source.FRESH: 1.0}), "weight of WALK is nan"),
        (replace(FEED, weights={Source.WALK: float("inf"), Source.FRESH: 1.0}), "weight of WALK is inf"),
    ],
)
def test_a_feed_that_weighs_needs_a_weight_for_each_of_its_sources(feed: Feed, says: str) -> None:
    weighing = replace(parts(), weighing={"keep"})
    pipeline.check(replace(FEED, weights={Source.WALK: 1.0, Source.FRESH: 0.0}), weighing)

    with pytest.raises(BadFeed, match=says):
        pipeline.check(feed, weighing)


def test_a_step_that_goes_by_facts_comes_after_them() -> None:
    informed = replace(parts(), informed={"slate"})
    facts = Step("keep", StepKind.FACTS, ("walked", "fresh"), limit_ms=100)
    pipeline.check(with_step(facts), informed)

    with pytest.raises(BadFeed, match=r"test\.slate: .* comes after no step with facts"):
        pipeline.check(FEED, informed)


async def test_candidates_are_merged_and_cut() -> None:
    found, run = await pipeline.run(FEED, parts(), FeedQuery())

    assert [c.pin_n for c in found] == [1, 2, 3, 4]
    assert [r.source for r in found[2].reasons] == [Source.WALK, Source.FRESH]
    assert run.degraded == ()
    assert {r.name: r.candidates for r in run.reports} == {"walked": 3, "fresh": 2}


@pytest.mark.parametrize(
    "bad", [Fixed(Source.WALK, hangs=True), Fixed(Source.WALK, fails=Unavailable("The walk is starting."))]
)
async def test_a_late_or_unavailable_source_makes_the_feed_shorter_and_is_named(bad: Fixed) -> None:
    found, run = await pipeline.run(FEED, parts(walked=bad), FeedQuery())

    assert [c.pin_n for c in found] == [3, 4]
    assert run.degraded == (Source.WALK,)


async def test_what_cannot_be_spaced_in_time_is_shown_as_it_is() -> None:
    async def hang(_run: Run, _step: Step, _candidates: list[Candidate]) -> list[Candidate]:
        await asyncio.Event().wait()
        raise AssertionError("unreachable")

    feed = with_step(Step("keep", StepKind.DIVERSIFY, ("walked", "fresh"), limit_ms=1))
    found, run = await pipeline.run(feed, Parts(parts().sources, {**parts().stages, "keep": hang}), FeedQuery())

    assert [c.pin_n for c in found] == [1, 2, 3, 4]
    assert run.degraded == ()


async def test_a_late_filter_fails_the_feed() -> None:
    async def hang(_run: Run, _step: Step, _candidates: list[Candidate]) -> list[Candidate]:
        await asyncio.Event().wait()
        raise AssertionError("unreachable")

    feed = with_step(Step("keep", F, ("walked", "fresh"), limit_ms=1))
    with pytest.raises(Unavailable, match="keep took too long"):
        await pipeline.run(feed, Parts(parts().sources, {**parts().stages, "keep": hang}), FeedQuery())


async def test_a_bug_in_a_source_is_raised_and_nothing_runs_on() -> None:
    with pytest.raises(ZeroDivisionError):
        await pipeline.run(
            FEED, parts(Fixed(Source.WALK, hangs=True), Fixed(Source.FRESH, fails=ZeroDivisionError())), FeedQuery()
        )

    assert not [t for t in asyncio.all_tasks() if t.get_name().startswith("test.")]


def test_a_feed_goes_on_without_sources_that_are_off() -> None:
    feed = FEED.of_sources({"fresh"})

    pipeline.check(replace(feed, steps=feed.steps), parts())
    assert [s.name for s in feed.steps] == ["fresh", "keep", "slate"]
    assert not FEED.of_sources(set()).has_sources
