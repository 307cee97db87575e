"""Histograms: from an array to counts, edges and JSON."""

from __future__ import annotations

import inputs
import numpy as np
import pytest
from harness import Wanted
from stopwatch import Work

from wbtypes_core import encode
from wbtypes_histogram import Histogram


@pytest.mark.parametrize("size", [10**4, 10**5, 10**6, 10**7])
@pytest.mark.parametrize("dtype", ["float64", "float32", "int64"])
def test_counts(bench, dtype, size):
    numbers = inputs.numbers(dtype, size)

    def floor(_, turn):
        counts, edges = np.histogram(numbers, 64)
        return {"values": counts.tolist(), "bins": edges.tolist()}

    facts = bench(
        f"histogram of 1e{len(str(size)) - 1} {dtype}",
        ours=Work(
            lambda _, turn: encode(Histogram(numbers), None).json,
            facts=lambda node: {"values": node["values"], "bins": node["bins"]},
        ),
        theirs=("histogram", {"dtype": dtype, "size": size}),
        floor=Work(floor, facts=dict),
        wanted=Wanted(theirs=2.3),
        remarks="floor: np.histogram",
    )
    assert sum(facts["values"]) == size
