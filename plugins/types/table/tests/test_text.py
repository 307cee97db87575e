"""The text of tables: rows of scalars are read and written at once, and say the same as any other way."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wbtypes_core import (
    BytesFile,
    DecodeContext,
    LimitError,
    Limits,
    MemoryStore,
    Opaque,
    decode,
    default_registry,
    encode,
)
from wbtypes_core.jsonio import same
from wbtypes_table import Table, native, text

SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
)
ROWS = 5000
"""Rows of three cells that take more text than the parser of rows waits for."""


def kinds(item: Any) -> Any:
    return [kinds(each) for each in item] if isinstance(item, list) else type(item)


def rows_of(*last: Any) -> list[list[Any]]:
    """Many rows of scalars, and one more."""
    return [*([row, row / 7, f"text {row}"] for row in range(ROWS)), list(last)]


def logged(rows: list[list[Any]]) -> tuple[Any, MemoryStore]:
    """A table of these rows, with its text put in the place of what was written."""
    store = MemoryStore()
    node = encode(Table(["a", "b", "c"], [[1, 2, 3]]), store, key="t").json
    files = store.bundles["t:v0"].files
    document = {**json.loads(files["t.table.json"]), "data": rows, "nrows": len(rows)}
    del document["column_types"]
    files["t.table.json"] = json.dumps(document).encode()
    assert len(files["t.table.json"]) > text._LARGE
    return {**node, "nrows": len(rows)}, store


# -- reading --------------------------------------------------------------------------------------------------


@given(st.lists(st.lists(SCALARS)), st.dictionaries(st.text(), st.lists(SCALARS)))
def test_rows_of_scalars_are_read_as_they_are(rows: list[list[Any]], others: dict[str, Any]) -> None:
    document = {**others, "data": rows}
    for ascii_ in (True, False):
        data = json.dumps(document, ensure_ascii=ascii_).encode()
        found = text._of_scalars(data, Limits())
        assert found is not None
        assert type(found["data"]) is text.Scalars
        assert json.dumps(found, sort_keys=True) == json.dumps(document, sort_keys=True)
        assert kinds(found["data"]) == kinds(rows)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{}",
        b'{"data": 5}',
        b'{"data": [5]}',
        b'{"data": [[1], [{}]]}',
        b'{"data": [[1], [[1]]]}',
        b'{"data": [[1], [NaN]]}',
        b'{"data": [[1], [1e400]]}',
        b'{"data": [[1]], "log_mode": NaN}'[:-1],
        b'{"data": [[1]]} x',
        b'{"data": [["\xff"]]}',
    ],
)
def test_all_else_is_for_the_parser_of_any_json(data: bytes) -> None:
    assert text._of_scalars(data, Limits()) is None


def test_the_last_of_equal_keys_counts() -> None:
    found = text._of_scalars(b'{"data": [[1]], "n": 1, "data": [[2]], "n": 2}', Limits())
    assert found == {"data": [[2]], "n": 2}


def test_cells_of_a_large_table_are_read() -> None:
    node, store = logged(rows_of(1, 2.5, None))
    table = decode(node, store)
    assert (table.source, len(table)) == ("artifact", ROWS + 1)
    assert table.data == rows_of(1, 2.5, None)
    assert kinds(table.data) == kinds(rows_of(1, 2.5, None))


@pytest.mark.parametrize("cell", [float("nan"), 10**30, [1], {"a": [2]}, float("inf"), "\ud800"])
def test_one_odd_cell_in_a_large_table(cell: Any) -> None:
    node, store = logged(rows_of(cell, 1, 1))
    assert same(decode(node, store).column("a")[-1], cell)
    assert decode(node, store).column("b")[-1] == 1


def test_a_damaged_row_of_a_large_table_is_named() -> None:
    for row, what in (([1], "has 1 cells, and there are 3 columns"), ({}, "is an object, not cells")):
        node, store = logged(rows_of(1, 2, 3))
        files = store.bundles["t:v0"].files
        document = json.loads(files["t.table.json"])
        document["data"][ROWS - 3] = row
        files["t.table.json"] = json.dumps(document).encode()
        reason = decode(node, store).why_lossy
        assert f'["data"][{ROWS - 3}]' in reason
        assert what in reason
    files["t.table.json"] = files["t.table.json"][:-5]
    assert "t.table.json: this is not JSON" in decode(node, store).why_lossy


NODES = 1 + 2 + 3 + 4 * (ROWS + 1)
"""Values of the document below: itself, its two, the names of the columns, the rows and their cells."""


@pytest.mark.parametrize(
    "limits",
    [
        Limits(),
        Limits.unlimited(),
        Limits(nodes=NODES),
        Limits(nodes=NODES - 1),
        Limits(nodes=ROWS),
        Limits(depth=3),
        Limits(depth=2),
        Limits(string=30),
        Limits(string=29),
        Limits(string=5),
        Limits(json_bytes=1 << 16),
    ],
)
def test_limits_are_those_of_any_json(limits: Limits) -> None:
    document = {"columns": ["a", "b", "c"], "data": rows_of(1, 2, "x" * 30)}
    file = BytesFile(json.dumps(document).encode(), name="t.table.json")
    assert file.size > text._LARGE
    ctx = DecodeContext(None, default_registry(), True, "keep", limits, key="t", step=None)

    def outcome(read: Any) -> Any:
        try:
            return read()
        except LimitError as error:
            return str(error)

    assert outcome(lambda: text.read_document(file, ctx)) == outcome(lambda: ctx.load_json(file))
    refused = limits.nodes < NODES or limits.depth < 3 or limits.string < 30 or limits.json_bytes < file.size
    assert (type(outcome(lambda: ctx.load_json(file))) is str) == refused


def test_too_many_rows_are_refused() -> None:
    node, store = logged(rows_of(1, 2, 3))
    assert "over the limit rows=" in decode(node, store, limits=Limits(rows=ROWS)).why_lossy


def test_files_with_notes_and_types_are_read_at_once_too() -> None:
    table = Table(["a", "b"], [[row, None if row % 3 else float("nan")] for row in range(20_000)])
    store = MemoryStore()
    node = encode(table, store, key="t").json
    assert text._of_scalars(store.bundles["t:v0"].files["t.table.json"], Limits()) is not None
    found = decode(node, store)
    assert found == table
    assert found.column_types == table.column_types


def test_unknown_documents_keep_plain_rows() -> None:
    """What reads no table takes the rows for the lists that they are."""
    rows = text.Scalars([[1, 2]])
    assert json.dumps(rows) == "[[1, 2]]"
    assert same(rows, [[1, 2]])
    assert Opaque("x", {"data": rows}) == Opaque("x", {"data": [[1, 2]]})


# -- writing --------------------------------------------------------------------------------------------------


@given(st.lists(st.tuples(SCALARS, st.floats(), st.floats() | st.none() | st.integers()), min_size=1))
def test_text_says_what_the_cells_are(rows: list[Any]) -> None:
    table = Table(["a", "b", "c"], [list(row) for row in rows], allow_mixed_types=True)
    assert same(json.loads(table.file.read())["data"], [list(row) for row in rows])


@pytest.mark.parametrize("count", [0, 1, 999, 1000, 1001, 2500])
def test_rows_are_parted_by_commas(count: int) -> None:
    rows = [[row, f"a\nb {row}"] for row in range(count)]
    data = native.strict_json({"columns": ["a", "b"]}, list(map(list, zip(*rows, strict=True))))
    assert data is not None
    assert json.loads(data) == {"columns": ["a", "b"], "data": rows}
    assert b"\n" not in data


@pytest.mark.parametrize(
    "cells",
    [
        [1.5, float("nan"), 2**70, None, True],
        [10**400, float("nan")],
        [float("inf"), [float("-inf"), 1], {"a": float("nan")}, "x"],
        [float("nan")],
        ["nan", float("nan")],
    ],
)
def test_tokens(cells: list[Any]) -> None:
    before = list(cells)
    made = native.tokens(cells)
    assert [each for each in made if type(each) is float] == [
        each for each in cells if type(each) is float and each - each == 0
    ]
    assert same(cells, before)
    told = [json.loads(bytes(each)) if type(each).__name__ == "Raw" else each for each in made]
    assert same(told, cells)
