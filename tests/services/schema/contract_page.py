"""`docs/contract.md`: what each field and mutation costs in statements, and which tests name it."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

from graphql import GraphQLField, GraphQLObjectType, get_named_type, is_leaf_type, is_required_argument

from tests.services.schema.contract import SCHEMA

ROOT: Final = Path(__file__).parents[3]
PAGE: Final = ROOT / "docs" / "contract.md"
NODES: Final = ("User", "Board", "BoardSection", "Pin", "Comment", "Topic")
"""The types of things that have a page of their own; the others are read as part of these."""
_HEAD: Final = """# Contract

Every field at the root, every mutation and subscription, and the fields of things that cost something: how many
statements each takes, and a test that names it. The numbers are counted in a run over a real graph, asked by an
account with a board and a Pin on it, nothing remembered, a page of the default size; they do not grow with the page
(`tests/services/schema/test_statements.py`). A mutation's include reading what its answer shows. Every mutation is
tried besides by `tests/services/schema/test_contract.py`: refusals, bounds, repeats, ten at once.

A subscription's are those until its first event is told, of which only an id is asked.

`make contract` writes this page; a test holds it against the schema and a run.
"""


@cache
def _tests() -> dict[str, dict[str, Counter[str]]]:
    """By file, by test: how often each word occurs in it."""
    found: dict[str, dict[str, Counter[str]]] = {}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        text = path.read_text()
        tree, words = ast.parse(text), re.compile(r"[A-Za-z]+")
        held = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
                held[node.name] = Counter(words.findall(ast.get_source_segment(text, node) or ""))
        beside = Counter(words.findall(text))
        found[str(path.relative_to(ROOT / "tests"))] = held | {"": beside}
    return found


def naming(field: str) -> str:
    """A test that names the field: by the words of its own name, the schema's tests before others, the one that names
    it most. Empty when none does."""
    name = field.rpartition(".")[2]
    near = re.findall(r"[a-z]+", re.sub(r"([A-Z])", r" \1", name).lower())
    best: tuple[tuple[int, int, int], str] | None = None
    for file, tests in _tests().items():
        for test, words in tests.items():
            count = words[name]
            if test and count:
                key = (sum(word in test for word in near), file.startswith(("services/schema", "api/")), count)
                if best is None or key > best[0]:
                    best = key, f"{file}::{test}"
    if best is None:  # In what a file's tests share.
        some = [(tests[""][name], file) for file, tests in _tests().items() if tests[""][name]]
        return max(some)[1] if some else ""
    return best[1]


def shape(field: GraphQLField) -> str:
    """What is asked of a field's value: enough that it is read, and nothing below it."""
    kind = get_named_type(field.type)
    if is_leaf_type(kind):
        return ""
    if isinstance(kind, GraphQLObjectType) and "nodes" in kind.fields:
        return "{ nodes { __typename } }"
    return "{ __typename }"


def plain_fields(type_name: str) -> dict[str, GraphQLField]:
    """The fields of a type that can be asked for without arguments."""
    kind = SCHEMA.type_map[type_name]
    assert isinstance(kind, GraphQLObjectType)
    return {
        name: field
        for name, field in kind.fields.items()
        if not any(is_required_argument(argument) for argument in field.args.values())
    }


def written(sections: Mapping[str, Mapping[str, int]]) -> str:
    """The page: a section each, of names and what they cost."""
    lines = [_HEAD]
    for title, rows in sections.items():
        lines += [f"## {title}", "", "| | statements | test |", "|---|---|---|"]
        for name, count in rows.items():
            lines.append(f"| `{name}` | {count} | `{naming(name)}` |")
        lines.append("")
    return "\n".join(lines)


def rows_of(page: str) -> dict[str, str]:
    """By section and name the number that a page gives."""
    found, title = {}, ""
    for line in page.splitlines():
        if line.startswith("## "):
            title = line[3:]
        elif match := re.match(r"\| `(.+?)` \| (\d*) \|", line):
            found[f"{title}: {match[1]}"] = match[2]
    return found
