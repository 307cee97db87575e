"""Runs without a log: rows of the public API, history files, and ``files`` folders."""

from __future__ import annotations

import json
import math
import pickle
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from toy_codecs import Sketch, Tally

from wbtypes_core import Code, DecodeError, LimitError, Limits, MissingExtra, Opaque, Registry
from wbtypes_core.jsonio import same
from wbtypes_runs import DamagedLogWarning, open_run, open_runs

LABELS = {"0": "paper"}
ROWS: list[dict[str, Any]] = [
    {
        "_step": 0,
        "_timestamp": 1.5,
        "loss": "NaN",
        "val": {"acc": 0.5},
        "name": "NaN",
        "list": ["Infinity", 1],
    },
    {
        "_step": 1,
        "loss": 0.25,
        "val": {"acc": "-Infinity"},
        "name": "adam",
        "t": {"_type": "tally", "count": "NaN"},
    },
    {"_step": 2.0, "loss": None, "only": "Infinity"},
]


def media(folder: Path) -> dict[str, Any]:
    (folder / "media").mkdir(parents=True)
    (folder / "media" / "a.png").write_bytes(b"ink")
    return {"_type": "sketch", "path": "media/a.png"}


def write(path: Path, rows: list[Mapping[str, Any]]) -> Path:
    text = json.dumps(rows) if path.suffix == ".json" else "".join(json.dumps(row) + "\n" for row in rows)
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("form", ["rows", "generator", "history.jsonl", "history.json"])
def test_rows_of_the_api_have_their_floats_again(form: str, tmp_path: Path) -> None:
    given: Any = {"rows": ROWS, "generator": (row for row in ROWS)}.get(form) or write(
        tmp_path / form, [*ROWS]
    )
    run = open_run(given)
    rows = [row.json for row in run.history()]
    assert same(
        rows,
        [
            {**ROWS[0], "loss": math.nan, "list": [math.inf, 1]},
            {**ROWS[1], "val": {"acc": -math.inf}},
            {**ROWS[2], "only": math.inf},
        ],
    )
    assert [row.step for row in run.history()] == [0, 1, 2]
    assert [row.timestamp for row in run.history()] == [1.5, None, None]
    assert [row.json for row in run.history(keys=["val"], start=1, stop=2)] == [{"val": {"acc": -math.inf}}]
    assert ROWS[0]["loss"] == "NaN"


class Frame:
    """Rows as a data frame gives them: each with all columns, and NaN where it has nothing."""

    def __init__(self, rows: list[dict[str, Any]]) -> None:
        self.columns = list(dict.fromkeys(key for row in rows for key in row))
        self._rows = rows

    def __iter__(self) -> Any:
        return iter(self.columns)

    def to_dict(self, orient: str) -> list[dict[str, Any]]:
        assert orient == "records"
        return [{key: row.get(key, math.nan) for key in self.columns} for row in self._rows]


def test_the_data_frame_that_the_api_gives_is_its_rows() -> None:
    frame: Any = Frame(ROWS)
    rows = [row.json for row in open_run(frame).history()]
    assert same(rows, [row.json for row in open_run(ROWS).history()])
    assert same(rows[0]["loss"], math.nan)


class Summary:
    """A summary as the API's object hides it: keys are stripped, and dicts are objects of its own."""

    def __init__(self, json: dict[str, Any]) -> None:
        self._json_dict = json

    def keys(self) -> Any:
        return self._json_dict.keys()

    def __getitem__(self, key: str) -> Any:
        found = self._json_dict[key.strip()]
        return Summary(found) if isinstance(found, dict) else found


@pytest.mark.parametrize("form", ["rows", "history.jsonl", "files"])
def test_the_summary_may_be_the_object_of_the_api(form: str, tmp_path: Path, toys: Registry) -> None:
    json = {"t": {"_type": "tally", "count": 2}, " deep": {"er": {"loss": "NaN"}}}
    given: Any = [{"_step": 0, "x": 1}]
    if form == "files":
        media(tmp_path / form)
        given = tmp_path / form
    elif form != "rows":
        given = write(tmp_path / form, given)
    summary: Any = Summary(json)
    run = open_run(given, summary=summary, registry=toys)
    assert run.summary_json == json
    assert run.summary["t"] == Tally(count=2)


@pytest.mark.parametrize("form", ["rows", "history.jsonl"])
def test_a_row_of_some_keys_knows_its_time(form: str, tmp_path: Path) -> None:
    given: Any = ROWS if form == "rows" else write(tmp_path / form, [*ROWS])
    (first, *_) = open_run(given).history(keys=["name"])
    assert (first.timestamp, first.step, dict(first)) == (1.5, 0, {"name": "NaN"})


def test_strings_stay_where_rows_have_real_floats(tmp_path: Path) -> None:
    rows: list[Mapping[str, Any]] = [{"a": "NaN"}, {"b": math.inf}]
    assert [row.json for row in open_run(rows).history()] == rows
    assert [row.json for row in open_run(write(tmp_path / "h.jsonl", [*rows])).history()] == rows


def test_values_and_summary_and_labels(tmp_path: Path, toys: Registry) -> None:
    node = media(tmp_path / "media-of-run")
    config = {"lr": 1, "_wandb": {"mask/class_labels": {"img_wandb_delimeter_ink": LABELS}}}
    run = open_run(
        [{"_step": 3, "img": {**node, "sha256": "0" * 64}, "bad": {"_type": "tally"}}],
        files=tmp_path / "media-of-run",
        summary={"loss": "NaN", "t": {"_type": "tally", "count": 2, "stale": 1}},
        config=config,
        registry=toys,
    )
    (row,) = run.history()
    assert isinstance(row["img"], Sketch) and (row["img"].file.read(), row["img"].ink) == (b"ink", LABELS)
    assert isinstance(row["bad"], Opaque)
    assert run.summary["t"] == Tally(count=2) and run.config == {"lr": 1}
    assert run.summary_json["loss"] == "NaN"  # no row tells that it is none
    assert [problem.code for problem in run.check()] == [Code.ALTERED_FILE, Code.BAD_VALUE]
    assert run.artifacts == () and dict(run.metrics) == {} and run.exit is None and run.id == ""


def test_history_files_have_their_media_beside_them(tmp_path: Path, toys: Registry) -> None:
    node = media(tmp_path / "files")
    path = write(tmp_path / "history.jsonl", [{"_step": 0, "img": node}])
    (row,) = open_run(path, registry=toys).history()
    assert row["img"].file.read() == b"ink"


def test_a_files_folder_alone_has_summary_config_and_media(tmp_path: Path, toys: Registry) -> None:
    files = tmp_path / "files"
    node = media(files)
    (files / "wandb-summary.json").write_text(json.dumps({"img": node, "_wandb": {"runtime": 1}}))
    (files / "output.log").write_text("one\ntwo\n")
    labels = {"img_wandb_delimeter_ink": LABELS}
    (files / "config.yaml").write_text(
        "wandb_version: 1\nlr:\n  desc: null\n  value: 0.5\nplain: 3\n_wandb:\n  desc: null\n  value:\n"
        f"    mask/class_labels: {json.dumps(labels)}\n"
    )
    run = open_run(files, registry=toys)
    assert list(run.history()) == []
    assert (run.summary["img"].file.read(), run.summary["img"].ink) == (b"ink", LABELS)
    assert run.config == {"lr": 0.5, "plain": 3}
    assert [piece.text for piece in run.output()] == ["one\n", "two\n"] and list(run.system()) == []
    with pytest.raises(DecodeError, match="is no run"):
        open_run(tmp_path)  # its log is missing, which is for the caller to know
    write(files / "wandb-history.jsonl", [{"_step": 0, "a": 1}])
    assert [row.json for row in open_run(files).history()] == [{"_step": 0, "a": 1}]


def test_a_folder_of_media_alone_is_no_run(tmp_path: Path) -> None:
    media(tmp_path / "cats:v3")
    with pytest.raises(DecodeError, match="is no run"):
        open_run(tmp_path / "cats:v3")
    media(tmp_path / "files")
    assert list(open_run(tmp_path / "files").history()) == []


def test_a_config_that_needs_yaml_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    media(tmp_path)
    (tmp_path / "config.yaml").write_text("a: 1")
    monkeypatch.setitem(sys.modules, "yaml", None)
    run = open_run(tmp_path)
    with pytest.raises(MissingExtra, match=r"pip install wbtypes-runs\[yaml\]"):
        run.config  # noqa: B018


@pytest.mark.parametrize("text", ["a: [", "!!python/object/apply:os.getcwd []", "[1, 2]", "a: &a [*a]"])
def test_a_bad_config_is_left_out_and_told(text: str, tmp_path: Path) -> None:
    media(tmp_path)
    (tmp_path / "config.yaml").write_text(text)
    run = open_run(tmp_path)
    with pytest.warns(DamagedLogWarning, match=r"config\.yaml"):
        assert run.config == {}


@pytest.mark.parametrize(("folder", "expected"), [("run-20260131_101500-a1b2", "a1b2"), ("somewhere", "")])
def test_the_folder_tells_the_id(folder: str, expected: str, tmp_path: Path) -> None:
    media(tmp_path / folder / "files")
    assert open_run(tmp_path / folder / "files").id == expected


def test_bad_lines_cost_themselves(tmp_path: Path) -> None:
    path = tmp_path / "h.jsonl"
    path.write_bytes(
        b'{"_step": 0}\n\nnot json\n[1]\n{"_step": 1, "a": "' + b"x" * 100 + b'"}\n{"_step": 2}\n'
    )
    run = open_run(path, limits=Limits(record_bytes=64))
    with pytest.warns(DamagedLogWarning, match=r"h\.jsonl, row 2: this is not JSON.*3 such places"):
        assert [row.step for row in run.history()] == [0, 2]
    assert [problem.code for problem in run.check()] == [Code.BAD_JSON, Code.WRONG_TYPE, Code.LIMIT]


def test_what_is_no_rows_is_refused(tmp_path: Path) -> None:
    for given, message in ((3, "not int"), (["a"], "a row is a dict, not str"), ({"a": 1}, "not str")):
        with pytest.raises(TypeError, match=message):
            open_run(given)  # type: ignore[arg-type]
    (tmp_path / "h.json").write_text("{}")
    with pytest.raises(DecodeError, match="no list of rows") as told:
        list(open_run(tmp_path / "h.json").history())
    assert told.value.reason is Code.NOT_A_RUN
    (tmp_path / "l.json").write_text("[{}]" + " " * 100)
    with pytest.raises(LimitError, match="json_bytes"):
        list(open_run(tmp_path / "l.json", limits=Limits(json_bytes=50)).history())


def test_a_log_has_its_own_summary(tmp_path: Path) -> None:
    (tmp_path / "run-1.wandb").write_bytes(b":W&B\xe1\xbe\x00")
    with pytest.raises(TypeError, match="a log has its own summary"):
        open_run(tmp_path, summary={})
    assert open_run(tmp_path, files=tmp_path / "elsewhere").files.root == tmp_path / "elsewhere"


def test_rows_and_their_histories_travel(tmp_path: Path) -> None:
    for given in (ROWS, write(tmp_path / "h.jsonl", [*ROWS])):
        run = open_run(given)
        again = pickle.loads(pickle.dumps(run.history(keys=["loss"], start=1)))
        assert [row.json for row in again] == [{"loss": 0.25}, {"loss": None}]
        begun = run.history()
        next(begun)
        with pytest.raises(TypeError, match="begun cannot travel"):
            pickle.dumps(begun)


def test_open_runs_finds_all_below(tmp_path: Path) -> None:
    log = b":W&B\xe1\xbe\x00"
    for name in ("wandb/run-b/run-b.wandb", "wandb/offline-run-a/run-a.wandb", "x/y/run-c.wandb"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_bytes(log)
    (tmp_path / "wandb" / "run-b" / "files").mkdir()
    (tmp_path / "wandb" / "run-b" / "files" / "copied.wandb").write_bytes(log)
    (tmp_path / "wandb" / "latest-run").symlink_to(tmp_path / "wandb" / "run-b")
    (tmp_path / "wandb" / "run-empty").mkdir()
    (tmp_path / "wandb" / "run-empty" / "run-empty.wandb").write_bytes(b"")
    found = open_runs(tmp_path)
    assert next(found).path.name == "run-a.wandb"
    with pytest.warns(DamagedLogWarning, match="run-empty"):
        assert [run.path.name for run in found] == ["run-b.wandb", "run-c.wandb"]
    with pytest.raises(DecodeError, match="is no folder"):
        open_runs(tmp_path / "gone")
