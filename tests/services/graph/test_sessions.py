import asyncio
import secrets
from datetime import UTC, datetime, timedelta

from graph import sessions
from graph.client import Graph
from tests.services.graph.conftest import World

NOW = datetime.now(UTC)
LATER = NOW + timedelta(days=30)


def token() -> str:
    return secrets.token_hex(16)


async def test_a_token_turns_into_the_next_one_once(graph: Graph, world: World) -> None:
    ana, first, second = await world.user(), token(), token()
    family = await sessions.open(graph, ana.n, token_hash=first, expires_at=LATER)

    assert await sessions.rotate(graph, first, second, now=NOW, expires_at=LATER) == (ana, family)
    assert not await sessions.ended(graph, family)


async def test_a_token_used_again_ends_the_family_and_no_other(graph: Graph, world: World) -> None:
    ana, first, second = await world.user(), token(), token()
    family = await sessions.open(graph, ana.n, token_hash=first, expires_at=LATER)
    other = await sessions.open(graph, ana.n, token_hash=token(), expires_at=LATER)
    await sessions.rotate(graph, first, second, now=NOW, expires_at=LATER)

    assert await sessions.rotate(graph, first, token(), now=NOW, expires_at=LATER) is None
    assert await sessions.rotate(graph, second, token(), now=NOW, expires_at=LATER) is None
    assert await sessions.ended(graph, family)
    assert not await sessions.ended(graph, other)


async def test_of_two_at_once_at_most_one_succeeds(graph: Graph, world: World) -> None:
    ana, first = await world.user(), token()
    await sessions.open(graph, ana.n, token_hash=first, expires_at=LATER)

    answers = await asyncio.gather(
        *[sessions.rotate(graph, first, token(), now=NOW, expires_at=LATER) for _ in range(5)]
    )

    assert sum(answer is not None for answer in answers) == 1


async def test_an_expired_or_ended_token_is_nothing(graph: Graph, world: World) -> None:
    ana, first, second = await world.user(), token(), token()
    await sessions.open(graph, ana.n, token_hash=first, expires_at=NOW)
    family = await sessions.open(graph, ana.n, token_hash=second, expires_at=LATER)
    await sessions.end(graph, second)

    assert await sessions.rotate(graph, first, token(), now=LATER, expires_at=LATER) is None
    assert await sessions.rotate(graph, second, token(), now=NOW, expires_at=LATER) is None
    assert await sessions.rotate(graph, token(), token(), now=NOW, expires_at=LATER) is None
    assert await sessions.ended(graph, family)
