"""The manifest of trusted documents, and what is run by it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from app.transports.request import Malformed
from app.transports.trusted import DOCUMENTS_MAX, TrustedDocuments, read
from domain.errors import Invalid

QUERY = "{ viewer { id } }"
ID = hashlib.sha256(QUERY.encode()).hexdigest()


def manifest(path: Path, content: object) -> Path:
    """A manifest with this in it."""
    path.write_text(json.dumps(content))
    return path


@pytest.mark.parametrize(
    "content",
    [
        {ID: QUERY},
        {f"sha256:{ID.upper()}": QUERY},
        {"format": "apollo-persisted-query-manifest", "version": 1, "operations": [{"id": ID, "body": QUERY}]},
    ],
)
def test_a_document_is_found_by_its_hash_in_any_form(tmp_path: Path, content: object) -> None:
    trusted = read(manifest(tmp_path / "manifest.json", content), only=True)

    assert trusted.text(ID, None) == QUERY
    assert trusted.text(f"sha256:{ID.upper()}", None) == QUERY
    assert trusted.text(None, QUERY) == QUERY


@pytest.mark.parametrize("document_id", ["", "nonsense", "0" * 64, "md5:" + ID])
def test_an_id_that_is_not_known_is_refused(document_id: str) -> None:
    with pytest.raises(Malformed) as refused:
        TrustedDocuments({ID: QUERY}, only=False).text(document_id, QUERY)

    assert refused.value.code == "NOT_FOUND"


def test_another_document_is_run_unless_only_known_ones_are() -> None:
    assert TrustedDocuments({ID: QUERY}, only=False).text(None, "{ other }") == "{ other }"
    with pytest.raises(Malformed) as refused:
        TrustedDocuments({ID: QUERY}, only=True).text(None, "{ other }")

    assert (refused.value.status, refused.value.code) == (403, "FORBIDDEN")


@pytest.mark.parametrize(
    "content",
    [
        [],
        {ID: 3},
        {ID: "{ other }"},
        {"operations": [{"id": ID}]},
        {ID: QUERY + " " * 70_000},
        {f"{number:064x}": "" for number in range(DOCUMENTS_MAX + 1)},
    ],
)
def test_a_manifest_that_is_wrong_is_refused_at_the_start(tmp_path: Path, content: object) -> None:
    with pytest.raises(Invalid, match=r"manifest\.json"):
        read(manifest(tmp_path / "manifest.json", content), only=False)


def test_only_needs_a_manifest(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="PINWALK_TRUSTED_DOCUMENTS"):
        read(None, only=True)
    with pytest.raises(Invalid, match="cannot be read"):
        read(tmp_path / "nothing.json", only=False)
