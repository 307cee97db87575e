"""What a terminal shows: a table that fits, colours only where they are wanted, and a bar only when work is long."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from wbtypes_cli import terminal
from wbtypes_cli.terminal import printable, progress

COMMAND = [sys.executable, "-m", "wbtypes_cli"]


def on_a_terminal(*words: object, **env: str) -> str:
    """What the command writes to a terminal."""
    import pty

    try:
        ours, theirs = pty.openpty()
    except OSError as error:
        pytest.skip(f"this system has no pseudo-terminals: {error}")
    command = [*COMMAND, *map(str, words)]
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "80", **env}
    process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment)
    os.close(theirs)
    out = b""
    while True:
        try:
            chunk = os.read(ours, 4096)
        except OSError:  # how Linux says that the other end is closed
            break
        if not chunk:
            break
        out += chunk
    os.close(ours)
    assert process.wait(timeout=30) == 0
    return out.decode().replace("\r\n", "\n")


@pytest.mark.skipif(os.name == "nt", reason="pseudo-terminals are POSIX")
@pytest.mark.usefixtures("toys")
class TestTerminal:
    def test_a_table_is_as_wide_as_the_terminal(self, full: Path) -> None:
        shown = re.sub(r"\x1b\[[0-9;]*m", "", on_a_terminal("show", full, COLUMNS="60"))
        lines = shown.splitlines()
        assert max(map(len, lines)) <= 60
        assert any(line.startswith("val.pair") and line.endswith("\N{HORIZONTAL ELLIPSIS}") for line in lines)

    def test_colours(self, full: Path) -> None:
        assert "\x1b[" in on_a_terminal("show", full)

    def test_no_colours(self, full: Path) -> None:
        assert "\x1b[3" not in on_a_terminal("show", full, NO_COLOR="1")
        assert "\x1b[" not in on_a_terminal("show", full, TERM="dumb")

    def test_few_characters(self, full: Path) -> None:
        shown = on_a_terminal("show", full, PYTHONIOENCODING="ascii", PYTHONUTF8="0")
        assert shown.isascii()
        assert "val.pair" in shown

    def test_short_work_shows_no_bar(self, full: Path, tmp_path: Path) -> None:
        shown = on_a_terminal("extract", full, "--to", tmp_path / "out")
        assert shown.count("\n") == 1


def test_long_work_shows_a_bar(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(terminal, "PATIENCE", -1.0)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    with progress("extracting [/x]\x1b[2J", 10) as shown:
        for done in range(10):
            shown.at(done)
        shown._timer.join()
        shown.at(10)
    out, err = capsys.readouterr()
    assert out == ""
    assert "extracting [/x]\\x1b[2J" in err


def test_there_is_no_bar_where_nobody_sees_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(terminal, "PATIENCE", -1.0)
    with progress("extracting", 10) as shown:
        shown.at(5)
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain é中😀", "plain é中😀"),
        ("a\nb\tc", "a\\nb\\tc"),
        ("\x1b[2J\x07\x9b", "\\x1b[2J\\x07\\x9b"),
        ("\u202eabc\u2066", "\\u202eabc\\u2066"),
        ("\ud800", "\\ud800"),
        ("\u2028", "\\u2028"),
    ],
)
def test_printable(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_a_long_cell_widens_its_own_line_alone(capsys: Any) -> None:
    terminal.table(("a", "b"), [("x" * 10_000, "1"), ("y", "2")])
    lines = capsys.readouterr().out.splitlines()
    assert lines[1] == "x" * 10_000 + "  1"
    assert [len(line) for line in (lines[0], lines[2])] == [83, 83]


def test_a_plain_table(capsys: Any) -> None:
    terminal.table(("a", "bb"), [("1", "2"), ("333", "long " * 50)])
    assert capsys.readouterr().out == "a    bb\n1    2\n333  " + ("long " * 50).rstrip() + "\n"
