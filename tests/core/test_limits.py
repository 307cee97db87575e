"""Limits: one pass at the door, each limit with its name and the way to raise it."""

from __future__ import annotations

import inspect
import sys

import attrs
import pytest

from wbtypes_core import DecodeError, LimitError, Limits, MemoryStore, decode

JSON_LIMITS = {"depth", "nodes", "string"}


def nested(levels, kind=list):
    node = kind()
    for _ in range(levels - 1):
        node = [node] if kind is list else {"a": node}
    return node


def test_the_defaults_are_the_designs():
    assert attrs.asdict(Limits()) == {
        "depth": 512,
        "nodes": 20_000_000,
        "string": 64 * 2**20,
        "json_bytes": 2**30,
        "record_bytes": 256 * 2**20,
        "file_bytes": 8 * 2**30,
        "pixels": 2**28,
        "frames": 200_000,
        "samples": 2**31,
        "points": 50_000_000,
        "ratio": 200,
        "rows": 50_000_000,
        "references": 32,
    }


@pytest.mark.parametrize("name", sorted(set(attrs.asdict(Limits()))))
def test_each_limit_names_itself_and_the_way_out(name):
    limits = Limits(**{name: 7})
    limits.spend(name, 7, "the amount")
    with pytest.raises(LimitError) as caught:
        limits.spend(name, 8, "the amount")
    text = str(caught.value)
    assert f"the amount is 8, over the limit {name}=7" in text
    assert f"limits=Limits({name}=...)" in text
    assert caught.value.reason == "limit"
    assert len(text.splitlines()) == 1


@pytest.mark.parametrize("name", sorted(set(attrs.asdict(Limits()))))
def test_each_limit_is_documented(name):
    assert f"    {name}: " in inspect.getdoc(Limits)


def test_unlimited_keeps_only_the_depth():
    unlimited = Limits.unlimited()
    assert unlimited.depth == Limits().depth
    for name in set(attrs.asdict(unlimited)) - {"depth"}:
        unlimited.spend(name, sys.maxsize, "it")


@pytest.mark.parametrize("kind", [list, dict])
def test_depth(kind):
    limits = Limits(depth=4)
    limits.check(nested(5, kind))
    with pytest.raises(LimitError, match="depth=4"):
        limits.check(nested(6, kind))


def test_depth_counts_the_deepest_branch():
    with pytest.raises(LimitError, match="depth=3"):
        Limits(depth=3).check({"shallow": 1, "deep": nested(5)})


def test_nodes():
    limits = Limits(nodes=4)
    limits.check([1, 2, 3])
    with pytest.raises(LimitError, match="nodes=4"):
        limits.check([1, 2, 3, 4])
    with pytest.raises(LimitError, match="nodes=4"):
        limits.check({"a": [1, 2], "b": {"c": 3}})


def test_string_limits_values_and_keys():
    limits = Limits(string=3)
    limits.check({"abc": "abc"})
    with pytest.raises(LimitError, match="string=3"):
        limits.check(["abcd"])
    with pytest.raises(LimitError, match="string=3"):
        limits.check([{"abcd": 1}])


def test_keys_that_json_cannot_have_are_refused():
    with pytest.raises(DecodeError, match="key") as caught:
        Limits().check({1: 2})
    assert caught.value.reason == "wrong-type"


def test_the_check_needs_no_recursion():
    with pytest.raises(LimitError, match="depth"):
        Limits().check(nested(100_000))
    Limits(depth=200_000).check(nested(100_000))


def test_a_list_that_holds_itself_is_refused():
    loop: list = []
    loop.append(loop)
    with pytest.raises(LimitError, match="depth"):
        Limits().check(loop)


def test_limits_are_checked_once_at_the_door_of_decode(toys):
    with pytest.raises(LimitError, match="nodes=2"):
        decode([1, 2, 3], limits=Limits(nodes=2), registry=toys)
    with pytest.raises(LimitError, match="depth=1"):
        decode({"a": {"b": {"c": 1}}}, limits=Limits(depth=1), registry=toys)


def test_limits_are_checked_at_the_door_of_each_linked_file(toys):
    node = {"_type": "toy-doc", "path": "d.json", "sha256": "ab", "size": 2}
    store = MemoryStore({"d.json": b'{"a": [1, 2, 3, 4, 5, 6]}'})
    assert decode(node, store, registry=toys).payload == {"a": [1, 2, 3, 4, 5, 6]}
    linked = decode(node, store, limits=Limits(nodes=6), registry=toys)
    assert linked.reason.code == "limit"
    assert "nodes=6" in linked.reason
    linked = decode(node, store, limits=Limits(json_bytes=9), registry=toys)
    assert "json_bytes=9" in linked.reason


def test_limits_are_values():
    assert Limits(depth=3) == Limits(depth=3)
    assert Limits(depth=3) != Limits()
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        Limits().depth = 1
    with pytest.raises(TypeError):
        Limits(1)
