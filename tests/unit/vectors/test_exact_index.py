from __future__ import annotations

import numpy as np
import pytest

from domain.ids import PinN
from tests.contracts.pin_index import DIM, PinIndexContract
from vectors.exact import ExactIndex, rank
from vectors.index import VectorIndex


class TestExactIndex(PinIndexContract):
    @pytest.fixture
    def index(self) -> VectorIndex:
        return ExactIndex(DIM)


def test_ties_go_to_the_smaller_pin() -> None:
    same = np.ones(3, dtype=np.float32)

    found = rank(same[None], {PinN(9): same, PinN(2): same, PinN(5): same}, 2)

    assert [hit.pin_n for hit in found[0]] == [2, 5]
