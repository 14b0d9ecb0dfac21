"""The Neo4j driver, imported without pandas: half of a process's start would go into a library that nobody uses.

The driver takes pandas along when it is installed, to make data frames of results and to accept its types as
parameters; the Milvus client brings it. Here it is told that there is none; who imports pandas later gets it.
"""

from __future__ import annotations

import sys
from typing import Final

_PANDAS: Final = "pandas"

_hidden = _PANDAS not in sys.modules
if _hidden:
    sys.modules[_PANDAS] = None  # type: ignore[assignment]  # How Python says that a module cannot be imported.
try:
    import neo4j
    from neo4j import exceptions
finally:
    if _hidden:
        del sys.modules[_PANDAS]

__all__ = ["exceptions", "neo4j"]
