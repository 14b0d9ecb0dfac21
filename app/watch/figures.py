"""Every metric that a process shows: its name, kind and labels, who shows it, and what it says.

This table makes the instruments (`app/watch/metrics.py`) and is the one of `docs/operations.md` (kept equal by a test).
A label takes one of a few values that this program or its schema knows; never a text that came from outside.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Process = Literal["api", "worker", "embedder"]

API: Final[tuple[Process, ...]] = ("api",)
WORKER: Final[tuple[Process, ...]] = ("worker",)
EMBEDDER: Final[tuple[Process, ...]] = ("embedder",)
STORES: Final[tuple[Process, ...]] = ("api", "worker")
ALL: Final[tuple[Process, ...]] = ("api", "worker", "embedder")


@dataclass(frozen=True, slots=True)
class Figure:
    """One metric. `processes` show it."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    labels: tuple[str, ...]
    processes: tuple[Process, ...]
    says: str


FIGURES: Final = (
    Figure("pinwalk_build_info", "gauge", ("version",), ALL, "1, with the version that runs."),
    Figure(
        *("pinwalk_operations_total", "counter", ("operation", "status"), API),
        "GraphQL operations that ended, by kind and root field. `status` is `ok`, `left` (the client went away) or the "
        "code of the gravest error.",
    ),
    Figure(
        *("pinwalk_operation_seconds", "histogram", ("operation",), API),
        "How long queries and mutations took, by kind and root field. Subscriptions are not in it.",
    ),
    Figure("pinwalk_operations_running", "gauge", (), API, "Operations under way now, open subscriptions among them."),
    Figure("pinwalk_subscriptions", "gauge", (), API, "Subscriptions that are open now."),
    Figure("pinwalk_feed_seconds", "histogram", ("feed",), API, "How long it took to make a feed's slate."),
    Figure(
        *("pinwalk_source_seconds", "histogram", ("feed", "source"), API),
        "How long a source of candidates took in a feed.",
    ),
    Figure(
        *("pinwalk_source_candidates_total", "counter", ("feed", "source"), API),
        "Candidates that a source brought to a feed.",
    ),
    Figure(
        *("pinwalk_source_failures_total", "counter", ("feed", "source"), API),
        "Times that a feed went on without a source that was late or unavailable.",
    ),
    Figure(
        *("pinwalk_call_seconds", "histogram", ("part", "call"), STORES),
        "How long calls took: of `graph` (read, write; run is a statement of a write), `vectors`, `media`, `decoder`, "
        "`embedder`, `redis`, `internet`.",
    ),
    Figure(
        *("pinwalk_call_failures_total", "counter", ("part", "call", "error"), STORES),
        "Calls that raised, by the kind of error. Those of `decoder` are mostly pictures that are none.",
    ),
    Figure(
        *("pinwalk_cache_lookups_total", "counter", ("cache", "found"), API),
        "Looks into a cache, and whether it had what was asked for (`yes`, `no`).",
    ),
    Figure(
        *("pinwalk_part_ready", "gauge", ("part",), API),
        "1 when `/readyz` calls the part ready (or off by choice), else 0.",
    ),
    Figure(
        *("pinwalk_walk_behind_seconds", "gauge", (), API),
        "Age of the oldest event that this process's walk has not taken in; 0 when it is up to date.",
    ),
    Figure("pinwalk_walk_behind_events", "gauge", (), API, "How many events the walk has still to take in."),
    Figure("pinwalk_walk_saves", "gauge", (), API, "Public saves that the walk holds."),
    Figure(
        *("pinwalk_jobs", "gauge", ("kind", "state"), API),
        "Jobs in the graph: `due`, `running` (leased), `later` (waiting for another attempt), `dead` (given up).",
    ),
    Figure("pinwalk_job_age_seconds", "gauge", ("kind",), API, "How long the oldest due job has been due."),
    Figure("pinwalk_events_waiting", "gauge", (), API, "Events that no worker has given their order yet."),
    Figure("pinwalk_event_age_seconds", "gauge", (), API, "Age of the oldest of these."),
    Figure("pinwalk_worker_silent_seconds", "gauge", (), API, "Since any worker last said that it lives."),
    Figure(
        *("pinwalk_memory_bytes", "gauge", ("process",), API),
        "Resident memory of this process and its decoders; under `pinwalk serve`, of each process that it started.",
    ),
    Figure(
        *("pinwalk_job_seconds", "histogram", ("kind",), WORKER),
        "How long a batch of jobs (up to 32) took.",
    ),
    Figure("pinwalk_jobs_run_total", "counter", ("kind",), WORKER, "Jobs that were handed to their handler."),
    Figure(
        *("pinwalk_job_failures_total", "counter", ("kind", "error"), WORKER),
        "Batches of jobs that were put back or broke off, by the kind of error.",
    ),
    Figure(
        *("pinwalk_model_ready", "gauge", ("input", "model", "version"), EMBEDDER),
        "1 when the model of `images` or `texts` is loaded, else 0. One that is off is left out.",
    ),
    Figure("pinwalk_model_waiting", "gauge", ("input",), EMBEDDER, "Pictures or texts that wait for a model."),
    Figure(
        *("pinwalk_model_seconds", "histogram", ("input",), EMBEDDER),
        "How long a call for vectors took, its wait for a batch included.",
    ),
    Figure("pinwalk_model_items_total", "counter", ("input",), EMBEDDER, "Pictures and texts that were asked for."),
    Figure(
        *("pinwalk_model_failures_total", "counter", ("input", "error"), EMBEDDER),
        "Calls for vectors that were refused or failed, by the kind of error.",
    ),
    Figure("process_resident_memory_bytes", "gauge", (), ALL, "Resident memory of the process itself (Linux)."),
    Figure("process_virtual_memory_bytes", "gauge", (), ALL, "Its address space (Linux)."),
    Figure("process_cpu_seconds_total", "counter", (), ALL, "Processor time that it has used (Linux)."),
    Figure("process_start_time_seconds", "gauge", (), ALL, "When it started, in seconds since 1970 (Linux)."),
    Figure("process_open_fds", "gauge", (), ALL, "Files and sockets that it has open (Linux)."),
    Figure("process_max_fds", "gauge", (), ALL, "How many it may have open (Linux)."),
)
