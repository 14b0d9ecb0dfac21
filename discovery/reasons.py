"""Reasons as a person reads them."""

from __future__ import annotations

from typing import Final

from discovery.candidate import VIEWED, ReasonRef
from domain.model import Source

_TITLE_CHARS_MAX: Final = 60


def text(  # noqa: PLR0911 - one return for each source
    reason: ReasonRef,
    *,
    pin_title: str | None = None,
    board_title: str | None = None,
    user_name: str | None = None,
    topic_name: str | None = None,
) -> str:
    """One short sentence without a full stop, such as "Because you saved “Moss garden”".

    Titles are those of what the reason names, None for what it does not name or the viewer may not see: the text
    then says less. Titles are cut at 60 characters.
    """
    pin, board = _quoted(pin_title), _quoted(board_title)
    match reason.source:
        case Source.WALK:
            return _walk(pin, board, viewed=reason.words == VIEWED)
        case Source.VISUAL:
            return _visual(reason, pin)
        case Source.TEXT:
            if board:
                return f"On the board {board}"
            if reason.words:
                return f"Matches {_quoted(reason.words)}"
            return f"Described like {pin}" if pin else "Described like Pins you saved"
        case Source.FOLLOWED:
            if user_name:
                return f"New from {_cut(user_name)}, whom you follow"
            return f"New on the board {board}, which you follow" if board else "New from what you follow"
        case Source.TOPIC:
            return f"More in {_cut(topic_name)}" if topic_name else "From your topics"
        case Source.POPULAR:
            return f"Popular this week in {_cut(topic_name)}" if topic_name else "Popular this week"
        case Source.FRESH:
            return "Just added"
        case Source.EXPLORE:
            return "Something new to try"


def _visual(reason: ReasonRef, pin: str) -> str:
    if pin:
        return f"Looks like {pin}"
    return "Looks like your picture" if reason.pin_n is None else "Looks like Pins you saved"


def _walk(pin: str, board: str, *, viewed: bool) -> str:
    if pin:
        return f"Because you {'looked at' if viewed else 'saved'} {pin}"
    return f"From the board {board}" if board else "Saved on the same boards"


def _quoted(title: str | None) -> str:
    return f"“{_cut(title)}”" if title else ""


def _cut(title: str) -> str:
    return title if len(title) <= _TITLE_CHARS_MAX else title[: _TITLE_CHARS_MAX - 1].rstrip() + "…"
