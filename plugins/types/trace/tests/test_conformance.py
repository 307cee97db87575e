"""The trace codec keeps the contract of all codecs."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np

import wbtypes_trace.plugin
from wbtypes_core import ValueWarning
from wbtypes_core.testing import CodecConformance
from wbtypes_trace import Result, Span, TraceTree, TraceTreeCodec


class TestTrace(CodecConformance):
    codec = TraceTreeCodec()
    plugin = wbtypes_trace.plugin
    corpus = Path(__file__).parent / "corpus"
    heavy = ("numpy",)

    def samples(self) -> Iterator[TraceTree]:
        yield TraceTree(Span())
        root = Span(
            "s1", "root \ud800", 1000, 2000.5, "success", "fine", {"k": np.arange(3)}, span_kind="chain"
        )
        root.add_child_span(Span(name="child", span_kind="LLM", results=[Result({"q": "hi"}, {"a": None})]))
        yield TraceTree(root)
        yield TraceTree(root, {"_kind": "chain", "params": {"t": 0.5}})
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ValueWarning)
            root.add_attribute("odd", [math.nan, object()])
            yield TraceTree(root, {"t": -math.inf})

    def native_equal(self, value: TraceTree, native: Span) -> bool:
        return isinstance(native, Span) and TraceTree(native, value.model_dict) == value
