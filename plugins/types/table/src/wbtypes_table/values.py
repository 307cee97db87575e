"""What a table is: rows of anything under named and typed columns; and tables that are made of other tables."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

from attrs import evolve, field, frozen

from wbtypes_core import (
    Codec,
    DecodeError,
    EncodeError,
    FrozenMap,
    Linked,
    Media,
    MediaFile,
    MediaSource,
    Opaque,
    Reason,
    WBValue,
    default_registry,
)
from wbtypes_core.collector import at_rest
from wbtypes_core.errors import PluginError, printable, shortened
from wbtypes_core.jsonio import Json, JsonObject
from wbtypes_core.values import Caption, spell_count

from . import column_types
from .column_types import ColumnType, Mismatch, Typer
from .columns import Column
from .equality import same_cells
from .intake import take
from .rows import Fixed

TABLE_SUFFIX = ".table.json"

Name = str | int
"""The name of a column."""

IMMUTABLE, MUTABLE, INCREMENTAL = "IMMUTABLE", "MUTABLE", "INCREMENTAL"
LOG_MODES = (IMMUTABLE, MUTABLE, INCREMENTAL)

_WRITTEN = frozenset(("client_limits", "log_mode"))
"""Attributes that say how a table is written; one whose are set is no longer what was read."""

_DEFAULT_COLUMNS: list[Name] = ["Input", "Output", "Expected"]

_TOO_DEEP = "a cell is nested too deep, or holds itself; flatten it"


@frozen
class Origin:
    """Where a table that was read came from, for writing it back as it was.

    Attributes:
        source: ``"artifact"`` or ``"run"``: which copy the cells are of.
        file: the file of the run's copy, or of the artifact's where that alone was read.
        node: what the run says of the table.
        nrows: how many rows it says that the table has, None where it does not say.
        reason: why the artifact's copy was not read.
        absent: keys of today's artifact form that this one did not have, for clients of its time wrote none.
        beside: keys of the artifact's copy that are not known, where the run's object tells others as `extra`.
        place: where the files are that its cells and types name.
        root: the type of its rows as it was read, which holds those of the columns.
    """

    source: str
    file: MediaFile | None = None
    node: Mapping[str, Json] = FrozenMap()
    nrows: int | None = None
    reason: Reason | None = None
    absent: frozenset[str] = frozenset()
    beside: Mapping[str, Json] | None = None
    place: MediaSource | None = None
    root: ColumnType | None = None


class Table(Media):
    """A table of anything: numbers, text, moments, lists, dicts, arrays, images and all other media, other tables.

    Unlike other values a table is a container that may change: add rows and columns. It is written as it is at that
    moment; one that was read and not changed since keeps the files that it was read from. Cells are copies: later
    changes of what was given reach none. Those of a table that was read are decoded column by column, when a column
    is first asked for, and no media file is opened for that.

    Args:
        columns: names of the columns, text or ints; by default those of the data where it has some, else
            ``["Input", "Output", "Expected"]``.
        data: rows as lists or tuples, as dicts by column, a 2-D array of numpy, a data frame of pandas or polars, or a
            table of pyarrow.
        rows: an older name of `data`.
        dataframe: a data frame; then all other data is ignored, as in wandb.
        dtype: what the columns hold, for all or as a list: Python types, numpy dtypes, `ColumnType`, classes of
            values, their JSON; None works it out from the cells.
        optional: whether cells may be None, for all or as a list.
        allow_mixed_types: whether the cells of a column may be of several types.
        log_mode: ``"IMMUTABLE"``, ``"MUTABLE"`` or ``"INCREMENTAL"``; the last gives an `IncrementalTable`.
        client_limits: cut the copies that are written where the client cuts them: the run's at 10,000 rows, the
            artifact's at 200,000. Without it they are written whole.

    Raises:
        TypeError: a cell that does not go with its column (which names column, row and both types), or names, rows or
            types that are none.
        ValueError: a row of another length than there are columns, or a log mode that is none.
    """

    __slots__ = (
        "_columns",
        "_names",
        "_origin",
        "_place",
        "_typers",
        "_types",
        "allow_mixed_types",
        "client_limits",
        "log_mode",
        "optional",
    )

    if not TYPE_CHECKING:  # what other values forbid is what a container is for
        __delattr__ = object.__delattr__

        def __setattr__(self, name: str, item: Any) -> None:
            object.__setattr__(self, name, item)
            if name in _WRITTEN:
                self._changes()

    caption: Caption
    client_limits: bool
    log_mode: str
    allow_mixed_types: bool
    optional: bool | list[bool]
    _names: list[Name]
    _columns: list[Column]
    _types: dict[int, ColumnType]
    _typers: dict[int, Typer]
    _origin: Origin | None
    _place: MediaSource | None

    def __new__(cls, *args: Any, log_mode: str = IMMUTABLE, **kwargs: Any) -> Table:
        """A table, or, where it is to be logged row by row, an `IncrementalTable`."""
        return super().__new__(IncrementalTable if cls is Table and log_mode == INCREMENTAL else cls)

    def __init__(
        self,
        columns: Sequence[Name] | None = _DEFAULT_COLUMNS,
        data: Any = None,
        rows: Any = None,
        dataframe: Any = None,
        *,
        dtype: Any = None,
        optional: bool | Sequence[bool] = True,
        allow_mixed_types: bool = False,
        log_mode: str = IMMUTABLE,
        client_limits: bool = False,
    ) -> None:
        if log_mode not in LOG_MODES:
            raise ValueError(f"log_mode is one of {', '.join(LOG_MODES)}, not {log_mode!r}")
        self._clear(
            log_mode=log_mode, allow_mixed_types=bool(allow_mixed_types), client_limits=bool(client_limits)
        )
        given = dataframe if dataframe is not None else data if data is not None else rows
        unnamed = columns is None or columns is _DEFAULT_COLUMNS or dataframe is not None
        names = None if columns is None or unnamed else list(columns)
        names, cells, types = _columns_of(given, names)
        self._names = _checked_names(names)
        self._columns = [Column([]) for _ in names]
        self.optional = _spread(optional, len(names), "optional")
        declared = types if dtype is None else _declared(dtype, len(names))
        self._typers = {
            at: self._new_typer(each, optional=self._is_optional(at), mixed=self.allow_mixed_types)
            for at, each in enumerate(declared)
        }
        self._extend(cells)

    def _clear(self, **state: Any) -> None:
        """The state of a table without columns."""
        self._keep({})
        plain = {"caption": None, "log_mode": IMMUTABLE, "allow_mixed_types": False, "client_limits": False}
        plain["optional"] = True
        own: dict[str, Any] = {
            "_names": [],
            "_columns": [],
            "_types": {},
            "_typers": {},
            "_origin": None,
            "_place": None,
        }
        state = {**own, **plain, **state}
        for name, item in state.items():
            object.__setattr__(self, name, item)

    @classmethod
    def restore(
        cls,
        *,
        names: Sequence[Name] = (),
        columns: Sequence[Column] = (),
        types: Mapping[int, ColumnType] | None = None,
        origin: Origin | None = None,
        log_mode: str = IMMUTABLE,
        **fields: Any,
    ) -> Self:
        """A table straight from its columns, for codecs.

        Args:
            names: of the columns.
            columns: their cells.
            types: their types by place; of those that are missing it is worked out when it is needed.
            origin: where the table came from.
            log_mode: as in the constructor.
            fields: other attributes.
        """
        table = object.__new__(cls)
        table._clear(_names=list(names), _columns=list(columns), _origin=origin, log_mode=log_mode, **fields)
        table._types = dict(types or {})
        return table

    def replace(self, **changes: Any) -> Self:
        """A copy, cells and all, with other attributes."""
        twin = object.__new__(type(self))
        twin._clear(**self._state())
        twin._names = list(self._names)
        twin._columns = [column.snapshot() for column in self._columns]
        twin._types = {at: self._type(at) for at in range(len(self._names))}
        twin._typers = {}
        extra = changes.pop("extra", self.extra)
        for name, item in changes.items():
            setattr(twin, name, item)
        twin._keep(extra)
        return twin

    def snapshot(self) -> Self:
        """A copy that later changes of this one do not reach, nor those of tables in it; no cell is decoded for it."""
        twin = object.__new__(type(self))
        twin._clear(**self._state())
        twin._names = list(self._names)
        twin._columns = [column.snapshot() for column in self._columns]
        known = sorted(self._types.keys() | self._typers.keys())
        twin._types = {at: _type_at_rest(self._type(at)) for at in known}
        twin._typers = {}
        twin._keep(self.extra)
        return twin

    # -- what it holds ----------------------------------------------------------------------------------------

    @property
    def columns(self) -> list[Name]:
        """The names of the columns. A new list."""
        return list(self._names)

    @property
    def data(self) -> list[list[Any]]:
        """The rows, as lists of cells; every column is decoded.

        They are copies, for the cells are kept by column, and refuse to be changed: rows are added by `add_data`.
        """
        columns = [column.cells for column in self._columns]
        with at_rest():
            return Fixed(map(Fixed, zip(*columns, strict=True)))

    @property
    def column_types(self) -> dict[Name, ColumnType]:
        """The type of each column, by name; of several with one name the last, as on the wire."""
        return {name: self._type(at) for at, name in enumerate(self._names)}

    @property
    def nrows(self) -> int:
        """How many rows the table has; more than `len` gives where the copy that was read is cut."""
        said = self._origin.nrows if self._origin else None
        return len(self) if said is None else max(said, len(self))

    @property
    def source(self) -> str | None:
        """Which copy was read: ``"artifact"`` or ``"run"``; None for a table that was made or changed here."""
        return self._origin.source if self._origin else None

    @property
    def lossy(self) -> bool:
        """Whether the table may lack something of what was logged.

        That is so when the run's copy had to be read, whose media are words and whose moments are text, or when the copy
        is cut. `why_lossy` tells which.
        """
        return bool(self.why_lossy)

    @property
    def why_lossy(self) -> str:
        """What the table may lack, and what would help; empty when nothing."""
        origin = self._origin
        if origin is None:
            return ""
        said = []
        if origin.source == "run":
            why = f": {origin.reason}" if origin.reason else ""
            said.append(f"only the run's copy was read, which holds no media and no types{why}")
        if self.nrows > len(self):
            said.append(f"{len(self):,} of {self.nrows:,} rows are there, for the copy is cut")
        return "; ".join(said)

    def __len__(self) -> int:
        return len(self._columns[0]) if self._columns else 0

    def column(self, name: Name) -> list[Any]:
        """The cells of one column; those of the others are neither decoded nor opened. A new list.

        Raises:
            KeyError: there is no such column.
        """
        return list(self._columns[self._at(name)].cells)

    def get_column(self, name: Name, convert_to: str | None = None) -> Any:
        """The cells of one column, as a list or an array.

        Args:
            name: the column.
            convert_to: ``"numpy"`` for an array of numpy, None for a list.

        Raises:
            KeyError: there is no such column.
            ValueError: another conversion, or cells that make no array.
        """
        if convert_to not in (None, "numpy"):
            raise ValueError(f'convert_to is "numpy" or None, not {convert_to!r}')
        cells = self.column(name)
        if convert_to is None:
            return cells
        from . import native

        return native.column_array(cells)

    def get_index(self) -> list[TableIndex]:
        """The numbers of the rows, which as cells of another table refer to rows of this one."""
        return [TableIndex(row, self) for row in range(len(self))]

    def iterrows(self) -> Iterator[tuple[int, list[Any]]]:
        """Each row with its number; rows as those of `data`."""
        return enumerate(map(Fixed, zip(*(column.cells for column in self._columns), strict=True)))

    # -- changing it ------------------------------------------------------------------------------------------

    def add_data(self, *data: Any) -> None:
        """Add one row.

        Args:
            data: its cells, in the order of the columns.

        Raises:
            ValueError: more or fewer than there are columns.
            TypeError: a cell that does not go with its column; then nothing is added.
        """
        if len(data) != len(self._names):
            raise ValueError(
                f"a row has {len(data)} cells, and the table {len(self._names)} columns: {self._names}"
            )
        self._extend([[cell] for cell in data])

    def add_row(self, *row: Any) -> None:
        """An older name of `add_data`."""
        self.add_data(*row)

    def add_column(self, name: Name, data: Any, optional: bool = False) -> None:
        """Add one column.

        Args:
            name: its name.
            data: its cells, as many as there are rows: a list, an array of numpy, or a column of pandas, polars or
                pyarrow, whose numbers and moments become Python's own as those of a data frame do.
            optional: whether cells may be None.

        Raises:
            ValueError: another number of cells than there are rows, or a column of that name.
            TypeError: cells that do not go together, or a name that is none.
        """
        (name,) = _checked_names([name])
        if name in self._names:
            raise ValueError(f"the table has a column {name!r}; names are told apart")
        data = _listed(data)
        try:
            cells = take(data)
        except RecursionError:
            raise TypeError(f"column {name!r}: {_TOO_DEEP}") from None
        if self._names and len(cells) != len(self):
            raise ValueError(
                f"the column {name!r} has {len(cells):,} cells, and the table {len(self):,} rows"
            )
        typer = Typer(None, optional=optional, mixed=self.allow_mixed_types, of_value=offered_type)
        if TableIndex in set(map(type, data)):
            typer = self._index_typer(data, typer, (), name)
        _typed(typer, cells, name, 0)
        self._changes()
        self.optional = [*(self._is_optional(at) for at in range(len(self._names))), optional]
        self._typers[len(self._names)] = typer
        self._names.append(name)
        self._columns.append(Column(cells))

    def add_computed_columns(self, fn: Callable[[int, dict[Name, Any]], Mapping[Name, Any]]) -> None:
        """Add columns that are worked out from each row.

        Args:
            fn: takes a row's number and its cells by column; gives the new cells by column, the same ones for each row.

        Raises:
            TypeError: it gives no mapping.
            ValueError: it gives other columns for one row than for those before.
        """
        made: dict[Name, list[Any]] = {}
        for number, row in self.iterrows():
            found = fn(number, dict(zip(self._names, row, strict=True)))
            if not isinstance(found, Mapping):
                raise TypeError(f"row {number}: fn gave {type(found).__name__}, not cells by column")
            if number and set(found) != set(made):
                raise ValueError(f"row {number}: fn gave the columns {list(found)}, and {list(made)} before")
            for name, cell in found.items():
                made.setdefault(name, []).append(cell)
        for name, cells in made.items():
            self.add_column(name, cells)

    def cast(self, col_name: Name, dtype: Any, optional: bool = False) -> None:
        """Say what a column holds; the cells must be that already.

        Args:
            col_name: the column.
            dtype: as in the constructor.
            optional: whether cells may be None.

        Raises:
            KeyError: there is no such column.
            TypeError: a cell that is something else, or a type that is none.
        """
        at = self._at(col_name)
        typer = Typer(
            _declare(dtype),
            optional=optional,
            mixed=self.allow_mixed_types,
            of_value=offered_type,
        )
        _typed(typer, self._columns[at].cells, col_name, 0)
        self._changes()
        self._typers[at] = typer
        self._types.pop(at, None)

    def set_pk(self, col_name: Name) -> None:
        """Make a column of text the key that other tables refer to.

        Raises:
            KeyError: there is no such column.
            TypeError: its cells are no text.
        """
        self._set_type(col_name, ColumnType("primaryKey"))

    def set_fk(self, col_name: Name, table: Table, table_col: Name) -> None:
        """Make a column refer to the key of another table, which is stored along with this one.

        Raises:
            KeyError: there is no such column, here or there.
            TypeError: `table` is no table, or the cells are no text.
            ValueError: `table` is this table itself.
        """
        if not isinstance(table, Table):
            raise TypeError(f"set_fk takes a Table, not {type(table).__name__}")
        self._refuse_itself(table, col_name)
        table._at(table_col)
        self._set_type(col_name, ColumnType("foreignKey", {"table": table, "col_name": str(table_col)}))

    def _set_type(self, name: Name, key: ColumnType) -> None:
        at = self._at(name)
        for row, cell in enumerate(self._columns[at].cells):
            if not isinstance(cell, str):
                raise TypeError(f"column {name!r}, row {row}: a key is text, not {type(cell).__name__}")
        self._changes()
        self._typers.pop(at, None)
        self._types[at] = key

    # -- from and to other libraries --------------------------------------------------------------------------

    def to_pandas(self, *, media: str = "values") -> Any:
        """The table as a data frame of pandas.

        Ints, booleans, floats, text, datetimes and timedeltas get their dtype (moments with microseconds and zone), all
        else is objects. None among ints and booleans is ``NA`` of ``Int64`` and ``boolean``; among floats it is NaN, and
        only where there are NaN too the column is ``Float64``, which tells the two apart. Lost cells are None, warned.

        Args:
            media: ``"values"`` for cells such as `Image`, ``"struct"`` for dicts ``{"bytes", "path"}`` of their files.

        Raises:
            MissingExtra: pandas is not installed.
            LimitError: cells nested some hundred levels deep.
        """
        from . import native

        return native.to_pandas(self, media)

    get_dataframe = to_pandas

    def to_arrow(self, *, media: str = "struct") -> Any:
        """The table as a table of pyarrow.

        None is null everywhere, and NaN a number. Arrays of one dtype and shape are fixed-size lists, dicts structs,
        integers beyond 64 bits decimals, nested tables lists of structs, values without a file what their JSON says.
        Names are text.

        Args:
            media: ``"struct"`` for media as structs ``{bytes, path}``, as datasets hold them; ``"values"`` is not possible
                here, for Arrow holds no objects of Python.

        Raises:
            MissingExtra: pyarrow is not installed.
            LimitError: cells nested some hundred levels deep.
            ValueError: cells that no type of Arrow holds together.
        """
        from . import native

        return native.to_arrow(self, media)

    def to_polars(self, *, media: str = "struct") -> Any:
        """The table as a data frame of polars, whose types are those of `to_arrow`.

        Args:
            media: ``"struct"`` for media as structs ``{bytes, path}``, ``"values"`` for objects such as `Image`.

        Raises:
            MissingExtra: polars is not installed.
            LimitError: cells nested some hundred levels deep.
            ValueError: cells that no type of polars holds together, or two columns of one name.
        """
        from . import native

        return native.to_polars(self, media)

    # -- as a value -------------------------------------------------------------------------------------------

    @property
    def file(self) -> MediaFile:
        """The run's copy: the file that was read, while nothing has changed; else one that is written now."""
        origin = self._origin
        if origin is not None and origin.file is not None:
            return origin.file
        from .text import run_file

        return run_file(self)

    @property
    def origin(self) -> Origin | None:
        """Where the table came from; None for one that was made or changed here."""
        return self._origin

    @property
    def place(self) -> MediaSource | None:
        """Where the files are that its types name, also once it is no longer what was read."""
        return self._origin.place if self._origin else self._place

    def describe(self) -> str:
        """How many rows and columns there are, and their names."""
        names = ", ".join(printable(str(name)) for name in self._names[:6]) + (
            ", ..." if len(self._names) > 6 else ""
        )
        there = f"{len(self):,} of " if self.nrows > len(self) else ""
        shape = f"{there}{spell_count(self.nrows, 'row')} x {spell_count(len(self._names), 'column')}"
        return f"{shape}: {names}" if names else shape

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Table):
            return NotImplemented
        return (
            (self._names, self.log_mode, self.extra) == (other._names, other.log_mode, other.extra)
            and len(self) == len(other)
            and all(
                same_cells(mine.cells, theirs.cells)
                for mine, theirs in zip(self._columns, other._columns, strict=True)
            )
        )

    __hash__ = None  # type: ignore[assignment]  # a container, like a list

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.describe()})"

    def _state(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in ("caption", *Table.__slots__)}

    def __copy__(self) -> Self:
        return self.replace()

    def __getstate__(self) -> dict[str, Any]:
        types = {at: self._type(at) for at in range(len(self._names))}
        return {**self._state(), "extra": self.extra, "_types": types, "_typers": {}}

    def __setstate__(self, state: dict[str, Any]) -> None:
        extra = state.pop("extra")
        self._clear(**state)
        self._keep(extra)

    # -- below ------------------------------------------------------------------------------------------------

    def _at(self, name: Name) -> int:
        """Where a column is; the first of several with one name."""
        try:
            return self._names.index(name)
        except ValueError:
            raise KeyError(f"there is no column {name!r}; there are {self._names}") from None

    def _is_optional(self, at: int) -> bool:
        return self.optional[at] if isinstance(self.optional, list) else self.optional

    def _type(self, at: int) -> ColumnType:
        """The type of a column: as it was read, or as its cells have it."""
        if at in self._types:
            return self._types[at]
        return self._typer(at).type

    def _typer(self, at: int) -> Typer:
        """What watches over the type of a column; of one that was read it begins with the type that it said."""
        typer = self._typers.get(at)
        if typer is None:
            said = self._types.get(at)
            mixed = self.allow_mixed_types and (said is None or said.name not in column_types.KEYS)
            typer = self._new_typer(said, optional=said is None or (mixed and said.optional), mixed=mixed)
            if said is None:
                try:  # it was read without types, and may hold several, or what has none that can be told
                    typer.extend(self._columns[at].cells)
                except (TypeError, RecursionError, DecodeError):
                    typer = self._new_typer(None, optional=True, mixed=True)
            self._typers[at] = typer
        return typer

    def _new_typer(self, declared: ColumnType | None, *, optional: bool, mixed: bool) -> Typer:
        return Typer(declared, optional=optional, mixed=mixed, of_value=offered_type)

    def _extend(self, cells: Sequence[Sequence[Any]]) -> None:
        """Add cells to each column, or to none when one of them does not go with its column."""
        before = [(self._type(at), self._typer(at)) for at in range(len(self._names))]
        typers = [typer for _, typer in before]
        taken = []
        try:
            for at, (name, added) in enumerate(zip(self._names, cells, strict=True)):
                kinds = set(map(type, added))
                taken.append(_taken(added, kinds, name, len(self)))
                if TableIndex in kinds:
                    typers[at] = self._index_typer(added, typers[at], self._columns[at].cells, name)
                _typed(typers[at], taken[-1], name, len(self))
        except BaseException as error:
            for kind, typer in before:
                typer.type = kind
            if isinstance(error, RecursionError):
                raise TypeError(_TOO_DEEP) from None
            raise
        self._changes()
        self._typers.update(enumerate(typers))
        for at, added in enumerate(taken):
            self._columns[at].cells.extend(added)
            self._types.pop(at, None)

    def _index_typer(self, added: Sequence[Any], typer: Typer, cells: Sequence[Any], name: Name) -> Typer:
        """What watches over a column that refers to the rows of another table from now on, as with the client."""
        table = next(cell.table for cell in added if type(cell) is TableIndex)
        if typer.type.params.get("table") is table:
            return typer
        self._refuse_itself(table, name)
        index = ColumnType("foreignIndex", {"table": table})
        typer = Typer(index, optional=False, of_value=offered_type)
        _typed(typer, cells, name, 0)
        return typer

    def _refuse_itself(self, table: Table, name: Name) -> None:
        if table is self:
            raise ValueError(f"column {name!r} refers to the table that it is in; give another table")

    def _changes(self) -> None:
        """The table is no longer what was read: what was said beside it holds no more."""
        if self._origin is not None:
            self._place = self._origin.place
            self._origin = None
            self._keep({})


class IncrementalTable(Table):
    """A table that is logged as it grows: each log writes the rows that came since the last into the same store.

    Attributes:
        logged: by store, how far it was written there; shared with its snapshots.
        begun: whether rows were taken to be logged.
    """

    __slots__ = ("begun", "logged")

    logged: dict[Any, Logged]
    begun: bool

    def _clear(self, **state: Any) -> None:
        super()._clear(**{"logged": {}, "begun": False, **state, "log_mode": INCREMENTAL})

    def snapshot(self) -> Self:
        """A copy that later changes do not reach. What of it is written counts as written of this one: write in order."""
        self.begun = True
        twin = super().snapshot()
        twin.logged = self.logged
        return twin

    def add_column(self, name: Name, data: Any, optional: bool = False) -> None:
        """Refused once rows were logged: they would lack it.

        Raises:
            ValueError: rows were logged.
        """
        if self.logged or self.begun:
            raise ValueError(
                f"the column {name!r} cannot be added: rows of this incremental table were logged already"
            )
        super().add_column(name, data, optional)


def _type_at_rest(declared: ColumnType) -> ColumnType:
    """A column's type, where the table that it refers to is as it is now."""
    table = declared.params.get("table")
    if not isinstance(table, Table):
        return declared
    return evolve(declared, params={**declared.params, "table": table.snapshot()})


@frozen
class Logged:
    """How far an incremental table was written into one store.

    Attributes:
        rows: how many rows.
        urls: where each increment is.
    """

    rows: int = 0
    urls: tuple[str, ...] = ()


class TableIndex(int):
    """The number of a row of another table, as a cell that refers to it.

    Attributes:
        table: that table.
    """

    table: Table

    def __new__(cls, row: int, table: Table) -> Self:
        """A number that knows its table."""
        made = super().__new__(cls, row)
        made.table = table
        return made


# -- tables of tables -----------------------------------------------------------------------------------------


def _part(part: Any, what: str) -> Any:
    if isinstance(part, Table | Linked | Opaque) or type(part) is str:
        return part
    raise TypeError(f"{what} is a table, or its path in the artifact, not {type(part).__name__}")


def _joinable(part: Any, what: str) -> Any:
    return part if isinstance(part, PartitionedTable) else _part(part, what)


@frozen(init=False)
class JoinedTable(WBValue):
    """Two tables of one artifact that are joined by a column.

    Args:
        table1: a table, one in parts too, or its path in the artifact. As with the client it is no joined one: give
            ``joined.to_table()``.
        table2: another.
        join_key: the column that both have, or one of each.

    Attributes:
        table1: the left table; `Linked` where it could not be read, with the reason.
        table2: the right one.
        join_key: as given.

    Raises:
        TypeError: something else.
    """

    table1: Any = field(hash=False)
    table2: Any = field(hash=False)
    join_key: Name | tuple[Name, Name]
    paths: tuple[str, str] | None = field(default=None, eq=False, repr=False, kw_only=True)
    place: Any = field(default=None, eq=False, repr=False, kw_only=True)

    def __init__(self, table1: Any, table2: Any, join_key: Name | Sequence[Name]) -> None:
        if not isinstance(join_key, str | int):
            if len(join_key) != 2:
                raise TypeError(f"join_key is one column, or one of each table, not {join_key!r}")
            join_key = (join_key[0], join_key[1])
        self.__attrs_init__(
            table1=_joinable(table1, "table1"), table2=_joinable(table2, "table2"), join_key=join_key
        )

    @property
    def keys(self) -> tuple[Name, Name]:
        """The column of each table."""
        return self.join_key if isinstance(self.join_key, tuple) else (self.join_key, self.join_key)

    def to_table(self, how: str = "inner") -> Table:
        """The rows of both as one table.

        Columns are those of the first table, then those of the second but its key; where both have a name, the
        second's gets the suffix ``_2``. A key that stands in several rows joins each with each.

        Args:
            how: ``"inner"`` for rows whose key both have, ``"left"`` for all of the first, ``"outer"`` for all of both.

        Raises:
            ValueError: another way to join.
            DecodeError: a table that was not read, or has no such column.
            LimitError: more rows than `Limits` allows.
        """
        from .joining import join

        return join(self, how)

    def describe(self) -> str:
        """What is joined by what."""
        left, right = self.keys
        keys = [shortened(repr(key)) for key in dict.fromkeys((left, right))]
        return f"joined by {' and '.join(keys)}"


@frozen(init=False)
class PartitionedTable(WBValue):
    """A table in parts: those below one folder of an artifact, in the order of their names.

    Args:
        parts_path: the folder.
        parts: the tables that it has, by their names in it, as ``"a.table.json"``.

    Attributes:
        parts_path: as given.
        parts: the tables by name, sorted; `Linked` where they could not be read, with the reason.

    Raises:
        TypeError: a folder that is no path, or parts that are no tables.
        ValueError: a part whose name does not end in ``.table.json``.
    """

    parts_path: str
    parts: Mapping[str, Any] = field(hash=False)
    place: Any = field(default=None, eq=False, repr=False, kw_only=True)

    def __init__(self, parts_path: str, parts: Mapping[str, Any] | None = None) -> None:
        if not isinstance(parts_path, str | os.PathLike):
            raise TypeError(f"parts_path is a folder of the artifact, not {type(parts_path).__name__}")
        given = {str(name): _part(part, f"part {name!r}") for name, part in (parts or {}).items()}
        other = next((name for name in given if not name.endswith(TABLE_SUFFIX)), None)
        if other is not None:
            raise ValueError(f"the part {other!r} would not be found: names end in {TABLE_SUFFIX}")
        self.__attrs_init__(parts_path=os.fspath(parts_path), parts=FrozenMap(sorted(given.items())))

    def to_table(self) -> Table:
        """The rows of all parts as one table.

        Raises:
            DecodeError: parts with other columns, or that were not read.
            LimitError: more rows than `Limits` allows.
        """
        from .joining import concatenate

        return concatenate(self)

    def iterrows(self) -> Iterator[tuple[int, list[Any]]]:
        """Each row of each part, with a number that counts on through the parts."""
        return self.to_table().iterrows()

    def describe(self) -> str:
        """How many parts there are, and where."""
        return f"{spell_count(len(self.parts), 'part')} below {shortened(repr(self.parts_path))}"


# -- what users give ------------------------------------------------------------------------------------------


def offered_type(value: WBValue) -> JsonObject:
    """The type of a column of such values, as the value's plugin offers it; `any` where wandb has no such type.

    Its reader refuses the whole table for a type that it does not know, and for a plain object that is none of its own.
    """
    try:
        offered = default_registry().owner(type(value)).codec.column_type(value)
    except (EncodeError, PluginError):  # nobody here knows more of it
        return {"wb_type": "any"}
    return offered if offered.get("wb_type") in TYPED_TAGS | {"pythonObject"} else {"wb_type": "any"}


def _tag_of(value: WBValue) -> str:
    try:
        return default_registry().owner(type(value)).tag
    except (EncodeError, PluginError):
        return ""


def class_type(cls: type) -> JsonObject:
    """The type of a column of a class's values, before there is one."""
    loaded = default_registry().owner(cls)
    if loaded.tag in TYPED_TAGS:
        return {"wb_type": loaded.tag}
    if type(loaded.codec).column_type is Codec.column_type:
        return {"wb_type": "any"}
    return {"wb_type": "pythonObject", "params": {"class_name": cls.__name__}}


TYPED_TAGS = frozenset(
    (
        "audio-file",
        "bokeh-file",
        "html-file",
        "image-file",
        "joined-table",
        "object3D-file",
        "partitioned-table",
        "table",
        "video-file",
        "wb_trace_tree",
    )
)
"""The tags that are column types, too; other classes are plain objects to the client."""


def _typed(typer: Typer, cells: Sequence[Any], name: Name, first: int) -> None:
    try:
        typer.extend(cells)
    except Mismatch as error:
        raise TypeError(
            f"column {name!r}, row {first + error.index}: the cell is {error.found.spell()}, and the column holds "
            f"{error.wanted.spell()}; give one type, or allow_mixed_types=True"
        ) from None


def _taken(cells: Sequence[Any], kinds: set[type], name: Name, first: int) -> list[Any]:
    """Cells as a table holds them."""
    try:
        return take(cells, kinds=kinds)
    except TypeError:
        for row, cell in enumerate(cells):  # which one it was is asked only now
            try:
                take([cell])
            except TypeError as error:
                raise TypeError(f"column {name!r}, row {first + row}: the cell {error}") from None
        raise


def _columns_of(data: Any, names: list[Name] | None) -> tuple[list[Name], list[Any], list[ColumnType | None]]:
    """The columns of what a user gave as data: their names, the cells of each, and the types that data frames say."""
    if data is None:
        names = list(_DEFAULT_COLUMNS) if names is None else names
        return names, [[] for _ in names], [None] * len(names)
    if isinstance(data, str | bytes | Mapping):
        raise TypeError(f"data is rows, an array or a data frame, not {type(data).__name__}")
    if not isinstance(data, list | tuple):
        from . import native

        found = native.columns_of(data, names, _DEFAULT_COLUMNS)
        if found is not None:
            return found
        data = list(data)
    if data and isinstance(data[0], Mapping):
        names, cells = _of_dicts(data, names)
    else:
        names, cells = _of_rows(data, list(_DEFAULT_COLUMNS) if names is None else names)
    return names, cells, [None] * len(names)


def _of_rows(rows: Sequence[Any], names: list[Name]) -> tuple[list[Name], list[Any]]:
    try:
        lengths = set(map(len, rows))
    except TypeError:
        lengths = set()
    if not rows:
        return names, [[] for _ in names]
    if lengths != {len(names)}:
        row, found = next((at, each) for at, each in enumerate(rows) if not _is_row(each, len(names)))
        what = (
            f"has {len(found)} cells"
            if hasattr(found, "__len__")
            else f"is {type(found).__name__}, not cells"
        )
        raise ValueError(f"row {row} {what}, and there are {len(names)} columns: {names}")
    return names, list(zip(*rows, strict=True))


def _is_row(row: Any, length: int) -> bool:
    return hasattr(row, "__len__") and len(row) == length


def _of_dicts(rows: Sequence[Any], names: list[Name] | None) -> tuple[list[Name], list[Any]]:
    """Rows by column; a cell that a row does not have is None."""
    for at, row in enumerate(rows):
        if not isinstance(row, Mapping):
            raise TypeError(f"row {at} is {type(row).__name__}, and those before are dicts")
    if names is None:
        names = list(dict.fromkeys(name for row in rows for name in row))
    return names, [[row.get(name) for row in rows] for name in names]


def _checked_names(names: Iterable[Any]) -> list[Name]:
    checked: list[Name] = []
    for name in names:
        if isinstance(name, bool) or not isinstance(name, str | int):
            item = getattr(name, "item", None)
            name = item() if item is not None else name
        if isinstance(name, bool) or not isinstance(name, str | int):
            raise TypeError(f"the name of a column is text or an int, not {type(name).__name__}")
        checked.append(str(name) if isinstance(name, str) else int(name))
    return checked


def _spread(given: Any, count: int, what: str) -> Any:
    """One for all, or one for each."""
    if isinstance(given, bool):
        return given
    if len(given) != count:
        raise ValueError(f"{what} has {len(given)} entries for {count} columns")
    return [bool(each) for each in given]


def _declared(dtype: Any, count: int) -> list[ColumnType]:
    if isinstance(dtype, list | tuple):
        if len(dtype) != count:
            raise ValueError(f"dtype has {len(dtype)} entries for {count} columns")
        return [_declare(each) for each in dtype]
    return [_declare(dtype)] * count


def _declare(dtype: Any) -> ColumnType:
    """The column type that a user means; a set of classes means their ids."""
    if isinstance(dtype, WBValue) and _tag_of(dtype) == "classes":
        ids = [ColumnType("const", {"val": each["id"], "is_set": False}) for each in dtype.class_set]  # type: ignore[attr-defined]
        return ColumnType("classesId", {"classes_obj": dtype, "valid_ids": ColumnType.union(*ids)})
    return column_types.declared(dtype, of_class=class_type, of_value=offered_type)


def _listed(data: Any) -> list[Any]:
    if isinstance(data, str | bytes | Mapping):
        raise TypeError(f"the cells of a column are a list or an array, not {type(data).__name__}")
    if isinstance(data, list | tuple):
        return list(data)
    from . import native

    cells = native.cells_of(data)
    return list(data) if cells is None else cells
