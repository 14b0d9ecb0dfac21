"""A slate's part comes back as it was laid, and what is none is nothing."""

from __future__ import annotations

import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from discovery.candidate import Candidate, ReasonRef
from discovery.parts import SOURCES
from discovery.slate_parts import SlatePart, packed, unpacked
from domain.model import Source

N = st.one_of(st.none(), st.integers(0, 2**53))
SCORE = st.floats(allow_nan=False, allow_infinity=False)
REASON = st.builds(
    ReasonRef,
    st.sampled_from(Source),
    SCORE,
    pin_n=N,
    board_n=N,
    user_n=N,
    topic_n=N,
    words=st.one_of(st.none(), st.text(max_size=20)),
)
CANDIDATE = st.builds(
    Candidate,
    st.integers(0, 2**53),
    st.lists(REASON, max_size=3).map(tuple),
    score=SCORE,
    k=st.integers(0, 2**62),
    weak=st.booleans(),
    parts=st.one_of(st.just(b""), st.binary(min_size=len(SOURCES), max_size=len(SOURCES))),
)
PART = st.builds(
    SlatePart,
    kind=st.text("0123456789abcdef", max_size=24),
    candidates=st.lists(CANDIDATE, max_size=30),
    complete=st.booleans(),
    last_k=st.one_of(st.none(), st.integers(0, 2**62)),
    expires_ms=st.integers(0, 2**50),
    degraded=st.lists(st.sampled_from(Source), max_size=3).map(tuple),
    before=st.lists(st.integers(0, 2**53), max_size=20).map(tuple),
)


@settings(max_examples=200, deadline=None)
@given(part=PART)
def test_a_part_comes_back_as_it_was(part: SlatePart) -> None:
    assert unpacked(packed(part)) == part


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"nonsense",
        zlib.compress(b"[]\n"),
        zlib.compress(b"[2]\n"),
        zlib.compress(b'[1,"k",true,null,0,[],[],[],5,9]\nshort'),
        zlib.compress(b"\x00" * (64 << 20)),
    ],
)
def test_what_is_no_part_is_nothing(data: bytes) -> None:
    assert unpacked(data) is None


def test_half_a_part_is_nothing() -> None:
    data = packed(SlatePart("k", [Candidate(1, (ReasonRef(Source.WALK, 1.0),))] * 200, True, None, 0))  # type: ignore[arg-type]

    assert unpacked(data[: len(data) // 2]) is None
