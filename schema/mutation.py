"""What can be done: the mutations of all areas as one type."""

from __future__ import annotations

import strawberry

from schema.mutations.access_tokens import AccessTokenMutations
from schema.mutations.accounts import AccountMutations
from schema.mutations.batches import BatchMutations
from schema.mutations.boards import BoardMutations
from schema.mutations.comments import CommentMutations
from schema.mutations.engagement import EngagementMutations
from schema.mutations.follows import FollowMutations
from schema.mutations.leaving import LeavingMutations
from schema.mutations.notifications import NotificationMutations
from schema.mutations.pins import PinMutations
from schema.mutations.saves import SaveMutations
from schema.mutations.sections import SectionMutations


@strawberry.type(
    description=(
        "What can be done. A mutation that fails in an expected way says so in `userErrors`, answers null otherwise "
        "and has changed nothing."
    )
)
class Mutation(
    AccountMutations,
    BoardMutations,
    SectionMutations,
    BatchMutations,
    PinMutations,
    SaveMutations,
    FollowMutations,
    CommentMutations,
    NotificationMutations,
    EngagementMutations,
    AccessTokenMutations,
    LeavingMutations,
):
    pass
