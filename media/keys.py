"""The names under which a media store keeps things: their shape, the same for every store."""

from __future__ import annotations

import re
from typing import Final

KEY_CHARS_MAX: Final = 200

_KEY: Final = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*){0,5}")
_FOLDER: Final = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*")


def check(key: str) -> str:
    """The key. Raises ValueError, which is a bug, when it could lead elsewhere."""
    if len(key) > KEY_CHARS_MAX or _KEY.fullmatch(key) is None:
        raise ValueError(f"not a key of the media store: {key!r}")
    return key


def check_folder(folder: str) -> str:
    """The first part of keys. Raises ValueError, which is a bug, when it could lead elsewhere."""
    if len(folder) > KEY_CHARS_MAX or _FOLDER.fullmatch(folder) is None:
        raise ValueError(f"not the first part of a media store's keys: {folder!r}")
    return folder
