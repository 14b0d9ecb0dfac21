"""Secrets that nobody has to invent: generated at first use, one file each, readable by their owner alone."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Final

from app.settings import Settings

MASTER: Final = "master"
GRAPH_PASSWORD: Final = "graph-password"  # noqa: S105  The name of a file, not a password.
METRICS_TOKEN: Final = "metrics-token"  # noqa: S105  The name of a file, not a token.
DEMO_PASSWORD: Final = "demo-password"  # noqa: S105  The name of a file, not a password.


def session_key(settings: Settings) -> bytes:
    """32 bytes that sign access tokens."""
    return _derived(settings, "session")


def cursor_key(settings: Settings) -> bytes:
    """32 bytes that sign cursors."""
    return _derived(settings, "cursor")


def picture_key(settings: Settings) -> bytes:
    """32 bytes that sign the URLs of pictures and uploads."""
    return _derived(settings, "picture")


def walk_key(settings: Settings) -> bytes:
    """32 bytes that sign questions about the walk's copy."""
    return _derived(settings, "walk")


def shared_key(settings: Settings) -> bytes:
    """32 bytes that tell the keys of this installation in Redis from another one's."""
    return _derived(settings, "shared")


def hook_key(settings: Settings) -> bytes:
    """32 bytes from which the signing keys of webhooks come."""
    return _derived(settings, "hook")


def graph_password(settings: Settings) -> str:
    """The password of the graph server: the setting's, or the generated one of the server started here."""
    return settings.graph_password or kept(settings.secrets_dir, GRAPH_PASSWORD)


def metrics_token(settings: Settings) -> str:
    """What opens the API's `/metrics`: the setting's, or a generated one."""
    return settings.metrics_token or kept(settings.secrets_dir, METRICS_TOKEN)


def demo_password(settings: Settings) -> str:
    """The password of the user `demo`: the setting's, or a generated one."""
    return settings.demo_password or kept(settings.secrets_dir, DEMO_PASSWORD)


def kept(folder: Path, name: str) -> str:
    """The secret in `folder/name`, 32 URL-safe characters, generated when it is not there yet.

    Two processes that ask at the same moment get the same one: the file appears whole, and the first one stays.
    """
    path = folder / name
    with suppress(FileNotFoundError):
        return path.read_text("ascii").strip()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = folder / f".{name}.{secrets.token_hex(8)}"
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(24) + "\n")
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(fresh, path)
    finally:
        fresh.unlink()
    return path.read_text("ascii").strip()


def _derived(settings: Settings, purpose: str) -> bytes:
    master = settings.secret or kept(settings.secrets_dir, MASTER)
    return hmac.new(master.encode(), f"pinwalk/{purpose}/1".encode(), hashlib.sha256).digest()
