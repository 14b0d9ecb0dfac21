"""What the viewer does with the Pins that they are shown."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from discovery.feeds import Shown
from domain import limits
from domain.acts import Act, EngagementKind
from domain.errors import Invalid, TooLarge
from domain.ids import PinN
from graph import engagement
from resolvers import inputs
from resolvers.context import Context, require_viewer


@dataclass(frozen=True, slots=True)
class Done:
    """One act, as the client said it."""

    pin_id: str
    kind: EngagementKind
    at: datetime
    dwell_ms: int | None
    feed_cursor: str | None


async def record(ctx: Context, events: Sequence[Done]) -> int:
    """How many of the acts were taken: those with Pins that the viewer may see. One read and one write.

    Raises TooLarge over ENGAGEMENT_EVENTS_MAX, Invalid for a time or a dwell that cannot be, naming which.
    """
    me = require_viewer(ctx)
    most = limits.ENGAGEMENT_EVENTS_MAX
    if len(events) > most:
        raise TooLarge(f"{len(events)} events are too many. Give at most {most} at once.", ("events",))
    now = ctx.now()
    for i, each in enumerate(events):
        _check(each, now, i)
    keys = [inputs.pin_id(each.pin_id) for each in events]
    ids = {key for key in keys if key is not None}
    known = await engagement.visible_by_id(ctx.graph, me, ids) if ids else {}
    places = ctx.feeds.places(me, {each.feed_cursor for each in events if each.feed_cursor})
    acts = [
        _act(each, known[key], places.get(each.feed_cursor or ""), now)
        for each, key in zip(events, keys, strict=True)
        if key in known
    ]
    if acts:
        await engagement.record(ctx.graph, me, acts)
    return len(acts)


def _check(done: Done, now: datetime, i: int) -> None:
    age_s = (now - done.at).total_seconds()
    if not -limits.ENGAGEMENT_AHEAD_S_MAX <= age_s <= limits.ENGAGEMENT_AGE_S_MAX:
        raise Invalid("An event is of the last day: later, or ahead, it is not taken.", ("events", str(i), "at"))
    if (done.kind is EngagementKind.DWELL) != (done.dwell_ms is not None):
        raise Invalid("A DWELL has a `dwellMs`, and nothing else has.", ("events", str(i), "dwellMs"))
    if done.dwell_ms is not None and not 0 <= done.dwell_ms <= limits.DWELL_MS_MAX:
        message = f"`dwellMs` is from 0 to {limits.DWELL_MS_MAX:,}."
        raise Invalid(message, ("events", str(i), "dwellMs"))


def _act(done: Done, pin_n: PinN, place: Shown | None, now: datetime) -> Act:
    at = min(done.at, now)
    return Act(
        pin_n,
        done.kind,
        int(at.timestamp() * 1000),
        done.dwell_ms or 0,
        place.feed if place else None,
        place.slate if place else None,
        place.position if place else None,
        propensity(place.position) if place else None,
        place.parts if place else None,
    )


def propensity(position: int) -> float:
    """How likely a Pin at this position (from 0) of a feed is looked at: 1 / log2(2 + position), 1 for the first.

    The discount of DCG (Järvelin and Kekäläinen, 2002) as a model of where people look; a fitted one may replace it.
    """
    return 1.0 / math.log2(2 + position)
