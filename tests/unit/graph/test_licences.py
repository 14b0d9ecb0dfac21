"""The licences of the server's jars, held against what the jars say of themselves."""

from __future__ import annotations

import tomllib
import zipfile
from importlib import resources

import pytest

from app import settings
from graph.embedded import jars, licences

MARKS = {
    "apache.org/licenses/license-2.0": "Apache-2.0",
    "apache license version 2.0": "Apache-2.0",
    "gnu general public license version 3": "GPL-3.0-only",
    "legal/epl-2.0": "EPL-2.0",
    "eclipse public license - v 2.0": "EPL-2.0",
    "legal/epl-v10": "EPL-1.0",
    "edl-v10": "BSD-3-Clause",
    "mit license": "MIT",
    "licenses/mit-license": "MIT",
    "common development and distribution license": "CDDL",
}


def test_every_jar_of_the_lock_has_a_licence_and_no_line_is_left_over() -> None:
    found = licences.of_jars()
    table = tomllib.loads(resources.files("graph.embedded").joinpath(licences.TABLE).read_text())

    assert sorted(jar.filename for jar, _ in found) == sorted(jar.filename for jar in jars.locked())
    assert set(table["groups"]) == {jar.group for jar in jars.locked()}
    assert set(table["artifacts"]) <= {f"{jar.group}:{jar.artifact}" for jar in jars.locked()}


def test_a_jar_has_the_licence_that_it_names_itself() -> None:
    cache = settings.load().cache_dir
    if not jars.complete(cache):
        pytest.skip("the jars have not been fetched on this machine")
    compared = 0
    for jar, licence in licences.of_jars():
        said = _said(zipfile.ZipFile(jars.folder(cache) / jar.filename))
        named = {spdx for mark, spdx in MARKS.items() if mark in said}
        if named:
            compared += 1
            assert any(spdx in licence for spdx in named), f"{jar.filename}: {licence}, says {sorted(named)}"

    assert compared > 150


def _said(jar: zipfile.ZipFile) -> str:
    """The beginning of its own licence file, or else the line of its manifest, in one case and one spacing."""
    names = set(jar.namelist())
    for name in ("META-INF/LICENSE.txt", "META-INF/LICENSE", "META-INF/LICENSE.md", "LICENSE"):
        if name in names:
            return " ".join(jar.read(name)[:3_000].decode("utf-8", "replace").lower().split())
    manifest = jar.read("META-INF/MANIFEST.MF").decode("utf-8", "replace").replace("\r\n ", "")
    return "".join(line.lower() for line in manifest.splitlines() if line.startswith("Bundle-License"))
