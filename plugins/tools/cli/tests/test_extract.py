"""`wbtypes extract`: the files, the rows that tell the rest, and what is said when something is lost."""

from __future__ import annotations

import errno
import json
import math
import os
from pathlib import Path
from typing import Any

import pytest

from wbtypes_core import DirectoryStore, MemoryStore, decode
from wbtypes_core.jsonio import loads

pytestmark = pytest.mark.usefixtures("toys")


def rows(path: Path) -> list[dict[str, Any]]:
    return [loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def tree(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


def test_the_files(wbtypes: Any, full: Path, out: Path) -> None:
    done = wbtypes("extract", full, "--to", out)
    assert (done.status, done.err) == (0, "")
    assert done.out == f"{out}: 7 values in 8 files of 214 bytes, and 4 rows of plain data\n"
    files = tree(out)
    assert files.keys() == {
        "metadata.jsonl",
        "history.jsonl",
        "run.json",
        "sketch/sketch_0.png",
        "sketch/sketch_0.ink.png",
        "val.pair/val.pair_1_0.PNG",
        "val.pair/val.pair_1_1.PNG",
        "tallies/tallies_2_0.json",
        "tallies/tallies_2_1.json",
        "own/own_2.json",
        "best/best_summary.json",
    }
    assert files["sketch/sketch_0.png"] == b"sketch"
    assert files["sketch/sketch_0.ink.png"] == b"stain"
    assert [files[f"val.pair/val.pair_1_{each}.PNG"] for each in range(2)] == [b"0", b"1"]
    assert json.loads(files["own/own_2.json"]) == {"_type": "mine", "a": 1}
    assert decode(json.loads(files["best/best_summary.json"]), MemoryStore()).counts == (1, 2, 3)


def test_one_of_each_is_told_in_the_singular(wbtypes: Any, recording: Any, out: Path) -> None:
    recording.row(0, {"tally": {"_type": "toy-tally", "counts": [1]}, "loss": 1})
    run = recording.end()
    assert "history   1 row, steps 0 to 0\n" in wbtypes("show", run).out
    done = wbtypes("extract", run, "--to", out)
    assert ": 1 value in 1 file of " in done.out and done.out.endswith(", and 1 row of plain data\n")


def test_the_metadata(wbtypes: Any, full: Path, out: Path) -> None:
    wbtypes("extract", full, "--to", out)
    sketch, *_ = rows(out / "metadata.jsonl")
    assert {name: each for name, each in sketch.items() if name not in ("sha256", "stains")} == {
        "key": "sketch",
        "path": ["sketch"],
        "step": 0,
        "timestamp": 1700000000.5,
        "index": None,
        "type": "toy-sketch",
        "file": "sketch/sketch_0.png",
        "source": "media/toy/s_0.png",
        "size": 6,
        "caption": "a 'cat'",
        "width": 7,
        "extra": {"new": [None]},
    }
    (stain,) = sketch["stains"].values()
    assert stain["file"] == "sketch/sketch_0.ink.png"
    assert stain["labels"] == {"0": "paper", "1": "ink"}


def test_places_in_batches_and_lists(wbtypes: Any, full: Path, out: Path) -> None:
    wbtypes("extract", full, "--to", out)
    told = [
        (row["key"], row["path"], row["step"], row["index"], row["type"])
        for row in rows(out / "metadata.jsonl")
    ]
    assert told[1:] == [
        ("val.pair", ["val", "pair"], 1, 0, "toy-sketches"),
        ("val.pair", ["val", "pair"], 1, 1, "toy-sketches"),
        ("tallies", ["tallies"], 2, 0, "toy-tally"),
        ("tallies", ["tallies"], 2, 1, "toy-tally"),
        ("own", ["own"], 2, None, "mine"),
        ("best", ["best"], "summary", None, "toy-tally"),
    ]


def test_the_history(wbtypes: Any, full: Path, out: Path) -> None:
    wbtypes("extract", full, "--to", out)
    first, second, third, last = rows(out / "history.jsonl")
    assert first == {"_step": 0, "_timestamp": 1700000000.5, "loss": 1.5}
    assert math.isnan(second["loss"])
    assert second["val"] == {"acc": 0.5}
    assert third == {"_step": 2, "_timestamp": 1700000002.5, "text": "hé\x1b[2J", "list": [1, [2]]}
    assert last["loss"] == 0.25
    assert "hé" in (out / "history.jsonl").read_text(encoding="utf-8")


def test_the_run(wbtypes: Any, full: Path, out: Path) -> None:
    wbtypes("extract", full, "--to", out)
    about = json.loads((out / "run.json").read_text(encoding="utf-8"))
    assert (about["id"], about["project"], about["config"]) == ("abc123", "toys", {"lr": 0.1})
    assert about["summary"]["loss"] == 0.25


def test_the_json(wbtypes: Any, full: Path, out: Path) -> None:
    done = wbtypes("extract", full, "--to", out, "--json")
    assert json.loads(done.out) == {
        "to": str(out),
        "values": 7,
        "files": 8,
        "size": 214,
        "rows": 4,
        "problems": [],
    }


def test_keys(wbtypes: Any, full: Path, out: Path) -> None:
    assert wbtypes("extract", full, "--to", out, "--keys", "val.acc", "sketch").status == 0
    assert {row["key"] for row in rows(out / "metadata.jsonl")} == {"sketch"}
    assert [row.keys() - {"_step", "_timestamp"} for row in rows(out / "history.jsonl")] == [{"val"}]


def test_the_run_itself_is_not_touched(wbtypes: Any, full: Path, out: Path) -> None:
    before = tree(full)
    wbtypes("extract", full, "--to", out)
    assert tree(full) == before


# -- names --------------------------------------------------------------------------------------------------------


def test_hostile_and_colliding_keys(wbtypes: Any, recording: Any, out: Path) -> None:
    keys = ["../../up", "a/b", "a_b", "A_B", "a:b", "metadata.jsonl", "con", ".", "k" * 300, "\x1b[2J", "é"]
    node = {"_type": "toy-sketch", **recording.file("media/x.png", b"x")}
    recording.row(0, dict.fromkeys(keys, node))
    assert wbtypes("extract", recording.end(), "--to", out).status == 0
    told = rows(out / "metadata.jsonl")
    assert [row["key"] for row in told] == keys
    names = [row["file"] for row in told]
    assert len({name.casefold() for name in names}) == len(keys)
    assert names[1:5] == ["a_b/a_b_0.png", "a_b-2/a_b-2_0.png", "A_B-3/A_B-3_0.png", "a_b-4/a_b-4_0.png"]
    assert all((out / name).read_bytes() == b"x" and len(name) < 200 for name in names)
    assert {path.name for path in out.parent.iterdir()} <= {"out", "site", recording.folder.name}


def test_a_key_with_two_values_at_one_step(wbtypes: Any, recording: Any, out: Path) -> None:
    for text in (b"1", b"2"):
        recording.row(3, {"x": {"_type": "toy-sketch", **recording.file(f"media/{text.decode()}.png", text)}})
    wbtypes("extract", recording.end(), "--to", out)
    assert [row["file"] for row in rows(out / "metadata.jsonl")] == ["x/x_3.png", "x/x_3-2.png"]


def test_names_that_would_be_too_long(wbtypes: Any, recording: Any, out: Path) -> None:
    nested: Any = {"_type": "toy-tally", "counts": [1]}
    for _ in range(150):
        nested = [nested]
    recording.row(0, {"nested": nested, "loss": 1})
    recording.row(int("9" * 300), {"tally": {"_type": "toy-tally", "counts": [2]}})
    done = wbtypes("extract", recording.end(), "--to", out)
    assert (done.status, done.err) == (0, "")
    assert sorted(json.loads(data)["counts"] for path, data in tree(out).items() if "/" in path) == [[1], [2]]
    assert all(path.endswith(".json") for path in tree(out) if "/" in path)


@pytest.mark.parametrize(("number", "status"), [(errno.ENAMETOOLONG, 1), (errno.ENOSPC, 2)])
def test_a_system_with_shorter_names(
    wbtypes: Any, full: Path, out: Path, monkeypatch: pytest.MonkeyPatch, number: int, status: int
) -> None:
    put = DirectoryStore.put

    def refusing(self: DirectoryStore, file: Any, folder: str, naming: Any) -> Any:
        if "sketch_0.png" in naming.path(folder, file):
            raise OSError(number, os.strerror(number))
        return put(self, file, folder, naming)

    monkeypatch.setattr(DirectoryStore, "put", refusing)
    done = wbtypes("extract", full, "--to", out, "--json")
    assert (done.status, len(done.lines)) == (status, 1)
    assert out.exists() is (status == 1)
    if status == 1:
        assert done.err.startswith('wbtypes: error: history step 0, ["sketch"]: OSError: ')
        assert json.loads(done.out)["values"] == 7


def test_rows_without_steps(wbtypes: Any, recording: Any, out: Path) -> None:
    for _ in range(2):
        recording.row(None, {"x": {"_type": "toy-tally", "counts": []}})
    wbtypes("extract", recording.end(), "--to", out)
    assert [row["file"] for row in rows(out / "metadata.jsonl")] == ["x/x_row0.json", "x/x_row1.json"]


def test_extensions_come_from_data_too(wbtypes: Any, recording: Any, out: Path) -> None:
    recording.row(0, {"x": {"_type": "toy-sketch", **recording.file("media/x.p n:g", b"x")}})
    recording.row(1, {"x": {"_type": "toy-sketch", **recording.file("media/x", b"x")}})
    wbtypes("extract", recording.end(), "--to", out)
    assert [row["file"] for row in rows(out / "metadata.jsonl")] == ["x/x_0.p_n_g", "x/x_1"]


# -- what is lost -------------------------------------------------------------------------------------------------


def test_a_missing_file(wbtypes: Any, full: Path, out: Path) -> None:
    (full / "files/media/toy/s_0.png").unlink()
    done = wbtypes("extract", full, "--to", out)
    assert done.status == 1
    (line,) = done.lines
    where = 'wbtypes: error: history step 0, ["sketch"]: '
    assert line.startswith(f"{where}media/toy/s_0.png is not in {full / 'files'}; copy it there, or ")
    assert line.endswith("; the file is left out")
    sketch, *others = rows(out / "metadata.jsonl")
    assert (sketch["file"], sketch["caption"]) == (None, "a 'cat'")
    assert "is not in" in sketch["problem"]
    assert len(others) == 6
    assert (out / "sketch/sketch_0.ink.png").read_bytes() == b"stain"


def test_an_altered_file(wbtypes: Any, full: Path, out: Path) -> None:
    (full / "files/media/toy/s_0.png").write_bytes(b"altered")
    done = wbtypes("extract", full, "--to", out)
    assert done.status == 1
    assert len(done.lines) == 1
    assert "media/toy/s_0.png does not hold what its sha256 says" in done.err
    assert not (out / "sketch/sketch_0.png").exists()


def test_a_file_that_is_in_an_artifact(wbtypes: Any, recording: Any, out: Path) -> None:
    recording.row(0, {"x": {"_type": "toy-sketch", "artifact_path": "wandb-artifact://ab/x.png"}})
    done = wbtypes("extract", recording.end(), "--to", out)
    assert done.status == 1
    assert "wandb-artifact://ab/x.png is in an artifact" in done.err
    assert rows(out / "metadata.jsonl")[0]["source"] == "wandb-artifact://ab/x.png"


@pytest.mark.parametrize("path", ["../../x", "/etc/hostname", "C:\\x", "link/x.png", "a\0b"])
def test_a_path_that_leaves_the_run(wbtypes: Any, recording: Any, out: Path, path: str) -> None:
    files = recording.folder / "files"
    files.mkdir()
    (recording.folder.parent / "x").write_bytes(b"secret")
    (recording.folder.parent / "x.png").write_bytes(b"secret")
    (files / "link").symlink_to(recording.folder.parent)
    recording.row(0, {"x": {"_type": "toy-sketch", "path": path, "sha256": "0" * 64, "size": 6}, "y": 1})
    done = wbtypes("extract", recording.end(), "--to", out)
    assert done.status == 1
    assert len(done.lines) == 1
    assert 'history step 0, ["x"]' in done.err
    assert "the file is refused" in done.err
    assert b"secret" not in tree(out).values()
    assert rows(out / "history.jsonl")[0]["y"] == 1


def test_one_cause_is_told_once(wbtypes: Any, full: Path, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WBTYPES_BLOCK", "wbtypes-sketch")
    done = wbtypes("extract", full, "--to", out)
    assert done.status == 1
    assert done.lines == [
        'wbtypes: error: history step 0, ["sketch"] and 4 more: wbtypes-sketch==1.0 is blocked (WBTYPES_BLOCK, WBTYPES_LOAD, '
        "or the registry's arguments); the files that it names are extracted, and its JSON"
    ]
    assert {b"sketch", b"stain", b"0", b"1"} <= set(tree(out).values())


def test_a_value_that_nobody_decodes_is_extracted_as_it_came(wbtypes: Any, recording: Any, out: Path) -> None:
    inner = recording.file("media/in.bin", b"inner")
    node = {
        "_type": "toy-tally",
        "counts": ["no"],
        "path": "media/x.bin",
        "sha256": "",
        "deep": [{"a": inner}],
    }
    node.update(recording.file("media/x.bin", b"outer"))
    recording.row(0, {"x": node})
    done = wbtypes("extract", recording.end(), "--to", out)
    assert done.status == 1
    assert "the files that it names are extracted, and its JSON" in done.err
    (row,) = rows(out / "metadata.jsonl")
    assert row["node"] == node
    assert (out / row["file"]).read_bytes() == b"outer"
    assert [(out / each["file"]).read_bytes() for each in row["files"]] == [b"inner"]
    assert "no number" in row["reason"]


# -- the folder ---------------------------------------------------------------------------------------------------


def test_an_empty_folder_is_taken(wbtypes: Any, full: Path, out: Path) -> None:
    out.mkdir()
    assert wbtypes("extract", full, "--to", out).status == 0
    assert (out / "metadata.jsonl").exists()


def test_a_new_folder_in_new_folders(wbtypes: Any, full: Path, out: Path) -> None:
    assert wbtypes("extract", full, "--to", out / "a" / "b").status == 0
    assert (out / "a/b/metadata.jsonl").exists()


def test_nothing_is_overwritten(wbtypes: Any, full: Path, out: Path) -> None:
    out.mkdir()
    (out / "mine.txt").write_text("mine", encoding="utf-8")
    done = wbtypes("extract", full, "--to", out)
    assert (done.status, done.out) == (2, "")
    assert done.lines == [
        f"wbtypes: error: {out}: is not empty; nothing is overwritten, so name a new folder, or one that is empty"
    ]
    assert tree(out) == {"mine.txt": b"mine"}


def test_a_file_in_the_way(wbtypes: Any, full: Path, out: Path) -> None:
    out.write_text("mine", encoding="utf-8")
    done = wbtypes("extract", full, "--to", out)
    assert done.status == 2
    assert done.lines == [f"wbtypes: error: {out}: is no folder; name a new one, or one that is empty"]


@pytest.mark.parametrize("there", [False, True])
@pytest.mark.parametrize(
    ("error", "status"), [(OSError(28, "No space left on device"), 2), (KeyboardInterrupt(), 130)]
)
def test_an_end_before_time_leaves_nothing(
    wbtypes: Any,
    full: Path,
    out: Path,
    monkeypatch: pytest.MonkeyPatch,
    error: BaseException,
    status: int,
    there: bool,
) -> None:
    if there:
        out.mkdir()

    def put(self: DirectoryStore, *_: object) -> None:
        (self.root / "partial").write_bytes(b"x")
        raise error

    monkeypatch.setattr(DirectoryStore, "put", put)
    done = wbtypes("extract", full, "--to", out if there else out / "deep")
    assert done.status == status
    line = "wbtypes: error: No space left on device; make room, or choose another place"
    assert done.lines == ([line] if status == 2 else [])
    assert out.exists() is there
    assert not there or list(out.iterdir()) == []
