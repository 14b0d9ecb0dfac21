"""Trusted documents: operations known by the SHA-256 of their text, and nothing else where that is all that is taken.

A manifest is JSON: an object of hash and document, or what Apollo's tools write (`operations` with `id` and `body`).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from app.transports.request import Malformed
from domain.errors import Forbidden, Invalid, NotFound

DOCUMENTS_MAX: Final = 10_000
DOCUMENT_CHARS_MAX: Final = 65_536
MANIFEST_BYTES_MAX: Final = 64 * 1024 * 1024
_ID: Final = re.compile(r"(?:sha256:)?([0-9a-fA-F]{64})")


class TrustedDocuments:
    """The documents of a manifest. With `only`, whatever is not among them is refused."""

    def __init__(self, documents: Mapping[str, str], *, only: bool) -> None:
        self._documents = documents
        self.only = only
        self._texts = frozenset(documents.values()) if only else frozenset()

    def text(self, document_id: str | None, query: str | None) -> str:
        """The document to run. Raises Malformed for one that is not known, or not trusted where only such are taken."""
        if document_id is not None:
            found = _ID.fullmatch(document_id)
            text = self._documents.get(found[1].lower()) if found else None
            if text is None:
                raise Malformed("There is no document of this `documentId` here.", code=NotFound.code)
            return text
        if query is None:
            raise Malformed("`query` is missing: send the document to run as text, or the `documentId` of a known one.")
        if self.only and query not in self._texts:
            raise Malformed(
                "Only documents that were agreed on are run: send the `documentId` of one.",
                status=403,
                code=Forbidden.code,
            )
        return query


def read(path: Path | None, *, only: bool) -> TrustedDocuments:
    """The documents of a manifest; none when there is none. Raises Invalid, which says what is wrong."""
    if path is None:
        if only:
            raise Invalid("PINWALK_TRUSTED_DOCUMENTS_ONLY needs PINWALK_TRUSTED_DOCUMENTS: the manifest of documents.")
        return TrustedDocuments({}, only=False)
    try:
        if path.stat().st_size > MANIFEST_BYTES_MAX:
            raise Invalid(f"The manifest {path} has more than {MANIFEST_BYTES_MAX:,} bytes.")
        documents = _documents(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, LookupError, RecursionError) as error:
        raise Invalid(f"The manifest of documents in {path} cannot be read: {error}") from None
    if len(documents) > DOCUMENTS_MAX:
        raise Invalid(f"The manifest {path} has {len(documents)} documents; at most {DOCUMENTS_MAX} are taken.")
    for key, text in documents.items():
        if len(text) > DOCUMENT_CHARS_MAX or hashlib.sha256(text.encode()).hexdigest() != key:
            raise Invalid(f"{path}: the document {key[:80]!r} is too long, or has another SHA-256 than that.")
    return TrustedDocuments(documents, only=only)


def _documents(manifest: Any) -> dict[str, str]:
    if isinstance(manifest, dict) and isinstance(manifest.get("operations"), list):
        manifest = {entry["id"]: entry["body"] for entry in manifest["operations"] if isinstance(entry, dict)}
    if not isinstance(manifest, dict) or not all(isinstance(text, str) for text in manifest.values()):
        raise ValueError("it is no object of hash and document")
    return {str(key).removeprefix("sha256:").lower(): text for key, text in manifest.items()}
