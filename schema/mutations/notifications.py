"""Notifications and where they are sent. Each mutation does all of one thing or nothing."""

from __future__ import annotations

from typing import Annotated

import strawberry

from resolvers import notifications
from schema import notification_inputs as inputs
from schema.connections import given
from schema.fields import field
from schema.inputs import GIVEN
from schema.notifications import NotificationPreference, PushEndpoint
from schema.payloads import ERRORS, DeletePayload, UserError, attempt, deleted_payload
from schema.values import Info


@strawberry.type(description="What is still unread.")
class NotificationsPayload:
    unread_count: int | None = strawberry.field(default=None, description="How many notifications are unread.")
    user_errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.type(description="How the viewer is told from now on.")
class NotificationPreferencesPayload:
    preferences: list[NotificationPreference] | None = strawberry.field(default=None, description="One for each kind.")
    user_errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.type(description="A new push endpoint.")
class PushEndpointPayload:
    endpoint: PushEndpoint | None = strawberry.field(default=None, description="The endpoint.")
    signing_key: str | None = strawberry.field(
        default=None,
        description="`whsec_…`: what `webhook-signature` of each message is made with. It is shown this once.",
    )
    user_errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.type
class NotificationMutations:
    @field("Marks the viewer's notifications read, all up to one or all there are.")
    async def mark_notifications_read(
        self, info: Info, input: Annotated[inputs.MarkNotificationsReadInput, GIVEN]
    ) -> NotificationsPayload:
        doing = notifications.mark_read(info.context, given(input.up_to))
        unread, errors = await attempt(info.context, doing)
        return NotificationsPayload(unread_count=unread, user_errors=errors)

    @field("Changes what the viewer is told of, and where.")
    async def update_notification_preferences(
        self, info: Info, input: Annotated[inputs.UpdateNotificationPreferencesInput, GIVEN]
    ) -> NotificationPreferencesPayload:
        doing = notifications.prefer(info.context, [each.preference() for each in input.preferences])
        kept, errors = await attempt(info.context, doing)
        shown = None if kept is None else [NotificationPreference.of(each) for each in kept]
        return NotificationPreferencesPayload(preferences=shown, user_errors=errors)

    @field("Adds a place outside where the viewer's notifications are sent. At most 10; TAKEN for the same address.")
    async def add_push_endpoint(
        self, info: Info, input: Annotated[inputs.AddPushEndpointInput, GIVEN]
    ) -> PushEndpointPayload:
        made, errors = await attempt(info.context, notifications.add_endpoint(info.context, input.url))
        if made is None:
            return PushEndpointPayload(user_errors=errors)
        return PushEndpointPayload(endpoint=PushEndpoint.of(made[0]), signing_key=made[1], user_errors=errors)

    @field("Sends nothing more to an endpoint of the viewer's, not even what waits.")
    async def remove_push_endpoint(
        self, info: Info, input: Annotated[inputs.RemovePushEndpointInput, GIVEN]
    ) -> DeletePayload:
        doing = notifications.remove_endpoint(info.context, input.endpoint_id)
        return deleted_payload(*await attempt(info.context, doing))
