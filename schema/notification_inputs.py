"""What is said of notifications."""

from __future__ import annotations

import strawberry
from strawberry import UNSET

from domain.notices import NotificationKind, Preference, PushEndpointKind
from schema.values import URL


@strawberry.input(description="What has been read.")
class MarkNotificationsReadInput:
    up_to: strawberry.ID | None = strawberry.field(
        default=UNSET, description="The notification up to which all are read, itself among them. None: all."
    )


@strawberry.input(description="Whether the viewer wants to be told of a kind.")
class NotificationPreferenceInput:
    kind: NotificationKind = strawberry.field(description="The kind.")
    in_app: bool = strawberry.field(description="In `notifications`.")
    push: bool = strawberry.field(description="At the viewer's push endpoints.")

    def preference(self) -> Preference:
        return Preference(self.kind, self.in_app, self.push)


@strawberry.input(description="Changes of how the viewer is told.")
class UpdateNotificationPreferencesInput:
    preferences: list[NotificationPreferenceInput] = strawberry.field(
        description="Each kind at most once; those that are not named stay as they are."
    )


@strawberry.input(description="A new place to send notifications to.")
class AddPushEndpointInput:
    kind: PushEndpointKind = strawberry.field(default=PushEndpointKind.WEBHOOK, description="How they are sent.")
    url: URL = strawberry.field(
        description="An https address of the public internet, at most 2,048 characters, at port 443, 8443, 80 or 8080."
    )


@strawberry.input(description="A place to send nothing to any more.")
class RemovePushEndpointInput:
    endpoint_id: strawberry.ID = strawberry.field(description="The endpoint, the viewer's own.")
