"""Drops candidates: pure functions over them and what is known of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Final

from discovery.candidate import Candidate
from discovery.facts import Known
from domain.ids import PinN

TITLES_IN_A_ROW: Final = 3


def without(candidates: Sequence[Candidate], excluded: Collection[PinN]) -> list[Candidate]:
    """Those that are not excluded: seen, saved, hidden, the viewer's own, or the query itself."""
    return [c for c in candidates if c.pin_n not in excluded]


def only(candidates: Sequence[Candidate], kept: Collection[PinN]) -> list[Candidate]:
    """Those that are in `kept`: what the viewer may see."""
    return [c for c in candidates if c.pin_n in kept]


def one_of_each_picture(
    candidates: Sequence[Candidate], known: Mapping[PinN, Known], shown: Collection[PinN]
) -> list[Candidate]:
    """The first of the candidates that show one picture, none of a picture that a Pin of `shown` shows."""
    seen = {known[n].picture for n in shown if n in known} - {None}
    kept = []
    for candidate in candidates:
        facts = known.get(candidate.pin_n)
        picture = facts.picture if facts else None
        if picture is None or picture not in seen:
            kept.append(candidate)
            seen.add(picture)
    return kept


def varied(candidates: Sequence[Candidate], titles: Mapping[PinN, str]) -> list[Candidate]:
    """Those that have a title in `titles`, in their order, but at most three of one title before others had theirs.

    Strong ones stay before weak ones. What many have pinned would else fill whole pages.
    """
    seen: Counter[tuple[bool, str]] = Counter()
    turns: list[tuple[bool, int, Candidate]] = []
    for candidate in candidates:
        title = titles.get(candidate.pin_n)
        if title is not None:
            named = candidate.weak, title.casefold()
            turns.append((candidate.weak, seen[named] // TITLES_IN_A_ROW, candidate))
            seen[named] += 1
    return [candidate for _, _, candidate in sorted(turns, key=lambda turn: turn[:2])]
