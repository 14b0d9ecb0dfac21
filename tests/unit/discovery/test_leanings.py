import dataclasses
from pathlib import Path

import numpy as np
import pytest

from discovery import leaning_store, leanings, parts
from discovery.kept import KeptFile
from discovery.leaning_store import KeptLeanings
from discovery.leanings import Exposures, Leanings
from discovery.parts import SOURCES
from domain.model import Source

WEIGHTS = {Source.WALK: 1.0, Source.VISUAL: 0.7, Source.TOPIC: 0.5, Source.EXPLORE: 0.05}
LIKES = {Source.WALK: 0.5, Source.VISUAL: 2.0, Source.TOPIC: 1.0}
"""What the viewers of these tests care for, by what is declared."""


def viewers_of(
    seed: int, *, slates: int, page: int = 12, chance: float = 1.0, likes: dict[Source, float] = LIKES
) -> Exposures:
    """Pages ordered by the declared weights, looked at from the top less and less, and what was taken of them."""
    rng = np.random.default_rng(seed)
    told = np.zeros((slates, page, len(SOURCES)))
    for source, weight in WEIGHTS.items():
        named = rng.random((slates, page)) < (0.1 if source is Source.EXPLORE else 0.7)
        told[:, :, parts.PLACES[source.name]] = named * weight * rng.uniform(0.5, 5.5, (slates, page))
    order = np.argsort(-told.sum(axis=2), axis=1)
    told = np.take_along_axis(told, order[:, :, None], axis=1)
    wish = told @ np.array([likes.get(source, 1.0) for source in SOURCES])
    looked = 1 / np.log2(2 + np.arange(page))
    taken = rng.random((slates, page)) < chance * looked * np.exp(0.5 * (wish - 12.0)).clip(max=1.0)
    return Exposures(
        np.repeat(np.arange(slates), page),
        np.repeat(np.arange(slates) % 200, page),
        parts.unpacked(parts.packed(told.reshape(-1, len(SOURCES)))),
        np.tile(looked, slates),
        taken.ravel() * 0.5,
    )


def factors(found: Leanings | None) -> dict[Source, float]:
    assert found is not None
    return {source: found.factors.get(source, 1.0) for source in LIKES}


@pytest.mark.parametrize("seed", range(2))
def test_what_viewers_care_for_is_found_though_they_look_at_the_top(seed: int) -> None:
    shown = viewers_of(seed, slates=4_000)

    found = leanings.learn(shown, now_ms=7)
    blind = leanings.learn(shown, now_ms=7, corrected=False)

    ratio = factors(found)[Source.VISUAL] / factors(found)[Source.WALK]
    fooled = factors(blind)[Source.VISUAL] / factors(blind)[Source.WALK]
    assert ratio == pytest.approx(4.0, rel=0.15)
    assert fooled < 3.0
    assert found is not None
    assert found.gain > 0
    assert Source.EXPLORE not in found.factors
    assert found.viewers == 200
    assert found.learnt_ms == 7


def test_who_likes_what_is_declared_changes_nothing() -> None:
    found = leanings.learn(viewers_of(5, slates=3_000, likes={}), now_ms=0)

    assert all(factor == pytest.approx(1.0, abs=0.12) for factor in factors(found).values())


def test_little_says_little_and_too_little_nothing() -> None:
    few = viewers_of(1, slates=800)
    taken = int((few.taken > 0).sum())
    least = next(i for i in range(len(few.taken)) if int((few.taken[:i] > 0).sum()) >= leanings.TAKEN_MIN // 2)

    some = leanings.learn(few, now_ms=0)
    sure = leanings.learn(viewers_of(1, slates=4_000), now_ms=0)
    none = leanings.learn(Exposures(*(column[:least] for column in leanings._columns(few))), now_ms=0)
    alone = leanings.learn(dataclasses.replace(few, viewers=few.viewers % (leanings.VIEWERS_MIN - 1)), now_ms=0)

    assert taken > leanings.TAKEN_MIN
    assert 1.0 < factors(some)[Source.VISUAL] < factors(sure)[Source.VISUAL]
    assert (none, alone) == (None, None)
    nothing = np.zeros(0)
    assert leanings.learn(Exposures(nothing, nothing, np.zeros((0, len(SOURCES))), nothing, nothing), now_ms=0) is None


@pytest.mark.parametrize("likes", [{Source.WALK: -9.0, Source.VISUAL: 50.0}, {Source.WALK: 40.0}])
def test_no_factor_leaves_its_bounds(likes: dict[Source, float]) -> None:
    found = leanings.learn(viewers_of(2, slates=4_000, likes=likes), now_ms=0)

    assert all(1 / leanings.FACTOR_MAX - 1e-3 <= f <= leanings.FACTOR_MAX for f in factors(found).values())


def test_what_is_taken_by_chance_teaches_nothing() -> None:
    shown = viewers_of(3, slates=4_000)
    rng = np.random.default_rng(0)
    chance = dataclasses.replace(shown, taken=(rng.random(shown.taken.size) < 0.05 * shown.looked) * 0.5)

    found = leanings.learn(chance, now_ms=0)

    assert all(f == pytest.approx(1.0, abs=0.15) for f in factors(found).values())


def test_parts_are_kept_to_a_thirty_second_and_named_means_above_nothing() -> None:
    told = np.array([[0.0, 0.001, 1.0, 5.5, 9.0, 0.5, 0.25, 0.0]])

    [row] = parts.packed(told)

    assert len(row) == len(SOURCES)
    assert parts.unpacked([row]).tolist() == [[0.0, 1 / 32, 1.0, 5.5, 255 / 32, 0.5, 0.25, 0.0]]
    assert parts.unpacked([row[:3]]).tolist() == [[0.0, 1 / 32, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0]]
    assert set(SOURCES) == set(Source)


def test_leanings_are_read_as_they_were_written_and_what_is_no_leanings_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "walk" / "leanings.json"
    written = Leanings({Source.WALK: 0.5, Source.VISUAL: 2.0}, taken=900, viewers=40, gain=0.02, learnt_ms=5)
    kept = KeptLeanings(path)

    assert not kept.refresh()
    assert kept.factors == {}
    leaning_store.write(written, path)
    assert kept.refresh()
    assert not kept.refresh()
    assert kept.value == written
    for bad in (
        "",
        "[]",
        '{"version": 2}',
        path.read_text().replace("2.0", "40.0"),
        path.read_text().replace("WALK", "X"),
        path.read_text()[:40],
        "\x00" * 300,
    ):
        path.write_text(bad + " ")
        assert not kept.refresh()
        assert kept.value == written
    path.unlink()
    assert not kept.refresh()
    assert kept.factors == {}


def test_a_file_that_could_not_be_read_is_tried_again(tmp_path: Path) -> None:
    path, answers = tmp_path / "anything", iter([OSError("too many open files"), "what it says"])

    def read(_: Path) -> str:
        answer = next(answers)
        if isinstance(answer, OSError):
            raise answer
        return answer

    path.write_text("x")
    kept = KeptFile(path, read, "anything")

    assert not kept.refresh()
    assert kept.refresh()
    assert kept.value == "what it says"
