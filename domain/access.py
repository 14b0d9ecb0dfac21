"""Personal access tokens as values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from domain.ids import TokenId, UserId, UserN


class AccessScope(Enum):
    """What a token may be used for."""

    READ = "READ"
    WRITE = "WRITE"


@dataclass(frozen=True, slots=True)
class PersonalToken:
    """A token as its owner sees it. `last_used_at` is to the hour."""

    id: TokenId
    name: str
    scopes: tuple[AccessScope, ...]
    created_at: datetime
    last_used_at: datetime | None
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class Bearer:
    """Whose a token is, and what it may be used for."""

    id: TokenId
    user_id: UserId
    user_n: UserN
    scopes: frozenset[AccessScope]
    expires_at: datetime | None
