from __future__ import annotations

import numpy as np
import pytest
from PIL import Image as Pil

from media import generated
from media.painting import words
from media.painting.colour import PALETTES
from media.painting.families import FAMILIES
from media.painting.hues import HUES
from media.painting.vocabulary import SUBJECTS
from media.signature import distance, signature

SEED = "5eed"


def recipe(family: str, palette: str = "ember", seed: str = SEED) -> str:
    return f"{family}/{palette}/{seed}"


def test_there_are_enough_families_and_palettes_and_words_for_each() -> None:
    assert len(FAMILIES) >= 14
    assert len(PALETTES) >= 8
    assert set(SUBJECTS) == set(FAMILIES)
    assert set(HUES) == set(PALETTES)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_recipe_always_paints_the_same_picture(family: str) -> None:
    first, again = generated.paint(recipe(family), 80), generated.paint(recipe(family), 80)

    assert first.dtype == np.uint8
    assert np.array_equal(first, again)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_picture_is_as_large_as_asked_and_keeps_its_aspect(family: str) -> None:
    width, height = generated.size(recipe(family))

    assert generated.paint(recipe(family), 90).shape == (round(90 * height / width), 90, 3)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_small_painting_has_the_composition_of_a_large_one(family: str) -> None:
    small = Pil.fromarray(generated.paint(recipe(family), 64))
    large = Pil.fromarray(generated.paint(recipe(family), 320))

    apart = np.asarray(small, dtype=float) - np.asarray(large.resize(small.size, Pil.Resampling.BOX), dtype=float)

    assert np.abs(apart).mean() < 12
    assert distance(signature(small), signature(large)) < 80


@pytest.mark.parametrize("family", FAMILIES)
def test_other_seeds_and_palettes_paint_other_pictures(family: str) -> None:
    one = generated.facts(recipe(family))

    assert generated.facts(recipe(family, seed="beef")).signature != one.signature
    assert generated.facts(recipe(family, palette="plum")).palette != one.palette


@pytest.mark.parametrize("family", FAMILIES)
def test_no_picture_is_empty(family: str) -> None:
    for number in range(4):
        pixels = generated.paint(recipe(family, list(PALETTES)[number * 3], f"{number + 1:x}"), 64)
        assert pixels.reshape(-1, 3).std(axis=0).max() > 8


def test_facts_are_those_of_the_full_picture() -> None:
    found = generated.facts(recipe("mountains"))

    assert (found.width, found.height) == generated.size(recipe("mountains"))
    assert 2 <= len(found.palette) <= 6
    assert len(found.signature) == 64


def test_an_id_always_has_the_same_recipe_and_ids_spread_over_families_and_palettes() -> None:
    recipes = [generated.recipe_for(str(number)) for number in range(1500)]

    assert recipes[42] == generated.recipe_for("42") == "bokeh/nordic/64c9fbd5c88b76c3"
    assert len(set(recipes)) == 1500
    assert {each.split("/")[0] for each in recipes} == set(FAMILIES)
    assert {each.split("/")[1] for each in recipes} == set(PALETTES)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "mountains",
        "mountains/ember",
        "nothing/ember/1",
        "mountains/nothing/1",
        "mountains/ember/x",
        "mountains/ember/1/2",
    ],
)
def test_a_text_that_is_no_recipe_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        generated.size(text)
    with pytest.raises(ValueError):
        words.describe(text)


def test_words_vary_and_keep_to_the_bounds() -> None:
    described = [words.describe(generated.recipe_for(str(number))) for number in range(600)]

    assert len({each.title for each in described}) > 500
    for each in described:
        assert 1 <= len(each.title) <= 100
        assert len(each.description) <= 800
        assert len(each.alt_text) <= 500
        assert 1 <= len(each.topics) <= 3
        assert set(each.topics) <= set(words.TOPICS)
        assert "{" not in each.title + each.description + each.alt_text


def test_the_same_recipe_has_the_same_words() -> None:
    assert words.describe(recipe("vases")) == words.describe(recipe("vases"))
