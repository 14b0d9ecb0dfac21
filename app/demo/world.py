"""The plan of the demo world: who likes what, which Pins lie on which boards. Pure, and the same every time."""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from app.demo.cast import PEOPLE
from app.demo.subjects import BOARD_TITLES, MIXED_TITLES
from media.painting import words
from media.painting.colour import PALETTES
from media.painting.families import FAMILIES
from media.painting.words import Words

SEED: Final = 20_260
PINS: Final = 600
BOARDS: Final = 200
DEMO: Final = "demo"
DEMO_TASTES: Final = ("Landscapes", "Plants", "Ceramics")
_TOPICS_A_PERSON: Final = 3
_SECRET_BOARDS: Final = 5
_DAYS: Final = 60.0


@dataclass(slots=True)
class PlannedPin:
    """A Pin to be: its picture's recipe and words, who makes it, and how many days ago."""

    recipe: str
    said: Words
    creator: str = ""
    days_ago: float = 0.0

    @property
    def topic(self) -> str:
        """The first of its topics."""
        return self.said.topics[0]


@dataclass(slots=True)
class PlannedBoard:
    """A board to be. `pins` are positions in `World.pins`, oldest save first, with how many days ago each was saved."""

    key: str
    owner: str
    title: str
    topic: str
    secret: bool = False
    pins: list[tuple[int, float]] = field(default_factory=list)


@dataclass(slots=True)
class PlannedPerson:
    """A person to be. `tastes` are topic names, the strongest first."""

    username: str
    display_name: str
    bio: str
    tastes: tuple[str, ...]
    follows_users: list[str] = field(default_factory=list)
    follows_boards: list[str] = field(default_factory=list)


@dataclass(slots=True)
class World:
    """The whole plan. The user `demo` is the first person; Pins come in the order in which they should be embedded."""

    topics: tuple[str, ...]
    people: list[PlannedPerson]
    boards: list[PlannedBoard]
    pins: list[PlannedPin]


def plan() -> World:
    """The demo world: 600 Pins, 60 people and `demo`, 200 boards. Deterministic."""
    rng = random.Random(SEED)
    pins = _pins(rng)
    by_topic: dict[str, list[int]] = {}
    for i, pin in enumerate(pins):
        for topic in pin.said.topics:
            by_topic.setdefault(topic, []).append(i)
    topics = tuple(sorted(by_topic))
    people = _people(rng, topics)
    _create(rng, pins, people)
    boards = _boards(rng, people, pins, by_topic)
    _place_the_rest(rng, pins, boards)
    _follow(rng, people, boards)
    return _in_order(World(topics, people, boards, pins))


def _pins(rng: random.Random) -> list[PlannedPin]:
    """Every family in every palette, as evenly as 600 allow."""
    families, palettes = list(FAMILIES), list(PALETTES)
    pins = []
    for i in range(PINS):
        family = families[i % len(families)]
        palette = palettes[(i // len(families) + i) % len(palettes)]
        recipe = f"{family}/{palette}/{1_000 + i:x}"
        pins.append(PlannedPin(recipe, words.describe(recipe), days_ago=rng.uniform(0.2, _DAYS)))
    return pins


def _people(rng: random.Random, topics: Sequence[str]) -> list[PlannedPerson]:
    demo = PlannedPerson(DEMO, "Demo", "Log in as me to see what Pinwalk makes of a few saves.", DEMO_TASTES)
    people = [demo]
    for i, (name, bio) in enumerate(PEOPLE):
        people.append(PlannedPerson(_username(name), name, bio, _tastes(rng, topics, _TOPICS_A_PERSON, i)))
    return people


def _tastes(rng: random.Random, topics: Sequence[str], count: int, i: int) -> tuple[str, ...]:
    """Each topic is the first taste of somebody; the others are drawn."""
    first = topics[i % len(topics)]
    return (first, *rng.sample([topic for topic in topics if topic != first], count - 1))


def _create(rng: random.Random, pins: Sequence[PlannedPin], people: Sequence[PlannedPerson]) -> None:
    for pin in pins:
        likely = [person for person in people[1:] if set(person.tastes) & set(pin.said.topics)]
        pin.creator = rng.choice(likely or people[1:]).username


def _boards(
    rng: random.Random,
    people: Sequence[PlannedPerson],
    pins: Sequence[PlannedPin],
    by_topic: Mapping[str, Sequence[int]],
) -> list[PlannedBoard]:
    boards: list[PlannedBoard] = []
    for i, person in enumerate(people):
        count = 3 if i == 0 or i > BOARDS - 3 * len(people) else 4
        for j in range(count):
            topic = person.tastes[j % len(person.tastes)]
            secret = (i == 0 and j == 2) or (j == count - 1 and 0 < i <= _SECRET_BOARDS)
            titles = BOARD_TITLES.get(topic, ()) if j < len(person.tastes) else MIXED_TITLES
            title = rng.choice(titles) if titles else topic
            board = PlannedBoard(f"{person.username}:{j}", person.username, title, topic, secret)
            board.pins = _chosen(rng, person, board, pins, by_topic)
            boards.append(board)
    return boards


def _chosen(
    rng: random.Random,
    person: PlannedPerson,
    board: PlannedBoard,
    pins: Sequence[PlannedPin],
    by_topic: Mapping[str, Sequence[int]],
) -> list[tuple[int, float]]:
    """Pins of the board's topic, and one in eight of the owner's other tastes, as people do."""
    size = rng.randint(10, 24)
    if person.username == DEMO:  # A few saves are enough to show what follows from them.
        size = 4 if board.secret else 10
    pool = by_topic[board.topic]
    chosen = rng.sample(pool, min(size, len(pool)))
    others = [i for taste in person.tastes if taste != board.topic for i in by_topic[taste]]
    if person.username != DEMO:
        chosen += rng.sample(others, min(size // 8, len(others)))
    return _dated(rng, dict.fromkeys(chosen), pins)


def _dated(rng: random.Random, chosen: Mapping[int, None], pins: Sequence[PlannedPin]) -> list[tuple[int, float]]:
    """When each was saved: after it was made, recent days more often."""
    dated = [(i, min(pins[i].days_ago, 0.05 + rng.expovariate(1 / 12))) for i in chosen]
    return sorted(dated, key=lambda save: -save[1])


def _place_the_rest(rng: random.Random, pins: Sequence[PlannedPin], boards: Sequence[PlannedBoard]) -> None:
    """What is on no public board yet goes to one of its topic, by its creator if they have one."""
    placed = {i for board in boards if not board.secret for i, _ in board.pins}
    public = [board for board in boards if not board.secret and board.owner != DEMO]
    for i in range(len(pins)):
        if i not in placed:
            fitting = [board for board in public if board.topic in pins[i].said.topics] or public
            own = [board for board in fitting if board.owner == pins[i].creator]
            board = rng.choice(own or fitting)
            board.pins = _dated(rng, dict.fromkeys([n for n, _ in board.pins] + [i]), pins)


def _follow(rng: random.Random, people: Sequence[PlannedPerson], boards: Sequence[PlannedBoard]) -> None:
    """People follow people and boards of their tastes, and one or two for no reason."""
    for person in people:
        alike = [other for other in people[1:] if other is not person and set(other.tastes) & set(person.tastes)]
        others = rng.sample(alike, min(6, len(alike))) + rng.sample(people[1:], 2)
        person.follows_users = list(dict.fromkeys(o.username for o in others if o is not person))
        liked = [
            b for b in boards if not b.secret and b.topic in person.tastes and b.owner not in {person.username, DEMO}
        ]
        person.follows_boards = [board.key for board in rng.sample(liked, min(4, len(liked)))]


def _in_order(world: World) -> World:
    """The same world with what `demo` will see first at the front, so that it is painted and embedded first."""
    demo = world.people[0]
    mine = {i for board in world.boards if board.owner == DEMO for i, _ in board.pins}
    followed = {i for board in world.boards if board.key in demo.follows_boards for i, _ in board.pins}

    def rank(i: int) -> tuple[int, int]:
        about = set(world.pins[i].said.topics)
        return (0 if i in mine else 1 if about & set(demo.tastes) else 2 if i in followed else 3, i)

    order = sorted(range(len(world.pins)), key=rank)
    place = {old: new for new, old in enumerate(order)}
    for board in world.boards:
        board.pins = [(place[i], days) for i, days in board.pins]
    world.pins = [world.pins[i] for i in order]
    return world


def _username(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name.replace("ø", "o")).encode("ascii", "ignore").decode()
    return "_".join(plain.lower().split())
