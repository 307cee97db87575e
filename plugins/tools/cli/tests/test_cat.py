"""`wbtypes cat` and `wbtypes follow`: rows as lines of JSON, as they were logged."""

from __future__ import annotations

import json
import math
import signal
import warnings
from pathlib import Path
from typing import Any

import pytest

from wbtypes_cli import cat

pytestmark = pytest.mark.usefixtures("toys")


def rows(done: Any) -> list[dict[str, Any]]:
    return [json.loads(line) for line in done.out.splitlines()]


@pytest.mark.parametrize("command", ["cat", "follow"])
def test_rows_are_printed_as_they_were_logged(command: str, wbtypes: Any, full: Path) -> None:
    done = wbtypes(command, full)
    assert (done.status, done.err) == (0, "")
    found = rows(done)
    assert [row["_step"] for row in found] == [0, 1, 2, 5]
    assert found[0]["sketch"]["_type"] == "toy-sketch" and math.isnan(found[1]["loss"])
    assert found[2]["own"] == {"_type": "mine", "a": 1}


@pytest.mark.parametrize("command", ["cat", "follow"])
@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--keys", "loss"], [{"loss", "_step"}] * 3),
        (["--keys", "lo*", "text"], [{"loss", "_step"}] * 2 + [{"text", "_step"}, {"loss", "_step"}]),
        (["--keys", "loss", "--from", "1"], [{"loss", "_step"}] * 2),
    ],
)
def test_keys_and_steps_are_chosen(
    command: str, words: list[str], expected: list[set[str]], wbtypes: Any, full: Path
) -> None:
    assert [set(row) for row in rows(wbtypes(command, full, *words))] == expected


def test_the_last_step_is_printed(wbtypes: Any, full: Path) -> None:
    assert [row["_step"] for row in rows(wbtypes("cat", full, "--from", "1", "--to", "2"))] == [1, 2]


@pytest.mark.parametrize("command", ["cat", "follow"])
def test_values_that_are_left_out_are_told(command: str, wbtypes: Any, recording: Any) -> None:
    recording.row(0, {"a": 1, "b": b"nothing"})
    recording.row(1, {"a": 2})
    done = wbtypes(command, recording.end())
    assert done.status == 1
    assert [row["_step"] for row in rows(done)] == [0, 1]
    assert len(done.lines) == 1 and 'history step 0, ["b"]' in done.lines[0]


def test_a_library_that_warns_is_no_fault_of_the_run(
    wbtypes: Any, full: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def warned(value: Any) -> str:
        warnings.warn("this will change", DeprecationWarning, stacklevel=2)
        return json.dumps(value)

    monkeypatch.setattr(cat, "dumps", warned)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert wbtypes("cat", full).status == 0


def test_lost_records_are_told(wbtypes: Any, recording: Any) -> None:
    recording.row(0, {"a": 1})
    recording.row(1, {"unique": 2})
    recording.row(2, {"a": 3})
    recording.end()
    data = recording.path.read_bytes().replace(b"unique", b"UNIQUE")
    recording.path.write_bytes(data)
    done = wbtypes("cat", recording.folder)
    assert done.status == 1
    assert [row["_step"] for row in rows(done)] == [0, 2]
    assert len(done.lines) == 1 and "checksum" in done.lines[0]


def test_follow_waits_for_what_comes(begin: Any, recording: Any) -> None:
    recording.row(0, {"a": 1})
    recording.save()
    process = begin("follow", recording.folder, "--interval", "0.02")
    assert json.loads(process.stdout.readline())["a"] == 1
    recording.row(1, {"a": 2})
    recording.save()
    assert json.loads(process.stdout.readline())["a"] == 2
    recording.end()
    assert process.communicate(timeout=60) == ("", "")
    assert process.returncode == 0


def test_follow_ends_by_ctrl_c_and_timeout(wbtypes: Any, begin: Any, recording: Any) -> None:
    recording.row(0, {"a": 1})
    recording.save()
    assert len(rows(wbtypes("follow", recording.folder, "--timeout", "0.01"))) == 1
    process = begin("follow", recording.folder)
    process.stdout.readline()
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=60) == ("", "")
    assert process.returncode == 130


def test_only_logs_are_followed(wbtypes: Any, tmp_path: Path) -> None:
    history = tmp_path / "history.jsonl"
    history.write_text('{"_step": 0, "a": 1}\n')
    done = wbtypes("follow", history)
    assert (done.status, done.out) == (2, "")
    assert done.lines == [
        f"wbtypes: error: {history} is no .wandb log, to which rows would be added; print it with wbtypes cat"
    ]
    assert rows(wbtypes("cat", history)) == [{"_step": 0, "a": 1}]


@pytest.mark.parametrize("words", [("--interval", "nan"), ("--timeout", "-1"), ("--interval", "inf")])
def test_a_wait_is_a_number_of_seconds(words: tuple[str, str], wbtypes: Any, full: Path) -> None:
    done = wbtypes("follow", full, *words)
    assert (done.status, done.out, len(done.lines)) == (2, "", 1)
    assert f"argument {words[0]}: invalid seconds value" in done.lines[0]


def test_keys_that_no_row_has_are_told(wbtypes: Any, full: Path) -> None:
    done = wbtypes("cat", full, "--keys", "nope", "val/*")
    assert (done.status, done.out) == (1, "")
    assert done.lines == [
        f"wbtypes: error: {full}: no row here has nope or val/*; wbtypes show tells which keys there are"
    ]
