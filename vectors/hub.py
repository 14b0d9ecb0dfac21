"""Models on the hub: looked up in the local cache first; what must be fetched is announced, never fetched silently."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import structlog
from huggingface_hub import HfApi, snapshot_download, try_to_load_from_cache
from huggingface_hub.errors import (
    HFValidationError,
    HTTPError,
    LocalEntryNotFoundError,
    OfflineModeIsEnabled,
)

from domain.errors import Invalid

_MARKERS: Final = ("modules.json", "config.json")
_FILES: Final = [
    "*.json",
    "*.txt",
    "*.model",
    "*.safetensors",
    "pytorch_model.bin",
    "*/*.json",
    "*/*.safetensors",
    "*/*.bin",
]
_TIMEOUT_S: Final = 10.0

log = structlog.get_logger(__name__)


def cached(name: str) -> Path | None:
    """The folder of a model that an earlier run (or another program) has fetched; None when there is none."""
    for repository in _repositories(name):
        for marker in _MARKERS:
            found = try_to_load_from_cache(repository, marker)
            if isinstance(found, str):
                return Path(found).parent
    return None


def check(name: str) -> str:
    """The repository on the hub that a name means. Raises Invalid, with what to do, when the hub has none or is out of
    reach; asks the hub once or twice, 10 s at most each."""
    reasons = []
    for repository in _repositories(name):
        try:
            HfApi().model_info(repository, timeout=_TIMEOUT_S)
        except (HTTPError, HFValidationError, OfflineModeIsEnabled, OSError) as error:
            reasons.append(f"{repository}: {str(error).splitlines()[0] if str(error) else type(error).__name__}")
        else:
            return repository
    raise Invalid(
        f"The model {name!r} is no folder here, is not in the local model cache, and the hub does not give it "
        f"({'; '.join(reasons)}). Check the name, or give a folder that holds the model."
    )


def fetch(repository: str) -> Path:
    """The folder of a model, fetched from the hub; says so in the log. Raises Invalid when that fails."""
    log.warning("model_fetch_started", repository=repository)
    try:
        folder = Path(snapshot_download(repository, allow_patterns=_FILES, etag_timeout=_TIMEOUT_S))
    except (HTTPError, LocalEntryNotFoundError, OSError) as error:
        raise Invalid(f"The model {repository!r} could not be fetched: {error}") from error
    log.info("model_fetched", repository=repository, folder=str(folder))
    return folder


def _repositories(name: str) -> tuple[str, ...]:
    return (name,) if "/" in name else (f"sentence-transformers/{name}", name)
