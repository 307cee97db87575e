"""The figure codecs keep the contract of all codecs."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import plotly.graph_objects as go

import wbtypes_plotly.plugin
from wbtypes_core.jsonio import same
from wbtypes_core.testing import CodecConformance
from wbtypes_plotly import InlinePlotly, InlinePlotlyCodec, Plotly, PlotlyCodec

CORPUS = Path(__file__).parent / "corpus"
HEAVY = ("matplotlib", "numpy", "plotly")


def figures(kind: type[Plotly]) -> Iterator[Plotly]:
    grid = np.arange(6.0).reshape(2, 3)
    yield kind(go.Figure())
    yield kind({"data": [], "layout": {}})
    yield kind(go.Figure(go.Scatter(x=np.arange(5), y=[1.5, math.nan, None, math.inf, 2])), caption="c")
    yield kind(go.Figure([go.Heatmap(z=grid), go.Bar(x=["a", "b"], y=[1, 2])], {"title": "t"}), caption="")
    yield kind(
        {"data": [{"type": "surface", "z": grid.astype("f4")}], "layout": {"title": {"text": "é\ud800"}}}
    )
    yield kind({"data": {"x": np.array([2**40, 1]), "customdata": [{"a": [np.int8(3), None]}]}}, caption=2.5)
    yield kind(go.Figure(go.Scatter(x=[1], y=[2]), frames=[go.Frame(data=[go.Scatter(y=[3])], name="f")]))


def is_of(figure: Any, value: Plotly) -> bool:
    """Whether a plotly figure has the traces, frames and title of a value; plotly adds its own template to some layouts."""
    made, given = Plotly(figure).figure_json, value.figure_json
    title = figure.layout.title.text
    return (
        isinstance(figure, go.Figure)
        and same(made["data"], [{"type": "scatter", **trace} for trace in given["data"]])
        and len(made.get("frames", ())) == len(given.get("frames", ()))
        and title == given["layout"].get("title", {}).get("text")
    )


class TestPlotly(CodecConformance):
    codec = PlotlyCodec()
    plugin = wbtypes_plotly.plugin
    corpus = CORPUS
    heavy = HEAVY

    def samples(self) -> Iterator[Plotly]:
        return figures(Plotly)

    def native_equal(self, value: Plotly, native: Any) -> bool:
        return is_of(native, value)


class TestInlinePlotly(CodecConformance):
    codec = InlinePlotlyCodec()
    plugin = wbtypes_plotly.plugin
    corpus = CORPUS
    heavy = HEAVY

    def samples(self) -> Iterator[Plotly]:
        return figures(InlinePlotly)

    def native_equal(self, value: Plotly, native: Any) -> bool:
        return is_of(native, value)
