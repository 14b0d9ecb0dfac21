"""Every suite of `make test-servers`: add a line for another server."""

from __future__ import annotations

from tests.servers import versitygw
from tests.servers.server import Suite

SUITES = (Suite(name="s3", servers=(versitygw.SERVER,), tests=("tests/servers/test_versitygw.py",)),)
