"""What can be asked."""

from __future__ import annotations

from typing import Annotated

import strawberry
from strawberry import UNSET

from resolvers import boards, feeds, nodes, pins, topics, users
from resolvers.feeds import Narrowed
from schema.connections import After, Connection, First, given
from schema.fields import field
from schema.inputs import PinFilter
from schema.nodes import Board, FeedConnection, Node, Pin, Topic, User, node_of
from schema.selection import wanted_of_page
from schema.values import Info

Words = Annotated[str, strawberry.argument(description="What to look for, 1..200 characters. Nothing in it is syntax.")]


@strawberry.type(description="What can be asked. What the viewer may not see is not there for them.")
class Query:
    @field("The thing of this id; null for an id that is malformed or unknown, or names what the viewer may not see.")
    async def node(
        self, info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="Any id of this server's.")]
    ) -> Node | None:
        return node_of(await nodes.node(info.context, id))

    @field("The things of these ids, in order, each null as `node` is.")
    async def nodes(
        self, info: Info, ids: Annotated[list[strawberry.ID], strawberry.argument(description="At most 100 ids.")]
    ) -> list[Node | None]:
        return [node_of(thing) for thing in await nodes.nodes(info.context, ids)]

    @field("Who is asking; null when signed out.")
    async def viewer(self, info: Info) -> User | None:
        return User.maybe(await users.viewer(info.context))

    @field("The user of this name.")
    async def user(
        self, info: Info, username: Annotated[str, strawberry.argument(description="In any case, 3..30 characters.")]
    ) -> User | None:
        return User.maybe(await users.by_username(info.context, username))

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

    @field("Pins whose words match, or mean the like; the weak matches after the good ones.")
    async def search_pins(
        self,
        info: Info,
        query: Words,
        first: First = 25,
        after: After = UNSET,
        filter: Annotated[PinFilter | None, strawberry.argument(description="What to narrow it to.")] = UNSET,
    ) -> FeedConnection:
        narrowed = filter.narrowed() if filter else Narrowed()
        wants = wanted_of_page(info)
        page = await feeds.search(info.context, query, first, given(after), narrowed=narrowed, wants=wants)
        return FeedConnection.of(page)

    @field("Boards whose title or description matches, best first.")
    async def search_boards(
        self, info: Info, query: Words, first: First = 25, after: After = UNSET
    ) -> Connection[Board]:
        page = await boards.matching(info.context, query, first, given(after), wanted_of_page(info))
        return Connection.of(page, Board.of)

    @field("Users whose username or display name matches, best first.")
    async def search_users(self, info: Info, query: Words, first: First = 25, after: After = UNSET) -> Connection[User]:
        page = await users.matching(info.context, query, first, given(after), wanted_of_page(info))
        return Connection.of(page, User.of)

    @field("The topic of this slug.")
    async def topic(
        self, info: Info, slug: Annotated[str, strawberry.argument(description="As in `Topic.slug`.")]
    ) -> Topic | None:
        return Topic.maybe(await topics.by_slug(info.context, slug))

    @field("All topics, in a fixed order.")
    async def topics(self, info: Info, first: First = 50, after: After = UNSET) -> Connection[Topic]:
        return Connection.of(await topics.every(info.context, first, given(after)), Topic.of)

    @field("The Pins that the viewer hid.")
    async def hidden_pins(self, info: Info, first: First = 25, after: After = UNSET) -> Connection[Pin]:
        page = await pins.hidden(info.context, first, given(after), wanted_of_page(info))
        return Connection.of(page, Pin.of)
