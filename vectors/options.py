"""What differs between one Milvus and another: how it is asked. The code path is one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final


@dataclass(frozen=True, slots=True)
class MilvusOptions:
    """How a Milvus is asked.

    `consistency`: what a reader that follows an alias sees of the writes of others: `Strong` all of them, at the cost
    of the server's time tick (a fifth of a second); `Bounded` those older than some moments, at once. Who writes sees
    its own writes at once in any case. `flush_rows`: the writer flushes after so many rows (None: the server does it on
    its own). Milvus Lite unpacks rows that are not flushed anew at every search, some 20 µs a row.
    """

    index_type: str = "IVF_FLAT"
    index_params: Mapping[str, int] = field(default_factory=lambda: {"nlist": 128})
    search_params: Mapping[str, int] = field(default_factory=lambda: {"nprobe": 1024})
    consistency: str = "Strong"
    flush_rows: int | None = 1_000
    timeout_s: float = 5.0


EMBEDDED: Final = MilvusOptions()
"""For Milvus Lite: IVF_FLAT with every list probed is exact there, and as fast as anything else it offers."""
SERVER: Final = MilvusOptions("HNSW", {"M": 16, "efConstruction": 200}, {"ef": 256}, "Bounded", None)
"""For a Milvus server."""
PROFILES: Final = {"embedded": EMBEDDED, "server": SERVER}
"""The options by the name that the settings give them."""


def chosen(
    profile: str,
    *,
    index_type: str | None = None,
    index_params: Mapping[str, int] | None = None,
    search_params: Mapping[str, int] | None = None,
    consistency: str | None = None,
    timeout_s: float | None = None,
) -> MilvusOptions:
    """The options of a profile with what is given in their place.

    Another index does not take over the profile's parameters: those not given are then the server's own.
    """
    base = PROFILES[profile]
    if index_type is not None and index_type != base.index_type:
        base = replace(base, index_type=index_type, index_params={}, search_params={})
    given = {
        "index_params": index_params,
        "search_params": search_params,
        "consistency": consistency,
        "timeout_s": timeout_s,
    }
    return replace(base, **{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]
