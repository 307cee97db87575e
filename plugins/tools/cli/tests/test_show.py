"""`wbtypes show`: what the page and its JSON say of a run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.usefixtures("toys")


def test_the_page(wbtypes: Any, full: Path) -> None:
    done = wbtypes("show", full)
    assert (done.status, done.err) == (0, "")
    assert done.out.splitlines() == [
        "run       abc123 'calm-sun-1'",
        "project   toys",
        "client    wandb 0.31.0",
        "ended     with exit code 0",
        "history   4 rows, steps 0 to 5",
        "config    lr=0.1",
        "",
        "key       type          count  steps    last value",
        "loss      number        3      0..5     0.25",
        "sketch    Sketch        1      0        7 wide, \"a 'cat'\", 1 stains",
        "val.pair  Sketch batch  1      1        2 x Sketch: None wide, None, 0 stains",
        "val.acc   number        1      1        0.5",
        "tallies   Tally         2      2        3 counts",
        "text      text          1      2        'hé\\x1b[2J'",
        "list      list          1      2        [1, [2]]",
        "own       mine          1      2        {'_type': 'mine', 'a': 1}",
        "best      Tally         1      summary  3 counts",
    ]


def test_the_json(wbtypes: Any, full: Path) -> None:
    done = wbtypes("show", full, "--json")
    page = json.loads(done.out)
    assert done.status == 0
    assert page["problems"] == []
    assert page["run"]["id"] == "abc123"
    assert (page["run"]["rows"], page["run"]["first_step"], page["run"]["last_step"]) == (4, 0, 5)
    assert page["run"]["config"] == {"lr": 0.1}
    assert page["run"]["client"] == "0.31.0"
    keys = {each["key"]: each for each in page["keys"]}
    assert keys["val.pair"] == {
        "key": "val.pair",
        "path": ["val", "pair"],
        "types": {"Sketch batch": 1},
        "count": 1,
        "first": 1,
        "last": 1,
        "preview": "2 x Sketch: None wide, None, 0 stains",
    }
    assert (keys["best"]["first"], keys["best"]["last"]) == ("summary", "summary")


@pytest.mark.parametrize(
    ("patterns", "keys"),
    [
        (["loss"], ["loss"]),
        (["val"], ["val.pair", "val.acc"]),
        (["val.*"], ["val.pair", "val.acc"]),
        (["*a*s"], ["tallies"]),
        (["best", "l*"], ["loss", "list", "best"]),
        (["_step"], ["_step"]),
    ],
)
def test_keys(wbtypes: Any, full: Path, patterns: list[str], keys: list[str]) -> None:
    page = json.loads(wbtypes("show", full, "--json", "--keys", *patterns).out)
    assert [each["key"] for each in page["keys"]] == keys


def test_keys_that_match_nothing(wbtypes: Any, full: Path) -> None:
    done = wbtypes("show", full, "--keys", "lost")
    assert (done.status, done.out) == (2, "")
    assert done.lines == [
        f"wbtypes: error: {full}: --keys lost matches nothing in this run; it has loss, list"
    ]


def test_unwanted_values_are_not_decoded(wbtypes: Any, full: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import wbtypes_sketch

    monkeypatch.setattr(wbtypes_sketch.SketchCodec, "build", lambda *_: pytest.fail("a sketch was decoded"))
    assert wbtypes("show", full, "--no-check", "--keys", "loss", "tallies").status == 0


def test_types_of_one_key_that_differ(wbtypes: Any, recording: Any) -> None:
    for step, value in enumerate([1, "a", 2.5, None, {"b": 1}]):
        recording.row(step, {"x": value})
    page = json.loads(wbtypes("show", recording.end(), "--json").out)
    kinds = {each["key"]: each["types"] for each in page["keys"]}
    assert kinds == {"x": {"number": 2, "text": 1, "null": 1}, "x.b": {"number": 1}}


def test_a_run_without_values(wbtypes: Any, recording: Any) -> None:
    done = wbtypes("show", recording.end())
    assert done.status == 0
    assert done.out.splitlines()[-3:] == ["config    lr=0.1", "", "no values were logged"]


def test_rows_without_steps(wbtypes: Any, recording: Any) -> None:
    recording.row(None, {"x": 1})
    page = json.loads(wbtypes("show", recording.end(), "--json").out)
    assert page["run"]["first_step"] is None
    assert page["keys"][0]["first"] is None


def test_a_missing_file_is_a_problem(wbtypes: Any, full: Path) -> None:
    (full / "files/media/toy/s_0.png").unlink()
    done = wbtypes("show", full)
    assert done.status == 1
    assert len(done.lines) == 1
    assert done.lines[0].startswith('wbtypes: error: history step 0, ["sketch"]')
    assert "media/toy/s_0.png is not in" in done.lines[0]
    assert "7 wide" in done.out
    assert wbtypes("show", full, "--no-check").status == 0


def test_many_problems_are_told_once_each_and_then_counted(wbtypes: Any, recording: Any) -> None:
    for step in range(30):
        node = {"_type": "toy-sketch", "path": f"media/{step}.png", "sha256": "0" * 64, "size": 1}
        recording.row(step, {"x": node})
    (recording.folder / "files").mkdir()
    done = wbtypes("show", recording.end(), "--json")
    assert done.status == 1
    assert len(json.loads(done.out)["problems"]) == 30
    assert len(done.lines) == 21
    assert done.lines[-1] == "wbtypes: error: 10 more problems; --json lists them all"


def test_damaged_values_are_named_and_shown(wbtypes: Any, recording: Any) -> None:
    recording.row(3, {"x": {"_type": "toy-tally", "counts": ["one"]}})
    done = wbtypes("show", recording.end())
    assert done.status == 1
    assert done.lines == [
        'wbtypes: error: history step 3, ["x"]: ["counts"]: has a count that is no number; it is kept as it came'
    ]


def test_text_from_data_cannot_steer_the_terminal(wbtypes: Any, recording: Any) -> None:
    recording.row(0, {"\x1b]0;owned\x07\n": 1, "x": {"_type": "\x1b[31m", "\x9b": 2}, "y": "\u202e"})
    done = wbtypes("show", recording.end({"\r": 1}))
    assert done.status == 0
    assert all(char.isprintable() or char == "\n" for char in done.out + done.err)
    assert "\\x1b]0;owned\\x07\\n" in done.out


def test_media_in_a_folder_of_their_own(wbtypes: Any, full: Path, tmp_path: Path) -> None:
    media = tmp_path / "downloaded"
    (full / "files").rename(media)
    assert wbtypes("show", full).status == 1
    done = wbtypes("show", full, "--files", media)
    assert (done.status, done.err) == (0, "")
    assert wbtypes("extract", full, "--files", media, "--to", tmp_path / "out").status == 0
