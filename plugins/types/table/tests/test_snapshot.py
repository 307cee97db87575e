"""Snapshots: a table as it is now, which nothing that is done to it later reaches."""

from __future__ import annotations

from typing import Any

import pytest

import wbtypes_table.plugin
from wbtypes_core import Dialect, MemoryStore, Registry, decode, encode
from wbtypes_table import Table

REGISTRY = Registry.of(wbtypes_table.plugin)


def written(table: Table, store: MemoryStore, step: int = 0) -> Any:
    return encode(table, store, key="t", step=step, registry=REGISTRY).json


def document(table: Table) -> Any:
    return encode(table, MemoryStore(), dialect=Dialect.ARTIFACT, registry=REGISTRY).json


def test_what_is_added_later_does_not_reach_it() -> None:
    table = Table(columns=["a", "b"], data=[[1, "x"], [2, "y"]])
    before = document(table)
    twin = table.snapshot()
    table.add_data(3, "z")
    table.add_column("c", [1, 2, 3])
    table.set_pk("b")
    assert twin.data == [[1, "x"], [2, "y"]]
    assert document(twin) == before
    twin.add_data(4, "w")
    assert len(table) == 3


def test_it_is_written_as_what_it_is_of() -> None:
    table = Table(columns=["a", "b"], data=[[1.5, None], [float("nan"), [1]]], client_limits=True)
    assert document(table.snapshot()) == document(table)
    assert table.snapshot() == table
    assert type(table.snapshot()) is Table


def test_tables_that_it_holds_or_refers_to_are_as_they_were() -> None:
    inner, other = Table(columns=["k"], data=[["k"]]), Table(columns=["k"], data=[["k"]])
    table = Table(columns=["t", "r"], data=[[inner, "k"]])
    table.set_fk("r", other, "k")
    before = document(table)
    twin = table.snapshot()
    inner.add_data("late")
    other.add_data("late")
    assert document(twin) == before != document(table)


def test_no_cell_of_a_table_that_was_read_is_decoded_for_it_and_it_keeps_its_files() -> None:
    store = MemoryStore()
    node = written(Table(columns=["a"], data=[[[1, {"b": 2}]], [None]]), store)
    table = decode(node, store, registry=REGISTRY)
    twin = table.snapshot()
    assert [each._reader is None for each in (*table._columns, *twin._columns)] == [False, False]
    assert written(twin, store) == node
    assert twin.data == table.data == [[[1, {"b": 2}]], [None]]
    assert written(twin, store) == node


def test_increments_count_on_through_snapshots() -> None:
    store = MemoryStore()
    table = Table(columns=["a"], data=[], log_mode="INCREMENTAL")
    nodes = []
    for step in range(3):
        table.add_data(step)
        twin = table.snapshot()
        table.add_data(step + 10)
        nodes.append(written(twin, store, step))
    nodes.append(written(table, store, 3))
    assert [node["increment_num"] for node in nodes] == [0, 1, 2, 3]
    assert [node["nrows"] for node in nodes] == [1, 3, 5, 6]
    assert decode(nodes[3], store, registry=REGISTRY).column("a") == [0, 10, 1, 11, 2, 12]


def test_a_table_of_which_increments_are_on_their_way_takes_no_more_columns() -> None:
    table = Table(columns=["a"], data=[[1]], log_mode="INCREMENTAL")
    table.snapshot()
    with pytest.raises(ValueError, match="rows of this incremental table were logged already"):
        table.add_column("b", [1])
