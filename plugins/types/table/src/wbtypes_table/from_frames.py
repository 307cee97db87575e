"""What data frames and arrays become: the names of their columns, and cells as Python has them; asked by `native` alone."""

from __future__ import annotations

import datetime
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from wbtypes_core import DecodeError
from wbtypes_core.errors import warn_once
from wbtypes_core.plain import as_array

from .column_nodes import UNKNOWN, ColumnType, optional
from .exact import UTC, zone_of
from .native import Array, numpy

Types = list[ColumnType | None]
Cells = Callable[[int], tuple[list[Any], ColumnType | None]]
"""Gives the cells of the column at a place, and its type where the cells alone do not tell it."""

_NOTHING = -(2**63)
"""The number by which moments and spans of time say that they are none."""


def columns_of(
    data: Any, names: Sequence[Any] | None, default: Sequence[Any]
) -> tuple[list[Any], list[list[Any]], Types] | None:
    """The columns of a data frame or an array: their names, the cells of each, and their types.

    Numbers, text and moments come as Python's own; what is missing is None, NaN in a plain column of floats is NaN.
    Moments and durations finer than microseconds, or beyond Python's years, come as numpy's scalars. A type is given for
    lists and structs of pyarrow and polars, in which anything may be missing; all others are None, for cells tell them.

    Args:
        data: a data frame of pandas or polars, a table or record batch of pyarrow, an array of two or more dimensions,
            whose second is the columns, or one of records.
        names: of a data frame the columns to take, of an array what they are called; None takes all.
        default: what the columns of an array are called where `names` is None.

    Returns:
        None where `data` is none of these.

    Raises:
        ValueError: names that the data has not, another number of them, or cells that Python's types do not hold.
        TypeError: a lazy frame, which has no cells yet.
    """
    for base in type(data).__mro__:
        split = _FRAMES.get(f"{base.__module__}.{base.__qualname__}")
        if split is not None:
            return _chosen(*split(data), names)
    array = as_array(data)
    if array is None:
        return None
    if array.dtype.names and array.ndim == 1:
        fields = list(array.dtype.names)
        return _chosen(fields, lambda at: (_of_array(array[fields[at]]), None), names)
    if array.ndim < 2:
        return None
    names = list(default if names is None else names)
    if array.shape[1] != len(names):
        raise ValueError(f"the array has {array.shape[1]} columns, and there are {len(names)} names: {names}")
    return names, [_of_array(array[:, at]) for at in range(len(names))], [None] * len(names)


def cells_of(data: Any) -> list[Any] | None:
    """The cells of one column of a library, as those of a data frame; None where `data` is none."""
    for base in type(data).__mro__:
        split = _COLUMNS.get(f"{base.__module__}.{base.__qualname__}")
        if split is not None:
            return split(data)
    array = as_array(data)
    return None if array is None or array.ndim == 0 else _of_array(array)


def _chosen(
    found: Sequence[Any], cells: Cells, names: Sequence[Any] | None
) -> tuple[list[Any], list[list[Any]], Types]:
    found = list(found)
    names = found if names is None else names
    missing = [name for name in names if name not in found]
    if missing:
        raise ValueError(f"the data has no column {missing[0]!r}; it has {found}")
    places = range(len(found)) if names is found else [found.index(name) for name in names]
    columns, types = [], []
    for at in places:
        try:
            column, kind = cells(at)
        except (ValueError, OverflowError) as error:
            raise ValueError(f"column {found[at]!r}: {error}") from error
        columns.append(column)
        types.append(kind)
    return list(names), columns, types


def _nested(cells: list[Any], kind: ColumnType | None) -> tuple[list[Any], ColumnType | None]:
    """Cells with the type that a library says, unless they became arrays, which tell their own."""
    return cells, kind if kind is not None and {list, dict, type(None)}.issuperset(map(type, cells)) else None


def _any_of(kind: ColumnType | None) -> ColumnType:
    """A part of a list or struct, which may be missing."""
    return optional(UNKNOWN if kind is None else kind)


# -- arrays ---------------------------------------------------------------------------------------------------


def _of_array(array: Array) -> list[Any]:
    """The items along the first axis."""
    if array.ndim > 1 or array.dtype.names:
        return list(array)
    if array.dtype.kind in "mM":
        return _times(array)
    cells: list[Any] = array.tolist()
    return cells


def _times(array: Array, zone: datetime.tzinfo | None = None) -> list[Any]:
    """Moments, or spans of time, as Python's where that holds all of them, else as numpy's."""
    kind, unit = array.dtype.kind, numpy.datetime_data(array.dtype)[0]
    coarse = "D" if kind == "M" and unit in ("Y", "M", "W", "D") else "us"
    rounded = array.astype(f"{kind}8[{coarse}]")
    cells: list[Any] = rounded.tolist()
    same = (rounded == array) | numpy.isnat(array)
    if not same.all() or int in set(map(type, cells)):
        if zone is not None:
            warn_once(
                "moments finer than microseconds are kept as numpy's, which are in UTC and know no zone"
            )
        return [None if nothing else cell for cell, nothing in zip(array, numpy.isnat(array), strict=True)]
    if zone is None:
        return cells
    cells = [cell and cell.replace(tzinfo=UTC) for cell in cells]
    return cells if zone is UTC else [cell and cell.astimezone(zone) for cell in cells]


def _scattered(cells: Sequence[Any], missing: Array) -> list[Any]:
    """Cells with None at the rows that have none."""
    rest = iter(cells)
    return [None if gone else next(rest) for gone in missing.tolist()]


def _zone(zone: Any) -> datetime.tzinfo | None:
    """Any library's time zone as Python's own."""
    if zone is None:
        return None
    name = zone if isinstance(zone, str) else getattr(zone, "key", None) or getattr(zone, "zone", None)
    if name:
        try:
            return zone_of(name)
        except DecodeError as error:
            raise ValueError(error.message) from None
    if isinstance(zone, datetime.timezone) or zone.utcoffset(None) is not None:
        ahead = zone.utcoffset(None)
        return datetime.timezone(ahead) if ahead else UTC
    found: datetime.tzinfo = zone
    return found


# -- pandas ---------------------------------------------------------------------------------------------------


def _of_pandas(frame: Any) -> tuple[list[Any], Cells]:
    if any(name is not None for name in frame.index.names):
        warn_once(
            "the named index of a data frame is left out, as the client does; reset_index() makes it a column"
        )
    return frame.columns.tolist(), lambda at: _of_typed_series(frame.iloc[:, at])


def _of_typed_series(series: Any) -> tuple[list[Any], ColumnType | None]:
    if type(series.dtype).__name__ == "ArrowDtype":
        return _of_chunks(series.array.__arrow_array__())
    return _of_series(series), None


def _of_series(series: Any) -> list[Any]:
    dtype = series.dtype
    if isinstance(dtype, numpy.dtype):
        return _of_array(series.to_numpy())
    rule = _PANDAS.get(type(dtype).__name__)
    if rule is not None:
        return rule(series)
    if hasattr(dtype, "numpy_dtype"):  # numbers and booleans with a mask
        return _with_none(series)
    cells: list[Any] = series.tolist()
    return cells


def _with_none(series: Any) -> list[Any]:
    cells: list[Any] = series.to_numpy(dtype=object, na_value=None).tolist()
    return cells


def _zoned(series: Any) -> list[Any]:
    return _times(series.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy(), _zone(series.dt.tz))


def _of_categories(series: Any) -> list[Any]:
    cells = [*_of_series(series.cat.categories.to_series()), None]
    return [cells[code] for code in series.cat.codes.tolist()]  # nothing is -1


_PANDAS: Mapping[str, Callable[[Any], list[Any]]] = {
    "StringDtype": _with_none,
    "DatetimeTZDtype": _zoned,
    "CategoricalDtype": _of_categories,
    "SparseDtype": lambda series: _of_series(series.sparse.to_dense()),
    "ArrowDtype": lambda series: _of_arrow_cells(series.array.__arrow_array__()),
}

# -- polars ---------------------------------------------------------------------------------------------------


def _of_polars(frame: Any) -> tuple[list[Any], Cells]:
    return frame.columns, lambda at: _of_typed_polars(frame.to_series(at))


def _of_lazy(frame: Any) -> tuple[list[Any], Cells]:
    raise TypeError("the data is a lazy frame, which has no cells yet; give frame.collect()")


def _of_typed_polars(series: Any) -> tuple[list[Any], ColumnType | None]:
    return _nested(_of_polars_series(series), _polars_type(series.dtype))


def _polars_type(dtype: Any) -> ColumnType | None:
    kind = dtype.base_type().__name__
    if kind in ("List", "Array"):
        inner = dtype.inner
        return ColumnType.list_of(_any_of(_polars_type(inner)))
    if kind == "Struct":
        return ColumnType.dict_of({each.name: _any_of(_polars_type(each.dtype)) for each in dtype.fields})
    return None


def _of_polars_series(series: Any) -> list[Any]:
    kind = series.dtype.base_type().__name__
    if kind in ("Datetime", "Duration"):
        numbers = series.to_physical().fill_null(_NOTHING).to_numpy()
        letter = "M" if kind == "Datetime" else "m"
        return _times(
            numbers.view(f"{letter}8[{series.dtype.time_unit}]"),
            _zone(getattr(series.dtype, "time_zone", None)),
        )
    if kind == "Time" and (series.to_physical() % 1000 != 0).any():
        raise ValueError("holds times finer than microseconds, which Python does not have; round them")
    if kind == "Array":
        whole = series.drop_nulls()
        stacked = whole.to_numpy()
        if stacked.dtype.kind in "biuf" and stacked.ndim > 1 and not _has_null(whole):
            return _scattered(list(stacked), series.is_null().to_numpy())
    cells: list[Any] = series.to_list()
    return cells


def _has_null(series: Any) -> bool:
    while hasattr(series.dtype, "inner"):
        series = series.explode()
    return bool(series.null_count())


# -- pyarrow --------------------------------------------------------------------------------------------------


def _of_arrow(table: Any) -> tuple[list[Any], Cells]:
    return table.schema.names, lambda at: _of_chunks(table.column(at))


def _of_chunks(column: Any) -> tuple[list[Any], ColumnType | None]:
    return _nested(_of_arrow_cells(column), _arrow_type(column.type))


def _arrow_type(kind: Any) -> ColumnType | None:
    is_a = sys.modules["pyarrow"].types
    if is_a.is_list(kind) or is_a.is_large_list(kind) or is_a.is_fixed_size_list(kind):
        return ColumnType.list_of(_any_of(_arrow_type(kind.value_type)))
    if is_a.is_struct(kind):
        fields = [kind.field(at) for at in range(kind.num_fields)]
        return ColumnType.dict_of({each.name: _any_of(_arrow_type(each.type)) for each in fields})
    return None


def _of_arrow_cells(column: Any) -> list[Any]:
    arrow = sys.modules["pyarrow"]  # the data is pyarrow's, so its maker has imported that
    is_a = arrow.types
    if isinstance(column, arrow.Array):
        column = arrow.chunked_array([column])
    kind = column.type
    if is_a.is_dictionary(kind):
        column = column.cast(kind.value_type)
        kind = kind.value_type
    if is_a.is_timestamp(kind) or is_a.is_duration(kind):
        letter = "M" if is_a.is_timestamp(kind) else "m"
        numbers = column.cast(arrow.int64()).fill_null(_NOTHING).to_numpy()
        return _times(numbers.view(f"{letter}8[{kind.unit}]"), _zone(getattr(kind, "tz", None)))
    if is_a.is_integer(kind) or is_a.is_floating(kind) or is_a.is_boolean(kind):
        return _of_numbers(column)
    if is_a.is_string(kind) or is_a.is_large_string(kind):
        texts: list[Any] = column.to_numpy().tolist()
        return texts
    if is_a.is_fixed_size_list(kind):
        return _of_fixed_lists(column, is_a)
    if (
        is_a.is_time64(kind)
        and kind.unit == "ns"
        and numpy.any(column.cast(arrow.int64()).drop_null().to_numpy() % 1000)
    ):
        raise ValueError("holds times finer than microseconds, which Python does not have; round them")
    cells: list[Any] = column.to_pylist()
    return cells


def _of_numbers(column: Any) -> list[Any]:
    if str(column.type) == "halffloat":  # older versions do nothing with these but hand them out
        return [None if cell is None else float(cell) for cell in column.to_pylist()]
    cells: list[Any] = column.fill_null(False if str(column.type) == "bool" else 0).to_numpy().tolist()
    if column.null_count:
        for row in numpy.flatnonzero(column.is_null().to_numpy()).tolist():
            cells[row] = None
    return cells


def _of_fixed_lists(column: Any, is_a: Any) -> list[Any]:
    """Arrays of numpy where all items are numbers, else lists."""
    values = column.combine_chunks().drop_null()
    shape = [len(values)]
    while is_a.is_fixed_size_list(values.type):
        if values.null_count:
            return column.to_pylist()  # type: ignore[no-any-return]
        shape.append(values.type.list_size)
        values = values.flatten()
    number = is_a.is_integer(values.type) or is_a.is_floating(values.type) or is_a.is_boolean(values.type)
    if values.null_count or not number:
        return column.to_pylist()  # type: ignore[no-any-return]
    stacked = values.to_numpy(zero_copy_only=False).reshape(shape)
    return _scattered(list(stacked), column.is_null().to_numpy())


_COLUMNS: Mapping[str, Callable[[Any], list[Any]]] = {
    "pandas.Series": lambda series: _of_typed_series(series)[0],
    "pandas.core.series.Series": lambda series: _of_typed_series(series)[0],
    "polars.series.series.Series": _of_polars_series,
    "pyarrow.lib.Array": _of_arrow_cells,
    "pyarrow.lib.ChunkedArray": _of_arrow_cells,
}

_FRAMES: Mapping[str, Callable[[Any], tuple[Sequence[Any], Cells]]] = {
    "pandas.DataFrame": _of_pandas,
    "pandas.core.frame.DataFrame": _of_pandas,
    "polars.dataframe.frame.DataFrame": _of_polars,
    "polars.lazyframe.frame.LazyFrame": _of_lazy,
    "pyarrow.lib.Table": _of_arrow,
    "pyarrow.lib.RecordBatch": _of_arrow,
}
"""By the path of the class, so that no library is imported for it."""
