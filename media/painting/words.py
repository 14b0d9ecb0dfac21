"""Words for generated pictures: what a person might have written under them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from media.painting.chance import Chance
from media.painting.hues import HUES, Hue
from media.painting.vocabulary import SUBJECTS, TOPICS, Subject

__all__ = ["TOPICS", "Words", "describe"]

_SALT: Final = 0x0D1C_710A

_TITLES: Final = (
    "{hue} {noun}",
    "{noun} in {colours}",
    "{noun}, {setting}",
    "{hue} {noun} {place}",
    "{noun} {place}",
    "{mood} {noun}",
    "{noun} for {use}",
    "{mood} {noun} in {colours}",
    "{hue} {noun} for {use}",
    "{noun} {place}, {setting}",
)
_CLOSINGS: Final = (
    "Saved for {use}.",
    "Would love this for {use}.",
    "The palette is {colours}.",
    "Something {mood_lower} in {colours}.",
    "Found while collecting ideas for {use}.",
    "Keeping this one for its colours: {colours}.",
    "Good reference for {use}.",
)


@dataclass(frozen=True, slots=True)
class Words:
    """A title (≤ 100 characters), a description (≤ 800), an alt text (≤ 500) and one to three topic names."""

    title: str
    description: str
    alt_text: str
    topics: tuple[str, ...]


def describe(recipe: str) -> Words:
    """The words of the picture that this recipe paints; the same recipe has the same words.

    Raises ValueError for a text that is no recipe.
    """
    try:
        family, palette, seed = recipe.split("/")
        subject, hue, chance = SUBJECTS[family], HUES[palette], Chance(int(seed, 16) ^ _SALT)
    except (ValueError, KeyError):
        raise ValueError(f"not a recipe: {recipe!r}") from None
    parts = _parts(subject, hue, chance)
    title = chance.pick(_TITLES).format(**parts)
    details = chance.shuffled(subject.details)[: chance.whole(1, 2)]
    description = " ".join([*details, chance.pick(_CLOSINGS)]).format(**parts)
    alt_text = f"{subject.seen}, in {hue.colours}."
    return Words(_capital(title), _capital(description), _capital(alt_text), subject.topics)


def _parts(subject: Subject, hue: Hue, chance: Chance) -> dict[str, str]:
    mood = chance.pick(hue.moods)
    return {
        "noun": chance.pick(subject.nouns),
        "place": chance.pick(subject.places),
        "setting": chance.pick(subject.settings),
        "use": chance.pick(subject.uses),
        "hue": chance.pick(hue.names),
        "colours": hue.colours,
        "mood": mood,
        "mood_lower": mood.lower(),
    }


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
