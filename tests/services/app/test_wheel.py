"""The built wheel, installed into an environment of its own, in a folder where nothing else is."""

from __future__ import annotations

import signal
import subprocess
import sys
import sysconfig
import time
import venv
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

import pinwalk
from app import children, settings

ROOT = Path(__file__).parent.parent.parent.parent
START_S = 240.0
STOP_S = 20.0


@dataclass(frozen=True, slots=True)
class Installed:
    """An environment in which the wheel is installed beside the packages of this one, and an empty folder."""

    bin: Path
    site: Path
    empty: Path

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """The command `pinwalk` as it was installed."""
        command = [str(self.bin / "pinwalk"), *arguments]
        ours = ("PINWALK_", "PYTHON")
        inherited = {k: value for k, value in settings.child_environment().items() if not k.startswith(ours)}
        return subprocess.run(
            command,
            cwd=self.empty,
            env=inherited | environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout, built as `make wheel` does."""
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)],
        cwd=ROOT,
        check=True,
        capture_output=True,
        timeout=120,
    )
    [built] = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The locked packages are those of this environment, by their path: its link to the checkout is not followed."""
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder / "venv", with_pip=False, symlinks=True)
    python = folder / "venv" / "bin" / "python"
    [site] = (folder / "venv" / "lib").glob("python*/site-packages")
    (site / "locked.pth").write_text(sysconfig.get_path("purelib") + "\n")
    uv = Path(sys.executable).with_name("uv")
    command = [uv, "pip", "install", "--quiet", "--offline", "--no-deps", "--python", python, wheel]
    subprocess.run([str(word) for word in command], check=True, capture_output=True, timeout=120)
    (folder / "empty").mkdir()
    return Installed(folder / "venv" / "bin", site, folder / "empty")


def test_the_wheel_holds_every_file_of_the_packages_and_nothing_else(wheel: Path) -> None:
    inside = {name for name in zipfile.ZipFile(wheel).namelist() if not name.split("/")[0].endswith(".dist-info")}

    here = {
        str(path.relative_to(ROOT))
        for name in pinwalk.NAMES
        for path in (ROOT / name).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert inside == here | {"pinwalk.py"}
    assert {
        *("graph/migrations/0001_schema.cypher", "graph/embedded/jgo.lock.toml", "graph/embedded/licences.toml"),
        *("app/graphiql/static/main.js", "app/gallery/static/index.html", "schema/schema.graphql"),
    } <= inside


def test_the_wheel_carries_its_licence_and_notice(wheel: Path) -> None:
    names = {name.split(".dist-info/")[-1] for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" in name}

    assert {"licenses/LICENSE", "licenses/NOTICE", "METADATA", "entry_points.txt"} <= names


def test_the_command_tells_its_version_its_help_and_its_settings(installed: Installed) -> None:
    version, help_, table = installed.run("--version"), installed.run("--help"), installed.run("settings")

    assert version.stdout.startswith("pinwalk 0.")
    assert "pinwalk serve --demo" in help_.stdout
    assert "PINWALK_GRAPH_URI" in table.stdout
    assert [done.returncode for done in (version, help_, table)] == [0, 0, 0]
    assert list(installed.empty.iterdir()) == []


def test_the_licences_of_everything_are_listed(installed: Installed) -> None:
    table = installed.run("licences", COLUMNS="200")

    assert table.returncode == 0, table.stderr
    for name, licence in (
        ("starlette", "BSD-3-Clause"),
        ("OpenJDK runtime", "GPL-2.0-only WITH Classpath-exception-2.0"),
        ("org.neo4j:neo4j-kernel", "GPL-3.0-only"),
        ("org.neo4j:neo4j-ast", "Apache-2.0"),
        ("graphiql", "MIT"),
    ):
        rows = [line for line in table.stdout.splitlines() if f" {name} " in line]
        assert len(rows) == 1, name
        assert licence in rows[0]
    assert "pytest" not in table.stdout


def _distribution(site: Path, name: str, *files: str) -> list[Path]:
    """What another distribution leaves behind when it is installed."""
    about = site / f"{name}-9.9.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 9.9\n")
    (about / "RECORD").write_text("".join(f"{file},,\n" for file in files))
    for file in files:
        (site / file).write_text("OTHER = True\n")
    return [site / file for file in files]


@pytest.fixture
def undo(installed: Installed) -> Iterator[None]:
    """Whatever the test does to the environment is taken back."""
    own = {path: path.read_bytes() for path in installed.site.rglob("*") if path.is_file() and path.suffix != ".pyc"}
    yield
    for path in [path for path in installed.site.rglob("*") if path.is_file() and path.suffix != ".pyc"]:
        if path not in own:
            path.unlink()
    for path, data in own.items():
        if not path.exists() or path.read_bytes() != data:
            path.write_bytes(data)
    for about in installed.site.glob("*-9.9.dist-info"):
        about.rmdir()


def _module_beside(installed: Installed) -> None:
    _distribution(installed.site, "schema", "schema.py")


def _file_among_ours(installed: Installed) -> None:
    _distribution(installed.site, "graph", "graph/cycles.py")


def _file_in_place_of_ours(installed: Installed) -> None:
    (installed.site / "media" / "__init__.py").write_text("OTHER = True\n")


def _file_taken_along(installed: Installed) -> None:
    (installed.site / "events" / "bus.py").unlink()


@pytest.mark.usefixtures("undo")
@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (_module_beside, "The name `schema` is also that of the distribution schema 9.9"),
        (_file_among_ours, "The folder of its package `graph` holds a file of the distribution graph 9.9"),
        (_file_in_place_of_ours, "media/__init__.py is gone, or another one"),
        (_file_taken_along, "events/bus.py is gone, or another one"),
    ],
)
def test_a_clash_of_names_is_told_before_anything_is_imported(
    installed: Installed, spoil: Callable[[Installed], None], said: str
) -> None:
    spoil(installed)

    done = installed.run("--version")

    assert done.returncode == 2
    assert said in done.stderr
    assert "uv tool install" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_name_that_is_found_elsewhere_first_is_told(installed: Installed, tmp_path: Path) -> None:
    (tmp_path / "vectors").mkdir()
    (tmp_path / "vectors" / "__init__.py").write_text("")

    done = installed.run("--version", PYTHONPATH=str(tmp_path))

    assert done.returncode == 2
    assert f"The name `vectors` is taken by something else ({tmp_path / 'vectors' / '__init__.py'})" in done.stderr


@pytest.mark.timeout(600)
def test_it_serves_from_an_empty_place(installed: Installed, configured: settings.Settings, neo4j_jars: Path) -> None:
    """Nothing of the checkout is used: what runs is the wheel, its own files, and the packages of the lock."""
    assert neo4j_jars.is_dir()
    port = children.free_port()
    url = f"http://127.0.0.1:{port}"
    others = ("graph_uri", "graph_user", "graph_password", "vectors_uri", "embedder_url", "data_dir", "redis_url")
    environment = settings.child_environment(
        without=others,
        cache_dir=str(configured.cache_dir),
        port=str(port),
        text_model="off",
        graph_heap="512m",
        graph_page_cache="64m",
    )
    environment = {name: value for name, value in environment.items() if not name.startswith("PYTHON")}
    serving = subprocess.Popen([str(installed.bin / "pinwalk"), "serve"], cwd=installed.empty, env=environment)
    try:
        deadline = time.monotonic() + START_S
        while not _ready(_get(f"{url}/readyz")):
            assert serving.poll() is None, "it ended by itself"
            assert time.monotonic() < deadline, f"not ready: {_get(f'{url}/readyz')}"
            time.sleep(0.25)
        query = {"query": "{ trendingPins(first: 1) { nodes { title } } viewer { id } }"}
        answer = httpx.post(f"{url}/graphql", json=query, timeout=30).json()
        assert answer["data"] == {"trendingPins": {"nodes": []}, "viewer": None}
        assert "<title>" in httpx.get(f"{url}/", timeout=30).text
        status = installed.run("status")
        assert status.returncode == 0, status.stdout
        assert (installed.empty / "data" / "graph").is_dir()
    finally:
        serving.send_signal(signal.SIGTERM)
        code = serving.wait(STOP_S)
    assert code == 0


def _get(url: str) -> Any:
    try:
        return httpx.get(url, timeout=5).json()
    except (httpx.HTTPError, ValueError):
        return {}


def _ready(report: Any) -> bool:
    parts = report.get("parts", {})
    return bool(report.get("ready")) and all(part["state"] in {"ready", "off"} for part in parts.values())
