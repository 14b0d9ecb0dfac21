from __future__ import annotations

from pathlib import Path

import pytest

from app import secret_files, settings
from domain.errors import Invalid


def test_without_an_environment_everything_is_local() -> None:
    known = settings.load({})

    assert known.base_url == "http://127.0.0.1:8000"
    assert known.data_dir == Path.cwd() / "data"
    assert known.graph_uri is None


def test_a_value_of_the_environment_is_read_with_its_type() -> None:
    known = settings.load(
        {"PINWALK_PORT": "9000", "PINWALK_DATA_DIR": "here", "PINWALK_ORIGINS": "http://a.example, https://b.example/"}
    )

    assert known.port == 9000
    assert known.data_dir == Path.cwd() / "here"
    assert known.origins == ("http://a.example", "https://b.example")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PINWALK_PORT", "eighty"),
        ("PINWALK_PORT", "70000"),
        ("PINWALK_GRAPH_URI", "localhost"),
        ("PINWALK_GRAPH_HEAP", "much"),
        ("PINWALK_LOG_LEVEL", "loud"),
        ("PINWALK_DATA_DIR", " "),
        ("PINWALK_EMBEDDER_TIMEOUT_S", "nan"),
        ("PINWALK_SECRET", "short"),
        ("PINWALK_PROT", "8000"),
    ],
)
def test_a_wrong_value_or_name_is_refused_by_its_name(name: str, value: str) -> None:
    with pytest.raises(Invalid, match=name):
        settings.load({name: value})


def test_secrets_are_not_printed() -> None:
    known = settings.load({"PINWALK_SECRET": "x" * 40, "PINWALK_GRAPH_PASSWORD": "hush"})

    assert "x" * 40 not in repr(known)
    assert "hush" not in repr(known)


def test_a_secret_may_be_given_by_the_file_that_holds_it(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("hush\n")

    known = settings.load({"PINWALK_GRAPH_PASSWORD_FILE": str(tmp_path / "password")})

    assert known.graph_password == "hush"


def test_a_secret_by_file_and_by_value_is_refused(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("hush\n")

    with pytest.raises(Invalid, match="both set"):
        settings.load({"PINWALK_GRAPH_PASSWORD_FILE": str(tmp_path / "password"), "PINWALK_GRAPH_PASSWORD": "hush"})


@pytest.mark.parametrize("held", [None, b"", b"\n", b"one\ntwo\n", b"\xff\xfe", b"x" * 5_000])
def test_a_file_that_holds_no_secret_is_refused_by_its_name(tmp_path: Path, held: bytes | None) -> None:
    if held is not None:
        (tmp_path / "password").write_bytes(held)

    with pytest.raises(Invalid, match="PINWALK_GRAPH_PASSWORD_FILE"):
        settings.load({"PINWALK_GRAPH_PASSWORD_FILE": str(tmp_path / "password")})


@pytest.mark.parametrize("name", ["PINWALK_PORT_FILE", "PINWALK_GRAPH_USER_FILE", "PINWALK_FILE", "PINWALK_PROT_FILE"])
def test_only_secrets_are_read_from_files(name: str, tmp_path: Path) -> None:
    with pytest.raises(Invalid, match=name):
        settings.load({name: str(tmp_path)})


def test_a_child_that_is_given_a_secret_is_not_given_the_file_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PINWALK_GRAPH_PASSWORD_FILE", "/run/secrets/graph")
    monkeypatch.setenv("PINWALK_SECRET_FILE", "/run/secrets/master")

    assert "PINWALK_GRAPH_PASSWORD_FILE" not in settings.child_environment(graph_password="hush")
    assert "PINWALK_GRAPH_PASSWORD_FILE" not in settings.child_environment(without=("graph_password",))
    assert settings.child_environment()["PINWALK_SECRET_FILE"] == "/run/secrets/master"


def test_a_generated_secret_is_kept_and_its_owners_alone(tmp_path: Path) -> None:
    first = secret_files.kept(tmp_path / "secrets", "one")

    assert secret_files.kept(tmp_path / "secrets", "one") == first
    assert secret_files.kept(tmp_path / "secrets", "two") != first
    assert (tmp_path / "secrets" / "one").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "secrets").stat().st_mode & 0o777 == 0o700


def test_keys_differ_by_purpose_and_agree_between_processes(tmp_path: Path) -> None:
    known = settings.load({"PINWALK_SECRET": "y" * 40}, data_dir=tmp_path)

    assert secret_files.session_key(known) != secret_files.cursor_key(known)
    assert secret_files.session_key(known) == secret_files.session_key(settings.load({"PINWALK_SECRET": "y" * 40}))
