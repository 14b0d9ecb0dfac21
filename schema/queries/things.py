"""Things by id or name, and lists of them."""

from __future__ import annotations

from typing import Annotated

import strawberry
from strawberry import UNSET

from resolvers import blocks, collaborators, nodes, pins, topics, users
from schema.connections import After, Connection, First, given
from schema.fields import field
from schema.nodes import Board, Node, Pin, Topic, User
from schema.selection import wanted_of_page
from schema.things import node_of
from schema.values import Info


@strawberry.type
class ThingQueries:
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

    @field("The topic of this slug.")
    async def topic(
        self, info: Info, slug: Annotated[str, strawberry.argument(description="As in `Topic.slug`.")]
    ) -> Topic | None:
        return Topic.maybe(await topics.by_slug(info.context, slug))

    @field("All topics, in a fixed order.")
    async def topics(self, info: Info, first: First = 50, after: After = UNSET) -> Connection[Topic]:
        return Connection.of(await topics.every(info.context, first, given(after)), Topic.of)

    @field("The Pins that the viewer hid, the latest hidden first.")
    async def hidden_pins(self, info: Info, first: First = 25, after: After = UNSET) -> Connection[Pin]:
        page = await pins.hidden(info.context, first, given(after), wanted_of_page(info))
        return Connection.of(page, Pin.of)

    @field("The boards of others that the viewer works on, the latest invitation first.")
    async def shared_boards(self, info: Info, first: First = 25, after: After = UNSET) -> Connection[Board]:
        return Connection.of(await collaborators.shared(info.context, first, given(after)), Board.of)

    @field("Whom the viewer blocks, latest first.")
    async def blocked_users(self, info: Info, first: First = 25, after: After = UNSET) -> Connection[User]:
        return Connection.of(await blocks.blocked(info.context, first, given(after)), User.of)
