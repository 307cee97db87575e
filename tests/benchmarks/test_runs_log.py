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
    """A log that no client is needed for."""
    path = files / "run-benchmark.wandb"
    wandblog.write(path, ROWS, KEYS)
    return path


def summed(rows):
    """How many rows and cells there are, and the sum of one column; each row is let go."""
    count = cells = total = 0
    for row in rows:
        count += 1
        cells += len(row)
        total += row["train/metric_0"]
    return [count, cells, total]


def test_history(bench, log):
    facts = bench(
        f"log of {ROWS:,} x {KEYS} to rows",
        ours=Work(lambda _, turn: summed(map(dict, open_run(log).history())), facts=list),
        theirs=Work(lambda _, turn: summed(wandblog.naive(log)), facts=list),
        floor=Work(lambda _, turn: summed(wandblog.floor(log)), facts=list),
        wanted=Wanted(theirs=2.5, floor=1.2),
        remarks="theirs: protobuf and json for each item (the client has no reader); floor: one JSON parse per row",
    )
    draw = random.Random(0)
    expected = 0
    for step in range(ROWS):
        expected += wandblog.logged(step, KEYS, draw)["train/metric_0"]
    assert facts == [ROWS, CELLS, expected]
