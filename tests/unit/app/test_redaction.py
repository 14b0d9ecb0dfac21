"""The net below the log: what must never be in a line."""

from __future__ import annotations

import subprocess
import sys

import pytest

from app.watch.redaction import HIDDEN, clean, redact

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ1c2VyXzEifQ.c2lnbmF0dXJl"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("no such user: ana.b+c@mail.example.org", f"no such user: {HIDDEN}"),
        (f"refused {JWT}", f"refused {HIDDEN}"),
        ("header 'authorization: Bearer abcdefgh-1234'", f"header 'authorization: Bearer {HIDDEN}'"),
        ("GET /i/k/564.webp?v=4&e=17&s=0123456789abcdef", f"GET /i/k/564.webp?v=4&e=17&s={HIDDEN}"),
        (
            "PUT https://s3/b/k?X-Amz-Date=1&X-Amz-Signature=af09",
            f"PUT https://s3/b/k?X-Amz-Date=1&X-Amz-Signature={HIDDEN}",
        ),
        (
            "no answer from redis://ana:moss-7@cache.example.org:6379/0",
            f"no answer from redis://{HIDDEN}@cache.example.org:6379/0",
        ),
        (f"script pinwalk_{'x' * 43}", f"script {HIDDEN}"),
        ("metric pinwalk_operation_seconds_bucket", "metric pinwalk_operation_seconds_bucket"),
        ("key whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", f"key {HIDDEN}"),
        ("hash $argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA", f"hash {HIDDEN}"),
        ("a board about s=size, and @mentions", "a board about s=size, and @mentions"),
    ],
)
def test_what_looks_like_a_secret_is_hidden_and_nothing_else(text: str, shown: str) -> None:
    assert clean(text) == shown


def test_a_field_is_hidden_by_its_name_at_any_depth() -> None:
    record = {"event": "x", "password": "moss", "input": {"email": 4, "names": ["ana", {"token": "t"}]}}

    assert redact(None, "info", record) == {
        "event": "x",
        "password": HIDDEN,
        "input": {"email": HIDDEN, "names": ["ana", {"token": HIDDEN}]},
    }


@pytest.mark.parametrize("terminal", [True, False])
def test_a_traceback_shows_no_variable_and_no_address(terminal: bool) -> None:
    code = (
        f"import sys; sys.stderr.isatty = lambda: {terminal}\n"
        "from app.logging import configure; configure('debug')\n"
        "import structlog\n"
        "def hold(password):\n"
        "    raise ValueError('for ana@example.org')\n"
        "try:\n    hold('moss-and-fern-7')\n"
        "except ValueError as error:\n"
        "    structlog.get_logger('t').error('bug', exc_info=error, email='b@example.org')\n"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)

    assert "ValueError: for [hidden]" in done.stderr
    assert "example.org" not in done.stderr
    assert "moss" not in done.stderr
