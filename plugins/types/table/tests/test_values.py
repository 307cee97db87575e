"""What a table does: rows, columns and types, and errors that say which cell."""

from __future__ import annotations

import copy
import datetime
import json
import operator
import pickle
from collections import OrderedDict, namedtuple
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

import msgspec
import numpy as np
import pandas as pd
import pytest

from wbtypes_core import DecodeError, FrozenMap, MemoryStore, decode, encode
from wbtypes_table import ColumnType, IncrementalTable, JoinedTable, Lost, PartitionedTable, Table, TableIndex
from wbtypes_table.equality import same_cell

NAN = float("nan")


def small() -> Table:
    return Table(columns=["a", "b"], data=[[1, "x"], [2, "y"], [3, None]])


def test_the_seed_api() -> None:
    table = Table()
    assert table.columns == ["Input", "Output", "Expected"]
    table.add_data("i", "o", "e")
    table.add_row("j", "p", None)
    assert table.data == [["i", "o", "e"], ["j", "p", None]]
    assert len(table) == table.nrows == 2
    assert list(table.iterrows()) == [(0, ["i", "o", "e"]), (1, ["j", "p", None])]
    assert Table(["a"], None, [[1]]).data == Table(["a"], [[1]]).data == [[1]]
    assert table.get_column("Output") == table.column("Output") == ["o", "p"]
    assert not table.lossy
    assert table.source is None


def test_columns_by_name() -> None:
    table = small()
    np.testing.assert_array_equal(table.get_column("a", convert_to="numpy"), [1, 2, 3])
    with pytest.raises(KeyError, match=r"there is no column 'c'; there are \['a', 'b'\]"):
        table.column("c")
    with pytest.raises(ValueError, match='convert_to is "numpy" or None'):
        table.get_column("a", convert_to="list")
    column = table.column("a")
    column.append(4)
    assert table.column("a") == [1, 2, 3]


@pytest.mark.parametrize(
    "change",
    [
        lambda rows: rows.append([4, "w"]),
        lambda rows: rows.extend([]),
        lambda rows: rows.insert(0, []),
        lambda rows: rows.remove(rows[0]),
        lambda rows: rows.pop(),
        lambda rows: rows.clear(),
        lambda rows: rows.sort(),
        lambda rows: rows.sort(key=len, reverse=True),
        lambda rows: rows.reverse(),
        lambda rows: rows.__setitem__(0, None),
        lambda rows: rows.__setitem__(slice(1), []),
        lambda rows: rows.__delitem__(0),
        lambda rows: operator.iadd(rows, []),
        lambda rows: operator.imul(rows, 2),
    ],
)
def test_what_would_not_change_the_table_is_refused(change: Any) -> None:
    table = small()
    for rows in (table.data, table.data[0], next(table.iterrows())[1]):
        with pytest.raises(TypeError, match=r"are copies.*add rows by table\.add_data\(\.\.\.\)"):
            change(rows)
    assert table == small()


def test_rows_are_lists_to_all_that_reads_them() -> None:
    table = small()
    rows, plain = table.data, [[1, "x"], [2, "y"], [3, None]]
    assert isinstance(rows, list) and isinstance(rows[0], list)
    assert (rows == plain, plain == rows, repr(rows)) == (True, True, repr(plain))
    assert json.loads(json.dumps(rows)) == msgspec.json.decode(msgspec.json.encode(rows)) == plain
    assert np.array(rows).tolist() == np.array(plain).tolist()
    assert pd.DataFrame(rows, columns=table.columns).equals(table.to_pandas())
    assert Table(table.columns, rows) == table
    assert Table(["r"], [[rows[0]]]).data == [[plain[0]]]
    assert encode(rows, None).json == plain


@pytest.mark.parametrize(
    "own",
    [
        list,
        sorted,
        copy.copy,
        copy.deepcopy,
        lambda rows: rows.copy(),
        lambda rows: rows[:],
        lambda rows: rows + [[]][1:],
        lambda rows: rows * 1,
        lambda rows: [*rows],
        lambda rows: pickle.loads(pickle.dumps(rows)),
    ],
)
def test_copies_of_rows_may_be_changed(own: Any) -> None:
    found = own(small().data)
    found.append([4, "w"])
    assert type(found) is list
    assert len(found) == 4


@pytest.mark.parametrize(
    ("data", "columns", "rows"),
    [
        ([{"a": 1, "b": "x"}, {"b": "y", "c": 2.5}], ["a", "b", "c"], [[1, "x", None], [None, "y", 2.5]]),
        (({"a": each} for each in range(2)), ["a"], [[0], [1]]),
        ([], ["Input", "Output", "Expected"], []),
        (iter([(1, 2, 3)]), ["Input", "Output", "Expected"], [[1, 2, 3]]),
    ],
)
def test_rows_of_many_kinds(data: Any, columns: list[str], rows: list[Any]) -> None:
    table = Table(data=data)
    assert (table.columns, table.data) == (columns, rows)


def test_rows_as_dicts_fill_the_columns_asked_for() -> None:
    assert Table(columns=["b"], data=[{"a": 1, "b": 2}]).data == [[2]]
    with pytest.raises(TypeError, match="row 1 is list, and those before are dicts"):
        Table(data=[{"a": 1}, [1]])


def test_arrays_as_rows() -> None:
    assert Table(columns=["a", "b"], data=np.eye(2)).data == [[1.0, 0.0], [0.0, 1.0]]
    assert Table(columns=["a"], data=np.array([["x"]])).data == [["x"]]


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (
            lambda: Table(columns=["a"], data=[[1], [1, 2]]),
            ValueError,
            r"row 1 has 2 cells, and there are 1 columns",
        ),
        (lambda: Table(columns=["a"], data=[1]), ValueError, "row 0 is int, not cells"),
        (
            lambda: Table(columns=["a"], data="text"),
            TypeError,
            "data is rows, an array or a data frame, not str",
        ),
        (lambda: Table(columns=["a"], data={"a": [1]}), TypeError, "not dict"),
        (
            lambda: Table(columns=[1.5], data=[]),
            TypeError,
            "the name of a column is text or an int, not float",
        ),
        (lambda: Table(columns=[True], data=[]), TypeError, "not bool"),
        (lambda: Table(log_mode="LATER"), ValueError, "log_mode is one of IMMUTABLE, MUTABLE, INCREMENTAL"),
        (lambda: Table(columns=["a", "b"], dtype=[int]), ValueError, "dtype has 1 entries for 2 columns"),
        (
            lambda: Table(columns=["a"], optional=[True, False]),
            ValueError,
            "optional has 2 entries for 1 columns",
        ),
        (
            lambda: Table(columns=["a"], data=[[1], ["x"]]),
            TypeError,
            "column 'a', row 1: the cell is string, and the column holds number or none",
        ),
        (
            lambda: Table(columns=["a"], data=[[1], [None]], optional=False),
            TypeError,
            "column 'a', row 1: the cell is none, and the column holds number",
        ),
        (lambda: Table(columns=["a"], data=[[1], [True]]), TypeError, "row 1: the cell is boolean"),
        (lambda: Table(columns=["a"], data=[["x"]], dtype=int), TypeError, "the column holds number or none"),
        (
            lambda: Table(columns=["a"], data=[[1], [object()]]),
            TypeError,
            "column 'a', row 1: the cell is builtins.object, which no installed type knows",
        ),
        (
            lambda: Table(columns=["a"], data=[[np.array([object()])]]),
            TypeError,
            "column 'a', row 0: the cell is an array of Python objects, which cannot be stored without pickle",
        ),
        (lambda: small().add_data(1), ValueError, "a row has 1 cells, and the table 2 columns"),
        (lambda: small().add_data("x", "y"), TypeError, "column 'a', row 3: the cell is string"),
        (lambda: small().add_column("a", [1, 2, 3]), ValueError, "the table has a column 'a'"),
        (
            lambda: small().add_column("c", [1]),
            ValueError,
            "the column 'c' has 1 cells, and the table 3 rows",
        ),
        (
            lambda: small().add_column("c", "xyz"),
            TypeError,
            "the cells of a column are a list or an array, not str",
        ),
        (lambda: small().add_column("c", [1, "x", 2]), TypeError, "column 'c', row 1"),
        (lambda: small().cast("b", int), TypeError, "column 'b', row 0: the cell is string"),
        (lambda: small().set_pk("a"), TypeError, "column 'a', row 0: a key is text, not int"),
        (lambda: small().set_fk("b", "other", "id"), TypeError, "set_fk takes a Table, not str"),
        (lambda: small().add_computed_columns(lambda at, row: [1]), TypeError, "row 0: fn gave list"),
        (
            lambda: small().add_computed_columns(lambda at, row: {"x" if at else "y": 1}),
            ValueError,
            r"row 1: fn gave the columns \['x'\], and \['y'\] before",
        ),
    ],
)
def test_errors_say_where_and_what(make: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        make()


def test_a_refused_row_leaves_the_table_as_it_was() -> None:
    table = Table(columns=["a", "b", "c"], data=[[1, {"k": 1}, "x"]])
    before = (table.data, table.column_types)
    with pytest.raises(TypeError, match="column 'c', row 1"):
        table.add_data(None, {"k": 2}, 5)
    assert (table.data, table.column_types) == before
    table.add_data(2, {"k": 3}, "y")
    assert len(table) == 2


def test_mixed_types_when_they_are_allowed() -> None:
    table = Table(columns=["a"], data=[[1], ["x"], [[1]], [True]], allow_mixed_types=True)
    assert table.column("a") == [1, "x", [1], True]
    assert table.column_types["a"].to_json() == {
        "wb_type": "union",
        "params": {"allowed_types": [{"wb_type": "any"}, {"wb_type": "none"}]},
    }


def test_column_types_are_the_clients() -> None:
    table = Table(
        columns=["n", "s", "b", "t", "l", "d", "none"],
        data=[[1, "x", True, datetime.date(2020, 1, 1), [1, 2], {"a": "b"}, None]],
    )
    assert {name: each.spell() for name, each in table.column_types.items()} == {
        "n": "number or none",
        "s": "string or none",
        "b": "boolean or none",
        "t": "timestamp or none",
        "l": "list of number or none",
        "d": "dict(a: string) or none",
        "none": "unknown or none",
    }


def test_cells_are_copies() -> None:
    items, array = [1, [2]], np.zeros(3)
    table = Table(columns=["l", "a"], data=[[items, array]])
    items[1].append(9)  # type: ignore[attr-defined]
    array[0] = 9
    assert table.data[0][0] == [1, [2]]
    assert table.data[0][1].tolist() == [0, 0, 0]
    with pytest.raises(ValueError, match="read-only"):
        table.data[0][1][0] = 1


class Colour(Enum):
    RED = "red"


Point = namedtuple("Point", "x y")


def test_subclasses_become_what_they_are_subclasses_of() -> None:
    class Text(str):
        __slots__ = ()

    cells = [
        Text("t"),
        Colour.RED,
        OrderedDict(k=(1, 2)),
        Point(1, 2),
        {1, 2},
        bytearray(b"x"),
        FrozenMap({"a": 1}),
    ]
    table = Table(columns=["a"], data=[[cell] for cell in cells], allow_mixed_types=True)
    found = table.column("a")
    assert found == ["t", "red", {"k": (1, 2)}, (1, 2), {1, 2}, b"x", {"a": 1}]
    assert [type(each).__name__ for each in found] == [
        "str",
        "str",
        "dict",
        "tuple",
        "set",
        "bytearray",
        "dict",
    ]


@pytest.mark.parametrize(
    "cell",
    [
        2**70,
        NAN,
        b"\xff",
        1 + 2j,
        Decimal("0.10"),
        UUID(int=7),
        datetime.time(1, 2, 3, 4),
        datetime.timedelta(days=-1, microseconds=3),
        np.float32(0.1),
        np.datetime64("2020-01-01T00:00:00.000000001"),
        Lost("Image"),
    ],
)
def test_cells_of_many_kinds_stay_what_they_are(cell: Any) -> None:
    (found,) = Table(columns=["a"], data=[[cell]]).column("a")
    assert same_cell(found, cell)


def test_no_value_of_numpy_and_pandas_is_none() -> None:
    import pandas

    cells = [pandas.NaT, pandas.NA, np.datetime64("NaT", "ns"), None]
    assert Table(columns=["a"], data=[[cell] for cell in cells]).column("a") == [None] * 4
    moment = pandas.Timestamp("2020-01-01 12:00", tz="Europe/Berlin")
    (found,) = Table(columns=["a"], data=[[moment]]).column("a")
    assert type(found) is datetime.datetime
    assert found == moment.to_pydatetime()


def test_computed_columns_and_casts() -> None:
    table = small()
    table.add_computed_columns(lambda at, row: {"twice": row["a"] * 2, "at": at})
    assert table.column("twice") == [2, 4, 6]
    assert table.column("at") == [0, 1, 2]
    table.cast("a", int)
    assert table.column_types["a"] == ColumnType("number")
    with pytest.raises(TypeError, match="row 3: the cell is none"):
        table.add_data(None, "z", 8, 3)


def test_keys() -> None:
    table = Table(columns=["id"], data=[["x"], ["y"]])
    table.set_pk("id")
    assert table.column_types["id"].name == "primaryKey"
    other = Table(columns=["ref", "row"], data=[["x", each] for each in table.get_index()])
    other.set_fk("ref", table, "id")
    assert other.column_types["ref"].params["col_name"] == "id"
    index = table.get_index()
    assert index == [0, 1]
    assert isinstance(index[0], TableIndex)
    assert index[0].table is table
    with pytest.raises(KeyError, match="there is no column 'gone'"):
        other.set_fk("ref", table, "gone")


def test_equality_is_by_cells() -> None:
    rows = [[1, NAN, np.arange(3), {"k": [NAN]}]]
    assert Table(columns=list("abcd"), data=rows) == Table(columns=list("abcd"), data=rows)
    assert small() != Table(columns=["a", "c"], data=small().data)
    assert small() != Table(columns=["a", "b"], data=small().data[:2])
    assert Table(columns=["a"], data=[[1]]) == Table(columns=["a"], data=[[1.0]])
    assert Table(columns=["a"], data=[[1]]) != Table(columns=["a"], data=[[True]])
    assert Table(columns=["a"], data=[[(1,)]]) != Table(columns=["a"], data=[[[1]]])
    assert Table(columns=["a"], data=[[np.zeros(2)]]) != Table(
        columns=["a"], data=[[np.zeros(2, np.float32)]]
    )
    assert small() != 5
    with pytest.raises(TypeError, match="unhashable"):
        hash(small())


def test_copies_are_apart() -> None:
    table = small()
    for twin in (table.replace(), copy.deepcopy(table), pickle.loads(pickle.dumps(table))):
        assert twin == table
        twin.add_data(4, "z")
        assert len(table) == 3
        assert len(twin) == 4


def test_descriptions() -> None:
    assert small().describe() == "3 rows x 2 columns: a, b"
    assert repr(small()) == "Table(3 rows x 2 columns: a, b)"
    assert Table(columns=list("abcdefgh")).describe() == "0 rows x 8 columns: a, b, c, d, e, f, ..."


def test_an_incremental_table_is_a_class_of_its_own() -> None:
    table = Table(columns=["a"], log_mode="INCREMENTAL")
    assert type(table) is IncrementalTable
    assert type(Table(columns=["a"], log_mode="MUTABLE")) is Table
    table.add_column("b", [])
    assert table.columns == ["a", "b"]


# -- tables of tables -----------------------------------------------------------------------------------------

LEFT = Table(columns=["id", "v"], data=[["a", 1], ["b", 2], ["b", 3], [None, 4]])
RIGHT = Table(columns=["id", "v", "w"], data=[["b", 10, True], ["c", 20, False], [None, 30, True]])


@pytest.mark.parametrize(
    ("how", "rows"),
    [
        ("inner", [["b", 2, 10, True], ["b", 3, 10, True], [None, 4, 30, True]]),
        ("left", [["a", 1, None, None], ["b", 2, 10, True], ["b", 3, 10, True], [None, 4, 30, True]]),
        (
            "outer",
            [
                ["a", 1, None, None],
                ["b", 2, 10, True],
                ["b", 3, 10, True],
                [None, 4, 30, True],
                ["c", None, 20, False],
            ],
        ),
    ],
)
def test_joins(how: str, rows: list[Any]) -> None:
    joined = JoinedTable(LEFT, RIGHT, "id").to_table(how)
    assert joined.columns == ["id", "v", "v_2", "w"]
    assert joined.data == rows


def test_joins_by_two_names() -> None:
    other = Table(columns=["key", "x"], data=[["a", 5]])
    joined = JoinedTable(LEFT, other, ("id", "key"))
    assert joined.to_table().data == [["a", 1, 5]]
    assert joined.describe() == "joined by 'id' and 'key'"
    assert JoinedTable(LEFT, RIGHT, ["id", "id"]) == JoinedTable(LEFT, RIGHT, ("id", "id"))


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (
            lambda: JoinedTable(1, RIGHT, "id"),
            TypeError,
            "table1 is a table, or its path in the artifact, not int",
        ),
        (lambda: JoinedTable(LEFT, RIGHT, ["id"]), TypeError, "join_key is one column, or one of each table"),
        (
            lambda: JoinedTable(LEFT, RIGHT, "id").to_table("right"),
            ValueError,
            'how is "inner", "left" or "outer"',
        ),
        (
            lambda: JoinedTable(LEFT, "x.table.json", "id").to_table(),
            DecodeError,
            "table2 was not read: only its path x.table.json is known; decode with a source that has it",
        ),
        (
            lambda: JoinedTable(LEFT, RIGHT, ("id", "key")).to_table(),
            DecodeError,
            r"table2 has no column key to be joined by; there are \['id', 'v', 'w'\]",
        ),
        (
            lambda: JoinedTable(JoinedTable(LEFT, RIGHT, "id"), RIGHT, "id"),
            TypeError,
            "table1 is a table, or its path in the artifact, not JoinedTable",
        ),
        (
            lambda: PartitionedTable("p", {"a.table.json": PartitionedTable("q")}),
            TypeError,
            "part 'a.table.json' is a table, or its path in the artifact, not PartitionedTable",
        ),
        (lambda: PartitionedTable(5), TypeError, "parts_path is a folder of the artifact, not int"),  # type: ignore[arg-type]
        (lambda: PartitionedTable("p").to_table(), DecodeError, "no parts were read below 'p'"),
        (
            lambda: PartitionedTable("p", {"a.table.json": LEFT, "b.table.json": RIGHT}).to_table(),
            DecodeError,
            "the parts below 'p' do not go together: part 1 has the columns",
        ),
    ],
)
def test_tables_of_tables_refuse(make: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        make()


def test_parts_are_concatenated() -> None:
    table = PartitionedTable("p", {"0.table.json": LEFT, "1.table.json": LEFT})
    assert table.to_table().data == LEFT.data * 2
    assert [number for number, _ in table.iterrows()] == list(range(8))
    assert table.describe() == "2 parts below 'p'"


# -- what once went wrong -------------------------------------------------------------------------------------


def test_copies_of_a_mixed_table_take_what_it_takes() -> None:
    table = Table(columns=["a", "k"], data=[[1, "x"], ["x", "y"]], allow_mixed_types=True)
    table.set_pk("k")
    for twin in (table.replace(), copy.copy(table), pickle.loads(pickle.dumps(table))):
        twin.add_data(None, "z")
        assert twin.column_types["k"].name == "primaryKey"
    assert len(table) == 2


def test_tables_in_cells_are_copies() -> None:
    inner = Table(columns=["a"], data=[[1]])
    table = Table(columns=["t"], data=[[inner]])
    inner.add_data(2)
    assert table.column("t") == [Table(columns=["a"], data=[[1]])]
    table = Table(columns=["t"])
    table.add_data(table)
    assert table.column("t") == [Table(columns=["t"])]


def test_a_cell_that_holds_itself_is_refused() -> None:
    cell: list[Any] = []
    cell.append(cell)
    with pytest.raises(TypeError, match="nested too deep, or holds itself"):
        Table(columns=["a"], data=[[cell]], allow_mixed_types=True)
    with pytest.raises(TypeError, match="column 'a': a cell is nested too deep"):
        Table(columns=[]).add_column("a", [cell])


def test_another_log_mode_is_written() -> None:
    store = MemoryStore()
    table = decode(encode(Table(columns=["a"], data=[[1]]), store).json, store)
    assert encode(table.replace(log_mode="MUTABLE"), store).json["log_mode"] == "MUTABLE"
    table.log_mode = "MUTABLE"
    assert encode(table, store).json["log_mode"] == "MUTABLE"


def test_columns_may_be_none() -> None:
    assert Table(None, [[1, 2, 3]]).columns == ["Input", "Output", "Expected"]
    assert Table(columns=None, data=[{"a": 1}]).columns == ["a"]


def test_a_part_that_would_not_be_found_is_refused() -> None:
    with pytest.raises(ValueError, match=r"the part 'a' would not be found: names end in \.table\.json"):
        PartitionedTable("p", {"a": Table(columns=["a"])})


def test_columns_of_one_name_are_joined_each_for_itself() -> None:
    left = Table(columns=["k", "x", "x"], data=[["a", 1, 2]])
    right = Table(columns=["k", "k", "y"], data=[["a", "b", 3]])
    assert JoinedTable(left, right, "k").to_table().data == [["a", 1, 2, "b", 3]]


def test_an_added_array_has_the_cells_of_a_data_frame() -> None:
    table = Table(columns=["a"], data=[[1], [2]])
    table.add_column("b", np.arange(2, dtype="f4"))
    table.add_column("c", np.zeros((2, 3)))
    assert list(map(type, table.column("b"))) == [float, float]
    assert table.column("c")[0].shape == (3,)


def deep(levels: int, kinds: str) -> Any:
    """A number in so many lists and dicts."""
    cell: Any = 1.5
    for at in range(levels):
        cell = {"a": cell} if kinds[at % len(kinds)] == "d" else [cell]
    return cell


@pytest.mark.parametrize("kinds", ["l", "d", "ld"])
@pytest.mark.parametrize("levels", [99, 250])
def test_deep_cells_can_be_whatever_others_can(levels: int, kinds: str) -> None:
    def read() -> Table:
        node = {"_type": "table", "columns": ["a"], "data": [[deep(levels, kinds)]]}
        return decode(node, MemoryStore())  # type: ignore[no-any-return]

    table = read()
    assert table == read()
    assert len(table.sha256) == 64
    for again in (pickle.loads(pickle.dumps(table)), copy.deepcopy(table), table.replace()):
        assert again == table
        assert again.column_types == table.column_types
    assert encode({"t": table}, MemoryStore()).json["t"]["nrows"] == 1


def test_a_deep_copy_has_the_table_that_its_keys_refer_to() -> None:
    keys, table = Table(columns=["k"], data=[["x"]]), Table(columns=["f"], data=[["x"]])
    table.set_fk("f", keys, "k")
    for again in (copy.deepcopy(table), pickle.loads(pickle.dumps(table))):
        assert again.column_types["f"].params["table"] == keys
        assert again.column_types["f"].params["table"] is not keys
