"""Pictures of benchmarks: whole SVG, every method and size in it, and files that are none refused."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from app.bench import plots
from domain.errors import Invalid

QUALITY = [
    {"method": "popular", "ndcg10": 0.153, "ms_per_request": 0.0},
    {"method": "blend <b>", "ndcg10": 0.623, "ms_per_request": 1.9},
]


def walk(edges: int, ns: float, **peers: object) -> dict[str, object]:
    return {"edges": edges, "ns_per_step": ns, "limit_ns_per_step": ns / 2, "peers": peers}


def test_both_pictures_are_written_with_all_that_was_measured(tmp_path: Path) -> None:
    quality, small, large = tmp_path / "q.json", tmp_path / "a.json", tmp_path / "b.json"
    quality.write_text(json.dumps(QUALITY))
    small.write_text(json.dumps(walk(17_000_000, 30.0, igraph_ns_per_step=2_700.0, torch_cluster="not measured: no")))
    large.write_text(json.dumps(walk(170_000_000, 37.0)))

    made = plots.run(quality=quality, walks=[large, small], folder=tmp_path / "pictures")

    assert [path.name for path in made] == ["quality.svg", "steps.svg"]
    trees = [ElementTree.fromstring(path.read_text()) for path in made]  # noqa: S314 - our own
    texts = [[node.text for node in tree.iter() if node.tag.endswith("text")] for tree in trees]
    assert {"popular", "blend <b>"} <= set(texts[0])
    assert {"this walk", "what memory allows", "igraph", "17M", "170M"} <= set(texts[1])


def test_a_point_lies_where_its_values_say() -> None:
    axis = plots.Axis("x", 1.0, 100.0, (), log=True)

    assert [axis.share(value) for value in (1.0, 10.0, 100.0)] == pytest.approx([0.0, 0.5, 1.0])
    assert plots.Axis("y", 0.0, 4.0, ()).share(1.0) == 0.25


def test_a_file_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_text("no")

    with pytest.raises(Invalid, match=r"bad\.json"):
        plots.run(quality=tmp_path / "bad.json", walks=(), folder=tmp_path)
