"""Archives in the media store, and the signed URLs under which their owners fetch them."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from domain.limits import EXPORT_LIFE_S

CONTENT_TYPE: Final = "application/zip"
_ID: Final = re.compile(r"export_[0-9A-Z]{26}")
_NUMBER: Final = re.compile(r"[0-9]{1,18}")


def stored_at(export: str) -> str:
    """The media store's key of an archive."""
    return f"exports/{export}.zip"


class ExportUrls:
    """Makes and checks `{base_url}/export/{id}.zip?e=…&s=…`: whoever holds one may fetch the archive for its time."""

    def __init__(self, base_url: str, secret: bytes) -> None:
        self._base_url = base_url.rstrip("/")
        self._secret = secret

    def url(self, export: str, ready_at: datetime) -> str:
        """The absolute URL, good for EXPORT_LIFE_S after the archive was ready."""
        expires_s = int((ready_at + timedelta(seconds=EXPORT_LIFE_S)).timestamp())
        return f"{self._base_url}/export/{export}.zip?e={expires_s}&s={self._sign(export, expires_s)}"

    def check(self, export: str, query: Mapping[str, str], now: datetime) -> bool:
        """Whether the query of a requested URL is ours and has not expired."""
        expires, signature = query.get("e", ""), query.get("s", "")
        if not (_ID.fullmatch(export) and _NUMBER.fullmatch(expires)):
            return False
        right = self._sign(export, int(expires))
        return hmac.compare_digest(signature.encode(), right.encode()) and int(expires) > now.timestamp()

    def _sign(self, export: str, expires_s: int) -> str:
        return hmac.new(self._secret, f"export\n{export}\n{expires_s}".encode(), hashlib.sha256).hexdigest()
