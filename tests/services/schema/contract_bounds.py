"""What several mutations of `contract_table.py` share: what they answer, what they name, the bounds of their fields."""

from __future__ import annotations

from typing import Final

from tests.services.schema.contract import Bound, Id, ago, many, text

SESSION: Final = "viewer { id } accessToken refreshToken"
BATCH: Final = "count results { id userErrors { code message field } }"
BOARD, PIN, USER, GONE = "board { id }", "pin { id }", "user { id }", "deletedId"

MINE: Final = Id("board")  # A board to be changed: others may look at a public one.
PLACE: Final = Id("section", theirs="NOT_FOUND")  # A section of the board that is named beside it.
LOOKED_AT: Final = Id("pin", theirs=None)
TOPIC: Final = Id("topic", secret=False, theirs=None)
SOMEBODY: Final = Id("user", theirs=None)

PASSWORD: Final = Bound(("x" * 8, "x" * 256), (("x" * 7, "INVALID"), ("x" * 257, "INVALID")))
PROOF: Final = Bound(("$password",), (("x" * 8, "FORBIDDEN"), ("", "FORBIDDEN"), ("x" * 10_000, "FORBIDDEN")))
NO_ADDRESS: Final = (("moss", "INVALID"), ("ftp://example.org/x", "INVALID"), ("http://", "INVALID"))
LINK: Final = Bound(
    ("https://example.org/", "https://example.org/" + "x" * 2_028),
    (("https://example.org/" + "x" * 2_029, "INVALID"), *NO_ADDRESS),
)
PICTURE_AT: Final = Bound((), NO_ADDRESS)  # What is at an address that may be asked: test_likeness_api.py.
WORDS: Final = {"title": text(100), "description": text(800, 0)}
PIN_WORDS: Final = {**WORDS, "altText": text(500, 0), "link": LINK, "topicIds": many("topic", 10)}
ACT: Final = {"pinId": "$pin", "kind": "DWELL", "at": ago(seconds=5), "dwellMs": 900}
