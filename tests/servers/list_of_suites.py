"""Every suite of `make test-servers`: add a line for another server."""

from __future__ import annotations

from tests.servers import versitygw
from tests.servers.server import Suite

SUITES = (
    Suite(
        name="s3",
        servers=(versitygw.SERVER,),
        tests=(
            "tests/servers/test_s3.py",
            "tests/services/app/test_pictures.py",
            "tests/services/app/test_worker.py",
            "tests/services/schema/test_pins_api.py",
            "tests/api",
        ),
    ),
    Suite(name="compose", servers=(), tests=("tests/servers/test_compose.py",)),
)
