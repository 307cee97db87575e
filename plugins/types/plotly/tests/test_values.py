"""What figures are made from, and what is kept of them."""

from __future__ import annotations

import datetime
import json
import math
import pickle
import re
from typing import Any

import hypothesis
import hypothesis.extra.numpy as arrays
import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest
from hypothesis import strategies as st

import wbtypes_plotly.plugin
from wbtypes_core import (
    DecodeError,
    Dialect,
    DirectoryStore,
    EncodeError,
    Linked,
    MemoryStore,
    Registry,
    adopt,
    decode,
    encode,
)
from wbtypes_core.jsonio import loads, same
from wbtypes_core.testing import json_values
from wbtypes_plotly import InlinePlotly, Plotly

REGISTRY = Registry.of(wbtypes_plotly.plugin)


def trace(**fields: Any) -> dict[str, Any]:
    """The first trace of a figure dict, as it is stored."""
    stored: dict[str, Any] = Plotly({"data": [fields]}).figure_json["data"][0]
    return stored


def there_and_back(value: Any, dialect: Dialect = Dialect.RUN) -> Any:
    store = MemoryStore()
    return decode(encode(value, store, dialect=dialect, registry=REGISTRY).json, store, registry=REGISTRY)


DTYPES = [
    "bool",
    "int8",
    "uint8",
    "int16",
    "uint16",
    "int32",
    "uint32",
    "int64",
    "uint64",
    "float16",
    "float32",
    "float64",
    ">f8",
    ">i4",
]


class TestRoundTrip:
    @hypothesis.given(
        data=st.lists(st.dictionaries(st.text(max_size=5), json_values(), max_size=4), max_size=3)
    )
    def test_any_json_comes_back(self, data: Any) -> None:
        figure = {"data": data, "layout": {"title": "t"}, "frames": []}
        for kind in (Plotly, InlinePlotly):
            for dialect in (Dialect.RUN, *([Dialect.ARTIFACT] if kind is Plotly else [])):
                back = there_and_back(kind(figure), dialect)
                assert type(back) is kind
                assert same(back.figure_json, figure)

    @hypothesis.given(
        array=arrays.arrays(
            st.sampled_from(DTYPES),
            arrays.array_shapes(max_dims=3, max_side=4, min_side=0),
        )
    )
    def test_every_number_of_an_array_comes_back(self, array: Any) -> None:
        for given in ({"data": [{"z": array}]}, go.Figure(go.Scatter(customdata=array, meta=[]))):
            key = "z" if isinstance(given, dict) else "customdata"
            back = there_and_back(Plotly(given))
            assert same(back.to_dict("list")["data"][0][key], array.tolist())
            found = np.asarray(back.to_dict("numpy")["data"][0][key], array.dtype)
            assert np.array_equal(found.reshape(array.shape), array, equal_nan=array.dtype.kind == "f")

    @hypothesis.given(array=arrays.arrays("float64", st.integers(1, 30)))
    def test_a_figure_comes_back_bit_for_bit(self, array: Any) -> None:
        figure = go.Figure(go.Scatter(x=array, y=array.tolist()))
        back = there_and_back(figure).to_plotly()
        assert back.data[0].x.tobytes() == array.tobytes()
        assert same(list(back.data[0].y), array.tolist())


class TestTaken:
    def test_bare_figures_are_adopted(self) -> None:
        figure = go.Figure(go.Bar(y=[1]))
        node = encode(
            {"a": figure, "b": [figure, figure]}, store := MemoryStore(), step=4, registry=REGISTRY
        ).json
        assert node["a"]["_type"] == "plotly-file"
        assert node["a"]["path"] == f"media/plotly/a_4_{node['a']['sha256'][:20]}.plotly.json"
        assert [each["_type"] for each in node["b"]] == ["plotly-file"] * 2
        assert decode(node, store, registry=REGISTRY)["b"] == [Plotly(figure)] * 2

    def test_subclasses_and_other_figures_are_adopted(self) -> None:
        class Mine(go.Figure):
            pass

        assert adopt(Mine(go.Bar(y=[1])), registry=REGISTRY) == Plotly(go.Figure(go.Bar(y=[1])))

    def test_it_is_a_snapshot(self) -> None:
        y = np.array([1.0, 2.0])
        figure = go.Figure(go.Scatter(y=y))
        given = {"data": [{"y": y, "x": [1, 2]}], "layout": {}}
        values = Plotly(figure), Plotly(given)
        y[0] = 9
        figure.data[0].y = [5]
        given["data"][0]["x"][0] = 7
        assert [each.to_dict("list")["data"][0]["y"] for each in values] == [[1.0, 2.0]] * 2
        assert values[1].figure_json["data"][0]["x"] == [1, 2]
        values[1].figure_json["data"].clear()
        assert len(values[1].figure_json["data"]) == 1

    def test_dicts_hold_graph_objects_and_columns(self) -> None:
        frame = pd.DataFrame(
            {"n": [1, 2], "t": pd.to_datetime(["2026-01-02", None]), "s": pd.Series([7, pd.NA], dtype=object)}
        )
        figure = Plotly({"data": [go.Scatter(x=[1], name="s")], "layout": go.Layout(title="t")}).figure_json
        assert figure["data"] == [{"name": "s", "x": [1], "type": "scatter"}]
        assert figure["layout"]["title"] == {"text": "t"}
        stored = trace(x=frame["n"], y=frame["t"], z=frame["s"], w=pd.NaT)
        assert stored["x"] == {"dtype": "i1", "bdata": "AQI="}
        assert stored["y"][0].startswith("2026-01-02T00:00:00")
        assert stored["y"][1] is None
        assert (stored["z"], stored["w"]) == ([7, None], None)

    def test_what_is_plain_on_the_wire(self) -> None:
        stored = trace(
            a=np.float32(0.5),
            b=(1, 2),
            c=datetime.date(2026, 1, 2),
            d={1: {"x"}},
            e=np.array(3),
            f=np.array([]),
        )
        assert stored == {"a": 0.5, "b": [1, 2], "c": "2026-01-02", "d": {"1": ["x"]}, "e": 3, "f": []}
        masked = np.ma.array([1.0, 2.0], mask=[True, False])
        assert trace(a=masked)["a"] == [None, 2.0]
        assert trace(geojson={"x": np.arange(2)})["geojson"] == {"x": [0, 1]}

    def test_nan_and_null_are_two_things(self) -> None:
        value = Plotly({"data": [{"y": [math.nan, None, math.inf]}]})
        assert b"[NaN, null, Infinity]" in value.file.read()
        found = there_and_back(value).figure_json["data"][0]["y"]
        assert math.isnan(found[0])
        assert found[1:] == [None, math.inf]

    def test_both_parts_are_there(self) -> None:
        assert Plotly({"layout": {}}).figure_json == {"layout": {}, "data": []}
        assert Plotly({"data": {"y": [1]}, "layout": None}).figure_json == {
            "data": [{"y": [1]}],
            "layout": {},
        }

    @pytest.mark.parametrize(
        ("val", "words"),
        [
            (None, "not from NoneType"),
            ("{}", "not from str"),
            (go.Scatter(y=[1]), "this Scatter has neither: make a Figure of it"),
            ({"x": 1}, "this dict has neither"),
            ({"data": 3}, "a list of traces"),
            ({"data": [3]}, "a list of traces"),
            ({"data": [], "layout": [1]}, "not list"),
            ({"data": [{"x": [1, object()]}]}, r"figure\['data'\]\[0\]\['x'\]\[1\] is object"),
            ({"data": [{"x": {(1, 2): 3}}]}, "a key of"),
        ],
    )
    def test_what_is_refused(self, val: Any, words: str) -> None:
        with pytest.raises(TypeError, match=words):
            Plotly(val)

    def test_keys_that_are_one_as_text(self) -> None:
        with pytest.raises(ValueError, match="two keys of figure"):
            Plotly({"data": [{"x": {1: 2, "1": 3}}]})

    def test_other_arguments(self) -> None:
        with pytest.raises(TypeError, match="takes val and caption, not title"):
            Plotly({"data": []}, title="x")
        with pytest.raises(TypeError, match="caption is text"):
            Plotly({"data": []}, caption=[])
        with pytest.raises(ValueError, match="'stored', 'list', 'numpy', not 'x'"):
            Plotly({"data": []}).to_dict("x")

    def test_what_holds_itself(self) -> None:
        figure: dict[str, Any] = {"data": [{}]}
        figure["data"][0]["x"] = figure
        with pytest.raises(ValueError, match="holds itself"):
            Plotly(figure)


class TestFile:
    def test_long_arrays_are_written_as_json_would(self) -> None:
        array = np.arange(40_000) / 7
        for odd in ("", "\0bdata\0", "x\0bdata\0y"):
            value = Plotly({"data": [{"x": array, "name": odd}, {"x": array}], "layout": {}})
            text = value.file.read().decode("ascii")
            assert text == json.dumps(value.figure_json)
            assert np.array_equal(there_and_back(value).to_dict("numpy")["data"][1]["x"], array)

    @pytest.mark.parametrize("odd", ['"', "\\", "\n", "é", "\ud800"])
    def test_what_is_no_base_64_is_escaped(self, odd: str) -> None:
        value = Plotly({"data": [{"x": {"dtype": "f8", "bdata": odd + "A" * 20_000}}]})
        assert loads(value.file.read()) == value.figure_json

    def test_a_replaced_figure_has_a_new_file(self) -> None:
        value = Plotly({"data": []}, caption="c")
        other = value.replace(figure={"data": [{"y": [1]}], "layout": {}})
        assert loads(other.file.read()) == other.figure_json
        assert other != value
        assert other.caption == "c"

    def test_it_is_copied_byte_for_byte(self, tmp_path: Any) -> None:
        first, second = DirectoryStore(tmp_path / "a"), DirectoryStore(tmp_path / "b")
        text = b'{"layout":{},   "data":[{"y":[1.0, NaN]}]}'
        (first.root / "f.plotly.json").parent.mkdir(exist_ok=True)
        (first.root / "f.plotly.json").write_bytes(text)
        value = decode({"_type": "plotly-file", "path": "f.plotly.json"}, first, registry=REGISTRY)
        node = encode({"a": value}, second, registry=REGISTRY).json["a"]
        assert (second.root / node["path"]).read_bytes() == text

    def test_a_store_is_needed(self) -> None:
        with pytest.raises(EncodeError, match="needs a store"):
            encode({"a": Plotly({"data": []})}, None, registry=REGISTRY)

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            (b"[1]", r"f\.plotly\.json: is a list, not an object"),
            (b'{"data": {}}', r'f\.plotly\.json: \["data"\]: is an object'),
            (b"{", "not JSON"),
        ],
    )
    def test_a_bad_one_stays_linked_with_the_reason(self, text: bytes, words: str) -> None:
        node = {"_type": "plotly-file", "path": "f.plotly.json"}
        value = decode(node, MemoryStore({"f.plotly.json": text}), registry=REGISTRY)
        assert isinstance(value, Linked)
        assert re.search(words, str(value.reason))


class TestInline:
    def test_it_is_in_the_row(self) -> None:
        node = encode({"a": InlinePlotly({"data": [{"y": [1]}]}, caption="c")}, None, registry=REGISTRY).json
        assert node["a"] == {
            "_type": "plotly",
            "plot": {"data": [{"y": [1]}], "layout": {}},
            "_wbtypes": {"caption": "c"},
        }
        value = decode(node, registry=REGISTRY)["a"]
        assert (value.caption, value.size) == ("c", len('{"data": [{"y": [1]}], "layout": {}}'))
        node["a"]["plot"]["data"].clear()
        assert value.figure_json["data"] == [{"y": [1]}]

    def test_the_error_names_the_place(self) -> None:
        with pytest.raises(DecodeError) as caught:
            decode({"a": {"_type": "plotly", "plot": {"layout": 3}}}, registry=REGISTRY)
        assert str(caught.value).startswith('["a"]["plot"]["layout"]: is a number')


class TestDescribe:
    @pytest.mark.parametrize(
        ("figure", "words"),
        [
            ({"data": []}, "0 traces"),
            ({"data": [{}]}, "1 trace (scatter)"),
            (
                {"data": [{"type": "bar"}, {}, {"type": "bar"}], "layout": {"title": "x"}},
                "3 traces (bar, scatter), 'x'",
            ),
            ({"data": [{"type": str(at)} for at in range(9)]}, "9 traces (0, 1, 2, 3, ...)"),
            ({"data": [{"type": ["x"]}], "layout": {"title": {"text": ["y"]}}}, "1 trace"),
        ],
    )
    def test_what_it_says(self, figure: Any, words: str) -> None:
        assert Plotly(figure).describe() == words

    def test_captions(self) -> None:
        assert Plotly({"layout": {"title": {"text": "a"}}}, caption="b").describe() == "0 traces, 'a', 'b'"
        assert repr(Plotly({"data": []})) == "Plotly(0 traces)"


def test_values_compare_by_meaning() -> None:
    first = Plotly({"data": [{"y": [1, math.nan]}], "layout": {}})
    assert first == Plotly({"layout": {}, "data": [{"y": [1.0, math.nan]}]})
    assert first != Plotly({"data": [{"y": [2, math.nan]}]})
    assert first != Plotly({"data": [{"y": [1, math.nan]}]}, caption="c")
    assert len({first, pickle.loads(pickle.dumps(first))}) == 1
