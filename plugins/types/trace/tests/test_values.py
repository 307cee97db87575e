"""What a trace takes, keeps and refuses."""

from __future__ import annotations

import datetime
import hashlib
import json
import math
import pickle
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from jsonschema import Draft202012Validator

import wbtypes_core.errors
import wbtypes_trace.plugin
from wbtypes_core import (
    DecodeError,
    LimitError,
    Limits,
    Registry,
    ValueWarning,
    WBValue,
    decode,
    encode,
    native,
)
from wbtypes_core.jsonio import loads, same
from wbtypes_trace import Result, Span, SpanKind, StatusCode, TraceTree

REGISTRY = Registry.of(wbtypes_trace.plugin)
CORPUS = Path(__file__).parent / "corpus" / "wb_trace_tree"


@pytest.fixture
def untold(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a new process, in which nothing was warned of yet."""
    monkeypatch.setattr(wbtypes_core.errors, "_told", set())


def written(tree: TraceTree, **options: Any) -> Any:
    return json.loads(json.dumps(encode(tree, None, registry=REGISTRY, **options).json))


def read_back(node: Any, **options: Any) -> TraceTree:
    tree = decode(node, registry=REGISTRY, **options)
    assert isinstance(tree, TraceTree)
    return tree


def root() -> Span:
    """The span of the recordings."""
    return Span(
        span_id="s1",
        name="root",
        start_time_ms=1000,
        end_time_ms=2000,
        status_code=StatusCode.SUCCESS,
        attributes={"k": 1, "nested": {"x": [1, 2]}},
        results=[Result(inputs={"q": "hi"}, outputs={"a": "yo"})],
        child_spans=[Span(name="child", start_time_ms=1100, end_time_ms=1500, span_kind=SpanKind.LLM)],
        span_kind=SpanKind.CHAIN,
    )


def recorded(name: str) -> Iterator[Any]:
    for version in ("0.16.6", "0.19.11", "0.31.0"):
        yield json.loads((CORPUS / f"{version}-{name}.json").read_bytes())["node"]


class TestRecordings:
    def test_they_are_what_was_logged(self) -> None:
        for node in recorded("trace"):
            tree = read_back(node)
            assert tree.root_span == root()
            assert (tree.model_dict, tree.model_hash) == (None, None)
            assert tree == TraceTree(root())

    def test_ours_is_theirs_to_the_byte(self) -> None:
        for node in recorded("trace-model"):
            ours = TraceTree(root(), {"_kind": "chain", "params": {"t": 0.5}})
            assert written(ours) == node
            assert read_back(node) == ours
            assert read_back(node).model_dict == {"_kind": "chain", "params": {"t": 0.5}}
        for node in recorded("trace"):
            assert written(TraceTree(root())) == node

    def test_what_could_not_be_written_reads_as_its_placeholder(self) -> None:
        for node in recorded("trace-weird"):
            assert read_back(node).root_span.attributes == {
                "np": 1.5,
                "obj": "<<non-serializable: object>>",
                "nan": None,
                "dt": 1577836800000,
            }

    def test_texts_stay_as_they_are_to_the_byte(self) -> None:
        text = '{ "name":"\\u00e9\\/é", "start_time_ms" : 1.0e3,\n"extra_key": [1.50] }'
        node = {
            "_type": "wb_trace_tree",
            "root_span_dumps": text,
            "model_dict_dumps": '{"a":1}',
            "model_hash": "x",
        }
        tree = read_back(node)
        assert written(tree) == node
        assert tree.root_span.extra == {"extra_key": [1.5]}
        assert tree == read_back(
            {**node, "root_span_dumps": '{"extra_key": [1.5], "start_time_ms": 1000, "name": "é/é"}'}
        )

    def test_the_texts_satisfy_their_schema(self) -> None:
        schema = json.loads(files("wbtypes_trace").joinpath("schemas/wb_trace_tree.json").read_bytes())
        span = Draft202012Validator({**schema["$defs"]["span"], "$defs": schema["$defs"]})
        for name in ("trace", "trace-model", "trace-api", "trace-weird"):
            for node in recorded(name):
                span.validate(json.loads(node["root_span_dumps"]))
        span.validate(json.loads(TraceTree(root()).root_span_dumps))
        assert not span.is_valid({"child_spans": [{"name": 5}]})


class TestSpan:
    @pytest.mark.parametrize("word", ["SUCCESS", "success", "Success", StatusCode.SUCCESS])
    def test_words_in_any_case(self, word: str) -> None:
        assert Span(status_code=word).status_code is StatusCode.SUCCESS
        assert Span(span_kind="tool").span_kind is SpanKind.TOOL

    def test_it_can_be_built_step_by_step(self) -> None:
        span = Span()
        span.add_attribute("k", 1)
        span.add_attribute("l", 2)
        span.add_named_result({"q": 1}, {"a": 2})
        span.add_child_span(Span(name="child"))
        span.status_code = "error"
        span.start_time_ms = 5
        assert span == Span(
            start_time_ms=5,
            status_code="ERROR",
            attributes={"k": 1, "l": 2},
            results=[Result({"q": 1}, {"a": 2})],
            child_spans=[Span(name="child")],
        )

    def test_its_dicts_and_lists_are_its_own(self) -> None:
        attributes, children = {"k": 1}, [Span()]
        span = Span(attributes=attributes, child_spans=tuple(children))  # type: ignore[arg-type]
        span.add_attribute("l", 2)
        span.add_child_span(Span())
        attributes["m"] = 3
        assert span.attributes == {"k": 1, "l": 2}
        assert len(children) == 1

    @pytest.mark.parametrize(
        ("said", "error", "words"),
        [
            ({"span_id": 5}, TypeError, "span_id is text or None, not int"),
            ({"name": b"x"}, TypeError, "name is text or None, not bytes"),
            ({"status_message": []}, TypeError, "status_message is text or None"),
            (
                {"start_time_ms": "now"},
                TypeError,
                "start_time_ms is a number of milliseconds or None, not str",
            ),
            ({"end_time_ms": True}, TypeError, "end_time_ms is a number"),
            (
                {"status_code": "fine"},
                ValueError,
                "status_code is one of SUCCESS, ERROR, or None, not 'fine'",
            ),
            ({"status_code": 200}, TypeError, "status_code is text or None, not int"),
            ({"span_kind": "MODEL"}, ValueError, "span_kind is one of LLM, CHAIN, AGENT, TOOL, or None"),
            ({"attributes": [1]}, TypeError, "attributes is a dict or None, not list"),
            ({"results": {}}, TypeError, "results is a list of Results or None, not dict"),
            ({"results": [Result(), {}]}, TypeError, r"results\[1\] is a Result, not dict"),
            ({"child_spans": Span()}, TypeError, "child_spans is a list of Spans or None, not Span"),
            ({"child_spans": ["x"]}, TypeError, r"child_spans\[0\] is a Span, not str"),
        ],
    )
    def test_wrong_types_are_refused(self, said: dict[str, Any], error: type[Exception], words: str) -> None:
        with pytest.raises(error, match=words):
            Span(**said)
        span = Span()
        for name, item in said.items():
            with pytest.raises(error, match=words):
                setattr(span, name, item)

    def test_wrong_results_are_refused(self) -> None:
        with pytest.raises(TypeError, match="inputs is a dict or None, not str"):
            Result("hi")  # type: ignore[arg-type]
        with pytest.raises(TypeError, match="outputs is a dict"):
            Result(outputs=5)  # type: ignore[arg-type]


class TestTree:
    def test_it_is_a_copy_both_ways(self) -> None:
        span, model = root(), {"params": [1]}
        tree = TraceTree(span, model)
        span.name = "changed"
        model["params"].append(2)
        tree.root_span.add_attribute("new", 1)
        assert tree.model_dict is not None
        tree.model_dict["params"].append(3)
        assert tree.root_span == root()
        assert tree.model_dict == {"params": [1]}

    def test_numpy_and_dates_are_plain(self) -> None:
        span = Span(
            start_time_ms=np.int64(5),  # type: ignore[arg-type]
            attributes={
                "array": np.arange(40),
                "number": np.float32(0.5),
                "when": datetime.datetime(2024, 1, 2, tzinfo=datetime.UTC),
                "days": np.array(["2024-01-02"], "M8[ns]"),
                1: (True, None),
            },
        )
        back = TraceTree(span).root_span
        assert back.start_time_ms == 5
        assert back.attributes == {
            "array": list(range(40)),
            "number": 0.5,
            "when": "2024-01-02T00:00:00+00:00",
            "days": ["2024-01-02T00:00:00"],
            "1": [True, None],
        }

    def test_a_placeholder_names_the_class(self, untold: None) -> None:
        span = Span(results=[Result({"model": Span, "chain": object()}, {"value": WBValue()})])
        with pytest.warns(ValueWarning, match="a text that names the class stands for each") as caught:
            tree = TraceTree(span, {"lock": [iter(())]})
        assert len(caught) == 1
        assert tree.root_span.results == [
            Result(
                {"model": "wbtypes_trace.values.Span", "chain": "<<non-serializable: object>>"},
                {"value": "<<non-serializable: WBValue>>"},
            )
        ]
        assert tree.model_dict == {"lock": ["<<non-serializable: tuple_iterator>>"]}

    def test_what_is_not_finite_is_kept_beside(self, untold: None) -> None:
        span = Span(name="NaN", attributes={"n": math.nan, "i": [-math.inf]})
        with pytest.warns(ValueWarning, match="NaN or infinities") as caught:
            tree = TraceTree(span, {"t": math.inf})
        assert len(caught) == 1
        node = written(tree)
        assert json.loads(node["root_span_dumps"])["attributes"] == {"n": None, "i": [None]}
        assert node["model_dict_dumps"] == '{"t": null}'
        assert node["model_hash"] == hashlib.md5(b'{"t": null}').hexdigest()[:16]
        assert json.loads(node["_wbtypes"]["model_dict_dumps"]) == {"t": math.inf}
        back = read_back(node)
        assert back == tree
        assert same(back.root_span.attributes, span.attributes)
        assert back.model_dict == {"t": math.inf}
        assert "_wbtypes" not in written(tree, exact=False)

    def test_a_text_that_says_nan_is_no_number(self) -> None:
        assert "_wbtypes" not in written(TraceTree(Span(name="NaN Infinity")))

    @pytest.mark.parametrize(
        ("arguments", "error", "words"),
        [
            (({},), TypeError, "root_span is a Span, not dict"),
            ((Span(), [1]), TypeError, "model_dict is a dict or None, not list"),
            ((Span(attributes={(1, 2): 3}),), TypeError, r"a key of root_span\.attributes is tuple"),
            ((Span(), {"a": {1: 2, "1": 3}}), ValueError, r"two keys of model_dict\['a'\] are '1' as text"),
        ],
    )
    def test_wrong_arguments(self, arguments: Any, error: type[Exception], words: str) -> None:
        with pytest.raises(error, match=words):
            TraceTree(*arguments)

    def test_spans_within_themselves(self) -> None:
        span = Span()
        span.add_child_span(span)
        with pytest.raises(ValueError, match="nested too deep, or within themselves"):
            TraceTree(span)

    def test_it_describes_itself(self) -> None:
        assert TraceTree(root()).describe() == "2 spans, CHAIN, SUCCESS, 1,000 ms, 'root'"
        assert repr(TraceTree(Span())) == "TraceTree(1 span)"
        huge = {
            "_type": "wb_trace_tree",
            "root_span_dumps": f'{{"start_time_ms": 1e3, "end_time_ms": 1{"0" * 400}}}',
        }
        assert read_back(huge).describe() == "1 span"

    def test_equality_is_of_content(self) -> None:
        assert TraceTree(root()) != TraceTree(Span())
        assert TraceTree(root(), {"a": 1}) != TraceTree(root())
        assert TraceTree(root(), {"a": 1}) == TraceTree(root(), {"a": 1.0})
        assert len({TraceTree(root()), pickle.loads(pickle.dumps(TraceTree(root())))}) == 1

    def test_natively_it_is_its_root(self) -> None:
        assert native(TraceTree(root()), registry=REGISTRY) == root()


class TestDamaged:
    @pytest.mark.parametrize(
        ("said", "reason", "path"),
        [
            ({}, "missing-key", ("root_span_dumps",)),
            ({"root_span_dumps": {}}, "wrong-type", ("root_span_dumps",)),
            ({"root_span_dumps": "{"}, "bad-json", ("root_span_dumps",)),
            ({"root_span_dumps": "[]"}, "wrong-type", ("root_span_dumps",)),
            (
                {"root_span_dumps": '{"child_spans": [{}, {"results": [{"inputs": 5}]}]}'},
                "wrong-type",
                ("root_span_dumps", "child_spans", 1, "results", 0, "inputs"),
            ),
            (
                {"root_span_dumps": '{"start_time_ms": "x"}'},
                "wrong-type",
                ("root_span_dumps", "start_time_ms"),
            ),
            ({"root_span_dumps": '{"span_kind": 5}'}, "wrong-type", ("root_span_dumps", "span_kind")),
            ({"root_span_dumps": "{}", "model_dict_dumps": "5"}, "wrong-type", ("model_dict_dumps",)),
            ({"root_span_dumps": "{}", "model_hash": 5}, "wrong-type", ("model_hash",)),
            (
                {"root_span_dumps": "{}", "_wbtypes": {"root_span_dumps": "5"}},
                "wrong-type",
                ("_wbtypes", "root_span_dumps"),
            ),
        ],
    )
    def test_the_error_names_the_place(self, said: Any, reason: str, path: tuple[Any, ...]) -> None:
        with pytest.raises(DecodeError) as caught:
            read_back({"_type": "wb_trace_tree", **said})
        assert (caught.value.reason, caught.value.path) == (reason, path)

    def test_limits_hold_within_the_texts(self) -> None:
        deep = '{"attributes": {"x": ' + "[" * 600 + "]" * 600 + "}}"
        with pytest.raises(LimitError, match="depth"):
            read_back({"_type": "wb_trace_tree", "root_span_dumps": deep})
        long = {"_type": "wb_trace_tree", "root_span_dumps": '{"attributes": {"x": [1, 2, 3, 4, 5, 6]}}'}
        with pytest.raises(LimitError, match="nodes"):
            read_back(long, limits=Limits(nodes=6))

    def test_words_of_a_newer_client_are_kept(self) -> None:
        node = {
            "_type": "wb_trace_tree",
            "root_span_dumps": '{"status_code": "CANCELLED", "span_kind": "llm"}',
        }
        span = read_back(node).root_span
        assert (span.status_code, span.span_kind) == ("CANCELLED", "llm")
        assert loads(TraceTree(span).root_span_dumps)["status_code"] == "CANCELLED"


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
dicts = st.none() | st.dictionaries(st.text(), plain, max_size=3)
texts = st.none() | st.text()
times = st.none() | st.integers() | st.floats()
results = st.builds(Result, dicts, dicts)
spans = st.recursive(
    st.builds(Span, texts, texts, times, times, st.sampled_from([None, *StatusCode]), texts, dicts),
    lambda inner: st.builds(
        Span,
        name=texts,
        results=st.none() | st.lists(results, max_size=2),
        child_spans=st.none() | st.lists(inner, max_size=3),
        span_kind=st.sampled_from([None, *SpanKind]),
    ),
    max_leaves=4,
)


@given(spans, dicts)
@pytest.mark.filterwarnings("ignore::wbtypes_core.ValueWarning")
def test_whatever_is_given_comes_back(span: Span, model: Any) -> None:
    tree = TraceTree(span, model)
    node = written(tree)
    back = read_back(node)
    assert back == tree
    assert repr(back.root_span) == repr(span)
    assert same(back.model_dict, model)
    assert TraceTree(back.root_span, back.model_dict) == tree
    assert written(back) == node
