"""`pinwalk feeds`: a declared feed as a picture, and a home page explained candidate by candidate."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from app import learning
from app.resources import Resources, open_resources
from app.settings import Settings
from app.transfer.tables import batches
from discovery.candidate import Candidate, ReasonRef
from discovery.declared import EVERY_FEED, VARIANTS
from discovery.leaning_store import KeptLeanings
from discovery.pipeline import Run, Step, StepKind
from domain.errors import Invalid, NotFound, Unavailable
from domain.ids import SIGNED_OUT, BoardN, PinN, TopicN, UserN
from graph import boards, pins, topics, users

_WAIT_S: Final = 60.0
_NAMED_AT_ONCE: Final = 500
_TITLE_CHARS_MAX: Final = 60
_TIMES_MIN: Final = 1e11
"""From here on a score is a time: that of 1973, in milliseconds."""


def show(name: str, folder: Path | None = None) -> str:
    """The feed's steps from its sources down, each with its limits and what it comes after; what was learnt of its
    weights, from the folder of what the worker learns. Raises Invalid."""
    known = {feed.name: feed for feed in (*EVERY_FEED, *(variant.feed for variant in VARIANTS))}
    feed = known.get(name)
    if feed is None:
        raise Invalid(f"There is no feed {name!r}: there are {', '.join(known)}.")
    lines = [f"{feed.name}: at most {feed.limit_ms} ms"]
    lines += [f"for {v.share:.1%} of the viewers of {v.of}" for v in VARIANTS if v.feed is feed]
    lines += [f"variant {v.feed.name}: for {v.share:.1%} of the viewers" for v in VARIANTS if v.of == name]
    lines.append("")
    sources = [step for step in feed.steps if step.kind is StepKind.SOURCE]
    lines += [f"  {_boxed(step)} ─{'┐' if i == 0 else '┤'}" for i, step in enumerate(sources)]
    width = len(_boxed(sources[0])) + 3 if sources else 2
    for step in feed.steps:
        if step.kind is not StepKind.SOURCE:
            lines += [" " * width + "▼", f"  {_boxed(step)}   after {_after(step, sources)}"]
    if feed.weights:
        lines += ["", "weights: " + ", ".join(f"{source.name} {weight:g}" for source, weight in feed.weights.items())]
    if feed.learns and folder is not None:
        kept = KeptLeanings(folder / learning.LEANINGS)
        kept.refresh()
        lines.append(learning.told(kept.leanings))
    if any(step.kind is StepKind.DIVERSIFY for step in feed.steps):
        spacing = feed.spacing
        lines.append(f"spacing: relevance {spacing.relevance:g}, look {spacing.look:g}, {spacing.window} places back; ")
        lines[-1] += ", ".join(f"{by.value} {weight:g}" for by, weight in spacing.classes.items())
    return "\n".join(lines)


async def explain(settings: Settings, username: str, *, variant: str | None = None) -> None:
    """Prints every candidate of a home page that is made now for this user: sources with scores, the step that dropped
    it, or its place and why. Raises NotFound for an unknown user, Unavailable when a part does not come up."""
    async with open_resources(settings) as resources:
        await ready(resources)
        found = await users.by_username(resources.graph, SIGNED_OUT, username)
        if found is None:
            raise NotFound(f"There is no user {username!r}.")
        run, slate = await resources.feeds.explained(found.n, variant)
        names = await _names(resources, found.n, run, slate)
    sys.stdout.write("\n".join(explained(run, slate, names)) + "\n")


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
    ns = {candidate.pin_n for candidate in run.brought} | {r.pin_n for r in reasons if r.pin_n is not None}
    known = {
        pin.n: pin.title
        for turn in batches(sorted(ns), _NAMED_AT_ONCE)
        for pin in await pins.by_ns(graph, viewer, turn)
    }
    board_ns = {r.board_n for r in reasons if r.board_n is not None}
    user_ns = {r.user_n for r in reasons if r.user_n is not None}
    topic_ns = {r.topic_n for r in reasons if r.topic_n is not None}
    return Names(
        pins={n: title for n, title in known.items() if title},
        boards={board.n: board.title for board in await boards.by_ns(graph, viewer, board_ns)},
        users={user.n: user.username for user in await users.by_ns(graph, viewer, user_ns)},
        topics={topic.n: topic.name for topic in await topics.by_ns(graph, topic_ns)},
    )


def _named(kind: str, n: int, known: Mapping[Any, str]) -> str:
    title = known.get(n)
    return f"{kind} {n}" + (f" “{title[:_TITLE_CHARS_MAX]}”" if title else "")


def explained(run: Run, slate: list[Candidate], names: Names = Names()) -> list[str]:
    """A line for each candidate: those of the slate by place, then the others by the step that dropped them."""
    place = {candidate.pin_n: i for i, candidate in enumerate(slate, 1)}
    dropped: dict[PinN, str] = {}
    for step, before, after in run.passed:
        kept = {candidate.pin_n for candidate in after}
        dropped |= {c.pin_n: step for c in before if c.pin_n not in kept and c.pin_n not in dropped}
    named: dict[PinN, list[ReasonRef]] = {}
    for candidate in run.brought:
        named.setdefault(candidate.pin_n, []).extend(candidate.reasons)
    shown = {candidate.pin_n: candidate for candidate in slate}
    lines = [f"{run.feed.name}: {len(named)} candidates, {len(slate)} in the slate", _brought(run), ""]
    if run.factors:
        lines[1:1] = ["learnt: " + ", ".join(f"{source.name} ×{factor:.2f}" for source, factor in run.factors.items())]
    for n in sorted(named, key=lambda n: (place.get(n, 1 << 30), dropped.get(n, ""), n)):
        said = ", ".join(f"{reason.source.name} {_score(reason.score)}" for reason in named[n])
        if n in shown:
            lead = shown[n].reasons[0]
            from_ = f" from {about}" if (about := names.of(lead)) else ""
            lines.append(
                f"{place[n]:>4}  {names.pin(n)}  blend {shown[n].score:.3f}, led by {lead.source.name}{from_}; {said}"
            )
        else:
            lines.append(f"   -  {names.pin(n)}  dropped by {dropped.get(n, 'a source that was late')}; {said}")
    return lines


def _brought(run: Run) -> str:
    said = (f"{r.name} {'was late or away' if r.candidates is None else r.candidates}" for r in run.reports)
    return "sources: " + (", ".join(sorted(said)) or "none")


def _score(score: float) -> str:
    """The score, or the time where a source goes by that (milliseconds)."""
    return (
        f"{score:.4g}" if score < _TIMES_MIN else datetime.fromtimestamp(score / 1_000, UTC).strftime("%Y-%m-%d %H:%M")
    )


def _boxed(step: Step) -> str:
    quota = f", at most {step.quota}" if step.quota else ""
    return f"[{step.name:<12} {step.kind.value:<9} {step.limit_ms:>5} ms{quota:<14}]"


def _after(step: Step, sources: list[Step]) -> str:
    every = {source.name for source in sources}
    return "all sources" if every and every == set(step.after) else ", ".join(step.after)


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
