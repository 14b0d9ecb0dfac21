"""Takes out of a line of the log what must never be in one, should it get there all the same.

Nothing logs a secret on purpose: this is the net below. It knows fields by their names, and addresses and tokens by
their looks, also inside tracebacks.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, MutableMapping
from typing import Any, Final

HIDDEN: Final = "[hidden]"
FIELDS: Final = frozenset(
    {
        "password",
        "token",
        "access_token",
        "refresh_token",
        "authorization",
        "email",
        "secret",
        "signature",
        "cookie",
        "signing_key",
    }
)
_LOOKS: Final = re.compile(
    r"""(?<!/)\b[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+                               # an e-mail address
      | \beyJ[\w-]{5,}\.[\w-]+\.[\w-]+                                            # a signed token (JWT)
      | (?P<scheme>bearer\ +)[^\s"',]{8,}                                        # whatever follows Bearer
      | (?P<name>[?&](?:s|signature|x-amz-(?:signature|security-token))=)[\w%-]+ # the signature of a URL
      | (?P<url>://)[^\s/@]+(?=@)                                                 # user and password of an address
      | \bpinwalk_[\w-]{43}(?![\w-])                                              # a personal access token
      | \bwhsec_[\w+/=-]{20,}                                                    # the key of a webhook
      | \$argon2\w*\$[^\s"']+                                                    # a hashed password
    """,
    re.VERBOSE | re.IGNORECASE,
)
_MARKS: Final = re.compile(r"@|eyJ|earer |[?&][sSxX]|\$argon2|pinwalk_|whsec_", re.IGNORECASE)


def redact(_: object, __: str, record: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """The record without secrets: a processor of structlog."""
    for name, value in record.items():
        if name in FIELDS:
            record[name] = HIDDEN
        elif isinstance(value, str):
            record[name] = clean(value)
        elif isinstance(value, Mapping | list | tuple):
            record[name] = _inside(value)
    return record


def clean(text: str) -> str:
    """The text, with what looks like a secret in it hidden."""
    return _LOOKS.sub(_hidden, text) if _MARKS.search(text) else text


def _hidden(found: re.Match[str]) -> str:
    return (found["scheme"] or found["name"] or found["url"] or "") + HIDDEN


def _inside(value: Any) -> Any:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, Mapping):
        return {name: HIDDEN if name in FIELDS else _inside(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_inside(item) for item in value]
    return value
