"""The S3 server of `make test-servers` is one: it knows who asks."""

from __future__ import annotations

import httpx
import pytest

from app import settings


@pytest.fixture
def endpoint(configured: settings.Settings) -> str:
    if configured.s3_endpoint is None:
        pytest.skip("PINWALK_S3_ENDPOINT names no S3 server")
    return configured.s3_endpoint


def test_who_shows_no_key_is_refused(endpoint: str) -> None:
    assert httpx.get(f"{endpoint}/pictures").status_code == 403
