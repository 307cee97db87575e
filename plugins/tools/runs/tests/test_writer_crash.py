"""Writers that are killed, run out of disk, have no right to write, or are two: nothing that was promised is lost."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from wbtypes_runs import RunWriter, open_run
from wbtypes_runs.writing.lock import NAME

SCRIPT = Path(__file__).parent / "crash_writer.py"

posix = pytest.mark.skipif(os.name == "nt", reason="needs fork, signals and limits of POSIX systems")


def start(*arguments: str | Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-W", "error", str(SCRIPT), *map(str, arguments)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def run(*arguments: str | Path) -> dict[str, Any]:
    with start(*arguments) as process:
        said, _ = process.communicate(timeout=120)
    assert process.returncode == 0
    found: dict[str, Any] = json.loads(said.splitlines()[-1])
    return found


@posix
def test_a_writer_that_is_killed_leaves_every_row_it_had_promised(tmp_path: Path) -> None:
    found = run("kill", tmp_path, "200", "20240131")
    assert found["kills"] == 200
    assert found["kept"] >= found["promised"] >= 200


@posix
@pytest.mark.parametrize("how", ["background", "at once"])
def test_a_full_disk_refuses_rows_and_leaves_the_log_whole(tmp_path: Path, how: str) -> None:
    found = run("fill", tmp_path / "run", how)
    assert found["before"] == found["written"][:-1]
    assert found["damage"] == []
    first = found["before"][-1] + 1
    assert found["refused"][0].endswith(
        f"history step {first} could not be written: File too large; free some space and log it again"
    )
    assert found["after"][-1] == found["written"][-1]
    assert set(found["written"]) <= set(found["after"])
    assert found["problems"] == []
    assert found["ended"]


@posix
def test_media_that_do_not_fit_are_told_with_their_step_and_key(tmp_path: Path) -> None:
    at_once = run("fill", tmp_path / "a", "at once")
    later = run("fill", tmp_path / "b", "background")
    step = at_once["step"]
    assert at_once["media"].startswith("OSError: ")
    assert f'history step {step}, ["picture"] could not be written: File too large' in at_once["media"]
    assert at_once["after"] == at_once["written"]
    assert at_once["after"][-1] == step
    step = later["step"]
    assert later["media"] == (
        f'EncodeError: history step {step}, ["picture"]: its files cannot be stored: File too large; '
        "the row was written without it"
    )
    assert later["after"] == [*later["written"][:-1], step, step + 1]


@posix
def test_a_folder_that_may_not_be_written_is_an_error_that_leaves_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "locked"
    folder.mkdir(mode=0o555)
    for each in (tmp_path, *list(tmp_path.parents)[:3]):
        if each.stat().st_uid == os.getuid():
            each.chmod(each.stat().st_mode | 0o055)
    found = run("refuse", folder)
    assert len(found["said"]) == 2
    assert all(each.startswith("PermissionError") and str(folder) in each for each in found["said"])
    assert found["left"] == []


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    process = start("hold", tmp_path / "run")
    assert process.stdout is not None
    assert process.stdout.readline()
    yield process
    process.kill()
    process.communicate()


def test_two_writers_in_one_folder_are_one_too_many(tmp_path: Path, holder: subprocess.Popen[str]) -> None:
    with pytest.raises(FileExistsError, match="is being written by another RunWriter; close that, or choose"):
        RunWriter(tmp_path / "run")
    said, _ = holder.communicate("", timeout=30)
    assert json.loads(said.splitlines()[-1]) == {"step": 0}
    assert [row.step for row in open_run(tmp_path / "run").history()] == [0]


def test_two_writers_of_one_process_too(tmp_path: Path) -> None:
    with RunWriter(tmp_path) as writer:
        with pytest.raises(FileExistsError, match="is being written by another"):
            RunWriter(tmp_path)
        writer.log({"x": 1})
    assert not (tmp_path / NAME).exists()
    with pytest.raises(FileExistsError, match=r"holds a run already \(run-.*\); pass resume=True"):
        RunWriter(tmp_path)
    assert [row["x"] for row in open_run(tmp_path).history()] == [1]


def test_the_lock_of_a_dead_process_holds_nobody_up(tmp_path: Path, holder: subprocess.Popen[str]) -> None:
    holder.kill()
    holder.wait(30)
    folder = tmp_path / "run"
    assert (folder / NAME).exists()
    with pytest.raises(FileExistsError, match="holds a run already"):
        RunWriter(folder)
    next(folder.glob("*.wandb")).unlink()
    with RunWriter(folder) as writer:
        writer.log({"x": 2})
    assert [row["x"] for row in open_run(folder).history()] == [2]


@posix
def test_a_forked_child_leaves_the_run_to_its_parent(tmp_path: Path) -> None:
    code = """
import os, sys
from wbtypes_runs import RunWriter, open_run
with RunWriter(sys.argv[1]) as writer:
    writer.log({"x": 1})
    child = os.fork()
    if not child:
        try:
            writer.log({"x": 2})
        except RuntimeError as error:
            os._exit(7 if "belongs to the process that made it" in str(error) else 1)
        os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    try:
        RunWriter(sys.argv[1])
    except FileExistsError as error:
        assert "is being written" in str(error)
    writer.log({"x": 3})
assert [row["x"] for row in open_run(sys.argv[1]).history()] == [1, 3]
"""
    subprocess.run([sys.executable, "-W", "error", "-c", code, str(tmp_path / "run")], check=True, timeout=60)


@posix
def test_the_parents_death_frees_the_folder_while_a_child_lives(tmp_path: Path) -> None:
    code = """
import os, sys, time
from wbtypes_runs import RunWriter
writer = RunWriter(sys.argv[1])
ready, tell = os.pipe()
if not os.fork():
    os.close(1)
    os.write(tell, b"!")
    time.sleep(20)
    os._exit(0)
os.read(ready, 1)
print(os.getpid(), flush=True)
sys.stdin.read()
"""
    folder = tmp_path / "run"
    command = [sys.executable, "-c", code, str(folder)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline()
        parent.kill()
        parent.wait(30)
        with pytest.raises(FileExistsError, match="holds a run already"):
            RunWriter(folder)
        os.killpg(parent.pid, signal.SIGKILL)
