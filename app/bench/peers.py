"""Other libraries' walks over the same graph, run by another interpreter: they need not be installed here."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

_TIMEOUT_S: Final = 600.0
_SCRIPT: Final = """
import json, sys, time
import numpy as np
folder = sys.argv[1]
boards, pins = np.load(folder + "/boards.npy"), np.load(folder + "/pins.npy")
nodes, found = int(pins.max()) + 1, {}
starts = pins[np.random.default_rng(4).integers(0, pins.size, 2000)].astype(np.int64)
try:
    import igraph
    edges = np.column_stack([pins, boards.astype(np.int64) + nodes])
    graph = igraph.Graph(n=nodes + int(boards.max()) + 1, edges=edges)
    began, steps = time.perf_counter(), 0
    for start in starts[:10]:  # Long walks: each call prepares the whole graph first.
        graph.random_walk(int(start), 200_000)
        steps += 100_000
    found["igraph_ns_per_step"] = round((time.perf_counter() - began) * 1e9 / steps, 1)
    del graph
except (ImportError, MemoryError) as error:
    found["igraph"] = f"not measured: {error}"
try:
    import torch, torch_cluster
    torch.set_num_threads(1)
    other = boards.astype(np.int64) + nodes
    ends = [np.concatenate([pins, other]), np.concatenate([other, pins])]
    order = np.argsort(ends[0], kind="stable")  # Once: its own function sorts all edges anew at each call.
    row_starts = torch.from_numpy(np.concatenate([[0], np.cumsum(np.bincount(ends[0]))]))
    col = torch.from_numpy(ends[1][order].astype(np.int64))
    del ends, order, other
    many = torch.from_numpy(starts).repeat(50)
    torch.ops.torch_cluster.random_walk(row_starts, col, many[:100], 20, 1.0, 1.0)
    began = time.perf_counter()
    torch.ops.torch_cluster.random_walk(row_starts, col, many, 20, 1.0, 1.0)
    found["torch_cluster_ns_per_step"] = round((time.perf_counter() - began) * 1e9 / (many.numel() * 10), 1)
except (ImportError, MemoryError) as error:
    found["torch_cluster"] = f"not measured: {error}"
print(json.dumps(found))
"""


def steps(python: Path, boards: NDArray[Any], pins: NDArray[Any], folder: Path) -> dict[str, Any]:
    """Nanoseconds of a step Pin → board → Pin of the libraries that this interpreter has; why not, of others."""
    np.save(folder / "boards.npy", boards)
    np.save(folder / "pins.npy", pins)
    try:
        ran = subprocess.run(  # noqa: S603 - the interpreter that the caller named
            [str(python), "-c", _SCRIPT, str(folder)], capture_output=True, text=True, timeout=_TIMEOUT_S, check=True
        )
        found: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
    except (subprocess.SubprocessError, OSError, ValueError, IndexError) as error:
        return {"failed": str(error)}
    return found
