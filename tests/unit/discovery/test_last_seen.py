"""What viewers saw last: of this process, of the others, and while those cannot be asked."""

from __future__ import annotations

from dataclasses import dataclass, field

from discovery.last_seen import LIFE_MS, LastSeen
from domain.errors import Unavailable
from domain.ids import SIGNED_OUT, PinN, UserN
from domain.limits import SPACING_WINDOW_MAX
from tests.unit.discovery.conftest import Clock

ANA, BEN = UserN(1), UserN(2)


@dataclass
class Board:
    """Notes that processes share, unless they are away."""

    said: dict[int, bytes] = field(default_factory=dict)
    away: bool = False

    async def put(self, viewer: int, what: bytes, *, life_ms: int) -> None:
        assert life_ms == LIFE_MS
        if self.away:
            raise Unavailable("Redis is away.")
        self.said[viewer] = what

    async def get(self, viewer: int) -> bytes | None:
        if self.away:
            raise Unavailable("Redis is away.")
        return self.said.get(viewer)


def pins(*ns: int) -> tuple[PinN, ...]:
    return tuple(PinN(n) for n in ns)


async def test_one_process_knows_the_end_of_each_viewers_last_page_for_half_an_hour(clock: Clock) -> None:
    alone = LastSeen(clock)
    alone.note(ANA, pins(*range(100)))
    alone.note(SIGNED_OUT, pins(1, 2))
    alone.note(BEN, ())

    assert await alone.of(ANA) == pins(*range(100 - SPACING_WINDOW_MAX, 100))
    assert await alone.of(SIGNED_OUT) == await alone.of(BEN) == ()
    clock.ms += LIFE_MS
    assert await alone.of(ANA) == ()


async def test_the_page_that_another_process_served_last_counts(clock: Clock) -> None:
    board = Board()
    one, other = LastSeen(clock, board), LastSeen(clock, board)
    one.note(ANA, pins(1, 2, 3))
    await one.told()
    other.note(ANA, pins(2**40, 5))
    await other.told()

    assert await one.of(ANA) == await other.of(ANA) == pins(2**40, 5)
    assert await one.of(BEN) == ()


async def test_while_the_others_cannot_be_asked_ones_own_knowledge_counts(clock: Clock) -> None:
    board = Board()
    one, other = LastSeen(clock, board), LastSeen(clock, board)
    one.note(ANA, pins(1, 2))
    await one.told()
    board.away = True
    other.note(ANA, pins(7))
    await other.told()

    assert await one.of(ANA) == pins(1, 2)
    assert await other.of(ANA) == pins(7)
    board.away, board.said[ANA] = False, b"no numbers"
    assert await one.of(ANA) == pins(1, 2)
