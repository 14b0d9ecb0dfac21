"""What the mutations about sections and collaborators are given."""

from __future__ import annotations

import strawberry

from domain.model import BoardRole


@strawberry.input(description="A new section.")
class CreateSectionInput:
    board_id: strawberry.ID = strawberry.field(description="The board, the viewer's own.")
    title: str = strawberry.field(description="1..100 characters.")


@strawberry.input(description="Another title for a section.")
class UpdateSectionInput:
    section_id: strawberry.ID = strawberry.field(description="The section, on a board of the viewer's.")
    title: str = strawberry.field(description="1..100 characters.")


@strawberry.input(description="The order of a board's sections.")
class ArrangeSectionsInput:
    board_id: strawberry.ID = strawberry.field(description="The board, the viewer's own.")
    section_ids: list[strawberry.ID] = strawberry.field(
        description="Sections of it, to come first in this order, at most 50; the others follow as they stood."
    )


@strawberry.input(description="A section to remove.")
class DeleteSectionInput:
    section_id: strawberry.ID = strawberry.field(description="The section, on a board of the viewer's.")


@strawberry.input(description="Somebody to work on a board.")
class AddCollaboratorInput:
    board_id: strawberry.ID = strawberry.field(description="The board, the viewer's own.")
    user_id: strawberry.ID = strawberry.field(description="The user; not the owner.")
    role: BoardRole = strawberry.field(default=BoardRole.EDITOR, description="EDITOR or VIEWER; OWNER is refused.")


@strawberry.input(description="Somebody to work on a board no more.")
class RemoveCollaboratorInput:
    board_id: strawberry.ID = strawberry.field(description="The board.")
    user_id: strawberry.ID = strawberry.field(description="The user; the viewer, to leave.")
