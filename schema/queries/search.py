"""Search."""

from __future__ import annotations

from typing import Annotated

import strawberry
from strawberry import UNSET

from resolvers import boards, feeds, searches, users
from resolvers.feeds import Narrowed
from schema.connections import After, Connection, First, given
from schema.fields import field
from schema.inputs import ImageInput, PinFilter
from schema.nodes import Board, FeedConnection, MinScore, User
from schema.selection import wanted_of_page
from schema.values import Info

Words = Annotated[str, strawberry.argument(description="What to look for, 1..200 characters. Nothing in it is syntax.")]


@strawberry.type
class SearchQueries:
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

    @field("Pins that look like a picture: a Pin's, or one of the viewer's, of which nothing is kept afterwards.")
    async def search_by_image(
        self,
        info: Info,
        image: Annotated[ImageInput, strawberry.argument(description="The picture; an upload is used up by it.")],
        first: First = 25,
        after: After = UNSET,
        min_score: MinScore = UNSET,
    ) -> FeedConnection:
        least, wants = given(min_score), wanted_of_page(info)
        page = await feeds.like_image(info.context, image.source(), first, given(after), min_score=least, wants=wants)
        return FeedConnection.of(page)

    @field("What the viewer may be about to search for, as they type: words and phrases of public titles.")
    async def suggest_searches(
        self,
        info: Info,
        prefix: Annotated[str, strawberry.argument(description="What was typed, at most 200 characters.")],
        first: Annotated[int, strawberry.argument(description="How many, 1..20.")] = 8,
    ) -> list[str]:
        return await searches.suggested(info.context, prefix, first)

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
