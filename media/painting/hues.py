"""What the palettes feel like, in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Hue:
    """A palette in words: names that go before a noun, its colours as a list, and the moods it gives."""

    names: tuple[str, ...]
    colours: str
    moods: tuple[str, ...]


HUES: Final = {
    "ember": Hue(
        ("teal and coral", "warm ember", "late summer"), "teal, gold and coral", ("Sunlit", "Warm", "Glowing")
    ),
    "tide": Hue(("navy", "deep blue", "slate blue"), "navy, slate blue and sand", ("Quiet", "Calm", "Cool")),
    "grove": Hue(
        ("olive", "woodland green", "forest"), "olive green, cream and rust", ("Earthy", "Grounded", "Autumnal")
    ),
    "blush": Hue(("blush pink", "dusty rose", "peach"), "blush, peach and mauve", ("Soft", "Tender", "Romantic")),
    "citrus": Hue(
        ("citrus", "sky blue and orange", "bright"), "blue, orange and lemon yellow", ("Fresh", "Zesty", "Cheerful")
    ),
    "plum": Hue(("plum", "violet dusk", "aubergine"), "plum, magenta and apricot", ("Moody", "Velvet", "Dreamy")),
    "desert": Hue(("terracotta", "desert", "sandstone"), "terracotta, sand and teal", ("Sun-baked", "Rustic", "Dry")),
    "lagoon": Hue(("lagoon", "turquoise", "sea green"), "turquoise, mint and coral", ("Tropical", "Breezy", "Clear")),
    "berry": Hue(("berry red", "raspberry", "crimson"), "crimson, pink and dark green", ("Bold", "Rich", "Lush")),
    "nordic": Hue(("nordic blue", "frosty", "ice blue"), "ice blue, grey and muted red", ("Crisp", "Hushed", "Wintry")),
    "retro": Hue(
        ("retro", "seventies", "mustard and red"), "mustard, red and petrol blue", ("Vintage", "Playful", "Nostalgic")
    ),
    "orchid": Hue(("lavender", "orchid", "lilac"), "lavender, indigo and pink", ("Airy", "Gentle", "Moonlit")),
    "moss": Hue(("sage", "moss green", "fern green"), "sage, moss and ochre", ("Restful", "Mossy", "Slow")),
    "ink": Hue(
        ("charcoal", "monochrome", "ink black"), "charcoal, stone grey and red", ("Minimal", "Stark", "Graphic")
    ),
}
