"""A feed in another way, for a share of the viewers: who gets it follows from the viewer alone."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from discovery.pipeline import BadFeed, Feed
from domain.errors import Invalid
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


def named(variants: Sequence[Variant], feeds: Sequence[str], name: str | None, variant: str | None) -> tuple[str, str]:
    """The feed meant by the name of a feed, of a variant, or of both; and the variant, empty where none was named.

    A feed may be named as its own variant: it is then meant as declared. `feeds` are the names that count. Raises
    Invalid, with those there are, for a name that is none of them and for a variant of another feed.
    """
    of = {feed: feed for feed in feeds} | {v.feed.name: v.of for v in variants if v.of in feeds}
    feed = name or (of.get(variant) if variant else feeds[0])
    if name is not None and name not in feeds:
        raise Invalid(f"There is no feed {name!r} to explain: there are {', '.join(feeds)}.", ("feed",))
    if variant is not None and (feed is None or of.get(variant) != feed):
        known = [each for each, its in of.items() if feed is None or its == feed]
        whose = f" of {feed}" if feed else ""
        raise Invalid(f"There is no variant {variant!r}{whose}: there are {', '.join(known)}.", ("variant",))
    return feed or feeds[0], variant or ""
