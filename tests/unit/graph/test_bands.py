from __future__ import annotations

import random
from itertools import pairwise

from graph import bands
from graph.duplicates import COPY_BITS_MAX, alike


def flipped(signature: str, bits: int, rng: random.Random) -> str:
    value = int(signature, 16)
    for at in rng.sample(range(256), bits):
        value ^= 1 << at
    return f"{value:064x}"


def test_near_signatures_share_a_band_and_far_ones_seldom_do() -> None:
    rng = random.Random(3)
    whole = [f"{rng.getrandbits(256):064x}" for _ in range(400)]

    near = [bool(set(bands.of(s, ()).split()) & set(bands.asked(flipped(s, 32, rng), ()).split())) for s in whole]
    far = [bool(set(bands.of(a, ()).split()) & set(bands.of(b, ()).split())) for a, b in pairwise(whole)]

    assert sum(near) > 0.97 * len(near)
    assert sum(far) < 0.03 * len(far)


def test_a_crop_meets_wholes_and_a_whole_meets_crops_but_never_crop_and_crop() -> None:
    one, two = "a" * 64, "5" * 64

    stored = set(bands.of(one, [two]).split())

    assert stored & set(bands.asked(two, []).split())
    assert stored & set(bands.asked("0" * 64, [one]).split())
    assert not stored & set(bands.asked("0" * 64, [two]).split())


def test_plain_pictures_are_no_copies_of_each_other() -> None:
    rng = random.Random(5)
    whole = "5a" * 32

    assert alike(whole, flipped(whole, COPY_BITS_MAX - 6, rng))
    assert not alike(whole, flipped(whole, COPY_BITS_MAX + 1, rng))
    assert not alike("0" * 64, "0" * 64)
    assert not alike("0" * 58 + "ffffff", "ffffff" + "0" * 58)
