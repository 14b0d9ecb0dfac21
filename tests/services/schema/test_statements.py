from __future__ import annotations

from discovery.candidate import ReasonRef
from domain.model import Source
from tests.services.schema.conftest import FeedsOfTests, Person, board_n, pin_n

PIN = """id title status image { url renditions { url } } creator { username viewerFollows followerCount }
    saveCount viewerHid topics { name pinCount } viewerSaves { savedAt savedBy { username } board { title pinCount } }
    boards(first: 3) { nodes { title owner { username } followerCount } }"""

REASONS = "text pin { title } board { title owner { id } } user { username } topic { name }"
HOME = f"{{ homeFeed(first: 50) {{ edges {{ score reasons {{ {REASONS} }} node {{ {PIN} }} }} }} }}"
BOARDS = f"""{{ viewer {{ boards(first: 10) {{ nodes {{ title pinCount viewerRole
    pins(first: 4) {{ edges {{ savedAt node {{ {PIN} }} }} }} }} }} }} }}"""
SHORT = "{ homeFeed { nodes { id title saveCount creator { username } } } }"


async def test_a_feed_page_costs_the_same_statements_at_any_length(
    ana: Person, ben: Person, feeds: FeedsOfTests
) -> None:
    boards = [await ana.board(f"Board {i}") for i in range(4)]
    ids = [await ana.pin(boards[i % 4], f"Pin {i}") for i in range(12)]
    kept = await ben.board("Kept")
    for id_ in ids[:6]:
        await ben.save(id_, kept)
    ns = [await pin_n(ana, id_) for id_ in ids]
    on = await board_n(ana, boards[0])
    entries = [
        (n, (ReasonRef(Source.WALK, 2.0, pin_n=ns[0], board_n=on), ReasonRef(Source.FOLLOWED, 1.0, user_n=ana.n)))
        for n in ns
    ]

    feeds.shows(*entries[:2])
    few = await ben(HOME)
    feeds.shows(*entries)
    many = await ben(HOME)
    short = await ben(SHORT)

    assert len(few["homeFeed"]["edges"]) == 2
    assert len(many["homeFeed"]["edges"]) == 12
    assert few.statements == many.statements == 13
    assert short.statements == 4


async def test_a_page_of_boards_with_pages_of_pins_costs_the_same_statements_at_any_length(ana: Person) -> None:
    first = await ana.board()
    await ana.pin(first)
    few = await ana(BOARDS)
    for i in range(5):
        board = await ana.board(f"Board {i}")
        for j in range(3):
            await ana.pin(board, f"Pin {j}")
    many = await ana(BOARDS)

    assert sum(len(board["pins"]["edges"]) for board in many["viewer"]["boards"]["nodes"]) == 16
    assert few.statements == many.statements


async def test_nothing_is_read_that_is_not_asked_for(ana: Person, feeds: FeedsOfTests) -> None:
    n = await pin_n(ana, await ana.pin(await ana.board()))
    feeds.shows((n, (ReasonRef(Source.FRESH, 1.0),)))

    assert (await ana("{ homeFeed { nodes { id title domain image { url } } } }")).statements == 1
    assert (await ana("{ __typename viewer { id } }")).statements == 1
