from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from app import fetching
from graph.embedded import install


def test_a_fetch_says_what_it_fetches_and_how_large_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def pretend(cache: Path, progress: Callable[[install.Progress], None]) -> Path:
        progress(install.Progress(0, 216, 0))
        progress(install.Progress(216, 216, 140_000_000))
        return cache

    monkeypatch.setattr(install, "install", pretend)

    fetching.fetch(tmp_path)

    said = capsys.readouterr().err
    assert "140 MB" in said
    assert "216 of 216 jars" in said
    assert str(tmp_path) in said
