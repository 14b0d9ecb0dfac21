import shutil
from pathlib import Path

import pytest

from domain.errors import Conflict
from graph.client import Graph
from graph.migrate import FOLDER, migrate, statements


async def test_a_second_run_applies_nothing(graph: Graph) -> None:
    await migrate(graph)

    assert await migrate(graph) == []


async def test_an_edited_migration_is_refused(graph: Graph, tmp_path: Path) -> None:
    folder = tmp_path / "migrations"
    shutil.copytree(FOLDER, folder)
    edited = folder / "0001_schema.cypher"
    edited.write_text(edited.read_text() + "\n// one more line\n")

    with pytest.raises(Conflict, match=r"0001_schema\.cypher was changed"):
        await migrate(graph, folder)


async def test_a_graph_of_a_newer_version_is_refused(graph: Graph, tmp_path: Path) -> None:
    with pytest.raises(Conflict, match="does not know"):
        await migrate(graph, tmp_path)


def test_statements_end_with_a_semicolon_at_the_end_of_a_line() -> None:
    text = "// why\nCREATE (a {x: 'b;c'});\nMATCH (a)\nRETURN a;\n\n"

    assert statements(text) == ["CREATE (a {x: 'b;c'})", "MATCH (a)\nRETURN a"]
