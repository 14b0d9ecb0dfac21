"""`pinwalk feeds explain`: a page made now, candidate by candidate."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from app.resources import Resources, open_resources
from app.settings import Settings
from app.transfer.tables import batches
from discovery import parts
from discovery.candidate import Candidate, ReasonRef
from discovery.declared import VARIANTS
from discovery.feeds import EXPLAINED
from discovery.pipeline import Run, Step, StepKind
from discovery.queries import Start
from discovery.variants import named
from domain.errors import Invalid, NotFound, Unavailable
from domain.ids import SIGNED_OUT, BoardId, BoardN, PinId, PinN, TopicId, TopicN, UserN, prefix_of
from domain.limits import SEARCH_CHARS_MAX
from graph import boards, pins, topics, users
from graph.client import Graph

_WAIT_S: Final = 60.0
_NAMED_AT_ONCE: Final = 500
_TITLE_CHARS_MAX: Final = 60
_TIMES_MIN: Final = 1e11
"""From here on a score is a time: that of 1973, in milliseconds."""
_ROUNDING: Final = len(parts.SOURCES) / 64
"""What parts that are kept to a thirty-second may be off by together."""
_FIRST_MAX: Final = 1 << 30
ABOUT: Final = {
    "related": "pin",
    "similar": "pin",
    "more_ideas": "board",
    "trending_in_topic": "topic",
    "search": "words",
}
"""What a feed starts from beside its viewer; the others start from nothing else."""
WHY: Final = {
    "unseen": "the viewer saved, made or hid it, was shown it, or it is what the page starts from",
    "blend": "its score is below those that the shortlist has room for",
    "visible": "the viewer may not see it, or it is gone",
    "visible_off_board": "the viewer may not see it, it is gone, or the board has it",
    "narrow": "the viewer may not see it, or it is gone",
    "one_picture": "a better one shows the same picture, or what the page starts from does",
    "slate": "the slate is full",
}
"""Why a step drops a candidate, by the part that does it."""


def checked(feed: str | None, variant: str | None, about: str | None) -> tuple[str, str | None]:
    """The feed that is meant, and what it starts from beside its viewer. Raises Invalid, with those there are, for a
    feed, a variant or a start that do not fit together."""
    base, _ = named(VARIANTS, EXPLAINED, feed, variant)
    needs = ABOUT.get(base)
    if (needs is None) is not (about is None):
        raise Invalid(
            f"{base} starts from nothing but its viewer: leave --about out."
            if needs is None
            else f"Of which {needs}? {base} starts from one: say it with --about."
        )
    return base, needs


async def explain(
    settings: Settings,
    username: str | None,
    *,
    feed: str | None = None,
    variant: str | None = None,
    about: str | None = None,
) -> None:
    """Prints every candidate of a page that is made now for this user, or for nobody: the steps that brought it, what
    each source said and added, the step that dropped it and why, or its place and how it came there.

    `about` is what the feed starts from: an id, or the number that the print has. Raises what `checked` does, NotFound
    for an unknown user or a start that they may not see, Unavailable when a part does not come up."""
    base, needs = checked(feed, variant, about)
    async with open_resources(settings) as resources:
        await ready(resources)
        viewer = await _viewer(resources.graph, username)
        start = Start() if needs is None or about is None else await _start(resources.graph, viewer, needs, about)
        run, slate = await resources.feeds.explained(viewer, base, variant=variant, start=start)
        names = await _names(resources, viewer, run, slate)
    sys.stdout.write("\n".join(explained(run, slate, names)) + "\n")


async def _viewer(graph: Graph, username: str | None) -> UserN:
    if username is None:
        return SIGNED_OUT
    found = await users.by_username(graph, SIGNED_OUT, username)
    if found is None:
        raise NotFound(f"There is no user {username!r}.")
    return found.n


async def _start(graph: Graph, viewer: UserN, needs: str, about: str) -> Start:
    """What is meant, as far as the viewer may see it."""
    n = int(about) if about.isdecimal() and len(about) < 19 else None
    of_kind = prefix_of(about) == needs
    if needs == "words":
        if not 1 <= len(about.strip()) <= SEARCH_CHARS_MAX:
            raise Invalid(f"Search for 1 to {SEARCH_CHARS_MAX} characters.")
        return Start(words=about.strip())
    if needs == "pin" and (n is not None or of_kind):
        for pin in await (pins.by_ns(graph, viewer, [PinN(n)]) if n else pins.by_ids(graph, viewer, [PinId(about)])):
            return Start(pin=pin.n)
    if needs == "board" and (n is not None or of_kind):
        seen = boards.by_ns(graph, viewer, [BoardN(n)]) if n else boards.by_ids(graph, viewer, [BoardId(about)])
        for board in await seen:
            return Start(board=board.n)
    if needs == "topic":
        found = await topics.by_slug(graph, about)
        known = await (topics.by_ns(graph, [TopicN(n)]) if n else topics.by_ids(graph, [TopicId(about)]))
        for topic in [found] if found else known:
            return Start(topic=topic.n)
    raise NotFound(f"There is no {needs} {about!r} that this viewer may see: give its id, or its number.")


@dataclass(frozen=True, slots=True)
class Names:
    """What people call what a page refers to, as far as the viewer may see it; the number stands for the rest."""

    pins: Mapping[PinN, str] = field(default_factory=dict)
    boards: Mapping[BoardN, str] = field(default_factory=dict)
    users: Mapping[UserN, str] = field(default_factory=dict)
    topics: Mapping[TopicN, str] = field(default_factory=dict)

    def pin(self, n: PinN) -> str:
        """The Pin, with its title where it has one."""
        return _named("pin", n, self.pins)

    def of(self, reason: ReasonRef) -> str:
        """What the reason goes back to; empty for one that goes back to nothing."""
        said = (
            ("pin", reason.pin_n, self.pins),
            ("board", reason.board_n, self.boards),
            ("user", reason.user_n, self.users),
            ("topic", reason.topic_n, self.topics),
        )
        return ", ".join(_named(kind, n, known) for kind, n, known in said if n is not None)


async def _names(resources: Resources, viewer: UserN, run: Run, slate: list[Candidate]) -> Names:
    graph, reasons = resources.graph, [candidate.reasons[0] for candidate in slate]
    ns = {candidate.pin_n for _, candidate in run.brought} | {r.pin_n for r in reasons if r.pin_n is not None}
    ns |= {asked.pin_n for asked in run.query.query_pins}
    known = {
        pin.n: pin.title
        for turn in batches(sorted(ns), _NAMED_AT_ONCE)
        for pin in await pins.by_ns(graph, viewer, turn)
    }
    board_ns = {r.board_n for r in reasons if r.board_n is not None}
    user_ns = {r.user_n for r in reasons if r.user_n is not None}
    topic_ns = {r.topic_n for r in reasons if r.topic_n is not None} | set(run.query.topics)
    return Names(
        pins={n: title for n, title in known.items() if title},
        boards={board.n: board.title for board in await boards.by_ns(graph, viewer, board_ns)},
        users={user.n: user.username for user in await users.by_ns(graph, viewer, user_ns)},
        topics={topic.n: topic.name for topic in await topics.by_ns(graph, topic_ns)},
    )


def _named(kind: str, n: int, known: Mapping[Any, str]) -> str:
    title = known.get(n)
    return f"{kind} {n}" + (f" “{title[:_TITLE_CHARS_MAX]}”" if title else "")


def explained(run: Run, slate: Sequence[Candidate], names: Names = Names()) -> list[str]:
    """A heading, then a line for each candidate: those of the slate by place, then the others by the step that dropped
    them, the best first."""
    place = {candidate.pin_n: i for i, candidate in enumerate(slate, 1)}
    latest = {candidate.pin_n: candidate for candidate in _ranked(run)}
    latest |= {candidate.pin_n: candidate for candidate in slate}
    dropped = _dropped(run)
    brought: dict[PinN, list[str]] = {}
    for step, candidate in run.brought:
        said = ", ".join(_score(reason.score) for reason in candidate.reasons)
        brought.setdefault(candidate.pin_n, []).append(f"{step} {said}")
    trails = _trails(run)
    steps = [step.name for step in run.feed.steps]

    def order(n: PinN) -> tuple[int, int, float, int]:
        score = latest[n].score if n in latest else 0.0
        return place.get(n, _FIRST_MAX), steps.index(dropped[n]) if n in dropped else 0, -score, n

    lines = _heading(run, names, len(brought), len(slate))
    for n in sorted(brought, key=order):
        told = [*_told(run, latest.get(n), names, led=n in place)]
        if n in run.promised:
            told.append("promised a place on the first page")
        told += [", ".join(trails[n])] if n in trails else []
        told.append("brought by " + ", ".join(brought[n]))
        where = f"{place[n]:>4}" if n in place else "   -"
        lines.append(f"{where}  {names.pin(n)}  " + "; ".join([*_fate(run, dropped.get(n)), *told]))
    return lines


def _heading(run: Run, names: Names, candidates: int, shown: int) -> list[str]:
    asked = [f"{names.pin(pin.pin_n)} ×{pin.weight:.2f}" for pin in run.query.query_pins]
    asked += [_named("topic", n, names.topics) for n in run.query.topics]
    asked += [f"“{run.query.words}”"] if run.query.words else []
    late = (f"{r.name} {'was late or away' if r.candidates is None else r.candidates}" for r in run.reports)
    lines = [
        f"{run.feed.name}: {candidates} candidates, {shown} in the slate",
        "starts from: " + (", ".join(asked) or "nothing but the viewer"),
        "sources: " + (", ".join(sorted(late)) or "none"),
    ]
    if run.factors:
        lines.append("learnt: " + ", ".join(f"{source.name} ×{factor:.2f}" for source, factor in run.factors.items()))
    return [*lines, "", _LEGEND, ""]


_LEGEND: Final = (
    "Place, Pin; its score and what of it each source added; what led to it; its place after each step that orders;"
    " the steps that brought it, with their scores."
)


def _told(run: Run, candidate: Candidate | None, names: Names, *, led: bool) -> list[str]:
    """The score with what each source added to it, and what led to the Pin."""
    if candidate is None:
        return []
    told = []
    if any(step.kind is StepKind.RANK for step in run.feed.steps):
        added = parts.unpacked([candidate.parts])[0] if candidate.parts else []
        given = {s: part * run.factors.get(s, 1.0) for s, part in zip(parts.SOURCES, added, strict=False)}
        each, whole = [f"{source.name} {part:.2f}" for source, part in given.items() if part], sum(given.values())
        told.append(f"score {_score(candidate.score)}" + (f" of {' + '.join(each)}" if each else ""))
        if whole - candidate.score > _ROUNDING:
            told.append(f"lowered to {candidate.score / whole:.0%} for what the viewer left alone or hid")
    if led:
        lead = candidate.reasons[0]
        told.append(f"led by {lead.source.name}" + (f" from {about}" if (about := names.of(lead)) else ""))
    return told


def _fate(run: Run, step: str | None) -> list[str]:
    if step is None:
        return []
    part = _step(run, step).part
    return [f"dropped by {step}" + (f": {WHY[part]}" if part in WHY else "")]


def _dropped(run: Run) -> dict[PinN, str]:
    """The step that dropped each Pin that is not in the slate."""
    dropped: dict[PinN, str] = {}
    for step, before, after in run.passed:
        kept = {candidate.pin_n for candidate in after}
        dropped |= {c.pin_n: step for c in before if c.pin_n not in kept and c.pin_n not in dropped}
    return dropped


def _ranked(run: Run) -> list[Candidate]:
    """What the rankers and the steps after them passed on: candidates before those have no score yet."""
    ranks = [i for i, (name, _, _) in enumerate(run.passed) if _step(run, name).kind is StepKind.RANK]
    return [candidate for _, _, after in run.passed[min(ranks, default=len(run.passed)) :] for candidate in after]


def _step(run: Run, name: str) -> Step:
    return next(step for step in run.feed.steps if step.name == name)


def _trails(run: Run) -> dict[PinN, list[str]]:
    """The place of each Pin after each step that orders."""
    trails: dict[PinN, list[str]] = {}
    for step, _, after in run.passed:
        if _step(run, step).kind in {StepKind.RANK, StepKind.DIVERSIFY}:
            for i, candidate in enumerate(after, 1):
                trails.setdefault(candidate.pin_n, []).append(f"{step} {i}")
    return trails


def _score(score: float) -> str:
    """The score, or the time where a source goes by that (milliseconds)."""
    return (
        f"{score:.4g}" if score < _TIMES_MIN else datetime.fromtimestamp(score / 1_000, UTC).strftime("%Y-%m-%d %H:%M")
    )


async def ready(resources: Resources) -> None:
    """Returns when pages can be made, with vectors if those answer. Raises Unavailable when the graph and the walk take
    longer than a minute."""
    try:
        async with asyncio.timeout(_WAIT_S):
            await resources.settled.wait()
    except TimeoutError:
        raise Unavailable(f"The graph and the walk were not ready within {_WAIT_S:.0f} s.") from None
    with suppress(TimeoutError):  # A page without vectors says so itself.
        async with asyncio.timeout(_WAIT_S):
            await resources.vectors_open.wait()
