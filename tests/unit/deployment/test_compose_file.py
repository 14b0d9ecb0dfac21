"""The production shape in one file: what can be known of it without an engine that runs it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from app import settings
from tests.compose import compose_file
from tests.compose.compose_file import FILE, OURS, ROOT

GIVEN = {"PINWALK_PUBLIC_URL": "https://pins.example"}
COMPOSE = compose_file.load(GIVEN)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
EXACT = re.compile(r"[a-z0-9][a-z0-9./-]*:v?[0-9]+\.[0-9]+\.[0-9]+(-[a-z0-9.-]+)?")
DOCKERFILE = (ROOT / "Dockerfile").read_text()

every_service = pytest.mark.parametrize("name", SERVICES)
every_role = pytest.mark.parametrize("name", OURS)


@pytest.fixture(scope="module")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The secrets as the script makes them."""
    folder = tmp_path_factory.mktemp("deployment") / "secrets"
    make_secrets(folder)
    return folder


def make_secrets(folder: Path) -> str:
    script = ROOT / "scripts" / "make-secrets.sh"
    return subprocess.run(
        ["/bin/sh", str(script), str(folder)], capture_output=True, text=True, timeout=30, check=True
    ).stdout


def test_the_file_keeps_to_the_schema_of_compose() -> None:
    schema = json.loads((ROOT / "tests" / "compose" / "compose-spec.json").read_text())
    Draft202012Validator.check_schema(schema)

    wrong = [error.message for error in Draft202012Validator(schema).iter_errors(yaml.safe_load(FILE.read_text()))]

    assert wrong == []


def test_every_part_of_production_is_there() -> None:
    assert set(SERVICES) == {*OURS, "neo4j", "milvus", "etcd", "s3", "redis"}


@every_service
def test_an_image_is_pinned_by_its_exact_version(name: str) -> None:
    assert EXACT.fullmatch(SERVICES[name]["image"])


@every_service
def test_a_service_has_limits(name: str) -> None:
    limits = SERVICES[name]["deploy"]["resources"]["limits"]

    assert set(limits) == {"cpus", "memory", "pids"}


@every_service
def test_a_service_has_a_health_check_unless_it_ends_by_itself(name: str) -> None:
    check = SERVICES[name]["healthcheck"]

    if name == "migrate":
        assert check == {"disable": True}
    else:
        assert check["test"][0] in {"CMD", "CMD-SHELL"}
        assert {"interval", "timeout", "retries", "start_period"} <= set(check)


@every_service
def test_what_a_service_waits_for_can_be_waited_for(name: str) -> None:
    for other, how in SERVICES[name].get("depends_on", {}).items():
        ends = how["condition"] == "service_completed_successfully"
        assert ends == (other == "migrate"), other
        assert ends or "test" in SERVICES[other]["healthcheck"], other


@every_service
def test_a_service_can_gain_no_rights(name: str) -> None:
    service = SERVICES[name]

    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not {"privileged", "cap_add", "network_mode", "pid", "ipc", "devices"} & set(service)


@every_role
def test_a_role_is_not_root_and_writes_nowhere_but_below_tmp(name: str, secrets: Path) -> None:
    service = SERVICES[name]

    assert service["user"] == "10001:10001"
    assert service["read_only"] is True
    assert [place.partition(":")[0] for place in service["tmpfs"]] == ["/tmp"]  # noqa: S108  Of the container.
    assert "volumes" not in service
    assert known(name, secrets).data_dir.is_relative_to("/tmp")  # noqa: S108  As above.


def test_nothing_but_the_api_is_reached_from_outside_and_it_from_this_machine_alone() -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}

    assert published == {"api": ["127.0.0.1:8000:8000"]}
    assert {name for name, service in SERVICES.items() if service["networks"] != ["stores"]} == {"api"}
    assert COMPOSE["networks"]["stores"] == {"internal": True}


@every_service
def test_secrets_come_from_files_alone(name: str) -> None:
    service = SERVICES[name]
    for variable, value in service.get("environment", {}).items():
        if re.search("PASSWORD|SECRET|TOKEN|KEY|AUTH(_|$)|REDIS_URL", variable):
            assert variable.endswith("_FILE"), variable
            assert value.startswith("/run/secrets/"), variable

    named = set(re.findall(r"/run/secrets/(\w+)", json.dumps(service)))
    assert named == set(service.get("secrets", ()))


def test_every_secret_is_one_that_the_script_makes_and_used(secrets: Path) -> None:
    named = {name: secret["file"] for name, secret in COMPOSE["secrets"].items()}

    assert named == {path.name: f"secrets/{path.name}" for path in secrets.iterdir()}
    assert set(named) == {name for service in SERVICES.values() for name in service.get("secrets", ())}


def test_no_secret_is_in_the_repository() -> None:
    assert "secrets/" in (ROOT / ".gitignore").read_text().splitlines()
    assert not (ROOT / "secrets").exists() or git("ls-files", "secrets") == ""


def test_secrets_are_long_all_different_and_made_once(secrets: Path) -> None:
    first = {path.name: path.read_text() for path in secrets.iterdir()}

    assert make_secrets(secrets) == ""
    assert {path.name: path.read_text() for path in secrets.iterdir()} == first
    assert secrets.stat().st_mode & 0o777 == 0o700
    assert first["graph_auth"] == f"neo4j/{first['graph_password']}"
    assert first["vectors_token"] == f"root:{first['vectors_password']}"
    own = [name for name in first if name not in {"graph_auth", "vectors_token", "redis_url"}]
    assert len({first[name] for name in own}) == len(own)
    assert min(len(first[name]) for name in own) > 20


@every_role
def test_a_role_understands_its_settings(name: str, secrets: Path) -> None:
    """Each variable exists, each value fits, each secret can be read."""
    assert known(name, secrets).env == "production"


def test_the_roles_agree_on_where_things_are(secrets: Path) -> None:
    api, worker, migrate = (known(name, secrets) for name in ("api", "worker", "migrate"))

    for field in ("secret", "graph_uri", "graph_password", "s3_endpoint", "s3_bucket", "s3_access_key"):
        assert getattr(api, field) == getattr(worker, field) == getattr(migrate, field) is not None
    assert (api.vectors_uri, api.vectors_token) == (worker.vectors_uri, worker.vectors_token)
    for address in (api.graph_uri, api.vectors_uri, api.embedder_url, api.s3_endpoint, api.redis_url):
        assert address is not None
        assert re.search(r"(?://|@)(\w+):[0-9]+", address)[1] in SERVICES  # type: ignore[index]
    assert api.base_url == "https://pins.example"


def test_without_a_public_address_nothing_starts() -> None:
    with pytest.raises(KeyError, match="PINWALK_PUBLIC_URL"):
        compose_file.load({})


@every_role
def test_a_role_is_built_from_its_target_at_this_version(name: str) -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]

    assert SERVICES[name]["build"] == {"context": ".", "target": name}
    assert SERVICES[name]["image"] == f"pinwalk/{name}:{version}"
    stage = stages()[name]
    assert stage["CMD"] == json.dumps(SERVICES[name]["command"])
    assert stage["USER"] == "10001:10001"
    assert stage["ENTRYPOINT"] == '["container-start"]'


def test_images_are_built_on_an_exact_version() -> None:
    assert EXACT.fullmatch(stages()["base"]["FROM"])


def test_what_is_built_has_all_of_the_program_and_nothing_else() -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    packages = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]

    let_in = {line[1:] for line in lines if line.startswith("!")}

    assert lines[0] == "*"
    assert set(packages["only-include"]) <= let_in
    assert all((ROOT / name).exists() for name in let_in)
    assert not let_in & {"secrets", "data", "tests", ".git", ".venv"}


def test_locks_hold_versions_and_hashes_and_name_no_place() -> None:
    for path in (ROOT / "locks").iterdir():
        assert "://" not in path.read_text(), path.name
        assert "--hash=sha256:" in path.read_text(), path.name


def known(name: str, secrets: Path) -> settings.Settings:
    environment = {
        variable: value.replace("/run/secrets", str(secrets))
        for variable, value in SERVICES[name]["environment"].items()
    }
    return settings.load(environment)


def stages() -> dict[str, dict[str, str]]:
    """What each stage of the Dockerfile says, with what it has from the stage that it begins with."""
    found: dict[str, dict[str, str]] = {}
    stage: dict[str, str] = {}
    for line in re.sub(r"\\\n\s*", " ", DOCKERFILE).splitlines():
        word, _, rest = line.partition(" ")
        if word == "FROM":
            origin, _, name = rest.partition(" AS ")
            stage = found[name] = {**found.get(origin, {"FROM": origin})}
        elif word in {"USER", "CMD", "ENTRYPOINT", "EXPOSE"}:
            stage[word] = rest
    return found


def git(*arguments: str) -> str:
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        return ""
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=30, check=True).stdout
