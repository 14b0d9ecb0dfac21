"""Under which licence each jar of the embedded server stands."""

from __future__ import annotations

import tomllib
from importlib import resources
from typing import Final

from graph.embedded import jars
from graph.embedded.jars import Jar

TABLE: Final = "licences.toml"


def of_jars() -> list[tuple[Jar, str]]:
    """Each jar of the lock with its licence, an SPDX expression, in the order of their files' names."""
    table = tomllib.loads(resources.files("graph.embedded").joinpath(TABLE).read_text("utf-8"))
    by_artifact, by_group = table["artifacts"], table["groups"]
    return [
        (jar, by_artifact.get(f"{jar.group}:{jar.artifact}") or by_group[jar.group])
        for jar in sorted(jars.locked(), key=lambda jar: jar.filename)
    ]
