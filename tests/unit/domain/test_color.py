from __future__ import annotations

import pytest

from domain import color


def test_colours_are_compared_as_the_eye_does() -> None:
    assert color.distance("#336699", "#336699") == 0
    assert color.distance("#000000", "#ffffff") == pytest.approx(100, abs=0.5)
    assert color.distance("#cc2222", "#dd3333") < 25 < color.distance("#cc2222", "#22cc22")
    assert color.lab("#ff0000") == pytest.approx((53.2, 80.1, 67.2), abs=0.1)
