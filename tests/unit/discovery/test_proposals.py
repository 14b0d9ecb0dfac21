"""Which topics are proposed for what has none, and what contradicts an owner's."""

from __future__ import annotations

import pytest

from discovery.proposals import contradicting, likely
from domain.ids import TopicN
from graph.proposals import Evidence

MOSS, ROCK, SEA = TopicN(1), TopicN(2), TopicN(3)


@pytest.mark.parametrize(
    ("said", "named", "proposed"),
    [
        ([], [], []),
        ([], [MOSS], [MOSS]),
        ([[MOSS]], [], []),
        ([[MOSS], [MOSS]], [], [MOSS]),
        ([[MOSS], [MOSS], [ROCK]], [], [MOSS]),
        ([[MOSS], [ROCK], [MOSS], [ROCK]], [], [MOSS, ROCK]),
        ([[MOSS], [MOSS], [ROCK], [ROCK]], [ROCK], [ROCK, MOSS]),
        ([[MOSS, ROCK], [MOSS, SEA], [MOSS]], [], [MOSS]),
        ([[], [], []], [], []),
    ],
)
def test_a_topic_is_proposed_when_enough_speaks_for_it(
    said: list[list[TopicN]], named: list[TopicN], proposed: list[TopicN]
) -> None:
    assert likely(said, named) == proposed


@pytest.mark.parametrize(
    ("said", "instead"),
    [
        ([], None),
        ([[ROCK]] * 4, None),
        ([[ROCK]] * 5, ROCK),
        ([[ROCK]] * 5 + [[MOSS]], None),
        ([[ROCK]] * 20 + [[MOSS]], ROCK),
        ([[ROCK]] * 5 + [[SEA]] * 5, None),
        ([[MOSS]] * 9, None),
    ],
)
def test_an_owners_topic_is_contradicted_only_when_hardly_anything_says_it(
    said: list[list[TopicN]], instead: TopicN | None
) -> None:
    evidence = Evidence(own=(MOSS,), said=tuple(tuple(entry) for entry in said))

    assert contradicting(evidence) == instead
