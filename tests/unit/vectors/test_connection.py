"""What a call of Milvus does when its connection breaks. No server is asked: the work is told what it meets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import grpc
import pytest
from pymilvus.exceptions import MilvusException

from domain.errors import Unavailable
from vectors.collection import Connection, Missing
from vectors.options import EMBEDDED, SERVER, chosen

BROKEN = MilvusException(
    grpc.StatusCode.UNAVAILABLE, 'GOAWAY received; Error code: ENHANCE_YOUR_CALM; Debug Text: "too_many_pings"'
)


class Calls:
    """Work that meets these, one at each call, and then succeeds."""

    def __init__(self, *meets: Exception) -> None:
        self.meets = list(meets)
        self.count = 0

    def __call__(self, *_: Any) -> str:
        self.count += 1
        if self.meets:
            raise self.meets.pop(0)
        return "done"


@pytest.fixture
def call() -> Callable[..., str]:
    connection = Connection("http://127.0.0.1:9", None, EMBEDDED)
    connection._client = object()  # Work is given it, and asks it nothing.
    return connection.call


def test_a_connection_that_broke_is_tried_once_more(call: Callable[..., str]) -> None:
    work = Calls(BROKEN)

    assert call(work) == "done"
    assert work.count == 2


def test_and_only_once(call: Callable[..., str]) -> None:
    work = Calls(BROKEN, BROKEN)

    with pytest.raises(Unavailable, match="too_many_pings"):
        call(work)
    assert work.count == 2


def test_what_must_not_be_done_twice_is_not(call: Callable[..., str]) -> None:
    work = Calls(BROKEN)

    with pytest.raises(Unavailable):
        call(work, repeatable=False)
    assert work.count == 1


@pytest.mark.parametrize(
    ("met", "raised"),
    [
        (MilvusException(100, "can't find collection"), Missing),
        (MilvusException(1, "the vector has another dimension"), Unavailable),
        (MilvusException(grpc.StatusCode.DEADLINE_EXCEEDED, "too late"), Unavailable),
    ],
)
def test_an_answer_is_an_answer(call: Callable[..., str], met: Exception, raised: type[Exception]) -> None:
    work = Calls(met)

    with pytest.raises(raised):
        call(work)
    assert work.count == 1


def test_another_index_does_not_take_over_the_profiles_parameters() -> None:
    assert chosen("server") == SERVER
    assert chosen("embedded") == EMBEDDED
    assert chosen("server", search_params={"ef": 512}).index_params == SERVER.index_params
    assert chosen("server", index_type="HNSW").search_params == SERVER.search_params

    other = chosen("server", index_type="DISKANN", search_params={"search_list": 200}, consistency="Strong")

    assert (other.index_type, other.index_params, other.search_params) == ("DISKANN", {}, {"search_list": 200})
    assert other.consistency == "Strong"
    assert other.flush_rows is None
