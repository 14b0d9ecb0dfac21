"""Many things at once, their order, and the trash."""

from __future__ import annotations

from typing import Annotated

import strawberry

from resolvers import batches, trash
from schema import batch_inputs as inputs
from schema.batch_payloads import BatchPayload
from schema.connections import given
from schema.fields import field
from schema.inputs import GIVEN
from schema.payloads import BoardPayload, PinPayload, UserPayload, attempt, board_payload, pin_payload, user_payload
from schema.values import Info


@strawberry.type
class BatchMutations:
    @field(
        "Moves Pins to another board or section, all or none; answers the board that they came to. They keep when they "
        "were saved, by whom, and their notes. CONFLICT when it would make public what others keep on secret boards."
    )
    async def move_pins(self, info: Info, input: Annotated[inputs.MovePinsInput, GIVEN]) -> BoardPayload:
        doing = batches.move(
            info.context,
            pin_ids=input.pin_ids,
            from_board_id=input.from_board_id,
            to_board_id=input.to_board_id,
            section_id=given(input.section_id),
        )
        return board_payload(*await attempt(info.context, doing))

    @field("Takes Pins off a board, with a result for each. One that is not on it is no failure, and not counted.")
    async def unsave_pins(self, info: Info, input: Annotated[inputs.UnsavePinsInput, GIVEN]) -> BatchPayload:
        doing = batches.unsave(info.context, pin_ids=input.pin_ids, board_id=input.board_id, dry_run=input.dry_run)
        return BatchPayload.of(*await attempt(info.context, doing))

    @field("Deletes Pins that the viewer made, each by itself, with a result for each. They rest in the trash.")
    async def delete_pins(self, info: Info, input: Annotated[inputs.DeletePinsInput, GIVEN]) -> BatchPayload:
        doing = batches.delete(info.context, pin_ids=input.pin_ids, dry_run=input.dry_run)
        return BatchPayload.of(*await attempt(info.context, doing))

    @field("Puts Pins of a board elsewhere in its order by hand.")
    async def arrange_pins(self, info: Info, input: Annotated[inputs.ArrangePinsInput, GIVEN]) -> BoardPayload:
        doing = batches.arrange_pins(
            info.context, board_id=input.board_id, pin_ids=input.pin_ids, before=given(input.before)
        )
        return board_payload(*await attempt(info.context, doing))

    @field("Puts boards elsewhere on the viewer's profile.")
    async def arrange_boards(self, info: Info, input: Annotated[inputs.ArrangeBoardsInput, GIVEN]) -> UserPayload:
        doing = batches.arrange_boards(info.context, board_ids=input.board_ids, before=given(input.before))
        return user_payload(*await attempt(info.context, doing))

    @field("Takes a Pin out of the trash, back to the boards that held it. Twice is once.")
    async def restore_pin(self, info: Info, input: Annotated[inputs.RestorePinInput, GIVEN]) -> PinPayload:
        return pin_payload(*await attempt(info.context, trash.restore_pin(info.context, input.pin_id)))

    @field("Takes a board out of the trash, with what it held where that is still there. Twice is once.")
    async def restore_board(self, info: Info, input: Annotated[inputs.RestoreBoardInput, GIVEN]) -> BoardPayload:
        return board_payload(*await attempt(info.context, trash.restore_board(info.context, input.board_id)))
