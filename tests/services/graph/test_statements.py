"""What holds for every Cypher constant of the package."""

import importlib
import pkgutil
import re
from collections.abc import Iterator

import pytest

import graph as package
from graph.client import Graph

FRAGMENTS = {"visibility.VIEWER", "visibility.BLOCKERS"}
# The operator takes a Pin off every Board, likewise.
FOR_WHO_LEAVES = {f"leaving.{name}" for name in ("LEAVE", "NEXT_BOARD", "MORE_PINS", "FORGET_SAVER")}
FOR_THE_OPERATOR = {"reports.TAKEN_DOWN_HOLDERS", "reports.TAKE_OFF"}
# What is not a read of a viewer's: a deletion reaches every Board, so does its undoing, and returns nothing of them.
FOR_THE_CREATOR = {
    "pin_writes.LOCK_HOLDERS",
    "pin_writes.TRASH_SAVES",
    "pin_writes.LEFT_ON",
    "trash.LOCK_OF_PINS",
    "trash.SAVES_OF_PINS",
}


def constants() -> Iterator[tuple[str, str]]:
    for module in pkgutil.iter_modules(package.__path__):
        if not module.ispkg:
            for name, value in vars(importlib.import_module(f"graph.{module.name}")).items():
                if re.fullmatch(r"[A-Z][A-Z_0-9]*", name) and isinstance(value, str):
                    yield f"{module.name}.{name}", value


STATEMENTS = {
    name: text
    for name, text in constants()
    if re.match(r"\s*(OPTIONAL MATCH|MATCH|RETURN|CREATE|MERGE|UNWIND|CALL)\b", text) and name not in FRAGMENTS
}


def test_there_are_statements_to_look_at() -> None:
    assert len(STATEMENTS) > 80


@pytest.mark.parametrize("name", sorted(STATEMENTS))
def test_secret_saves_are_named_only_with_the_viewers_own_boards(name: str) -> None:
    text = STATEMENTS[name]

    if "HOLDS_SECRET" in text and name not in FOR_THE_CREATOR | FOR_THE_OPERATOR | FOR_WHO_LEAVES:
        assert re.search(r"\((v|u|\w*:User \{n: \$(viewer|by|u)\})\)-\[\w*:OWNS", text), name


async def test_every_statement_can_be_planned(graph: Graph) -> None:
    maps: dict[str, object] = {name: {} for name in ("fields", "pin", "save", "facts", "options")}
    lists = {
        name: []
        for name in (
            *("rows", "ns", "keys", "pairs", "ids", "exts", "topics", "creators", "backoff", "numbers"),
            *("gaps", "marks", "versions", "lab", "kinds", "pictures", "owners", "scopes", "in_app_off", "push_off"),
            *("ps", "ks", "hashes", "users", "bs"),
        )
    }
    for name, text in STATEMENTS.items():
        values = {
            "public": True,
            "index": "pin_text",
            "asked": "a",
            "whole": "a",
            "loose": "a",
            "some": "a",
            "gone": True,
            "head": True,
            "follows": True,
            **maps,
            **lists,
        }
        if name in {"publicity.RECOUNT_BOARDS", "announcing.MEANT"}:
            values["boards"] = []
        params = {key: values.get(key, 1) for key in re.findall(r"\$(\w+)", text)}

        await graph.read("EXPLAIN " + text, timeout_s=30, **params)
