"""`pinwalk bench watching`: what it costs an operation to be watched, by metrics and by traces."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import structlog
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

from app.bench.report import Timings, show
from app.watch.metrics import Metrics
from app.watch.operation import Operation, Tallies
from app.watch.traces import Traces
from domain.calls import FEED, GRAPH, SOURCE, VECTORS, Call, Watcher, watched

SOURCES: Final = 8
STATEMENTS: Final = 24
SEARCHES: Final = 6


class _Nowhere(SpanExporter):
    """Takes spans and drops them: what sending costs is the collector's line's."""

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:  # noqa: ARG002 - dropped
        """See SpanExporter."""
        return SpanExportResult.SUCCESS


def run(*, operations: int = 2_000, json_path: Path | None = None) -> None:
    """Prints what the watching of an operation as large as a home page takes, without what the operation does itself.

    Eight sources, 24 statements, 6 calls of the vectors; the line of the log is made and thrown away.
    """
    quiet = structlog.make_filtering_bound_logger(logging.INFO)
    structlog.configure(wrapper_class=quiet, logger_factory=structlog.ReturnLoggerFactory())
    rows = [_timed("the line of the log alone", operations)]
    rows.append(_timed("with metrics (as every API process)", operations, Metrics("api"), Tallies()))
    with ExitStack() as stack:
        traces = Traces("api", BatchSpanProcessor(_Nowhere()))
        stack.callback(traces.close)
        rows.append(_timed("with metrics and traces", operations, Metrics("api"), Tallies(), traces))
    facts = {row.name: f"{1_000 * (row.percentile(0.5) or 0):.0f} µs" for row in rows}
    show("What watching costs an operation", rows, {"calls": 1 + SOURCES + STATEMENTS + SEARCHES, **facts}, json_path)


def _timed(name: str, operations: int, *watchers: Watcher) -> Timings:
    timings = Timings(name)
    with watched(*watchers):
        for i in range(operations):
            began = time.perf_counter()
            _operation(i)
            timings.ms.append((time.perf_counter() - began) * 1_000)
    return timings


def _operation(number: int) -> None:
    with Operation(request_id=f"bench-{number}", over="http", viewer=None) as told:
        told.asks("query", "homeFeed", "Home")
        with Call(FEED, "home"):
            for source in range(SOURCES):
                with Call(SOURCE, f"source{source}", about="home") as call:
                    call.count = 100
                    for _ in range(STATEMENTS // SOURCES):
                        with Call(GRAPH, "read", statement="MATCH (n) RETURN n"):
                            pass
            for _ in range(SEARCHES):
                with Call(VECTORS, "search", about="look"):
                    pass
