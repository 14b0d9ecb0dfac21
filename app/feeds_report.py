"""`pinwalk feeds show`: a declared feed as a picture."""

from __future__ import annotations

from pathlib import Path

from app import learning
from discovery.declared import EVERY_FEED, VARIANTS
from discovery.leaning_store import KeptLeanings
from discovery.pipeline import Step, StepKind
from domain.errors import Invalid


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
    name_chars = max(len(step.name) for step in feed.steps)
    boxes = {step.name: _boxed(step, name_chars) for step in feed.steps}
    lines += [f"  {boxes[step.name]} ─{'┐' if i == 0 else '┤'}" for i, step in enumerate(sources)]
    others = [step for step in feed.steps if step.kind is not StepKind.SOURCE]
    for before, step in zip([None, *others], others, strict=False):
        if before is not None and before.after == step.after:
            lines.append(f"  {boxes[step.name]}   at once with {before.name}")
        else:
            lines += [" " * (len(boxes[step.name]) + 3) + "▼", f"  {boxes[step.name]}   after {_after(step, sources)}"]
    if feed.weights:
        lines += ["", "weights: " + ", ".join(f"{source.name} {weight:g}" for source, weight in feed.weights.items())]
    if feed.learns and folder is not None:
        kept = KeptLeanings(folder / learning.LEANINGS)
        kept.refresh()
        lines.append(learning.told(kept.value))
    if any(step.kind is StepKind.DIVERSIFY for step in feed.steps):
        spacing = feed.spacing
        lines.append(f"spacing: relevance {spacing.relevance:g}, look {spacing.look:g}, {spacing.window} places back; ")
        lines[-1] += ", ".join(f"{by.value} {weight:g}" for by, weight in spacing.classes.items())
    return "\n".join(lines)


def _boxed(step: Step, name_chars: int) -> str:
    quota = f", at most {step.quota}" if step.quota else ""
    return f"[{step.name:<{name_chars}} {step.kind.value:<9} {step.limit_ms:>5} ms{quota:<14}]"


def _after(step: Step, sources: list[Step]) -> str:
    every = {source.name for source in sources}
    return "all sources" if every and every == set(step.after) else ", ".join(step.after)
