"""What can be listened to."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import datetime
from typing import Annotated

import strawberry
from strawberry import UNSET

from resolvers import live, notifications
from schema.connections import given
from schema.fields import field, subscription
from schema.nodes import Board, Pin, User
from schema.notifications import Notification
from schema.values import Info

Ids = list[strawberry.ID]


@strawberry.type(description="A Pin that has come to something the viewer listens to.")
class NewPin:
    event_id: strawberry.ID = strawberry.field(description="For `since`, to go on from here. Kept for 7 days.")
    pin: Pin = strawberry.field(description="The Pin, ready.")
    at: datetime = strawberry.field(description="When it happened.")
    source: strawberry.Private[live.NewPin]

    @classmethod
    def of(cls, new: live.NewPin) -> NewPin:
        return cls(
            event_id=strawberry.ID(new.event_id),
            pin=Pin.of(new.pin),
            at=new.at,
            source=new,
        )

    @field("The public board it is on.")
    async def board(self, info: Info) -> Board | None:
        return Board.maybe(await live.board(info.context, self.source))

    @field("Who put it there, if it came by a board.")
    async def saved_by(self, info: Info) -> User | None:
        return User.maybe(await live.saved_by(info.context, self.source))


@strawberry.type(description="What can be listened to. Each event is read anew, as the viewer may see it then.")
class Subscription:
    @subscription(
        "Pins as they become ready, or are saved or moved once ready, on public boards that hold them still. "
        "With no ids at all: on and by whatever the viewer follows."
    )
    async def new_pins(
        self,
        info: Info,
        board_ids: Annotated[
            Ids | None, strawberry.argument(description="Saved to these boards; at most 100.")
        ] = UNSET,
        user_ids: Annotated[Ids | None, strawberry.argument(description="Made by these users; at most 100.")] = UNSET,
        topic_ids: Annotated[Ids | None, strawberry.argument(description="About these topics; at most 100.")] = UNSET,
        since: Annotated[
            strawberry.ID | None,
            strawberry.argument(
                description="The last `eventId` seen: what was missed comes first. At most 7 days old."
            ),
        ] = UNSET,
    ) -> AsyncGenerator[NewPin, None]:
        arriving = live.new_pins(
            info.context,
            board_ids=given(board_ids),
            user_ids=given(user_ids),
            topic_ids=given(topic_ids),
            since=given(since),
        )
        async with aclosing(arriving):
            async for new in arriving:
                yield NewPin.of(new)

    @subscription("A Pin as it is now, then at each change of its status. Completes at READY or FAILED.")
    async def pin_processed(
        self, info: Info, pin_id: Annotated[strawberry.ID, strawberry.argument(description="The Pin.")]
    ) -> AsyncGenerator[Pin, None]:
        states = live.pin_processed(info.context, pin_id)
        async with aclosing(states):
            async for pin in states:
                yield Pin.of(pin)

    @subscription("What the viewer is told, as it comes; one that grows comes again under the same id.")
    async def notification_added(
        self,
        info: Info,
        since: Annotated[
            strawberry.ID | None,
            strawberry.argument(
                description="The `eventId` of the last notification seen: what came or grew after it comes first, the "
                "latest 100. With its `id`, what came or grew after it was new; some may come again."
            ),
        ] = UNSET,
    ) -> AsyncGenerator[Notification, None]:
        arriving = notifications.added(info.context, given(since))
        async with aclosing(arriving):
            async for item in arriving:
                yield Notification.of(item)
