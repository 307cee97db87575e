"""Summaries and configs: what they are after all their changes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest
from by_hand import item, items, part
from hypothesis import given
from hypothesis import strategies as st

from wbtypes_core import Code, DecodeError, Limits
from wbtypes_core.jsonio import same
from wbtypes_runs.overlay import Overlay
from wbtypes_runs.wire import WireError

Path = str | tuple[str, ...]


def message(update: list[tuple[Path, Any]], remove: Sequence[Path] = ()) -> bytes:
    content = items(item(path, json.dumps(value)) for path, value in update)
    return content + b"".join(part(2, item(path, None)) for path in remove)


def merged(*messages: bytes, limits: Limits | None = None) -> tuple[dict[str, Any], list[tuple[Any, str]]]:
    overlay = Overlay(limits or Limits())
    for each in messages:
        overlay.apply(each, 0, len(each))
    told: list[tuple[Any, str]] = []
    return overlay.read(lambda path, error: told.append((path, str(error)))), told


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ([[("a", 1)], [("a", 2)]], {"a": 2}),
        ([[("a", {"x": 1, "y": 2})], [("a", {"x": 3})]], {"a": {"x": 3}}),
        ([[(("a", "x"), 1), (("a", "y"), 2)], [(("a", "x"), 3)]], {"a": {"x": 3, "y": 2}}),
        ([[("a", {"x": 1, "y": [2]})], [(("a", "x"), 3)]], {"a": {"x": 3, "y": [2]}}),
        ([[(("a", "x"), 1)], [("a", 3)]], {"a": 3}),
        ([[("a", 3)], [(("a", "x", "y"), 1)]], {"a": {"x": {"y": 1}}}),
        ([[(("a.b", ""), 1)], [(("", "c"), 2)]], {"a.b": {"": 1}, "": {"c": 2}}),
        ([[("a", {})]], {"a": {}}),
    ],
)
def test_changes_are_laid_over_each_other(
    changes: list[list[tuple[Path, Any]]], expected: dict[str, Any]
) -> None:
    assert merged(*map(message, changes)) == (expected, [])


@pytest.mark.parametrize(
    ("remove", "expected"),
    [
        (["a"], {"b": {"c": {"d": 1}, "e": 2}}),
        ([("b", "e")], {"a": [1], "b": {"c": {"d": 1}}}),
        ([("b", "c", "d")], {"a": [1], "b": {"e": 2}}),
        ([("b", "c", "d"), ("b", "e")], {"a": [1]}),
        ([("b", "x", "y"), "z", ("a", "b"), ("z", "y")], {"a": [1], "b": {"c": {"d": 1}, "e": 2}}),
        ([("b", "e", "x")], {"a": [1], "b": {"c": {"d": 1}, "e": 2}}),
    ],
)
@pytest.mark.parametrize("whole", [True, False])
def test_removals_take_away(whole: bool, remove: list[Path], expected: dict[str, Any]) -> None:
    whole_b = [("b", {"c": {"d": 1}, "e": 2})]
    leaves = [(("b", "c", "d"), 1), (("b", "e"), 2)]
    first = message([("a", [1]), *(whole_b if whole else leaves)])
    assert merged(first, message([], remove)) == (expected, [])


@given(st.lists(st.dictionaries(st.text(max_size=3), st.integers() | st.floats() | st.text()), max_size=4))
def test_plain_keys_are_what_a_dict_makes_of_them(changes: list[dict[str, Any]]) -> None:
    expected: dict[str, Any] = {}
    for change in changes:
        expected.update(change)
    found, told = merged(*(message(list(change.items())) for change in changes))
    assert same(found, expected) and told == []


def test_a_damaged_leaf_is_left_out_and_told() -> None:
    found, told = merged(items([item(("a", "b"), b"{"), item("c", b"1")]))
    assert found == {"a": {}, "c": 1}
    assert [path for path, _ in told] == [("a", "b")]


def test_a_damaged_leaf_that_was_replaced_is_forgotten() -> None:
    broken = items([item("a", b"{")])
    assert merged(broken, message([("a", 1)])) == ({"a": 1}, [])
    assert merged(broken, message([(("a", "b"), 1)])) == ({"a": {"b": 1}}, [])
    assert merged(broken, message([], [("a", "b")]))[1] != []


def test_limits_cost_the_leaf() -> None:
    found, told = merged(message([(("deep",) * 600, 1), ("a", 1)]))
    assert found == {"a": 1}
    assert told[0][0] == ("deep",) and "depth=512" in told[0][1]
    found, told = merged(message([("wide", [0] * 50), ("a", 1)]), limits=Limits(nodes=20))
    assert found == {"a": 1}
    assert told[0][0] == ("wide",) and "nodes=20" in told[0][1]


def test_sound_items_of_a_broken_message_count() -> None:
    overlay = Overlay(Limits())
    broken = items([item("a", b"1"), part(1, b"\xff")])
    with pytest.raises(WireError, match="not UTF-8"):
        overlay.apply(broken, 0, len(broken))
    assert overlay.read(_fail) == {"a": 1}


def _fail(path: Any, error: DecodeError) -> None:
    raise AssertionError((path, error, Code.BAD_JSON))
