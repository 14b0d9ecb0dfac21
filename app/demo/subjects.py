"""What the demo world is about: its topics' descriptions, and the names that people give their boards."""

from __future__ import annotations

from typing import Final

TOPICS: Final = {
    "Landscapes": "Ridges, dunes and valleys, near dusk more often than not.",
    "Travel": "Places to go, or to be glad to have seen.",
    "Ocean": "Waves, harbours, and light on open water.",
    "Architecture": "Facades, windows, and how buildings meet the sky.",
    "Cities": "Skylines, streets, and the lights left on.",
    "Night sky": "Stars, constellations, and whatever glows after dark.",
    "Science": "Order found in numbers, stars and living things.",
    "Crafts": "Paper, glass and ink, worked by hand.",
    "Abstract art": "Colour and form with nothing to explain.",
    "Maps": "Contours and coastlines of real and invented places.",
    "Graphic design": "Posters, grids, and shapes that hold a page.",
    "Interiors": "Rooms, rugs, and the things that make them warm.",
    "Patterns": "Repeats and tilings, from waves to arches.",
    "Photography": "Soft focus, small lights, long exposures.",
    "Textiles": "Weaves, quilts and rugs, thread by thread.",
    "Fashion": "Checks, colours and cloth worth wearing.",
    "Nature": "Trees, meadows, and the seasons passing through.",
    "Plants": "Leaves, cacti and garden borders.",
    "Ceramics": "Vases, bowls, and the hands that threw them.",
    "Food": "Fruit, mostly, and mostly bright.",
}

BOARD_TITLES: Final = {
    "Landscapes": ("Far ridges", "Where the road ends", "Quiet valleys", "Dusk in layers", "Sand and sky"),
    "Travel": ("Someday soon", "Window seat", "Places to wake up in", "One bag, two weeks"),
    "Ocean": ("Salt water", "Harbour evenings", "Every shade of sea", "Low tide"),
    "Architecture": ("Good windows", "Lines of buildings", "Facades I like", "Light through glass"),
    "Cities": ("City after rain", "Lights left on", "Rooftops", "Late trams"),
    "Night sky": ("Star charts", "Clear nights", "After midnight", "Things that glow"),
    "Science": ("Beautiful structures", "Diagrams of the real", "Spirals", "Curiosities"),
    "Crafts": ("Paper and scissors", "Made by hand", "Kitchen table projects", "Glass and glue"),
    "Abstract art": ("No subject", "Colour studies", "Big canvases", "Forms in motion", "Feels like music"),
    "Maps": ("Nowhere in particular", "Contours", "Atlas pages", "Imaginary coasts"),
    "Graphic design": ("Poster wall", "Grids", "Shapes on paper", "Layouts to steal from", "Print ideas"),
    "Interiors": ("Living room plans", "Warm corners", "Small flat, big ideas", "Rugs and lamps", "The new kitchen"),
    "Patterns": ("Repeat after me", "Tiles", "Wrapping paper", "Geometry", "Arches and waves", "Pattern library"),
    "Photography": ("Soft focus", "Little lights", "Blur on purpose", "Shot ideas"),
    "Textiles": ("Loom", "Rugs I cannot afford", "Blanket weather", "Threads"),
    "Fashion": ("Checks", "Winter coats", "Cloth", "Autumn wardrobe"),
    "Nature": ("Under old trees", "Meadow notes", "Seasons", "Green and gold"),
    "Plants": ("Window sill jungle", "Garden border plans", "Leaves", "Things I might not kill", "Cactus shelf"),
    "Ceramics": ("Shelf of vases", "Studio pottery", "Glaze tests", "Bowls and bottles"),
    "Food": ("Citrus season", "Market fruit", "Bright breakfasts", "Kitchen prints"),
}
MIXED_TITLES: Final = ("Odds and ends", "Later", "Mood board", "Things I like", "For the studio", "Inbox")
"""Names of boards that hold a bit of everything."""
