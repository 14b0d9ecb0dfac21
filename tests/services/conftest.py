"""A model small enough to be made on the spot."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from vectors import models

CLIP_DIM = 24
READY_WITHIN_S = 280.0  # Importing torch takes ten seconds, on a crowded machine minutes.


@pytest.fixture(scope="session")
def tiny_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a CLIP with random weights."""
    if not models.installed():
        pytest.skip("the extra `models` is not installed: no sentence-transformers to make a CLIP with")
    folder = tmp_path_factory.mktemp("clip")
    # In a process of its own: this one stays free of torch.
    made = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("tiny_clip.py")), str(folder), str(CLIP_DIM)],
        capture_output=True,
        text=True,
        timeout=READY_WITHIN_S,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    return folder / "tiny-clip"
