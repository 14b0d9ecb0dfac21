"""Traces: one span for each call, sent by OpenTelemetry to the collector that `OTEL_EXPORTER_OTLP_ENDPOINT` names.

Imported only where that variable is set (`app/cli.py`): without it nothing of OpenTelemetry is loaded. The variables of
its specification hold (sampler, headers, attributes of the resource, sizes of batches).
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import Token
from typing import Final, cast

from opentelemetry import context as contexts
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, set_span_in_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from app.version import version
from app.watch.figures import Process
from domain import calls
from domain.calls import Call

STOP_S_MAX: Final = 1.0
_KINDS: Final = {
    calls.OPERATION: SpanKind.SERVER,
    calls.GRAPH: SpanKind.CLIENT,
    calls.VECTORS: SpanKind.CLIENT,
    calls.MEDIA: SpanKind.CLIENT,
    calls.EMBEDDER: SpanKind.CLIENT,
    calls.SHARED: SpanKind.CLIENT,
    calls.INTERNET: SpanKind.CLIENT,
}
_ABOUT: Final = {
    calls.OPERATION: "graphql.operation.name",
    calls.SOURCE: "pinwalk.feed",
    calls.VECTORS: "pinwalk.vectors",
    calls.MODEL: "pinwalk.model",
}
_UNNAMED: Final = "unknown_service"

Held = tuple[Span, Token[Context]]


class Traces:
    """Makes a span of each call of this process, from `install` to `close`. Spans inside others are their children."""

    def __init__(self, process: Process, processor: SpanProcessor) -> None:
        self._provider = TracerProvider(resource=_resource(process), shutdown_on_exit=False)
        self._provider.add_span_processor(processor)
        self._tracer = self._provider.get_tracer("pinwalk", version())
        self._propagator = TraceContextTextMapPropagator()

    def install(self) -> None:
        """From now on calls are traced."""
        calls.watch(self)

    def close(self) -> None:
        """Traces no more, and sends what is left: for a second at most, whether the collector takes it or not."""
        calls.unwatch(self)
        last = threading.Thread(target=self._provider.shutdown, name="traces-last", daemon=True)
        last.start()
        last.join(STOP_S_MAX)

    def began(self, call: Call) -> object:
        """See Watcher."""
        parent = self._propagator.extract({"traceparent": call.parent}) if call.parent else None
        span = self._tracer.start_span(
            f"{call.part} {call.name}", context=parent, kind=_KINDS.get(call.part, SpanKind.INTERNAL)
        )
        return span, contexts.attach(set_span_in_context(span))

    def ended(self, call: Call, held: object, seconds: float) -> None:  # noqa: ARG002 - spans have a clock of their own
        """See Watcher."""
        span, token = cast("Held", held)
        if span.is_recording():
            if call.part == calls.OPERATION:
                span.update_name(call.name)  # What it asks for was not known when it began.
            if call.statement:
                span.set_attributes({"db.system.name": "neo4j", "db.query.text": call.statement.strip()})
            if call.about:
                span.set_attribute(_ABOUT.get(call.part, "pinwalk.about"), call.about)
            if call.count:
                span.set_attribute("pinwalk.count", call.count)
            if call.failed:
                span.set_attribute("error.type", call.failed)
                span.set_status(Status(StatusCode.ERROR, call.failed))
        span.end()
        contexts.detach(token)


@contextmanager
def traced(process: Process) -> Iterator[None]:
    """Sends this process's traces to the collector for as long as the block lasts."""
    traces = Traces(process, BatchSpanProcessor(OTLPSpanExporter()))
    traces.install()
    try:
        yield
    finally:
        traces.close()


def _resource(process: Process) -> Resource:
    """What the environment says of this service; its name is `pinwalk` unless OTEL_SERVICE_NAME gives another."""
    given = Resource.create({"service.version": version(), "pinwalk.process": process})
    if str(given.attributes["service.name"]).startswith(_UNNAMED):
        return given.merge(Resource({"service.name": "pinwalk"}))
    return given
