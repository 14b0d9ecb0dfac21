"""Sends notifications to the endpoints outside that people gave."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

import structlog

from domain import notices
from domain.errors import ProductError
from domain.limits import HOOK_TIMEOUT_S
from domain.notices import Notification
from graph import boards, endpoints, notifications, pins, users
from graph.client import Graph
from graph.endpoints import Delivery
from internet.client import Internet
from internet.signing import Hooks

log = structlog.get_logger(__name__)

_AT_ONCE: Final = 8
_IDLE_S: Final = 0.5
_GONE: Final = 410


def utc_now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


class Webhooks:
    """Sends what is due. Any number may work on one graph."""

    def __init__(
        self, graph: Graph, internet: Internet, hooks: Hooks, *, clock: Callable[[], datetime] = utc_now
    ) -> None:
        self._graph = graph
        self._internet = internet
        self._hooks = hooks
        self._clock = clock

    async def run(self) -> None:
        """Sends until it is cancelled."""
        while True:
            if not await self.step():
                await asyncio.sleep(_IDLE_S)

    async def step(self) -> int:
        """Sends one batch; how many messages that were (0: none is due)."""
        due = await endpoints.claim(self._graph, _AT_ONCE, now=self._clock())
        await asyncio.gather(*map(self._send, due))
        return len(due)

    async def _send(self, delivery: Delivery) -> None:
        """What the recipient may see of it now is sent, under an id that stays the same; or nothing."""
        item = await notifications.by_id(self._graph, delivery.user_n, delivery.notification)
        if item is None:
            await endpoints.drop(self._graph, delivery)
            return
        body = json.dumps(await self._message(delivery, item), ensure_ascii=False, separators=(",", ":")).encode()
        headers = self._hooks.headers(delivery.endpoint, delivery.id, body, now=self._clock())
        try:
            status = await self._internet.post(delivery.url, body, headers, timeout_s=HOOK_TIMEOUT_S)
        except ProductError as error:
            await self._failed(delivery, error.message, gone=False)
            return
        if 200 <= status < 300:
            await endpoints.sent(self._graph, delivery)
        else:
            await self._failed(delivery, f"It answered {status}.", gone=status == _GONE)

    async def _failed(self, delivery: Delivery, why: str, *, gone: bool) -> None:
        if await endpoints.failed(self._graph, delivery, why, gone=gone, now=self._clock()):
            log.warning("endpoint_given_up", endpoint=delivery.endpoint, reason=why)

    async def _message(self, delivery: Delivery, item: Notification) -> dict[str, Any]:
        viewer = delivery.user_n
        actors, [pin], [board] = await asyncio.gather(
            users.by_ns(self._graph, viewer, item.actors),
            _one(pins.by_ns(self._graph, viewer, [item.pin_n])) if item.pin_n is not None else _nothing(),
            _one(boards.by_ns(self._graph, viewer, [item.board_n])) if item.board_n is not None else _nothing(),
        )
        actors.sort(key=lambda user: item.actors.index(user.n))
        return {
            "type": f"notification.{item.kind.value.lower()}",
            "timestamp": item.created_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "data": {
                "id": item.id,
                "kind": item.kind.value,
                "text": notices.text(
                    item.kind,
                    [user.display_name for user in actors],
                    item.count,
                    pin=pin.title if pin else None,
                    board=board.title if board else None,
                ),
                "actorCount": item.count,
                "actors": [{"id": user.id, "username": user.username} for user in actors],
                "pin": {"id": pin.id, "title": pin.title} if pin else None,
                "board": {"id": board.id, "title": board.title} if board else None,
            },
        }


async def _one(reading: Any) -> list[Any]:
    found = await reading
    return [found[0] if found else None]


async def _nothing() -> list[Any]:
    return [None]
