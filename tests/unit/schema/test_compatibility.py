"""No change of the schema breaks a client of the released one without having been announced."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from schema.api import printed
from schema.compatibility import broken

RELEASED = Path(__file__).parents[3] / "schema" / "released.graphql"
TODAY = date(2027, 2, 1)
BASE = """
type Query { pin(id: ID!, size: Int): Pin old: Int@ }
type Pin { id: ID! title: String! }
enum Kind { A B@ }
input Given { a: Int b: Int@ }
"""


def schema(text: str, reason: str | None = None) -> str:
    """The schema with what is marked deprecated for this reason, or not at all."""
    return text.replace("@", f' @deprecated(reason: "{reason}")' if reason else "")


def test_the_schema_breaks_nothing_that_was_released() -> None:
    assert broken(RELEASED.read_text(), printed(), today=datetime.now(UTC).date()) == [], (
        "Clients of the released schema would break. Deprecate it first, with a reason that says “until YYYY-MM-DD”; "
        "once a version is released with it, `make released-schema`."
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (BASE, BASE.replace(" old: Int@", "")),
        (BASE, BASE.replace(" B@", "")),
        (BASE, BASE.replace(" b: Int@", "")),
        (BASE, BASE.replace("old: Int@", "old: String")),
    ],
)
def test_what_was_announced_until_a_day_that_has_come_may_go(before: str, after: str) -> None:
    new = schema(after)

    assert broken(schema(before), new, today=TODAY) != []
    assert broken(schema(before, "Use pin."), new, today=TODAY) != []
    assert broken(schema(before, "Use pin. Until 2027-02-02."), new, today=TODAY) != []
    assert broken(schema(before, "Use pin. Until 2027-02-01."), new, today=TODAY) == []


@pytest.mark.parametrize(
    "after",
    [
        BASE.replace("title: String!", "title: String"),
        BASE.replace("size: Int", "size: Int!"),
        BASE.replace(", size: Int", ""),
        BASE.replace("type Pin { id: ID! title: String! }", "type Pin { id: ID! }"),
        BASE.replace("a: Int", "a: Int!"),
    ],
)
def test_what_was_not_announced_may_not(after: str) -> None:
    assert len(broken(schema(BASE, "Until 2027-01-01."), schema(after, "Until 2027-01-01."), today=TODAY)) == 1


def test_adding_breaks_nothing() -> None:
    more = schema(BASE).replace("id: ID! title", "id: ID! words: String title").replace("A B", "A B C")

    assert broken(schema(BASE), more, today=TODAY) == []
