"""Class ids in a table: the column's type brings the classes along."""

from __future__ import annotations

import pytest

import wbtypes
from wbtypes_core import MemoryStore, decode, encode
from wbtypes_core.jsonio import loads


def test_class_ids_come_with_their_classes() -> None:
    table = wbtypes.Table(columns=["c"], data=[[0], [1]])
    table.cast("c", wbtypes.Classes([{"id": 0, "name": "a"}, {"id": 1, "name": "b"}]))
    with pytest.raises(
        TypeError, match="column 'c', row 2: the cell is number, and the column holds class id"
    ):
        table.add_data(7)
    store = MemoryStore()
    node = encode({"t": table}, store).json["t"]
    files = store.bundles["t:v0"].files
    said = loads(files["t.table.json"])["column_types"]["params"]["type_map"]["c"]
    assert (said["wb_type"], said["params"]["classes_obj"]["type"]) == ("classesId", "classes-file")
    assert loads(files[said["params"]["classes_obj"]["path"]])["class_set"][1]["name"] == "b"
    assert decode(node, store) == table
    for other in (decode(node, store).replace(), wbtypes.Table(columns=["t"], data=[[table]])):
        elsewhere = MemoryStore()
        assert decode(encode(other, elsewhere).json, elsewhere) == other
