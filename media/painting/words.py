"""Words for generated pictures: what a person might have written under them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """A title (≤ 100 characters), a description (≤ 800), an alt text (≤ 500) and one to three topic names."""

    title: str
    description: str
    alt_text: str
    topics: tuple[str, ...]


TOPICS: tuple[str, ...] = ()
"""Every topic name that `describe` may give."""


def describe(recipe: str) -> Words:
    """The words of the picture that this recipe paints; the same recipe has the same words."""
    raise NotImplementedError
