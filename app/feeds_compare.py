"""`pinwalk feeds compare`: what the viewers of each variant of a feed did, beside those of the feed itself."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from app.connect import ready_graph
from app.settings import Settings
from discovery.declared import EVERY_FEED, VARIANTS
from discovery.variants import Variant, arm
from domain.errors import Invalid
from domain.ids import UserN
from graph import samples
from graph.samples import Acts

Counts = NDArray[np.float64]

_DAY_MS: Final = 86_400_000
_TWO_SIDED_95: Final = 1.96


@dataclass(frozen=True, slots=True)
class Arm:
    """The viewers of one way of a feed: how many, how many of them saved, saves and hides of one on average, and how
    many more saves that is than in the feed itself, with half the width of its 95 % interval; None for that itself."""

    name: str
    share: float
    viewers: int
    savers: int
    saves_each: float
    hides_each: float
    more_saves: float | None = None
    more_saves_within: float | None = None


def checked(name: str) -> str:
    """The name. Raises Invalid when there is no such feed."""
    if name not in {feed.name for feed in EVERY_FEED}:
        raise Invalid(f"There is no feed {name!r}: there are {', '.join(feed.name for feed in EVERY_FEED)}.")
    return name


async def compare(settings: Settings, name: str, *, days: float, json_path: Path | None = None) -> None:
    """Prints a row for the feed and one for each of its variants. `name` has passed `checked`."""
    async with ready_graph(settings) as graph:
        acts = await samples.acts(graph, time.time_ns() // 1_000_000 - round(days * _DAY_MS))
    arms = compared(acts, name, VARIANTS)
    _show(arms, name, days, json_path)


def compared(acts: Acts, name: str, variants: Sequence[Variant]) -> list[Arm]:
    """The arms of a feed, itself first. Every account counts in the arm that its draw gives it, whether it looked at
    the feed or not: so the arms differ by nothing but the feed. Saves are compared by Welch's interval."""
    own = [variant for variant in variants if variant.of == name]
    members: dict[str, list[UserN]] = {name: [], **{variant.feed.name: [] for variant in own}}
    for user in acts.users:
        members[arm(variants, name, user)].append(user)
    shares = {variant.feed.name: variant.share for variant in own}
    shares = {name: 1.0 - sum(shares.values()), **shares}
    base = _counts(members[name], acts.saves)
    return [_arm(each, shares[each], members[each], acts, None if each == name else base) for each in members]


def _arm(name: str, share: float, users: Sequence[UserN], acts: Acts, base: Counts | None) -> Arm:
    saves, hides = _counts(users, acts.saves), _counts(users, acts.hides)
    more = within = None
    if base is not None and base.size > 1 and saves.size > 1:
        more = float(saves.mean() - base.mean())
        within = _TWO_SIDED_95 * math.sqrt(saves.var(ddof=1) / saves.size + base.var(ddof=1) / base.size)
    return Arm(name, share, len(users), int((saves > 0).sum()), _mean(saves), _mean(hides), more, within)


def _mean(counts: Counts) -> float:
    return float(counts.mean()) if counts.size else 0.0


def _counts(users: Sequence[UserN], acts: Mapping[UserN, int]) -> Counts:
    return np.array([acts.get(user, 0) for user in users], np.float64)


def _show(arms: Sequence[Arm], name: str, days: float, json_path: Path | None) -> None:
    table = Table("variant", title=f"{name}: what its viewers did in {days:g} days")
    for title in ("share", "viewers", "who saved", "saves each", "hides each", "more saves than the feed itself"):
        table.add_column(title, justify="right")
    for one in arms:
        more = "" if one.more_saves is None else f"{one.more_saves:+.3f} ± {one.more_saves_within:.3f}"
        table.add_row(
            *(one.name, f"{one.share:.1%}", f"{one.viewers:,}", f"{one.savers:,}"),
            *(f"{one.saves_each:.3f}", f"{one.hides_each:.3f}", more),
        )
    Console(width=120).print(table)
    if json_path is not None:
        json_path.write_text(json.dumps([asdict(one) for one in arms], indent=2) + "\n", "utf-8")
