"""`wbtypes check`: every problem in a line, and an exit status that tells."""

from __future__ import annotations

import errno
import json
from pathlib import Path
from typing import Any

import pytest

import wbtypes_runs

pytestmark = pytest.mark.usefixtures("toys")


def test_a_sound_run(wbtypes: Any, full: Path) -> None:
    done = wbtypes("check", full)
    assert (done.status, done.out, done.err) == (0, f"{full}: sound\n", "")


def test_every_problem_is_a_line(wbtypes: Any, full: Path) -> None:
    (full / "files" / "media" / "toy" / "s_0.png").write_bytes(b"SKETCH")
    (full / "files" / "media" / "toy" / "b_1.PNG").unlink()
    done = wbtypes("check", full)
    assert (done.status, done.out) == (1, f"{full}: 2 problems\n")
    assert len(done.lines) == 2
    assert "altered" in done.lines[0] and "history step 0" in done.lines[0]
    assert "b_1.PNG is not in" in done.lines[1]


def test_several_runs_and_json(wbtypes: Any, full: Path, tmp_path: Path) -> None:
    other = tmp_path / "other" / "run-x.wandb"
    other.parent.mkdir()
    other.write_bytes(next(full.glob("*.wandb")).read_bytes()[:-3])
    done = wbtypes("check", full, other)
    assert done.status == 1
    assert done.out.splitlines()[0] == f"{full}: sound"
    assert all(line.startswith(f"wbtypes: error: {other}: ") for line in done.lines)
    done = wbtypes("check", full, other, "--json")
    pages = json.loads(done.out)
    assert [page["run"] for page in pages] == [str(full), str(other)]
    assert pages[0]["problems"] == [] and "cut-log" in {each["code"] for each in pages[1]["problems"]}


def test_what_is_no_run(wbtypes: Any, tmp_path: Path) -> None:
    done = wbtypes("check", tmp_path)
    assert (done.status, done.out) == (2, "")
    assert len(done.lines) == 1


def test_one_that_cannot_be_opened_leaves_the_others_checked(
    wbtypes: Any, full: Path, tmp_path: Path
) -> None:
    empty = tmp_path / "empty.wandb"
    empty.write_bytes(b"")
    (full / "files" / "media" / "toy" / "b_1.PNG").unlink()
    done = wbtypes("check", empty, full)
    assert (done.status, done.out) == (2, f"{full}: 1 problem\n")
    assert len(done.lines) == 2
    assert f"{empty} is empty" in done.lines[0] and "b_1.PNG is not in" in done.lines[1]
    done = wbtypes("check", full, empty, "--json")
    pages = json.loads(done.out)
    assert (done.status, len(pages[0]["problems"]), pages[1]["problems"]) == (2, 1, [])
    assert pages[0]["error"] is None and "is empty" in pages[1]["error"]


def test_a_run_that_the_system_refuses_leaves_the_others_checked(
    wbtypes: Any, full: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = wbtypes_runs.open_run

    def refusing(place: str, **arguments: Any) -> Any:
        if place == "locked":
            raise PermissionError(errno.EACCES, "Permission denied", place)
        return opened(place, **arguments)

    monkeypatch.setattr(wbtypes_runs, "open_run", refusing)
    done = wbtypes("check", "locked", full)
    assert (done.status, done.out) == (2, f"{full}: sound\n")
    assert done.lines == ["wbtypes: error: locked: Permission denied; ask its owner, or choose another place"]


def test_values_are_held_against_schemas(
    wbtypes: Any, recording: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from wbtypes_cli.schemas import Schemas, Violation

    recording.row(0, {"loss": 1})
    recording.row(1, {"loss": 2})
    folder = recording.end()
    monkeypatch.setattr(Schemas, "violations", lambda self, node: [Violation(("loss",), "toy", "is odd")])
    done = wbtypes("check", folder, "--schema")
    assert done.status == 1
    assert done.lines == ['wbtypes: error: history step 0, ["loss"]: is odd (schema of toy)']
    assert wbtypes("check", folder).status == 0
