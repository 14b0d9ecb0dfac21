"""Commands that are told to stop, and those that are cancelled by nobody."""

from __future__ import annotations

import asyncio
import os
import signal
import threading

import pytest

from app.launch import until_stopped


def test_a_command_that_is_told_to_stop_ends_quietly() -> None:
    begun = threading.Event()

    async def long() -> None:
        begun.set()
        await asyncio.Event().wait()

    def tell() -> None:
        begun.wait(30)
        os.kill(os.getpid(), signal.SIGTERM)

    teller = threading.Thread(target=tell)
    teller.start()
    until_stopped(long())
    teller.join()


def test_a_command_that_nobody_stopped_has_failed_when_it_is_cancelled() -> None:
    async def lost() -> None:
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        until_stopped(lost())
