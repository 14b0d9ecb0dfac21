"""A feed in another way, for a share of the viewers: who gets it follows from the viewer alone."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from discovery.pipeline import BadFeed, Feed
from domain.ids import SIGNED_OUT, UserN


@dataclass(frozen=True, slots=True)
class Variant:
    """`feed` instead of the feed named `of`, for `share` (0..1) of its viewers. With 0 it can be explained, no more."""

    feed: Feed
    of: str
    share: float = 0.0


def check(variants: Sequence[Variant], feeds: Sequence[Feed]) -> None:
    """Raises BadFeed unless each variant is of a declared feed, names are different, and shares add up to 1 at most."""
    names = [feed.name for feed in feeds]
    for variant in variants:
        if variant.of not in names:
            raise BadFeed(f"{variant.feed.name}: it is a variant of {variant.of}, which is no feed")
        if not 0.0 <= variant.share <= 1.0:
            raise BadFeed(f"{variant.feed.name}: its share is {variant.share}, not from 0 to 1")
    if len({*names, *(variant.feed.name for variant in variants)}) != len(names) + len(variants):
        raise BadFeed("two feeds or variants share a name")
    for name in names:
        if sum(variant.share for variant in variants if variant.of == name) > 1.0 + 1e-9:
            raise BadFeed(f"{name}: the shares of its variants add up to more than 1")


def arm(variants: Sequence[Variant], of: str, viewer: UserN) -> str:
    """The name of the feed or variant that this viewer gets for the feed `of`: always the same for the same shares.

    A viewer's draw is the same for every variant of a feed, so that raising the last share moves nobody between the
    others. Viewers who are signed out get the feed itself.
    """
    if viewer == SIGNED_OUT:
        return of
    digest = hashlib.blake2b(f"{of}:{viewer}".encode(), digest_size=8).digest()
    drawn, reached = int.from_bytes(digest) / 2.0**64, 0.0
    for variant in variants:
        if variant.of == of:
            reached += variant.share
            if drawn < reached:
                return variant.feed.name
    return of
