"""How the values of settings are read: each reader takes a variable's name and what it holds, and raises Invalid."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

from domain.errors import Invalid

SECRET_CHARS_MAX: Final = 4_096

N = TypeVar("N", int, float)


def text(name: str, raw: str) -> str:
    """What was given, without space around it. Raises Invalid when nothing was; the same for the others below."""
    if not raw.strip():
        raise Invalid(f"{name} is empty: give it a value or unset it")
    return raw.strip()


def folder(name: str, raw: str) -> Path:
    """An absolute folder."""
    return Path(text(name, raw)).expanduser().absolute()


def address(name: str, raw: str) -> str:
    """A whole address, without a slash at its end."""
    value = text(name, raw).rstrip("/")
    if "://" not in value:
        raise Invalid(
            f"{name} is {value!r}: give a whole address, such as http://127.0.0.1:8000 or bolt://127.0.0.1:7687"
        )
    return value


def origins(name: str, raw: str) -> tuple[str, ...]:
    """Addresses, separated by commas."""
    return tuple(address(name, part) for part in raw.split(",") if part.strip())


def words(_: str, raw: str) -> tuple[str, ...]:
    """Words, separated by commas."""
    return tuple(part.strip() for part in raw.split(",") if part.strip())


def numbers(name: str, raw: str) -> tuple[tuple[str, int], ...]:
    """Names with whole numbers, as `M=16,efConstruction=200`."""
    pairs = [part.partition("=") for part in raw.split(",") if part.strip()]
    if not all(key.strip() and value.strip().isdigit() for key, _, value in pairs):
        raise Invalid(f"{name} is {raw!r}: give names and whole numbers, such as M=16,efConstruction=200")
    return tuple((key.strip(), int(value)) for key, _, value in pairs)


def whole(low: int, high: int) -> Callable[[str, str], int]:
    """Reads a whole number between these bounds."""
    return _between(int, low, high, "a whole number")


def seconds(low: float, high: float) -> Callable[[str, str], float]:
    """Reads seconds between these bounds."""
    return _between(float, low, high, "seconds")


def _between(number: Callable[[str], N], low: N, high: N, what: str) -> Callable[[str, str], N]:
    def read(name: str, raw: str) -> N:
        try:
            value = number(raw)
        except ValueError:
            raise Invalid(f"{name} is {raw!r}: give {what} from {low} to {high}") from None
        if not low <= value <= high:
            raise Invalid(f"{name} is {value}: give {what} from {low} to {high}")
        return value

    return read


def one_of(*allowed: str) -> Callable[[str, str], str]:
    """Reads one of these words."""

    def read(name: str, raw: str) -> str:
        if raw not in allowed:
            raise Invalid(f"{name} is {raw!r}: give one of {', '.join(allowed)}")
        return raw

    return read


def memory(name: str, raw: str) -> str:
    """A size such as 768m or 2g."""
    if not (raw[:-1].isdigit() and raw[-1:] in ("m", "g")):
        raise Invalid(f"{name} is {raw!r}: give a size such as 768m or 2g")
    return raw


def held(name: str, path: str) -> str:
    """The secret in a file: its text without the line's end."""
    try:
        with folder(name, path).open(encoding="utf-8") as file:
            secret = file.read(SECRET_CHARS_MAX + 1).rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as failure:
        raise Invalid(f"{name} is {path!r}, which cannot be read: {failure}") from failure
    if len(secret) > SECRET_CHARS_MAX or "\n" in secret:
        raise Invalid(f"{name} is {path!r}, which holds more than one line of {SECRET_CHARS_MAX} characters")
    return secret


def truth(name: str, raw: str) -> bool:
    """True or false, written as such."""
    if raw.lower() not in ("true", "false"):
        raise Invalid(f"{name} is {raw!r}: give true or false")
    return raw.lower() == "true"
