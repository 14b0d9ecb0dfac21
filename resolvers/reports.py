"""Telling the operator that something is wrong with a Pin."""

from __future__ import annotations

from domain import limits
from domain.model import Pin, ReportKind
from graph import reports
from resolvers import find, inputs
from resolvers.context import Context, require_viewer


async def report(ctx: Context, *, pin_id: str, kind: ReportKind, text: str | None) -> Pin:
    """The Pin, reported. A second report by the same viewer replaces the first. Raises NotFound, Invalid."""
    me = require_viewer(ctx)
    said = inputs.optional_text(text, most=limits.REPORT_CHARS_MAX, field=("text",), name="The text")
    pin = await find.pin(ctx, pin_id)
    await reports.report(ctx.graph, me, pin.n, kind, said)
    return pin
