"""Hostile runs: links, contested manifests, and texts that are small and cost much; each costs itself alone."""

from __future__ import annotations

import base64
import hashlib
import json
import math
from pathlib import Path
from typing import Any

import pytest
from by_hand import ARTIFACT, CONFIG, HISTORY, METRIC, SUMMARY, Recording, history, item, items, num, part
from toy_codecs import Sketch

from wbtypes_core import Code, DecodeError, LimitError, Limits, MediaRef, Opaque, Registry
from wbtypes_runs import DamagedLogWarning, open_artifact, open_run, shelves
from wbtypes_runs.yamltext import parse

CLIENT = "c" * 128
SECRET = b"SECRET"


@pytest.fixture(autouse=True)
def nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine on which no client ever ran."""
    monkeypatch.setenv("WANDB_DATA_DIR", str(tmp_path / "nobody" / "data"))
    monkeypatch.setenv("WANDB_CACHE_DIR", str(tmp_path / "nobody" / "cache"))
    monkeypatch.delenv("WANDB_ARTIFACT_DIR", raising=False)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder outside the run, with what nobody may read."""
    folder = tmp_path / "home"
    folder.mkdir()
    (folder / "id_rsa").write_bytes(SECRET)
    (folder / "token.json").write_text('{"secret": "SECRET"}')
    return folder


def entry(path: str, size: int, digest: str = "") -> bytes:
    return part(4, part(1, path) + (part(2, digest) if digest else b"") + num(4, size))


def artifact(*entries: bytes) -> bytes:
    return part(4, "dataset") + part(5, "n") + part(12, b"".join(entries)) + part(15, CLIENT)


# -- links --------------------------------------------------------------------------------------------------------


def test_a_linked_folder_of_artifacts_is_not_looked_into(recording: Recording, home: Path) -> None:
    recording.add(ARTIFACT, artifact(entry("id_rsa", len(SECRET))))
    folder = recording.save()
    (folder / "artifacts").symlink_to(home)
    (found,) = open_run(folder).artifacts
    assert found.missing == ("id_rsa",)
    with pytest.raises(DecodeError, match="none of its files are here"):
        found.get("id_rsa").read()
    (named,) = open_run(folder, artifacts=[folder / "artifacts"]).artifacts
    assert named.get("id_rsa").read() == SECRET


def test_a_linked_files_folder_is_refused_unless_it_is_named(
    recording: Recording, home: Path, toys: Registry
) -> None:
    recording.row(0, {"s": {"_type": "sketch", "path": "id_rsa"}})
    folder = recording.save()
    (folder / "files").symlink_to(home)
    with pytest.raises(DecodeError, match=r"files in .* is a link") as told:
        open_run(folder)
    assert told.value.reason is Code.UNSAFE_PATH
    (row,) = open_run(folder, files=folder / "files", registry=toys).history()
    assert isinstance(row["s"], Sketch) and row["s"].file.read() == SECRET


def test_a_linked_log_is_refused_unless_it_is_named(recording: Recording, tmp_path: Path) -> None:
    recording.row(0, {"a": 1})
    recording.save()
    folder = tmp_path / "other"
    folder.mkdir()
    (folder / "run-x.wandb").symlink_to(recording.path)
    with pytest.raises(DecodeError, match=r"run-x\.wandb in .* is a link") as told:
        open_run(folder)
    assert told.value.reason is Code.UNSAFE_PATH
    assert [row["a"] for row in open_run(folder / "run-x.wandb").history()] == [1]
    (tmp_path / "latest-run").symlink_to(recording.folder)
    assert [row["a"] for row in open_run(tmp_path / "latest-run").history()] == [1]


@pytest.mark.parametrize("name", ["wandb-summary.json", "config.yaml", "wandb-history.jsonl"])
def test_linked_texts_in_a_files_folder_are_left_out_and_told(name: str, home: Path, tmp_path: Path) -> None:
    folder = tmp_path / "files"
    (folder / "media").mkdir(parents=True)
    (folder / name).symlink_to(home / "token.json")
    run = open_run(folder)
    with pytest.warns(DamagedLogWarning, match=f"{name} in .* is a link"):
        assert ([row.json for row in run.history()], run.summary_json, run.config_json) == ([], {}, {})
    assert {problem.code for problem in open_run(folder).check()} == {Code.UNSAFE_PATH}
    again = tmp_path / "linked.jsonl"
    again.symlink_to(home / "token.json")
    assert [row.json for row in open_run(again).history()] == [{"secret": "SECRET"}]


def test_an_entry_behind_a_link_is_missing_and_says_why(home: Path, tmp_path: Path) -> None:
    folder = tmp_path / "cats:v0"
    folder.mkdir()
    (folder / "sub").symlink_to(home)
    manifest = {"contents": {"sub/id_rsa": {"size": len(SECRET)}}}
    (folder / "wandb_manifest.json").write_text(json.dumps(manifest))
    found = open_artifact(folder)
    assert found.missing == ("sub/id_rsa",)
    (problem,) = found.check()
    assert problem.code == Code.UNSAFE_PATH and "link" in problem.what
    with pytest.raises(DecodeError, match="link"):
        found.get("sub/id_rsa").read()


# -- manifests ----------------------------------------------------------------------------------------------------


def test_entries_that_contradict_one_another_are_told_and_the_last_counts(
    recording: Recording, tmp_path: Path
) -> None:
    recording.add(ARTIFACT, artifact(entry("a", 1), entry("b", 1), entry("a", 2), entry("b", 1)))
    run = open_run(recording.save())
    assert {path: each.size for path, each in run.artifacts[0].entries.items()} == {"a": 2, "b": 1}
    (problem,) = run.check()
    assert problem.where == "artifact 'n', a" and "different things" in problem.what
    lines = tmp_path / "x.jl"
    lines.write_text('{"path": "a", "size": 1}\n{"path": "a", "size": 2}\n')
    assert [each.size for each in open_artifact(lines).entries.values()] == [2]


@pytest.mark.parametrize("text", ["[1]", "{", '{"path": 3}', '{"contents": {"a": 1}}'])
def test_what_is_no_manifest_is_told_by_its_name(text: str, tmp_path: Path) -> None:
    (tmp_path / "wandb_manifest.json").write_text(text)
    with pytest.raises(DecodeError, match=r"wandb_manifest\.json: "):
        open_artifact(tmp_path)


def test_too_many_values_are_refused_before_they_are_parsed(tmp_path: Path) -> None:
    limits, many = Limits(nodes=1000), b"[" + b"[]," * 2000 + b"[]]"
    for name in ("wandb_manifest.json", "x.jl"):
        (tmp_path / name).write_bytes(many)
        with pytest.raises(LimitError, match="commas and brackets"):
            open_artifact(tmp_path / name, limits=limits)
    (tmp_path / "wandb-summary.json").write_bytes(b'{"a":' + many + b"}")
    (problem,) = open_run(tmp_path, limits=limits).check()
    assert problem.code == Code.LIMIT and "commas and brackets" in problem.what
    (tmp_path / "h.json").write_bytes(b"[" + b"{}," * 2000 + b"{}]")
    with pytest.raises(LimitError, match="nodes=1,000"):
        list(open_run(tmp_path / "h.json", limits=limits).history())


def test_files_of_one_size_are_hashed_once_however_many_entries_may_mean_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = tmp_path / "files"
    files.mkdir()
    data = [b"%04d" % number for number in range(30)]
    for number, each in enumerate(data):
        (files / f"{number}.bin").write_bytes(each)
    digests = [base64.b64encode(hashlib.md5(each).digest()).decode() for each in (*data, b"none")]
    contents = {f"e/{number}": {"digest": digest, "size": 4} for number, digest in enumerate(digests)}
    (tmp_path / "wandb_manifest.json").write_text(json.dumps({"contents": contents}))
    calls: dict[str, list[str]] = {"open": [], "_state": []}

    def watch(name: str) -> None:
        original = getattr(shelves.Shelf, name)

        def watched(shelf: shelves.Shelf, path: str) -> Any:
            calls[name].append(path)
            return original(shelf, path)

        monkeypatch.setattr(shelves.Shelf, name, watched)

    watch("open")
    watch("_state")
    found = open_artifact(tmp_path / "wandb_manifest.json", [files])
    assert found.missing == ("e/30",)
    assert len(calls["open"]) == len(set(calls["open"])) == len(data)
    assert sum(path.endswith(".bin") for path in calls["_state"]) <= 2 * len(data)
    assert found.get("e/7").read() == b"0007"


def test_names_alike_are_found_among_long_ones(tmp_path: Path) -> None:
    """Comparing names takes the cube of their length where they have few letters."""
    names = [f"{number:0190b}" for number in range(300)]
    (tmp_path / "wandb_manifest.json").write_text(json.dumps({"contents": {each: {} for each in names}}))
    with pytest.raises(DecodeError, match="it has 0"):
        open_artifact(tmp_path).source.open(MediaRef("01" * 95))


# -- the log ------------------------------------------------------------------------------------------------------


def test_nested_keys_count_as_the_objects_that_they_make(recording: Recording) -> None:
    wide = [item((str(number), *"a" * 50), b"1") for number in range(10)]
    recording.add(HISTORY, history([*wide, item("_step", b"0")], 0))
    recording.add(SUMMARY, items(wide))
    recording.add(SUMMARY, items(wide))  # over what is there: nothing new
    folder = recording.save()
    limits = Limits(nodes=300)
    assert [len(row.json) for row in open_run(folder, limits=limits).history()] == [0]
    assert len(open_run(folder, limits=limits).summary_json) == 6
    codes = [problem.code for problem in open_run(folder, limits=limits).check()]
    assert codes == [Code.LIMIT] * 5
    assert len(open_run(folder, limits=Limits(nodes=600)).summary_json) == 10
    assert [len(row.json) for row in open_run(folder, limits=Limits(nodes=600)).history()] == [11]


def test_metrics_may_name_another_by_its_number(recording: Recording) -> None:
    for number in range(20_000):
        recording.add(METRIC, part(1, f"m{number}") + num(5, number))
    metrics = open_run(recording.save()).metrics
    assert [metrics[f"m{number}"].step_metric for number in (0, 1, 2, 19_999)] == ["", "m0", "m1", "m19998"]
    assert metrics["m5"].name == "m5"


def test_a_chart_whose_table_cannot_be_read_has_none(recording: Recording) -> None:
    query = {"queryFields": [{"args": [{"name": "tableKey", "value": "t"}]}]}
    ours = {"visualize": {"c": {"panel_config": {"userQuery": query}}}}
    recording.add(CONFIG, items([item("_wandb", json.dumps(ours))]))
    recording.row(0, {"t": 3})
    recording.add(HISTORY, history([item("t", b"{bad"), item("_step", b"1")], 1))
    assert open_run(recording.save()).charts["c"].table == 3


def test_a_summary_may_be_as_deep_as_its_limit_allows(recording: Recording) -> None:
    """What Python cannot follow from here is kept as it came."""
    deep: Any = 1
    for _ in range(700):
        deep = {"a": deep}
    recording.add(SUMMARY, items([item("k", json.dumps(deep)), item("b", b"1")]))
    summary = open_run(recording.save(), limits=Limits(depth=900)).summary
    found = summary["k"]  # Python 3.12 and later can follow it
    assert found == deep or (isinstance(found, Opaque) and "depth" in str(found.reason))
    assert summary["b"] == 1


def test_a_file_with_a_name_that_no_file_can_have_is_missing(tmp_path: Path, toys: Registry) -> None:
    (tmp_path / "media/sketch").mkdir(parents=True)
    node = {"_type": "sketch", "path": f"media/sketch/{'x' * 300}.bin", "sha256": "0" * 64, "size": 3}
    run = open_run([{"_step": 0, "s": node}], files=tmp_path, registry=toys)
    with pytest.raises(DecodeError, match=r"is not in .*open_run\(\.\.\., files=FOLDER\)") as caught:
        run.files.open(MediaRef(node["path"]))
    assert caught.value.reason == "missing-file"
    (problem,) = run.check()
    assert problem.code == "missing-file"


# -- texts --------------------------------------------------------------------------------------------------------


def test_spelled_floats_may_be_many_and_deep(tmp_path: Path) -> None:
    many = {f"k{number}": "NaN" for number in range(20_000)}
    deep: Any = "-Infinity"
    for _ in range(800):
        deep = {"a": deep}
    path = tmp_path / "h.jsonl"
    path.write_text(json.dumps({**many, "deep": deep, "text": ["NaN", "x"], "list": [["NaN"], 1]}))
    (row,) = open_run(path).history()
    assert all(math.isnan(row.json[key]) for key in many)
    assert row.json["text"] == ["NaN", "x"] and math.isnan(row.json["list"][0][0])
    found = row.json["deep"]
    while isinstance(found, dict):
        found = found["a"]
    assert found == -math.inf


WRITTEN = """\
wandb_version: 1

_wandb:
  desc: null
  value:
    t:
      1:
      - 1
      - 5
      '3': [true, False, ~, ]
lr:
  desc: null
  value: 1e-05
dates: 2001-01-01
more: [1.0e-05, -3, .inf, -.inf, 'yes', on, 08, 0x1f, 12:30, "1", "", {a: b}, {}]
text: |
  two
  lines
"""


def test_yaml_is_read_as_clients_write_it() -> None:
    more = [1e-5, -3, math.inf, -math.inf, "yes", "on", "08", "0x1f", "12:30", "1", "", {"a": "b"}, {}]
    assert parse(WRITTEN.encode(), Limits()) == {
        "wandb_version": 1,
        "_wandb": {"desc": None, "value": {"t": {"1": [1, 5], "3": [True, False, None]}}},
        "lr": {"desc": None, "value": 1e-5},
        "dates": "2001-01-01",
        "more": more,
        "text": "two\nlines\n",
    }
    assert parse(b"", Limits()) is None and math.isnan(parse(b".nan", Limits()))


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("a: !!bool foo", "line 1, column 4: the tag 'tag:yaml.org,2002:bool'"),
        ("a: !!int ''", "the tag"),
        ("a: !!timestamp foo", "the tag"),
        ("a: !!set {x}", "the tag"),
        ("a: !mine\n  b: 1", "the tag '!mine'"),
        ("a: &a {x: 1}\nb:\n  <<: 1", "line 3, column 3: a merge"),
        ("a: &a [1]\nb: [*a, *a]", "line 2, column 5: an alias"),
        ("a: &a [*a]", "an alias"),
        ("{[]: 1}", "a key that is no text"),
        ("? {a: 1}\n: 2", "a key that is no text"),
        ("--- 1\n--- 2", "several documents"),
        ("a: " + "1" * 5000, "not YAML"),
        ("a: [", "not YAML"),
        ("\x01", "not YAML"),
    ],
)
def test_yaml_that_no_client_writes_is_refused(text: str, what: str) -> None:
    with pytest.raises(DecodeError, match=what) as told:
        parse(text.encode(), Limits())
    assert told.value.reason is Code.BAD_FILE


def test_yaml_has_limits() -> None:
    with pytest.raises(LimitError, match="depth"):
        parse(b"[" * 2000, Limits())
    with pytest.raises(LimitError, match="nodes"):
        parse(b"[" + b"1," * 200 + b"]", Limits(nodes=100))


def test_files_of_rows_that_are_missing_say_how_to_name_their_folder(toys: Registry, tmp_path: Path) -> None:
    (row,) = open_run([{"s": {"_type": "sketch", "path": "media/a.png"}}], registry=toys).history()
    with pytest.raises(DecodeError, match=r"open_run\(\.\.\., files=FOLDER\)") as told:
        row["s"].file.read()
    assert told.value.reason is Code.MISSING_FILE
