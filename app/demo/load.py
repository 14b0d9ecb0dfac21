"""Loads the demo world: some 600 Pins of 60 people on 200 boards, the same everywhere."""

from __future__ import annotations

from dataclasses import dataclass

from app.settings import Settings


@dataclass(frozen=True, slots=True)
class Loaded:
    """How to log in to the demo world, and whether this call made it."""

    username: str
    password: str
    fresh: bool
    pins: int
    boards: int
    users: int


async def run(settings: Settings) -> Loaded:
    """Loads the demo world if it is not there yet (some seconds); otherwise says how to log in, at once.

    The password is `settings.demo_password`, or one that is made once and kept in `data_dir/secrets/demo-password`
    (0600). A changed setting changes the account's password. A load that was cut short goes on where it stopped.
    """
    raise NotImplementedError
