"""What the viewer does with Pins."""

from __future__ import annotations

from typing import Annotated

import strawberry

from resolvers import engagement
from schema.engagement import EngagementPayload, RecordEngagementInput
from schema.fields import field
from schema.inputs import GIVEN
from schema.payloads import attempt
from schema.values import Info


@strawberry.type
class EngagementMutations:
    @field("Tells what the viewer did with Pins: their next home page follows it within a second.")
    async def record_engagement(self, info: Info, input: Annotated[RecordEngagementInput, GIVEN]) -> EngagementPayload:
        doing = engagement.record(info.context, [event.done() for event in input.events])
        accepted, errors = await attempt(info.context, doing)
        return EngagementPayload(accepted=accepted, user_errors=errors)
