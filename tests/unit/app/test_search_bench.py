"""The questions of the search benchmark."""

from __future__ import annotations

import random

import pytest

from app.bench.search import made, misspelt
from domain.errors import Invalid

PRODUCTS = {
    "Anjou": "A pear with a rounded stalk and a yellowish green shell.",
    "Leek": "Leek has a slightly milder onion flavor.",
    "Silent": "It is.",
}


def one_slip_apart(a: str, b: str) -> bool:
    """Whether a letter left out, added, changed or swapped with the next makes one of the other."""
    if len(a) == len(b):
        differ = [i for i in range(len(a)) if a[i] != b[i]]
        swapped = len(differ) == 2 and differ[1] == differ[0] + 1 and a[differ[0]] == b[differ[1]]
        return len(differ) == 1 or swapped
    short, long = sorted((a, b), key=len)
    return len(long) == len(short) + 1 and any(long[:i] + long[i + 1 :] == short for i in range(len(long)))


def test_each_question_has_one_slip_and_is_the_same_each_time() -> None:
    questions = made(PRODUCTS, 50)

    assert questions == made(PRODUCTS, 50)
    assert {question.product for question in questions} == {"Anjou", "Leek"}
    for question in questions:
        pairs = list(zip(question.words.split(), question.typed.split(), strict=True))
        assert len(pairs) == 3
        [(word, typed)] = [pair for pair in pairs if pair[0] != pair[1]]
        assert one_slip_apart(word, typed)


def test_a_word_is_never_left_as_it_was() -> None:
    rng = random.Random(1)

    for _ in range(300):
        wrong = misspelt("aabbcc", rng)
        assert wrong != "aabbcc"
        assert one_slip_apart("aabbcc", wrong)


def test_products_without_words_cannot_be_asked_for() -> None:
    with pytest.raises(Invalid):
        made({"Silent": "It is."}, 1)
