"""The URL of a rendition: plain while the world may see the picture, else signed for one viewer and short-lived."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from domain.ids import UserN
from domain.limits import SIGNED_URL_LIFE_S
from domain.model import Image

_NAME: Final = re.compile(r"236|564|1200|full")
_KEY: Final = re.compile(r"[A-Za-z0-9_-]{8,64}")
_NUMBER: Final = re.compile(r"-?[0-9]{1,18}")
_ROUND_S: Final = 60


@dataclass(frozen=True, slots=True)
class Grant:
    """What a signed URL says: this viewer may fetch the picture until `expires_s` (seconds since 1970)."""

    viewer: UserN
    expires_s: int


class PictureUrls:
    """Makes and checks the URLs of renditions: `{base_url}/i/{key}/{name}.webp`.

    `secret` signs; every process of one installation has the same. Signed URLs carry `v` (the viewer's n), `e`
    (seconds since 1970, on the full minute so that one page repeats its URLs) and `s`, an HMAC-SHA256 over key, name,
    v and e, cut to 128 bits. They live 9 to 10 minutes.
    """

    def __init__(self, base_url: str, secret: bytes) -> None:
        self._base_url = base_url.rstrip("/")
        self._secret = secret

    def url(self, image: Image, name: str, viewer: UserN, now: datetime) -> str:
        """The absolute URL of the rendition with this name (`236`, `564`, `1200` or `full`) for this viewer."""
        plain = f"{self._base_url}/i/{image.key}/{name}.webp"
        if image.open:
            return plain
        expires_s = (int(now.timestamp()) // _ROUND_S) * _ROUND_S + SIGNED_URL_LIFE_S
        return f"{plain}?v={viewer}&e={expires_s}&s={self._sign(image.key, name, viewer, expires_s)}"

    def check(self, key: str, name: str, query: Mapping[str, str], now: datetime) -> Grant | None:
        """What the query of a requested URL grants, or None when it is forged, incomplete, expired or too far ahead."""
        viewer, expires, signature = query.get("v", ""), query.get("e", ""), query.get("s", "")
        if not (well_formed(key, name) and _NUMBER.fullmatch(viewer) and _NUMBER.fullmatch(expires)):
            return None
        grant = Grant(UserN(int(viewer)), int(expires))
        if not hmac.compare_digest(signature.encode(), self._sign(key, name, grant.viewer, grant.expires_s).encode()):
            return None
        return grant if 0 < grant.expires_s - now.timestamp() <= SIGNED_URL_LIFE_S + _ROUND_S else None

    def _sign(self, key: str, name: str, viewer: int, expires_s: int) -> str:
        message = f"picture\n{key}\n{name}\n{viewer}\n{expires_s}".encode()
        return hmac.new(self._secret, message, hashlib.sha256).hexdigest()[:32]


def well_formed(key: str, name: str) -> bool:
    """Whether a key and a rendition's name have the shape of ours."""
    return _KEY.fullmatch(key) is not None and _NAME.fullmatch(name) is not None
