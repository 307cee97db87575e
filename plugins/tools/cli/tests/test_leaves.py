"""The leaves of rows, and which of them are wanted."""

from __future__ import annotations

from typing import Any

import pytest

from wbtypes_cli.leaves import Selection, leaves
from wbtypes_core import Opaque

VALUE = Opaque("sketch", {"_type": "sketch"})


def paths(row: dict[str, Any]) -> list[tuple[Any, ...]]:
    return [leaf.path for leaf in leaves(row)]


def test_nested_rows() -> None:
    assert paths({"a": 1, "b": {"c": VALUE, "d": {"e": [1, 2]}}, "f": {}}) == [
        ("a",),
        ("b", "c"),
        ("b", "d", "e"),
        ("f",),
    ]


def test_a_list_is_walked_only_where_values_stand_in_it() -> None:
    assert paths({"a": [1, [2]], "b": [VALUE, VALUE], "c": [[{"d": VALUE}], 7]}) == [
        ("a",),
        ("b", 0),
        ("b", 1),
        ("c", 0, 0, "d"),
        ("c", 1),
    ]


def test_keys_and_indexes() -> None:
    (leaf,) = leaves({"a": [{"b": VALUE}]})
    assert (leaf.keys, leaf.indexes, leaf.value) == (("a", "b"), (0,), VALUE)


def test_a_value_is_a_leaf_though_it_is_a_mapping() -> None:
    assert paths({"a": VALUE}) == [("a",)]


def test_depth_costs_no_recursion() -> None:
    row: dict[str, Any] = {"x": 1}
    for _ in range(5000):
        row = {"x": row}
    assert len(paths(row)[0]) == 5001


@pytest.mark.parametrize(
    ("patterns", "keys", "wanted"),
    [
        (None, ("loss",), True),
        (None, ("_step",), False),
        (None, ("_mine",), True),
        (("_step",), ("_step",), True),
        (("val",), ("val", "image"), True),
        (("val",), ("value",), False),
        (("val.*",), ("val", "image"), True),
        (("val/*",), ("val/loss",), True),
        (("*loss", "acc"), ("val/loss",), True),
        (("Loss",), ("loss",), False),
        (("[ab]",), ("b",), True),
    ],
)
def test_selection(patterns: tuple[str, ...] | None, keys: tuple[str, ...], wanted: bool) -> None:
    assert (keys in Selection(patterns)) is wanted
