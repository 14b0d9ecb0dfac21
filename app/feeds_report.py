"""`pinwalk feeds`: a declared feed as a picture, and a home page explained candidate by candidate."""

from __future__ import annotations

import asyncio
import sys
from typing import Final

from app.resources import Resources, open_resources
from app.settings import Settings
from discovery.candidate import Candidate, ReasonRef
from discovery.declared import EVERY_FEED, VARIANTS
from discovery.pipeline import Run, Step, StepKind
from domain.errors import Invalid, NotFound, Unavailable
from domain.ids import SIGNED_OUT, PinN
from graph import users

_WAIT_S: Final = 60.0


def show(name: str) -> str:
    """The feed's steps from its sources down, each with its limits and what it comes after. Raises Invalid."""
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
    sys.stdout.write("\n".join(explained(run, slate)) + "\n")


def explained(run: Run, slate: list[Candidate]) -> list[str]:
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
    for n in sorted(named, key=lambda n: (place.get(n, 1 << 30), dropped.get(n, ""), n)):
        said = ", ".join(f"{reason.source.name} {reason.score:.4g}" for reason in named[n])
        if n in shown:
            lines.append(
                f"{place[n]:>4}  pin {n}  blend {shown[n].score:.3f}, led by {_why(shown[n].reasons[0])}; {said}"
            )
        else:
            lines.append(f"   -  pin {n}  dropped by {dropped.get(n, 'a source that was late')}; {said}")
    return lines


def _brought(run: Run) -> str:
    said = (f"{r.name} {'was late or away' if r.candidates is None else r.candidates}" for r in run.reports)
    return "sources: " + (", ".join(sorted(said)) or "none")


def _why(reason: ReasonRef) -> str:
    parts = (("pin", reason.pin_n), ("board", reason.board_n), ("user", reason.user_n), ("topic", reason.topic_n))
    from_ = " ".join(f"{name} {n}" for name, n in parts if n is not None)
    return f"{reason.source.name}{f' from {from_}' if from_ else ''}"


def _boxed(step: Step) -> str:
    quota = f", at most {step.quota}" if step.quota else ""
    return f"[{step.name:<12} {step.kind.value:<9} {step.limit_ms:>5} ms{quota:<14}]"


def _after(step: Step, sources: list[Step]) -> str:
    every = {source.name for source in sources}
    return "all sources" if every and every == set(step.after) else ", ".join(step.after)


async def ready(resources: Resources) -> None:
    """Returns when pages can be made. Raises Unavailable when that takes longer than a minute."""
    try:
        async with asyncio.timeout(_WAIT_S):
            await resources.settled.wait()
    except TimeoutError:
        raise Unavailable(f"The graph and the walk were not ready within {_WAIT_S:.0f} s.") from None
