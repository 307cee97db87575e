"""The bokeh codec keeps the contract of all codecs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from bokeh.document import Document
from bokeh.layouts import column
from bokeh.models import Slider
from bokeh.plotting import figure

import wbtypes_bokeh.plugin
from wbtypes_bokeh import Bokeh, BokehCodec
from wbtypes_core.testing import CodecConformance


def plot(**options: Any) -> Any:
    made = figure(width=100, height=80, **options)
    made.line(np.arange(5), np.array([1, np.nan, 2, np.inf, 3]))
    return made


class TestBokeh(CodecConformance):
    codec = BokehCodec()
    plugin = wbtypes_bokeh.plugin
    corpus = Path(__file__).parent / "corpus"
    heavy = ("bokeh", "numpy")

    def samples(self) -> Iterator[Bokeh]:
        yield Bokeh(plot(title="t"), caption="c")
        yield Bokeh(column(plot(), Slider(start=0, end=1, value=0.5)), caption="")
        document = Document(title="two")
        document.add_root(plot())
        document.add_root(Slider(start=0, end=9, value=1, title="é\u2028"))
        yield Bokeh(document, caption=4.5)
        yield Bokeh('{"version": "3.9.2", "title": "x", "roots": []}')

    def native_equal(self, value: Bokeh, native: Any) -> bool:
        stored = value.document_json
        return (
            isinstance(native, Document)
            and native.title == stored["title"]
            and [root.id for root in native.roots] == [root["id"] for root in stored["roots"]]
        )
