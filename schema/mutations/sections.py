"""The parts of boards, and who works on them. Each mutation does all of one thing or nothing."""

from __future__ import annotations

from typing import Annotated

import strawberry

from resolvers import collaborators, sections
from schema import section_inputs as inputs
from schema.fields import field
from schema.inputs import GIVEN
from schema.payloads import BoardPayload, attempt, board_payload
from schema.values import Info


@strawberry.type
class SectionMutations:
    @field("Adds a section at the end of a board of the viewer's. A board has at most 50.")
    async def create_section(self, info: Info, input: Annotated[inputs.CreateSectionInput, GIVEN]) -> BoardPayload:
        doing = sections.create(info.context, input.board_id, input.title)
        return board_payload(*await attempt(info.context, doing))

    @field("Gives a section another title.")
    async def update_section(self, info: Info, input: Annotated[inputs.UpdateSectionInput, GIVEN]) -> BoardPayload:
        doing = sections.rename(info.context, input.section_id, input.title)
        return board_payload(*await attempt(info.context, doing))

    @field("Puts the sections of a board of the viewer's in order.")
    async def arrange_sections(self, info: Info, input: Annotated[inputs.ArrangeSectionsInput, GIVEN]) -> BoardPayload:
        doing = sections.arrange(info.context, input.board_id, input.section_ids)
        return board_payload(*await attempt(info.context, doing))

    @field("Removes a section. Its Pins stay on the board, in no section.")
    async def delete_section(self, info: Info, input: Annotated[inputs.DeleteSectionInput, GIVEN]) -> BoardPayload:
        return board_payload(*await attempt(info.context, sections.delete(info.context, input.section_id)))

    @field("Lets somebody work on a board of the viewer's, at once. Once more: in the other role. At most 50.")
    async def add_collaborator(self, info: Info, input: Annotated[inputs.AddCollaboratorInput, GIVEN]) -> BoardPayload:
        doing = collaborators.add(info.context, board_id=input.board_id, user_id=input.user_id, role=input.role)
        return board_payload(*await attempt(info.context, doing))

    @field(
        "Takes somebody off a board of the viewer's, or the viewer off somebody else's. Twice is once. The board is "
        "null when the viewer has left a secret one."
    )
    async def remove_collaborator(
        self, info: Info, input: Annotated[inputs.RemoveCollaboratorInput, GIVEN]
    ) -> BoardPayload:
        doing = collaborators.remove(info.context, board_id=input.board_id, user_id=input.user_id)
        return board_payload(*await attempt(info.context, doing))
