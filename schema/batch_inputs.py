"""What the mutations about many things at once, their order and the trash are given."""

from __future__ import annotations

import strawberry
from strawberry import UNSET


@strawberry.input(description="Pins to move, all or none.")
class MovePinsInput:
    pin_ids: list[strawberry.ID] = strawberry.field(description="The Pins, at most 100.")
    from_board_id: strawberry.ID = strawberry.field(description="The board that they leave.")
    to_board_id: strawberry.ID = strawberry.field(
        description="The board that they come to; the same one, to move them between sections."
    )
    section_id: strawberry.ID | None = strawberry.field(
        default=UNSET, description="The section there that they come to. None: no section."
    )


@strawberry.input(description="Pins to take off a board.")
class UnsavePinsInput:
    pin_ids: list[strawberry.ID] = strawberry.field(description="The Pins, at most 100.")
    board_id: strawberry.ID = strawberry.field(description="The board, where the viewer may add.")
    dry_run: bool = strawberry.field(default=False, description="Only say what would become of each, and count.")


@strawberry.input(description="Pins to delete.")
class DeletePinsInput:
    pin_ids: list[strawberry.ID] = strawberry.field(description="The Pins, made by the viewer, at most 100.")
    dry_run: bool = strawberry.field(default=False, description="Only say what would become of each, and count.")


@strawberry.input(description="Pins to stand elsewhere on their board.")
class ArrangePinsInput:
    board_id: strawberry.ID = strawberry.field(description="The board, where the viewer may add.")
    pin_ids: list[strawberry.ID] = strawberry.field(description="Pins on it, in the order wanted, at most 100.")
    before: strawberry.ID | None = strawberry.field(
        default=UNSET, description="The Pin that they are to stand before. None: they go to the end."
    )


@strawberry.input(description="Boards to stand elsewhere on the viewer's profile.")
class ArrangeBoardsInput:
    board_ids: list[strawberry.ID] = strawberry.field(
        description="Boards of the viewer's, in the order wanted, at most 100."
    )
    before: strawberry.ID | None = strawberry.field(
        default=UNSET, description="The board that they are to stand before. None: they go to the end."
    )


@strawberry.input(description="A Pin to take out of the trash.")
class RestorePinInput:
    pin_id: strawberry.ID = strawberry.field(description="The Pin, deleted by the viewer within 30 days.")


@strawberry.input(description="A board to take out of the trash.")
class RestoreBoardInput:
    board_id: strawberry.ID = strawberry.field(description="The board, deleted by the viewer within 30 days.")
