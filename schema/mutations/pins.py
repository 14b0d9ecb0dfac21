"""Making, changing, deleting and hiding Pins. Each mutation does all of one thing or nothing."""

from __future__ import annotations

from typing import Annotated

import strawberry

from resolvers import pins, uploads
from schema import inputs
from schema.connections import given
from schema.fields import field
from schema.inputs import GIVEN, kept
from schema.payloads import DeletePayload, PinPayload, Upload, UploadPayload, attempt, deleted_payload, pin_payload
from schema.values import Info


@strawberry.type
class PinMutations:
    @field("Gives a place to PUT one file, for an hour.")
    async def prepare_upload(self, info: Info, input: Annotated[inputs.PrepareUploadInput, GIVEN]) -> UploadPayload:
        doing = uploads.prepare(info.context, content_type=input.content_type, size=input.bytes)
        place, errors = await attempt(info.context, doing)
        return UploadPayload(upload=Upload.of(place) if place else None, user_errors=errors)

    @field("Makes a Pin and puts it on a board. Answers at once with PROCESSING: `pinProcessed` tells the rest.")
    async def create_pin(self, info: Info, input: Annotated[inputs.CreatePinInput, GIVEN]) -> PinPayload:
        doing = pins.create(
            info.context,
            board_id=input.board_id,
            section_id=given(input.section_id),
            image=input.image.source(),
            title=input.title,
            description=given(input.description),
            alt_text=given(input.alt_text),
            link=given(input.link),
            topic_ids=given(input.topic_ids) or (),
            idempotency_key=given(input.idempotency_key),
        )
        return pin_payload(*await attempt(info.context, doing))

    @field("Changes the words of a Pin that the viewer made.")
    async def update_pin(self, info: Info, input: Annotated[inputs.UpdatePinInput, GIVEN]) -> PinPayload:
        doing = pins.update(
            info.context,
            input.pin_id,
            title=kept(input.title),
            description=kept(input.description),
            alt_text=kept(input.alt_text),
            link=kept(input.link),
            topic_ids=kept(input.topic_ids),
        )
        return pin_payload(*await attempt(info.context, doing))

    @field("Deletes a Pin that the viewer made, off every board. It rests in the trash for 30 days.")
    async def delete_pin(self, info: Info, input: Annotated[inputs.DeletePinInput, GIVEN]) -> DeletePayload:
        return deleted_payload(*await attempt(info.context, pins.delete(info.context, input.pin_id)))

    @field("Not for me: the viewer's feeds never show the Pin again, and less like it. Twice is once.")
    async def hide_pin(self, info: Info, input: Annotated[inputs.HidePinInput, GIVEN]) -> PinPayload:
        return pin_payload(*await attempt(info.context, pins.hide(info.context, input.pin_id)))

    @field("Takes the hiding back. Twice is once.")
    async def unhide_pin(self, info: Info, input: Annotated[inputs.HidePinInput, GIVEN]) -> PinPayload:
        return pin_payload(*await attempt(info.context, pins.unhide(info.context, input.pin_id)))
