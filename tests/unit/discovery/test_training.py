"""The models learnt from saves alone, and the weight of the one in the blend."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from discovery.candidate import FeedQuery, QueryPin
from discovery.sources.walked import Walked
from discovery.training import ease, ials, store
from discovery.training.blending import RIVALS, TRIALS_MIN, WEIGHT_MAX, best_weight, blended
from discovery.training.ials import Recipe
from discovery.training.learning import Learnt, learn
from discovery.training.store import KeptModel
from discovery.walk.flat import Flat
from discovery.walk.live import LiveWalk
from domain.ids import PinN


def small(factors: int) -> Recipe:
    return Recipe(factors=factors, ridge=0.003, unobserved=0.1)


def families(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Boards 0-59 hold Pins 0-39, boards 60-119 Pins 40-79, a dozen each."""
    rng = np.random.default_rng(seed)
    pairs = [(b, int(p) + 40 * (b // 60)) for b in range(120) for p in rng.choice(40, 12, replace=False)]
    return np.array([b for b, _ in pairs]), np.array([p for _, p in pairs])


def test_ials_folds_a_user_in_near_what_they_saved() -> None:
    model = ials.train(*families(), recipe=small(8), epochs=8)
    rows, known = model.rows(np.array([1, 2, 3, 999]))

    scores = model.pins @ model.folded(rows[known])

    assert known.tolist() == [True, True, True, False]
    near, far = scores[model.ns < 40], scores[model.ns >= 40]
    assert near.mean() > far.mean() + 3 * far.std()
    assert not model.folded(np.array([], np.int64)).any()


def test_a_model_says_what_it_thinks_and_nothing_of_what_it_does_not_know() -> None:
    model = ials.train(*families(), recipe=small(8), epochs=8)
    saved, weights = np.array([1, 2, 999]), np.array([1.0, 0.5, 1.0])

    scores = model.scores(saved, weights, np.array([5, 50, 777]))

    assert scores is not None
    assert scores[0] > scores[1]
    assert np.isnan(scores[2])
    assert model.scores(np.array([999]), np.ones(1), np.array([5])) is None
    assert model.scores(saved, weights, np.array([777])) is None


def test_ials_reaches_the_least_of_what_it_minimises() -> None:
    """After many epochs each Pin's vector is what the normal equation of its row gives."""
    boards, pins = families()
    model = ials.train(boards, pins, recipe=small(4), epochs=60)
    users = np.stack([model.folded(np.searchsorted(model.ns, pins[boards == b])) for b in range(120)])

    gram = model.recipe.unobserved * users.T @ users
    for row in (0, 33, 79):
        held = users[boards[pins == model.ns[row]]]
        ridge = model.recipe.ridge * (len(held) + model.recipe.unobserved * 120) ** ials.RIDGE_POWER
        exact = np.linalg.solve(gram + held.T @ held + ridge * np.eye(4), held.sum(axis=0))
        assert model.pins[row] == pytest.approx(exact, abs=0.02)


def test_training_repeats_bit_for_bit() -> None:
    one, two = (ials.train(*families(), recipe=small(8), epochs=3, seed=4) for _ in range(2))

    assert np.array_equal(one.pins, two.pins)


def test_ease_is_the_closed_form() -> None:
    boards, pins = families()
    model = ease.train(boards, pins, ridge=50.0)
    table = np.zeros((120, 80))
    table[boards, pins] = 1
    inverse = np.linalg.inv(table.T @ table + 50 * np.eye(80))
    expected = -inverse / np.diag(inverse)
    np.fill_diagonal(expected, 0)

    assert model.weights == pytest.approx(expected, abs=1e-4)
    assert model.scores(np.array([1, 2])) == pytest.approx(expected[[1, 2]].sum(axis=0), abs=1e-4)


def chosen_by(walk: float, model: float, count: int, *, tail: float | None = None) -> list[np.ndarray]:
    """Trials in which the wanted one is drawn from its rivals by these coefficients. With a `tail` scores are
    exponential to that power: few are large."""
    rng = np.random.default_rng(1)
    size = (count, 2, RIVALS + 1)
    table = rng.standard_normal(size) if tail is None else rng.exponential(size=size) ** tail
    worth = walk * table[:, 0] + model * table[:, 1] + rng.gumbel(size=(count, RIVALS + 1))
    for one, best in zip(table, worth.argmax(axis=1), strict=True):
        one[:, [0, best]] = one[:, [best, 0]]
    return list(table)


def test_the_weight_of_the_blend_is_the_one_that_chose_what_was_held_out() -> None:
    assert best_weight(chosen_by(1.0, 0.8, 4_000), 0.5) == pytest.approx(0.8, abs=0.08)
    assert best_weight(chosen_by(1.0, 2.0, 4_000), 0.5) == pytest.approx(2.0, abs=0.15)
    assert best_weight(chosen_by(1.0, -1.0, 500), 0.5) == 0.0
    assert best_weight(chosen_by(-1.0, 1.0, 500), 0.5) == WEIGHT_MAX
    assert best_weight(chosen_by(1.0, 1.0, TRIALS_MIN - 1), 0.5) == 0.5
    assert best_weight([np.zeros((2, RIVALS + 1))] * 99, 0.5) == 0.5


def test_the_weight_is_found_where_a_whole_step_of_newton_leaps_past_it() -> None:
    assert best_weight(chosen_by(0.3, 0.24, 600, tail=2), 1) == pytest.approx(0.8, abs=0.08)


def test_the_weight_is_much_the_same_from_any_half_of_the_trials() -> None:
    trials = chosen_by(0.7, 0.7, 3_000)

    halves = [best_weight(trials[i::2], 0.5) for i in range(2)]

    assert halves[0] == pytest.approx(halves[1], rel=0.25)


def test_a_pin_that_the_model_does_not_know_counts_as_an_average_one_of_the_shortlist() -> None:
    walk, model = np.full(4, 4.0), np.array([3.0, np.nan, 1.0, 2.0])

    assert blended(walk, model, 2.0) == pytest.approx(2 * np.array([1.2247, 0, -1.2247, 0]), abs=1e-3)
    assert blended(walk, np.full(4, np.nan), 2.0).tolist() == [0, 0, 0, 0]


def test_scores_that_are_all_alike_blend_to_nothing() -> None:
    assert blended(np.zeros(4), np.zeros(4), 1.0).tolist() == [0, 0, 0, 0]


def test_learning_holds_out_what_it_judges_by_and_keeps_every_pin() -> None:
    learnt = learn(*families())

    assert learnt.model.ns.tolist() == list(range(80))
    assert 0 <= learnt.weight <= WEIGHT_MAX


def test_a_kept_model_comes_back_and_a_damaged_one_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.npz"
    kept = KeptModel(path)
    assert not kept.refresh()
    learnt = learn(*families())

    store.write(learnt, path)

    assert kept.refresh()
    assert not kept.refresh()
    assert kept.learnt is not None
    assert np.array_equal(kept.learnt.model.pins, learnt.model.pins)
    assert (kept.learnt.weight, kept.learnt.saves) == (learnt.weight, 1440)
    assert kept.learnt.model.recipe == learnt.model.recipe
    path.write_bytes(path.read_bytes()[:-300])
    before = kept.learnt
    assert not kept.refresh()
    assert kept.learnt is before


async def test_the_walk_is_ordered_by_the_model_and_keeps_its_reasons() -> None:
    boards, pins = families()
    walk = LiveWalk(Flat.build(boards, pins))
    kept = KeptModel(Path("nowhere"))
    query = FeedQuery(limit=20, query_pins=(QueryPin(PinN(1), 1.0), QueryPin(PinN(2), 0.5)), seed=1)
    plain = await Walked(walk, model=kept).fetch(query)
    model = ials.train(boards, pins, recipe=small(8), epochs=6)

    kept.value = Learnt(model, 2.2, 1440)
    found = await Walked(walk, model=kept).fetch(query)

    assert plain == await Walked(walk).fetch(query)
    assert [c.pin_n for c in found] != [c.pin_n for c in plain]
    assert len(found) == 20
    assert all(c.pin_n < 40 for c in found)
    assert all(c.reasons[0].pin_n in {1, 2} for c in found)
    assert [c.reasons[0].score for c in found] == sorted((c.reasons[0].score for c in found), reverse=True)
