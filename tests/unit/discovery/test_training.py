"""The models learnt from saves alone, and their weights in the blend."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from discovery.candidate import FeedQuery, QueryPin
from discovery.sources.walked import Walked
from discovery.training import ease, ials, known, store
from discovery.training.blending import RIVALS, TRIALS_MIN, WEIGHT_MAX, best_weights, blended
from discovery.training.ease import Ease
from discovery.training.ials import Ials, Recipe
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
    rows, there = known.rows(model.ns, np.array([1, 2, 3, 999]))

    scores = model.pins @ model.folded(rows[there])

    assert there.tolist() == [True, True, True, False]
    near, far = scores[model.ns < 40], scores[model.ns >= 40]
    assert near.mean() > far.mean() + 3 * far.std()
    assert not model.folded(np.array([], np.int64)).any()


@pytest.mark.parametrize("train", [lambda *saves: ials.train(*saves, recipe=small(8), epochs=8), ease.train])
def test_a_model_says_what_it_thinks_and_nothing_of_what_it_does_not_know(train: Callable[..., Ials | Ease]) -> None:
    model = train(*families())
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


@pytest.mark.parametrize("dropout", [0.0, 0.5])
def test_ease_is_the_closed_form(dropout: float) -> None:
    boards, pins = families()
    model = ease.train(boards, pins, recipe=ease.Recipe(50.0, dropout))
    table = np.zeros((120, 80))
    table[boards, pins] = 1
    gram = table.T @ table
    inverse = np.linalg.inv(gram + 50 * np.eye(80) + dropout / (1 - dropout) * np.diag(np.diag(gram)))
    expected = -inverse / np.diag(inverse)
    np.fill_diagonal(expected, 0)
    saved, weights = np.array([1, 2]), np.array([1.0, 0.5])

    assert model.weights == pytest.approx(expected, abs=1e-4)
    assert model.scores(saved, weights, model.ns) == pytest.approx(weights @ expected[saved], abs=1e-4)


def test_ease_knows_the_pins_on_most_boards() -> None:
    boards, pins = np.array([(b, p) for p in range(10) for b in range(10 - p)]).T

    assert ease.train(boards, pins, head=4).ns.tolist() == [0, 1, 2, 3]
    assert ease.train(boards, pins, head=0).ns.size == 0


def test_of_a_large_board_so_many_pins_are_counted_together_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ease, "TOGETHER_MAX", 10)
    boards, pins = np.array([(0, p) for p in range(25)] + [(1, 0), (1, 1), (2, 0), (2, 1)]).T

    weights = ease.train(boards, pins, recipe=ease.Recipe(1.0, 0.0)).weights

    met = np.flatnonzero(weights[3])
    assert met.tolist() == [0, 1, 6, 9, 12, 15, 18, 21, 24]
    assert weights[0, 1] > 0


@pytest.mark.parametrize("size", [1, 7, 8, 9, 40])
def test_a_matrix_is_inverted_in_its_place(size: int) -> None:
    table = np.random.default_rng(size).standard_normal((size, 3 * size))
    matrix = (table @ table.T + np.eye(size)).astype(np.float32)
    expected = np.linalg.inv(matrix.astype(np.float64))

    ease.invert(matrix, block=8)

    assert matrix == pytest.approx(expected, abs=1e-4)


def chosen_by(*coefficients: float, count: int, tail: float | None = None) -> list[np.ndarray]:
    """Trials in which the wanted one is drawn from its rivals by these coefficients, the walk's first. With a `tail`
    scores are exponential to that power: few are large."""
    rng = np.random.default_rng(1)
    size = (count, len(coefficients), RIVALS + 1)
    table = rng.standard_normal(size) if tail is None else rng.exponential(size=size) ** tail
    worth = np.einsum("c,tcj->tj", coefficients, table) + rng.gumbel(size=(count, RIVALS + 1))
    for one, best in zip(table, worth.argmax(axis=1), strict=True):
        one[:, [0, best]] = one[:, [best, 0]]
    return list(table)


HALF = (0.5, 0.0)


def test_the_weights_of_the_blend_are_those_that_chose_what_was_held_out() -> None:
    assert best_weights(chosen_by(1.0, 0.8, 0.4, count=4_000), HALF) == pytest.approx((0.8, 0.4), abs=0.08)
    assert best_weights(chosen_by(1.0, 2.0, 0.0, count=4_000), HALF) == pytest.approx((2.0, 0.0), abs=0.15)
    assert best_weights(chosen_by(-1.0, 1.0, 1.0, count=500), HALF) == (WEIGHT_MAX, WEIGHT_MAX)
    assert best_weights(chosen_by(1.0, 1.0, 1.0, count=TRIALS_MIN - 1), HALF) == HALF
    assert best_weights([np.zeros((3, RIVALS + 1))] * 99, HALF) == HALF


def test_a_model_that_is_worse_than_nothing_is_left_out_and_the_other_weighed_without_it() -> None:
    trials = chosen_by(1.0, 0.8, -0.5, count=2_000)

    both, alone = best_weights(trials, HALF), best_weights([one[:2] for one in trials], (0.5,))

    assert both == (*alone, 0.0)
    assert best_weights(chosen_by(1.0, -1.0, -1.0, count=500), HALF) == (0.0, 0.0)


def test_the_weights_are_found_where_a_whole_step_of_newton_leaps_past_them() -> None:
    found = best_weights(chosen_by(0.3, 0.24, 0.12, count=900, tail=2), (1, 1))

    assert found == pytest.approx((0.8, 0.4), abs=0.1)


def test_the_weights_are_much_the_same_from_any_half_of_the_trials() -> None:
    trials = chosen_by(0.7, 0.7, 0.7, count=3_000)

    halves = [best_weights(trials[i::2], HALF) for i in range(2)]

    assert halves[0] == pytest.approx(halves[1], rel=0.25)


NONE = np.full(4, np.nan)


def test_a_pin_that_a_model_does_not_know_counts_as_an_average_one_of_the_shortlist() -> None:
    walk, model = np.full(4, 4.0), np.array([3.0, np.nan, 1.0, 2.0])

    # z of the three is 1.2247, -1.2247 and 0, the roots of 3 more 2.0554, 1.3324 and 1.7321.
    by_ials = blended(walk, np.stack([model, NONE, NONE]), (2.0, 1.0, 1.0))
    assert by_ials == pytest.approx(2 * np.array([1.1794, 0, -1.2655, 0.0861]), abs=1e-3)
    # Of EASE only what speaks for a Pin: the logarithm of 2.2247, 0 and 0.
    by_ease = blended(walk, np.stack([NONE, NONE, model]), (2.0, 1.0, 1.0))
    assert by_ease == pytest.approx([1.4142, 0, -0.7071, -0.7071], abs=1e-3)
    assert blended(walk, np.stack([NONE, NONE, NONE]), (2.0, 1.0, 1.0)).tolist() == [0, 0, 0, 0]


def test_scores_that_are_all_alike_blend_to_nothing() -> None:
    assert blended(np.zeros(4), np.zeros((3, 4)), (1.0, 1.0, 1.0)).tolist() == [0, 0, 0, 0]


def test_learning_holds_out_what_it_judges_by_and_keeps_every_pin() -> None:
    learnt = learn(*families())

    assert learnt.ials[0].ns.tolist() == learnt.ials[1].ns.tolist() == learnt.ease.ns.tolist() == list(range(80))
    assert len(learnt.weights) == 3
    assert not np.array_equal(learnt.ials[0].pins, learnt.ials[1].pins)
    assert all(0 <= weight <= WEIGHT_MAX for weight in learnt.weights)


@pytest.mark.parametrize("head", [0, 1, 50, 10_000])
def test_a_kept_model_comes_back_and_a_damaged_one_is_refused(tmp_path: Path, head: int) -> None:
    path = tmp_path / "model.npz"
    kept = KeptModel(path)
    assert not kept.refresh()
    learnt = learn(*families(), head=head)

    store.write(learnt, path)

    assert kept.refresh()
    assert not kept.refresh()
    assert kept.learnt is not None
    for read, written in zip(kept.learnt.ials, learnt.ials, strict=True):
        assert np.array_equal(read.pins, written.pins)
        assert np.array_equal(read.gram, written.gram)
        assert read.recipe == written.recipe
    assert np.array_equal(kept.learnt.ease.weights, learnt.ease.weights)
    assert np.array_equal(kept.learnt.ease.ns, learnt.ease.ns)
    assert (kept.learnt.weights, kept.learnt.saves) == (learnt.weights, 1440)
    path.write_bytes(path.read_bytes()[:-300])
    before = kept.learnt
    assert not kept.refresh()
    assert kept.learnt is before


def test_a_model_with_one_wrong_byte_in_the_mapped_matrix_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.npz"
    learnt = learn(*families())
    store.write(learnt, path)
    bytes_ = bytearray(path.read_bytes())
    at = bytes_.find(learnt.ease.weights.tobytes()) + 7_000
    bytes_[at] ^= 1
    path.write_bytes(bytes_)

    assert not KeptModel(path).refresh()


def test_the_matrix_stays_readable_while_another_takes_the_place_of_its_file(tmp_path: Path) -> None:
    path = tmp_path / "model.npz"
    first, second = learn(*families()), learn(*families(seed=3))
    store.write(first, path)
    kept = KeptModel(path)
    kept.refresh()
    before = kept.learnt
    assert before is not None

    store.write(second, path)

    assert np.array_equal(before.ease.weights, first.ease.weights)
    assert kept.refresh()
    assert kept.learnt is not None
    assert np.array_equal(kept.learnt.ease.weights, second.ease.weights)


async def test_the_walk_is_ordered_by_the_model_and_keeps_its_reasons() -> None:
    boards, pins = families()
    walk = LiveWalk(Flat.build(boards, pins))
    kept = KeptModel(Path("nowhere"))
    query = FeedQuery(limit=20, query_pins=(QueryPin(PinN(1), 1.0), QueryPin(PinN(2), 0.5)), seed=1)
    plain = await Walked(walk, model=kept).fetch(query)
    model = ials.train(boards, pins, recipe=small(8), epochs=6)

    kept.value = Learnt((model, model), ease.train(boards, pins), (1.1, 1.1, 0.5), 1440)
    found = await Walked(walk, model=kept).fetch(query)

    assert plain == await Walked(walk).fetch(query)
    assert [c.pin_n for c in found] != [c.pin_n for c in plain]
    assert len(found) == 20
    assert all(c.pin_n < 40 for c in found)
    assert all(c.reasons[0].pin_n in {1, 2} for c in found)
    assert [c.reasons[0].score for c in found] == sorted((c.reasons[0].score for c in found), reverse=True)
