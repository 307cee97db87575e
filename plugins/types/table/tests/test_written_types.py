"""Column types as they are written: what the client takes columns for, and what it needs to read them back."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from wbtypes_core import Dialect, MemoryStore, decode, encode
from wbtypes_table import PartitionedTable, Table

NUMBER = {"wb_type": "number"}
NONE = {"wb_type": "none"}


def written_types(table: Table, store: MemoryStore | None = None) -> dict[str, Any]:
    """The types of a table's columns in an artifact."""
    node = encode(table, store or MemoryStore(), dialect=Dialect.ARTIFACT).json
    found: dict[str, Any] = node["column_types"]["params"]["type_map"]
    return found


def union(*parts: Any) -> dict[str, Any]:
    return {"wb_type": "union", "params": {"allowed_types": list(parts)}}


def list_of(element: Any, length: int) -> dict[str, Any]:
    return {"wb_type": "list", "params": {"element_type": element, "length": length}}


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        ([np.ones(2), np.zeros(2)], list_of(NUMBER, 2)),
        ([np.array([np.inf, 1.0])], list_of(NUMBER, 2)),
        ([np.array([np.nan, 1.0])], list_of(union(NONE, NUMBER), 2)),
        ([np.array([True, False])], list_of({"wb_type": "boolean"}, 2)),
        ([np.ones(2), None], union(NONE, list_of(NUMBER, 2))),
    ],
    ids=["numbers", "infinity", "nan", "booleans", "none"],
)
def test_short_arrays_are_lists(cells: list[Any], kind: Any) -> None:
    assert written_types(Table(columns=["a"], data=[[cell] for cell in cells])) == {"a": kind}


def test_nan_in_a_short_array_is_null() -> None:
    node = encode(
        Table(columns=["a"], data=[[np.array([np.nan, 1.0])]]), MemoryStore(), dialect=Dialect.ARTIFACT
    ).json
    assert node["data"] == [[[None, 1.0]]]


def test_rows_of_another_table_are_references() -> None:
    rows = Table(columns=["x"], data=[[10], [20]])
    first, second = rows.get_index()
    for table in (
        Table(columns=["row"], data=[[second], [first]]),
        Table(columns=["row"], data=[[1], [first]]),
        Table(columns=["row"], data=[[second], [0]]),
    ):
        store = MemoryStore()
        (kind,) = written_types(table, store).values()
        assert kind["wb_type"] == "foreignIndex"
        assert decode({"t": _document(store, kind["params"]["table"])}, store)["t"] == rows


def _document(store: MemoryStore, path: str) -> Any:
    from wbtypes_core.jsonio import loads

    return loads(store.files[path])


def test_rows_of_another_table_added_later() -> None:
    rows = Table(columns=["x"], data=[[10], [20]])
    table = Table(columns=["n"], data=[[1], [2]])
    table.add_column("row", rows.get_index())
    table.add_data(3, rows.get_index()[0])
    assert table.column_types["row"].name == "foreignIndex"
    assert table.column("row") == [0, 1, 0]
    assert list(map(type, table.column("row"))) == [int] * 3


def test_other_cells_do_not_go_with_references() -> None:
    rows = Table(columns=["x"], data=[[10]])
    table = Table(columns=["row"], data=[["text"]])
    with pytest.raises(
        TypeError, match="column 'row', row 0: the cell is string, and the column holds foreign index"
    ):
        table.add_data(rows.get_index()[0])
    assert table.data == [["text"]]
    assert table.column_types["row"].spell() == "string or none"
    table.add_data("more")


def test_a_table_refers_to_others_only() -> None:
    table = Table(columns=["x"], data=[["a"]])
    with pytest.raises(ValueError, match="column 'row' refers to the table that it is in"):
        table.add_column("row", table.get_index())
    with pytest.raises(ValueError, match="column 'x' refers to the table that it is in"):
        table.set_fk("x", table, "x")
    assert table.columns == ["x"]


def test_a_table_in_a_cell_has_the_type_of_a_table() -> None:
    inner = Table(columns=["id", "n"], data=[["a", 1]])
    keyed = Table(columns=["ref"], data=[["a"]])
    keyed.set_fk("ref", inner, "id")
    kind = written_types(Table(columns=["t"], data=[[inner]], optional=False))["t"]
    assert kind["wb_type"] == "table"
    assert kind["params"]["column_types"]["params"]["type_map"]["n"] == union(NONE, NUMBER)
    store = MemoryStore()
    table = Table(columns=["t"], data=[[keyed]], optional=False)
    kind = written_types(table, store)["t"]
    assert kind["params"]["column_types"]["params"]["type_map"]["ref"] == {"wb_type": "unknown"}
    node = encode(table, store, dialect=Dialect.ARTIFACT).json
    assert decode(node, store).data[0][0] == keyed


def test_parts_are_in_the_order_of_their_names() -> None:
    parts = {f"{name}.table.json": Table(columns=["p"], data=[[name]]) for name in "bca"}
    table = PartitionedTable("parts", parts)
    assert table.to_table().column("p") == ["a", "b", "c"]
    assert list(table.parts) == ["a.table.json", "b.table.json", "c.table.json"]
