"""Uploads: what may be announced, the signed URL that takes the bytes, and the check of what is put there."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urlencode

from domain.errors import Forbidden, Invalid, TooLarge, UnsupportedMedia
from domain.ids import UploadId, UserN
from domain.limits import UPLOAD_BYTES_MAX
from media import formats

_NUMBER: Final = re.compile(r"[0-9]{1,18}")


@dataclass(frozen=True, slots=True)
class UploadGrant:
    """What a signed upload URL allows: this user may put exactly `bytes` bytes of this type until `expires_s`."""

    id: UploadId
    by: UserN
    content_type: str
    bytes: int
    expires_s: int


def check_announced(content_type: str, size: int) -> None:
    """Returns when a file of this type and size in bytes may be uploaded.

    Raises UnsupportedMedia or TooLarge or Invalid, with the field of `PrepareUploadInput` at fault.
    """
    if content_type not in formats.content_types():
        raise UnsupportedMedia(f"Upload one of {', '.join(formats.content_types())}.", ("contentType",))
    if size < 1:
        raise Invalid("The file is empty. `bytes` is its size, at least 1.", ("bytes",))
    if size > UPLOAD_BYTES_MAX:
        raise TooLarge(f"The file may have at most {UPLOAD_BYTES_MAX:,} bytes (20 MiB). Make it smaller.", ("bytes",))


def stored_at(upload_id: UploadId) -> str:
    """The media store's key of the bytes put for this upload."""
    return f"uploads/{upload_id}"


class UploadUrls:
    """Makes and checks `{base_url}/upload/{id}?by=…&type=…&bytes=…&expires=…&signature=…`, to be PUT to.

    The shape of a presigned S3 PUT: whoever holds the URL may put these many bytes of this type until it expires.
    """

    def __init__(self, base_url: str, secret: bytes) -> None:
        self._base_url = base_url.rstrip("/")
        self._secret = secret

    def url(self, upload_id: UploadId, *, by: UserN, content_type: str, size: int, expires_at: datetime) -> str:
        """The absolute URL; the PUT's headers are `headers(content_type)`."""
        grant = UploadGrant(upload_id, by, content_type, size, int(expires_at.timestamp()))
        query = {
            "by": grant.by,
            "type": grant.content_type,
            "bytes": grant.bytes,
            "expires": grant.expires_s,
            "signature": self._sign(grant),
        }
        return f"{self._base_url}/upload/{upload_id}?{urlencode(query)}"

    def check(self, upload_id: str, query: Mapping[str, str], now: datetime) -> UploadGrant:
        """What the query of a PUT grants. Raises Forbidden when it is forged or incomplete, or has expired."""
        by, size, expires = query.get("by", ""), query.get("bytes", ""), query.get("expires", "")
        if not all(_NUMBER.fullmatch(number) for number in (by, size, expires)):
            raise Forbidden("This is not an upload URL of ours. Ask `prepareUpload` for one.")
        grant = UploadGrant(UploadId(upload_id), UserN(int(by)), query.get("type", ""), int(size), int(expires))
        if not hmac.compare_digest(query.get("signature", "").encode(), self._sign(grant).encode()):
            raise Forbidden("The signature of this upload URL is wrong. Use it exactly as `prepareUpload` gave it.")
        if grant.expires_s <= now.timestamp():
            raise Forbidden("This upload URL has expired. Ask `prepareUpload` for a new one.")
        return grant

    def _sign(self, grant: UploadGrant) -> str:
        message = f"upload\n{grant.id}\n{grant.by}\n{grant.content_type}\n{grant.bytes}\n{grant.expires_s}".encode()
        return hmac.new(self._secret, message, hashlib.sha256).hexdigest()


def headers(content_type: str) -> tuple[tuple[str, str], ...]:
    """The headers, as (name, value), that the PUT must carry."""
    return (("Content-Type", content_type),)
