"""The feeds."""

from __future__ import annotations

from typing import Annotated

import strawberry
from strawberry import UNSET

from resolvers import feeds
from schema.connections import After, First, given
from schema.fields import field
from schema.nodes import FeedConnection
from schema.selection import wanted_of_page
from schema.values import Info


@strawberry.type
class FeedQueries:
    @field("What the viewer may love next; signed out: trending and fresh.")
    async def home_feed(self, info: Info, first: First = 25, after: After = UNSET) -> FeedConnection:
        return FeedConnection.of(await feeds.home(info.context, first, given(after), wanted_of_page(info)))

    @field("New Pins of followed users and boards, newest first, nothing else mixed in; empty signed out.")
    async def following_feed(self, info: Info, first: First = 25, after: After = UNSET) -> FeedConnection:
        return FeedConnection.of(await feeds.following(info.context, first, given(after), wanted_of_page(info)))

    @field("What is saved much these days.")
    async def trending_pins(
        self,
        info: Info,
        first: First = 25,
        after: After = UNSET,
        topic_id: Annotated[
            strawberry.ID | None, strawberry.argument(description="Pins about this topic alone.")
        ] = UNSET,
    ) -> FeedConnection:
        wants = wanted_of_page(info)
        return FeedConnection.of(await feeds.trending(info.context, first, given(after), given(topic_id), wants))
