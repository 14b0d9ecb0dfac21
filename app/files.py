"""How many files and sockets a process may have open."""

from __future__ import annotations

import resource
from contextlib import suppress
from typing import Final

_MOST: Final = 65_536


def as_many_files_as_allowed() -> None:
    """Raises this process's own limit of open files to what the system lets it have, 65,536 at most.

    A service often begins with 1,024, which a thousand open sockets exceed.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MOST if hard == resource.RLIM_INFINITY else min(hard, _MOST)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with suppress(ValueError, OSError):  # macOS refuses what its kernel does not hold.
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
