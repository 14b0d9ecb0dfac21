"""Which version runs."""

from __future__ import annotations

from importlib import metadata
from typing import Final

DISTRIBUTION: Final = "pinwalk"


def version() -> str:
    """The version of the installed distribution; "0" for a checkout that was never installed."""
    try:
        return metadata.version(DISTRIBUTION)
    except metadata.PackageNotFoundError:
        return "0"
