"""History rows: what was logged comes back from both layouts and all encodings, and damage costs its item."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

import pytest
from by_hand import doubled, flat, history, item, nested, num, part, typed, typed_alone
from hypothesis import example, given, settings
from hypothesis import strategies as st

from wbtypes_core import Code, Limits
from wbtypes_core.jsonio import same
from wbtypes_runs.problems import KEPT
from wbtypes_runs.rows import RawRow, RowReader
from wbtypes_runs.wire import WireError

SCALAR = st.none() | st.booleans() | st.integers(-(1 << 80), 1 << 80) | st.floats() | st.text(max_size=300)
LEAF = SCALAR | st.lists(st.recursive(SCALAR, st.lists, max_leaves=4), max_size=4)
TREE = st.recursive(LEAF, lambda inner: st.dictionaries(st.text(max_size=5), inner, min_size=1), max_leaves=8)
ROW = st.dictionaries(st.text(max_size=8), TREE, max_size=8)


def read(message: bytes, reader: RowReader | None = None) -> RawRow:
    row = (reader or RowReader(Limits())).read(message, 0, len(message))
    assert row is not None
    return row


@pytest.mark.parametrize("layout", [flat, nested, doubled, typed_alone])
@given(rows=st.lists(ROW, min_size=1, max_size=3))
@example(rows=[{"": 1, "a": {"": {"": 2}}}])
@example(rows=[{"a": math.nan, "b": [math.inf, -math.inf], "c": -0.0}])
@settings(max_examples=40)
def test_rows_come_back(layout: Callable[[Any], list[bytes]], rows: list[dict[str, Any]]) -> None:
    reader = RowReader(Limits())
    for step, row in enumerate(rows):
        found = read(history(layout(row), step), reader)
        assert same(found.json, row)
        assert found.step == step
        assert list(found.problems) == []


def test_the_typed_encoding_keeps_what_the_json_has_lost() -> None:
    beside = [
        item(key, text, typed(value))
        for key, text, value in (("a", "2", 2.0), ("b", "1", 1), ("c", "-0", -0.0))
    ]
    row = read(history(beside, 0)).json
    assert [repr(row[key]) for key in "abc"] == ["2.0", "1", "-0.0"]


def test_keys_come_in_the_order_of_the_log() -> None:
    assert list(read(history(flat({"z": 1, "a": [2], "m": {"x": "y"}, "b": 3}), 0)).json) == [
        "z",
        "a",
        "m",
        "b",
    ]


@pytest.mark.parametrize("layout", [flat, nested])
def test_only_the_keys_that_are_asked_for_are_read(layout: Callable[[Any], list[bytes]]) -> None:
    row = {
        "loss": 0.5,
        "img": {"_type": "x", "path": "p"},
        "acc": 1,
        "_step": 3,
        "_timestamp": 1.5,
        "_runtime": 9,
    }
    broken = item("broken", b"{")
    reader = RowReader(Limits(), keys=["img", "acc", "nothing"])
    found = read(history([*layout(row), broken], 3), reader)
    assert found.json == {"img": row["img"], "acc": 1}
    assert (found.step, found.timestamp, list(found.problems)) == (3, 1.5, [])
    other = history(layout({"loss": 1, "_step": 4, "_timestamp": 2.5}), 4)
    assert reader.read(other, 0, len(other)) is None
    named = read(history(layout(row), 3), RowReader(Limits(), keys=["_step"]))
    assert (named.json, named.timestamp) == ({"_step": 3}, 1.5)


@pytest.mark.parametrize(
    ("start", "stop", "kept"),
    [
        (None, None, [0, 1, 2, 7]),
        (1, None, [1, 2, 7]),
        (None, 2, [0, 1]),
        (1, 7, [1, 2]),
        (3, 3, []),
        (-5, 1, [0]),
    ],
)
def test_only_the_steps_that_are_asked_for_are_read(
    start: int | None, stop: int | None, kept: list[int]
) -> None:
    reader = RowReader(Limits(), start=start, stop=stop)
    messages = [history(flat({"a": 1}), step) for step in (0, 1, 2, 7)]
    found = [reader.read(message, 0, len(message)) for message in messages]
    assert [row.step for row in found if row] == kept


def test_a_step_that_is_an_item_alone_counts() -> None:
    message = history(flat({"a": 1, "_step": 59}))
    assert read(message).step == 59
    assert RowReader(Limits(), stop=59).read(message, 0, len(message)) is None
    assert read(history(flat({"a": 1}))).step is None
    assert read(history([item("_step", b"{")])).step is None
    assert read(history(flat({"_step": "x"}))).step is None


def test_a_step_that_is_laid_out_oddly_is_read() -> None:
    assert read(history(flat({"a": 1})) + part(2, num(9, 5) + num(1, 6))).step == 6
    assert read(history(flat({"a": 1})) + part(2, num(1, -3))).step == -3
    assert read(part(2, num(1, 8)) + history(flat({"a": 1}))).step == 8


@pytest.mark.parametrize(
    ("text", "code", "says"),
    [
        (b"{", Code.BAD_JSON, "not JSON"),
        (b"", Code.BAD_JSON, "not JSON"),
        (b"1,2", Code.BAD_JSON, "not JSON"),
        (b'"\xff"', Code.BAD_JSON, "not JSON"),
        (b"[" * 100_000, Code.LIMIT, "deeper"),
        (b"9" * 5000, Code.BAD_JSON, "not JSON"),
    ],
)
def test_a_damaged_value_costs_itself(text: bytes, code: Code, says: str) -> None:
    found = read(history([item("a", b"1"), item(("b", "c"), text), item("d", b"[2]")], 12))
    assert found.json == {"a": 1, "d": [2]}
    (problem,) = found.problems
    assert (problem.where, problem.code, problem.step) == ('history step 12, ["b"]["c"]', code, 12)
    assert says in problem.what and problem.remedy == "the value is left out"


def test_texts_that_make_up_for_each_other_are_not_mixed_up() -> None:
    found = read(history([item("a", b"[1"), item("b", b"2]"), item("c", b"3,4"), item("d", b"5")], 0))
    assert found.json == {"d": 5}
    assert [problem.where for problem in found.problems] == [f'history step 0, ["{key}"]' for key in "abc"]


def test_an_unreadable_item_costs_itself() -> None:
    found = read(history([item("a", b"1"), part(1, b"\xff") + part(16, b"2")], 0))
    assert found.json == {"a": 1}
    (problem,) = found.problems
    assert problem.where == "history step 0" and "not UTF-8" in problem.what


@pytest.mark.parametrize(
    ("paths", "row"),
    [
        ([("a",), ("a", "b")], {"a": {"b": 1}}),
        ([("a", "b"), ("a",)], {"a": 1}),
        ([("a", "b", "c"), ("a", "b")], {"a": {"b": 1}}),
        (["a", "a"], {"a": 1}),
    ],
)
def test_items_that_disagree_are_told(paths: list[Any], row: dict[str, Any]) -> None:
    found = read(history([item(path, b"1" if at else b"0") for at, path in enumerate(paths)], 0))
    assert found.json == row
    (problem,) = found.problems
    assert "several items" in problem.what and problem.remedy == "the last one counts"


def test_a_nested_item_adds_to_an_object() -> None:
    found = read(history([item("a", b'{"x": 1}'), item(("a", "y"), b"2")], 0))
    assert (found.json, list(found.problems)) == ({"a": {"x": 1, "y": 2}}, [])


def test_a_key_of_many_levels_is_a_limit() -> None:
    deep = item(("deep",) * 100_000, b"1")
    found = read(history([deep, item("a", b"1")], 0))
    assert found.json == {"a": 1}
    (problem,) = found.problems
    assert (problem.code, problem.where) == (Code.LIMIT, 'history step 0, ["deep"]')
    assert "depth=512" in problem.what


def test_a_row_of_too_many_values_is_left_out_before_it_is_parsed() -> None:
    message = history([item("a", json.dumps([[]] * 200))], 4)
    (problem,) = read(message, RowReader(Limits(nodes=300))).problems
    assert (problem.code, problem.remedy) == (Code.LIMIT, "the row is left out")
    assert "nodes=300" in problem.what
    assert read(message, RowReader(Limits(nodes=700))).json == {"a": [[]] * 200}


def test_a_row_that_is_damaged_throughout_is_given_up() -> None:
    with pytest.raises(WireError, match="more than 10,000"):
        read(history([item(f"k{number}", b"{") for number in range(KEPT + 5)], 0))


def test_a_message_that_is_none_is_refused() -> None:
    for message in (b"\xff", part(1, item("a", b"1"))[:-1], b"\x0a\x7fabc", part(2, b"\x08")):
        with pytest.raises(WireError):
            read(message)
