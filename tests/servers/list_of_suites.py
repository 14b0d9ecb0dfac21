"""Every suite of `make test-servers`: add a line for another server."""

from __future__ import annotations

from tests.servers import milvus_server, redis_server, versitygw
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
    Suite(
        name="milvus",
        servers=(milvus_server.SERVER,),
        tests=("tests/services/vectors/test_milvus_index.py", "tests/services/discovery", "tests/api"),
    ),
    Suite(name="worker", servers=(milvus_server.SERVER,), tests=("tests/services/app/test_worker.py",)),
    Suite(
        name="redis",
        servers=(redis_server.SERVER,),
        tests=(
            "tests/services/shared",
            "tests/services/discovery/test_shared_slates.py",
            "tests/services/app/test_several_processes.py",
            "tests/api",
        ),
    ),
)
