"""Fields with behaviour, declared so that their types stay checked: Strawberry's own decorators hide them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import strawberry

F = TypeVar("F", bound=Callable[..., Any])


def field(description: str) -> Callable[[F], F]:
    """Makes a method a field with this description for clients."""

    def declare(resolver: F) -> F:
        declared: Any = strawberry.field(resolver, description=description)
        return declared  # type: ignore[no-any-return]  # To its readers the method stays what it was.

    return declare


def subscription(description: str) -> Callable[[F], F]:
    """Makes an async generator a subscription with this description for clients."""

    def declare(resolver: F) -> F:
        declared: Any = strawberry.subscription(resolver, description=description)
        return declared  # type: ignore[no-any-return]  # To its readers the method stays what it was.

    return declare
