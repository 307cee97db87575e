"""Runs: opening, history, summary, config, metrics, artifacts; what is no run; what travels to other processes."""

from __future__ import annotations

import base64
import hashlib
import json
import pickle
import subprocess
import sys
import threading
import warnings
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from by_hand import (
    ARTIFACT,
    CONFIG,
    EXIT,
    HEADER,
    HISTORY,
    METRIC,
    RUN,
    SUMMARY,
    Recording,
    flat,
    framed,
    history,
    item,
    items,
    nested,
    num,
    part,
)
from toy_codecs import Note, Sketch, Tally

import wbtypes_runs
from wbtypes_core import Code, DecodeError, LimitError, Limits, Linked, Opaque, Registry
from wbtypes_runs import DamagedLogWarning, Row, open_run
from wbtypes_runs.records import Exit, Metric

LABELS = {"type": "mask/class_labels", "key": "img_wandb_delimeter_ink", "value": {"0": "paper"}}


def changes(values: dict[str, Any]) -> bytes:
    return items(flat(values))


# -- what is opened -----------------------------------------------------------------------------------------------


def test_a_run_opens_by_its_folder_its_log_and_its_files(recording: Recording) -> None:
    recording.row(0, {"loss": 0.5})
    recording.file("media/x.txt", b"x")
    folder = recording.save()
    for given in (folder, str(folder), recording.path, folder / "files"):
        run = open_run(given)
        assert run.path == recording.path
        assert [row["loss"] for row in run.history()] == [0.5]


def test_a_run_opens_through_a_link_to_its_folder(recording: Recording, tmp_path: Path) -> None:
    recording.row(0, {"img": {"_type": "x", **recording.file("media/x.txt", b"x")}})
    latest = tmp_path / "latest-run"
    latest.symlink_to(recording.save(), target_is_directory=True)
    run = open_run(latest)
    assert run.check() == []
    assert len(list(run.history())) == 1


def test_what_is_no_run_is_refused_with_what_was_found(recording: Recording, tmp_path: Path) -> None:
    empty, odd, many = (tmp_path / name for name in ("empty", "odd", "many"))
    for folder in (empty, odd, many, odd / "sub", many / "run-1"):
        folder.mkdir()
    (odd / "notes.txt").write_text("hello")
    (odd / "two\nlines").touch()
    recording.save()
    for name in ("b", "a"):
        (many / "run-1" / f"run-{name}.wandb").write_bytes(HEADER)
    for given, says in (
        (tmp_path / "nowhere", "does not exist"),
        (empty, "it is empty"),
        (odd, r"it holds notes.txt, sub, two\\nlines"),
        (many / "run-1", "holds 2 logs: run-a.wandb, run-b.wandb"),
        (tmp_path, "is no run, but holds 2: many|is no run, but holds 1: offline-run-20260131_101500-abc123"),
        (odd / "notes.txt", "is no wandb log"),
        ("a\0b", "does not exist|cannot be read"),
    ):
        with pytest.raises(DecodeError, match=says) as refused:
            open_run(given)
        assert refused.value.reason is Code.NOT_A_RUN
        assert "\n" not in str(refused.value)


@pytest.mark.parametrize("log", [b"", bytes(50_000), HEADER[:3]])
def test_a_log_of_nothing_is_refused(recording: Recording, log: bytes) -> None:
    recording.path.write_bytes(log)
    with pytest.raises(DecodeError, match=r"run-abc123\.wandb") as refused:
        open_run(recording.folder)
    assert refused.value.reason is Code.DAMAGED_LOG


def test_a_log_over_the_limit_is_refused(recording: Recording) -> None:
    recording.row(0, {"a": 1})
    with pytest.raises(LimitError, match="file_bytes=20"):
        open_run(recording.save(), limits=Limits(file_bytes=20))


def test_what_is_no_path_is_refused() -> None:
    for given in (3, None, b"run"):
        with pytest.raises(TypeError, match="open_run takes the path"):
            open_run(given)  # type: ignore[arg-type]


def test_a_log_without_records_is_an_empty_run(recording: Recording) -> None:
    run = open_run(recording.save())
    assert (run.id, run.project, run.name, run.config, dict(run.summary)) == ("abc123", "", "", {}, {})
    assert (list(run.history()), run.metrics, run.artifacts, run.exit) == ([], {}, (), None)
    assert run.check() == run.damage() == []


# -- what it says of itself ---------------------------------------------------------------------------------------


def test_the_run_record_is_read(recording: Recording) -> None:
    config, summary = changes({"lr": 0.1, "_wandb": {}}), changes({"best": 1})
    started = num(1, 1_769_854_500) + num(2, 250_000_999)
    recording.add(
        RUN,
        part(1, "real-id")
        + part(2, "team")
        + part(3, "cats")
        + part(4, config)
        + part(5, summary)
        + part(6, "g"),
    )
    recording.add(
        RUN, part(8, "calm-sun-1") + part(9, "n") + part(10, "x") + part(10, "y") + part(17, started)
    )
    recording.add(EXIT, num(1, 3) + num(2, 60))
    run = open_run(recording.save())
    assert (run.id, run.project, run.name) == ("real-id", "cats", "calm-sun-1")
    assert (run.info.entity, run.info.group, run.info.tags, run.info.notes) == ("team", "g", ("x", "y"), "n")
    assert run.info.started == datetime(2026, 1, 31, 10, 15, 0, 250_000, tzinfo=UTC)
    assert run.exit == Exit(code=3, runtime=60)
    assert (run.config, run.config_json) == ({"lr": 0.1}, {"lr": 0.1, "_wandb": {}})
    assert run.summary_json == {"best": 1}


def test_a_start_beyond_the_calendar_is_none(recording: Recording) -> None:
    recording.add(RUN, part(17, num(1, 1 << 62)))
    assert open_run(recording.save()).info.started is None


def test_the_last_config_counts(recording: Recording) -> None:
    recording.add(CONFIG, changes({"lr": 0.1, "old": [1]}))
    recording.add(CONFIG, changes({"lr": 0.2}) + part(2, item("old", None)))
    run = open_run(recording.save())
    assert run.config == {"lr": 0.2}
    run.config["lr"] = "changed by the caller"
    assert run.config == {"lr": 0.2}


def test_metrics_are_read(recording: Recording) -> None:
    recording.add(METRIC, part(1, "epoch") + part(6, num(3, 1)))
    recording.add(
        METRIC, part(1, "acc") + part(4, "epoch") + part(6, num(1, 1)) + part(7, num(2, 1)) + num(8, 2)
    )
    recording.add(METRIC, part(2, "val/*") + num(5, 1) + part(6, num(2, 1)))
    recording.add(METRIC, part(1, "acc") + part(7, num(3, 1) + num(99, 1)))
    recording.add(METRIC, part(1, "loss") + part(7, num(1, 1)))
    recording.add(METRIC, part(1, "loss") + part(7, num(6, 1)) + part(9, num(1, 1)))
    assert open_run(recording.save()).metrics == {
        "epoch": Metric(name="epoch", defined=True),
        "acc": Metric(
            name="acc", step_metric="epoch", step_sync=True, summary=("max", "mean"), goal="maximize"
        ),
        "val/*": Metric(glob="val/*", step_metric="epoch", hidden=True),
        "loss": Metric(name="loss", summary=("none",)),
    }


def test_artifacts_are_matched_to_the_folders_that_hold_their_files(
    recording: Recording, tmp_path: Path
) -> None:
    files = {"a.txt": b"alpha", "deep/b.txt": b"beta"}
    folder, altered, short = (tmp_path / name for name in ("staged", "altered", "short"))
    entries = b""
    for name, data in files.items():
        digest = base64.b64encode(hashlib.md5(data).digest())
        entries += part(
            4, part(1, name) + part(2, digest) + num(4, len(data)) + part(16, part(1, "k") + part(2, "1"))
        )
        for target in (folder / name, altered / name):
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
    (altered / "a.txt").write_bytes(b"ALPHA")
    short.mkdir()
    reference = part(4, part(1, "r") + part(2, "x") + part(3, "s3://b/r"))
    about = part(4, "dataset") + part(5, "cats") + part(6, "d1") + part(11, "latest") + part(15, "c" * 128)
    recording.add(ARTIFACT, about + part(12, num(1, 1) + entries + reference + part(5, "m.jl.gz")))
    recording.add(ARTIFACT, part(5, "outside") + part(12, part(4, part(1, "../a.txt") + num(4, 5))))
    recording.add(ARTIFACT, part(5, "references") + part(12, reference))
    first, outside, references = open_run(recording.save(), artifacts=[short, altered, folder]).artifacts
    assert (first.name, first.type, first.digest, first.aliases) == ("cats", "dataset", "d1", ("latest",))
    assert [(path, entry.size, entry.ref) for path, entry in first.entries.items()] == [
        ("a.txt", 5, ""),
        ("deep/b.txt", 4, ""),
        ("r", 0, "s3://b/r"),
    ]
    assert first.entries["a.txt"].extra == {"k": "1"}
    assert (first.record.manifest_file, first.record.client_id) == ("m.jl.gz", "c" * 128)
    assert [each.folder for each in (first, outside, references)] == [folder, None, None]


# -- values -------------------------------------------------------------------------------------------------------


def test_rows_are_mappings_of_decoded_values(recording: Recording, toys: Registry) -> None:
    node = {
        "_type": "sketch",
        **recording.file("media/sketch/img_4.png", b"ink"),
        "parts": [{"_type": "tally", "count": 2}],
    }
    link = {"_type": "note", **recording.file("media/note/n.json", b'["read"]')}
    logged = {"loss": 0.25, "img": node, "val": {"deep": [link, None]}, "name": "x", "none": None}
    recording.row(4, logged)
    recording.add(CONFIG, changes({"_wandb": {"mask/class_labels": {"img_wandb_delimeter_ink": LABELS}}}))
    (row,) = open_run(recording.save(), registry=toys).history()
    assert isinstance(row, Row)
    assert (row.step, row.timestamp, len(row)) == (4, 1.7e9 + 4, 7)
    assert list(row) == [*logged, "_step", "_timestamp"]
    assert row.json == {**logged, "_step": 4, "_timestamp": 1.7e9 + 4}
    image = row["img"]
    assert isinstance(image, Sketch)
    assert image.file.read() == b"ink"
    assert (image.ink, image.step, image.parts) == (LABELS, 4, (Tally(count=2),))
    assert row["img"] is image
    note, nothing = row["val"]["deep"]
    assert isinstance(note, Note) and note.text == ["read"] and nothing is None
    assert (row["loss"], row["name"], row["none"], row["_step"]) == (0.25, "x", None, 4)
    assert dict(row)["loss"] == 0.25 and "loss" in row and "other" not in row
    assert row.problems == ()
    with pytest.raises(KeyError):
        row["other"]


def test_one_bad_value_costs_itself(recording: Recording, toys: Registry) -> None:
    bad = {"_type": "tally", "count": "many"}
    good = {"_type": "tally", "count": 1}
    unread = {"_type": "note", **recording.file("media/note/n.json", b"{"), "caption": "c"}
    strange = {"_type": "not-known", "x": 1}
    recording.row(
        7,
        {
            "bad": bad,
            "good": good,
            "tree": {"a": [good, bad, "text"], "b": {"c": good}},
            "in": {"_type": "sketch", **recording.file("s.png", b"s"), "parts": [good, bad]},
            "note": unread,
            "strange": strange,
            "plain": {"_type": 5},
        },
    )
    (row,) = open_run(recording.save(), registry=toys).history()
    assert isinstance(row["bad"], Opaque) and row["bad"] == bad
    assert row["good"] == Tally(count=1)
    first, second, text = row["tree"]["a"]
    assert (first, second, text) == (Tally(count=1), Opaque("tally", bad), "text")
    assert row["tree"]["b"] == {"c": Tally(count=1)}
    assert isinstance(row["in"], Opaque) and isinstance(row["note"], Linked)
    assert row["plain"] == {"_type": 5}
    places = {problem.where: problem for problem in row.problems}
    assert {where: problem.code for where, problem in places.items()} == {
        'history step 7, ["bad"]': "bad-value",
        'history step 7, ["tree"]["a"][1]': "bad-value",
        'history step 7, ["in"]': "bad-value",
        'history step 7, ["note"]': "bad-json",
        'history step 7, ["strange"]': "not-installed",
    }
    assert places['history step 7, ["bad"]'].what == '["count"]: is no count'
    assert places['history step 7, ["in"]'].what == '["parts"][1]["count"]: is no count'
    assert all(problem.step == 7 for problem in row.problems)


def test_limits_cost_the_value(recording: Recording, toys: Registry) -> None:
    deep: Any = {"_type": "tally", "count": 1}
    for _ in range(600):
        deep = {"d": deep}
    recording.row(
        0, {"deep": deep, "long": "x" * 50, "longs": ["x" * 50], "fine": {"_type": "tally", "count": 1}}
    )
    recording.add(
        HISTORY, history([item("deeper", b'{"a":' * 100_000 + b"1" + b"}" * 100_000), item("b", b"1")], 1)
    )
    first, second = open_run(recording.save(), registry=toys, limits=Limits(string=40)).history()
    assert first["fine"] == Tally(count=1)
    for key, limit in (("deep", "depth"), ("long", "string"), ("longs", "string")):
        assert isinstance(first[key], Opaque)
        assert limit in first[key].reason
    assert [problem.code for problem in first.problems] == ["limit"] * 3
    assert second.json == {"b": 1}
    assert [problem.code for problem in second.problems] == ["limit"]


def test_odd_timestamps_are_none(recording: Recording) -> None:
    for step, stamp in enumerate((b"1e400", b"9" * 400, b"true", b'"x"', b"null", b"5")):
        recording.add(HISTORY, history([item("_timestamp", stamp)], step))
    found = [row.timestamp for row in open_run(recording.save()).history()]
    assert found == [float("inf"), None, None, None, None, 5.0]


def test_the_summary_is_decoded_when_asked(recording: Recording, toys: Registry) -> None:
    file = recording.file("media/sketch/img.png", b"ink")
    recording.add(SUMMARY, items(nested({"img": {"_type": "sketch", **file, "stale": 1}, "acc": {"max": 2}})))
    recording.add(SUMMARY, items(nested({"acc": {"max": 3}, "bad": {"_type": "tally"}})))
    run = open_run(recording.save(), registry=toys)
    assert run.summary["acc"] == {"max": 3}
    assert run.summary["img"].extra == {} and run.summary_json["img"]["stale"] == 1
    assert run.summary is run.summary and run.summary["img"] is run.summary["img"]
    assert [problem.where for problem in run.summary.problems] == ['summary, ["bad"]']
    assert run.summary_json["img"] == {"_type": "sketch", **file, "stale": 1}


def test_history_takes_keys_and_steps(recording: Recording, toys: Registry) -> None:
    for step in range(5):
        recording.row(step, {"a" if step % 2 else "b": step, "c": {"_type": "tally", "count": step}})
    run = open_run(recording.save(), registry=toys)
    assert [(row.step, dict(row)) for row in run.history(keys=["a"])] == [(1, {"a": 1}), (3, {"a": 3})]
    assert [row.step for row in run.history(start=1, stop=3)] == [1, 2]
    assert [row["c"].count for row in run.history(keys={"c"}, start=4)] == [4]
    with pytest.raises(TypeError, match=r"keys=\['loss'\]"):
        run.history(keys="loss")


# -- damage -------------------------------------------------------------------------------------------------------


def test_lost_records_are_told_once_and_the_rest_is_read(recording: Recording) -> None:
    for step in range(20):
        recording.row(step, {"a": step})
    recording.save()
    log = bytearray(recording.path.read_bytes())
    log[300] ^= 0xFF
    log[700] ^= 0xFF
    recording.path.write_bytes(log)
    run = open_run(recording.folder)
    with pytest.warns(
        DamagedLogWarning, match=r"run-abc123\.wandb, byte 2.*2 such places, see run\.check\(\)"
    ) as told:
        assert len(list(run.history())) == 18
    assert told[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(list(run.history())) == 18
        assert run.summary_json == {}
    assert [problem.code for problem in run.damage()] == ["damaged-log"] * 2
    assert all(problem.offset and problem.remedy for problem in run.damage())


def test_a_run_stays_open_when_the_working_folder_changes(
    recording: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording.row(0, {"a": 1})
    folder = recording.save()
    monkeypatch.chdir(folder.parent)
    run = open_run(folder.name)
    monkeypatch.chdir("/")
    assert [row["a"] for row in run.history()] == [1]
    assert run.files.root == recording.path.parent / "files"


def test_a_cut_log_is_read_to_its_end_without_a_word(recording: Recording) -> None:
    for step in range(4):
        recording.row(step, {"a": step})
    recording.save()
    log = recording.path.read_bytes()
    ends = [len(HEADER) + len(framed(recording.records[:count])) for count in range(5)]
    for cut in range(len(log) - 200, len(log) + 1):
        recording.path.write_bytes(log[:cut])
        run = open_run(recording.folder)
        assert len(list(run.history())) == sum(end <= cut for end in ends[1:])
        assert [problem.code for problem in run.check()] == ([] if cut in ends else ["cut-log"])


def test_a_record_of_nonsense_costs_itself(recording: Recording) -> None:
    recording.row(0, {"a": 1})
    recording.records += [
        b"\xff\xff",
        part(HISTORY, b"\xff"),
        part(SUMMARY, b"\x0a\x7f"),
        part(RUN, part(1, b"\xff")),
        b"",
    ]
    recording.records += [part(777, b"later"), part(HISTORY, b"")]
    recording.row(2, {"a": 2})
    run = open_run(recording.save())
    with pytest.warns(DamagedLogWarning, match="no protobuf|cannot be read"):
        rows = [row.json.get("a") for row in run.history()]
    assert rows == [1, None, 2]
    assert (run.summary_json, run.id) == ({}, "abc123")
    assert len(run.damage()) == 4


def test_a_log_that_is_gone_is_told(recording: Recording) -> None:
    run = open_run(recording.save())
    recording.path.unlink()
    with pytest.raises(DecodeError, match="cannot be opened"):
        list(run.history())


# -- travelling and sharing ---------------------------------------------------------------------------------------


def test_runs_rows_and_summaries_travel(recording: Recording) -> None:
    node = {"_type": "not-installed-here", **recording.file("media/x.png", b"x")}
    recording.row(3, {"img": node, "loss": 1})
    recording.add(SUMMARY, changes({"img": node}))
    recording.add(CONFIG, changes({"_wandb": {"mask/class_labels": {"k": LABELS}}, "lr": 1}))
    run = open_run(recording.save(), registry=Registry.of())
    (row,) = run.history()
    assert isinstance(row["img"], Opaque)
    for original in (run, next(iter(pickle.loads(pickle.dumps(run)).history())), row, run.summary):
        copy = pickle.loads(pickle.dumps(original))
        assert repr(copy) == repr(original)
    copied = pickle.loads(pickle.dumps(row))
    assert (copied.step, copied.timestamp, copied.json) == (row.step, row.timestamp, row.json)
    assert copied["img"] == row["img"]
    moved = pickle.loads(pickle.dumps(run))
    assert (moved.config, moved.files.note("mask/class_labels", "k")) == ({"lr": 1}, LABELS)
    assert moved.files.note("bounding_box/class_labels", "k") is None


def test_labels_that_are_none_are_overlooked(recording: Recording) -> None:
    recording.add(
        CONFIG, changes({"_wandb": {"mask/class_labels": ["odd"], "bounding_box/class_labels": {"a": 1}}})
    )
    files = open_run(recording.save()).files
    assert files.note("mask/class_labels", "a") is None
    assert files.note("bounding_box/class_labels", "a") == 1


def test_a_run_is_shared_between_threads(recording: Recording, toys: Registry) -> None:
    for step in range(200):
        recording.row(step, {"c": {"_type": "tally", "count": step}})
    recording.add(SUMMARY, changes({"c": {"_type": "tally", "count": 199}}))
    run = open_run(recording.save(), registry=toys)
    found: list[Any] = []

    def work() -> None:
        found.append(([row["c"].count for row in run.history()], run.summary["c"].count))

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [(list(range(200)), 199)] * 6


def test_importing_and_opening_load_nothing_heavy(recording: Recording) -> None:
    recording.row(0, {"loss": 1})
    code = (
        "import sys, wbtypes_runs; run = wbtypes_runs.open_run(sys.argv[1]);"
        "print(sorted({'msgspec', 'numpy', 'PIL', 'wandb', 'google.protobuf', 'jsonschema'} & set(sys.modules)));"
        "print(len(list(run.history())))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(recording.save())], capture_output=True, text=True, check=True
    )
    assert done.stdout.split("\n")[:2] == ["[]", "1"]


def test_public_names() -> None:
    assert set(wbtypes_runs.__all__) == {
        "Artifact",
        "DamagedLogWarning",
        "LostValueWarning",
        "Problem",
        "Row",
        "Run",
        "RunWriter",
        "open_artifact",
        "open_run",
        "open_runs",
    }
    assert all(getattr(wbtypes_runs, name).__doc__ for name in wbtypes_runs.__all__)


def test_reprs_are_short(recording: Recording) -> None:
    recording.row(1234, {"a": "x" * 10_000})
    run = open_run(recording.save())
    (row,) = run.history()
    assert repr(row) == "<history step 1,234: a, _step, _timestamp>"
    assert repr(run) == f"Run({str(recording.path)!r})"
    assert repr(run.summary) == "<summary: empty>"
    assert repr(run.history(keys=["b", "a"], stop=3)) == f"<history(keys=['a', 'b'], stop=3) of {run!r}>"
    begun = run.history()
    next(begun)
    assert repr(begun) == f"<history() of {run!r}, begun>"
    assert json.dumps(row.json)
