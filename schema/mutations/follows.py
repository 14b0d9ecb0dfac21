"""Following users and boards, and blocking users. Each mutation does all of one thing or nothing."""

from __future__ import annotations

from typing import Annotated

import strawberry

from resolvers import blocks, boards, users
from schema import inputs
from schema.fields import field
from schema.inputs import GIVEN
from schema.payloads import BoardPayload, UserPayload, attempt, board_payload, user_payload
from schema.values import Info


@strawberry.type
class FollowMutations:
    @field("Follows a user: their new Pins come to the viewer. At most 10,000 follows. Twice is once.")
    async def follow_user(self, info: Info, input: Annotated[inputs.FollowUserInput, GIVEN]) -> UserPayload:
        return user_payload(*await attempt(info.context, users.follow(info.context, input.user_id)))

    @field("Follows a user no more. Twice is once.")
    async def unfollow_user(self, info: Info, input: Annotated[inputs.FollowUserInput, GIVEN]) -> UserPayload:
        return user_payload(*await attempt(info.context, users.unfollow(info.context, input.user_id)))

    @field("Follows a board: what is saved to it comes to the viewer. At most 10,000 follows. Twice is once.")
    async def follow_board(self, info: Info, input: Annotated[inputs.FollowBoardInput, GIVEN]) -> BoardPayload:
        return board_payload(*await attempt(info.context, boards.follow(info.context, input.board_id)))

    @field("Follows a board no more. Twice is once.")
    async def unfollow_board(self, info: Info, input: Annotated[inputs.FollowBoardInput, GIVEN]) -> BoardPayload:
        return board_payload(*await attempt(info.context, boards.unfollow(info.context, input.board_id)))

    @field(
        "Blocks a user: the two see nothing of each other, follows between them end, and so does work on each other's "
        "boards. The viewer alone still finds whom they block. At most 1,000. Twice is once."
    )
    async def block_user(self, info: Info, input: Annotated[inputs.FollowUserInput, GIVEN]) -> UserPayload:
        return user_payload(*await attempt(info.context, blocks.block(info.context, input.user_id)))

    @field("Blocks a user no more. What ended does not come back. Twice is once.")
    async def unblock_user(self, info: Info, input: Annotated[inputs.FollowUserInput, GIVEN]) -> UserPayload:
        return user_payload(*await attempt(info.context, blocks.unblock(info.context, input.user_id)))
