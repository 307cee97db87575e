"""JSON texts: the fast parser gives what core's parser gives, or leaves the text to it."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from wbtypes_core import Code, DecodeError, LimitError
from wbtypes_core.jsonio import loads, most_nodes
from wbtypes_runs.jsontext import parse_all, parse_value

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def identical(left: Any, right: Any) -> bool:
    """Equality that tells ints, floats, bools and the sign of zero apart, and takes NaN for itself."""
    return repr(left) == repr(right)


@given(JSON, st.booleans())
@example(-0.0, True)
@example({"a": [math.inf, -math.inf, math.nan]}, True)
@example("\ud800", True)
@example(10**400, True)
def test_values_come_back(value: Any, ascii_only: bool) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    try:
        expected = loads(text.decode())
    except UnicodeDecodeError:
        with pytest.raises(DecodeError, match="not JSON"):
            parse_value(text)
        return
    assert identical(parse_value(text), expected)


@given(st.text(alphabet='0123456789-+.eE tfnrualseNIiy[]{},:"\\u/\n\x00é'))
@example("1e999")
@example("-0")
@example("[1,]")
@example(" 1 ")
@example("")
@example("NaN ")
def test_any_text_is_what_it_is_for_core(text: str) -> None:
    try:
        expected = loads(text)
    except DecodeError:
        with pytest.raises(DecodeError) as refused:
            parse_value(text.encode())
        assert refused.value.reason is Code.BAD_JSON
        return
    assert identical(parse_value(text.encode()), expected)


def test_deep_json_is_a_limit() -> None:
    with pytest.raises(LimitError, match="deeper"):
        parse_value(b"[" * 100_000)


def test_bytes_that_are_no_text_are_no_json() -> None:
    with pytest.raises(DecodeError, match="not JSON"):
        parse_value(b'"\xff"')
    with pytest.raises(DecodeError, match="not JSON"):
        parse_value("1".encode("utf-16"))


def test_several_texts_are_parsed_together_unless_one_is_odd() -> None:
    assert parse_all([b"1", b'"a"', b"[2]"]) == [1, "a", [2]]
    assert parse_all([b"1", b"NaN"]) is None
    assert parse_all([b"1", b"2,3"]) is None


@given(JSON)
def test_most_nodes_is_never_less(value: Any) -> None:
    text = json.dumps(value).encode()
    assert most_nodes(text) >= _nodes(value)


def _nodes(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + sum(map(_nodes, value.values()))
    return 1 + sum(map(_nodes, value)) if isinstance(value, list) else 1
