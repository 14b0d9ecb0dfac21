"""Comments and reports. Each mutation does all of one thing or nothing."""

from __future__ import annotations

from typing import Annotated

import strawberry

from resolvers import comments, reports
from schema import comment_inputs as inputs
from schema.connections import given
from schema.fields import field
from schema.inputs import GIVEN
from schema.nodes import Comment
from schema.payloads import CommentPayload, DeletePayload, PinPayload, attempt, deleted_payload, pin_payload
from schema.values import Info


@strawberry.type
class CommentMutations:
    @field("Comments on a Pin. Twice is two comments.")
    async def add_comment(self, info: Info, input: Annotated[inputs.AddCommentInput, GIVEN]) -> CommentPayload:
        doing = comments.add(info.context, pin_id=input.pin_id, text=input.text)
        comment, errors = await attempt(info.context, doing)
        return CommentPayload(comment=Comment.of(comment) if comment else None, user_errors=errors)

    @field("Deletes a comment: its author may, and who made the Pin.")
    async def delete_comment(self, info: Info, input: Annotated[inputs.DeleteCommentInput, GIVEN]) -> DeletePayload:
        return deleted_payload(*await attempt(info.context, comments.delete(info.context, input.comment_id)))

    @field("Tells the operator what is wrong with a Pin. A second report of the viewer's replaces the first.")
    async def report_pin(self, info: Info, input: Annotated[inputs.ReportPinInput, GIVEN]) -> PinPayload:
        doing = reports.report(info.context, pin_id=input.pin_id, kind=input.kind, text=given(input.text))
        return pin_payload(*await attempt(info.context, doing))
