"""Uploads: announced, arrived, used once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from domain.ids import UploadId, UserN
from graph.client import Graph


class UploadState(Enum):
    WAITING = "WAITING"
    ARRIVED = "ARRIVED"
    USED = "USED"


@dataclass(frozen=True, slots=True)
class Upload:
    """A place for one file. `bytes` is what was announced; after arrival, what came."""

    id: UploadId
    by: UserN
    content_type: str
    bytes: int
    state: UploadState
    expires_at: datetime


async def create(
    graph: Graph, *, id: UploadId, by: UserN, content_type: str, bytes: int, expires_at: datetime
) -> Upload:
    """Records what was announced."""
    raise NotImplementedError


async def get(graph: Graph, id: UploadId, by: UserN | None = None) -> Upload | None:
    """The Upload, if it is this User's (None: whoever's, for a signed URL that names nobody)."""
    raise NotImplementedError


async def arrived(graph: Graph, id: UploadId, *, bytes: int, now: datetime) -> bool:
    """Whether this was the first arrival in time: False when it had arrived, was used, or has expired."""
    raise NotImplementedError


async def used(graph: Graph, id: UploadId, by: UserN) -> bool:
    """Uses an arrived Upload up; False when it was not theirs, not there, or used. (`pins.create` does it itself.)"""
    raise NotImplementedError
