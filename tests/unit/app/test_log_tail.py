from __future__ import annotations

from pathlib import Path

from app import children
from app.log_tail import LogTail, important


def test_warnings_and_errors_are_shown_and_the_rest_is_not() -> None:
    warning = '{"event": "late", "level": "warning", "source": "similar", "timestamp": "now", "process": "api"}'

    assert important(warning) == "warning: late source=similar"
    assert important('{"event": "request", "level": "info"}') is None
    assert important("2026-01-01 00:00:00 ERROR Out of disk") is not None
    assert important("anything else") is None


def test_each_line_is_shown_once_and_a_flood_is_cut(tmp_path: Path) -> None:
    path = tmp_path / "api.log"
    path.write_text('{"event": "old", "level": "error"}\n')
    tail = LogTail.at_end(path)
    with path.open("a") as file:
        file.writelines(f'{{"event": "e{number}", "level": "error"}}\n' for number in range(15))
        file.write('{"event": "not yet who')

    lines = tail.look()

    assert lines[0] == "error: e0"
    assert len(lines) == 11
    assert "5 lines more" in lines[-1]
    assert tail.look() == []


def test_a_log_that_was_emptied_is_read_from_its_start(tmp_path: Path) -> None:
    path = tmp_path / "api.log"
    path.write_text("x" * 100 + "\n")
    tail = LogTail.at_end(path)

    path.write_text('{"event": "new", "level": "error"}\n')

    assert tail.look() == ["error: new"]


def test_a_log_stays_bounded_while_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "api.log"
    with path.open("ab") as writer:
        for _ in range(5):
            writer.write(b"x" * (children.LOG_BYTES_MAX + 1))
            writer.flush()
            children.trim(path)
        writer.write(b"end")

    assert path.read_bytes() == b"end"
    assert len(list(tmp_path.iterdir())) == 1 + children.LOG_FILES_KEPT
