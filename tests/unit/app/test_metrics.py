"""What a process's calls add up to, and that nothing from outside becomes a label."""

from __future__ import annotations

import pytest
from prometheus_client.parser import text_string_to_metric_families

from app.watch.figures import FIGURES
from app.watch.metrics import Metrics
from domain import calls
from domain.calls import Call, Lookups, watched


def values(metrics: Metrics) -> dict[tuple[str, tuple[str, ...]], float]:
    """Every sample: (name, values of its labels in the order of their names) → value."""
    return {
        (sample.name, tuple(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(metrics.page().decode())
        for sample in family.samples
    }


@pytest.mark.parametrize("process", ["api", "worker", "embedder"])
def test_a_process_shows_exactly_the_figures_of_the_table_that_are_its_own(process: str) -> None:
    metrics = Metrics(process)  # type: ignore[arg-type]
    metrics.caches(lambda: {"slates": Lookups(1, 2)}) if process == "api" else None

    shown = {line.split()[2] for line in metrics.page().decode().splitlines() if line.startswith("# TYPE")}

    wanted = {figure.name for figure in FIGURES if process in figure.processes}
    # Without a label set yet, a metric has its TYPE line all the same; `_total` and `_created` are the client's.
    assert {name for name in shown if not name.endswith("_created")} - {"process_network_bytes"} == wanted


def test_operations_are_counted_by_field_and_by_how_they_ended() -> None:
    metrics = Metrics("api")

    with watched(metrics):
        for failed in ("", "", "TIMEOUT"):
            with Call(calls.OPERATION, "query homeFeed") as call:
                call.failed = failed

    found = values(metrics)
    assert found["pinwalk_operations_total", ("query homeFeed", "ok")] == 2
    assert found["pinwalk_operations_total", ("query homeFeed", "TIMEOUT")] == 1
    assert found["pinwalk_operation_seconds_count", ("query homeFeed",)] == 3
    assert found["pinwalk_operations_running", ()] == 0


def test_a_subscription_is_counted_but_its_length_is_no_latency() -> None:
    metrics = Metrics("api")

    with watched(metrics), Call(calls.OPERATION, "subscription newPins"):
        assert values(metrics)["pinwalk_operations_running", ()] == 1

    found = values(metrics)
    assert found["pinwalk_operations_total", ("subscription newPins", "ok")] == 1
    assert ("pinwalk_operation_seconds_count", ("subscription newPins",)) not in found


def test_a_late_source_counts_as_missed_and_brings_nothing() -> None:
    metrics = Metrics("api")

    with watched(metrics):
        with Call(calls.SOURCE, "walked", about="home") as call:
            call.count = 300
        with pytest.raises(TimeoutError), Call(calls.SOURCE, "walked", about="home"):
            raise TimeoutError

    found = values(metrics)
    assert found["pinwalk_source_candidates_total", ("home", "walked")] == 300
    assert found["pinwalk_source_failures_total", ("home", "walked")] == 1
    assert found["pinwalk_source_seconds_count", ("home", "walked")] == 2


def test_a_gauge_forgets_what_is_no_more() -> None:
    metrics = Metrics("api")

    metrics.set_all("pinwalk_jobs", {("render", "due"): 3, ("embed", "dead"): 1})
    metrics.set_all("pinwalk_jobs", {("render", "due"): 0})

    assert [(name, value) for name, value in values(metrics).items() if name[0] == "pinwalk_jobs"] == [
        (("pinwalk_jobs", ("render", "due")), 0)
    ]
