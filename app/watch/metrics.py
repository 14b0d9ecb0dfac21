"""The metrics of one process: what its calls add up to, and values that are read when somebody looks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector

from app.version import version
from app.watch.figures import FIGURES, Figure, Process
from domain import calls
from domain.calls import Caches, Call

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
SUBSCRIPTION: Final = "subscription"
_OWN: Final = "pinwalk_"
_LOOKUPS: Final = "pinwalk_cache_lookups_total"

_PARTS: Final = (calls.GRAPH, calls.VECTORS, calls.MEDIA, calls.DECODER, calls.EMBEDDER, calls.SHARED, calls.INTERNET)


class Metrics:
    """Counts the calls of this process while it watches (`domain.calls.watched`)."""

    def __init__(self, process: Process) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # A second series for each counter, which says when the process began.
        self.registry = CollectorRegistry(auto_describe=False)
        ProcessCollector(registry=self.registry)
        self._counters: dict[str, Counter] = {}
        self._gauges: dict[str, Gauge] = {}
        self._histograms: dict[str, Histogram] = {}
        for figure in FIGURES:
            if process in figure.processes and figure.name.startswith(_OWN) and figure.name != _LOOKUPS:
                self._make(figure)
        self.set("pinwalk_build_info", 1, version())
        self._heard: Mapping[str, Callable[[Call, float], None]] = {
            "api": {
                calls.OPERATION: self._operation,
                calls.FEED: self._feed,
                calls.SOURCE: self._source,
                **dict.fromkeys(_PARTS, self._call),
            },
            "worker": {calls.JOBS: self._jobs, **dict.fromkeys(_PARTS, self._call)},
            "embedder": {calls.MODEL: self._model},
        }[process]

    def caches(self, read: Callable[[], Caches]) -> None:
        """Shows these caches' lookups, read whenever somebody looks."""
        self.registry.register(_Lookups(read))

    def set(self, name: str, value: float, *labels: str) -> None:
        """The value of a gauge."""
        gauge = self._gauges[name]
        (gauge.labels(*labels) if labels else gauge).set(value)

    def set_all(self, name: str, values: Mapping[tuple[str, ...], float]) -> None:
        """All values of a gauge with labels: a combination that is not among them is shown no more."""
        self._gauges[name].clear()
        for labels, value in values.items():
            self.set(name, value, *labels)

    def page(self) -> bytes:
        """Everything in Prometheus' text format."""
        return generate_latest(self.registry)

    def began(self, call: Call) -> object:
        """See Watcher."""
        if call.part == calls.OPERATION and calls.OPERATION in self._heard:
            self._gauges["pinwalk_operations_running"].inc()
        return None

    def ended(self, call: Call, held: object, seconds: float) -> None:  # noqa: ARG002 - nothing was held
        """See Watcher."""
        hear = self._heard.get(call.part)
        if hear is not None:
            hear(call, seconds)

    def _operation(self, call: Call, seconds: float) -> None:
        self._gauges["pinwalk_operations_running"].dec()
        self._count("pinwalk_operations_total", call.name, call.failed or "ok")
        if not call.name.startswith(SUBSCRIPTION):
            self._time("pinwalk_operation_seconds", seconds, call.name)

    def _feed(self, call: Call, seconds: float) -> None:
        self._time("pinwalk_feed_seconds", seconds, call.name)

    def _source(self, call: Call, seconds: float) -> None:
        self._time("pinwalk_source_seconds", seconds, call.about, call.name)
        if call.failed:
            self._count("pinwalk_source_failures_total", call.about, call.name)
        else:
            self._count("pinwalk_source_candidates_total", call.about, call.name, by=call.count)

    def _call(self, call: Call, seconds: float) -> None:
        self._time("pinwalk_call_seconds", seconds, call.part, call.name)
        if call.failed:
            self._count("pinwalk_call_failures_total", call.part, call.name, call.failed)

    def _jobs(self, call: Call, seconds: float) -> None:
        self._time("pinwalk_job_seconds", seconds, call.name)
        self._count("pinwalk_jobs_run_total", call.name, by=call.count)
        if call.failed:
            self._count("pinwalk_job_failures_total", call.name, call.failed)

    def _model(self, call: Call, seconds: float) -> None:
        self._time("pinwalk_model_seconds", seconds, call.name)
        self._count("pinwalk_model_items_total", call.name, by=call.count)
        if call.failed:
            self._count("pinwalk_model_failures_total", call.name, call.failed)

    def _time(self, name: str, seconds: float, *labels: str) -> None:
        self._histograms[name].labels(*labels).observe(seconds)

    def _count(self, name: str, *labels: str, by: int = 1) -> None:
        self._counters[name].labels(*labels).inc(by)

    def _make(self, figure: Figure) -> None:
        about = (figure.name, figure.says, figure.labels)
        match figure.kind:
            case "counter":
                self._counters[figure.name] = Counter(*about, registry=self.registry)
            case "gauge":
                self._gauges[figure.name] = Gauge(*about, registry=self.registry)
            case "histogram":
                self._histograms[figure.name] = Histogram(*about, registry=self.registry, buckets=BUCKETS)


class _Lookups(Collector):
    """The caches' own counts as a metric."""

    def __init__(self, read: Callable[[], Caches]) -> None:
        self._read = read

    def collect(self) -> Iterable[Metric]:
        """See Collector."""
        says = next(figure.says for figure in FIGURES if figure.name == _LOOKUPS)
        family = CounterMetricFamily(_LOOKUPS.removesuffix("_total"), says, labels=("cache", "found"))
        for name, lookups in self._read().items():
            family.add_metric((name, "yes"), lookups.hits)
            family.add_metric((name, "no"), lookups.misses)
        yield family
