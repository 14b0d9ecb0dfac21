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
