"""Boards. Each mutation does all of one thing or nothing."""

from __future__ import annotations

from typing import Annotated

import strawberry

from resolvers import boards
from schema import inputs
from schema.connections import given
from schema.fields import field
from schema.inputs import GIVEN, kept
from schema.payloads import BoardPayload, DeletePayload, attempt, board_payload, deleted_payload
from schema.values import Info


@strawberry.type
class BoardMutations:
    @field("Makes a board of the viewer's. They may have 1,000.")
    async def create_board(self, info: Info, input: Annotated[inputs.CreateBoardInput, GIVEN]) -> BoardPayload:
        doing = boards.create(
            info.context,
            title=input.title,
            description=given(input.description),
            privacy=input.privacy,
            topic_id=given(input.topic_id),
        )
        return board_payload(*await attempt(info.context, doing))

    @field("Changes a board of the viewer's. Going secret or public moves all of its saves at once.")
    async def update_board(self, info: Info, input: Annotated[inputs.UpdateBoardInput, GIVEN]) -> BoardPayload:
        doing = boards.update(
            info.context,
            input.board_id,
            title=kept(input.title),
            description=kept(input.description),
            privacy=kept(input.privacy),
            topic_id=kept(input.topic_id),
            cover_pin_id=kept(input.cover_pin_id),
        )
        return board_payload(*await attempt(info.context, doing))

    @field(
        "Deletes a board of the viewer's with its saves. Pins that are on other boards or were made by others stay; "
        "the viewer's own that are on no other board go with it. Both rest in the trash for 30 days."
    )
    async def delete_board(self, info: Info, input: Annotated[inputs.DeleteBoardInput, GIVEN]) -> DeletePayload:
        return deleted_payload(*await attempt(info.context, boards.delete(info.context, input.board_id)))
