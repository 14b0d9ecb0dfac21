"""Every feed, declared on one page, and the object that answers them."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable

from discovery.candidate import FeedPage, PinFilter
from discovery.walk.live import LiveWalk
from domain.ids import BoardN, PinN, TopicN, UserN
from domain.limits import PAGE_ITEMS_DEFAULT
from graph.client import Graph
from vectors.embedder import TextEmbedder
from vectors.index import VectorIndex


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


class Feeds:
    """The feeds of one process.

    Each method gives the page of at most `first` entries (1..100) after the cursor `after`; Invalid for another
    `first`, or for a cursor that is tampered with, of another feed, of other arguments or of another viewer. A source
    that is late or Unavailable is named in the page's `degraded`. `viewer` is SIGNED_OUT for nobody.
    """

    def __init__(
        self,
        *,
        graph: Graph,
        walk: LiveWalk,
        look: VectorIndex | None,
        text: VectorIndex | None,
        embedder: TextEmbedder | None,
        secret: bytes,
        now_ms: Callable[[], int] = _now_ms,
        seed: Callable[[], int] = lambda: secrets.randbits(63),
    ) -> None:
        """`look` and `text` are the indexes of pictures and words, None when off; `embedder` turns a search's words
        into the vectors of `text`; `secret` (≥ 16 bytes, the same in every process) seals the cursors."""
        raise NotImplementedError

    async def home(self, viewer: UserN, *, first: int = PAGE_ITEMS_DEFAULT, after: str | None = None) -> FeedPage:
        """What the viewer may love next; signed out: trending and fresh."""
        raise NotImplementedError

    async def following(self, viewer: UserN, *, first: int = PAGE_ITEMS_DEFAULT, after: str | None = None) -> FeedPage:
        """What followed users created and followed boards saved, newest first, each Pin once. Empty signed out."""
        raise NotImplementedError

    async def trending(
        self, viewer: UserN, *, topic: TopicN | None = None, first: int = PAGE_ITEMS_DEFAULT, after: str | None = None
    ) -> FeedPage:
        """Pins by their recent public saves, decayed by time; of one topic, if given."""
        raise NotImplementedError

    async def related(
        self, viewer: UserN, pin: PinN, *, first: int = PAGE_ITEMS_DEFAULT, after: str | None = None
    ) -> FeedPage:
        """Pins saved together with this one, and ones that look or read like it. The Pin must be visible."""
        raise NotImplementedError

    async def similar(
        self,
        viewer: UserN,
        pin: PinN,
        *,
        min_score: float | None = None,
        first: int = PAGE_ITEMS_DEFAULT,
        after: str | None = None,
    ) -> FeedPage:
        """Pins that look like this one, by cosine, at least `min_score` (-1..1). Empty until the Pin is indexed."""
        raise NotImplementedError

    async def more_ideas(
        self, viewer: UserN, board: BoardN, *, first: int = PAGE_ITEMS_DEFAULT, after: str | None = None
    ) -> FeedPage:
        """Pins for this board: a walk and looks from the board's own Pins, without those. The board must be visible."""
        raise NotImplementedError

    async def search(
        self,
        viewer: UserN,
        query: str,
        *,
        filter: PinFilter = PinFilter(),
        first: int = PAGE_ITEMS_DEFAULT,
        after: str | None = None,
    ) -> FeedPage:
        """Pins that match the words, lexically or by meaning; `weak` ones after the good ones.

        Invalid when the query is empty or longer than SEARCH_CHARS_MAX.
        """
        raise NotImplementedError
