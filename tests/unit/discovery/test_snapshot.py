"""The walk's snapshot file: what is written comes back, what is damaged or foreign is refused."""

from __future__ import annotations

import errno
import random
import resource
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from discovery.walk import deposit, snapshot, warming
from discovery.walk.flat import Flat
from discovery.walk.snapshot import BadSnapshot, Origin
from domain.errors import Unavailable
from domain.ids import PinN

ORIGIN = Origin(7, "event_7")


@pytest.fixture(scope="module", autouse=True)
def _warm() -> None:
    warming.warm()


def graph(*, wide: bool = False) -> Flat:
    rng = random.Random(3)
    pairs = np.array(sorted({(rng.randrange(60), rng.randrange(200)) for _ in range(900)}))
    return Flat.build(pairs[:, 0].copy(), pairs[:, 1].copy(), wide=wide)


def walked(flat: Flat) -> list[deposit.WalkHit]:
    return deposit.recommend(flat, [(PinN(5), 1.0), (PinN(9), 0.5)], limit=50, exclude=(), seed=4, boards_max=9)


@pytest.mark.parametrize("wide", [False, True])
def test_a_written_snapshot_is_walked_like_the_layout_it_is_of(tmp_path: Path, *, wide: bool) -> None:
    flat = graph(wide=wide)
    flat.edit(np.array([500, 3]), np.array([900, 5]), np.array([True, False]))
    snapshot.write(flat, tmp_path / "a.walk", ORIGIN)

    opened = snapshot.open_(tmp_path / "a.walk")
    opened.verify()

    assert opened.origin == ORIGIN
    assert (opened.flat.saves, opened.flat.words.dtype) == (flat.saves, flat.words.dtype)
    assert walked(opened.flat) == walked(flat)
    assert opened.flat.boards_of(900).tolist() == [500]


WALKS = """
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from discovery.walk import deposit, pixie, snapshot

flat = snapshot.open_(Path(sys.argv[1])).flat
asked = [(5, 1.0), (9, 0.5), (11, 0.25)]

def walks(seed):
    sampled = deposit.ranked(flat, asked, limit=50, seed=seed, boards_max=9, vias=2)
    stepped = pixie.ranked(flat, asked, limit=50, seed=seed, steps=4_000, early_stop=(20, 4), vias=2)
    return [(found.pins.tobytes(), found.scores.tobytes(), found.vias) for found in (sampled, stepped)]

with ThreadPoolExecutor(int(sys.argv[2])) as threads:
    print(list(threads.map(walks, range(12))))
"""


def test_one_snapshot_and_seed_walk_alike_to_the_bit_in_every_process_and_on_any_number_of_threads(
    tmp_path: Path,
) -> None:
    snapshot.write(graph(), tmp_path / "a.walk", ORIGIN)

    answers = [
        subprocess.run(
            [
                *("env", f"PYTHONHASHSEED={threads}", f"NUMBA_NUM_THREADS={1 + threads % 2}"),
                *(sys.executable, "-c", WALKS, str(tmp_path / "a.walk"), str(threads)),
            ],
            cwd=Path(__file__).parents[3],
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
        ).stdout
        for threads in (1, 6)
    ]

    assert answers[0] == answers[1]
    assert answers[0].count("Via(") > 100


def test_changes_of_an_opened_snapshot_never_reach_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.walk"
    snapshot.write(graph(), path, ORIGIN)
    before = path.read_bytes()
    opened = snapshot.open_(path)

    opened.flat.edit(np.arange(60), np.full(60, 11), np.ones(60, np.bool_))

    assert opened.flat.boards_of(11).size == 60
    assert path.read_bytes() == before
    snapshot.open_(path).verify()


def test_any_damaged_byte_is_refused(tmp_path: Path) -> None:
    path, flat = tmp_path / "a.walk", graph()
    snapshot.write(flat, path, ORIGIN)
    good = path.read_bytes()
    places = [0, 9, 40, *random.Random(1).sample(range(4096, 4096 + 4 * flat.built), 40), len(good) - 4090]

    for place in places:
        path.write_bytes(good[:place] + bytes([good[place] ^ 16]) + good[place + 1 :])
        with pytest.raises(BadSnapshot, match=r"a\.walk"):
            snapshot.open_(path).verify()


@pytest.mark.parametrize("content", [b"", b"PINWALK1", b"PK\x03\x04" * 3000])
def test_a_file_that_is_cut_short_or_no_snapshot_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.walk"
    path.write_bytes(content)

    with pytest.raises(BadSnapshot):
        snapshot.open_(path)


def test_a_snapshot_without_its_end_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.walk"
    snapshot.write(graph(), path, ORIGIN)
    path.write_bytes(path.read_bytes()[:-4096])

    with pytest.raises(BadSnapshot, match="damaged"):
        snapshot.open_(path)


def test_a_full_disk_leaves_the_old_snapshot_and_nothing_half_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, flat = tmp_path / "a.walk", graph()
    snapshot.write(flat, path, ORIGIN)
    before = path.read_bytes()

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("discovery.replacing.os.fsync", full)
    with pytest.raises(Unavailable, match="No space left"):
        snapshot.write(flat, path, Origin(8, "event_8"))

    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_disk_that_fills_up_while_the_file_is_written_leaves_the_old_snapshot(tmp_path: Path) -> None:
    path, flat = tmp_path / "a.walk", graph()
    snapshot.write(flat, path, ORIGIN)
    before, limits = path.read_bytes(), resource.getrlimit(resource.RLIMIT_FSIZE)

    resource.setrlimit(resource.RLIMIT_FSIZE, (6_000, limits[1]))  # The system takes that many bytes and no more.
    try:
        with pytest.raises(Unavailable, match=r"a\.walk could not be written"):
            snapshot.write(flat, path, Origin(8, "event_8"))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_cannot_be_made_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(Unavailable, match="could not be written"):
        snapshot.write(graph(), tmp_path / "file" / "a.walk", ORIGIN)


@pytest.mark.parametrize("changed", [{"version": 2, "more": 1}, {"byte_order": "middle"}], ids=["version", "machine"])
def test_a_whole_file_of_another_version_or_machine_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changed: dict[str, object]
) -> None:
    path = tmp_path / "a.walk"
    fields = dict[str, object]()

    def foreign(header: object) -> dict[str, object]:
        fields.update(asdict(header) | changed)  # type: ignore[call-overload]
        return fields

    monkeypatch.setattr(snapshot, "asdict", foreign)
    snapshot.write(graph(), path, ORIGIN)

    with pytest.raises(BadSnapshot, match="another version or kind of machine"):
        snapshot.open_(path)


def test_a_snapshot_of_no_saves_is_opened_and_leads_nowhere(tmp_path: Path) -> None:
    none = np.zeros(0, np.int64)
    snapshot.write(Flat.build(none, none), tmp_path / "a.walk", ORIGIN)

    opened = snapshot.open_(tmp_path / "a.walk")
    opened.verify()

    assert opened.flat.saves == 0
    assert walked(opened.flat.owned()) == []
