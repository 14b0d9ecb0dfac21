"""The command `pinwalk`. Before anything of the program is imported, its packages must be its own.

They have plain names (`app`, `graph`, `schema`, …) that others may use too: in a shared environment a namesake could be
imported in their place, or have put its files among ours. So every start looks, in some milliseconds, and says whose a
name is. The standard library only.
"""

from __future__ import annotations

import base64
import hashlib
import sys
from collections.abc import Iterator
from importlib import metadata, util
from pathlib import Path

NAMES = (
    *("app", "schema", "resolvers", "discovery", "loaders", "events"),
    *("graph", "vectors", "media", "shared", "internet", "domain"),
)
ADVICE = "Its packages need these names alone: install Pinwalk by itself, with `uv tool install` or `pipx install`."
CLASH = 2


def main() -> None:
    """Runs the command line; ends with exit code 2 and one clear message when a package is not Pinwalk's."""
    trouble = clash(Path(__file__).parent)
    if trouble is not None:
        sys.stderr.write(f"Pinwalk cannot start here. {trouble}\n{ADVICE}\n")
        raise SystemExit(CLASH)
    from app.cli import main as run

    run()


def clash(root: Path) -> str | None:
    """Whose the first package is that is not the one in `root`, beside this file; None when all are ours."""
    for name in NAMES:
        spec = util.find_spec(name)
        found = Path(spec.origin).resolve() if spec is not None and spec.origin else None
        if found != (root / name / "__init__.py").resolve():
            return f"The name `{name}` is taken by {_whose(name, found)}."
        namesake = root / f"{name}.py"
        if namesake.exists():
            return f"The name `{name}` is also that of {_whose(name, namesake)}."
    for path in sorted(_strangers(root)):
        return f"The folder of its package `{path.parts[0]}` holds a file of {_whose(path.parts[0], root / path)}."
    for path in sorted(_lost(root)):
        return f"Its file {root / path} is gone, or another one: a package that came or went has taken its place."
    return None


def _recorded() -> dict[Path, str]:
    """The modules that were installed with this distribution, with their hashes; none for a checkout."""
    try:
        files = metadata.distribution("pinwalk").files or []
    except metadata.PackageNotFoundError:
        return {}
    ours = [file for file in files if file.parts[0] in NAMES and file.suffix == ".py"]
    return {Path(file): file.hash.value if file.hash else "" for file in ours}


def _strangers(root: Path) -> Iterator[Path]:
    """Modules in our folders that were not installed with us."""
    ours = _recorded()
    if ours:
        for name in NAMES:
            for path in (root / name).rglob("*.py"):
                if path.relative_to(root) not in ours:
                    yield path.relative_to(root)


def _lost(root: Path) -> Iterator[Path]:
    """Modules that were installed with us and are not there, or (a package's first file) not as they were."""
    for path, wanted in _recorded().items():
        if not (root / path).exists():
            yield path
        elif wanted and len(path.parts) == 2 and path.name == "__init__.py":
            found = hashlib.sha256((root / path).read_bytes()).digest()
            if base64.urlsafe_b64encode(found).rstrip(b"=").decode() != wanted:
                yield path


def _whose(name: str, path: Path | None) -> str:
    """For people: the distribution that a file belongs to, and where it is."""
    where = f" ({path})" if path is not None else ""
    for distribution in metadata.distributions():
        if distribution.name == "pinwalk":
            continue
        for file in distribution.files or ():
            if file.parts[0] in {name, f"{name}.py"} and (path is None or _same(distribution, file, path)):
                return f"the distribution {distribution.name} {distribution.version}{where}"
    return f"something else{where}"


def _same(distribution: metadata.Distribution, file: metadata.PackagePath, path: Path) -> bool:
    return Path(str(distribution.locate_file(file))).resolve() == path.resolve()


if __name__ == "__main__":
    main()
