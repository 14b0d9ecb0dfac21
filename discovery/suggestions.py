"""What somebody who types may be about to search for: words and phrases of public titles, and of nothing else."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final

import structlog

from domain.ids import PinN, UserN
from graph import suggestions, words
from graph.client import Graph

log = structlog.get_logger(__name__)

REFRESH_S: Final = 300.0
_TITLES_MAX: Final = 50_000
_TITLES_A_READ: Final = 2_000
_PAUSE_S: Final = 0.05
_WORDS_A_LETTER: Final = 60
_WITNESSES: Final = 3
_ASKED_FOR_EACH: Final = 2
_PHRASE_WORDS: Final = 2
_FOLDED_MAX: Final = 50_000
_WORD: Final = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")


class Suggestions:
    """Suggestions of one process.

    One letter is answered from a list of words kept here, each with public Pins that say it, which are looked at again
    before a word is shown; from the second letter on the graph's words are asked.
    """

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._by_letter: dict[str, list[tuple[str, tuple[PinN, ...]]]] = {}

    async def like(self, viewer: UserN, typed: str, first: int) -> list[str]:
        """At most `first` searches that begin with what was typed, in lower case, the most common first.

        Each comes from the title of a Pin or board that is public now. Raises Unavailable.
        """
        terms = words.terms(typed)
        if not terms:
            return []
        kept = self._by_letter.get(terms[0]) if len(terms) == 1 and len(terms[0]) == 1 else None
        if kept:
            return await self._of_letter(viewer, kept, first)
        return completed(await suggestions.titles(self._graph, viewer, typed), terms, first)

    async def keep(self) -> None:
        """Reads the list anew every five minutes, until cancelled. Raises Unavailable."""
        while True:
            await self.refresh()
            await asyncio.sleep(REFRESH_S)

    async def refresh(self) -> None:
        """Reads the words of the newest 50,000 public titles. Raises Unavailable; the list then stays as it was."""
        counts: Counter[str] = Counter()
        witnesses: dict[str, list[PinN]] = {}
        shown: dict[str, str] = {}
        read, before = 0, None
        while read < _TITLES_MAX:
            page = await suggestions.newest(self._graph, _TITLES_A_READ, before)
            for title in page:
                for folded, word in dict(_words_of(title.title)).items():
                    if len(word) > 1 and folded not in words.STOP_WORDS and not folded.isdigit():
                        counts[folded] += 1
                        shown.setdefault(folded, word)
                        seen = witnesses.setdefault(folded, [])
                        if len(seen) < _WITNESSES:
                            seen.append(title.pin_n)
            read += len(page)
            if len(page) < _TITLES_A_READ:
                break
            before = page[-1].k
            await asyncio.sleep(_PAUSE_S)  # Nobody waits for the list: requests go first.
        by_letter: dict[str, list[tuple[str, tuple[PinN, ...]]]] = {}
        for folded, _ in counts.most_common():
            kept = by_letter.setdefault(folded[0], [])
            if len(kept) < _WORDS_A_LETTER:
                kept.append((shown[folded], tuple(witnesses[folded])))
        self._by_letter = by_letter
        log.debug("words_kept", titles=read, words=len(counts))

    async def _of_letter(self, viewer: UserN, kept: Sequence[tuple[str, tuple[PinN, ...]]], first: int) -> list[str]:
        asked = kept[: first * _ASKED_FOR_EACH]
        said = await suggestions.public_titles(self._graph, viewer, {n for _, ns in asked for n in ns})
        present = {folded for title in said.values() for folded, _ in _words_of(title)}
        return [word for word, _ in asked if words.fold(word) in present][:first]


def completed(titles: Iterable[str], terms: Sequence[str], first: int) -> list[str]:
    """What the titles make of the terms: the last one completed, alone and with the word that follows it.

    By the number of titles, the shorter first among equals.
    """
    *before, last = terms
    counts: Counter[tuple[str, ...]] = Counter()
    shown: dict[tuple[str, ...], str] = {}
    for title in titles:
        said = _words_of(title)
        found: set[tuple[str, ...]] = set()
        for at, (folded, _) in enumerate(said):
            if not folded.startswith(last) or folded in before:
                continue
            for end in range(at + 1, min(at + _PHRASE_WORDS, len(said)) + 1):
                if end > at + 1 and (said[end - 1][0] in words.STOP_WORDS or said[end - 1][0] in before):
                    continue
                phrase = tuple(one for one, _ in said[at:end])
                found.add(phrase)
                shown.setdefault(phrase, " ".join(word for _, word in said[at:end]))
        counts.update(found)
    order = sorted(counts, key=lambda phrase: (-counts[phrase], len(phrase), phrase))
    head = " ".join(before)
    return [f"{head} {shown[phrase]}".strip() for phrase in order[:first]]


def _words_of(title: str) -> list[tuple[str, str]]:
    """The words of a title in order: as they are looked up, and as they are shown."""
    return [pair for word in _WORD.findall(title) if (pair := _folded(word))[0]]


@lru_cache(maxsize=_FOLDED_MAX)
def _folded(word: str) -> tuple[str, str]:
    """The word as it is looked up, and as it is shown. Titles share their words, and folding one takes longer than all
    else that is done with it."""
    return words.fold(word), word.lower()
