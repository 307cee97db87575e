"""Runs read back: a `.wandb` log as rows."""

from __future__ import annotations

import random

import pytest
import wandblog
from harness import Wanted
from stopwatch import Work

from wbtypes_runs import open_run

ROWS, KEYS = 100_000, 10
CELLS = ROWS * (KEYS + 3)


@pytest.fixture
def log(files):
    """A log as the client writes it."""
    path = files / "run-benchmark.wandb"
    wandblog.write(path, ROWS, KEYS)
    return path


def test_history(bench, log):
    facts = bench(
        f"log of {ROWS:,} x {KEYS} to rows",
        ours=Work(lambda _, turn: wandblog.told(map(dict, open_run(log).history())), facts=list),
        theirs=("naive_log", {"path": str(log)}),
        floor=("joined_log", {"path": str(log)}),
        wanted=Wanted(theirs=2.5, floor=1.2),
        remarks="theirs: its protobuf and json per item, for it has no reader; floor: its protobuf, one JSON parse per row",
    )
    draw = random.Random(0)
    expected = 0
    for step in range(ROWS):
        expected += wandblog.logged(step, KEYS, draw)["train/metric_0"]
    assert facts == [ROWS, CELLS, expected]
