"""Models that the embedder process holds beside the two of its settings, each loaded when it is first asked for."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from typing import Final, Generic, Literal, Protocol, TypeVar

from domain.errors import Invalid, Unavailable
from vectors.embedder import ModelInfo

ModelKind = Literal["image", "text"]
KINDS: Final[tuple[ModelKind, ...]] = ("image", "text")
MORE_MAX: Final = 2
"""The most models of a kind beside the one of the settings: what vectors are moved to, and what to go back to."""


class Held(Protocol):
    """A model's place: what is known of it, and how it is loaded and let go of."""

    info: ModelInfo

    async def load(self) -> None: ...
    async def close(self) -> None: ...


Slot = TypeVar("Slot", bound=Held)


class MoreModels(Generic[Slot]):
    """The places of all models of the process by kind; those of the settings first and always."""

    def __init__(
        self,
        first: Mapping[ModelKind, tuple[str, Slot]],
        make: Callable[[ModelKind, str], Awaitable[Slot]],
    ) -> None:
        """`first` are the models of the settings, each under the name it was given; `make` finds another by its name
        (Invalid when it is nothing) without loading it."""
        self._first = first
        self._make = make
        self._more: dict[ModelKind, OrderedDict[str, Slot]] = {kind: OrderedDict() for kind in KINDS}
        self._loading: set[asyncio.Task[None]] = set()
        self._turn = asyncio.Lock()

    async def use(self, kind: ModelKind, name: str) -> ModelInfo:
        """What is known of this model, which is being loaded from now on if it was not there.

        Raises Invalid for a name that is nothing. Past MORE_MAX the one longest unused goes.
        """
        given, slot = self._first[kind]
        if name == given:
            return slot.info
        more = self._more[kind]
        async with self._turn:
            if name not in more:
                more[name] = await self._make(kind, name)
                task = asyncio.create_task(more[name].load())
                self._loading.add(task)
                task.add_done_callback(self._loading.discard)
            more.move_to_end(name)
            if len(more) > MORE_MAX:
                _, unused = more.popitem(last=False)
                await unused.close()
        return more[name].info

    def labelled(self, kind: ModelKind, label: str | None) -> Slot:
        """The model of this label; None: the one of the settings. Raises Unavailable when it is not loaded."""
        _, first = self._first[kind]
        if label is None or first.info.label == label:
            return first
        more = self._more[kind]
        for name, slot in list(more.items()):
            if slot.info.ready and slot.info.label == label:
                more.move_to_end(name)
                return slot
        raise Unavailable(f"The model {label} is not loaded here.")

    def infos(self, kind: ModelKind) -> list[ModelInfo]:
        """Those beside the one of the settings."""
        return [slot.info for slot in self._more[kind].values()]

    def all(self) -> list[Slot]:
        """Every model's place, those of the settings first."""
        return [slot for _, slot in self._first.values()] + [
            slot for more in self._more.values() for slot in more.values()
        ]

    async def close(self) -> None:
        """Lets go of all of them."""
        for task in list(self._loading):
            task.cancel()
        for _, slot in self._first.values():
            await slot.close()
        for more in self._more.values():
            for slot in more.values():
                await slot.close()


def kind_of(value: object) -> ModelKind:
    """The kind that a request names. Raises Invalid for any other."""
    for kind in KINDS:
        if value == kind:
            return kind
    raise Invalid('The kind of a model is "image" or "text".', ("kind",))
