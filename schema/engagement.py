"""What the viewer does with Pins: input and payload."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import strawberry
from strawberry import UNSET
from strawberry.types.arguments import InputContext
from strawberry.types.base import get_object_definition

from domain.acts import EngagementKind
from resolvers.engagement import Done
from schema.connections import given
from schema.payloads import ERRORS, UserError


@strawberry.input(description="One thing that was done with a Pin.")
class EngagementInput:
    pin_id: strawberry.ID = strawberry.field(description="The Pin. One that the viewer may not see is left out.")
    kind: EngagementKind = strawberry.field(description="What was done.")
    at: datetime = strawberry.field(description="When: of the last 24 hours, at most 5 minutes ahead.")
    dwell_ms: int | None = strawberry.field(
        default=UNSET, description="How long a DWELL was, 0..3,600,000; for nothing else."
    )
    feed_cursor: str | None = strawberry.field(
        default=UNSET,
        description="The `cursor` of the edge that it was shown at: tells the home, following and trending feeds "
        "where it stood. Any other is not looked at.",
    )

    def done(self) -> Done:
        return Done(self.pin_id, self.kind, self.at, given(self.dwell_ms), given(self.feed_cursor))


@strawberry.input(description="What the viewer did.")
class RecordEngagementInput:
    events: list[EngagementInput] = strawberry.field(description="In any order, at most 500.")


def _events(_kind: type, given: Mapping[str, Any], _context: InputContext) -> RecordEngagementInput:
    """The events of values that are checked and converted already.

    There are up to 500 in a call: Strawberry's own way, which looks up each field of each, takes longer than all else.
    """
    return RecordEngagementInput(
        events=[
            EngagementInput(
                pin_id=event["pinId"],
                kind=event["kind"],
                at=event["at"],
                dwell_ms=event.get("dwellMs", UNSET),
                feed_cursor=event.get("feedCursor", UNSET),
            )
            for event in given["events"]
        ]
    )


get_object_definition(RecordEngagementInput, strict=True).from_input = _events


@strawberry.type(description="What was taken.")
class EngagementPayload:
    accepted: int | None = strawberry.field(
        default=None, description="How many events were taken: those with Pins that the viewer may see."
    )
    user_errors: list[UserError] = strawberry.field(description=ERRORS)
