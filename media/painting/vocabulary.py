"""What the families show, in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Subject:
    """A family in words. `seen` begins the alt text; `details` are whole sentences."""

    nouns: tuple[str, ...]
    places: tuple[str, ...]
    settings: tuple[str, ...]
    uses: tuple[str, ...]
    details: tuple[str, ...]
    seen: str
    topics: tuple[str, ...]


_TRAVEL: Final = ("Landscapes", "Travel")
_PATTERN: Final = ("Patterns", "Graphic design")

SUBJECTS: Final = {
    "mountains": Subject(
        ("mountain ridges", "misty mountains", "alpine layers", "blue ridge", "mountain valley", "high peaks"),
        ("above the pines", "beyond the valley", "over the pass", "from the summit trail", "at the tree line"),
        ("first light", "after the storm", "early morning", "last light", "before the snow"),
        ("a hiking weekend", "a travel wall", "the cabin", "a desktop background", "next summer's trek"),
        (
            "Ridge after ridge fading into the mist.",
            "The nearest slope is dark with pines.",
            "You can almost feel the cold air up there.",
            "Layers of mountains, paler with every range.",
        ),
        "Layered mountain ranges under a low sun",
        _TRAVEL,
    ),
    "dunes": Subject(
        ("desert dunes", "sand dunes", "dune sea", "moonlit desert", "wind-blown dunes", "Saharan night"),
        ("under the moon", "at the edge of the desert", "where the wind turns", "along the caravan road"),
        ("after sunset", "at moonrise", "in the stillness", "before dawn"),
        ("a desert road trip", "a calm bedroom", "a travel journal", "my sand-and-sky board"),
        (
            "Long curves of sand, lit from one side.",
            "Ripples run along every crest.",
            "Nothing but sand, wind and light.",
        ),
        "Curving sand dunes beneath a round moon",
        _TRAVEL,
    ),
    "seascape": Subject(
        (
            "sunset at sea",
            "ocean sunset",
            "sailing at dusk",
            "quiet sea",
            "harbour evening",
            "golden hour on the water",
        ),
        ("off the coast", "past the lighthouse", "on the horizon", "across the bay", "near the islands"),
        ("last light", "slack tide", "end of summer", "a calm evening"),
        ("a beach house", "the sailing board", "a coastal bathroom", "holiday plans"),
        (
            "The sun lays a road of light over the water.",
            "Low clouds and hardly a wave.",
            "Small sails heading home before dark.",
        ),
        "The sun setting over a calm sea with its reflection in the water",
        ("Ocean", "Travel"),
    ),
    "skyline": Subject(
        ("city skyline", "city lights", "downtown at night", "rooftops", "high-rise windows", "metropolis"),
        ("from the rooftop", "across the river", "under a full moon", "from the night train", "downtown"),
        ("blue hour", "after midnight", "a warm evening", "rush hour over"),
        ("an office wall", "a city break", "a loft", "a lo-fi playlist cover"),
        (
            "Every window tells another story.",
            "Towers in three rows against a glowing sky.",
            "The moon above all those little lights.",
        ),
        "A city skyline at night with lit windows",
        ("Architecture", "Cities"),
    ),
    "constellations": Subject(
        ("constellations", "star map", "Milky Way", "night sky", "starry night", "stargazing"),
        ("over the hills", "above the valley", "far from the city", "on a clear night"),
        ("new moon", "midwinter", "a clear August night", "two in the morning"),
        ("a child's bedroom", "stargazing notes", "an astronomy board", "a reading corner"),
        (
            "Bright stars joined by fine lines.",
            "The Milky Way runs right across the sky.",
            "Dark hills below, thousands of stars above.",
        ),
        "A night sky with constellations and the Milky Way above dark hills",
        ("Night sky", "Science"),
    ),
    "papercut": Subject(
        ("layered paper art", "paper cut layers", "papercut relief", "cut paper", "paper topography"),
        ("in nine layers", "with soft shadows", "from a single sheet", "by hand"),
        ("close up", "a study in depth", "slow craft", "scissors and patience"),
        ("a craft afternoon", "a shadow box", "a gallery wall", "card making"),
        (
            "Each layer throws a soft shadow on the one below.",
            "Curves cut like the lines of a map.",
            "Needs a sharp knife and a quiet Sunday.",
        ),
        "Layers of cut paper with curved edges and soft shadows",
        ("Crafts", "Abstract art"),
    ),
    "topographic": Subject(
        ("contour map", "topographic lines", "elevation map", "trail map", "map of nowhere"),
        ("of an unknown island", "with every fifth line heavier", "of the high country", "on old paper"),
        ("surveyed by hand", "scale unknown", "sheet twelve", "a cartographer's print"),
        ("a study wall", "a hiking journal", "a map collection", "wrapping paper"),
        (
            "Close lines mean steep ground.",
            "Fine contour lines on a tinted sheet.",
            "A map for getting pleasantly lost.",
        ),
        "Contour lines of a topographic map",
        ("Maps", "Graphic design"),
    ),
    "marble": Subject(
        ("marbled paper", "suminagashi", "ink marbling", "marble swirl", "ebru paper"),
        ("from the bath", "on bookbinding paper", "with a fine comb", "in one pull"),
        ("never the same twice", "wet ink", "an old craft", "edge to edge"),
        ("bookbinding", "endpapers", "a phone wallpaper", "stationery"),
        (
            "Ink floated on water and combed into veins.",
            "Every print of it is the only one.",
            "Reminds me of the endpapers in old books.",
        ),
        "Swirling veins of marbled ink",
        ("Crafts", "Abstract art"),
    ),
    "julia": Subject(
        ("fractal", "Julia set", "fractal coral", "mathematical lace", "infinite spiral"),
        ("at the edge of chaos", "in the complex plane", "all the way down", "at depth sixty-four"),
        ("one formula", "self-similar", "iterated", "a quadratic map"),
        ("a maths classroom", "a generative art board", "a poster", "a science fair"),
        (
            "One short formula, repeated until it becomes this.",
            "Zoom in anywhere and it starts again.",
            "Coloured by how soon each point escapes.",
        ),
        "A Julia set fractal with branching spirals",
        ("Science", "Abstract art"),
    ),
    "gradients": Subject(
        ("colour gradient", "mesh gradient", "soft focus colour", "colour field", "melting colours", "gradient sphere"),
        ("with a floating disc", "edge to edge", "out of focus", "without a line"),
        ("a slow fade", "pure colour", "a mood", "studio light"),
        ("a phone wallpaper", "an album cover", "a landing page", "a meditation room"),
        (
            "Colours melting into each other without a line.",
            "A disc of the same light, turned around.",
            "Simple, and I keep looking at it.",
        ),
        "A smooth blend of colours",
        ("Graphic design", "Abstract art"),
    ),
    "currents": Subject(
        ("flow field", "ocean currents", "wind lines", "flowing strokes", "grass in the wind", "feathered lines"),
        ("following one current", "in thousands of strokes", "before the rain", "across the page"),
        ("all one movement", "drawn by rule", "pen plotter", "a steady breeze"),
        ("a generative art board", "a living room print", "a textile idea", "pen plotting"),
        (
            "Thousands of strokes following the same invisible current.",
            "It moves even though it is still.",
            "Like wind over long grass.",
        ),
        "Flowing brush strokes that follow curved currents",
        ("Abstract art", "Graphic design"),
    ),
    "glass": Subject(
        ("stained glass", "pebble mosaic", "leaded window", "broken tile mosaic", "glass mosaic"),
        ("with dark leading", "in the afternoon sun", "piece by piece", "from the old chapel"),
        ("hand set", "light through colour", "no two alike", "a hundred little panes"),
        ("a garden path", "a bathroom floor", "a window", "a mosaic workshop"),
        (
            "Hundreds of pieces, no two alike.",
            "The joints hold it all together.",
            "Colour drifts slowly from one side to the other.",
        ),
        "A mosaic of irregular coloured pieces",
        ("Crafts", "Architecture"),
    ),
    "terrazzo": Subject(
        ("terrazzo", "terrazzo floor", "stone chips", "terrazzo tile", "speckled stone"),
        ("in pale cement", "polished smooth", "in the stairwell", "from Venice"),
        ("big chips first", "a classic", "freshly polished", "material sample"),
        ("a kitchen floor", "a bathroom", "a mood board", "a café counter"),
        (
            "Chips of marble scattered in cement.",
            "Big pieces first, dust in between.",
            "The floor that everybody's grandmother had, and it is back.",
        ),
        "Terrazzo with scattered stone chips",
        ("Interiors", "Patterns"),
    ),
    "bokeh": Subject(
        ("bokeh", "city lights out of focus", "fairy lights", "blurred lights", "fireflies"),
        ("after the rain", "through the window", "in December", "from a taxi"),
        ("wide open", "shallow focus", "long evening", "f/1.4"),
        ("a party invitation", "photo practice", "a background", "the winter board"),
        (
            "Lights out of focus, the near ones sharp at the rim.",
            "Shot wide open, at least it looks that way.",
            "The warm end of a long evening.",
        ),
        "Soft circles of light out of focus",
        ("Photography", "Night sky"),
    ),
    "bauhaus": Subject(
        ("Bauhaus tiles", "geometric poster", "modernist pattern", "circles and squares", "Bauhaus composition"),
        ("in a strict grid", "after Albers", "from Dessau", "with quarter circles"),
        ("form follows function", "a school poster", "1923", "primary shapes"),
        ("a quilt", "a classroom poster", "a kitchen backsplash", "a design portfolio"),
        (
            "Quarter circles, triangles and stripes in a strict grid.",
            "Nothing but basic shapes, and it sings.",
            "Could be cut from coloured paper.",
        ),
        "A grid of geometric Bauhaus shapes",
        _PATTERN,
    ),
    "seigaiha": Subject(
        ("seigaiha waves", "Japanese wave pattern", "fish scales", "blue sea waves", "scallop pattern"),
        ("row on row", "with a touch of gold", "from an old kimono", "drifting over the cloth"),
        ("good fortune", "endless sea", "an old pattern", "woodblock"),
        ("a kimono lining", "gift wrap", "a bathroom wall", "sashiko practice"),
        (
            "The old pattern of the blue sea's waves.",
            "Said to bring quiet luck, like waves that never end.",
            "A few scales are lined in another colour, if you look.",
        ),
        "Overlapping concentric scales in a Japanese wave pattern",
        ("Patterns", "Textiles"),
    ),
    "cubes": Subject(
        ("isometric cubes", "tumbling blocks", "cube illusion", "3D blocks", "rhombus quilt"),
        ("seen from a corner", "in three tones", "going up or down", "stacked to the edge"),
        ("inside out", "an optical illusion", "light from the left", "three tones each"),
        ("a quilt", "a marquetry table", "a game level", "a tiled floor"),
        (
            "Three tones are all it takes for depth.",
            "Blink and some of them turn inside out.",
            "A quilt pattern older than it looks.",
        ),
        "Isometric cubes shaded in three tones",
        _PATTERN,
    ),
    "arches": Subject(
        ("boho rainbows", "rainbow arches", "nursery arches", "stacked arches", "suns and rainbows"),
        ("up and down", "with little suns", "for the little one", "in rows"),
        ("mid-century", "hand-cut", "a happy print", "nursery"),
        ("a nursery wall", "a baby shower", "a playroom", "greeting cards"),
        (
            "Stacked arches with a sun here and there.",
            "Sweet without being pink all over.",
            "Simple enough to paint straight on the wall.",
        ),
        "Rows of rainbow-shaped arches and suns",
        ("Patterns", "Interiors"),
    ),
    "kilim": Subject(
        ("kilim rug", "woven kilim", "Anatolian rug", "stepped diamonds", "flat-weave rug"),
        ("from the bazaar", "with a diamond border", "by the fireplace", "woven by hand"),
        ("wool and patience", "border detail", "a family piece", "mirror-symmetric"),
        ("the hallway", "a reading nook", "a weaving project", "cross-stitch"),
        (
            "Stepped diamonds between bands of zigzags.",
            "Woven flat, the same on both sides.",
            "The border could be charted for cross-stitch.",
        ),
        "A woven kilim with stepped diamonds and zigzag borders",
        ("Textiles", "Interiors"),
    ),
    "plaid": Subject(
        ("plaid", "tartan", "checked wool", "flannel check", "woven blanket"),
        ("from the Highlands", "for cold mornings", "in soft wool", "crossing in twill"),
        ("flannel season", "warp and weft", "a good blanket", "sett study"),
        ("a picnic blanket", "a winter scarf", "a sewing project", "the sofa"),
        (
            "One order of stripes both ways, crossing in twill.",
            "You can see the single threads.",
            "Flannel weather can come.",
        ),
        "A woven plaid check",
        ("Textiles", "Fashion"),
    ),
    "tree": Subject(
        ("lone tree", "autumn tree", "the old oak", "tree on a hill", "acacia", "tree of seasons"),
        ("on the hill", "against the sun", "at the end of the field", "by the crossroads"),
        ("first leaves falling", "late October", "an open sky", "a quiet hour"),
        ("a family tree", "a living room print", "a wedding guest book", "an autumn board"),
        (
            "One tree, and the sun behind it.",
            "The first leaves are on the ground.",
            "I always stop at this kind of tree.",
        ),
        "A single tree with a leafy crown in front of a pale sun",
        ("Nature", "Landscapes"),
    ),
    "leaves": Subject(
        ("pressed leaves", "botanical print", "eucalyptus sprigs", "fern study", "herbarium sheet", "leaf silhouettes"),
        ("on paper", "before an arch", "from the garden", "between two pages"),
        ("a quiet study", "sheet seven", "late spring", "after the walk"),
        ("a gallery wall", "wedding stationery", "a bathroom print", "a botanical journal"),
        (
            "Sprigs on paper, as in an old herbarium.",
            "Simple shapes, lovely veins.",
            "Would look good in a thin oak frame.",
        ),
        "Botanical sprigs on a plain background",
        ("Plants", "Interiors"),
    ),
    "meadow": Subject(
        ("wildflower meadow", "flower field", "summer flowers", "tulips and daisies", "garden border"),
        ("in long grass", "along the path", "behind the house", "in the morning sun"),
        ("midsummer", "first of June", "bees included", "freshly picked"),
        ("a garden plan", "an embroidery pattern", "spring cards", "the balcony"),
        (
            "Flowers on long stems, the far ones paler.",
            "Sow in April and forget about it.",
            "Would make a sweet embroidery.",
        ),
        "Stylised wildflowers on long stems",
        ("Plants", "Nature"),
    ),
    "vases": Subject(
        ("ceramic vases", "still life with vases", "stoneware", "glazed pots", "studio pottery", "vases and branches"),
        ("in window light", "on the shelf", "from the kiln", "on a wooden table"),
        ("new glaze", "a quiet morning", "market find", "thrown by hand"),
        ("the mantelpiece", "a pottery class", "a styled shelf", "a housewarming gift"),
        (
            "Glazed pots in the window light.",
            "A branch or two is all they need.",
            "Learning to throw shapes like these.",
        ),
        "Ceramic vases on a table in window light",
        ("Ceramics", "Interiors"),
    ),
    "citrus": Subject(
        ("citrus slices", "oranges and lemons", "grapefruit pattern", "summer fruit", "blood oranges", "lime slices"),
        ("on a summer cloth", "with mint leaves", "cut in half", "for breakfast"),
        ("juicy", "fresh from the market", "vitamin season", "sharp knife"),
        ("a lemonade stand", "a kitchen print", "a tea towel", "a cocktail party"),
        ("Slices scattered over a coloured cloth.", "You can nearly smell the zest.", "Marmalade time."),
        "Slices of citrus fruit with leaves",
        ("Food", "Patterns"),
    ),
    "cacti": Subject(
        ("potted cacti", "cactus shelf", "little cacti", "desert garden", "cactus in bloom"),
        ("on the windowsill", "in clay pots", "in the sun", "all in a row"),
        ("water once a month", "first bloom", "hard to kill", "full sun"),
        ("a sunny windowsill", "a first apartment", "an office desk", "plant gifts"),
        (
            "In clay pots, one of them in bloom.",
            "The only plants that survive me.",
            "Ribs, spines and a flower on top.",
        ),
        "Cacti in pots in front of a pale sun",
        ("Plants", "Interiors"),
    ),
    "mandala": Subject(
        ("mandala", "dot mandala", "petal rings", "folk rosette", "meditation mandala"),
        ("ring by ring", "from the middle out", "in perfect symmetry", "drawn freehand"),
        ("breathe in", "patience", "a slow drawing", "one dot at a time"),
        ("a yoga corner", "dot painting", "a colouring page", "a round tray"),
        (
            "Rings of petals and dots around one middle.",
            "Start in the centre and keep breathing.",
            "Good practice for a steady hand.",
        ),
        "A mandala of petals, dots and teeth in rings",
        ("Patterns", "Crafts"),
    ),
    "kaleidoscope": Subject(
        ("kaleidoscope", "mirror rosette", "kaleidoscope star", "shards of colour", "mirrored flower"),
        ("in twelve mirrors", "turned once", "out of broken glass", "seen through a tube"),
        ("turn again", "never to return", "all reflections", "a childhood toy"),
        ("a quilt block", "a scarf print", "a tile panel", "a poster"),
        (
            "A few shards and some mirrors, that is all.",
            "Turn it once and it is gone.",
            "I had one of these as a child.",
        ),
        "A kaleidoscope rosette of mirrored shapes",
        ("Patterns", "Abstract art"),
    ),
}

TOPICS: Final = tuple(dict.fromkeys(topic for subject in SUBJECTS.values() for topic in subject.topics))
"""Every topic name that `words.describe` may give."""
