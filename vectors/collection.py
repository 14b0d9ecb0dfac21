"""One Milvus collection of Pins by vector, spoken to synchronously: the only module that knows Milvus's calls.

The same calls serve Milvus Lite and a Milvus server; `vectors/options.py` holds what differs.
"""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

import grpc  # type: ignore[import-untyped]  # it carries no types
import numpy as np
from pymilvus import DataType, MilvusClient
from pymilvus.exceptions import MilvusException

from domain.errors import Invalid, Unavailable
from domain.ids import PinN
from vectors.embedder import FloatArray
from vectors.index import Hit
from vectors.options import MilvusOptions

T = TypeVar("T")

_NOT_FOUND: Final = 100
_BORN: Final = "pinwalk.born"
_UPSERT_ROWS: Final = 500
_FETCH_ROWS: Final = 2_000
_RANGE_ROWS: Final = 8_000
_N_MAX: Final = 2**62
_AGAIN_S: Final = 0.05
# By default an idle client pings every ten seconds, and a server that takes that ill (any of Python's gRPC does) hangs
# up with "Too many pings": the next call meets a broken connection.
_GRPC_OPTIONS: Final = {"grpc.keepalive_permit_without_calls": False}


class Missing(Exception):
    """Milvus answers, and has no such collection or alias."""


class _Broken(Exception):
    """The connection broke before an answer came."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class Connection:
    """A Milvus client that is made at the first call, and again after it was lost. Used from several threads."""

    def __init__(self, uri: str, token: str | None, options: MilvusOptions) -> None:
        self.uri = uri
        self.options = options
        self._token = token
        self._client: Any = None
        self.closed = False

    def call(self, work: Callable[[Any, float], T], *, repeatable: bool = True) -> T:
        """What `work(client, timeout)` returns. Raises Missing, or Unavailable for every other failure of Milvus.

        A connection that broke is no answer: work that is `repeatable` (done twice is done once) is tried once more.
        """
        began = time.monotonic()
        try:
            return self._tried(work)
        except _Broken as broken:
            if not repeatable or time.monotonic() - began > self.options.timeout_s / 2:
                raise Unavailable(broken.message) from broken
        time.sleep(_AGAIN_S)
        try:
            return self._tried(work)
        except _Broken as broken:
            raise Unavailable(broken.message) from broken

    def _tried(self, work: Callable[[Any, float], T]) -> T:
        if self.closed:
            raise Unavailable("The vector index is closed.")
        timeout = self.options.timeout_s
        try:
            if self._client is None:
                # It logs every failed call with a traceback of its own; failures are ours to report.
                logging.getLogger("pymilvus").setLevel(logging.CRITICAL)
                self._client = MilvusClient(
                    self.uri, token=self._token or "", timeout=timeout, grpc_options=_GRPC_OPTIONS
                )
            return work(self._client, timeout)
        except MilvusException as error:
            if _is_missing(error):
                raise Missing(error.message) from error
            message = f"Milvus at {self.uri} cannot answer: {error.message}"
            raise (_Broken(message) if _is_broken(error) else Unavailable(message)) from error
        except (grpc.RpcError, grpc.FutureTimeoutError, ConnectionError, ValueError) as error:
            # ValueError: a call on a channel that was closed meanwhile.
            message = f"Milvus at {self.uri} cannot answer: {error}"
            raise (_Broken(message) if _is_broken(error) else Unavailable(message)) from error

    def close(self) -> None:
        self.closed = True
        client, self._client = self._client, None
        if client is not None:
            client.close()


class Collection:
    """A collection, by its own name or by an alias. Rows are `n` (primary key) and `vector` (cosine)."""

    def __init__(self, connection: Connection, name: str) -> None:
        self.name = name
        self._connection = connection
        self._options = connection.options
        self._unflushed = 0

    def ensure(self, dim: int) -> tuple[bool, str]:
        """Makes the collection unless it exists, and loads it: (whether it was made, when-it-was-born mark).

        Raises Invalid when it exists with another dimension: the embedder changed without changing its version.
        """
        try:
            found = self._describe()
            made = False
        except Missing:
            self._create(dim, secrets.token_hex(4))
            found = self._describe()
            made = True
        actual = next(int(f["params"]["dim"]) for f in found["fields"] if f["name"] == "vector")
        if actual != dim:
            raise Invalid(
                f"The collection {self.name} holds vectors of {actual} dimensions, the embedder makes {dim}: "
                "give the embedder another version, so that it gets a collection of its own."
            )
        self._connection.call(lambda client, timeout: client.load_collection(self.name, timeout=timeout))
        return made, _born(found)

    def born(self) -> str | None:
        """The when-it-was-born mark; None when there is no such collection."""
        try:
            return _born(self._describe())
        except Missing:
            return None

    def point(self, alias: str, *, move: bool) -> None:
        """The alias names this collection from now on; with `move=False` only if there is no such alias yet."""
        current = self.behind(alias)
        if current == self.name or (current is not None and not move):
            return
        if current is None:
            try:
                self._connection.call(lambda client, timeout: client.create_alias(self.name, alias, timeout=timeout))
            except Unavailable:
                # Somebody else made it in between, or it names a collection that was dropped: a server keeps such an
                # alias, and then it can be moved alone. Or Milvus is gone, and that fails as well.
                if self.behind(alias) is None:
                    self._connection.call(lambda client, timeout: client.alter_alias(self.name, alias, timeout=timeout))
        else:
            self._connection.call(lambda client, timeout: client.alter_alias(self.name, alias, timeout=timeout))

    def behind(self, alias: str) -> str | None:
        """The collection that an alias names; None when there is no such alias."""
        try:
            found = self._connection.call(lambda client, timeout: client.describe_alias(alias, timeout=timeout))
        except Missing:
            return None
        return str(found["collection_name"]) if found and found.get("collection_name") else None

    def upsert(self, ns: Sequence[PinN], vectors: FloatArray) -> None:
        for start in range(0, len(ns), _UPSERT_ROWS):
            part = slice(start, start + _UPSERT_ROWS)
            rows = [{"n": int(n), "vector": v} for n, v in zip(ns[part], vectors[part], strict=True)]
            self._loaded(lambda client, timeout, rows=rows: client.upsert(self.name, rows, timeout=timeout))  # type: ignore[misc]  # a default binds the loop's value
            self._wrote(len(rows))

    def delete(self, ns: Sequence[PinN]) -> None:
        ids = [int(n) for n in ns]
        self._loaded(lambda client, timeout: client.delete(self.name, ids=ids, timeout=timeout))
        self._wrote(len(ids))

    def flush(self) -> None:
        self._connection.call(lambda client, timeout: client.flush(self.name, timeout=max(timeout, 30.0)))
        self._unflushed = 0

    def search(self, vectors: FloatArray, limit: int, exclude: Sequence[PinN] = ()) -> list[list[Hit]]:
        """The nearest rows of each vector, best first. `exclude` becomes a filter."""
        params = dict(self._options.search_params)
        if "ef" in params:
            params["ef"] = max(params["ef"], limit)
        expression = f"n not in [{','.join(str(int(n)) for n in exclude)}]" if exclude else ""
        found = self._loaded(
            lambda client, timeout: client.search(
                self.name,
                list(vectors),
                filter=expression,
                limit=limit,
                output_fields=["n"],
                search_params={"metric_type": "COSINE", "params": params},
                anns_field="vector",
                consistency_level=self._options.consistency,
                timeout=timeout,
            )
        )
        hits = [
            [Hit(PinN(int(row["n"])), min(1.0, max(-1.0, float(row["distance"])))) for row in rows] for rows in found
        ]
        return [sorted(row, key=lambda hit: (-hit.score, hit.pin_n)) for row in hits]

    def fetch(self, ns: Sequence[PinN], *, fresh: bool = False) -> dict[PinN, FloatArray]:
        kept: dict[PinN, FloatArray] = {}
        consistency = "Strong" if fresh else self._options.consistency
        for start in range(0, len(ns), _FETCH_ROWS):
            ids = [int(n) for n in ns[start : start + _FETCH_ROWS]]
            found = self._loaded(
                lambda client, timeout, ids=ids: client.query(  # type: ignore[misc]  # a default binds the loop's value
                    self.name,
                    ids=ids,
                    output_fields=["n", "vector"],
                    consistency_level=consistency,
                    timeout=timeout,
                )
            )
            kept.update((PinN(int(row["n"])), np.asarray(row["vector"], dtype=np.float32)) for row in found)
        return kept

    def present(self, ns: Sequence[PinN]) -> set[PinN]:
        kept: set[PinN] = set()
        for start in range(0, len(ns), _FETCH_ROWS):
            ids = [int(n) for n in ns[start : start + _FETCH_ROWS]]
            kept.update(self._numbers(ids=ids))
        return kept

    def after(self, n: PinN, limit: int) -> list[PinN]:
        """Ascending. Milvus promises no order: a range that holds no more than it may answer is found by halving."""
        low, high = int(n), _N_MAX
        while True:
            found = self._numbers(filter=f"n > {low} and n <= {high}", limit=_RANGE_ROWS)
            if len(found) == _RANGE_ROWS:
                high = low + max(1, (min(max(found), high) - low) // 2)
            elif found or high == _N_MAX:
                return sorted(found)[:limit]
            else:
                low, high = high, _N_MAX

    def _numbers(self, **asked: Any) -> list[PinN]:
        found = self._loaded(
            lambda client, timeout: client.query(
                self.name,
                output_fields=["n"],
                consistency_level=self._options.consistency,
                timeout=timeout,
                **asked,
            )
        )
        return [PinN(int(row["n"])) for row in found]

    def count(self) -> int:
        found = self._loaded(
            lambda client, timeout: client.query(
                self.name,
                filter="",
                output_fields=["count(*)"],
                consistency_level=self._options.consistency,
                timeout=timeout,
            )
        )
        return int(found[0]["count(*)"])

    def drop(self, alias: str | None = None) -> None:
        """The collection is gone, and before it the alias, if it names this collection."""
        if alias is not None and self.behind(alias) == self.name:
            self._connection.call(lambda client, timeout: client.drop_alias(alias, timeout=timeout), repeatable=False)
        self._connection.call(lambda client, timeout: client.drop_collection(self.name, timeout=timeout))

    def _describe(self) -> dict[str, Any]:
        found: dict[str, Any] = self._connection.call(
            lambda client, timeout: client.describe_collection(self.name, timeout=timeout)
        )
        return found

    def _create(self, dim: int, born: str) -> None:
        schema = MilvusClient.create_schema(auto_id=False, enable_dynamic_field=False, description=f"{_BORN} {born}")
        schema.add_field("n", DataType.INT64, is_primary=True)
        schema.add_field("vector", DataType.FLOAT_VECTOR, dim=dim)
        index = MilvusClient.prepare_index_params()
        index.add_index(
            "vector",
            index_type=self._options.index_type,
            metric_type="COSINE",
            params=dict(self._options.index_params),
        )
        try:
            self._connection.call(
                lambda client, timeout: client.create_collection(
                    self.name,
                    schema=schema,
                    index_params=index,
                    consistency_level=self._options.consistency,
                    properties={_BORN: born},
                    timeout=timeout,
                ),
                repeatable=False,
            )
        except Unavailable:
            # Another process made it in between, or Milvus is gone: the second look says which.
            self._describe()

    def _loaded(self, work: Callable[[Any, float], T]) -> T:
        """The work's answer; the collection is loaded first if Milvus (restarted, say) has it on disk only."""
        try:
            return self._connection.call(work)
        except Unavailable as error:
            if "not loaded" not in str(error) and "released" not in str(error):
                raise
        self._connection.call(lambda client, timeout: client.load_collection(self.name, timeout=timeout))
        return self._connection.call(work)

    def _wrote(self, rows: int) -> None:
        self._unflushed += rows
        if self._options.flush_rows is not None and self._unflushed >= self._options.flush_rows:
            self.flush()


def _born(found: dict[str, Any]) -> str:
    # Lite keeps properties and drops the description; old servers do the opposite.
    born = found.get("properties", {}).get(_BORN) or found.get("description", "").removeprefix(f"{_BORN} ")
    return born or "0"


def _is_broken(error: Exception) -> bool:
    code = error.code if isinstance(error, MilvusException) else None
    if isinstance(error, grpc.RpcError) and callable(getattr(error, "code", None)):
        code = error.code()
    return code == grpc.StatusCode.UNAVAILABLE or isinstance(error, ConnectionError) or "too_many_pings" in str(error)


def _is_missing(error: MilvusException) -> bool:
    text = str(error.message)
    return error.code == _NOT_FOUND or "can't find collection" in text or "alias not found" in text
