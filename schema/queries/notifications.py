"""What the viewer is told, and how."""

from __future__ import annotations

from typing import Annotated

import strawberry
from strawberry import UNSET

from resolvers import notifications
from schema.connections import After, First, given
from schema.fields import field
from schema.notifications import NotificationConnection, NotificationPreference, PushEndpoint
from schema.values import Info


@strawberry.type
class NotificationQueries:
    @field("What the viewer is told, latest first. It needs a viewer.")
    async def notifications(
        self,
        info: Info,
        first: First = 25,
        after: After = UNSET,
        unread_only: Annotated[bool, strawberry.argument(description="Leave out what has been read.")] = False,
    ) -> NotificationConnection:
        page = await notifications.page(info.context, first, given(after), unread_only=unread_only)
        return NotificationConnection.of(page)

    @field("What the viewer is told of, one for each kind. It needs a viewer.")
    async def notification_preferences(self, info: Info) -> list[NotificationPreference]:
        return [NotificationPreference.of(each) for each in await notifications.preferences(info.context)]

    @field("Where the viewer's notifications are sent outside, at most 10. It needs a viewer.")
    async def push_endpoints(self, info: Info) -> list[PushEndpoint]:
        return [PushEndpoint.of(each) for each in await notifications.push_endpoints(info.context)]
