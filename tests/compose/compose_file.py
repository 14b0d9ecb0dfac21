"""`docker-compose.yml`, read as Compose reads it: anchors merged, variables put in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parent.parent.parent
FILE = ROOT / "docker-compose.yml"
OURS = ("api", "worker", "embedder", "migrate")

_VARIABLE = re.compile(r"\$\$|\$\{(?P<name>\w+)(?:(?P<how>:[-?])(?P<other>[^}]*))?\}")


def load(given: Mapping[str, str]) -> dict[str, Any]:
    """The file with these variables. Raises KeyError for one that must be given and is not."""
    return put_in(yaml.safe_load(FILE.read_text()), given)


def put_in(value: Any, given: Mapping[str, str]) -> Any:
    """The same value with `${NAME}`, `${NAME:-default}` and `${NAME:?why}` replaced, and `$$` made `$`."""
    if isinstance(value, dict):
        return {key: put_in(part, given) for key, part in value.items()}
    if isinstance(value, list):
        return [put_in(part, given) for part in value]
    return _VARIABLE.sub(lambda found: _given(found, given), value) if isinstance(value, str) else value


def _given(found: re.Match[str], given: Mapping[str, str]) -> str:
    name = found["name"]
    if name is None:
        return "$"
    if given.get(name):
        return given[name]
    if found["how"] == ":?":
        raise KeyError(name)
    return found["other"] or ""
