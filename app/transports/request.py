"""A GraphQL request as it comes over HTTP or a socket: read from JSON, checked for shape, nothing of it run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NoReturn

from schema.errors import BAD_INPUT, TOO_COMPLEX

BODY_BYTES_MAX: Final = 256 * 1024
JSON_DEPTH_MAX: Final = 64
JSON_LIST_ITEMS_MAX: Final = 500
_NAME_CHARS_MAX: Final = 256


class Malformed(Exception):
    """The request is none that could be run. `status` is its HTTP status, `code` its `extensions.code`."""

    def __init__(self, message: str, *, status: int = 400, code: str = BAD_INPUT) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.code = code


@dataclass(frozen=True, slots=True)
class GraphQLRequest:
    """What a client wants run: a document, or one that is known by its id.

    `bookmark` is that of an earlier answer, if it carries one.
    """

    query: str | None
    operation_name: str | None = None
    variables: dict[str, Any] = field(default_factory=dict)
    bookmark: str | None = None
    document_id: str | None = None

    @property
    def document(self) -> str:
        """The document, once it is known."""
        return self.query or ""


def from_json(data: bytes | str) -> Any:
    """The value of a JSON text whose strings are Unicode and whose lists and nesting are bounded. Raises Malformed."""
    try:
        text = data if isinstance(data, str) else data.decode("utf-8")
        value = json.loads(text, parse_constant=_no_constant)
    except UnicodeDecodeError:
        raise Malformed("The body is not UTF-8.") from None
    except RecursionError:
        raise Malformed(f"The JSON is nested more than {JSON_DEPTH_MAX} levels deep.", code=TOO_COMPLEX) from None
    except ValueError as error:
        # Also an integer of more digits than Python converts.
        position = f" (character {error.pos + 1})" if isinstance(error, json.JSONDecodeError) else ""
        raise Malformed(f"The body is not JSON{position}.") from None
    _check(value)
    return value


def from_value(value: Any) -> GraphQLRequest:
    """The request in a JSON value. Raises Malformed, which says what a request looks like."""
    if isinstance(value, list):
        raise Malformed("Batches are not taken: send one operation per request.")
    if not isinstance(value, dict):
        raise Malformed("The body must be a JSON object with `query`, and perhaps `variables` and `operationName`.")
    return _request(value)


def from_parameters(parameters: Mapping[str, str]) -> GraphQLRequest:
    """The request in the query parameters of a GET. Raises Malformed."""
    value: dict[str, Any] = dict(parameters)
    for name in ("variables", "extensions"):
        if value.get(name):
            try:
                value[name] = from_json(value[name])
            except Malformed as error:
                message = error.message.replace("The body", f"`{name}`")
                raise Malformed(message, status=error.status, code=error.code) from None
        else:
            value.pop(name, None)
    return _request(value)


def _request(value: dict[str, Any]) -> GraphQLRequest:
    query, variables, name = value.get("query"), value.get("variables"), value.get("operationName")
    known = value.get("documentId")
    if known is not None and not (isinstance(known, str) and len(known) <= _NAME_CHARS_MAX):
        raise Malformed("`documentId` must be the SHA-256 of a document.")
    if known is None and (not isinstance(query, str) or not query.strip()):
        raise Malformed("`query` is missing: send the document to run as text, or the `documentId` of a known one.")
    if variables is not None and not isinstance(variables, dict):
        raise Malformed("`variables` must be an object.")
    if name is not None and not (isinstance(name, str) and len(name) <= _NAME_CHARS_MAX):
        raise Malformed("`operationName` must be a name.")
    if not isinstance(value.get("extensions"), dict | None):
        raise Malformed("`extensions` must be an object.")
    extensions = value.get("extensions") or {}
    bookmark = extensions.get("bookmark")
    return GraphQLRequest(
        query if isinstance(query, str) else None,
        name or None,
        variables or {},
        bookmark if isinstance(bookmark, str) else None,
        known,
    )


def _check(value: Any) -> None:
    level = [value]
    for _ in range(JSON_DEPTH_MAX):
        below: list[Any] = []
        for item in level:
            if isinstance(item, dict):
                below.extend(item.keys())
                below.extend(item.values())
            elif isinstance(item, list):
                if len(item) > JSON_LIST_ITEMS_MAX:
                    raise Malformed(f"A list has {len(item)} items; at most {JSON_LIST_ITEMS_MAX} are taken.")
                below.extend(item)
            elif isinstance(item, str):
                _check_text(item)
        if not below:
            return
        level = below
    raise Malformed(f"The JSON is nested more than {JSON_DEPTH_MAX} levels deep.", code=TOO_COMPLEX)


def _check_text(text: str) -> None:
    if not text.isascii():
        try:
            text.encode("utf-8")
        except UnicodeEncodeError:
            raise Malformed("A text holds half of a surrogate pair: it is not Unicode.") from None


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
