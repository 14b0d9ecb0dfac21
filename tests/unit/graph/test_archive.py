from __future__ import annotations

from pathlib import Path

import pytest

from domain.errors import Invalid, Unavailable
from graph.embedded import archive, command
from graph.embedded.command import EmbeddedGraph


@pytest.fixture
def installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("sys.prefix", str(tmp_path / "venv"))
    return tmp_path / "venv"


def test_without_an_archive_the_server_starts_as_ever(installation: Path, tmp_path: Path) -> None:
    assert not archive.made(tmp_path)
    assert archive.flags(tmp_path) == []


def test_an_archive_that_is_there_is_used(installation: Path, tmp_path: Path) -> None:
    folder = archive.folder(tmp_path)
    folder.mkdir(parents=True)
    (folder / archive.ARCHIVE).touch()

    assert folder.is_relative_to(installation)
    assert f"-XX:SharedArchiveFile={folder / archive.ARCHIVE}" in archive.flags(tmp_path)


def test_jars_that_do_not_run_leave_no_archive_and_one_clear_error(installation: Path, tmp_path: Path) -> None:
    with pytest.raises(Unavailable):
        archive.make(tmp_path / "no-jars", 1, lambda *_: None)

    assert not archive.made(tmp_path / "no-jars")
    assert not list(archive.folder(tmp_path / "no-jars").glob("making-*"))


def test_the_configuration_listens_on_the_loopback_alone_and_keeps_the_password_out(tmp_path: Path) -> None:
    server = EmbeddedGraph(home=tmp_path / "graph", jars=tmp_path, port=17_999, password="not-in-a-file")
    (server.home / "conf").mkdir(parents=True)
    (server.home / ".password-set").write_text("begun with another one")

    with pytest.raises(Invalid, match="secrets folder"):
        command.prepare(server)

    conf = (server.home / "conf" / "neo4j.conf").read_text()
    assert "server.bolt.listen_address=127.0.0.1:17999" in conf
    assert "server.http.enabled=false" in conf
    assert not [path for path in server.home.rglob("*") if path.is_file() and b"not-in-a-file" in path.read_bytes()]
    assert "not-in-a-file" not in " ".join(server.command_with())
