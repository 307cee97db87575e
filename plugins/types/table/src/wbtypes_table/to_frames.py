"""What tables become: data frames of pandas and polars, tables of pyarrow; asked by `native` alone."""

from __future__ import annotations

import datetime
import decimal
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

from attrs import define, field, frozen

from wbtypes_core import (
    DecodeError,
    EncodeError,
    LimitError,
    Linked,
    Media,
    MediaFile,
    MemoryStore,
    Opaque,
    StoredFile,
    WBValue,
    encode,
)
from wbtypes_core.errors import need, one_line, shortened, warn_once
from wbtypes_core.plain import key_text, to_plain

from .exact import UTC, zone_name
from .lost import Lost
from .native import Array, numpy

if TYPE_CHECKING:
    from .values import Table

_CHUNK = 1 << 30
"""Bytes of media in one piece of a column of pyarrow, which holds less than twice as many."""

_PLAIN = frozenset(
    (
        type(None),
        bool,
        int,
        float,
        str,
        bytes,
        datetime.datetime,
        datetime.date,
        datetime.time,
        datetime.timedelta,
        decimal.Decimal,
    )
)
"""Types that need no other form to stand in a data frame."""

_MEDIA = ["bytes", "path"]
"""The keys of the structs that stand for media, as datasets have them."""

_DEEP = (list, tuple, set, frozenset, dict)


# -- cells as data frames have them ---------------------------------------------------------------------------


@define
class Export:
    """The cells of one column on their way into a data frame.

    Attributes:
        name: the column's name, for messages.
        structs: whether media become structs ``{bytes, path}``; else they stay as they are.
        bare: whether all else has to be what Arrow knows: no arrays within, tuples or objects.
        lost: whether there was a cell that is lost.
        unread: how many media could not be read.
        why: why the first of them could not.
    """

    name: Any
    structs: bool
    bare: bool
    lost: bool = False
    unread: int = 0
    why: str = ""

    def cells(self, cells: Sequence[Any]) -> list[Any]:
        """The cells of a column, those of a kind that stays as it is untouched."""
        if _PLAIN.issuperset(map(type, cells)) or (self.bare and _one_shape(cells)):
            return list(cells)
        return [self.cell(cell) for cell in cells]

    def cell(self, cell: Any) -> Any:
        """One cell, or a part of one."""
        if type(cell) in _PLAIN:
            return cell
        if isinstance(cell, Lost):
            self.lost = True
            return None
        if isinstance(cell, WBValue):
            return self._value(cell) if self.structs else cell
        if isinstance(cell, dict):
            items = cell.items()
            return {key_text(key, "a cell") if self.bare else key: self.cell(item) for key, item in items}
        if isinstance(cell, _DEEP):
            return self._list(cell)
        return self._bare(cell) if self.bare else cell

    def _list(self, cell: Any) -> Any:
        if not self.bare:
            return type(cell)([self.cell(item) for item in cell])
        return [self.cell(item) for item in (to_plain(cell) if isinstance(cell, set | frozenset) else cell)]

    def _bare(self, cell: Any) -> Any:
        if hasattr(cell, "dtype"):
            if cell.dtype.kind in "mM":
                return _from_moments(cell)
            return self.cell(cell.tolist())
        if isinstance(cell, int):
            return int(cell)
        if isinstance(cell, bytearray):
            return bytes(cell)
        if isinstance(cell, uuid.UUID):
            return str(cell)
        raise ValueError(f"there is no type for cells that are {type(cell).__name__}")

    def _value(self, value: WBValue) -> Any:
        """A value as a struct: of its file, of the rows of a table, of what its JSON says."""
        columns = getattr(value, "_columns", None)
        if columns is not None:
            names = [str(name) for name in value.columns]  # type: ignore[attr-defined]
            rows = zip(*(self.cells(column.cells) for column in columns), strict=True)
            return [dict(zip(names, row, strict=True)) for row in rows]
        if isinstance(value, Opaque | Linked):
            return self.cell(_thawed(value.node))
        if isinstance(value, Media):
            return self._file(value.file)
        return self.cell(encode(value, MemoryStore(), exact=False).json)

    def _file(self, file: MediaFile) -> dict[str, Any]:
        path = file.ref.path if isinstance(file, StoredFile) else file.name
        try:
            return {"bytes": file.read(), "path": path}
        except DecodeError as error:
            self.unread += 1
            self.why = self.why or one_line(error)
            return {"bytes": None, "path": path}


def _thawed(node: Any) -> Any:
    if isinstance(node, Mapping):
        return {key: _thawed(item) for key, item in node.items()}
    return [_thawed(item) for item in node] if isinstance(node, list | tuple) else node


def _from_moments(cell: Any) -> Any:
    """Numpy's moments or spans of time, alone or in an array, as Python's own."""
    rounded = cell.astype(f"{cell.dtype.kind}8[us]")
    if not numpy.all((rounded == cell) | numpy.isnat(cell)):
        raise ValueError("there are moments finer than microseconds beside or within others")
    return rounded.tolist()


def _exports(table: Table, media: str, *, bare: bool) -> Iterator[tuple[Any, list[Any]]]:
    """The names of the columns, and the cells of each as a data frame has them."""
    if media not in ("struct", "values"):
        raise ValueError(f'media is "struct" or "values", not {media!r}')
    exports = []
    for name, column in zip(table._names, table._columns, strict=True):
        export = Export(name, media == "struct", bare)
        try:
            cells = export.cells(column.cells)
        except (ValueError, TypeError, EncodeError) as error:
            raise _unfit(name, error) from error
        except RecursionError:
            raise _too_deep(name) from None
        exports.append(export)
        yield name, cells
    _tell(exports)


def _tell(exports: Sequence[Export]) -> None:
    """Say what of a table is not in its data frame, once for all its cells."""
    lost = [export.name for export in exports if export.lost]
    if lost:
        warn_once(
            f"cells of the columns {shortened(str(lost))} are lost, and None in the data frame; Table.why_lossy says why"
        )
    unread = [export for export in exports if export.unread]
    if unread:
        count, first = sum(export.unread for export in unread), unread[0]
        warn_once(
            f"media that cannot be read have no bytes in the data frame: {count:,}, "
            f"the first in column {shortened(repr(first.name))}: {first.why}"
        )


def _unfit(name: Any, error: Exception) -> ValueError:
    return ValueError(f"column {shortened(repr(name))}: {one_line(error)}; to_pandas takes it as objects")


def _too_deep(name: Any) -> LimitError:
    return LimitError(
        f"column {shortened(repr(name))}: the cells are nested too deep for a data frame; "
        "take them by table.column(...)"
    )


def _kinds(cells: Sequence[Any]) -> set[type]:
    """The types of cells that are something."""
    return set(map(type, cells)) - {type(None)}


def _holes(cells: Sequence[Any]) -> Array:
    return numpy.fromiter((cell is None for cell in cells), bool, len(cells))


def _filled(cells: Sequence[Any], empty: Any) -> list[Any]:
    return [empty if cell is None else cell for cell in cells]


def _one_shape(cells: Sequence[Any]) -> tuple[numpy.dtype[Any], tuple[int, ...]] | None:
    """The dtype and shape of arrays of numbers that share both, else None."""
    if _kinds(cells) != {numpy.ndarray}:
        return None
    found = {(cell.dtype, cell.shape) for cell in cells if cell is not None}
    dtype, shape = next(iter(found))
    return (
        (dtype, shape) if len(found) == 1 and shape and dtype.kind in "biuf" and dtype.itemsize <= 8 else None
    )


def _are_exact(cells: Sequence[Any]) -> bool:
    """Whether all integers among numbers are also floats."""
    try:
        return all(int(float(cell)) == cell for cell in cells if type(cell) is int)
    except OverflowError:
        return False


# -- pandas ---------------------------------------------------------------------------------------------------


def to_pandas(table: Table, media: str) -> Any:
    """A data frame of pandas; see `Table.to_pandas`."""
    pandas = need("pandas", pip="wbtypes-table[pandas]", what="Table.to_pandas")
    columns = [_series(pandas, cells) for _, cells in _exports(table, media, bare=False)]
    frame = pandas.DataFrame(dict(enumerate(columns)), index=pandas.RangeIndex(len(table)))
    try:
        frame.columns = table.columns
    except UnicodeError:  # halves of characters
        frame.columns = pandas.Index(table.columns, dtype=object)
    return frame


def _series(pandas: Any, cells: list[Any]) -> Any:
    kinds = _kinds(cells)
    rule = _PANDAS.get(frozenset(kinds), _scalars if _is_one_dtype(cells, kinds) else None)
    try:
        found = rule(pandas, cells) if rule else None
    except (OverflowError, UnicodeError):  # beyond 64 bits, halves of characters, moments at the ends of time
        found = None
    return _objects(pandas, cells) if found is None else found


def _objects(pandas: Any, cells: list[Any]) -> Any:
    made = numpy.empty(len(cells), object)
    for row, cell in enumerate(cells):  # an assignment of the whole would take lists apart
        made[row] = cell
    return pandas.Series(made, dtype=object)


def _is_one_dtype(cells: Sequence[Any], kinds: set[type]) -> bool:
    """Whether cells are scalars of numpy, and of one dtype."""
    scalars = bool(kinds) and all(issubclass(kind, numpy.generic) for kind in kinds)
    return scalars and len({cell.dtype for cell in cells if cell is not None}) == 1


def _scalars(pandas: Any, cells: list[Any]) -> Any:
    first = next(cell for cell in cells if cell is not None)
    if first.dtype.kind in "mM":
        return pandas.Series(numpy.array(_filled(cells, numpy.array("NaT", first.dtype)[()]), first.dtype))
    if None not in cells:
        return pandas.Series(numpy.array(cells, first.dtype))
    return None


def _integers(pandas: Any, cells: list[Any]) -> Any:
    numbers = _filled(cells, 0)
    try:
        values = numpy.array(numbers, "i8")
    except OverflowError:
        values = numpy.array(numbers, "u8")
    return values if None not in cells else pandas.arrays.IntegerArray(values, _holes(cells))


def _booleans(pandas: Any, cells: list[Any]) -> Any:
    values = numpy.array(_filled(cells, False), bool)
    return values if None not in cells else pandas.arrays.BooleanArray(values, _holes(cells))


def _floats(pandas: Any, cells: list[Any]) -> Any:
    """None is NaN, as pandas has it, unless there is a NaN that it would be taken for."""
    values = numpy.array(cells, "f8")
    if None not in cells:
        return values
    holes = _holes(cells)
    if numpy.isnan(values[~holes]).any():
        return pandas.arrays.FloatingArray(values, holes)
    return values


def _numbers(pandas: Any, cells: list[Any]) -> Any:
    return _floats(pandas, cells) if _are_exact(cells) else None


def _moments(pandas: Any, cells: list[Any]) -> Any:
    zones = {zone_name(cell) for cell in cells if cell is not None}
    if len(zones) > 1:
        return None
    if zones == {None}:
        return pandas.Series(numpy.array(cells, "M8[us]"))
    (zone,) = {cell.tzinfo for cell in cells if cell is not None}
    plain = [cell and cell.astimezone(UTC).replace(tzinfo=None) for cell in cells]
    return pandas.Series(numpy.array(plain, "M8[us]")).dt.tz_localize("UTC").dt.tz_convert(zone)


_PANDAS: Mapping[frozenset[type], Callable[[Any, list[Any]], Any]] = {
    frozenset((int,)): _integers,
    frozenset((bool,)): _booleans,
    frozenset((float,)): _floats,
    frozenset((int, float)): _numbers,
    frozenset((str,)): lambda pandas, cells: pandas.Series(cells),
    frozenset((datetime.datetime,)): _moments,
    frozenset((datetime.timedelta,)): lambda pandas, cells: pandas.Series(numpy.array(cells, "m8[us]")),
}

# -- what pyarrow and polars share ----------------------------------------------------------------------------


@frozen
class Types:
    """The types of one library, by what Python calls them.

    Attributes:
        scalars: of plain cells; of cells that are all None under ``NoneType``.
        integers: from smallest to largest: the numbers of bits, whether there are negative ones, the type.
        moment: of datetimes in a zone, given by name.
        decimal: of decimals of so many digits, so many of them after the point.
        of_list: of lists of a type.
        of_struct: of dicts whose keys have these types.
        of_array: of arrays of a dtype and shape.
        of_objects: of any objects of Python; None where there is no such type.
    """

    scalars: Mapping[type, Any] = field(hash=False)
    integers: Sequence[tuple[int, bool, Any]]
    moment: Callable[[str | None], Any]
    decimal: Callable[[int, int], Any]
    of_list: Callable[[Any], Any]
    of_struct: Callable[[Mapping[str, Any]], Any]
    of_array: Callable[[numpy.dtype[Any], Sequence[int]], Any]
    of_objects: Any = None

    @property
    def media(self) -> Any:
        """Of the structs that stand for media."""
        return self.of_struct({"bytes": self.scalars[bytes], "path": self.scalars[str]})

    def of(self, cells: Sequence[Any]) -> Any:
        """The one type of all these cells.

        Raises:
            ValueError: there is none.
        """
        kinds = _kinds(cells)
        if len(kinds) > 1:
            return self._of_numbers(cells, kinds)
        kind = next(iter(kinds), type(None))
        rule = _RULES.get(kind)
        if rule is not None:
            return rule(self, cells)
        if kind not in self.scalars:
            raise ValueError(f"the cells are {kind.__name__}, which no type holds")
        return self.scalars[kind]

    def column(self, cells: list[Any]) -> tuple[list[Any], Any]:
        """The cells of a column with their type; arrays of one dtype and shape keep both.

        Raises:
            ValueError: no type holds them together.
        """
        found = _one_shape(cells)
        if found is None:
            values = self.of_objects and any(issubclass(kind, WBValue) for kind in _kinds(cells))
            return cells, self.of_objects if values else self.of(cells)
        return [cell if cell is None else cell.tolist() for cell in cells], self.of_array(*found)

    def _of_numbers(self, cells: Sequence[Any], kinds: set[type]) -> Any:
        if kinds == {int, float} and _are_exact(cells):
            return self.scalars[float]
        said = " and ".join(sorted(kind.__name__ for kind in kinds))
        raise ValueError(f"the cells are {said}, which no one type holds")

    def _of_integers(self, cells: Sequence[Any]) -> Any:
        numbers = [cell for cell in cells if cell is not None]
        low, high = min(numbers), max(numbers)
        for bits, signed, kind in self.integers:
            if low >= (-(1 << bits - 1) if signed else 0) and high < 1 << bits - signed:
                return kind
        return self.decimal(len(str(max(abs(low), abs(high)))), 0)

    def _of_moments(self, cells: Sequence[Any]) -> Any:
        zones = {zone_name(cell) for cell in cells if cell is not None}
        if len(zones) == 1:
            return self.moment(zones.pop())
        if None in zones:
            raise ValueError("some datetimes have a zone and some have none, which no one type holds")
        warn_once("a column of datetimes in several time zones becomes one in UTC")
        return self.moment("UTC")

    def _of_decimals(self, cells: Sequence[Any]) -> Any:
        if not all(cell.is_finite() for cell in cells if cell is not None):
            raise ValueError("there are decimals that are no numbers")
        parts = [cell.as_tuple() for cell in cells if cell is not None]
        after = max(0, *(-part.exponent for part in parts))
        before = max(1, *(len(part.digits) + part.exponent for part in parts))
        return self.decimal(before + after, after)

    def _of_lists(self, cells: Sequence[Any]) -> Any:
        return self.of_list(self.of(list(chain.from_iterable(cell for cell in cells if cell is not None))))

    def _of_dicts(self, cells: Sequence[Any]) -> Any:
        dicts = [cell for cell in cells if cell is not None]
        names = dict.fromkeys(chain.from_iterable(dicts))
        if list(names) == _MEDIA:  # a path is text also where none is known
            return self.media
        return self.of_struct({name: self.of([each.get(name) for each in dicts]) for name in names})


_RULES: Mapping[type, Callable[[Types, Sequence[Any]], Any]] = {
    int: Types._of_integers,
    datetime.datetime: Types._of_moments,
    decimal.Decimal: Types._of_decimals,
    list: Types._of_lists,
    dict: Types._of_dicts,
}


def _columns(
    table: Table,
    media: str,
    types: Types,
    build: Callable[[str, list[Any], Any], Any],
    error_of: type[Exception],
) -> tuple[list[str], list[Any]]:
    """The names of the columns as text, and each as a column of a library."""
    names, columns = [], []
    for name, cells in _exports(table, media, bare=True):
        names.append(str(name))
        try:
            columns.append(build(str(name), *types.column(cells)))
        except RecursionError:
            raise _too_deep(name) from None
        except (ValueError, TypeError, OverflowError, RuntimeError, error_of) as error:
            raise _unfit(name, error) from error
    return names, columns


# -- pyarrow --------------------------------------------------------------------------------------------------


def to_arrow(table: Table, media: str) -> Any:
    """A table of pyarrow; see `Table.to_arrow`."""
    arrow = need("pyarrow", pip="wbtypes-table[arrow]", what="Table.to_arrow")
    if media == "values":
        raise ValueError('Arrow holds no objects of Python: media is "struct" here, or use to_pandas')
    types = _arrow_types(arrow)

    def build(name: str, cells: list[Any], kind: Any) -> Any:
        if kind != types.media:
            return arrow.array(cells, kind)
        return arrow.chunked_array([arrow.array(piece, kind) for piece in _pieces(cells)], kind)

    names, columns = _columns(table, media, types, build, arrow.ArrowException)
    return arrow.Table.from_arrays(columns, names)


def _pieces(structs: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """Media in pieces that a column of pyarrow can hold."""
    first = size = 0
    for row, struct in enumerate(structs):
        more = len(struct["bytes"] or b"") if struct else 0
        if size + more > _CHUNK and row > first:
            yield structs[first:row]
            first, size = row, 0
        size += more
    yield structs[first:]


def _in_minutes(zone: str) -> str:
    """The name of a zone, its distance from UTC without seconds."""
    if zone[0] not in "+-":
        return zone
    if zone.endswith(":00"):
        return zone.removesuffix(":00")
    warn_once("pyarrow knows no time zones by seconds from UTC; such datetimes become ones in UTC")
    return "UTC"


def _arrow_types(arrow: Any) -> Types:
    def decimal_of(digits: int, after: int) -> Any:
        return arrow.decimal128(digits, after) if digits <= 38 else arrow.decimal256(digits, after)

    def array_of(dtype: numpy.dtype[Any], shape: Sequence[int]) -> Any:
        kind = arrow.from_numpy_dtype(dtype)
        for side in reversed(shape):
            kind = arrow.list_(kind, side)
        return kind

    scalars = {
        type(None): arrow.null(),
        bool: arrow.bool_(),
        float: arrow.float64(),
        str: arrow.string(),
        bytes: arrow.binary(),
        datetime.date: arrow.date32(),
        datetime.time: arrow.time64("us"),
        datetime.timedelta: arrow.duration("us"),
    }
    return Types(
        scalars=scalars,
        integers=((64, True, arrow.int64()), (64, False, arrow.uint64())),
        moment=lambda zone: arrow.timestamp("us", zone and _in_minutes(zone)),
        decimal=decimal_of,
        of_list=arrow.list_,
        of_struct=lambda fields: arrow.struct(list(fields.items())),
        of_array=array_of,
    )


# -- polars ---------------------------------------------------------------------------------------------------


def to_polars(table: Table, media: str) -> Any:
    """A data frame of polars; see `Table.to_polars`."""
    polars = need("polars", pip="wbtypes-table[polars]", what="Table.to_polars")
    types = _polars_types(polars)

    def build(name: str, cells: list[Any], kind: Any) -> Any:
        return polars.Series(name, cells, kind, strict=True)

    names, columns = _columns(table, media, types, build, polars.exceptions.PolarsError)
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ValueError(f"polars holds no two columns of one name, and {twice!r} is the name of several")
    return polars.DataFrame(columns)


def _polars_types(polars: Any) -> Types:
    def moment_of(zone: str | None) -> Any:
        if zone is not None and zone[0] in "+-":
            warn_once(
                "polars knows no time zones by their distance from UTC; such datetimes become ones in UTC"
            )
            zone = "UTC"
        return polars.Datetime("us", zone)

    def array_of(dtype: numpy.dtype[Any], shape: Sequence[int]) -> Any:
        return polars.Array(polars.Series(numpy.zeros(0, dtype)).dtype, tuple(shape))

    def struct_of(fields: Mapping[str, Any]) -> Any:
        return polars.Struct(dict(fields))

    scalars = {
        type(None): polars.Null,
        bool: polars.Boolean,
        float: polars.Float64,
        str: polars.String,
        bytes: polars.Binary,
        datetime.date: polars.Date,
        datetime.time: polars.Time,
        datetime.timedelta: polars.Duration("us"),
    }
    return Types(
        scalars=scalars,
        integers=((64, True, polars.Int64), (64, False, polars.UInt64), (128, True, polars.Int128)),
        moment=moment_of,
        decimal=lambda digits, after: polars.Decimal(max(digits, 1), after),
        of_list=polars.List,
        of_struct=struct_of,
        of_array=array_of,
        of_objects=polars.Object,
    )
