"""Errors as clients see them: what was expected keeps its message and gets a code, a bug shows nothing of itself."""

from __future__ import annotations

from typing import Any, Final

import structlog
from graphql import ArgumentNode, GraphQLError, ValueNode
from strawberry.exceptions import StrawberryInputCoercionError

from domain.errors import ProductError, RateLimited, Unavailable

log = structlog.get_logger(__name__)

PARSE_FAILED: Final = "GRAPHQL_PARSE_FAILED"
VALIDATION_FAILED: Final = "GRAPHQL_VALIDATION_FAILED"
BAD_INPUT: Final = "BAD_USER_INPUT"
TOO_COMPLEX: Final = "QUERY_TOO_COMPLEX"
TIMEOUT: Final = "TIMEOUT"
INTERNAL: Final = "INTERNAL_SERVER_ERROR"

_KEPT: Final = frozenset({"UNAUTHENTICATED", "FORBIDDEN", "NOT_FOUND", "RATE_LIMITED", "UNAVAILABLE"})


def formatted(error: Exception, *, request_id: str, operation: str | None = None) -> dict[str, Any]:
    """The error as it is sent: a text that is meant for clients, `locations`, `path`, and `extensions.code`.

    A ProductError keeps its message, and names the argument at fault in `extensions.field`. Anything unexpected is
    logged with its traceback, the request id and the operation's name, and shows as INTERNAL_SERVER_ERROR with the
    request id alone.
    """
    if not isinstance(error, GraphQLError):
        error = GraphQLError(str(error), original_error=error)
    return dict(_presented(error, request_id, operation).formatted)


def _presented(error: GraphQLError, request_id: str, operation: str | None) -> GraphQLError:
    if error.extensions and "code" in error.extensions:
        return error
    cause = error.original_error
    match cause:
        case ProductError():
            if isinstance(cause, Unavailable):
                log.warning("request_unavailable", request_id=request_id, name=operation, error=cause.message)
            return _like(error, cause.message, _extensions(cause))
        case TimeoutError():
            return _like(error, "This took too long. Ask for less, or try again.", {"code": TIMEOUT})
        case StrawberryInputCoercionError():
            return _like(error, error.message, {"code": BAD_INPUT})
    if _is_about_input(error):
        return _like(error, error.message, {"code": BAD_INPUT})
    log.error("bug", request_id=request_id, name=operation, path=_path(error), exc_info=cause or error)
    return _like(error, "Internal error.", {"code": INTERNAL, "requestId": request_id})


def _extensions(cause: ProductError) -> dict[str, object]:
    extensions: dict[str, object] = {"code": cause.code if cause.code in _KEPT else BAD_INPUT}
    if cause.field:
        extensions["field"] = list(cause.field)
    if isinstance(cause, RateLimited):
        extensions["retryAfterMs"] = cause.retry_after_ms
    return extensions


def _is_about_input(error: GraphQLError) -> bool:
    """Whether graphql-core refused a variable or an argument. What it says of a result is a bug of ours."""
    cause = error.original_error
    if cause is None:
        return error.path is None
    return isinstance(cause, GraphQLError) and any(
        isinstance(node, ArgumentNode | ValueNode) for node in cause.nodes or ()
    )


def _like(error: GraphQLError, message: str, extensions: dict[str, object]) -> GraphQLError:
    return GraphQLError(
        message,
        nodes=error.nodes,
        source=error.source,
        positions=error.positions,
        path=error.path,
        extensions=extensions,
    )


def _path(error: GraphQLError) -> str:
    return ".".join(str(step) for step in error.path or ())
