"""Every suite of `make test-servers`: add a line for another server."""

from __future__ import annotations

from tests.servers import milvus_server, neo4j_server, redis_server, versitygw
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
        tests=("tests/services/vectors/test_milvus_index.py", "tests/services/discovery"),
    ),
    # Apart from those: their Pins have no pictures, which keeps a worker busy for minutes.
    Suite(
        name="milvus-api",
        servers=(milvus_server.SERVER,),
        tests=("tests/services/app/test_worker.py", "tests/api"),
    ),
    Suite(name="neo4j", servers=(neo4j_server.SERVER,), tests=("tests/services/graph",)),
    Suite(
        name="neo4j-api",
        servers=(neo4j_server.SERVER,),
        tests=("tests/services/schema", "tests/services/discovery/test_live_walk.py", "tests/api"),
    ),
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
