"""Data frames in and out: what pandas, polars, pyarrow and numpy give becomes cells, and cells become that again."""

from __future__ import annotations

import datetime
import decimal
import subprocess
import sys
import uuid
import zoneinfo

import hypothesis.strategies as st
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from pandas.testing import assert_frame_equal

from wbtypes_core import ValueWarning, errors
from wbtypes_core.errors import MissingExtra
from wbtypes_table import Table

PARIS = zoneinfo.ZoneInfo("Europe/Paris")
UTC = datetime.UTC
NOON = datetime.datetime(2024, 7, 1, 12, 0, 0, 123456)


@pytest.fixture(autouse=True)
def nothing_told(monkeypatch):
    """Warnings that are given once per process are given once per test."""
    monkeypatch.setattr(errors, "_told", set())


def cells_of(frame):
    """The cells of a data frame with one column."""
    table = Table(dataframe=frame, allow_mixed_types=True)
    (name,) = table.columns
    return table.column(name)


# -- numpy ----------------------------------------------------------------------------------------------------


def test_a_matrix_gives_rows_of_pythons_numbers():
    table = Table(["a", "b"], np.array([[1, 2], [3, 4], [5, 6]], "i2"))
    assert table.data == [[1, 2], [3, 4], [5, 6]]
    assert {type(cell) for row in table.data for cell in row} == {int}


def test_the_names_of_a_matrix_are_the_clients_by_default():
    assert Table(data=np.zeros((1, 3))).columns == ["Input", "Output", "Expected"]


def test_a_matrix_of_another_width_is_refused():
    with pytest.raises(
        ValueError, match=r"the array has 2 columns, and there are 3 names: \['a', 'b', 'c'\]"
    ):
        Table(["a", "b", "c"], np.zeros((4, 2)))


def test_a_cube_gives_arrays():
    cube = np.arange(12, dtype="f4").reshape(3, 2, 2)
    table = Table(["a", "b"], cube)
    cube[:] = 0
    assert table.column("b")[2].tolist() == [10, 11]
    assert table.column("b")[2].dtype == "f4"


def test_records_give_their_fields():
    records = np.array([(1, "x", [1, 2]), (2, "y", [3, 4])], [("n", "i4"), ("s", "U1"), ("v", "f8", 2)])
    table = Table(data=records)
    assert table.columns == ["n", "s", "v"]
    assert table.column("s") == ["x", "y"]
    assert table.column("v")[1].tolist() == [3, 4]


def test_the_moments_of_an_array_are_pythons_where_these_are_as_fine():
    moments = np.array([["2024-07-01T12:00:00.123456", "NaT"]], "M8[us]")
    assert Table(["a", "b"], moments).data == [[NOON, None]]
    assert Table(["a"], np.array([["2024-07-01"]], "M8[D]")).data == [[datetime.date(2024, 7, 1)]]
    nanos = np.array([["2024-07-01T12:00:00.123456789"], ["NaT"]], "M8[ns]")
    assert Table(["a"], nanos).column("a") == [nanos[0, 0], None]
    far = np.array([[np.datetime64(2**61, "us")]])
    assert Table(["a"], far).column("a") == [far[0, 0]]


def test_a_line_of_numbers_is_no_table():
    with pytest.raises((TypeError, ValueError)):
        Table(["a"], np.zeros(3))


# -- pandas: in -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("series", "cells"),
    [
        (pd.Series([1, 2], dtype="int8"), [1, 2]),
        (pd.Series([2**64 - 1], dtype="uint64"), [2**64 - 1]),
        (pd.Series([1.5, None]), [1.5, float("nan")]),
        (pd.Series([True, False]), [True, False]),
        (pd.Series([1, None], dtype="Int64"), [1, None]),
        (pd.Series([True, None], dtype="boolean"), [True, None]),
        (pd.Series([1.5, None], dtype="Float32"), [1.5, None]),
        (pd.Series(["a", None]), ["a", None]),
        (pd.Series(["a", None], dtype="string"), ["a", None]),
        (pd.Series(["a", None, "b", "a"], dtype="category"), ["a", None, "b", "a"]),
        (pd.Series([1, 2, 1], dtype="category"), [1, 2, 1]),
        (pd.Series([NOON, None]), [NOON, None]),
        (pd.Series([NOON, None]).dt.as_unit("ns"), [NOON, None]),
        (pd.Series([NOON.replace(tzinfo=PARIS), None]), [NOON.replace(tzinfo=PARIS), None]),
        (pd.Series([NOON.replace(tzinfo=UTC)]), [NOON.replace(tzinfo=UTC)]),
        (pd.Series([datetime.timedelta(1, 2, 3), None]), [datetime.timedelta(1, 2, 3), None]),
        (pd.Series([1j]), [1j]),
        (pd.Series([1, "a", None, b"x", 2**70], dtype=object), [1, "a", None, b"x", 2**70]),
        (pd.Series([pd.NaT, pd.NA, None], dtype=object), [None, None, None]),
        (pd.Series([[1], {"a": 1}], dtype=object), [[1], {"a": 1}]),
        (pd.Series([0, 1], dtype=pd.SparseDtype("int64", 0)), [0, 1]),
        (pd.Series([1, None], dtype="int64[pyarrow]"), [1, None]),
        (pd.Series([[1, 2], None], dtype=pd.ArrowDtype(pa.list_(pa.int64()))), [[1, 2], None]),
        (pd.Series([NOON], dtype=pd.ArrowDtype(pa.timestamp("us"))), [NOON]),
    ],
    ids=lambda each: str(each.dtype) if isinstance(each, pd.Series) else "",
)
def test_each_dtype_of_pandas(series, cells):
    found = cells_of(series.to_frame("a"))
    assert Table(["a"], [[cell] for cell in found], allow_mixed_types=True) == Table(
        ["a"], [[cell] for cell in cells], allow_mixed_types=True
    )
    assert list(map(type, found)) == list(map(type, cells))


def test_zones_are_zones_of_python():
    (paris,) = cells_of(pd.DataFrame({"a": [NOON.replace(tzinfo=PARIS)]}))
    assert paris.tzinfo is PARIS
    ahead = datetime.timezone(datetime.timedelta(hours=2))
    (other,) = cells_of(pd.DataFrame({"a": [NOON.replace(tzinfo=ahead)]}))
    assert other.tzinfo == ahead


def test_nanoseconds_in_a_zone_keep_the_nanoseconds():
    frame = pd.DataFrame({"a": pd.Series([1], dtype="datetime64[ns, Europe/Paris]")})
    with pytest.warns(ValueWarning, match="in UTC and know no zone"):
        assert cells_of(frame) == [np.datetime64(1, "ns")]


def test_the_names_of_columns_stay():
    frame = pd.DataFrame([[1, 2, 3]], columns=["a", 7, "a"])
    table = Table(dataframe=frame)
    assert table.columns == ["a", 7, "a"]
    assert table.data == [[1, 2, 3]]
    assert Table(dataframe=pd.DataFrame(np.zeros((1, 2)))).columns == [0, 1]


@pytest.mark.parametrize("name", [1.5, ("a", "b"), None, True])
def test_names_that_are_neither_text_nor_ints_are_refused(name):
    frame = pd.DataFrame([[1]])
    frame.columns = pd.Index([name], dtype=object)
    with pytest.raises(TypeError, match="the name of a column is text or an int"):
        Table(dataframe=frame)


def test_columns_of_a_data_frame_can_be_chosen():
    frame = pd.DataFrame({"a": [1], "b": [2], "c": [3]})
    assert Table(["c", "a"], frame).data == [[3, 1]]
    with pytest.raises(ValueError, match="the data has no column 'x'; it has"):
        Table(["x"], frame)


def test_an_index_is_left_out_and_a_named_one_is_told_of():
    frame = pd.DataFrame({"a": [1, 2, 3]})
    assert Table(dataframe=frame[frame.a > 1]).data == [[2], [3]]
    with pytest.warns(ValueWarning, match="the named index of a data frame is left out"):
        Table(dataframe=frame.rename_axis("key"))


def test_a_data_frame_can_change_afterwards():
    frame = pd.DataFrame({"a": [1, 2], "b": [[1], [2]]})
    table = Table(dataframe=frame)
    frame.loc[0, "a"] = 9
    frame["b"][0].append(9)
    assert table.data == [[1, [1]], [2, [2]]]


def test_no_plain_form_is_said_with_its_column():
    frame = pd.DataFrame({"p": pd.period_range("2024-01", periods=2, freq="M")})
    with pytest.raises(TypeError, match="column 'p', row 0: the cell is pandas"):
        Table(dataframe=frame)


# -- pandas: out ----------------------------------------------------------------------------------------------

TEXT = st.text(st.characters(codec="utf-8"), max_size=5)
MOMENTS = st.datetimes(datetime.datetime(1700, 1, 1), datetime.datetime(2200, 1, 1))
COLUMNS = {
    "int64": st.integers(-(2**63), 2**63 - 1),
    "uint64": st.just(2**64 - 1) | st.integers(2**63, 2**64 - 1),
    "float64": st.floats(),
    "bool": st.booleans(),
    "str": TEXT,
    "datetime64[us]": MOMENTS,
    "datetime64[us, UTC]": MOMENTS.map(lambda each: each.replace(tzinfo=UTC)),
    "datetime64[us, Europe/Paris]": MOMENTS.map(lambda each: each.replace(tzinfo=UTC).astimezone(PARIS)),
    "timedelta64[us]": st.timedeltas(datetime.timedelta(-9999), datetime.timedelta(9999)),
}
WITH_NONE = {
    "Int64": st.none() | st.integers(-(2**63), 2**63 - 1),
    "boolean": st.none() | st.booleans(),
    "str": st.none() | TEXT,
    "datetime64[us, UTC]": st.none() | COLUMNS["datetime64[us, UTC]"],
    "timedelta64[us]": st.none() | COLUMNS["timedelta64[us]"],
}
ZONED = {"datetime64[us, Europe/Paris]": pd.DatetimeTZDtype("us", PARIS)}
"""Dtypes whose zone is ours: what pandas makes of the name alone depends on its version."""
LEFT = object()


@st.composite
def frames(draw):
    """Data frames of a column of a dtype that comes back as it was."""
    dtype, strategy = draw(st.sampled_from([*COLUMNS.items(), *WITH_NONE.items()]))
    cells = draw(
        st.lists(strategy, min_size=1, max_size=5).filter(lambda found: found != [None] * len(found))
    )
    if dtype in ("Int64", "boolean"):
        cells.append(None)
    return pd.DataFrame({"a": pd.Series(cells, dtype=ZONED.get(dtype, dtype))})


@settings(max_examples=100)
@given(frames())
def test_a_data_frame_of_pandas_comes_back(frame):
    assert_frame_equal(Table(dataframe=frame).to_pandas(), frame)


@pytest.mark.parametrize(
    ("cells", "dtype", "found"),
    [
        ([1, 2], "int64", [1, 2]),
        ([1, None], "Int64", [1, pd.NA]),
        ([2**63, None], "UInt64", [2**63, pd.NA]),
        ([2**64], "object", [2**64]),
        ([1.5, None], "float64", [1.5, float("nan")]),
        ([1.5, None, float("nan")], "Float64", [1.5, pd.NA, float("nan")]),
        ([1, 1.5], "float64", [1.0, 1.5]),
        ([2**53 + 1, 1.5], "object", [2**53 + 1, 1.5]),
        ([True, 1], "object", [True, 1]),
        ([True, None], "boolean", [True, pd.NA]),
        (["a", 1, None], "object", ["a", 1, None]),
        (["a\ud800"], "object", ["a\ud800"]),
        ([b"a", None], "object", [b"a", None]),
        ([None, None], "object", [None, None]),
        ([[1], [2, 3]], "object", [[1], [2, 3]]),
        ([[1, 2], [3, 4]], "object", [[1, 2], [3, 4]]),
        ([np.float32(1.5), np.float32(2)], "float32", [1.5, 2]),
        ([np.datetime64(1, "ns"), None], "datetime64[ns]", [pd.Timestamp(1), pd.NaT]),
        ([datetime.date(2024, 1, 1)], "object", [datetime.date(2024, 1, 1)]),
        ([NOON, NOON.replace(tzinfo=UTC)], "object", [NOON, NOON.replace(tzinfo=UTC)]),
        (
            [datetime.datetime.max.replace(tzinfo=datetime.timezone(datetime.timedelta(hours=-1)))],
            "object",
            LEFT,
        ),
    ],
)
def test_what_cells_become_in_pandas(cells, dtype, found):
    series = Table(["a"], [[cell] for cell in cells], allow_mixed_types=True).to_pandas()["a"]
    assert series.dtype == dtype
    for cell, wanted in zip(series, cells if found is LEFT else found, strict=True):
        assert cell is wanted or cell == wanted or (cell != cell and wanted != wanted)


def test_arrays_stay_objects():
    array = np.zeros((2, 2), "f4")
    series = Table(["a"], [[array], [array]]).to_pandas()["a"]
    assert series.dtype == object
    assert series[1].dtype == "f4"


def test_a_table_without_rows_or_columns():
    empty = Table(["a", 1]).to_pandas()
    assert (list(empty.columns), len(empty)) == (["a", 1], 0)
    assert Table([]).to_pandas().shape == (0, 0)
    assert Table(["a", 1]).to_arrow().schema.names == ["a", "1"]
    assert Table(["a", 1]).to_polars().shape == (0, 2)


def test_equal_names_stay():
    table = Table(["a", "b"], [[1, 2]])
    table._names[1] = "a"
    assert table.to_pandas().columns.tolist() == ["a", "a"]
    assert table.to_arrow().schema.names == ["a", "a"]
    with pytest.raises(ValueError, match="no two columns of one name"):
        table.to_polars()


# -- pyarrow --------------------------------------------------------------------------------------------------

ARROW = {
    pa.int64(): COLUMNS["int64"],
    pa.float64(): st.floats(),
    pa.bool_(): st.booleans(),
    pa.string(): TEXT,
    pa.binary(): st.binary(max_size=5),
    pa.date32(): st.dates(),
    pa.time64("us"): st.times(),
    pa.duration("us"): COLUMNS["timedelta64[us]"],
    pa.timestamp("us"): MOMENTS,
    pa.timestamp("us", "UTC"): COLUMNS["datetime64[us, UTC]"],
    pa.timestamp("us", "Europe/Paris"): COLUMNS["datetime64[us, Europe/Paris]"],
    pa.timestamp("us", "+05:30"): MOMENTS.map(lambda each: each.replace(tzinfo=UTC)),
    pa.list_(pa.int64()): st.lists(COLUMNS["int64"], min_size=1, max_size=3),
    pa.list_(pa.list_(pa.string())): st.lists(st.lists(TEXT, min_size=1, max_size=2), min_size=1, max_size=2),
    pa.struct([("a", pa.int64()), ("b", pa.string())]): st.fixed_dictionaries(
        {"a": st.integers(0, 9), "b": TEXT}
    ),
    pa.list_(pa.float32(), 3): st.lists(st.floats(width=32), min_size=3, max_size=3),
    pa.list_(pa.list_(pa.int8(), 2), 2): st.just([[1, 2], [3, 4]]),
    pa.list_(pa.bool_(), 1): st.lists(st.booleans(), min_size=1, max_size=1),
    pa.struct([("bytes", pa.binary()), ("path", pa.string())]): st.fixed_dictionaries(
        {"bytes": st.binary(max_size=3), "path": st.none() | TEXT}
    ),
}


@st.composite
def arrow_tables(draw, kinds=ARROW):
    """Tables of a column of a type of pyarrow that comes back as it was, None in it."""
    kind = draw(st.sampled_from(list(kinds)))
    cells = [draw(kinds[kind]), *draw(st.lists(st.none() | kinds[kind], max_size=4))]
    return pa.table({"a": pa.array(cells, kind)})


def same_in_arrow(left, right):
    """Whether two tables of pyarrow are equal, NaN to NaN."""
    return left.schema == right.schema and repr(left.to_pylist()) == repr(right.to_pylist())


@settings(max_examples=100)
@given(arrow_tables())
def test_a_table_of_pyarrow_comes_back(table):
    again = Table(dataframe=table).to_arrow()
    assert again.schema == table.schema
    assert same_in_arrow(again, table)


@settings(max_examples=100)
@given(arrow_tables())
def test_a_record_batch_is_taken_too(table):
    (batch,) = table.combine_chunks().to_batches()
    assert Table(data=batch) == Table(data=table)


@pytest.mark.parametrize(
    ("array", "cells"),
    [
        (pa.array([1, None], pa.uint8()), [1, None]),
        (pa.array([np.float16(1.5), None], pa.float16()), [1.5, None]),
        (pa.array(["a", None], pa.large_string()), ["a", None]),
        (pa.array(["a", None, "a"]).dictionary_encode(), ["a", None, "a"]),
        (pa.array([decimal.Decimal("1.50"), None]), [decimal.Decimal("1.50"), None]),
        (pa.array([NOON], pa.timestamp("ns")), [NOON]),
        (pa.array([1], pa.timestamp("ns")), [np.datetime64(1, "ns")]),
        (pa.array([1, None], pa.duration("ns")), [np.timedelta64(1, "ns"), None]),
        (pa.array([{"bytes": b"x", "path": None}]), [{"bytes": b"x", "path": None}]),
        (pa.array([[("a", 1)]], pa.map_(pa.string(), pa.int64())), [[("a", 1)]]),
        (pa.array([[1, None]], pa.list_(pa.int64(), 2)), [[1, None]]),
        (pa.array([["a"], None], pa.list_(pa.string(), 1)), [["a"], None]),
        (pa.array([None]), [None]),
    ],
    ids=lambda each: str(each.type) if isinstance(each, pa.Array) else "",
)
def test_types_of_pyarrow(array, cells):
    found = cells_of(pa.table({"a": array}))
    assert found == cells
    assert list(map(type, found)) == list(map(type, cells))


def test_times_finer_than_microseconds_are_refused():
    with pytest.raises(ValueError, match="column 'a': holds times finer than microseconds"):
        cells_of(pa.table({"a": pa.array([1], pa.time64("ns"))}))
    with pytest.raises(ValueError, match="column 'a': holds times finer than microseconds"):
        cells_of(pl.DataFrame({"a": pl.Series([1], dtype=pl.Int64).cast(pl.Time)}))


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ([1, "a"], "the cells are int and str"),
        ([True, 1], "the cells are bool and int"),
        ([2**53 + 1, 0.5], "the cells are float and int"),
        ([[1], ["a"]], "the cells are int and str"),
        ([{"a": 1}, {"a": [1]}], "the cells are int and list"),
        ([1j], "complex"),
        ([10**80], "precision|too large"),
        ([decimal.Decimal("NaN")], "decimals that are no numbers"),
        ([NOON, NOON.replace(tzinfo=UTC)], "some datetimes have a zone"),
        (["a\ud800"], "surrogates"),
    ],
)
def test_what_no_type_holds_is_said_with_its_column(cells, said):
    table = Table(["a"], [[cell] for cell in cells], allow_mixed_types=True)
    for export in (table.to_arrow, table.to_polars):
        with pytest.raises(ValueError, match=f"column 'a': .*{said}.*to_pandas takes it as objects"):
            export()
    assert len(table.to_pandas()) == len(cells)


def test_several_zones_become_one():
    table = Table(["a"], [[NOON.replace(tzinfo=PARIS)], [NOON.replace(tzinfo=UTC)]])
    with pytest.warns(ValueWarning, match="becomes one in UTC"):
        column = table.to_arrow()["a"]
    assert column.type == pa.timestamp("us", "UTC")
    assert column.to_pylist() == table.column("a")


def test_what_arrow_does_not_know_gets_a_plain_form():
    key = uuid.UUID(int=1)
    given = {
        "tuple": ((1, 2), [1, 2]),
        "set": ({3}, [3]),
        "uuid": (key, str(key)),
        "keys": ({1: "a"}, {"1": "a"}),
        "arrays": ([np.arange(2), np.arange(1)], [[0, 1], [0]]),
        "scalar": (np.float32(1.5), 1.5),
        "moment": (np.datetime64("2024-07-01T12:00"), NOON.replace(second=0, microsecond=0)),
        "large": (2**70, decimal.Decimal(2**70)),
        "bytes": (bytearray(b"x"), b"x"),
    }
    table = Table(list(given), [[cell for cell, _ in given.values()]])
    assert table.to_arrow().to_pylist() == [{name: plain for name, (_, plain) in given.items()}]


def test_keys_that_one_dict_has_and_another_not():
    table = Table(["a"], [[{"a": 1}], [{"b": "x"}]], allow_mixed_types=True)
    for rows in (table.to_arrow().to_pylist(), table.to_polars().to_dicts()):
        assert rows == [{"a": {"a": 1, "b": None}}, {"a": {"a": None, "b": "x"}}]


def test_ints_among_floats_of_a_list_stay_whole():
    table = Table(["a"], [[[1]], [[1.5]]])
    assert table.to_polars()["a"].to_list() == [[1.0], [1.5]]


# -- polars ---------------------------------------------------------------------------------------------------

POLARS = {
    **{kind: strategy for kind, strategy in ARROW.items() if kind != pa.timestamp("us", "+05:30")},
    pa.uint64(): COLUMNS["uint64"],
}


@settings(max_examples=100)
@given(arrow_tables(POLARS))
def test_a_data_frame_of_polars_comes_back(table):
    frame = pl.DataFrame(table)
    again = Table(dataframe=frame).to_polars()
    assert again.schema == frame.schema
    assert repr(again.to_dicts()) == repr(frame.to_dicts())


@pytest.mark.parametrize(
    ("series", "cells"),
    [
        (pl.Series(["a", None], dtype=pl.Categorical), ["a", None]),
        (pl.Series([1, None], dtype=pl.Int8), [1, None]),
        (pl.Series([2**70]), [2**70]),
        (
            pl.Series([NOON], dtype=pl.Datetime("ns", "Europe/Paris")),
            [NOON.replace(tzinfo=UTC).astimezone(PARIS)],
        ),
        (pl.Series([1], dtype=pl.Int64).cast(pl.Datetime("ns")), [np.datetime64(1, "ns")]),
        (pl.Series([1, None], dtype=pl.Int64).cast(pl.Duration("ns")), [np.timedelta64(1, "ns"), None]),
        (pl.Series([[1, None]], dtype=pl.Array(pl.Int64, 2)), [[1, None]]),
        (pl.Series([decimal.Decimal("1.5")]), [decimal.Decimal("1.5")]),
    ],
    ids=lambda each: str(each.dtype) if isinstance(each, pl.Series) else "",
)
def test_types_of_polars(series, cells):
    assert cells_of(pl.DataFrame({"a": series})) == cells


def test_a_lazy_frame_has_no_cells():
    with pytest.raises(TypeError, match=r"give frame\.collect\(\)"):
        Table(dataframe=pl.LazyFrame({"a": [1]}))


def test_zones_by_distance_become_utc_in_polars():
    table = Table(["a"], [[NOON.replace(tzinfo=datetime.timezone(datetime.timedelta(hours=5)))]])
    with pytest.warns(ValueWarning, match="polars knows no time zones by their distance"):
        frame = table.to_polars()
    assert frame["a"].to_list() == table.column("a")


# -- libraries ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("library", "export", "extra"),
    [("pandas", "to_pandas", "pandas"), ("pyarrow", "to_arrow", "arrow"), ("polars", "to_polars", "polars")],
)
def test_a_library_that_is_missing_is_named(monkeypatch, library, export, extra):
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(
        MissingExtra, match=rf"Table\.{export} needs {library}: pip install wbtypes-table\[{extra}\]"
    ):
        getattr(Table(["a"], [[1]]), export)()


def test_no_library_is_imported_that_the_caller_has_not():
    code = (
        "import sys, numpy\n"
        "from wbtypes_table import Table\n"
        "Table(['a', 'b'], numpy.zeros((2, 2))).data\n"
        "Table(['a'], [[1]])\n"
        "print(sorted({'pandas', 'polars', 'pyarrow'} & set(sys.modules)))\n"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout == b"[]\n"


def test_moments_of_pandas_in_rows_keep_all_that_they_say():
    row = [
        pd.Timestamp(1),
        pd.Timestamp(NOON, tz="Europe/Paris"),
        pd.Timedelta(1),
        pd.Timedelta(1, "D"),
        pd.NaT,
    ]
    assert Table(list("abcde"), [row]).data == [
        [
            np.datetime64(1, "ns"),
            NOON.replace(tzinfo=PARIS),
            np.timedelta64(1, "ns"),
            datetime.timedelta(1),
            None,
        ]
    ]


# -- one column as an array -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cells", "array"),
    [
        ([1, 2], np.array([1, 2])),
        ([1, None], np.array([1, np.nan])),
        ([True, None], np.array([1, np.nan])),
        ([1.5, float("nan")], np.array([1.5, np.nan])),
        (["a", "bc"], np.array(["a", "bc"])),
        ([NOON, None], np.array([NOON, "NaT"], "M8[us]")),
        ([NOON.replace(tzinfo=PARIS)], np.array([NOON - datetime.timedelta(hours=2)], "M8[us]")),
        ([datetime.date(2024, 7, 1)], np.array(["2024-07-01"], "M8[D]")),
        ([datetime.timedelta(1), None], np.array([86_400_000_000, "NaT"], "m8[us]")),
        ([np.float32(1.5), np.float32(2)], np.array([1.5, 2], "f4")),
        ([np.zeros(2, "i1"), np.ones(2, "i1")], np.array([[0, 0], [1, 1]], "i1")),
        ([[1, 2], [3, 4]], np.array([[1, 2], [3, 4]])),
        ([], np.array([])),
    ],
)
def test_a_column_as_an_array(cells, array):
    found = Table(["a"], [[cell] for cell in cells]).get_column("a", convert_to="numpy")
    assert found.dtype == array.dtype
    np.testing.assert_array_equal(found, array)


@pytest.mark.parametrize("cells", [["a", None], [{"a": 1}], [2**70], [[1], [2, 3]], [NOON, "a"]])
def test_cells_that_make_no_array(cells):
    table = Table(["a"], [[cell] for cell in cells], allow_mixed_types=True)
    with pytest.raises(ValueError, match="these cells make no array"):
        table.get_column("a", convert_to="numpy")


def test_names_with_halves_of_characters_and_decimals_beyond_all_types() -> None:
    assert list(Table(columns=["\ud800", "a"], data=[[1, 2]]).to_pandas().columns) == ["\ud800", "a"]
    table = Table(columns=["d"], data=[[decimal.Decimal("1e999999999")]])
    for export in (table.to_arrow, table.to_polars):
        with pytest.raises(ValueError, match="column 'd'"):
            export()
