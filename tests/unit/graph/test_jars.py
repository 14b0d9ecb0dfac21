from __future__ import annotations

import dataclasses
import hashlib
from pathlib import Path

import pytest
from requests import ConnectionError as NoConnection

from domain.errors import Unavailable
from graph.embedded import install, jars
from graph.embedded.jars import Jar


@pytest.fixture
def lock(monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """A lock of three small jars: file name → the bytes that a registry would give."""
    contents = {f"part-{number}.0.jar": f"jar {number}".encode() * 100 for number in range(3)}
    entries = tuple(
        Jar("org.example", "part", f"{number}.0", "", _sha(contents[f"part-{number}.0.jar"])) for number in range(3)
    )
    monkeypatch.setattr(jars, "locked", lambda: entries)
    return contents


@pytest.fixture
def registry(lock: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Serves the jars of `lock`; the list holds what was asked for."""
    asked: list[str] = []

    def download(_: object, artifact: object) -> Path:
        name = str(artifact.filename)  # type: ignore[attr-defined]
        asked.append(name)
        path = Path(artifact.cached_path)  # type: ignore[attr-defined]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(lock[name])
        return path

    monkeypatch.setattr("jgo.maven.PythonResolver.download", download)
    return asked


def test_the_committed_lock_names_the_server_and_no_file_twice() -> None:
    locked = jars.locked()

    assert len({jar.filename for jar in locked}) == len(locked) > 200
    assert "neo4j-5.26.30.jar" in {jar.filename for jar in locked}


def test_jars_are_fetched_verified_and_not_fetched_again(tmp_path: Path, registry: list[str]) -> None:
    assert not jars.complete(tmp_path)

    home = install.install(tmp_path)
    install.install(tmp_path)

    assert sorted(path.name for path in home.glob("*.jar")) == sorted(registry)
    assert len(registry) == 3
    assert jars.complete(tmp_path)


def test_an_interrupted_fetch_goes_on_and_a_half_written_jar_is_fetched_anew(
    tmp_path: Path, registry: list[str], lock: dict[str, bytes]
) -> None:
    home = jars.folder(tmp_path)
    partial = home / "fetching" / "org" / "example" / "part" / "1.0"
    partial.mkdir(parents=True)
    (partial / "part-1.0.jar").write_bytes(b"half")
    (home / "part-0.0.jar").write_bytes(lock["part-0.0.jar"])
    (home / "part-2.0.jar").write_bytes(b"damaged")

    install.install(tmp_path)

    assert sorted(registry) == ["part-1.0.jar", "part-2.0.jar"]
    assert (home / "part-2.0.jar").read_bytes() == lock["part-2.0.jar"]
    assert not (home / "fetching").exists()


def test_a_jar_that_is_not_what_the_lock_says_is_refused(
    tmp_path: Path, registry: list[str], lock: dict[str, bytes]
) -> None:
    lock["part-1.0.jar"] = b"something else"

    with pytest.raises(Unavailable, match="SHA-256"):
        install.install(tmp_path)

    assert not (jars.folder(tmp_path) / "part-1.0.jar").exists()
    assert not jars.complete(tmp_path)


def test_without_a_network_the_message_names_the_ways_out(
    tmp_path: Path, lock: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    def download(*_: object) -> Path:
        raise NoConnection("no route")

    monkeypatch.setattr("jgo.maven.PythonResolver.download", download)

    with pytest.raises(Unavailable) as caught:
        install.install(tmp_path)

    for way in ("network", "PINWALK_GRAPH_URI", str(jars.folder(tmp_path))):
        assert way in caught.value.message


def test_a_jar_that_was_lost_later_is_noticed(tmp_path: Path, registry: list[str]) -> None:
    home = install.install(tmp_path)
    next(home.glob("*.jar")).unlink()

    assert not jars.complete(tmp_path)
    install.install(tmp_path)
    assert jars.complete(tmp_path)


def test_a_classifier_is_part_of_the_file_name() -> None:
    jar = Jar("io.example", "native", "4.1", "linux-x86_64", "00")

    assert jar.filename == "native-4.1-linux-x86_64.jar"
    assert dataclasses.replace(jar, classifier="").filename == "native-4.1.jar"


def _sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
