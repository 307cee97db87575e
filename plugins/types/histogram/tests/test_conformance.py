"""What every plugin must hold, tested by core's kit."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

import wbtypes_histogram.plugin
from wbtypes_core.testing import CodecConformance
from wbtypes_histogram import Histogram, HistogramCodec

NAN, INF = float("nan"), float("inf")


class TestHistogram(CodecConformance):
    codec = HistogramCodec()
    plugin = wbtypes_histogram.plugin
    corpus = Path(__file__).parent / "corpus"
    heavy = ("numpy",)

    def samples(self) -> Iterator[Histogram]:
        yield Histogram([1, 2, 2, 3])
        yield Histogram([])
        yield Histogram(np.linspace(-1, 1, 1000, dtype=np.float32), num_bins=512)
        yield Histogram(np_histogram=np.histogram([1.0, 2.0, 4.0], bins=[0, 1, 5], density=True))
        yield Histogram(np_histogram=([1, 0.5, 2**70], [-INF, 0, NAN, INF]))
        yield Histogram([0.0, 1.0]).replace(nonfinite=3)

    def native_equal(self, value: Histogram, native: Any) -> bool:
        counts, edges = native
        dtype = np.int64 if {int} == {type(each) for each in value.histogram} else np.float64
        return (
            counts.dtype == (dtype if max(value.histogram) < 2**63 else np.float64)
            and edges.dtype == np.float64
            and np.array_equal(counts, np.array(value.histogram, counts.dtype))
            and np.array_equal(edges, np.array(value.bins, float), equal_nan=True)
        )
