"""The driver comes without pandas."""

from __future__ import annotations

import subprocess
import sys


def test_importing_the_graph_does_not_import_pandas() -> None:
    said = subprocess.run(
        [sys.executable, "-c", "import graph.client, sys; print('pandas' in sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )

    assert said.stdout.strip() == "False"


def test_pandas_can_be_imported_afterwards() -> None:
    said = subprocess.run(
        [sys.executable, "-c", "import graph.client, pandas; print(pandas.DataFrame({'n': [1]}).n.sum())"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )

    assert said.stdout.strip() == "1"
