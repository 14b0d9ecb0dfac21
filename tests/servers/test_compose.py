"""Every command, environment and health check of `docker-compose.yml`, as plain processes on the loopback.

The commands are those of the file; what differs from a container is put in their place: addresses of the loopback for
the names of services, a folder for `/run/secrets`, `/data` and `/tmp`. The embedded Neo4j stands in for its image, and
Milvus Lite for Milvus.
"""

from __future__ import annotations

import asyncio
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from app import children, settings
from app.children import Child, Guard, Program
from graph.embedded import archive, command
from graph.embedded.log_in import log_in
from tests.api.client import Client, until
from tests.compose import compose_file
from tests.compose.compose_file import ROOT
from tests.servers import redis_server, versitygw
from tests.servers.server import Missing
from vectors.embedded import EmbeddedVectors, listening

HEALTHY_WITHIN_S = 400.0
ADDRESSES = ("neo4j:7687", "milvus:19530", "embedder:8090", "s3:7070", "redis:6379", "etcd:2379")
PORTS = {"api": "PINWALK_PORT", "worker": "PINWALK_WORKER_PORT", "embedder": "PINWALK_EMBEDDER_PORT"}
OUTSIDE = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "LANG": "C.UTF-8"}


@dataclass
class Composition:
    """The services of the file, and where they are here instead."""

    folder: Path
    guard: Guard
    programs: list[Path]
    ports: dict[str, int] = field(default_factory=dict)
    services: dict[str, dict[str, Any]] = field(default_factory=dict)
    running: dict[str, Child] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.ports = {address.partition(":")[0]: children.free_port() for address in ADDRESSES}
        self.ports |= {"api": children.free_port(), "worker": children.free_port(), "neo4j-http": children.free_port()}
        public = f"http://127.0.0.1:{self.ports['api']}"
        self.services = compose_file.load({"PINWALK_PUBLIC_URL": public})["services"]

    def here(self, name: str, text: str) -> str:
        """The text with this machine's places in it."""
        for address in ADDRESSES:
            host, _, port = address.partition(":")
            text = text.replace(address, f"127.0.0.1:{self.ports[host]}")
            if host == name:
                text = re.sub(rf"(?<![0-9.]):{port}\b", f"127.0.0.1:{self.ports[host]}", text)
                text = re.sub(rf"127\.0\.0\.1:{port}\b", f"127.0.0.1:{self.ports[host]}", text)
                text = re.sub(rf"0\.0\.0\.0:{port}\b", f"127.0.0.1:{self.ports[host]}", text)
                text = re.sub(rf"(--port|-p) {port}\b", rf"\1 {self.ports[host]}", text)
        text = text.replace("127.0.0.1:7474", f"127.0.0.1:{self.ports['neo4j-http']}")
        text = re.sub(r"(?<![\w./])/(run/secrets|data|tmp|etcd)\b", lambda found: self.path(name, found[1]), text)
        return text.replace("0.0.0.0", "127.0.0.1")  # noqa: S104  So that nothing is bound to all.

    def path(self, name: str, root: str) -> str:
        """Where a folder of the service's root file system is here."""
        return str(self.folder / "secrets" if root == "run/secrets" else self.folder / name / root)

    def environment(self, name: str) -> dict[str, str]:
        """That of the service, and nothing of ours but where programs are."""
        given = {key: self.here(name, value) for key, value in self.services[name].get("environment", {}).items()}
        if name in PORTS:
            assert PORTS[name] in given
            given[PORTS[name]] = str(self.ports[name])
        path = ":".join([*map(str, self.programs), str(Path(sys.executable).parent), OUTSIDE["PATH"]])
        libraries = redis_server.environment(self.programs[0] / "redis-server")
        given |= {"PINWALK_VECTORS_PROFILE": "embedded"} if "PINWALK_VECTORS_URI" in given else {}
        assert not any(f"{address.partition(':')[0]}:" in value for value in given.values() for address in ADDRESSES)
        return {**OUTSIDE, "PATH": path, **libraries, **given}

    def command(self, name: str) -> list[str]:
        """That of the service; of a role, as its image starts it."""
        service = self.services[name]
        whole = [self.here(name, word) for word in (*service.get("entrypoint", []), *service["command"])]
        if name in compose_file.OURS:
            whole = ["/bin/sh", str(ROOT / "scripts" / "container-start.sh"), *whole]
        program = shutil.which(whole[0], path=self.environment(name)["PATH"])
        assert program is not None, whole[0]
        return [program, *whole[1:]]

    def check(self, name: str) -> subprocess.CompletedProcess[str]:
        """The service's health check, run once."""
        kind, *words = self.services[name]["healthcheck"]["test"]
        words = [self.here(name, word) for word in words]
        if kind == "CMD-SHELL":
            words = ["/bin/sh", "-c", *words]
        return self.run(name, words)

    def run(self, name: str, words: list[str], **changed: str) -> subprocess.CompletedProcess[str]:
        environment = self.environment(name) | changed
        program = shutil.which(words[0], path=environment["PATH"])
        assert program is not None, words[0]
        return subprocess.run(
            [program, *words[1:]],
            env=environment,
            cwd=self.place(name),
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )

    def start(self, name: str) -> None:
        program = Program(name=name, command=self.command(name), environment=self.environment(name))
        self.running[name] = children.start(program, self.guard, self.folder / f"{name}.log")

    def wait(self, name: str) -> None:
        """Returns once the health check has passed, which it must not have done before."""
        deadline = time.monotonic() + HEALTHY_WITHIN_S
        while (answer := self.check(name)).returncode != 0:
            alive = name not in self.running or self.running[name].alive
            assert alive, f"{name} ended: {self.log(name)}"
            assert time.monotonic() < deadline, f"{name} is not healthy: {answer} {self.log(name)}"
            time.sleep(2)

    def log(self, name: str) -> str:
        path = self.folder / f"{name}.log"
        return path.read_text("utf-8", "replace")[-3000:] if path.exists() else ""

    def place(self, name: str) -> Path:
        place = self.folder / name
        for part in ("data", "tmp", "etcd"):
            (place / part).mkdir(parents=True, exist_ok=True)
        return place


@pytest.fixture(scope="module")
def composition(
    guard: Guard, neo4j_jars: Path, tmp_path_factory: pytest.TempPathFactory, configured: settings.Settings
) -> Iterator[Composition]:
    """What the roles need, running: of the file's own commands, S3 and Redis."""
    kept = configured.cache_dir / "servers"
    try:
        redis = redis_server.obtain(kept / "redis").program
        s3 = versitygw.obtain(kept / "versitygw").program
    except Missing as missing:
        pytest.skip(str(missing))
    tools = [redis.parent, redis.parent / "usr" / "bin", s3.parent]
    made = Composition(tmp_path_factory.mktemp("composition"), guard, tools)
    subprocess.run(
        ["/bin/sh", str(ROOT / "scripts" / "make-secrets.sh"), str(made.folder / "secrets")], timeout=30, check=True
    )
    address = made.folder / "secrets" / "redis_url"  # The one secret that holds an address.
    address.chmod(0o600)
    address.write_text(address.read_text().replace("@redis:6379", f"@127.0.0.1:{made.ports['redis']}"))
    for name in made.services:
        made.place(name)
    try:
        stand_in(made, neo4j_jars)
        for name in ("s3", "redis"):
            assert made.check(name).returncode != 0
            made.start(name)
        yield made
    finally:
        for child in reversed(made.running.values()):
            child.stop()


def stand_in(made: Composition, jars: Path) -> None:
    """Starts what stands in for an image: Neo4j with its HTTP port, and Milvus Lite."""
    password = (made.folder / "secrets" / "graph_auth").read_text().strip().removeprefix("neo4j/")
    graph = command.EmbeddedGraph(
        home=made.folder / "neo4j" / "data",
        jars=jars,
        port=made.ports["neo4j"],
        password=password,
        heap="512m",
        page_cache="64m",
    )
    command.prepare(graph)
    (conf,) = graph.home.rglob("neo4j.conf")
    text = conf.read_text().replace("server.http.enabled=false", "server.http.enabled=true")
    conf.write_text(f"{text}\nserver.http.listen_address=127.0.0.1:{made.ports['neo4j-http']}\n")
    milvus = EmbeddedVectors(home=made.folder / "milvus" / "data", port=made.ports["milvus"])
    programs = [
        Program(name="neo4j", command=graph.command_with(archive.flags(jars)), environment=graph.environment),
        Program(
            name="milvus",
            command=milvus.command,
            environment={**os_environment(), **milvus.environment},
            stop_signal=milvus.stop_signal,
        ),
    ]
    for program in programs:
        made.running[program.name] = children.start(program, made.guard, made.folder / f"{program.name}.log")
    deadline = time.monotonic() + HEALTHY_WITHIN_S
    while not (log_in(graph.uri, command.USER, password) and listening(milvus.port)):
        assert time.monotonic() < deadline, made.log("neo4j") + made.log("milvus")
        time.sleep(children.POLL_S)


def os_environment() -> Mapping[str, str]:
    return settings.child_environment()


def test_the_stores_are_healthy_by_their_own_checks(composition: Composition) -> None:
    for name in ("neo4j", "s3", "redis"):
        composition.wait(name)


def test_the_stores_take_nobody_without_the_secret(composition: Composition) -> None:
    composition.wait("redis")
    redis = composition.run("redis", ["redis-cli", "-p", str(composition.ports["redis"]), "ping"])
    s3 = httpx.get(f"http://127.0.0.1:{composition.ports['s3']}/")

    assert "NOAUTH" in redis.stdout
    assert s3.status_code == 403


def test_shell_commands_for_other_images_are_well_formed(composition: Composition) -> None:
    for service in composition.services.values():
        if "entrypoint" in service:
            shell, flag = service["entrypoint"]
            (script,) = service["command"]
            assert flag == "-c"
            assert subprocess.run([shell, "-n", "-c", script], timeout=10, check=False).returncode == 0


def test_migrating_twice_is_once(composition: Composition) -> None:
    composition.wait("s3")

    first, second = (composition.run("migrate", composition.command("migrate")) for _ in range(2))

    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    assert "The bucket 'pinwalk' has been made." in first.stdout
    assert "The bucket 'pinwalk' is there." in second.stdout


@pytest.mark.parametrize("name", ["migrate", "worker", "api"])
@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"PINWALK_S3_ENDPOINT": "http://127.0.0.1:9"}, "No S3 server answers at http://127.0.0.1:9"),
        ({"PINWALK_S3_ACCESS_KEY_FILE": "{secrets}/s3_secret_key"}, "PINWALK_S3_ACCESS_KEY"),
        ({"PINWALK_S3_SECRET_KEY_FILE": "{secrets}/s3_access_key"}, "PINWALK_S3_SECRET_KEY"),
        ({"PINWALK_S3_SECRET_KEY_FILE": "{secrets}/none"}, "PINWALK_S3_SECRET_KEY_FILE"),
    ],
)
def test_a_wrong_store_ends_a_role_at_its_start_with_what_to_do(
    composition: Composition, name: str, changed: dict[str, str], says: str
) -> None:
    composition.wait("s3")
    values = {key: value.format(secrets=composition.folder / "secrets") for key, value in changed.items()}

    ended = composition.run(name, composition.command(name), **values, PINWALK_START_TIMEOUT_S="5")

    assert ended.returncode == 2, ended
    assert says in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("missing", ["PINWALK_GRAPH_URI", "PINWALK_VECTORS_URI", "PINWALK_EMBEDDER_URL"])
def test_an_api_without_an_address_ends_with_its_name(composition: Composition, missing: str) -> None:
    environment = composition.environment("api")
    del environment[missing]

    ended = subprocess.run(
        composition.command("api"), env=environment, capture_output=True, text=True, timeout=60, check=False
    )

    assert ended.returncode == 2, ended
    assert f"{missing} is not set" in ended.stderr


def test_a_bucket_that_nobody_made_ends_the_worker_and_the_api_with_what_to_do(composition: Composition) -> None:
    composition.wait("s3")
    for name in ("worker", "api"):
        ended = composition.run(name, composition.command(name), PINWALK_S3_BUCKET="not-made")

        assert ended.returncode == 2, ended
        assert "has no bucket 'not-made': make it (`pinwalk migrate` does)" in ended.stderr


@pytest.mark.timeout(1_500)
async def test_the_whole_of_it_takes_a_picture_and_shows_it(composition: Composition) -> None:
    """From migrating to a Pin that is READY, its picture in the bucket, its health told by each role's own check."""
    for name in ("neo4j", "s3", "redis"):
        composition.wait(name)
    assert composition.run("migrate", composition.command("migrate")).returncode == 0
    for name in ("embedder", "worker", "api"):
        assert composition.check(name).returncode != 0, name
        composition.start(name)
    for name in ("embedder", "worker", "api"):
        await asyncio.to_thread(composition.wait, name)

    async with httpx.AsyncClient(timeout=30) as http:
        client = Client(f"http://127.0.0.1:{composition.ports['api']}", http)

        async def all_ready() -> bool:
            parts = (await http.get(f"{client.url}/readyz")).json()["parts"]
            return {part["state"] for part in parts.values()} <= {"ready", "off"} and parts["redis"]["state"] == "ready"

        await until(all_ready, within_s=HEALTHY_WITHIN_S)
        ana = await client.sign_up("ana")
        pin = await client.pin(ana, await client.board(ana))
        query = "query ($id: ID!) { node(id: $id) { ... on Pin { status image { url } } } }"

        async def processed() -> bool:
            return bool((await client.data(query, {"id": pin}, by=ana))["node"]["status"] == "READY")

        await until(processed, within_s=HEALTHY_WITHIN_S)
        url = (await client.data(query, {"id": pin}, by=ana))["node"]["image"]["url"]
        shown = await http.get(url)
        composition.running.pop("s3").stop()

        async def told() -> bool:
            return bool((await http.get(f"{client.url}/readyz")).json()["parts"]["media"]["state"] == "down")

        await until(told, within_s=30)
        away = await http.get(url)
    kept = {path.name for path in (composition.folder / "s3" / "data" / "objects" / "pinwalk").rglob("*")}

    assert (shown.status_code, shown.content[:4]) == (200, b"RIFF")
    assert (away.status_code, away.json()["error"]["code"]) == (503, "UNAVAILABLE")
    assert {"originals", "renditions", "full.webp"} <= kept
    assert not (composition.folder / "api" / "tmp" / "pinwalk" / "secrets").exists()  # Every secret was given.
    worker = composition.running.pop("worker")
    worker.stop()
    assert worker.process.returncode == 0
    deadline = time.monotonic() + 60
    while composition.check("worker").returncode == 0:
        assert time.monotonic() < deadline, "a worker that is gone is still called healthy"
        await asyncio.sleep(0.5)
    assert "has been at work for" in composition.check("worker").stdout
