"""The linear rule agrees with graphql-core's, and keeps its temper."""

from __future__ import annotations

import random
import time

import pytest
from graphql import OverlappingFieldsCanBeMergedRule, build_schema, parse, validate

from schema.merging import FieldsCanBeMerged

SCHEMA = build_schema("""
    interface Named { name: String  next: Named  list: [Named]  either: Either }
    type Cat implements Named { name: String next: Cat list: [Named] either: Either lives(of: Int): Int age: Int! }
    type Dog implements Named { name: String next: Dog list: [Named] either: Either lives(of: Int): String age: Int }
    union Either = Cat | Dog
    type Query { named: Named  cat: Cat  dog: Dog  either: Either  cats: [Cat!]!  name: String }
""")
LEAVES = {"name": "", "lives": "", "age": ""}
COMPOSITES = {"next": "", "list": "", "either": "", "named": "", "cat": "", "dog": "", "cats": ""}


def document(rng: random.Random) -> str:
    """A document that may be nonsense in other ways, with few names, so that many fields meet."""

    def selections(depth: int) -> str:
        parts = []
        for _ in range(rng.randint(1, 3)):
            kind = rng.random()
            alias = rng.choice(["", "", "", "", "", "a: ", "b: "])
            if kind < 0.2 and depth:
                parts.append(f"... on {rng.choice(['Cat', 'Dog', 'Named', 'Either'])} {selections(depth - 1)}")
            elif kind < 0.3:
                parts.append(f"...{rng.choice('FG')}")
            elif kind < 0.65 and depth:
                parts.append(f"{alias}{rng.choice(list(COMPOSITES))} {selections(depth - 1)}")
            else:
                name = rng.choice(list(LEAVES))
                parts.append(f"{alias}{name}" + (rng.choice(["", "(of: 1)", "(of: 2)"]) if name == "lives" else ""))
        return "{ " + " ".join(parts) + " }"

    fragments = " ".join(f"fragment {name} on {rng.choice(['Cat', 'Dog', 'Named'])} {selections(1)}" for name in "FG")
    return f"query {selections(2)} {fragments}"


def faults(text: str, rule: type) -> list[str]:
    """What the rule alone finds."""
    return [error.message for error in validate(SCHEMA, parse(text), [rule])]


def test_it_finds_a_conflict_exactly_where_graphql_core_does() -> None:
    rng = random.Random(11)
    found = 0
    for _ in range(600):
        text = document(rng)
        theirs = faults(text, OverlappingFieldsCanBeMergedRule)
        assert bool(faults(text, FieldsCanBeMerged)) == bool(theirs), (text, theirs)
        found += bool(theirs)

    assert 150 < found < 450


@pytest.mark.parametrize(
    ("text", "conflict"),
    [
        ("{ a: name a: named { name } }", "they return conflicting types"),
        ("{ a: cat { name } a: dog { name } }", "'cat' and 'dog' are different fields"),
        ("{ cat { lives(of: 1) lives(of: 2) } }", "differing arguments"),
        (
            "{ either { ... on Cat { lives } ... on Dog { lives } } }",
            "they return conflicting types 'Int' and 'String'",
        ),
        ("{ either { ... on Cat { age } ... on Dog { age } } }", "they return conflicting types 'Int!' and 'Int'"),
    ],
)
def test_a_conflict_says_what_to_do(text: str, conflict: str) -> None:
    [message] = faults(text, FieldsCanBeMerged)

    assert conflict in message
    assert message.endswith("Use different aliases on the fields to fetch both.")


def test_different_fields_may_share_a_name_where_only_one_of_them_applies() -> None:
    assert faults("{ either { ... on Cat { a: name } ... on Dog { a: name } } }", FieldsCanBeMerged) == []


@pytest.mark.parametrize(
    "text",
    [
        "{ " + "cat { name } " * 600 + "}",
        "{ " + "cat { next { next { name } } } " * 150 + "}",
        "{ " + "cat { " * 60 + "name " + "} " * 60 + "}",
        "{ cat { ...F0 } } "
        + " ".join(f"fragment F{n} on Cat {{ a: next {{ ...F{n + 1} }} b: next {{ ...F{n + 1} }} }}" for n in range(40))
        + " fragment F40 on Cat { name }",
        "{ cat { ...F } } fragment F on Cat { name next { ...F } a: next { ...F ...F } }",
    ],
)
def test_no_document_of_2000_tokens_takes_long(text: str) -> None:
    parsed = parse(text)
    began = time.process_time()

    validate(SCHEMA, parsed, [FieldsCanBeMerged])

    assert time.process_time() - began < 1.0  # What is quadratic takes minutes.
