"""Putting Pins on boards and taking them off. Each mutation does all of one thing or nothing."""

from __future__ import annotations

from typing import Annotated

import strawberry

from resolvers import saves
from schema import inputs
from schema.connections import given
from schema.fields import field
from schema.inputs import GIVEN
from schema.nodes import Pin, Save
from schema.payloads import PinPayload, SavePayload, attempt, pin_payload
from schema.values import Info


@strawberry.type
class SaveMutations:
    @field(
        "Puts a Pin on a board. Twice is once: a repeat keeps the place; a note or section given anew replaces the old."
    )
    async def save_pin(self, info: Info, input: Annotated[inputs.SavePinInput, GIVEN]) -> SavePayload:
        doing = saves.save(
            info.context,
            pin_id=input.pin_id,
            board_id=input.board_id,
            section_id=given(input.section_id),
            note=given(input.note),
        )
        saved, errors = await attempt(info.context, doing)
        if saved is None:
            return SavePayload(user_errors=errors)
        save = Save.of(saved.save, saved.board)
        return SavePayload(save=save, pin=Pin.of(saved.pin), board=save.board, user_errors=errors)

    @field("Takes a Pin off a board. A Pin on no board is its creator's, for their eyes alone.")
    async def unsave_pin(self, info: Info, input: Annotated[inputs.UnsavePinInput, GIVEN]) -> PinPayload:
        doing = saves.unsave(info.context, pin_id=input.pin_id, board_id=input.board_id)
        return pin_payload(*await attempt(info.context, doing))
