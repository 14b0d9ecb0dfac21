"""The outbox: events written inside the transaction of what they tell, put in order by the sequencer."""

from __future__ import annotations

from domain.events import Event
from graph.client import Graph, Tx


async def append(tx: Tx, event: Event) -> None:
    """Writes the event inside the transaction. It has no `seq` until the sequencer has passed."""
    raise NotImplementedError


async def after(graph: Graph, seq: int, limit: int = 500) -> list[Event]:
    """The events after a position, in order, at most `limit`.

    PIN_CREATED names the Board of the Pin's first save too: whoever follows saves treats it like SAVED.
    """
    raise NotImplementedError


async def last_seq(graph: Graph) -> int:
    """The position of the newest event; 0 when there is none."""
    raise NotImplementedError


async def sequence_once(graph: Graph) -> int:
    """How many new events were given their position (at most EVENT_BATCH_MAX), their jobs created in the same
    transaction: PIN_CREATED a render and an embed job, PIN_UPDATED an embed job.

    Two at once do no harm: the second waits for the first.
    """
    raise NotImplementedError


async def by_id(graph: Graph, event_id: str) -> Event | None:
    """The event of this id, with its position, while it is kept (EVENT_LIFE_DAYS)."""
    raise NotImplementedError
