"""Users: accounts, profiles, interests, counts."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from domain.ids import TopicId, TopicN, UserId, UserN
from domain.model import UNSET, Unset, User, UserCounts
from graph.client import Graph
from graph.pictures import NewPicture


async def create(
    graph: Graph, *, username: str, email: str, display_name: str, password_hash: str, now: datetime
) -> User:
    """The new User. Raises Taken with field ("username",) or ("email",); names differ by more than case."""
    raise NotImplementedError


async def credentials(graph: Graph, login: str) -> tuple[User, str] | None:
    """The User with this username or e-mail, and their password hash."""
    raise NotImplementedError


async def password(graph: Graph, n: UserN, password_hash: str) -> None:
    """Replaces the password hash."""
    raise NotImplementedError


async def by_ns(graph: Graph, viewer: UserN, ns: Collection[UserN]) -> list[User]:
    """Those of the Users that the viewer may see, in any order. One statement."""
    raise NotImplementedError


async def by_ids(graph: Graph, viewer: UserN, ids: Collection[UserId]) -> list[User]:
    """Those of the Users that the viewer may see, in any order. One statement."""
    raise NotImplementedError


async def by_username(graph: Graph, viewer: UserN, username: str) -> User | None:
    """The User of this name in any case, if the viewer may see them."""
    raise NotImplementedError


async def n_of(graph: Graph, user_id: UserId) -> UserN | None:
    """The number of the account that a token names; None when it is gone. Asks nothing about visibility."""
    raise NotImplementedError


async def email(graph: Graph, n: UserN) -> str | None:
    """The e-mail address, for its owner alone."""
    raise NotImplementedError


async def update(
    graph: Graph,
    n: UserN,
    *,
    display_name: str | Unset = UNSET,
    bio: str | Unset | None = UNSET,
    avatar: NewPicture | Unset | None = UNSET,
) -> User:
    """The User with the given fields changed; what is UNSET stays, None clears."""
    raise NotImplementedError


async def set_interests(graph: Graph, n: UserN, topic_ids: Sequence[TopicId]) -> None:
    """Replaces the interests. Raises NotFound for an unknown topic, Invalid over USER_INTERESTS_MAX."""
    raise NotImplementedError


async def interests(graph: Graph, ns: Collection[UserN]) -> dict[UserN, list[TopicN]]:
    """The interests of each User, in the order they were given."""
    raise NotImplementedError


async def counts(graph: Graph, viewer: UserN, ns: Collection[UserN]) -> dict[UserN, UserCounts]:
    """Followers, and Users followed, of each User."""
    raise NotImplementedError


async def follows(graph: Graph, viewer: UserN, ns: Collection[UserN]) -> set[UserN]:
    """Which of the Users the viewer follows."""
    raise NotImplementedError
