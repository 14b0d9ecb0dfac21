from __future__ import annotations

import pytest

from app.ranges import Range, wanted


@pytest.mark.parametrize(
    ("header", "range_"),
    [
        ("bytes=0-3", Range(0, 3)),
        ("Bytes = 5-", Range(5, None)),
        ("bytes=-7", Range(None, 7)),
        (None, None),
        ("", None),
        ("bytes=", None),
        ("bytes=-", None),
        ("bytes=3-1", None),
        ("bytes=0-1,3-4", None),
        ("items=0-3", None),
        ("bytes=0x1-2", None),
        (f"bytes=0-{'9' * 30}", None),
    ],
)
def test_one_range_of_bytes_is_understood_and_all_else_is_no_range(header: str | None, range_: Range | None) -> None:
    assert wanted(header) == range_


@pytest.mark.parametrize(
    ("range_", "size", "span"),
    [
        (Range(0, 3), 10, (0, 4)),
        (Range(8, 30), 10, (8, 2)),
        (Range(9, None), 10, (9, 1)),
        (Range(10, None), 10, None),
        (Range(None, 3), 10, (7, 3)),
        (Range(None, 30), 10, (0, 10)),
        (Range(None, 0), 10, None),
        (Range(0, None), 0, None),
        (Range(None, 5), 0, None),
    ],
)
def test_a_range_is_cut_to_what_is_there(range_: Range, size: int, span: tuple[int, int] | None) -> None:
    assert range_.within(size) == span
