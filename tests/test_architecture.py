"""What the import contracts cannot see: layers complete, sizes, purity of `domain`, names that are ours."""

from __future__ import annotations

import ast
import importlib.util
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

import pinwalk

ROOT = Path(__file__).parent.parent
MODULE_LINES_MAX = 400
# The node types refer to one another, and a module cannot be cut through a circle: docs/decisions/0017.
LONGER = {"schema/nodes.py": 640}
FUNCTION_LINES_MAX = 60
NAMES_WITHOUT_A_NOUN = frozenset({"utils", "util", "common", "helpers", "helper", "core", "services", "manager"})
OURS_OUTSIDE = frozenset({"tests", "web", "docs", "scripts"})


def layers() -> list[str]:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    (layered,) = (contract for contract in contracts if contract["type"] == "layers")
    return [name.strip() for layer in layered["layers"] for name in layer.split("|")]


def modules() -> Iterator[Path]:
    for layer in layers():
        yield from sorted((ROOT / layer).rglob("*.py"))


def module_names() -> Iterator[str]:
    for path in modules():
        parts = path.relative_to(ROOT).with_suffix("").parts
        yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def test_every_package_on_disk_is_a_layer() -> None:
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - OURS_OUTSIDE

    assert packages == set(layers())


def test_the_command_looks_after_the_name_of_every_package() -> None:
    assert sorted(pinwalk.NAMES) == sorted(layers())


@pytest.mark.parametrize("layer", layers())
def test_a_package_name_is_ours_and_nobody_elses(layer: str) -> None:
    spec = importlib.util.find_spec(layer)

    assert spec is not None
    assert spec.origin is not None
    assert Path(spec.origin).is_relative_to(ROOT)


def test_domain_imports_the_standard_library_alone() -> None:
    for path in sorted((ROOT / "domain").rglob("*.py")):
        for name in imported(path):
            assert name.split(".")[0] in sys.stdlib_module_names | {"domain"}, f"{path.name} imports {name}"


def test_no_module_and_no_function_is_too_long() -> None:
    """A function by what follows its docstring: explaining it is never what makes it too long."""
    too_long = []
    for path in modules():
        text = path.read_text()
        name = path.relative_to(ROOT).as_posix()
        if (count := text.count("\n")) > LONGER.get(name, MODULE_LINES_MAX):
            too_long.append(f"{name}: {count} lines")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                says = node.body[0].end_lineno if ast.get_docstring(node) else node.lineno
                count = (node.end_lineno or 0) - (says or 0) + 1
                if count > FUNCTION_LINES_MAX:
                    too_long.append(f"{name}: {node.name} has {count} lines")

    assert too_long == []


def test_every_module_is_named_for_what_it_holds() -> None:
    assert [name for name in module_names() if name.rsplit(".", 1)[-1] in NAMES_WITHOUT_A_NOUN] == []


def test_a_package_file_holds_one_docstring_and_nothing_else() -> None:
    for path in modules():
        if path.name == "__init__.py":
            body = ast.parse(path.read_text()).body
            assert len(body) == 1, path
            assert ast.get_docstring(ast.parse(path.read_text())), path


def test_every_module_says_what_it_is() -> None:
    assert [path.name for path in modules() if not ast.get_docstring(ast.parse(path.read_text()))] == []


def test_imports_stand_at_the_top_but_in_the_composition_root_and_the_command_line() -> None:
    names = ("cli.py", "cli_feeds.py", "cli_upkeep.py", "launch.py", "bench/commands.py", "resources.py", "stores.py")
    allowed = {ROOT / "app" / name for name in names}
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in modules()
        if path not in allowed
        for function in ast.walk(ast.parse(path.read_text()))
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]

    assert found == []


def test_importing_the_light_packages_starts_nothing() -> None:
    """No thread, no child, no connection: what an import does is done before anybody asked."""
    look = (
        "import importlib, sys, threading;"
        "[importlib.import_module(name) for name in sys.argv[1:]];"
        "assert threading.active_count() == 1, threading.enumerate()"
    )
    names = [name for name in module_names() if name.split(".")[0] in {"domain", "graph", "events", "resolvers"}]

    result = subprocess.run(
        [sys.executable, "-c", look, *names], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )

    assert result.returncode == 0, result.stderr


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
