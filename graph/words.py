"""Words as they are searched: folded (no accents, no case) and stemmed (plurals and endings gone)."""

from __future__ import annotations

import re
import threading
import unicodedata
from functools import lru_cache
from typing import Final

import snowballstemmer

_STOP_TEXT: Final = (
    "a an and are as at be but by for from has have i in into is it its me my no not of on or our so such that the "
    "their then there these they this to was we were will with you your"
)
STOP_WORDS: Final = frozenset(_STOP_TEXT.split())
_WORD: Final = re.compile(r"[^\W_]+")
_APOSTROPHES: Final = str.maketrans("", "", "'’`´")
_TERM_CHARS_MAX: Final = 64

_stemmer = snowballstemmer.stemmer("english")
_stemmer_lock = threading.Lock()  # The stemmer keeps the word it works on.


def terms(text: str) -> list[str]:
    """The words of a text in order, without accents, case or signs."""
    plain = unicodedata.normalize("NFKD", text.translate(_APOSTROPHES))
    plain = "".join(c for c in plain if not unicodedata.combining(c)).casefold()
    return [word[:_TERM_CHARS_MAX] for word in _WORD.findall(plain)]


@lru_cache(maxsize=50_000)
def stem_word(word: str) -> str:
    """The stem of one folded word."""
    with _stemmer_lock:
        return str(_stemmer.stemWord(word))


def fold(*texts: str | None) -> str:
    """The folded words of the texts, each once, between spaces: what prefixes and typos are looked up in."""
    return " ".join(dict.fromkeys(term for text in texts if text for term in terms(text)))


def stem(*texts: str | None) -> str:
    """The stems of the texts' words that are not stop words: what whole words are looked up in."""
    return " ".join(stem_word(t) for text in texts if text for t in terms(text) if t not in STOP_WORDS)
