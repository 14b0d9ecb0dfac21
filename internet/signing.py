"""Signed messages to other people's servers, as the Standard Webhooks convention has them.

The headers are `webhook-id`, `webhook-timestamp` (seconds since 1970) and `webhook-signature`: `v1,` and the base64 of
the HMAC-SHA256 over `id.timestamp.body` under the endpoint's key. Source: standardwebhooks.com, specification 1.0.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import datetime
from typing import Final

from domain.ids import EndpointId

PREFIX: Final = "whsec_"


class Hooks:
    """The keys of an installation's endpoints: derived from one secret, so that none is kept anywhere."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def key(self, endpoint: EndpointId) -> str:
        """The endpoint's signing key as its owner gets it: `whsec_` and the base64 of 32 bytes."""
        return PREFIX + base64.b64encode(self._bytes(endpoint)).decode()

    def headers(self, endpoint: EndpointId, id: str, body: bytes, *, now: datetime) -> dict[str, str]:
        """The headers of a message of this id to the endpoint."""
        at = str(int(now.timestamp()))
        signed = hmac.new(self._bytes(endpoint), f"{id}.{at}.".encode() + body, hashlib.sha256).digest()
        return {
            "content-type": "application/json",
            "webhook-id": id,
            "webhook-timestamp": at,
            "webhook-signature": f"v1,{base64.b64encode(signed).decode()}",
        }

    def _bytes(self, endpoint: EndpointId) -> bytes:
        return hmac.new(self._secret, f"endpoint\n{endpoint}".encode(), hashlib.sha256).digest()
