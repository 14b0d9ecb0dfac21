"""The feeds over a real graph: what is shown, why, to whom, and what a scroll promises."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Sequence

import pytest

from app.feeds_explain import ABOUT, explained
from discovery.candidate import VIEWED, FeedPage
from discovery.feeds import EXPLAINED, Feeds
from discovery.queries import Start
from discovery.walk.live import LiveWalk
from domain.acts import Act, Batch, EngagementKind
from domain.errors import Invalid, Unavailable
from domain.ids import SIGNED_OUT, PinN, UserN
from domain.model import BoardPrivacy, PinFilter, Source
from graph import boards, engagement, follows, pin_writes, pins, samples, users
from graph.client import count_statements
from tests.services.discovery.conftest import DIM, World
from vectors.embedder import FloatArray
from vectors.exact import ExactIndex
from vectors.index import Hit


def shown(page: FeedPage) -> list[PinN]:
    return [entry.pin_n for entry in page.entries]


def sources(page: FeedPage) -> list[Source]:
    return [reason.source for entry in page.entries for reason in entry.reasons]


async def scroll(feeds: Feeds, viewer: UserN, first: int = 25) -> list[PinN]:
    page = await feeds.home(viewer, first=first)
    seen = shown(page)
    while page.has_next:
        page = await feeds.home(viewer, first=first, after=page.entries[-1].cursor)
        seen += shown(page)
    return seen


async def saver(world: World, saved: Sequence[PinN]) -> UserN:
    user = await world.user()
    board = await world.board(user)
    for pin in saved:
        await world.save(user, pin, board)
    return user


async def test_home_shows_walks_and_looks_with_reasons_and_nothing_of_ones_own(world: World) -> None:
    gardens = await world.boards_of("garden")
    await world.boards_of("kitchen")
    ana = await saver(world, gardens[:6])

    page = await (await world.feeds()).home(ana)

    assert len(page.entries) == 25
    assert not set(shown(page)) & set(gardens[:6])
    assert sources(page).count(Source.WALK) >= 2
    assert sources(page).count(Source.VISUAL) >= 2
    assert all(entry.reasons for entry in page.entries)
    walked = next(r for e in page.entries for r in e.reasons if r.source is Source.WALK)
    assert walked.pin_n in gardens[:6]
    assert walked.board_n is not None
    assert page.degraded == ()


async def test_what_a_viewer_opened_changes_their_next_page_and_its_edges_say_where_they_stood(world: World) -> None:
    gardens, kitchens = await world.boards_of("garden"), await world.boards_of("kitchen")
    ana = await saver(world, gardens[:2])
    feeds, now_ms = await world.feeds(), time.time_ns() // 1_000_000
    before = await feeds.home(ana)

    acts = tuple(Act(n, EngagementKind.CLOSEUP, now_ms + i) for i, n in enumerate(kitchens[:4]))
    await engagement.take_in(world.graph, [Batch(1, ana, acts)], now_ms=now_ms)
    after = await feeds.home(ana)

    looked = [r for e in after.entries for r in e.reasons if r.source is Source.WALK and r.words == VIEWED]
    assert len(set(shown(after)) & set(kitchens)) > len(set(shown(before)) & set(kitchens))
    assert looked
    assert {r.pin_n for r in looked} <= set(kitchens[:4])
    cursors = [entry.cursor for entry in after.entries]
    places = feeds.places(ana, [*cursors, "moss"])
    assert [(places[c].feed, places[c].position) for c in cursors] == [("home", i) for i in range(len(cursors))]
    assert all(any(places[c].parts or b"") for c in cursors)
    assert "moss" not in places
    assert feeds.places((await world.user()), cursors) == {}


async def test_three_saves_on_one_topic_bring_at_least_three_more_pins_of_it(world: World) -> None:
    gardens = await world.boards_of("garden", boards=4)
    kitchens = await world.boards_of("kitchen", boards=4)
    ana = await world.user()
    board = await world.board(ana)
    for pin in gardens[:10]:
        await world.save(ana, pin, board)
    feeds = await world.feeds()
    before = len(set(shown(await feeds.home(ana))) & set(kitchens))

    for pin in kitchens[:3]:
        await world.save(ana, pin, board)

    after = len(set(shown(await feeds.home(ana))) & set(kitchens))
    assert after >= before + 3


async def test_a_scroll_shows_no_pin_twice_and_ends(world: World) -> None:
    gardens = await world.boards_of("garden")
    ana = await saver(world, gardens[:5])
    feeds = await world.feeds()

    seen = await scroll(feeds, ana)

    assert len(seen) == len(set(seen)) > 25
    assert set(gardens[5:]) <= set(seen)


async def test_a_scroll_outlives_the_process_that_began_it(world: World) -> None:
    gardens = await world.boards_of("garden")
    ana = await saver(world, gardens[:5])
    first = await (await world.feeds()).home(ana, first=20)

    other = await world.feeds()
    second = await other.home(ana, first=20, after=first.entries[-1].cursor)
    third = await other.home(ana, first=20, after=second.entries[-1].cursor)

    together = shown(first) + shown(second) + shown(third)
    assert len(together) == len(set(together)) == 60


async def test_cursors_of_others_and_of_other_feeds_are_refused(world: World) -> None:
    gardens = await world.boards_of("garden", boards=1)
    ana, ben = await saver(world, gardens[:2]), await saver(world, gardens[:2])
    feeds = await world.feeds()
    cursor = (await feeds.home(ana, first=1)).entries[0].cursor

    for foreign in (
        feeds.home(ben, after=cursor),
        feeds.home(SIGNED_OUT, after=cursor),
        feeds.related(ana, gardens[0], after=cursor),
        feeds.home(ana, after=cursor[:-4]),
        feeds.home(ana, first=0),
        feeds.home(ana, first=101),
    ):
        with pytest.raises(Invalid):
            await foreign


async def test_a_feed_is_never_empty_for_who_has_just_come(world: World) -> None:
    await world.boards_of("garden", boards=1)
    feeds = await world.feeds()

    newcomer, nobody = await feeds.home(await world.user()), await feeds.home(SIGNED_OUT)

    assert len(newcomer.entries) >= 15
    assert len(nobody.entries) >= 15
    assert set(sources(nobody)) <= {Source.POPULAR, Source.FRESH, Source.EXPLORE}


async def test_hidden_pins_and_secret_ones_are_in_nobodys_feed(world: World) -> None:
    gardens = await world.boards_of("garden", boards=2)
    ana, ben = await saver(world, gardens[:4]), await world.user()
    closet = await world.board(ben, secret=True)
    secret = [await world.pin(ben, closet) for _ in range(3)]
    await pins.hidden(world.graph, ana)
    await pin_writes.hide(world.graph, ana, gardens[10])
    feeds = await world.feeds()

    seen = set(await scroll(feeds, ana, first=100))
    seen |= set(shown(await feeds.similar(ana, gardens[0], first=100)))
    seen |= set(shown(await feeds.related(ana, gardens[0], first=100)))
    seen |= set(shown(await feeds.home(SIGNED_OUT, first=100)))

    assert not seen & set(secret)
    assert gardens[10] not in set(await scroll(feeds, ana, first=100))


async def test_what_went_secret_after_the_walk_was_loaded_is_not_shown(world: World) -> None:
    ben = await world.user()
    board = await world.board(ben)
    made = [await world.pin(ben, board) for _ in range(5)]
    feeds = await world.feeds()

    await boards.update(world.graph, by=ben, board_n=board, privacy=BoardPrivacy.SECRET)

    assert not set(shown(await feeds.related(await world.user(), made[0], first=100))) & set(made)


async def test_following_is_what_users_created_and_boards_saved_newest_first(world: World) -> None:
    ana, ben, cyd = [await world.user() for _ in range(3)]
    bens, cyds = await world.board(ben), await world.board(cyd)
    made = [await world.pin(ben, bens) for _ in range(3)]
    other = await world.pin(cyd, await world.board(cyd))
    await world.save(cyd, other, cyds)
    await follows.follow_user(world.graph, ana, ben)
    await follows.follow_board(world.graph, ana, cyds)
    feeds = await world.feeds()

    page = await feeds.following(ana, first=2)
    rest = await feeds.following(ana, first=2, after=page.entries[-1].cursor)

    assert shown(page) + shown(rest) == [other, *reversed(made)]
    assert [e.reasons[0].user_n or e.reasons[0].board_n for e in page.entries + rest.entries] == [cyds, ben, ben, ben]
    assert (page.has_next, rest.has_next) == (True, False)
    assert (await feeds.following(SIGNED_OUT)).entries == ()


async def test_a_following_scroll_goes_past_its_head_and_outlives_its_slate(world: World) -> None:
    ana, ben = await world.user(), await world.user()
    board = await world.board(ben)
    made = [await world.pin(ben, board) for _ in range(115)]
    await follows.follow_user(world.graph, ana, ben)
    await follows.follow_board(world.graph, ana, board)
    seen: list[PinN] = []
    after = None
    for _ in range(10):
        feeds = await world.feeds(walk=None)
        page = await feeds.following(ana, first=30, after=after)
        seen += shown(page)
        if not page.has_next:
            break
        after = page.entries[-1].cursor

    assert seen == made[::-1]


async def test_related_and_similar_leave_out_the_pin_and_its_copies(world: World) -> None:
    gardens = await world.boards_of("garden", boards=2)
    ana = await world.user()
    board = await world.board(ana)
    first = await world.pin(ana, board, sha256=(copied := "ab" * 28 + f"{gardens[0]:08x}"))
    copy = await world.pin(ana, board, sha256=copied)
    feeds = await world.feeds()

    related = await feeds.related(ana, first, first=100)
    similar = await feeds.similar(ana, first, first=100)

    assert first not in shown(related) + shown(similar)
    assert copy not in shown(related)
    assert sources(related).count(Source.VISUAL) >= 3
    assert {reason.source for entry in similar.entries for reason in entry.reasons} == {Source.VISUAL}
    scores = [entry.score for entry in similar.entries]
    assert scores == sorted(scores, reverse=True)
    least = scores[len(scores) // 2]
    assert all(e.score >= least for e in (await feeds.similar(ana, first, min_score=least)).entries)


async def test_a_new_pin_is_found_by_similar_at_once(world: World) -> None:
    gardens = await world.boards_of("garden", boards=1)
    ana = await world.user()
    feeds = await world.feeds()
    await feeds.similar(ana, gardens[0])

    pin = await world.pin(ana, await world.board(ana))

    assert pin in shown(await feeds.similar(ana, gardens[0], first=100))


async def test_more_ideas_are_like_the_board_and_not_on_it(world: World) -> None:
    gardens = await world.boards_of("garden")
    ana = await world.user()
    public, secret = await world.board(ana), await world.board(ana, secret=True)
    for pin in gardens[:4]:
        await world.save(ana, pin, public)
        await world.save(ana, pin, secret)
    feeds = await world.feeds()

    for board in (public, secret):
        page = await feeds.more_ideas(ana, board)
        assert len(page.entries) >= 10
        assert not set(shown(page)) & set(gardens[:4])
        assert Source.WALK in sources(page)
    stranger = await feeds.more_ideas(await world.user(), secret)
    assert stranger.entries == ()


async def test_trending_is_by_recent_saves_and_of_its_topic(world: World) -> None:
    gardens = await world.boards_of("garden", boards=1)
    kitchens = await world.boards_of("kitchen", boards=1)
    for _ in range(4):
        await saver(world, [gardens[3], kitchens[3]])
    feeds = await world.feeds()

    page = await feeds.trending(SIGNED_OUT, topic=await world.topic("garden"))

    assert page.entries[0].pin_n == gardens[3]
    assert page.entries[0].reasons[0].topic_n == await world.topic("garden")
    assert set(shown(page)) <= set(gardens)
    assert (await feeds.trending(SIGNED_OUT)).entries


async def test_search_finds_words_and_can_be_narrowed(world: World) -> None:
    ana, ben = await world.user(), await world.user()
    hers, his = await world.board(ana), await world.board(ben)
    word = f"zephyrine{hers}"
    green = await world.pin(ana, hers, "garden", title=f"{word} bench")
    red = await world.pin(ben, his, "kitchen", title=f"{word} stove")
    feeds = await world.feeds()

    async def found(filter: PinFilter | None = None) -> set[PinN]:
        return set(shown(await feeds.search(SIGNED_OUT, word, filter=filter)))

    for _ in range(400):  # The full-text index follows the write by some milliseconds.
        if await found() == {green, red}:
            break
        await asyncio.sleep(0.02)
    assert await found(PinFilter(creator_n=ana)) == {green}
    assert await found(PinFilter(board_n=his)) == {red}
    assert await found(PinFilter(topic_n=await world.topic("garden"))) == {green}
    assert await found(PinFilter(color="#7a3033")) == {red}
    entry = (await feeds.search(SIGNED_OUT, word)).entries[0]
    assert entry.reasons[0].words == word
    for bad in ("", "   ", "x" * 201):
        with pytest.raises(Invalid):
            await feeds.search(SIGNED_OUT, bad)


async def test_search_brings_boards_by_title_and_what_looks_like_the_matches_after_them(world: World) -> None:
    ana, ben = await world.user(), await world.user()
    board = await world.board(ana)
    word = f"zephyr{secrets.token_hex(5)}"
    titled = (await boards.create(world.graph, owner=ben, title=f"{word} lamps")).n
    said = await world.pin(ana, board, "garden", title=f"{word} bench")
    held = await world.pin(ben, titled, "kitchen", title="Untitled")
    alike = [await world.pin(ana, board, "garden", title="Wordless") for _ in range(3)]
    feeds = await world.feeds()
    feeds.patient = True

    async def found() -> FeedPage:
        return await feeds.search(SIGNED_OUT, word)

    for _ in range(400):  # The full-text index follows the write by some milliseconds.
        if {said, held} <= set(shown(await found())):
            break
        await asyncio.sleep(0.02)
    entries = {entry.pin_n: entry for entry in (await found()).entries}

    assert list(entries)[:2] == [said, held]
    assert entries[held].reasons[0].board_n == titled
    assert not entries[said].weak
    for pin in alike:
        assert entries[pin].weak
        assert [(r.source, r.pin_n) for r in entries[pin].reasons] == [(Source.VISUAL, said)]
    with count_statements() as plain:
        await found()
    with count_statements() as filtered:
        narrowed = await feeds.search(SIGNED_OUT, word, filter=PinFilter(board_n=titled))
    assert shown(narrowed) == [held]
    assert (plain.n, filtered.n) == (3, 3)


async def test_interests_alone_bring_what_looks_like_their_topics(world: World) -> None:
    gardens = await world.boards_of("garden", boards=1, pins=8)
    ana, ben = await world.user(), await world.user()
    topic = await world.topic("garden")
    untold = await world.pin(ben, await world.board(ben), "garden")
    await world.graph.command("MATCH (:Pin {n: $n})-[a:ABOUT]->() DELETE a", n=untold)
    await users.set_interests(world.graph, ana, [world.topics["garden"][1]])

    page = await (await world.feeds()).home(ana, first=100)

    told = {entry.pin_n: entry.reasons for entry in page.entries}
    assert {*gardens, untold} & told.keys()
    assert any(reason.source is Source.TOPIC and reason.topic_n == topic for reason in told[untold])


async def test_ten_saves_make_the_feed_mostly_the_viewers_own(world: World) -> None:
    gardens, kitchens = await world.boards_of("garden", boards=4), await world.boards_of("kitchen", boards=4)
    ana = await world.user()
    await users.set_interests(world.graph, ana, [world.topics["kitchen"][1]])
    board, feeds = await world.board(ana), await world.feeds()
    shares = []
    for saved in (0, 1, 10):
        for pin in gardens[:saved]:
            await world.save(ana, pin, board)
        page = await feeds.home(ana)
        own = [e for e in page.entries if e.reasons[0].source in {Source.WALK, Source.VISUAL, Source.TEXT}]
        shares.append(len(own) / len(page.entries))

    assert shares[0] == 0
    assert 0 < shares[1] < shares[2]
    assert shares[2] > 0.5
    assert len(kitchens) > 0


class Down(ExactIndex):
    """An index that does not answer."""

    async def fetch(self, *_: object, **__: object) -> dict[PinN, FloatArray]:
        raise Unavailable("The vectors are down.")

    async def search(self, *_: object, **__: object) -> list[list[Hit]]:
        raise Unavailable("The vectors are down.")


async def test_without_vectors_the_feed_goes_on_and_says_so(world: World) -> None:
    gardens = await world.boards_of("garden", boards=2)
    ana = await saver(world, gardens[:4])

    page = await (await world.feeds(look=Down(DIM))).home(ana)

    assert set(page.degraded) == {Source.VISUAL, Source.TOPIC}  # The middle of a topic is a vector too.
    assert len(page.entries) == 25
    off = await world.feeds(look=None)
    assert (await off.home(ana)).degraded == ()
    assert (await off.similar(ana, gardens[0])).degraded == (Source.VISUAL,)


async def test_a_home_page_is_explained_candidate_by_candidate(world: World) -> None:
    ana = await world.user()
    board = await world.board(ana)
    mine = [await world.pin(ana, board) for _ in range(3)]
    await world.boards_of("garden", boards=2, pins=6)

    run, slate = await (await world.feeds()).explained(ana)
    lines = explained(run, slate)

    assert f"{len(slate)} in the slate" in lines[0]
    assert f"pin {mine[-1]} ×1.00" in lines[1]
    assert "walked " in lines[2]
    body = lines[6:]
    assert len(body) == len({candidate.pin_n for _, candidate in run.brought})
    for place, (line, candidate) in enumerate(zip(body, slate, strict=False), 1):
        assert line.startswith(f"{place:>4}  pin {candidate.pin_n}  score ")
        assert f"led by {candidate.reasons[0].source.name}" in line
        assert f"space {place}; brought by " in line
    assert any(f"pin {n}  dropped by unseen: the viewer saved" in line for n in mine for line in body)


async def test_what_accounts_did_is_counted_over_all_boards_and_secret_ones_are_not_looked_at(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(samples, "_BOARDS_A_READ", 2)
    ana, ben = await world.user(), await world.user()
    made = [await world.pin(ana, await world.board(ana)) for _ in range(5)]
    await world.save(ben, made[0], await world.board(ben, secret=True))
    for pin in made[:2]:
        await pin_writes.hide(world.graph, ben, pin)

    now_ms = time.time_ns() // 1_000_000
    acts, later = await samples.acts(world.graph, now_ms - 600_000), await samples.acts(world.graph, now_ms + 600_000)

    assert {ana, ben} <= set(acts.users)
    assert (acts.saves.get(ana), acts.saves.get(ben)) == (5, None)
    assert (acts.hides.get(ana), acts.hides.get(ben)) == (None, 2)
    assert ana not in later.saves
    assert ben not in later.hides


@pytest.mark.parametrize("feed", EXPLAINED)
async def test_every_feed_is_explained_as_it_would_be_shown(world: World, feed: str) -> None:
    gardens = await world.boards_of("garden", boards=2, pins=8)
    ana = await saver(world, gardens[:3])
    board = (await boards.by_ns(world.graph, ana, (await LiveWalk.load(world.graph)).boards_of(gardens[9])))[0].n
    starts = {
        "pin": Start(pin=gardens[8]),
        "board": Start(board=board),
        "topic": Start(topic=await world.topic("garden")),
        "words": Start(words="Pin"),
    }
    feeds = await world.feeds()

    run, slate = await feeds.explained(ana, feed, start=starts.get(ABOUT.get(feed, ""), Start()))

    assert run.feed.name == feed
    lines = explained(run, slate)
    assert len(lines) == 6 + len({candidate.pin_n for _, candidate in run.brought})
    assert all("; brought by " in line or "  brought by " in line for line in lines[6:])
    with pytest.raises(Invalid, match="does not start from"):
        await feeds.explained(ana, feed, start=Start(pin=gardens[8], words="Pin"))


async def test_a_variant_that_nobody_gets_is_explained_with_its_own_walk(world: World) -> None:
    gardens = await world.boards_of("garden")
    ana = await saver(world, gardens[:3])
    walk = await LiveWalk.load(world.graph)
    feeds, start = await world.feeds(walk), Start(pin=gardens[20])

    run, slate = await feeds.explained(ana, variant="related_about", start=start)

    assert run.feed.name == "related_about"
    assert slate
    assert not walk.unarranged
    with pytest.raises(Invalid, match=r"no variant 'home_pixie' of related: there are related, related_about"):
        await feeds.explained(ana, "related", variant="home_pixie", start=start)
