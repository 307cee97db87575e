"""Checking a run: each fault is found, named with its place, and told once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from by_hand import CONFIG, HISTORY, SUMMARY, Recording, flat, history, item, items

from wbtypes_core import Limits, Registry
from wbtypes_runs import Problem, open_run, problems
from wbtypes_runs.problems import CUT, Findings, one_line


def told(found: list[Problem]) -> list[tuple[str, str]]:
    return [(problem.where, problem.code) for problem in found]


@pytest.fixture
def sound(recording: Recording) -> Recording:
    """A run with nothing wrong."""
    image = {
        "_type": "sketch",
        **recording.file("media/sketch/a.png", b"alpha"),
        "parts": [{"_type": "tally", "count": 1}],
    }
    note = {"_type": "note", **recording.file("media/note/n.json", b'"text"')}
    recording.row(0, {"img": image, "deep": {"note": note}, "own": {"_type": "a-type-of-the-user"}})
    recording.row(1, {"img": image, "other": {"_type": "file-of-no-plugin", **recording.file("o.bin", b"o")}})
    recording.add(SUMMARY, items(flat({"img": image})))
    recording.add(CONFIG, items(flat({"lr": 1})))
    return recording


def test_a_sound_run_has_no_problems(sound: Recording, toys: Registry) -> None:
    assert open_run(sound.save(), registry=toys).check() == []


def test_a_missing_file_is_told_once_with_its_place(sound: Recording, toys: Registry) -> None:
    folder = sound.save()
    (folder / "files/media/sketch/a.png").unlink()
    (problem,) = open_run(folder, registry=toys).check()
    assert (problem.where, problem.code, problem.step) == (
        'history step 0, ["img"]["file"]',
        "missing-file",
        0,
    )
    assert "media/sketch/a.png is not in" in problem.what


@pytest.mark.parametrize(
    ("data", "says"), [(b"ALPHA", "has the sha256"), (b"long", "has 4 bytes, logged were 5")]
)
def test_an_altered_file_is_told(sound: Recording, toys: Registry, data: bytes, says: str) -> None:
    folder = sound.save()
    (folder / "files/media/sketch/a.png").write_bytes(data)
    (problem,) = open_run(folder, registry=toys).check()
    assert problem.code == "altered-file" and says in problem.what and "look for a copy" in problem.remedy


def test_files_that_no_codec_reads_are_checked_too(sound: Recording, toys: Registry) -> None:
    folder = sound.save()
    (folder / "files/o.bin").write_bytes(b"0")
    assert told(open_run(folder, registry=toys).check()) == [('history step 1, ["other"]', "altered-file")]


def test_a_linked_file_that_cannot_be_read_is_told(sound: Recording, toys: Registry) -> None:
    folder = sound.save()
    (folder / "files/media/note/n.json").write_bytes(b'"texT"')
    assert told(open_run(folder, registry=toys).check()) == [
        ('history step 0, ["deep"]["note"]["file"]', "altered-file")
    ]
    (folder / "files/media/note/n.json").write_bytes(b"{")
    assert told(open_run(folder, registry=toys).check()) == [
        ('history step 0, ["deep"]["note"]', "bad-json"),
        ('history step 0, ["deep"]', "altered-file"),
    ]


def test_a_missing_folder_is_one_problem(sound: Recording, toys: Registry) -> None:
    folder = sound.save()
    (folder / "files").rename(folder / "gone")
    found = open_run(folder, registry=toys).check()
    assert [problem.code for problem in found] == ["missing-file", "missing-file"]
    assert "with 3 files that the run names" in found[-1].what


@pytest.mark.parametrize("path", ["../../x", "/etc/passwd", "C:/x", "media/../../x", "a\0b", ""])
def test_a_path_that_leaves_the_run_is_refused_and_never_read(
    recording: Recording, toys: Registry, path: str
) -> None:
    recording.file("y", b"y")
    (recording.folder.parent / "x").write_bytes(b"secret")
    recording.row(5, {"img": {"_type": "sketch", "path": path, "sha256": "0" * 64, "size": 6}})
    run = open_run(recording.save(), registry=toys)
    assert told(run.check()) == [('history step 5, ["img"]["file"]', "unsafe-path")]
    (row,) = run.history()
    assert row["img"].file.ref.path == path


def test_a_link_out_of_the_run_is_refused(recording: Recording, toys: Registry, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"secret")
    node = {"_type": "sketch", **recording.file("a.png", b"secret")}
    (recording.folder / "files/a.png").unlink()
    (recording.folder / "files/a.png").symlink_to(tmp_path / "secret")
    recording.row(0, {"img": node})
    assert told(open_run(recording.save(), registry=toys).check()) == [
        ('history step 0, ["img"]["file"]', "unsafe-path")
    ]


def test_files_of_artifacts_are_no_files_of_the_run(recording: Recording, toys: Registry) -> None:
    recording.row(
        0, {"img": {"_type": "sketch", "artifact_path": "wandb-client-artifact://c/a.png", "sha256": "0"}}
    )
    assert open_run(recording.save(), registry=toys).check() == []


def test_values_and_items_that_cannot_be_read_are_told(recording: Recording, toys: Registry) -> None:
    recording.row(3, {"bad": {"_type": "tally", "count": "x"}, "deep": [{"_type": "tally"}]})
    recording.add(HISTORY, history([item("a", b"{"), item("b", b"1")], 4))
    recording.add(SUMMARY, items([item("c", b"1,2"), *flat({"bad": {"_type": "tally"}})]))
    recording.add(CONFIG, items([item(("d", "e"), b"")]))
    assert sorted(told(open_run(recording.save(), registry=toys).check())) == [
        ('config, ["d"]["e"]', "bad-json"),
        ('history step 3, ["bad"]', "bad-value"),
        ('history step 3, ["deep"][0]', "bad-value"),
        ('history step 4, ["a"]', "bad-json"),
        ('summary, ["bad"]', "bad-value"),
        ('summary, ["c"]', "bad-json"),
    ]


def test_a_missing_plugin_is_one_problem_however_many_values_want_it(recording: Recording) -> None:
    for step in range(50):
        recording.row(step, {"clip": {"_type": "audio-file", **recording.file(f"{step}.wav", b"RIFF")}})
    (problem,) = open_run(recording.save(), registry=Registry.of()).check()
    assert problem.code == "not-installed"
    assert problem.where == 'history step 0, ["clip"] and 49 more'
    assert "pip install wbtypes-audio" in str(problem)


def test_damage_of_the_log_is_told_with_its_byte(recording: Recording) -> None:
    for step in range(9):
        recording.row(step, {"a": step})
    recording.save()
    log = bytearray(recording.path.read_bytes())
    log[100] ^= 1
    recording.path.write_bytes(log[:-3])
    found = open_run(recording.folder).check()
    assert [problem.code for problem in found] == ["damaged-log", CUT]
    assert [problem.where for problem in found] == [
        f"run-abc123.wandb, byte {problem.offset}" for problem in found
    ]
    assert all(problem.what and problem.remedy for problem in found)


def test_limits_are_told(recording: Recording, toys: Registry) -> None:
    recording.row(0, {"a": "x" * 5000, "b": 1})
    recording.row(1, {"list": [0] * 5000})
    limits = Limits(record_bytes=4000)
    found = open_run(recording.save(), registry=toys, limits=limits).check()
    assert [problem.code for problem in found] == ["limit", "limit"]
    assert all("record_bytes=4,000" in str(problem) for problem in found)


def test_very_many_problems_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(problems, "KEPT", 3)
    found = Findings()
    for number in range(10):
        found.add(Problem(f"place {number}", "is wrong"))
    listed = list(found)
    assert len(listed) == len(found) == 4
    assert str(listed[-1]) == "the run: has 7 more problems; mend these and check again"


@pytest.mark.parametrize(
    ("text", "line"),
    [("plain é 中", "plain é 中"), ("a\nb\x1b[31m", r"a\nb\x1b[31m"), ("\u2028\x00", r"\u2028\x00")],
)
def test_a_problem_is_one_line_whatever_the_data_holds(text: str, line: str) -> None:
    assert one_line(text) == line
    problem = Problem(text, text, text)
    assert str(problem) == f"{line}: {line}; {line}"


def test_problems_are_values() -> None:
    problem = Problem("here", "is odd", code="bad-value", step=3)
    assert problem == Problem("here", "is odd", "", "bad-value", step=3)
    assert hash(problem) == hash(Problem("here", "is odd", "", "bad-value", step=3))
    assert str(problem) == "here: is odd"
    frozen: Any = problem
    with pytest.raises(AttributeError):
        frozen.where = "there"
