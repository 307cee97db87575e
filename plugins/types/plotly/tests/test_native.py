"""What figures become, and what plotly's converter makes of matplotlib."""

from __future__ import annotations

import base64
import sys
from collections.abc import Iterator
from typing import Any

import hypothesis
import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import plotly.graph_objects as go
import pytest
from hypothesis import strategies as st

import wbtypes_plotly.plugin
from wbtypes_core import (
    DecodeError,
    MemoryStore,
    MissingExtra,
    Registry,
    ValueWarning,
    decode,
    encode,
    native,
)
from wbtypes_core import errors as core_errors
from wbtypes_core.testing import mutations
from wbtypes_plotly import Plotly

REGISTRY = Registry.of(wbtypes_plotly.plugin)


@pytest.fixture(autouse=True)
def nothing_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core_errors, "_told", set())


@pytest.fixture
def axes() -> Iterator[Any]:
    backend = matplotlib.get_backend()
    matplotlib.use("agg")
    _, axes = plt.subplots()
    axes.plot([1, 2, 3], [3, 1, 2])
    yield axes
    plt.close("all")
    matplotlib.use(backend)


def typed(dtype: Any = "f8", raw: bytes = b"", **more: Any) -> dict[str, Any]:
    return {"dtype": dtype, "bdata": base64.b64encode(raw).decode("ascii"), **more}


def unpacked(spec: Any, arrays: str = "list") -> Any:
    return Plotly({"data": [{"x": spec}]}).to_dict(arrays)["data"][0]["x"]


class TestTypedArrays:
    @pytest.mark.parametrize("code", ["i1", "u1", "i2", "u2", "i4", "u4", "f4", "f8"])
    def test_every_dtype_of_plotly_js(self, code: str) -> None:
        array = np.arange(6).astype(f"<{code}").reshape(2, 3)
        spec = typed(code, array.tobytes(), shape="2, 3")
        assert unpacked(spec) == array.tolist()
        found = unpacked(spec, "numpy")
        assert found.dtype == np.dtype(code)
        assert np.array_equal(found, array)
        assert unpacked(spec, "stored") == spec
        found[0, 0] = 1  # it is the caller's own

    def test_other_spellings(self) -> None:
        raw = bytes(range(6))
        assert unpacked(typed("uint8c", raw)) == unpacked(typed("u1c", raw, shape=6)) == list(raw)
        assert unpacked(typed("uint8", raw, shape=[3, 2])) == [[0, 1], [2, 3], [4, 5]]
        assert unpacked(typed("f8")) == []

    @pytest.mark.parametrize(
        "spec",
        [
            typed("f8", bytes(7)),
            typed("f8", bytes(8), shape="2"),
            typed("i1", bytes(4), shape="-2, -2"),
            typed("i1", bytes(4), shape="x"),
            typed("i1", bytes(4), shape=[[2], 2]),
            typed("i1", bytes(1), shape=[1] * 40),
            typed("i1", bytes(1), shape=float("inf")),
            typed("i1", b"", shape="999999999999, 0"),
            typed("O", bytes(8)),
            typed(["f8"], bytes(8)),
            {"dtype": "i1", "bdata": "A"},
            {"dtype": "i1", "bdata": "é"},
            {"dtype": "i1", "bdata": "AA\n=="},
        ],
    )
    def test_damaged_ones_are_refused_with_their_place(self, spec: Any) -> None:
        for arrays in ("list", "numpy"):
            with pytest.raises(DecodeError, match="this typed array is damaged") as caught:
                unpacked(spec, arrays)
            assert caught.value.path == ("data", 0, "x")
        with pytest.raises(DecodeError, match="damaged"):
            Plotly({"data": [{"x": spec}]}).to_plotly()


class TestToPlotly:
    def test_it_is_what_was_given(self) -> None:
        figure = go.Figure(go.Surface(z=np.arange(6.0).reshape(2, 3)), {"title": "t"})
        figure.update(frames=[go.Frame(name="f", data=[go.Surface(z=[[1]])])])
        node = encode(figure, store := MemoryStore(), registry=REGISTRY).json
        back = native(decode(node, store, registry=REGISTRY), registry=REGISTRY)
        assert isinstance(back, go.Figure)
        assert back == figure
        assert back.data[0].z.shape == (2, 3)
        assert back.to_html(include_plotlyjs=False)

    def test_what_this_plotly_does_not_know_is_told_of(self) -> None:
        value = Plotly({"data": [{"y": [1], "nonsuch": 3}], "layout": {}})
        with pytest.warns(ValueWarning, match="leaves it out.*nonsuch"):
            figure = value.to_plotly()
        assert list(figure.data[0].y) == [1]
        assert value.figure_json["data"][0]["nonsuch"] == 3

    def test_defaults_for_traces_of_an_older_one_change_nothing(self) -> None:
        template = {"data": {"no_such_trace": [{}], "bar": [{"type": "bar", "opacity": 0.5}]}, "layout": {}}
        value = Plotly({"data": [{"type": "bar", "y": [1]}], "layout": {"template": template}})
        figure = value.to_plotly()
        assert figure.layout.template.data.bar[0].opacity == 0.5

    @pytest.mark.parametrize("data", [[3], [[]], [{"type": "nonsuch"}], [{"y": {"a": 1}}]])
    def test_odd_traces_are_told_of(self, data: Any) -> None:
        value = decode({"_type": "plotly", "plot": {"data": data}}, registry=REGISTRY)
        with pytest.warns(ValueWarning, match="does not know"):
            assert len(value.to_plotly().data) == 1

    @pytest.mark.filterwarnings("ignore::wbtypes_core.ValueWarning")
    @hypothesis.settings(suppress_health_check=list(hypothesis.HealthCheck))
    @hypothesis.given(st.data())
    def test_whatever_it_is_the_data_is_at_fault(self, data: st.DataObject) -> None:
        template = {"data": {"bar": [{"opacity": 0.5}]}, "layout": {"xaxis2": {}, "title": {}}}
        layout = {"template": template, "title": {"text": "t"}, "xaxis": {"range": [0, 1]}}
        figure = {
            "data": [{"type": "bar", "y": typed("i1", b"\1\2")}],
            "layout": layout,
            "frames": [{"name": "f"}],
        }
        try:
            value = decode({"_type": "plotly", "plot": data.draw(mutations(figure))}, registry=REGISTRY)
            assert isinstance(value.to_plotly(), go.Figure)
        except DecodeError as error:
            assert error.reason in ("bad-file", "bad-value", "wrong-type")

    def test_what_is_no_figure(self) -> None:
        value = decode({"_type": "plotly", "plot": {"data": [{"type": ["x"]}]}}, registry=REGISTRY)
        with pytest.raises(DecodeError, match="cannot be read as a plotly figure") as caught:
            value.to_plotly()
        assert caught.value.reason == "bad-file"


class TestMatplotlib:
    def test_figures_axes_plots_and_pyplot(self, axes: Any) -> None:
        figure = Plotly(axes.figure)
        line = figure.figure_json["data"][0]
        assert (line["x"], line["y"]) == ([1, 2, 3], [3, 1, 2])
        for given in (axes, axes.lines[0], plt):
            assert Plotly(given) == figure
        assert plt.fignum_exists(axes.figure.number)  # the user's figure stays open

    def test_images_are_for_image(self, axes: Any) -> None:
        axes.imshow(np.zeros((2, 2)))
        with pytest.raises(ValueError, match=r"holds an image.*log Image\(figure\)"):
            Plotly(axes.figure)

    def test_what_the_converter_fails_on_is_for_image(self, axes: Any) -> None:
        figure = plt.figure()
        figure.add_subplot(projection="3d").plot([1, 2], [1, 2], [3, 4])
        with pytest.raises(ValueError, match=r"converter fails on this.*log Image\(figure\)"):
            Plotly(figure)

    def test_what_it_leaves_out_is_told_of(self, axes: Any) -> None:
        axes.pie([1, 2, 3])
        with pytest.warns(ValueWarning, match="converter says.*Ignoring"):
            Plotly(axes.figure)


class TestWithoutLibraries:
    @pytest.fixture(autouse=True)
    def bare(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("plotly", "plotly.graph_objects", "plotly.matplotlylib"):
            monkeypatch.setitem(sys.modules, name, None)

    def test_reading_listing_and_writing(self) -> None:
        node = encode(
            Plotly({"data": [{"x": typed("i1", b"\1\2")}]}), store := MemoryStore(), registry=REGISTRY
        ).json
        value = decode(node, store, registry=REGISTRY)
        assert value.to_dict("list")["data"] == [{"x": [1, 2]}]
        assert value.describe() == "1 trace (scatter)"
        assert encode(value, store, registry=REGISTRY).json == node

    def test_the_rest_names_the_pip_line(self, axes: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        value = Plotly({"data": [{"x": typed("i1", b"\1\2")}]})
        for work in (value.to_plotly, lambda: native(value, registry=REGISTRY), lambda: Plotly(axes)):
            with pytest.raises(MissingExtra, match=r"pip install wbtypes-plotly\[plotly\]"):
                work()
        monkeypatch.setitem(sys.modules, "numpy", None)
        with pytest.raises(MissingExtra, match=r"pip install wbtypes-plotly\[plotly\]"):
            value.to_dict("numpy")
