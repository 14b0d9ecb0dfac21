"""The pages for people say what the code does."""

from __future__ import annotations

import importlib
import re
import tomllib
from pathlib import Path

import pytest

from app import settings
from app.watch.figures import FIGURES
from domain import errors, limits

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"


def test_every_setting_is_documented_as_it_is() -> None:
    page = (DOCS / "settings.md").read_text()

    rows = re.findall(r"^\| `(PINWALK_[A-Z0-9_]+)` \| (.*?) ?\| (.*) \|$", page, re.MULTILINE)

    assert rows == settings.table()


def test_every_secret_that_a_file_may_hold_is_documented() -> None:
    page = (DOCS / "settings.md").read_text()

    assert re.findall(r"`(PINWALK_[A-Z0-9_]+)_FILE`", page) == settings.secrets()


def test_every_limit_is_documented_as_it_is() -> None:
    written = dict(re.findall(r"^\| `([A-Z_]+)` \| (.+) \|$", (DOCS / "limits.md").read_text(), re.MULTILINE))

    present = {name: getattr(limits, name) for name in vars(limits) if name.isupper()}

    assert written == {name: str(v) if isinstance(v, tuple) else f"{v:,}" for name, v in present.items()}


def test_every_error_code_is_documented() -> None:
    page = (DOCS / "errors.md").read_text()

    for kind in vars(errors).values():
        if isinstance(kind, type) and issubclass(kind, errors.ProductError):
            assert f"`{kind.code}`" in page, kind.code


def test_every_package_is_on_the_map() -> None:
    page = (DOCS / "ARCHITECTURE.md").read_text()

    for path in sorted(ROOT.glob("*/__init__.py")):
        if path.parent.name != "tests":
            assert f"`{path.parent.name}/`" in page, path.parent.name


def test_every_module_on_the_map_is_where_the_map_says() -> None:
    page = (DOCS / "ARCHITECTURE.md").read_text()
    in_rows = [
        f"{folder}{name}"
        for folder, row in re.findall(r"^\| `([a-z]+/)` \|(.*)$", page, re.MULTILINE)
        for name in re.findall(r"`([a-z_/]+\.py)`", row)
    ]
    elsewhere = re.sub(r"^\| `[a-z]+/` \|.*$", "", page, flags=re.MULTILINE)
    with_folders = re.findall(r"`([a-z_]+/[a-z_/]+\.py)`", elsewhere)

    assert [path for path in in_rows + with_folders if not (ROOT / path).exists()] == []


def test_every_decision_has_a_number_of_its_own() -> None:
    numbers = [path.name[:4] for path in sorted((DOCS / "decisions").glob("*.md"))]

    assert numbers == [f"{number:04}" for number in range(1, len(numbers) + 1)]


def test_links_between_pages_lead_somewhere() -> None:
    for page in [*DOCS.rglob("*.md"), ROOT / "README.md"]:
        for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text()):
            if "://" not in target:
                assert (page.parent / target).exists(), f"{page.name}: {target}"


@pytest.mark.parametrize("name", ["runtime", "models", "dev", "uv"])
def test_lock_files_hold_versions_and_hashes_and_no_address(name: str) -> None:
    text = (ROOT / "locks" / f"{name}.txt").read_text()

    assert "://" not in text
    for entry in re.findall(r"^[a-z0-9][^\n]*", text, re.MULTILINE):
        assert "==" in entry
        assert entry.endswith("\\"), f"{entry} has no hash"


def test_the_lock_of_the_neo4j_server_holds_hashes_and_no_address() -> None:
    text = (ROOT / "graph" / "embedded" / "jgo.lock.toml").read_text()

    assert "://" not in text
    for jar in tomllib.loads(text)["dependencies"]:
        assert re.fullmatch(r"[0-9a-f]{64}", jar["sha256"])


def test_every_metric_is_documented_as_it_is() -> None:
    page = (DOCS / "operations.md").read_text()

    rows = re.findall(r"^\| `((?:pinwalk|process)_\w+)` \| (\w+) \| (.*?) ?\| (.+?) \| (.+) \|$", page, re.MULTILINE)

    assert rows == [
        (f.name, f.kind, ", ".join(f"`{label}`" for label in f.labels), ", ".join(f.processes), f.says) for f in FIGURES
    ]


@pytest.mark.parametrize("name", ["alerts.yml", "dashboard.json"])
def test_rules_and_panels_ask_for_metrics_that_there_are(name: str) -> None:
    known = {figure.name: figure for figure in FIGURES}
    suffixed = {f"{f.name}{end}" for f in FIGURES if f.kind == "histogram" for end in ("_bucket", "_count", "_sum")}
    text = (DOCS / "operations" / name).read_text()

    asked = set(re.findall(r"\b(?:pinwalk|process)_\w+", re.sub(r"job=~?.pinwalk[^}]*", "", text)))

    assert len(asked) > 10
    assert asked - known.keys() - suffixed == set()


def test_every_alert_is_on_the_page() -> None:
    rules = (DOCS / "operations" / "alerts.yml").read_text()
    page = (DOCS / "operations.md").read_text()

    found = re.findall(r'- alert: (\w+)\n.*?summary: (.+?)\n\s+description: "(.+?)"\n', rules, re.DOTALL)

    assert len(found) == rules.count("- alert:")
    for name, when, what in found:
        assert f"| `{name}` | {when} | " in page, name
        assert what.replace('\\"', '"') in page, name


def test_every_bound_of_memory_is_documented_as_it_is() -> None:
    page = (DOCS / "benchmarks.md").read_text()

    rows = re.findall(r"^\| .+ \| `([a-z_.]+)\.([A-Z_]+)` \| ([0-9,]+) \|", page, re.MULTILINE)

    assert len(rows) > 10
    for module, name, value in rows:
        assert f"{getattr(importlib.import_module(module), name):,}" == value, name
