"""What the mutations about many things at once answer."""

from __future__ import annotations

import strawberry

from resolvers import batches
from schema.payloads import UserError


@strawberry.type(description="What became of one of many.")
class BatchResult:
    id: strawberry.ID = strawberry.field(description="What was named.")
    user_errors: list[UserError] = strawberry.field(description="Why nothing was done with it; empty when it was.")

    @classmethod
    def of(cls, result: batches.Result) -> BatchResult:
        errors = [UserError.of(result.error)] if result.error else []
        return cls(id=strawberry.ID(result.id), user_errors=errors)


@strawberry.type(description="What became of many.")
class BatchPayload:
    results: list[BatchResult] | None = strawberry.field(
        default=None, description="One for each that was named, in the same order, at most 100."
    )
    count: int | None = strawberry.field(
        default=None, description="How many were changed; on a dry run, how many would be."
    )
    user_errors: list[UserError] = strawberry.field(description="Why nothing was done at all; empty when it was.")

    @classmethod
    def of(cls, batch: batches.Batch | None, errors: list[UserError]) -> BatchPayload:
        if batch is None:
            return cls(user_errors=errors)
        return cls(results=[BatchResult.of(each) for each in batch.results], count=batch.count, user_errors=errors)
