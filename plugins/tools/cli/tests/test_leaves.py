"""The leaves of rows, and which of them are wanted."""

from __future__ import annotations

import tracemalloc
from typing import Any

import pytest

from wbtypes_cli import leaves as module
from wbtypes_cli.leaves import Selection, leaves, objects
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


def test_no_list_is_looked_through_again_for_each_that_it_stands_in(monkeypatch: pytest.MonkeyPatch) -> None:
    looked = []

    class Told(type):
        def __instancecheck__(cls, item: object) -> bool:
            looked.append(item)
            return isinstance(item, Opaque)

    monkeypatch.setattr(module, "WBValue", Told("WBValue", (), {}))
    row: list[Any] = [VALUE, *range(100)]
    for _ in range(100):
        row = [row]
    assert len(paths({"k": row})) == 101
    assert len(looked) == 101


def test_a_wide_dict_far_below_is_not_held_with_all_its_paths() -> None:
    row: dict[str, Any] = {str(number): number for number in range(10_000)}
    for _ in range(200):
        row = {"x": row}
    tracemalloc.start()
    assert sum(1 for _ in leaves(row)) == 10_000
    assert list(objects(row, lambda node: False)) == []
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 1_000_000


def test_objects_of_a_document_in_order_and_none_within_another() -> None:
    document = [
        {"a": {"_type": "x", "b": {"_type": "y"}}},
        1,
        {"_type": "z"},
        {"_type": 3, "c": [{"_type": "w"}]},
    ]
    found = list(objects(document, lambda node: type(node.get("_type")) is str))
    assert [(path, node["_type"]) for path, node in found] == [
        ((0, "a"), "x"),
        ((2,), "z"),
        ((3, "c", 0), "w"),
    ]
    assert [path for path, _ in objects({"_type": "x"}, bool)] == [()]
    assert list(objects(3, bool)) == []


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


@pytest.mark.parametrize(
    ("patterns", "wanted"),
    [
        (("k",), True),
        (("k.a.b",), True),
        (("k.a.c",), True),
        (("*.c",), True),
        (("k.a.b.c",), False),
        (("a",), False),
    ],
)
def test_a_selection_meets_what_lies_below_a_key(patterns: tuple[str, ...], wanted: bool) -> None:
    node = {"a": [{"b": 1}, {"c": {"_type": "sketch", "b": {"c": 1}}}]}
    assert Selection(patterns).meets("k", node) is wanted


def test_a_selection_matches_each_name_once(monkeypatch: pytest.MonkeyPatch) -> None:
    names = []
    monkeypatch.setattr(module, "fnmatchcase", lambda name, pattern: names.append(name))
    node: dict[str, Any] = {str(number): number for number in range(1000)}
    for _ in range(100):
        node = {"x": node}
    selection = Selection(("nothing",))
    assert not selection.meets("k", node)
    assert len(names) == 1101
    names.clear()
    assert not any(leaf.keys in selection for leaf in leaves({"k": node}))
    assert len(names) == 1101
