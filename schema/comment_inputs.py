"""What is said of a Pin: comments and reports."""

from __future__ import annotations

import strawberry
from strawberry import UNSET

from domain.model import ReportKind


@strawberry.input(description="A comment on a Pin.")
class AddCommentInput:
    pin_id: strawberry.ID = strawberry.field(description="The Pin. It takes at most 10,000 comments.")
    text: str = strawberry.field(description="1..500 characters.")


@strawberry.input(description="A comment to delete.")
class DeleteCommentInput:
    comment_id: strawberry.ID = strawberry.field(
        description="The comment: the viewer's, or one on a Pin that the viewer made."
    )


@strawberry.input(description="What is wrong with a Pin.")
class ReportPinInput:
    pin_id: strawberry.ID = strawberry.field(description="The Pin.")
    kind: ReportKind = strawberry.field(description="What kind of wrong it is.")
    text: str | None = strawberry.field(default=UNSET, description="More about it, at most 500 characters.")
