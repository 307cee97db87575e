"""JSON as the wire has it, and equality by value."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wbtypes_core import DecodeError, FrozenMap, LimitError, Limits, jsonio
from wbtypes_core.jsonio import dumps, kind, loads, loads_within, most_nodes, quote, same
from wbtypes_core.testing import json_values

NAN = float("nan")


def test_bare_nan_and_infinities_are_floats():
    nan, up, down = loads("[NaN, Infinity, -Infinity]")
    assert math.isnan(nan)
    assert (up, down) == (math.inf, -math.inf)
    assert dumps([nan, up, down]) == "[NaN, Infinity, -Infinity]"


def test_dumps_is_the_clients_way():
    assert dumps({"b": "ü", "a": [1, 2.0]}) == '{"b": "\\u00fc", "a": [1, 2.0]}'
    assert dumps({"b": 1, "a": 2}, sort=True) == '{"a": 2, "b": 1}'
    assert dumps([1], indent=2) == "[\n  1\n]"


def test_integers_keep_every_digit():
    big = 2**200 + 1
    assert loads(dumps(big)) == big
    assert type(loads("1")) is int
    assert type(loads("1.0")) is float


def nodes(value):
    held = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + sum(map(nodes, held))


@given(json_values())
def test_the_most_nodes_are_never_fewer(value):
    text = dumps(value)
    assert nodes(value) <= most_nodes(text) == most_nodes(text.encode())
    assert most_nodes(text) <= most_nodes(text.encode("utf-16"))


@pytest.mark.parametrize("text", ["[[],[],[],[]]", '{"a":{"b":{"c":1}}}', "[1,2,3,4]", b"[{},{},{},{}]"])
def test_what_may_hold_too_many_values_is_not_parsed(text, monkeypatch):
    assert loads_within(text, Limits(nodes=20)) == loads(text)
    monkeypatch.setattr(jsonio, "loads", lambda _: pytest.fail("it is parsed"))
    with pytest.raises(LimitError, match=r"commas and brackets in the JSON is \d, over the limit nodes=3"):
        loads_within(text, Limits(nodes=3))


def test_what_has_few_values_for_its_length_is_parsed():
    words = ["a" * 100] * 5
    assert loads_within(dumps(words), Limits(nodes=6)) == words
    with pytest.raises(LimitError, match="depth=1"):
        loads_within("[[1]]", Limits(depth=1))
    with pytest.raises(DecodeError, match="not JSON"):
        loads_within("[1", Limits())


def test_what_does_not_fit_into_memory_is_over_a_limit(monkeypatch):
    def full(_):
        raise MemoryError

    monkeypatch.setattr(json, "loads", full)
    for text in ("[]", "[]" + " " * (1 << 16)):
        monkeypatch.setattr(jsonio, "_quick_parser", lambda: full)
        with pytest.raises(LimitError, match="does not fit into memory"):
            loads(text)


@pytest.mark.parametrize(
    "text", ["", "{", '{"a": }', "nan", "[1,]", b"\xff\xfe\xfa", "{'a': 1}", "1 2", "\x00"]
)
def test_what_is_no_json_is_refused(text):
    with pytest.raises(DecodeError) as caught:
        loads(text)
    assert caught.value.reason == "bad-json"
    assert len(str(caught.value).splitlines()) == 1


def test_the_parser_stops_at_hostile_depth():
    with pytest.raises(LimitError, match="depth"):
        loads("[" * 200_000 + "]" * 200_000)


def test_what_json_does_not_know_is_a_type_error():
    with pytest.raises(TypeError):
        dumps(object())


@pytest.mark.parametrize("how", [{}, {"sort": True}, {"indent": 1}])
def test_what_holds_itself_is_a_recursion_error(how):
    ring = {}
    ring["a"] = [ring]
    with pytest.raises(RecursionError):
        dumps(ring, **how)


@given(json_values())
def test_dumps_writes_what_the_standard_library_writes(value):
    assert dumps(value) == json.dumps(value)
    assert dumps(value, sort=True, indent=1) == json.dumps(value, sort_keys=True, indent=1)


def test_quote():
    assert quote('a"\n') == '"a\\"\\n"'


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (1, 1.0),
        (0.0, -0.0),
        (NAN, NAN),
        ([NAN, 1], [NAN, 1.0]),
        ({"a": 1, "b": [2]}, {"b": [2.0], "a": 1}),
        ([1, 2], (1, 2)),
        ({"a": 1}, FrozenMap({"a": 1})),
        (None, None),
        (math.inf, math.inf),
        (2**60, 2**60),
        ("", ""),
        ({}, {}),
    ],
)
def test_same(left, right):
    assert same(left, right)
    assert same(right, left)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (1, True),
        (0, False),
        (0, None),
        ("", None),
        ("1", 1),
        (1, 2),
        (NAN, None),
        (NAN, 1.0),
        (math.inf, -math.inf),
        (2**60, 2**60 + 1),
        (float(2**53), 2**53 + 1),
        ([1], [1, 2]),
        ([1], [2]),
        ([], {}),
        ([], ""),
        ({"a": 1}, {"b": 1}),
        ({"a": 1}, {"a": 1, "b": 2}),
        ({"a": None}, {}),
        ({"a": {"b": [1]}}, {"a": {"b": [True]}}),
        ("a", ["a"]),
        ({"a": 1}, [["a", 1]]),
    ],
)
def test_not_same(left, right):
    assert not same(left, right)
    assert not same(right, left)


@settings(max_examples=100)
@given(json_values())
def test_json_text_keeps_every_value(value):
    assert same(loads(dumps(value)), value)
    assert same(value, json.loads(json.dumps(value)))


@settings(max_examples=100)
@given(st.lists(json_values(), min_size=2, max_size=2))
def test_same_is_symmetric_and_true_of_equal_text(pair):
    left, right = pair
    assert same(left, right) == same(right, left)
    if dumps(left, sort=True) == dumps(right, sort=True):
        assert same(left, right)


def test_same_walks_any_depth():
    left: list = []
    right: list = []
    for _ in range(100_000):
        left, right = [left], [right]
    assert same(left, right)
    assert not same(left, [right])


@pytest.mark.parametrize(
    ("value", "word"),
    [
        (None, "null"),
        (True, "a boolean"),
        (1, "a number"),
        (0.5, "a number"),
        ("", "a string"),
        ({}, "an object"),
        ([], "a list"),
    ],
)
def test_kind_speaks_json(value, word):
    assert kind(value) == word
