"""Runs that are gone on with: rows stay, and steps, metrics, versions and the config go on where they were left."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from by_hand import HEADER, framed, num, part
from writer_toys import Picture, Sheet, toys

from wbtypes_core import Limits
from wbtypes_runs import Run, RunWriter, framing, open_run
from wbtypes_runs.wire import parse, whole


def resumed(folder: Path, **about: Any) -> RunWriter:
    return RunWriter(folder, resume=True, registry=toys(), **about)


def opened(folder: Path) -> Run:
    return open_run(folder, registry=toys())


def numbers(run: Run) -> list[int]:
    """The numbers of a log's records."""
    with run.path.open("rb") as stream:
        found = framing.records(stream, Limits(), lambda *told: pytest.fail(str(told)))
        return [parse(record, {1: whole("number")})["number"] for _, record in found]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A run of three rows, of all that a writer remembers."""
    about = {"project": "p", "name": "n", "tags": ["x"], "config": {"lr": 1, "deep": {"a": 1}}}
    with resumed(tmp_path / "run", **about) as writer:
        writer.define_metric("loss", step_metric="epoch", summary="mean,first,max")
        writer.define_metric("gone", summary="none")
        writer.define_metric("gone", summary="max")
        for loss in (3, 1, 2):
            writer.log(
                {"loss": loss, "gone": loss, "pic": Picture.of(b"p", {"0": "sky"}), "s": Sheet.of("s")}
            )
        writer.log({"epoch": 7}, step=10)
        writer.summary["mine"] = {"a": 1}
    return tmp_path / "run"


@pytest.mark.parametrize("closed", [True, False], ids=["closed", "killed"])
def test_a_run_goes_on_as_if_it_had_never_stopped(folder: Path, closed: bool) -> None:
    before = list(opened(folder).history())
    if not closed:
        opened(folder).path.write_bytes(opened(folder).path.read_bytes()[:-3])
    with resumed(folder, project="p", tags=["x"], config={"lr": 2, "new": 3}) as writer:
        assert writer.step == 10
        assert dict(writer.config) == {"lr": 2, "deep": {"a": 1}, "new": 3}
        assert writer.summary["mine"] == {"a": 1}
        assert writer.log({"loss": 6, "gone": 0, "s": Sheet.of("t")}) == 11
        with pytest.raises(ValueError, match="step 3 does not come after"):
            writer.log({}, step=3)
    run = opened(folder)
    *rows, last = run.history()
    assert [row.json for row in rows] == [row.json for row in before]
    assert last["epoch"] == 7
    assert last.json["_runtime"] >= rows[-1].json["_runtime"]
    assert run.summary_json["loss"] == {"mean": 3.0, "first": 3, "max": 6}
    assert run.summary_json["gone"] == {"max": 3}
    assert run.config == {"lr": 2, "deep": {"a": 1}, "new": 3}
    assert run.config_json["_wandb"]["mask/class_labels"]
    assert (run.project, run.name, run.tags) == ("p", "n", ("x",))
    assert len({made.record.sequence_client_id for made in run.artifacts}) == 1
    assert len({made.record.client_id for made in run.artifacts}) == 4
    assert run.exit is not None
    assert run.check() == []
    assert numbers(run) == list(range(1, len(numbers(run)) + 1))


@pytest.mark.filterwarnings("ignore::wbtypes_runs.DamagedLogWarning")
def test_a_run_goes_on_wherever_its_writer_was_killed(tmp_path: Path) -> None:
    with RunWriter(tmp_path / "whole") as writer:
        for at in range(3):
            writer.log({"a": at, "long": "x" * 20_000})  # over the end of a block
    log = writer.path.read_bytes()
    begun = log.index(writer.id.encode()) + 100
    for cut in [*range(begun, len(log), 6_007), *range(len(log) - 60, len(log) + 1, 7)]:
        folder = tmp_path / str(cut)
        folder.mkdir()
        path = folder / writer.path.name
        path.write_bytes(log[:cut] + bytes(cut % 3 * 10))  # some file systems leave zeros
        there = [row.step for row in opened(folder).history()]
        for _ in range(2):
            with resumed(folder) as more:
                more.log({"b": 1})
        run = opened(folder)
        steps = [row.step for row in run.history()]
        assert steps == list(range(len(there) + 2))
        assert run.check() == []
        assert numbers(run) == list(range(1, len(numbers(run)) + 1))


def test_a_run_begins_where_there_is_none(tmp_path: Path) -> None:
    with resumed(tmp_path / "run", id="mine", project="p") as writer:
        writer.log({"a": 1})
    with resumed(tmp_path / "run", id="mine") as writer:
        pass
    assert [row["a"] for row in opened(tmp_path / "run").history()] == [1]


@pytest.mark.parametrize(
    ("about", "error"), [({"project": "q"}, "project .* is 'p', and not 'q'"), ({"id": "z"}, "id")]
)
def test_another_run_is_not_gone_on_with(folder: Path, about: Any, error: str) -> None:
    path = opened(folder).path
    log = path.read_bytes()
    with pytest.raises(ValueError, match=f"the {error}.*; leave it out, or choose another folder"):
        resumed(folder, **about)
    assert path.read_bytes() == log
    resumed(folder).close()


@pytest.mark.parametrize(
    "log",
    [
        HEADER,
        HEADER
        + framed([num(1, 1) + part(21, part(1, part(1, "0.31.0"))), num(1, 2) + part(17, part(1, "x"))]),
        HEADER + framed([num(1, 1) + part(17, part(1, "x"))]),
        HEADER + framed([num(1, 1) + part(21, b"")]),
        HEADER + framed([num(1, 1) + part(21, part(1, part(1, "wbtypes-runs 1")))]),
    ],
    ids=["empty", "of a client", "of an old client", "of nobody known", "before it says which run"],
)
def test_a_log_that_no_writer_began_is_left_as_it_is(tmp_path: Path, log: bytes) -> None:
    path = tmp_path / "run-x.wandb"
    path.write_bytes(log)
    with pytest.raises(FileExistsError, match="no run that a RunWriter began"):
        resumed(tmp_path)
    assert path.read_bytes() == log
    shutil.copy(path, tmp_path / "run-y.wandb")
    with pytest.raises(FileExistsError, match="holds a run already"):
        resumed(tmp_path)


def test_a_run_is_gone_on_with_by_one_writer_at_a_time(folder: Path) -> None:
    with resumed(folder), pytest.raises(FileExistsError, match="is being written by another RunWriter"):
        resumed(folder)
    assert opened(folder).check() == []
