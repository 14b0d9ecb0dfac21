"""The client of the embedder's own process, by address: it may be on another machine."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, Final, Literal
from urllib.parse import quote

import httpx
import numpy as np

from domain.calls import EMBEDDER, Call
from domain.errors import Invalid, Unavailable
from vectors import wire
from vectors.embedder import IMAGES_MAX, TEXT_CHARS_MAX, TEXTS_MAX, EmbedderInfo, FloatArray, ModelInfo

_REQUESTS_MAX: Final = 8
_PART_PICTURES: Final = 16
_PART_BYTES: Final = 16 * 1024 * 1024
_INFO_TIMEOUT_S: Final = 2.0
_USE_TIMEOUT_S: Final = 15.0


class RemoteEmbedder:
    """Pictures and texts into unit vectors, by the embedder process at `address` (such as http://127.0.0.1:8090).

    No connection is made until the first call. Every call raises Unavailable when the process is down, late,
    over-full, or its model is loading, failed or off; the message says which. The process puts the calls of all its
    clients together into batches: many small calls at the same time are no worse than one large one.
    """

    def __init__(
        self,
        address: str,
        *,
        timeout_s: float = 30.0,
        text_timeout_s: float = 5.0,
        connect_timeout_s: float = 1.0,
    ) -> None:
        self._address = address.rstrip("/")
        self._timeout_s = timeout_s
        self._text_timeout_s = min(text_timeout_s, timeout_s)
        self._client = httpx.AsyncClient(
            base_url=self._address,
            timeout=httpx.Timeout(timeout_s, connect=connect_timeout_s),
            limits=httpx.Limits(max_connections=_REQUESTS_MAX, max_keepalive_connections=_REQUESTS_MAX),
            trust_env=False,
        )

    async def info(self) -> EmbedderInfo:
        """The models of the process and their states. Answers within 2 s, also while models are loading."""
        answer = await self._ask("GET", "/info", timeout_s=_INFO_TIMEOUT_S)
        try:
            return wire.read_info(answer.json())
        except (ValueError, KeyError, TypeError) as error:
            raise self._strange() from error

    async def use(self, kind: Literal["image", "text"], name: str) -> ModelInfo:
        """The model of this name (as in the settings), which the process loads from now on if it has not got it.

        Raises Invalid for a name that is nothing.
        """
        answer = await self._ask("POST", "/models", timeout_s=_USE_TIMEOUT_S, json={"kind": kind, "model": name})
        try:
            return wire.read_model(answer.json())
        except (ValueError, KeyError, TypeError) as error:
            raise self._strange() from error

    async def images(self, pictures: Sequence[bytes], *, model: str | None = None) -> FloatArray:
        """One unit row per picture file, in order: (n, dim) float32, (0, dim) for none. Long lists go in parts.

        `model` is the label of one that is loaded; None: the one of the process's settings.
        Raises Invalid with field ("pictures", "<position>") for a file that cannot be decoded.
        """
        path = _path("/images", model)
        rows = []
        for start, part in _parts(pictures):
            try:
                rows.append(await self._rows(path, self._timeout_s, content=wire.pack_pictures(part)))
            except Invalid as error:
                raise Invalid(error.message, _moved(error.field, start)) from error
        return np.concatenate(rows)

    async def texts(self, texts: Sequence[str], *, model: str | None = None) -> FloatArray:
        """One unit row per text, in order: (n, dim) float32, (0, dim) for none. Long lists go in parts.

        `model` is the label of one that is loaded; None: the one of the process's settings.
        """
        rows, path = [], _path("/texts", model)
        for start in range(0, max(len(texts), 1), TEXTS_MAX):
            part = [text[:TEXT_CHARS_MAX] for text in texts[start : start + TEXTS_MAX]]
            rows.append(await self._rows(path, self._text_timeout_s, json={"texts": part}))
        return np.concatenate(rows)

    async def close(self) -> None:
        """Gives back the connections."""
        await self._client.aclose()

    async def _rows(self, path: str, timeout_s: float, **body: Any) -> FloatArray:
        answer = await self._ask("POST", path, timeout_s=timeout_s, **body)
        try:
            return wire.unpack_rows(
                answer.content, int(answer.headers[wire.ROWS_HEADER]), int(answer.headers[wire.DIM_HEADER])
            )
        except (ValueError, KeyError) as error:
            raise self._strange() from error

    async def _ask(self, method: str, path: str, *, timeout_s: float, **body: Any) -> httpx.Response:
        with Call(EMBEDDER, path.removeprefix("/")):
            return await self._sent(method, path, timeout_s, body)

    async def _sent(self, method: str, path: str, timeout_s: float, body: dict[str, Any]) -> httpx.Response:
        try:
            # httpx bounds each single wait; the whole answer is bounded here.
            async with asyncio.timeout(timeout_s):
                answer = await self._client.request(method, path, **body)
        except TimeoutError as error:
            raise Unavailable(f"The embedder at {self._address} did not answer within {timeout_s:g} s.") from error
        except httpx.HTTPError as error:
            raise Unavailable(f"The embedder at {self._address} cannot be reached: {error}") from error
        except RuntimeError as error:
            if not self._client.is_closed:
                raise
            raise Unavailable("The embedder's client is closed.") from error
        if answer.status_code == httpx.codes.OK:
            return answer
        message, field = _refusal(answer)
        if answer.status_code in (httpx.codes.BAD_REQUEST, httpx.codes.UNPROCESSABLE_ENTITY):
            raise Invalid(message, field)
        raise Unavailable(message)

    def _strange(self) -> Unavailable:
        return Unavailable(f"What answers at {self._address} is not an embedder.")


def _parts(pictures: Sequence[bytes]) -> list[tuple[int, list[bytes]]]:
    """(position of the first, pictures): consecutive, bounded in number and in bytes; one empty part for none."""
    parts: list[tuple[int, list[bytes]]] = [(0, [])]
    size = 0
    for position, picture in enumerate(pictures):
        held = parts[-1][1]
        if held and (len(held) == min(_PART_PICTURES, IMAGES_MAX) or size + len(picture) > _PART_BYTES):
            parts.append((position, []))
            size = 0
        parts[-1][1].append(picture)
        size += len(picture)
    return parts


def _path(path: str, model: str | None) -> str:
    return path if model is None else f"{path}?model={quote(model)}"


def _moved(field: tuple[str, ...], start: int) -> tuple[str, ...]:
    return (field[0], str(int(field[1]) + start)) if len(field) == 2 and field[1].isdigit() else field


def _refusal(answer: httpx.Response) -> tuple[str, tuple[str, ...]]:
    try:
        body = answer.json()
        return str(body["error"]), tuple(str(part) for part in body.get("field", ()))
    except (ValueError, KeyError, TypeError, AttributeError):
        return f"The embedder answered with status {answer.status_code}.", ()
