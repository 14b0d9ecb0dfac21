"""What events name, and the present public state of that in the graph."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeVar

from domain.events import Event, Kind
from domain.ids import BoardN, PinN
from graph import export
from graph.client import Graph

T = TypeVar("T")

_PAIRS_A_READ: Final = 2_000
_BOARDS_A_READ: Final = 200
_PINS_A_READ: Final = 500

_PAIR_KINDS: Final = frozenset({Kind.SAVED, Kind.UNSAVED, Kind.MOVED, Kind.PIN_CREATED})
_BOARD_KINDS: Final = frozenset({Kind.PRIVACY, Kind.BOARD_DELETED, Kind.BOARD_RESTORED})
_PIN_KINDS: Final = frozenset({Kind.PIN_DELETED, Kind.PIN_RESTORED})


@dataclass(slots=True)
class Named:
    """What a run of events says may have changed."""

    pairs: set[tuple[BoardN, PinN]] = field(default_factory=set)
    boards: set[BoardN] = field(default_factory=set)
    pins: set[PinN] = field(default_factory=set)

    @classmethod
    def of(cls, events: Sequence[Event]) -> Named:
        """The pairs, boards and Pins that the events name. A board named whole takes its pairs along."""
        named = cls()
        for event in events:
            if event.kind in _PAIR_KINDS:
                named._pair(event)
            elif event.kind in _BOARD_KINDS and event.board is not None:
                named.boards.add(event.board)
            elif event.kind in _PIN_KINDS and event.pin is not None:
                named.pins.add(event.pin)
            elif event.kind is Kind.IMPORTED:
                named.boards.update(event.boards)
                named.pins.update(() if event.boards else event.pins)
        named.pairs = {(b, p) for b, p in named.pairs if b not in named.boards and p not in named.pins}
        return named

    def _pair(self, event: Event) -> None:
        if event.pin is not None and event.board is not None:
            self.pairs.add((event.board, event.pin))
        elif event.pin is not None:
            self.pins.add(event.pin)
        elif event.board is not None:
            self.boards.add(event.board)


@dataclass(slots=True)
class Present:
    """The present public state of what was named: a board's Pins, a Pin's boards, pairs that are or are not."""

    pairs: dict[tuple[BoardN, PinN], bool] = field(default_factory=dict)
    boards: dict[BoardN, list[PinN]] = field(default_factory=dict)
    pins: dict[PinN, list[BoardN]] = field(default_factory=dict)


async def present_of(graph: Graph, named: Named) -> Present:
    """What the graph has of what was named. Raises Unavailable when it does not answer."""
    present = Present()
    for pairs in chunks(sorted(named.pairs), _PAIRS_A_READ):
        held = await export.states(graph, pairs)
        present.pairs.update({pair: pair in held for pair in pairs})
    for boards in chunks(sorted(named.boards), _BOARDS_A_READ):
        pins = await export.board_pins(graph, boards)
        present.boards.update({board: pins.get(board, []) for board in boards})
    for wanted in chunks(sorted(named.pins), _PINS_A_READ):
        on = await export.pin_boards(graph, wanted)
        present.pins.update({pin: on.get(pin, []) for pin in wanted})
    return present


def chunks(values: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """The values, so many at a time."""
    return (values[i : i + size] for i in range(0, len(values), size))
