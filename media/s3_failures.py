"""What a request to S3 can end with, and what an operator does about it."""

from __future__ import annotations

from typing import Final

import aiohttp
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ResponseStreamingError,
)

FAILURES: Final = (ClientError, BotoCoreError, aiohttp.ClientError, OSError, TimeoutError)
"""Everything that a request raises when the server refuses or does not answer. The rest is a bug."""

BROKE_OFF: Final = (aiohttp.ClientPayloadError, ResponseStreamingError)
"""An answer that ended before its end."""

_WRONG_KEY: Final = "{at} does not know this access key: see PINWALK_S3_ACCESS_KEY."
_WRONG_REGION: Final = "{at} has the bucket {bucket!r} in another region: see PINWALK_S3_REGION ({short})."
_NO_RIGHT: Final = (
    "{at} lets this key not list, write and delete in the bucket {bucket!r}: give it the rights, or give another key."
)
_ADVICE: Final = {
    "NoSuchBucket": "{at} has no bucket {bucket!r}: make it (`pinwalk migrate` does), or set PINWALK_S3_BUCKET.",
    "InvalidBucketName": "{at} takes no bucket named {bucket!r}: see PINWALK_S3_BUCKET.",
    "InvalidAccessKeyId": _WRONG_KEY,
    "XAdminUserNotFound": _WRONG_KEY,
    "SignatureDoesNotMatch": "{at} refuses the signature: see PINWALK_S3_SECRET_KEY, and PINWALK_S3_REGION.",
    "AccessDenied": _NO_RIGHT,
    "AllAccessDisabled": _NO_RIGHT,
    "403": _NO_RIGHT,
    "PermanentRedirect": _WRONG_REGION,
    "AuthorizationHeaderMalformed": _WRONG_REGION,
    "301": _WRONG_REGION,
    "SSLError": "{at} speaks no TLS, or its certificate is not trusted here: see PINWALK_S3_ENDPOINT ({short}).",
    "NoCredentialsError": "{at} needs keys: set PINWALK_S3_ACCESS_KEY and PINWALK_S3_SECRET_KEY, or files with them.",
    "EndpointResolutionError": "{at}: that is no address ({short}). See PINWALK_S3_ENDPOINT.",
    "ParamValidationError": "{bucket!r} cannot be the name of a bucket: see PINWALK_S3_BUCKET.",
    "RequestTimeTooSkewed": "{at} has another time than this machine: set the clocks.",
}
_BUSY: Final = frozenset({"RequestTimeout", "SlowDown", "TooManyRequests", "429"})
_WORDS_MAX: Final = 200


class Answered(Exception):
    """An answer by its code that the caller expected: no failure."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def code_of(failure: BaseException) -> str:
    """The code that the server gave (`NoSuchKey`), or the kind of failure when it gave none."""
    if isinstance(failure, ClientError):
        return str(failure.response.get("Error", {}).get("Code", ""))
    return type(failure).__name__


def in_short(failure: BaseException) -> str:
    """The failure in one short line, for a log or a message; holds no secret."""
    if isinstance(failure, ClientError):
        said = failure.response.get("Error", {}).get("Message", "")
        return f"{code_of(failure)}: {said}".partition("\n")[0][:_WORDS_MAX]
    return (str(failure) or type(failure).__name__).partition("\n")[0][:_WORDS_MAX]


def advice(failure: BaseException, endpoint: str, bucket: str) -> str | None:
    """What to change when trying again would not help; None when it might (no answer, busy, an error of the server)."""
    at, code, short = f"The S3 server at {endpoint}", code_of(failure), in_short(failure)
    known = _ADVICE.get(code)
    if known is not None:
        return known.format(at=at, bucket=bucket, short=short)
    if not isinstance(failure, ClientError) or code in _BUSY:
        return None
    status = failure.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500)
    return f"{at} refuses ({short}): is it an S3 server? See PINWALK_S3_ENDPOINT." if status < 500 else None
