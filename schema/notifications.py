"""Notifications, and how somebody wants to be told."""

from __future__ import annotations

from datetime import datetime

import strawberry

from domain import notices
from domain.notices import NotificationKind, PushEndpointKind
from resolvers import notifications
from resolvers.pages import Listing
from schema.connections import Edge, PageInfo
from schema.fields import field
from schema.nodes import Board, Node, Pin, User
from schema.values import URL, Info


@strawberry.type(description="What the viewer is told: one for all who did the same since the viewer last looked.")
class Notification(Node):
    kind: NotificationKind = strawberry.field(description="What it tells of.")
    created_at: datetime = strawberry.field(description="When it last happened.")
    read: bool = strawberry.field(description="Whether the viewer has marked it read.")
    actor_count: int = strawberry.field(description="How many users it tells of.")
    event_id: strawberry.ID = strawberry.field(
        description="For `since` of `notificationAdded`, to go on from here: it changes when the notification grows."
    )
    source: strawberry.Private[notices.Notification]

    @classmethod
    def of(cls, item: notices.Notification) -> Notification:
        return cls(
            id=strawberry.ID(item.id),
            kind=item.kind,
            created_at=item.created_at,
            read=item.read,
            actor_count=item.actor_count,
            event_id=strawberry.ID(notifications.event_id(item)),
            source=item,
        )

    @field("What it says, for people: “Ana and 12 others saved your Pin “Moss””.")
    async def text(self, info: Info) -> str:
        return await notifications.text(info.context, self.source)

    @field("Who did it last; null when nobody did.")
    async def actor(self, info: Info) -> User | None:
        found = await notifications.actors(info.context, self.source)
        return User.of(found[0]) if found else None

    @field("Who did it, the latest first, at most 5.")
    async def actors(self, info: Info) -> list[User]:
        return [User.of(user) for user in await notifications.actors(info.context, self.source)]

    @field("The Pin that it is about, if it is about one.")
    async def pin(self, info: Info) -> Pin | None:
        return Pin.maybe(await notifications.pin(info.context, self.source))

    @field("The board that it is about, if it is about one.")
    async def board(self, info: Info) -> Board | None:
        return Board.maybe(await notifications.board(info.context, self.source))


@strawberry.type(description="A page of the viewer's notifications, of which the last 500 are kept.")
class NotificationConnection:
    edges: list[Edge[Notification]] = strawberry.field(description="The places of the page, at most `first`.")
    nodes: list[Notification] = strawberry.field(description="What stands at them, in the same order.")
    page_info: PageInfo = strawberry.field(description="Where the page stands in its list.")

    @classmethod
    def of(cls, listing: Listing[notices.Notification]) -> NotificationConnection:
        edges = [Edge(node=Notification.of(row.value), cursor=row.cursor) for row in listing.rows]
        return cls(edges=edges, nodes=[edge.node for edge in edges], page_info=PageInfo.of_listing(listing))

    @field("How many are unread, on all pages.")
    async def unread_count(self, info: Info) -> int:
        return await notifications.unread_count(info.context)


@strawberry.type(description="Whether the viewer is told of a kind.")
class NotificationPreference:
    kind: NotificationKind = strawberry.field(description="The kind.")
    in_app: bool = strawberry.field(description="In `notifications`, from now on.")
    push: bool = strawberry.field(description="At the viewer's push endpoints.")

    @classmethod
    def of(cls, preference: notices.Preference) -> NotificationPreference:
        return cls(kind=preference.kind, in_app=preference.in_app, push=preference.push)


@strawberry.type(description="Where the viewer's notifications are sent outside.")
class PushEndpoint(Node):
    kind: PushEndpointKind = strawberry.field(description="How they are sent.")
    url: URL = strawberry.field(description="Where to.")
    created_at: datetime = strawberry.field(description="When it was added.")
    failing: bool = strawberry.field(
        description="Whether it was given up, by its own word (410) or after 3 days without an answer: nothing is sent."
    )

    @classmethod
    def of(cls, endpoint: notices.PushEndpoint) -> PushEndpoint:
        return cls(
            id=strawberry.ID(endpoint.id),
            kind=endpoint.kind,
            url=URL(endpoint.url),
            created_at=endpoint.created_at,
            failing=endpoint.failing,
        )
