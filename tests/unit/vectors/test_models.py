from __future__ import annotations

from pathlib import Path

import pytest

from app.embedder import wanted_image, wanted_text
from domain.errors import Invalid
from vectors import models
from vectors.embedder import ModelState


def test_off_is_off() -> None:
    wanted = wanted_text("off", threads=1)

    assert models.find_text("off") is None
    assert wanted.info.state is ModelState.OFF
    assert wanted.load is None


def test_the_default_text_model_is_off_while_its_packages_are_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "installed", lambda: False)

    wanted = wanted_text(models.BUNDLED_TEXT_MODEL, threads=1)

    assert wanted.info.state is ModelState.OFF
    assert "models" in wanted.info.detail


def test_without_an_image_model_pictures_are_compared_by_look() -> None:
    wanted = wanted_image(None, threads=1)

    assert (wanted.info.name, wanted.info.dim) == ("lookalike", 256)


@pytest.mark.parametrize("name", ["/no/such/folder", "./nowhere", "what is this?", "a/b/c"])
def test_a_wrong_name_says_what_to_give(name: str) -> None:
    with pytest.raises(Invalid, match="PINWALK_IMAGE_MODEL") as refused:
        models.find_image(name)

    assert "give" in refused.value.message


def test_a_folder_without_a_model_is_said_to_be_none(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="no model folder"):
        models.find_image(str(tmp_path))


def test_a_model_without_its_packages_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "modules.json").write_text("[]")
    monkeypatch.setattr(models, "installed", lambda: False)

    with pytest.raises(Invalid, match="extra `models`"):
        models.find_image(str(tmp_path))


def test_a_folder_has_another_version_when_any_byte_changes(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    first = models.folder_version(tmp_path)
    (tmp_path / "config.json").write_text("{ }")

    assert first != models.folder_version(tmp_path)
    assert len(first) == 8
