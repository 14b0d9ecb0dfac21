"""From what viewers report to what the home feed's sources count: through the files, as the worker does it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from app import learning
from app.learning import LEANINGS, exposed, lean
from discovery import leanings, parts
from discovery.leaning_store import KeptLeanings
from domain.acts import Act, Batch, EngagementKind
from domain.ids import PinN, UserN
from domain.model import Source
from media import exposures, parquet
from media.disk import DiskStore
from media.exposures import Acts
from tests.unit.discovery.test_leanings import viewers_of

NOW = datetime(2026, 3, 4, 5, 6, tzinfo=UTC)
NOW_MS = int(NOW.timestamp() * 1000)


def reported(slates: int, page: int = 12) -> list[Batch]:
    """What simulated viewers tell of their pages, a batch each: impressions of all, clicks of what they took."""
    shown = viewers_of(4, slates=slates, page=page)
    told = parts.packed(shown.parts)
    batches = []
    for slate in range(slates):
        acts = []
        for place in range(page):
            row = slate * page + place
            kinds = [EngagementKind.IMPRESSION, *([EngagementKind.CLICK] if shown.taken[row] else [])]
            where = ("home", f"{slate:016x}", place, float(shown.looked[row]), told[row])
            acts += [Act(PinN(row), kind, NOW_MS - slate, 0, *where) for kind in kinds]
        batches.append(Batch(slate + 1, UserN(int(shown.viewers[slate * page])), tuple(acts)))
    return batches


async def test_what_viewers_report_becomes_factors_that_every_process_reads(tmp_path: Path) -> None:
    store, folder = await DiskStore.open(tmp_path / "media"), tmp_path / "walk"
    batches = reported(1_500)
    half = len(batches) // 2
    await parquet.append(store, batches[:half], now=NOW - timedelta(hours=3))
    await parquet.append(store, batches[half:], now=NOW)

    found = await lean(store, folder, NOW)
    kept = KeptLeanings(folder / LEANINGS)
    kept.refresh()
    late = await lean(store, folder, NOW + timedelta(days=40))

    assert found is not None
    assert kept.value == found
    assert found.learnt_ms == NOW_MS
    assert found.factors[Source.WALK] < 1 < found.factors[Source.VISUAL]
    assert "VISUAL ×" in learning.told(found)
    assert late is None
    kept.refresh()
    assert kept.value == found


async def test_the_newest_files_are_read_and_no_more_than_are_wanted(tmp_path: Path) -> None:
    store = await DiskStore.open(tmp_path)
    old, new = reported(20)[:10], reported(20)[10:]
    await parquet.append(store, old, now=NOW - timedelta(hours=1))
    await parquet.append(store, new, now=NOW)

    few = await exposures.acts(store, feed="home", since=NOW - timedelta(days=1), rows_max=1)
    every = await exposures.acts(store, feed="home", since=NOW - timedelta(days=1), rows_max=10**6)
    other = await exposures.acts(store, feed="following", since=NOW - timedelta(days=1), rows_max=10**6)

    assert len(few.user) == sum(len(batch.acts) for batch in new)
    assert len(every.user) == sum(len(batch.acts) for batch in (*old, *new))
    assert len(other.user) == 0


def test_a_pin_of_a_slate_counts_once_by_the_strongest_act_and_no_viewer_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leanings, "SLATES_EACH_MAX", 2)
    rows = [  # user, slate, pin, kind, at
        *((1, 0, 7, "IMPRESSION", 10), (1, 0, 7, "CLICK", 11), (1, 0, 7, "CLOSEUP", 12), (1, 0, 8, "IMPRESSION", 10)),
        *((1, 1, 7, "IMPRESSION", 30), (1, 2, 7, "IMPRESSION", 20), (2, 2, 7, "SHARE", 5)),
    ]
    user, slate, pin, kind, at = zip(*rows, strict=True)
    acts = Acts(
        *(np.array(user), np.array(pin), list(kind), np.array(at), np.array(slate)),
        *(np.full(len(rows), 0.5), [bytes(8)] * len(rows)),
    )

    found = exposed(acts)

    seen = sorted(zip(found.viewers.tolist(), found.taken.tolist(), strict=True))
    assert seen == [(1, 0.0), (1, 0.0), (2, 0.8)]
    monkeypatch.setattr(leanings, "SLATES_EACH_MAX", 3)
    found = exposed(acts)
    assert sorted(zip(found.viewers.tolist(), found.taken.tolist(), strict=True)) == [
        *((1, 0.0), (1, 0.0), (1, 0.0), (1, 0.5), (2, 0.8)),
    ]
    assert len(set(found.slates.tolist())) == 4
