"""What walks, models and their files do with input that makes no sense: no crash, no wrong answer, a clear line."""

from __future__ import annotations

import errno
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from structlog.testing import capture_logs

from discovery.candidate import FeedQuery, QueryPin
from discovery.sources.walked import Walked
from discovery.training import ease, ials, store
from discovery.training.ials import Recipe
from discovery.training.learning import BEGINNINGS, WEIGHTS_DEFAULT, Learnt, learn
from discovery.training.store import KeptModel
from discovery.walk import deposit, pixie, warming
from discovery.walk.flat import Flat
from discovery.walk.hits import WalkHit
from discovery.walk.live import LiveWalk
from discovery.walk.present import Present
from discovery.walk.pruning import PinTopics
from domain.errors import Unavailable
from domain.ids import BoardN, PinN, TopicN
from domain.limits import WALK_QUERY_PINS_MAX

Walk = Callable[[Flat, list[tuple[PinN, float]]], list[WalkHit]]
WALKS: list[Walk] = [
    lambda flat, asked: deposit.recommend(flat, asked, limit=50, exclude=(), seed=1),
    lambda flat, asked: pixie.recommend(flat, asked, limit=50, steps=5_000, seed=1),
    lambda flat, asked: LiveWalk(flat).stepped(asked, limit=50),
    lambda flat, asked: _arranged(flat).about(TopicN(0), asked, limit=50),
]
every_walk = pytest.mark.parametrize("walk", WALKS, ids=["deposit", "pixie", "pixie-stopping-early", "about-a-topic"])


def _arranged(flat: Flat) -> LiveWalk:
    walk = LiveWalk(flat)
    every = np.arange(flat.pin_at.size)
    walk.arrange(PinTopics(every, np.zeros(every.size, np.int64), 1))
    return walk


@pytest.fixture(scope="module", autouse=True)
def _warm() -> None:
    warming.warm()


def _learnt(pairs: np.ndarray) -> Learnt:
    boards, pins = pairs.T
    recipe = Recipe(factors=4, ridge=0.003, unobserved=0.1)
    both = tuple(ials.train(boards, pins, recipe=recipe, epochs=2, seed=seed) for seed in range(BEGINNINGS))
    return Learnt(both, ease.train(boards, pins), (0.5, 0.5, 0.5), len(pairs))


def flat_of(*pairs: tuple[int, int]) -> Flat:
    table = np.array(pairs, np.int64).reshape(-1, 2)
    return Flat.build(table[:, 0].copy(), table[:, 1].copy())


@every_walk
@pytest.mark.parametrize(
    "asked",
    [
        [],
        [(PinN(99), 1.0)],
        [(PinN(-1), 1.0), (PinN(1 << 40), 1.0)],
        [(PinN(1), float("nan")), (PinN(2), -1.0), (PinN(3), 0.0), (PinN(1), float("inf"))],
    ],
    ids=["no query Pin", "none in the graph", "none that could be", "no weight that is a positive number"],
)
def test_a_walk_from_nothing_leads_nowhere(walk: Walk, asked: list[tuple[PinN, float]]) -> None:
    assert walk(flat_of((0, 1), (0, 2), (1, 2), (1, 3)), asked) == []
    assert walk(flat_of(), asked) == []


@every_walk
def test_bad_query_pins_do_not_spoil_a_good_one(walk: Walk) -> None:
    flat = flat_of((0, 1), (0, 2), (1, 2), (1, 3))

    mixed = walk(flat, [(PinN(99), 1.0), (PinN(7), float("nan")), (PinN(1), 1.0), (PinN(98), -2.0)])

    assert [(hit.pin_n, hit.score) for hit in mixed] == [(hit.pin_n, hit.score) for hit in walk(flat, [(PinN(1), 1.0)])]
    assert 2 in {hit.pin_n for hit in mixed}


@every_walk
@pytest.mark.parametrize("weight", [5e-324, 1e-200, 1e308, 1.7e308])
@pytest.mark.filterwarnings("error")
def test_weights_at_the_ends_of_what_a_number_holds_count_as_they_compare(walk: Walk, weight: float) -> None:
    flat = flat_of(*((b, p) for b in range(8) for p in range(b, b + 9)))
    usual = [hit.pin_n for hit in walk(flat, [(PinN(3), 1.0), (PinN(9), 1.0)])]

    odd = walk(flat, [(PinN(3), weight), (PinN(9), weight)])

    assert [hit.pin_n for hit in odd] == usual
    assert all(np.isfinite(hit.score) and hit.score > 0 for hit in odd)


@every_walk
def test_a_thousand_query_pins_are_walked_from_the_heaviest(walk: Walk) -> None:
    flat = flat_of(*((b, p) for b in range(1_000) for p in (b, 5_000 + b)))

    found = walk(flat, [(PinN(n), 1.0 + n) for n in range(1_000)])

    assert found
    assert all(hit.pin_n >= 5_000 + 1_000 - WALK_QUERY_PINS_MAX for hit in found)


async def test_a_pin_that_was_deleted_a_moment_ago_is_neither_walked_from_nor_reached() -> None:
    walk = _arranged(flat_of(*((b, p) for b in range(4) for p in range(5))))
    before = walk.recommend([(PinN(0), 1.0)], limit=10)

    await walk.apply(Present(pins={PinN(0): [], PinN(3): []}))

    assert 3 in {hit.pin_n for hit in before}
    assert walk.recommend([(PinN(0), 1.0)], limit=10) == []
    asked = [(PinN(1), 1.0)]
    for found in (
        *(walk.recommend(asked, limit=10), walk.stepped(asked, limit=10), walk.about(TopicN(0), asked, limit=10)),
    ):
        assert {hit.pin_n for hit in found} == {2, 4}


async def test_a_board_that_is_secret_now_leads_nowhere() -> None:
    walk, asked = _arranged(flat_of((0, 1), (0, 2), (1, 2), (1, 3))), [(PinN(1), 1.0)]

    await walk.apply(Present(boards={BoardN(0): []}))

    assert walk.recommend(asked, limit=10) == walk.stepped(asked, limit=10) == []
    assert walk.about(TopicN(0), asked, limit=10) == []


@pytest.mark.parametrize(
    "pairs",
    [[], [(0, 0)], [(n, n) for n in range(50)], [(0, p) for p in range(50)]],
    ids=["no saves", "one save", "boards of one Pin", "one board"],
)
def test_training_on_too_little_gives_a_model_that_says_little(pairs: list[tuple[int, int]]) -> None:
    table = np.array(pairs, np.int64).reshape(-1, 2)

    learnt = learn(table[:, 0], table[:, 1])

    assert learnt.weights == WEIGHTS_DEFAULT
    assert np.isfinite(learnt.ials[0].pins).all()
    assert np.isfinite(learnt.ease.weights).all()
    assert set(learnt.ials[0].ns.tolist()) == set(learnt.ease.ns.tolist()) <= {p for _, p in pairs}


async def test_a_model_that_knows_none_of_the_query_pins_leaves_the_walk_as_it_is() -> None:
    walk = LiveWalk(flat_of(*((b, p) for b in range(3) for p in range(b, b + 6))))
    kept = KeptModel(Path("nowhere"))
    strangers = np.array([(b, p) for b in range(30) for p in range(500, 520)])
    kept.value = _learnt(strangers)
    query = FeedQuery(query_pins=(QueryPin(PinN(1), 1.0), QueryPin(PinN(2), 0.5)), limit=10, seed=3)

    with_model, without = [[c.pin_n for c in await Walked(walk, model=model).fetch(query)] for model in (kept, None)]

    assert with_model == without != []


def test_a_full_disk_leaves_the_old_model_and_nothing_half_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = np.array([(b, p) for b in range(6) for p in range(4)])
    learnt, path = _learnt(table), tmp_path / "model.npz"
    store.write(learnt, path)

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("discovery.replacing.os.fsync", full)
    with pytest.raises(Unavailable, match="No space left"):
        store.write(replace(learnt, saves=1), path)

    kept = KeptModel(path)
    assert kept.refresh()
    assert kept.learnt is not None
    assert kept.learnt.saves == 24
    assert [file.name for file in tmp_path.iterdir()] == ["model.npz"]


def test_a_model_with_numbers_that_are_none_is_refused_with_a_line(tmp_path: Path) -> None:
    table = np.array([(b, p) for b in range(6) for p in range(4)])
    learnt, path = _learnt(table), tmp_path / "model.npz"
    learnt.ials[1].pins[1, 1] = np.nan
    store.write(learnt, path)
    kept = KeptModel(path)

    with capture_logs() as lines:
        assert not kept.refresh()

    assert kept.learnt is None
    assert [line["event"] for line in lines] == ["model_refused"]
    assert str(path) in lines[0]["path"]


@pytest.mark.parametrize(
    "bad",
    [
        {"facts": np.array(3.0)},
        {"gram": np.array(1.0)},
        {"gram": np.full((2, 2, 2), np.nan)},
        {"gram": np.zeros((2, 2, 9))},
        {"pins": np.zeros((1, 4, 2))},
        {"ease_weights": np.zeros((2, 3), np.float16)},
        {"ease_weights": np.zeros((2, 2))},
        {"ns": np.array(["a", "b", "c", "d"])},
        {"facts": np.array([store.VERSION, 24, np.nan, 0.7, 0.1])},
        {"facts": np.array([store.VERSION, np.nan, 0.7, 0.7, 0.1])},
        {"facts": np.array([store.VERSION, 24, 0.7, 0.1])},
        {"recipe": np.array([2, np.nan, 0.1])},
    ],
)
def test_a_file_that_is_no_model_is_refused_with_a_line_and_once(tmp_path: Path, bad: dict[str, Any]) -> None:
    path = tmp_path / "model.npz"
    good = {
        "facts": np.array([store.VERSION, 24, 0.7, 0.7, 0.1]),
        "recipe": np.array([2, 0.1, 0.1]),
        "ns": np.arange(4),
        "pins": np.zeros((2, 4, 2)),
        "gram": np.zeros((2, 2, 2)),
        "ease_ns": np.arange(2),
        "ease_weights": np.zeros((2, 2), np.float16),
    }
    np.savez(path, **good)
    assert KeptModel(path).refresh()
    np.savez(path, **(good | bad))
    kept = KeptModel(path)

    with capture_logs() as lines:
        assert not kept.refresh()
        assert not kept.refresh()

    assert kept.learnt is None
    assert [line["event"] for line in lines] == ["model_refused"]


def test_an_empty_file_and_a_single_array_are_no_models(tmp_path: Path) -> None:
    empty, array = tmp_path / "empty.npz", tmp_path / "array.npz"
    empty.touch()
    with array.open("wb") as file:
        np.save(file, np.zeros(3))

    assert not KeptModel(empty).refresh()
    assert not KeptModel(array).refresh()
