"""Searches before they are made."""

from __future__ import annotations

from domain.errors import Invalid
from domain.limits import SEARCH_CHARS_MAX, SUGGESTIONS_MAX
from resolvers import inputs
from resolvers.context import Context


async def suggested(ctx: Context, prefix: str, first: int) -> list[str]:
    """What the viewer may be about to search for; nothing for nothing typed.

    Raises Invalid for `first` out of 1..20, or for more than 200 characters.
    """
    if not 1 <= first <= SUGGESTIONS_MAX:
        raise Invalid(f"`first` must be 1 to {SUGGESTIONS_MAX}.", ("first",))
    typed = inputs.optional_text(prefix, most=SEARCH_CHARS_MAX, field=("prefix",), name="The beginning")
    return await ctx.suggestions.like(ctx.viewer.n, typed, first) if typed else []
