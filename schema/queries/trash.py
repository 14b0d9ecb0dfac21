"""The trash."""

from __future__ import annotations

import strawberry
from strawberry import UNSET

from resolvers import trash
from schema.connections import After, Connection, First, given
from schema.fields import field
from schema.nodes import Board, Pin
from schema.values import Info


@strawberry.type
class TrashQueries:
    @field("Pins that the viewer deleted within 30 days, the last first. Nobody else sees them, and they nowhere else.")
    async def trashed_pins(self, info: Info, first: First = 25, after: After = UNSET) -> Connection[Pin]:
        return Connection.of(await trash.pins(info.context, first, given(after)), Pin.of)

    @field("Boards that the viewer deleted within 30 days, the last first.")
    async def trashed_boards(self, info: Info, first: First = 25, after: After = UNSET) -> Connection[Board]:
        return Connection.of(await trash.boards(info.context, first, given(after)), Board.of)
