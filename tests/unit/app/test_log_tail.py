from __future__ import annotations

from pathlib import Path

from app import children
from app.log_tail import LogTail, important


def test_warnings_and_errors_are_shown_and_the_rest_is_not() -> None:
    warning = '{"event": "late", "level": "warning", "source": "similar", "timestamp": "now", "process": "api"}'

    assert important(warning) == ("late", "warning: late source=similar")
    assert important('{"event": "request", "level": "info"}') == ("", "")
    assert important("2026-01-01 00:00:00 ERROR Out of disk")[0] == "Out of disk"
    assert important("anything else") == ("", "")


def test_of_a_traceback_the_last_line_is_shown() -> None:
    event = r'{"event": "Traceback\n  File x\nKeyError: 1\n", "level": "error"}'

    assert important(event)[1] == "error: KeyError: 1"


def test_each_kind_is_shown_once_a_minute_and_a_flood_is_cut(tmp_path: Path) -> None:
    path = tmp_path / "api.log"
    path.write_text('{"event": "old", "level": "error"}\n')
    tail = LogTail.at_end(path)

    def write(*events: str) -> None:
        with path.open("a") as file:
            file.writelines(f'{{"event": "{event}", "level": "error"}}\n' for event in events)

    write("late", "late", "late", "gone")
    assert tail.look(0.0) == ["error: late", "error: gone"]
    assert tail.look(1.0) == []

    write("late", *(f"e{number}" for number in range(15)))
    assert tail.look(2.0) == [f"error: e{number}" for number in range(5)]

    write("late")
    assert tail.look(61.0) == ["error: late"]


def test_a_line_is_shown_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "api.log"
    path.write_text('{"event": "half", ')
    tail = LogTail(path, 0)
    assert tail.look() == []

    with path.open("a") as file:
        file.write('"level": "error"}\n')

    assert tail.look() == ["error: half"]


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
