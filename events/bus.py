"""Live delivery inside one process: what the tail has read, handed to each open subscription by a bounded queue."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from types import TracebackType
from typing import Final

from domain.errors import RateLimited, Unavailable
from domain.events import Event, Kind

QUEUE_EVENTS_MAX: Final = 256
SUBSCRIPTIONS_MAX: Final = 20_000
_SLICE: Final = 200


class TooSlow(RateLimited):
    """The reader of a subscription fell more than a queue behind. Its transport closes it; it may come back at once."""

    def __init__(self) -> None:
        super().__init__("Events came faster than they were read. Subscribe again with `since`.", retry_after_ms=0)


class Subscription(AsyncIterator[Event]):
    """The events of one subscriber, in order, from when it subscribed. Use it in a `with`, so that it is let go of.

    Iterating raises TooSlow once more events were missed than the queue holds, and ends when the bus closes.
    """

    def __init__(self, bus: Bus, kinds: frozenset[Kind], wants: Callable[[Event], bool] | None, size: int) -> None:
        self._bus = bus
        self.kinds = kinds
        self._wants = wants
        self._size = size
        self._queue: deque[Event] = deque()
        self._arrived = asyncio.Event()
        self._overflowed = False
        self._closed = False

    def __enter__(self) -> Subscription:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def __aiter__(self) -> Subscription:
        return self

    async def __anext__(self) -> Event:
        while not self._queue:
            if self._overflowed:
                raise TooSlow
            if self._closed:
                raise StopAsyncIteration
            self._arrived.clear()
            await self._arrived.wait()
        return self._queue.popleft()

    def close(self) -> None:
        """Ends it: nothing more is queued, a waiting reader stops. Closing twice is harmless."""
        self._closed = True
        self._bus.drop(self)
        self._arrived.set()

    def offer(self, event: Event) -> None:
        """Queues the event if this subscriber wants it. A full queue is thrown away and ends the subscription."""
        if self._closed or (self._wants is not None and not self._wants(event)):
            return
        if len(self._queue) >= self._size:
            self._overflowed = True
            self._queue.clear()
            self.close()
            return
        self._queue.append(event)
        self._arrived.set()


class Bus:
    """Fans events out to the subscriptions of this process. Belongs to one event loop."""

    def __init__(self, *, queue_events_max: int = QUEUE_EVENTS_MAX, subscriptions_max: int = SUBSCRIPTIONS_MAX) -> None:
        self._queue_events_max = queue_events_max
        self._subscriptions_max = subscriptions_max
        self._by_kind: dict[Kind, dict[int, Subscription]] = {kind: {} for kind in Kind}
        self._open: set[Subscription] = set()
        self._closed = False

    @property
    def open_subscriptions(self) -> int:
        """How many subscriptions are open now."""
        return len(self._open)

    def subscribe(
        self, kinds: Collection[Kind] = tuple(Kind), *, wants: Callable[[Event], bool] | None = None
    ) -> Subscription:
        """A subscription to events of these kinds (default: all) from now on.

        `wants` is asked for each event before it is queued: keep it to a look at the event's fields.
        Raises Unavailable when too many are open, or the process is stopping.
        """
        if self._closed or len(self._open) >= self._subscriptions_max:
            raise Unavailable("No more live subscriptions can be opened here now. Try again in a moment.")
        subscription = Subscription(self, frozenset(kinds), wants, self._queue_events_max)
        self._open.add(subscription)
        for kind in subscription.kinds:
            self._by_kind[kind][id(subscription)] = subscription
        return subscription

    async def publish(self, events: Sequence[Event]) -> None:
        """Queues the events with everyone who asked for their kind.

        Gives way to the rest of the process every 200 deliveries, so that a burst does not hold up requests.
        """
        delivered = 0
        for event in events:
            for subscription in tuple(self._by_kind[event.kind].values()):
                subscription.offer(event)
                delivered += 1
                if delivered % _SLICE == 0:
                    await asyncio.sleep(0)

    def drop(self, subscription: Subscription) -> None:
        """Forgets a subscription. Used by `Subscription.close`."""
        if subscription in self._open:
            self._open.discard(subscription)
            for kind in subscription.kinds:
                self._by_kind[kind].pop(id(subscription), None)

    def close(self) -> None:
        """Ends every subscription and takes no more."""
        self._closed = True
        for subscription in tuple(self._open):
            subscription.close()
