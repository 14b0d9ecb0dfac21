import asyncio

from graph.client import Graph
from graph.keys import Keys, ms_of


async def test_numbers_are_unique_among_processes(graph: Graph, graph_address: tuple[str, str, str]) -> None:
    other = await Graph.open(*graph_address)

    numbers = await asyncio.gather(*[keys.pin() for keys in (graph.keys, other.keys) for _ in range(1_500)])

    assert len(set(numbers)) == 3_000
    assert other.keys.process != graph.keys.process
    await other.close()


async def test_a_block_of_numbers_is_nobody_elses(graph: Graph) -> None:
    first, second = await asyncio.gather(graph.keys.boards(1_700), graph.keys.boards(3))

    assert len({*first, *second}) == 1_703
    assert await graph.keys.users(0) == []


async def _no_lease(_: str, __: int) -> int:
    raise AssertionError


async def test_sort_keys_rise_and_hold_their_time() -> None:
    keys = Keys(_no_lease, 1_023)

    made = [keys.k() for _ in range(5_000)]

    assert made == sorted(set(made))
    assert ms_of(keys.k(1_700_000_000_000)) == 1_700_000_000_000
    assert made[0] >> 10 & 1_023 == 1_023


async def test_past_keys_are_unique_in_a_row() -> None:
    keys = Keys(_no_lease, 7)

    assert len({keys.k(1_700_000_000_000) for _ in range(1_024)}) == 1_024
