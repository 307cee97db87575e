"""How the cells of one column travel: as the artifact's JSON with what that loses, and as the run's words."""

from __future__ import annotations

import datetime
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import chain
from typing import Any

from attrs import define, field, frozen

from wbtypes_core import Code, DecodeContext, DecodeError, EncodeContext, Media, MediaFile, Opaque, WBValue
from wbtypes_core.codec import EXACT
from wbtypes_core.files import reason_of
from wbtypes_core.jsonio import JsonObject, kind

from . import exact
from .column_nodes import BOOLEAN, NUMBER, ColumnType, optional
from .exact import Note
from .lost import WORDS, Lost

EMBEDDED = 150
"""Elements up to which one-dimensional arrays stand in the JSON itself; others go to a file beside it."""

SIDE_FOLDER = "media/serialized_data"

_STRICT = frozenset((str, int, bool, type(None)))
_NUMBERS = _STRICT | {float}
_COUNTS = _NUMBERS - {str}
_MOMENTS = frozenset((datetime.datetime, datetime.date, type(None)))
_NESTED = frozenset((list, dict))
_LISTS = frozenset((list, type(None)))
_EXACT = frozenset(("nan", "times", "zone", "micros", "array", "arrays", "npy", "each", "notes", "type"))
"""What may be said of a column beside its JSON, as far as it is known here."""

# -- writing --------------------------------------------------------------------------------------------------


@define
class Written:
    """The cells of a column as JSON.

    Attributes:
        cells: the JSON, one for each row.
        exact: what it loses; empty when nothing.
        type: the column's type, where writing says more of it than before (the file of its arrays).
        finite: whether all numbers in it are; others are bare tokens, which not every writer of JSON knows.
    """

    cells: list[Any]
    exact: JsonObject = field(factory=dict)
    type: ColumnType | None = None
    finite: bool = True


def write(
    cells: list[Any],
    declared: ColumnType,
    name: str,
    ctx: EncodeContext,
    at: int,
    kinds: frozenset[type] | None = None,
) -> Written:
    """The cells of a column in the artifact's form.

    Args:
        cells: as the table holds them.
        declared: the column's type.
        name: the column's name.
        ctx: the artifact's context.
        at: the column's place, for messages.
        kinds: the classes of the cells, where they are known.

    Raises:
        EncodeError: a cell that cannot be written, with its place.
    """
    if kinds is None:
        kinds = frozenset(map(type, cells))
    if kinds <= _STRICT:
        return Written(cells)
    if kinds <= _NUMBERS:
        return _numbers(cells, kinds)
    if kinds <= _MOMENTS and _holds_moments(declared):
        return _moments(cells)
    if kinds <= _array_kinds(kinds):
        return _arrays(cells, declared, name, ctx)
    alike = _plain_lists(cells, kinds) or _scalars(cells, kinds, moments=_holds_moments(declared))
    if alike is not None:
        return alike
    return _mixed(cells, ctx, at, moments=_holds_moments(declared))


def _holds_moments(declared: ColumnType | None) -> bool:
    """Whether numbers in a column are moments."""
    names = {part.name for part in declared.parts} if declared is not None else set()
    return "timestamp" in names and "number" not in names


def holds_moments(declared: ColumnType | None) -> bool:
    """Whether a column's moments have another form in an artifact than in a run."""
    return _holds_moments(declared) or _holds_old_moments(declared)


def _holds_old_moments(declared: ColumnType | None) -> bool:
    """Whether a column holds moments as clients before 0.12 wrote them: as text, and those of pandas as nanoseconds."""
    parts = declared.parts if declared is not None else ()
    classes = {part.params.get("class_name") for part in parts if part.name == "pythonObject"}
    return bool(classes & {"datetime", "date", "datetime64"}) and all(
        part.name in ("none", "pythonObject") for part in parts
    )


def _numbers(cells: list[Any], kinds: frozenset[type]) -> Written:
    if _are_finite(cells, kinds):
        return Written(cells)
    nans = [row for row, cell in enumerate(cells) if cell != cell]
    if nans:
        cells = list(cells)
        for row in nans:
            cells[row] = None
    # null is NaN everywhere, unless None is there too
    said: Any = True if type(None) not in kinds else nans
    return Written(cells, {"nan": said} if nans else {}, finite=_are_finite(cells, kinds | {type(None)}))


def _plain_lists(cells: Sequence[Any], kinds: frozenset[type]) -> Written | None:
    """Lists of finite numbers and text alone, which JSON says as they are; None of all else."""
    if not kinds <= _LISTS:
        return None
    items = list(chain.from_iterable(filter(None, cells)))
    inner = frozenset(map(type, items))
    if not (inner <= _NUMBERS and _are_finite(items, inner)):
        return None
    return Written([None if cell is None else cell.copy() for cell in cells])


def _are_finite(cells: Sequence[Any], kinds: frozenset[type]) -> bool:
    """Whether all numbers among scalars are finite: their sum is, or else each by itself."""
    floats = cells if str not in kinds else [cell for cell in cells if type(cell) is float]
    try:
        if math.isfinite(sum(filter(None, floats) if type(None) in kinds else floats)):
            return True
    except OverflowError:  # integers that no float holds
        pass
    return all(math.isfinite(cell) for cell in cells if type(cell) is float)


def _moments(cells: list[Any]) -> Written:
    """Moments as milliseconds, and beside them what these lose: microseconds, the zone, that it was a date."""
    micros = [None if cell is None else exact.microseconds(cell) for cell in cells]
    made = Written([None if each is None else each // 1000 for each in micros])
    names = {
        exact.zone_name(cell) if isinstance(cell, datetime.datetime) else datetime.date
        for cell in cells
        if cell is not None
    }
    if len(names) > 1 or not all(map(exact.is_regular, _odd_moments(cells))):
        writer = exact.Writer(_no_value)
        for row, cell in enumerate(cells):
            if cell is not None:
                writer.cell(cell, (row,))
        return Written([cell and exact.milliseconds(cell) for cell in cells], {"notes": writer.notes})
    for name in names:
        made.exact = {"times": "date"} if name is datetime.date else {"times": "zone", "zone": name}
    rest = [None if each is None else each % 1000 for each in micros]
    if any(rest):
        made.exact["micros"] = rest
    return made


def _odd_moments(cells: list[Any]) -> Iterable[datetime.datetime]:
    """Moments in a zone, of which UTC may not tell all."""
    return (cell for cell in cells if isinstance(cell, datetime.datetime) and cell.tzinfo is not None)


def _no_value(cell: Any, path: exact.Path) -> Any:
    raise AssertionError(f"{cell!r} is no moment")


def _scalars(cells: list[Any], kinds: frozenset[type], *, moments: bool) -> Written | None:
    """Scalars of numpy that are all of one dtype, which is said once; None of all else."""
    array = _stacked(cells, kinds)
    if array is None:
        return None
    from . import native

    if native.is_told(array.dtype):
        numbers = _spread(array.tolist(), cells)
        made = _numbers(numbers, frozenset(map(type, numbers)))
        made.exact["each"] = ["numpy", [array.dtype.str, None]]
        return made
    json = map(native.moment, array) if moments else native.listed(array)
    return Written(_spread(json, cells), {"npy": native.npy_text(array)})


def _stacked(cells: list[Any], kinds: frozenset[type]) -> Any:
    """Those of a column's scalars that are there as one array, where all are numpy's of one dtype; else None."""
    classes = kinds - {type(None)}
    if len(classes) != 1 or not all(each.__module__ == "numpy" for each in classes):
        return None
    from . import native

    return native.stacked(_there(cells))


def _there(cells: list[Any]) -> list[Any]:
    return [cell for cell in cells if cell is not None]


def _spread(items: Iterable[Any], cells: list[Any]) -> list[Any]:
    """Items in the places of the cells that are there."""
    rest = iter(items)
    return [None if cell is None else next(rest) for cell in cells]


def _array_kinds(kinds: frozenset[type]) -> set[type]:
    """Numpy's arrays and nothing, where arrays are among these."""
    arrays = {each for each in kinds if each.__module__ == "numpy" and each.__name__ == "ndarray"}
    return arrays | {type(None)} if arrays else set()


def _arrays(cells: list[Any], declared: ColumnType, name: str, ctx: EncodeContext) -> Written:
    """Arrays: short ones in the JSON, others in one file beside it."""
    from . import native

    if native.embeddable(cells, EMBEDDED):
        made: list[Any] = []
        odd: list[Any] = []
        for cell in cells:
            made.append(None if cell is None else native.unsaid(cell))
            odd += [made[-1]] if cell is not None and not native.is_finite(cell) else []
        kind = _listed_type(cells, declared, nulls=any(None in each for each in odd))
        return Written(made, {"array": native.dtype_text(cells)}, kind, is_finite(odd))
    stacked = native.stackable(cells) and any(part.name == "ndarray" for part in declared.parts)
    key = name if native.is_member(name) else _NAMELESS
    data = native.npz(cells, key, stacked=stacked)
    ref = ctx.put(data, SIDE_FOLDER)
    empty: list[Any] = [None] * len(cells)
    if stacked:
        path = {"path": ref.path, "key": key}
        arrays = ColumnType("ndarray", {"shape": list(cells[0].shape), "serialization_path": path})
        return Written(empty, type=declared.put("ndarray", arrays))
    # one shape for all is what the client can read; these are for us alone
    other = ColumnType("pythonObject", {"class_name": "ndarray"})
    return Written(empty, {"arrays": ctx.describe(ref)}, declared.put("ndarray", other))


_NAMELESS = "column"
"""The key of arrays in a file where the name of their column cannot be one."""


def _listed_type(cells: list[Any], declared: ColumnType, *, nulls: bool) -> ColumnType:
    """The type of a column whose arrays stand in the JSON as lists; without None in it that is a list's, as the client has it.

    Lists of booleans, or with NaN, are said to be that, which the client does not: it cannot read its own.
    """
    arrays = [cell for cell in cells if cell is not None]
    element = BOOLEAN if arrays[0].dtype.kind == "b" else NUMBER
    listed = ColumnType.list_of(optional(element) if nulls else element, min(map(len, arrays)))
    whole = declared.put("ndarray", listed)
    return whole if whole == declared or len(arrays) < len(cells) else listed


def _mixed(cells: list[Any], ctx: EncodeContext, at: int, *, moments: bool) -> Written:
    """Cells of whatever kind, one by one; in a column of moments these are milliseconds."""
    row = 0

    def value(cell: Any, path: exact.Path) -> Any:
        return ctx.encode(cell, "data", row, at, *path[1:])

    for cell in cells:  # all before the first is written, which is quicker
        if isinstance(cell, Media):
            with suppress(Exception):  # which is told, with its place, when the file is stored
                cell.file.prepare()
    writer = exact.Writer(value)
    made = []
    for row, cell in enumerate(cells):  # `value` reads the row
        json = writer.cell(cell, (row,))
        made.append(_milliseconds(cell, json) if moments else json)
    return Written(made, _said(writer.notes, made), finite=is_finite(made))


def _said(notes: list[Note], json: list[Any]) -> JsonObject:
    """What notes say of a column: once, where each cell that is there has the same one."""
    if not notes:
        return {}
    first = notes[0][1:]
    alike = all(len(path) == 1 and said == first for path, *said in notes)
    if alike and len(notes) == len(json) - json.count(None):
        return {"each": first}
    return {"notes": notes}


def _milliseconds(cell: Any, json: Any) -> Any:
    if isinstance(cell, datetime.date):
        return exact.milliseconds(cell)
    if hasattr(cell, "dtype"):
        from . import native

        return json if (number := native.moment(cell)) is None else number
    return json


def is_finite(json: Any) -> bool:
    """Whether all numbers in some JSON are."""
    todo = [json]
    while todo:
        item = todo.pop()
        if type(item) is float and not math.isfinite(item):
            return False
        if type(item) is list:
            todo.extend(item)
        elif type(item) is dict:
            todo.extend(item.values())
    return True


def words(cells: list[Any], kinds: frozenset[type] | None = None) -> Written:
    """The cells of a column in the run's form: text for moments, lists for arrays, the class's name for media."""
    if kinds is None:
        kinds = frozenset(map(type, cells))
    if kinds <= _STRICT:
        return Written(cells)
    if kinds <= _NUMBERS:
        return Written(cells, finite=_are_finite(cells, kinds))
    if kinds <= _MOMENTS:
        return Written([None if cell is None else cell.isoformat() for cell in cells])
    plain = _plain_lists(cells, kinds)
    if plain is not None:
        return plain
    array = _stacked(cells, kinds)
    if array is None:
        made = [_word(cell) for cell in cells]
    else:
        from . import native

        made = _spread(native.listed(array), cells)
    return Written(made, finite=is_finite(made))


def _word(cell: Any) -> Any:
    if type(cell) in _NUMBERS:
        return cell
    if isinstance(cell, Lost):
        return cell.word
    if isinstance(cell, Opaque):
        return cell.tag or _word(cell.node)
    if isinstance(cell, WBValue):
        return _WIRE_NAMES.get(type(cell).__name__, type(cell).__name__)
    if type(cell) is list or type(cell) is tuple:
        return [_word(item) for item in cell]
    if type(cell) is dict:
        return {_key(key): _word(item) for key, item in cell.items()}
    if hasattr(cell, "dtype"):
        from . import native

        return native.listed(cell)
    if isinstance(cell, bytes | bytearray):
        return cell.decode("utf-8", "backslashreplace")
    from wbtypes_core.plain import to_plain

    return _word(to_plain(cell))


_WIRE_NAMES = {"TraceTree": "WBTraceTree", "IncrementalTable": "Table"}
"""Classes that the client calls otherwise."""


def _key(key: Any) -> str:
    from wbtypes_core.plain import key_text

    return key if type(key) is str else key_text(key, "this cell")


# -- reading --------------------------------------------------------------------------------------------------

Reader = Callable[[list[Any]], list[Any]]


class Column:
    """The cells of one column, which are made of JSON when they are first asked for.

    Args:
        cells: the cells, or their JSON where a reader is given.
        reader: makes cells of that JSON.
    """

    __slots__ = ("_cells", "_json", "_kinds", "_reader")

    def __init__(self, cells: list[Any], reader: Reader | None = None) -> None:
        self._cells = cells
        self._reader = reader
        self._kinds: tuple[int, frozenset[type]] | None = None
        self._json: Written | None = None
        if isinstance(reader, ArtifactReader) and reader.keeps:
            self._json = Written(cells, reader.exact)

    @property
    def json(self) -> Written | None:
        """The JSON as it was read, where the cells are not written as the same; else None."""
        if self._json is None:
            self.cells  # noqa: B018 - whether they can be made of it is seen only then
        return self._json

    @property
    def cells(self) -> list[Any]:
        """The cells themselves."""
        reader = self._reader
        if reader is not None:
            self._cells, unread = _read(reader, self._cells)
            self._json = unread or self._json
            self._reader = None
        return self._cells

    @property
    def kinds(self) -> frozenset[type]:
        """The classes of the cells; as cells are added and never changed, their number tells whether it still holds."""
        cells, known = self.cells, self._kinds
        if known is None or known[0] != len(cells):
            known = self._kinds = len(cells), frozenset(map(type, cells))
        return known[1]

    @classmethod
    def chain(cls, columns: Sequence[Column]) -> Column:
        """Columns one after the other, those that are JSON still not decoded."""
        pieces = [(len(column), column._reader) for column in columns]
        cells = [cell for column in columns for cell in column._cells]
        return cls(cells, _Pieces(pieces) if any(reader for _, reader in pieces) else None)

    def snapshot(self) -> Column:
        """A copy that cells added later do not reach; what is still JSON stays so."""
        cells, reader = list(self._cells), self._reader
        if reader is None and any(each.snapshot is not WBValue.snapshot for each in _values(self.kinds)):
            cells = [cell.snapshot() if isinstance(cell, WBValue) else cell for cell in cells]
        twin = Column(cells, reader)
        twin._json, twin._kinds = self._json, self._kinds
        return twin

    def __len__(self) -> int:
        return len(self._cells)

    def __reduce__(self) -> tuple[Any, ...]:
        return Column, (self.cells,)


def _read(reader: Reader, json: list[Any]) -> tuple[list[Any], Written | None]:
    """The cells of a column; where they cannot be made they are `Opaque`, and the JSON is to be kept beside them."""
    try:
        return reader(json), None
    except DecodeError as error:
        if not isinstance(reader, ArtifactReader):
            raise
        return reader.unread(json, error), Written(json, reader.exact)


def _values(kinds: Iterable[type]) -> Iterator[type[WBValue]]:
    """Those among classes that are of values."""
    return (kind for kind in kinds if issubclass(kind, WBValue))


@frozen
class _Pieces:
    """Makes the cells of a column that is several, each with its own reader."""

    pieces: Sequence[tuple[int, Reader | None]]

    def __call__(self, json: list[Any]) -> list[Any]:
        cells: list[Any] = []
        for count, reader in self.pieces:
            piece = json[len(cells) : len(cells) + count]
            cells += _read(reader, piece)[0] if reader else piece
        return cells


@frozen
class ArtifactReader:
    """Makes the cells of a column of an artifact's table.

    Attributes:
        ctx: the artifact's context.
        type: the column's type, None where the table says none.
        exact: what the JSON loses.
        at: the column's place, for messages.
        scalars: whether the JSON is known to be scalars alone.
    """

    ctx: DecodeContext
    type: ColumnType | None
    exact: JsonObject
    at: int
    scalars: bool = False

    def __call__(self, json: list[Any]) -> list[Any]:
        """The cells; one that cannot be read is `Opaque`, with the reason.

        Raises:
            DecodeError: what is said of the whole column does not go with its cells.
        """
        cells = json
        if not (self.scalars or _NESTED.isdisjoint(map(type, json))):
            cells = [
                self._cell(row, item) if type(item) in _NESTED else item for row, item in enumerate(json)
            ]
        return self._exactly(self._typed(cells), json)

    @property
    def is_idle(self) -> bool:
        """Whether the cells are the JSON itself."""
        return self.scalars and not (self.exact or holds_moments(self.type) or self._side)

    @property
    def keeps(self) -> bool:
        """Whether the JSON may say more than the cells: fractions of milliseconds, as some clients wrote, or what is not known."""
        return holds_moments(self.type) or not self.exact.keys() <= _EXACT

    def unread(self, json: list[Any], error: DecodeError) -> list[Any]:
        """The cells of a column that cannot be read.

        Raises:
            DecodeError: that of them is what the caller asked for.
        """
        if self.ctx.on_unknown == "raise":
            raise error.under("data", self.at) from error.__cause__
        return [self._opaque(item, error) for item in json]

    def _opaque(self, json: Any, error: DecodeError, notes: Sequence[Note] = ()) -> Opaque:
        tag = json.get("_type") if type(json) is dict else None
        return Opaque(
            tag if type(tag) is str else "",
            json,
            reason_of(error),
            source=self.ctx.source,
            extra={EXACT: {"notes": list(notes)}} if notes else {},
        )

    def _cell(self, row: int, json: Any) -> Any:
        if type(json) is list and _NESTED.isdisjoint(map(type, json)):
            return json.copy()
        try:
            return self.ctx.decode(json, "data", row, self.at)
        except DecodeError as error:
            if self.ctx.on_unknown == "raise":
                raise
            return self._opaque(json, error)

    @property
    def _side(self) -> Mapping[str, Any] | None:
        """Where the arrays of the column are, if it is one of arrays in a file."""
        parts = self.type.parts if self.type is not None else ()
        arrays = next((part for part in parts if part.name == "ndarray"), None)
        path = arrays.params.get("serialization_path") if arrays is not None else None
        return path if isinstance(path, Mapping) else None

    def _typed(self, cells: list[Any]) -> list[Any]:
        """Moments and arrays, which only the column's type tells."""
        if "npy" in self.exact:
            return cells
        if _holds_moments(self.type):
            return [exact.moment_of(cell) if type(cell) in (int, float) else cell for cell in cells]
        if _holds_old_moments(self.type):
            return [_parsed(cell) for cell in cells]
        path = self._side
        return cells if path is None or "arrays" in self.exact else self._stacked(cells, path)

    def _stacked(self, cells: list[Any], path: Mapping[str, Any]) -> list[Any]:
        from . import native

        if not isinstance(path.get("path"), str) or not isinstance(path.get("key"), str):
            raise DecodeError("names no file of arrays", reason=Code.WRONG_TYPE)
        file = self.ctx.file({"path": path["path"]})
        try:
            arrays = native.read_stack(file, path["key"], self.ctx.limits)
            self._enough(arrays, cells, file)
        except DecodeError as error:
            return self._lost(cells, error)
        return [arrays[row, ...] if cell is None else cell for row, cell in enumerate(cells)]

    def _enough(self, arrays: Any, cells: list[Any], file: MediaFile) -> None:
        if len(arrays) != len(cells):
            raise DecodeError(
                f"{file} holds {len(arrays):,} arrays for {len(cells):,} rows", reason=Code.BAD_FILE
            )

    def _lost(self, cells: list[Any], error: DecodeError) -> list[Any]:
        """The arrays of a file that cannot be read."""
        if self.ctx.on_unknown == "raise":
            raise error
        gone = Lost("ndarray", str(error))
        return [gone if cell is None else cell for cell in cells]

    def _exactly(self, cells: list[Any], json: list[Any]) -> list[Any]:
        """The cells with what is said beside the JSON."""
        if not self.exact:
            return cells
        cells = list(cells)
        if "nan" in self.exact:
            _put_nans(cells, self.exact["nan"])
        if "times" in self.exact:
            cells = _times(cells, self.exact)
        if "array" in self.exact:
            from . import native

            cells = native.arrays_of(cells, self.exact["array"])
        if "arrays" in self.exact:
            cells = self._separate(cells, self.exact["arrays"])
        if "npy" in self.exact:
            cells = _from_array(cells, self.exact["npy"])
        if "each" in self.exact:
            cells = self._each(cells, json, self.exact["each"])
        if "notes" in self.exact:
            cells = self._noted(cells, json, exact.by_row(self.exact["notes"], len(cells)))
        return cells

    def _each(self, cells: list[Any], json: list[Any], note: Any) -> list[Any]:
        """Cells that have the same note, each that is there."""
        if type(note) is not list:
            raise DecodeError(f"is {kind(note)}, not a note", reason=Code.WRONG_TYPE)
        if note[:1] == ["numpy"] and _COUNTS.issuperset(map(type, cells)):
            # where they do not go with it each is asked, for those that do not are to keep the note
            with suppress(DecodeError):
                return _spread(exact.apply(_there(cells), [[[], *note]]), cells)
        rows = (row for row, cell in enumerate(cells) if cell is not None)
        return self._noted(cells, json, {row: [[[], *note]] for row in rows})

    def _noted(self, cells: list[Any], json: list[Any], notes: Mapping[int, list[Note]]) -> list[Any]:
        """Cells with their notes; one whose notes are not understood is `Opaque`, and keeps them."""
        for row, own in notes.items():
            try:
                cells[row] = exact.apply(cells[row], own)
            except DecodeError as error:
                if self.ctx.on_unknown == "raise":
                    raise
                cells[row] = self._opaque(json[row], error, own)
        return cells

    def _separate(self, cells: list[Any], node: Any) -> list[Any]:
        from . import native

        if type(node) is not dict:
            raise DecodeError(f"is {kind(node)}, not a file", reason=Code.WRONG_TYPE)
        try:
            arrays = native.read_each(self.ctx.file(node), len(cells), self.ctx.limits)
        except DecodeError as error:
            return self._lost(cells, error)
        return [arrays.get(row, cell) for row, cell in enumerate(cells)]


def _parsed(cell: Any) -> Any:
    """The moment or date of a text, or of nanoseconds; anything else stays what it is."""
    try:
        if type(cell) is int and cell % 1000 == 0:
            return exact.EPOCH + datetime.timedelta(microseconds=cell // 1000)
        if type(cell) is str:
            return (datetime.date if len(cell) == _DATE else datetime.datetime).fromisoformat(cell)
    except (ValueError, OverflowError):
        pass
    return cell


_DATE = len("2020-01-31")


def _put_nans(cells: list[Any], rows: Any) -> None:
    nan = float("nan")
    if rows is True:
        rows = [row for row, cell in enumerate(cells) if cell is None]
    for row in _rows(rows, len(cells)):
        cells[row] = nan


def _rows(rows: Any, count: int) -> Iterable[int]:
    if type(rows) is not list or not all(type(row) is int and 0 <= row < count for row in rows):
        raise DecodeError("are no rows of the table", reason=Code.WRONG_TYPE)
    return rows


def _times(cells: list[Any], said: JsonObject) -> list[Any]:
    rest = said.get("micros")
    if rest is None:
        rest = [0] * len(cells)
    if type(rest) is not list or len(rest) != len(cells) or not {int, type(None)}.issuperset(map(type, rest)):
        raise DecodeError("are no microseconds for each row", reason=Code.WRONG_TYPE)
    zone = None if said.get("zone") is None else exact.zone_of(str(said["zone"]))
    return [
        _moment(cell, more or 0, said["times"], zone) if isinstance(cell, datetime.datetime) else cell
        for cell, more in zip(cells, rest, strict=True)
    ]


def _moment(cell: datetime.datetime, more: int, form: Any, zone: datetime.tzinfo | None) -> Any:
    if form == "date":
        return cell.date()
    try:
        return exact.in_zone(cell + datetime.timedelta(microseconds=more), zone)
    except OverflowError:
        raise DecodeError(f"{more} microseconds more are beyond all dates") from None


def _from_array(cells: list[Any], text: Any) -> list[Any]:
    """The scalars of an array in the places of the cells that are there."""
    array = exact.apply(None, [[[], "npy", [text, False]]])
    if array.shape != (len(cells) - cells.count(None),):
        raise DecodeError(f"an array of the shape {array.shape} is beside {len(cells):,} cells")
    return _spread(array, cells)


@frozen
class RunReader:
    """Makes the cells of a column of a run's copy: words that are names of media classes are lost cells.

    Attributes:
        reason: why only this copy could be read, and what would help.
    """

    reason: str

    def __call__(self, json: list[Any]) -> list[Any]:
        """The cells. Only where every word of the column is the name of such a class does it mean lost media."""
        found = _texts(json)
        if not found or not found <= WORDS:
            return json
        return [self._cell(item) for item in json]

    def _cell(self, json: Any) -> Any:
        if type(json) is str:
            return Lost(json, self.reason)
        if type(json) is list:
            return [self._cell(item) for item in json]
        if type(json) is dict:
            return {key: self._cell(item) for key, item in json.items()}
        return json


def _texts(json: list[Any]) -> set[str]:
    """The different texts of a column, wherever they stand; more than there are words for media say enough."""
    found: set[str] = set()
    todo: list[Any] = [json]
    while todo and found <= WORDS:
        item = todo.pop()
        if type(item) is str:
            found.add(item)
        elif type(item) is list:
            todo.extend(item)
        elif type(item) is dict:
            todo.extend(item.values())
    return found
