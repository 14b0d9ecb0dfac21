"""Relay's compiler reads the schema and what a frontend on Relay asks of it; each of those documents may be run."""

from __future__ import annotations

import asyncio
import re
import shutil
from pathlib import Path

from schema.api import printed, schema
from schema.operation import Operations
from tests.npm import programs

PAGES = Path(programs.HERE) / "relay"
VARIABLES = {"id": "pin_1", "ids": ["pin_1"], "query": "x", "username": "ana", "first": 25}
COMPILE_S_MAX = 120


async def test_the_compiler_of_relay_takes_the_schema_and_every_document(tmp_path: Path) -> None:
    compiler = programs.installed() / "node_modules" / "relay-compiler" / "cli.js"
    shutil.copytree(PAGES, tmp_path / "relay")
    (tmp_path / "relay" / "schema.graphql").write_text(printed())
    program = await asyncio.create_subprocess_exec(
        "node", str(compiler), cwd=tmp_path / "relay", stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )

    async with asyncio.timeout(COMPILE_S_MAX):
        out, _ = await program.communicate()

    assert program.returncode == 0, out.decode()
    written = list((tmp_path / "relay" / "src").rglob("*.graphql.ts"))
    documents = re.findall(r"graphql`", (PAGES / "src" / "pages.ts").read_text())
    assert len(documents) >= 20
    assert len(written) >= len(documents)
    texts = [found[1] for path in written if (found := re.search(r'"text": (".+")\n', path.read_text()))]
    assert len(texts) >= 15
    for text in texts:
        document = text.encode().decode("unicode_escape")[1:-1]
        Operations(schema).prepare(document, None, VARIABLES)
