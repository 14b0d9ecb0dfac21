"""A stand-in for a part of the product that is still coming up."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

from domain.errors import Unavailable

T = TypeVar("T")


class Late(Generic[T]):
    """Everything asked of it raises Unavailable until the real part has come; then it is that part.

    For the types of its users it is cast to the part: `cast(LiveWalk, late)`.
    """

    def __init__(self, name: str) -> None:
        self._late_name = name
        self._late_part: T | None = None

    def arrive(self, part: T) -> None:
        """From now on everything is passed on to the part."""
        self._late_part = part

    def __getattr__(self, name: str) -> Any:
        if self._late_part is None:
            raise Unavailable(f"The {self._late_name} is starting. Try again in a few seconds.")
        return getattr(self._late_part, name)
