"""Bad input: one line on stderr that says where, what and what to do; the right status; nothing half-written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from wbtypes_core import index, registry

SKETCH = {"_type": "toy-sketch", "path": "media/toy/s.png", "sha256": "0" * 64, "size": 1}
CLAIM = {"types": {"toy-tally": "alien_plugin"}}


@pytest.fixture(params=["show", "extract"])
def command(request: pytest.FixtureRequest, program: Any, wbtypes: Any, tmp_path: Path) -> Any:
    """Shows a run in a process of its own, as users do, or extracts it to the folder `out` in this one."""
    if request.param == "show":
        return lambda run: program("show", run)
    return lambda run: wbtypes("extract", run, "--to", tmp_path / "out")


def nothing(folder: Path, recording: Any) -> Path:
    return folder / "nowhere"


def empty_folder(folder: Path, recording: Any) -> Path:
    (folder / "empty").mkdir()
    return folder / "empty"


def other_folder(folder: Path, recording: Any) -> Path:
    (folder / "other").mkdir()
    (folder / "other" / "notes.txt").write_text("hello", encoding="utf-8")
    return folder / "other"


def other_file(folder: Path, recording: Any) -> Path:
    (folder / "run-x.wandb").write_text("hello, world", encoding="utf-8")
    return folder / "run-x.wandb"


def empty_log(folder: Path, recording: Any) -> Path:
    recording.log = b""
    return Path(recording.save())


def zeros(folder: Path, recording: Any) -> Path:
    recording.log = bytes(100_000)
    return Path(recording.save())


def folder_of_runs(folder: Path, recording: Any) -> Path:
    recording.save()
    return folder


@pytest.mark.parametrize(
    ("bad", "what"),
    [
        (nothing, "does not exist"),
        (empty_folder, "it is empty"),
        (other_folder, "notes.txt"),
        (other_file, "is no wandb log"),
        (empty_log, "is empty"),
        (zeros, "zeros"),
        (folder_of_runs, "pass one of them"),
    ],
)
def test_what_is_no_run(command: Any, recording: Any, tmp_path: Path, bad: Any, what: str) -> None:
    run = bad(tmp_path, recording)
    done = command(run)
    assert (done.status, done.out, len(done.lines)) == (2, "", 1)
    assert done.err.startswith(f"wbtypes: error: {run}")
    assert what in done.err
    assert not (tmp_path / "out").exists()


def damaged(recording: Any, **values: Any) -> Path:
    recording.row(12, {"good": 1, **values})
    return Path(recording.end())


def deep(levels: int) -> bytes:
    return b'{"a":' * levels + b"1" + b"}" * levels


@pytest.mark.usefixtures("toys")
def test_ten_levels_are_fine(program: Any, recording: Any) -> None:
    done = program("show", damaged(recording, x=deep(10)))
    assert (done.status, done.err) == (0, "")
    assert "x" + ".a" * 10 in done.out


@pytest.mark.usefixtures("toys")
@pytest.mark.parametrize(
    ("values", "what"),
    [
        ({"x": deep(600)}, '["x"]'),
        ({"x": deep(100_000)}, '["x"]'),
        ({"x": b"[" * 100_000}, '["x"]'),
        ({"x": b'{"_type":'}, '["x"]'),
        ({"x": b"\xff\xfe"}, '["x"]'),
        ({"x": {"_type": "toy-tally"}}, '["counts"]: is missing'),
        ({"x": {"_type": "toy-tally", "counts": "many"}}, '["counts"]: is a string, not a list'),
        ({"x": {**SKETCH, "path": "../../x"}}, "the path '../../x' leaves its folder; the file is refused"),
        ({"x": {**SKETCH, "path": "/etc/passwd"}}, "the path '/etc/passwd' is absolute; the file is refused"),
        ({"x": SKETCH}, "media/toy/s.png is not in"),
    ],
)
def test_values_that_are_damaged(
    command: Any, recording: Any, tmp_path: Path, values: dict[str, Any], what: str
) -> None:
    (recording.folder / "files").mkdir()
    done = command(damaged(recording, **values))
    assert (done.status, len(done.lines)) == (1, 1)
    assert done.err.startswith("wbtypes: error: history step 12")
    assert what in done.err
    out = tmp_path / "out"
    if not out.exists():
        assert "good" in done.out
    else:
        (row,) = (out / "history.jsonl").read_text(encoding="utf-8").splitlines()
        assert json.loads(row)["good"] == 1
        assert not list(out.rglob(".partial*"))


@pytest.mark.usefixtures("toys")
def test_a_contested_tag(command: Any, program: Any, install: Any, recording: Any) -> None:
    install("alien", CLAIM, {"alien_plugin": "raise RuntimeError"})
    run = damaged(recording, x={"_type": "toy-tally", "counts": [1]})
    done = command(run)
    assert (done.status, len(done.lines)) == (1, 1)
    assert done.err.startswith('wbtypes: error: history step 12, ["x"]: ')
    assert "both claim 'toy-tally': uninstall one, or set WBTYPES_PREFER=toy-tally=" in done.err
    preferred = program("show", run, WBTYPES_PREFER="toy-tally=wbtypes-sketch")
    assert (preferred.status, preferred.err) == (0, "")


@pytest.mark.parametrize(
    "module", ["raise RuntimeError('of a\\nreason')", "import no_such_library", "def (", "x = 1"]
)
def test_a_plugin_that_does_not_work(command: Any, install: Any, recording: Any, module: str) -> None:
    install("alien", CLAIM, {"alien_plugin": module})
    for step in range(3):
        recording.row(step, {"x": {"_type": "toy-tally", "counts": [1]}})
    done = command(recording.end())
    assert (done.status, len(done.lines)) == (1, 1)
    assert done.err.startswith(
        'wbtypes: error: history step 0, ["x"] and 2 more: the plugin alien==1.0 does not work: '
    )


def test_a_plugin_that_is_not_installed(
    wbtypes: Any, recording: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands = tuple(entry for entry in index.installed().entries if entry.group == "commands")
    monkeypatch.setattr(index, "_installed", index.Index(commands))
    monkeypatch.setattr(registry, "_default", None)
    run = damaged(recording, x={"_type": "audio-file", **recording.file("media/audio/x.wav", b"RIFF")})
    for words in (("show", run), ("extract", run, "--to", tmp_path / "out")):
        done = wbtypes(*words)
        assert (done.status, len(done.lines)) == (1, 1)
        assert done.err.startswith(
            'wbtypes: error: history step 12, ["x"]: '
            "no plugin for 'audio-file' is installed: pip install wbtypes-audio; "
        )
    assert (tmp_path / "out/x/x_12.wav").read_bytes() == b"RIFF"


@pytest.mark.usefixtures("toys")
def test_a_log_cut_at_every_byte_of_its_last_200(wbtypes: Any, full: Path, tmp_path: Path) -> None:
    (log,) = full.glob("*.wandb")
    whole = log.read_bytes()
    seen = set()
    for lost in range(1, 201):
        log.write_bytes(whole[:-lost])
        done = wbtypes("show", full, "--json")
        page = json.loads(done.out)
        assert page["run"]["id"] == "abc123"
        assert page["keys"][0]["key"] == "loss"
        assert page["run"]["rows"] in (2, 3, 4)
        at_a_record = not done.lines
        seen.add((done.status, len(done.lines)))
        if not at_a_record:
            assert log.name in done.err
            assert done.status == 1
            assert page["problems"][0]["offset"] is not None
    assert seen <= {(0, 0), (1, 1)}
    assert (1, 1) in seen


@pytest.mark.usefixtures("toys")
def test_a_cut_log_is_extracted_as_far_as_it_goes(wbtypes: Any, full: Path, tmp_path: Path) -> None:
    (log,) = full.glob("*.wandb")
    log.write_bytes(log.read_bytes()[:-100])
    done = wbtypes("extract", full, "--to", tmp_path / "out")
    assert (done.status, len(done.lines)) == (1, 1)
    assert log.name in done.err
    assert (tmp_path / "out/sketch/sketch_0.png").read_bytes() == b"sketch"


@pytest.mark.usefixtures("toys")
def test_a_damaged_place_costs_its_own_row(wbtypes: Any, full: Path) -> None:
    (log,) = full.glob("*.wandb")
    data = bytearray(log.read_bytes())
    data[data.index(b"pair")] ^= 1
    log.write_bytes(data)
    done = wbtypes("show", full, "--json")
    page = json.loads(done.out)
    assert done.status == 1
    assert page["run"]["rows"] == 3
    assert {"loss", "sketch", "tallies"} <= {each["key"] for each in page["keys"]}


@pytest.mark.usefixtures("toys")
def test_a_folder_that_cannot_be_written(program: Any, full: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    done = program("extract", full, "--to", tmp_path / "file" / "out")
    assert (done.status, done.out, len(done.lines)) == (2, "", 1)
    assert done.err.startswith(f"wbtypes: error: {tmp_path / 'file'}")


@pytest.mark.usefixtures("toys")
@pytest.mark.parametrize("levels", [600, 900, 2000, 100_000])
@pytest.mark.parametrize("record", [3, 5])
def test_config_and_summary_that_are_too_deep(
    wbtypes: Any, recording: Any, tmp_path: Path, levels: int, record: int
) -> None:
    recording.row(0, {"good": 1})
    recording.change(record, {"x": deep(levels)})
    run = recording.save()
    for words in (("show", run), ("show", run, "--json"), ("extract", run, "--to", tmp_path / "out")):
        done = wbtypes(*words)
        assert done.status == 1
        assert all(
            line.startswith("wbtypes: error: ") and "RecursionError" not in line for line in done.lines
        )
        assert "good" in done.out or (tmp_path / "out/history.jsonl").exists()
