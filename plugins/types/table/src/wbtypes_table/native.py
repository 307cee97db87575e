"""What cells and tables become: arrays of numpy and the files that hold them, data frames of pandas, polars and pyarrow."""

from __future__ import annotations

import base64
import datetime
import io
import math
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import islice
from typing import IO, TYPE_CHECKING, Any

import msgspec
import numpy as numpy

from wbtypes_core import BytesFile, Code, DecodeError, Limits, MediaFile, WBValue
from wbtypes_core.codec import EXACT
from wbtypes_core.errors import one_line
from wbtypes_core.files import unreadable
from wbtypes_core.jsonio import dumps

if TYPE_CHECKING:
    from .column_types import ColumnType
    from .values import Table

Array = numpy.ndarray[Any, Any]

_DTYPE = re.compile(r"[<>|=]?(b1|[iu][1248]|f[248])")
"""Dtypes that a text of ours names: numbers that JSON can tell; others stand in npy files."""

_FREE = 16 << 20
"""Bytes that a compressed file may always unfold to, however small it is: short runs of zeros compress well."""

# -- arrays and scalars in cells ------------------------------------------------------------------------------


def array_copy(array: Array) -> Array:
    """A copy of an array, which nobody can change.

    Raises:
        TypeError: an array of Python objects.
    """
    if array.dtype.hasobject:
        raise TypeError(
            "is an array of Python objects, which cannot be stored without pickle; give a list, or an array of numbers"
        )
    copied = numpy.array(array, copy=True, subok=False)
    copied.setflags(write=False)
    return copied


def dtype_text(cells: Sequence[Any]) -> str:
    """The dtype of some arrays, which all share it."""
    return str(next(cell.dtype.str for cell in cells if cell is not None))


def dtype_of(text: Any) -> numpy.dtype[Any]:
    """The dtype of a text that we wrote.

    Raises:
        DecodeError: it is none of numbers.
    """
    if type(text) is not str or not _DTYPE.fullmatch(text):
        raise DecodeError(f"{str(text)[:40]!r} is no dtype of numbers")
    return numpy.dtype(text)


def listed(array: Any) -> Any:
    """An array or scalar as JSON: nested lists in full; moments as text, complex numbers and bytes too."""
    if array.dtype.kind in "biuf":
        return (array.astype("f8") if array.dtype.itemsize > 8 else array).tolist()
    if array.dtype.kind in "mM":
        return array.astype(str).tolist()
    return _texts(array.tolist())


def _texts(item: Any) -> Any:
    if isinstance(item, list | tuple):
        return [_texts(each) for each in item]
    if isinstance(item, bytes):
        return item.decode("utf-8", "backslashreplace")
    return str(item).strip("()") if isinstance(item, complex) else item


def is_finite(array: Any) -> bool:
    """Whether all numbers of an array are finite."""
    return array.dtype.kind not in "fc" or bool(numpy.isfinite(array).all())


def array_json(cell: Any) -> tuple[Any, ...]:
    """An array or scalar as JSON, and the kind and payload of the note that makes it again from that."""
    if not isinstance(cell, numpy.ndarray | numpy.generic):
        raise TypeError(f"{type(cell).__name__} is no array of numpy")
    array = numpy.asarray(cell)
    json = unsaid(array)
    if is_told(array.dtype) and is_finite(array):
        shape = list(array.shape) if isinstance(cell, numpy.ndarray) else None
        return json, "numpy", [array.dtype.str, shape]
    return json, "npy", [npy_text(array), isinstance(cell, numpy.generic)]


def is_told(dtype: numpy.dtype[Any]) -> bool:
    """Whether JSON and the name of this dtype say all of a finite number."""
    return dtype.kind in "biuf" and dtype.itemsize <= 8


def stacked(cells: Sequence[Any]) -> Array | None:
    """Scalars of numpy as one array that holds each of them as it is; None where there is no such.

    Args:
        cells: one or more of one class, which is numpy's.
    """
    if not isinstance(cells[0], numpy.generic):
        return None
    dtypes = {cell.dtype for cell in cells}
    dtype = dtypes.pop()
    return numpy.array(cells, dtype) if not dtypes and (is_told(dtype) or dtype.kind in "cmM") else None


def unsaid(array: Array) -> Any:
    """The JSON of an array in an artifact, where NaN is null."""
    json = listed(array)
    return json if is_finite(array) else _nulls(json)


def _nulls(json: Any) -> Any:
    if type(json) is list:
        return [_nulls(item) for item in json]
    return None if type(json) is float and json != json else json


def npy_text(array: Array) -> str:
    """The npy file of an array, as text."""
    stream = io.BytesIO()
    numpy.lib.format.write_array(stream, array, allow_pickle=False)
    return base64.b64encode(stream.getvalue()).decode("ascii")


def array_of(json: Any, payload: Any) -> Any:
    """The array or scalar of a note that says dtype and shape; a scalar has no shape."""
    text, shape = payload
    with numpy.errstate(over="raise"):  # a number that the dtype does not hold
        array = numpy.array(json, dtype_of(text))
    return array[()] if shape is None else _shaped(array, shape)


def _shaped(array: Array, shape: Any) -> Array:
    if type(shape) is not list or not all(type(side) is int and side >= 0 for side in shape):
        raise DecodeError("is no shape", reason=Code.WRONG_TYPE)
    array = array.reshape(shape)
    array.setflags(write=False)
    return array


def npy(data: bytes, scalar: bool) -> Any:
    """The array, or scalar, in the bytes of an npy file.

    Raises:
        DecodeError: Python objects, or no such bytes.
    """
    try:
        array = _read_array(lambda: io.BytesIO(data), len(data), "the array")
    except DecodeError:
        raise
    except Exception as error:  # whatever numpy makes of such bytes
        raise DecodeError(f"the array cannot be read: {one_line(error)}") from None
    return array[()] if scalar else array


def arrays_of(cells: list[Any], text: Any) -> list[Any]:
    """The one-dimensional arrays of lists; null in an array of floats is NaN."""
    dtype = dtype_of(text)
    made: list[Any] = []
    for cell in cells:
        array = None
        if type(cell) is list:
            try:
                array = numpy.array(cell, dtype)
            except (TypeError, ValueError, OverflowError) as error:
                raise DecodeError(f"a list is no array of {dtype}: {error}") from None
            array.setflags(write=False)
        made.append(cell if array is None else array)
    return made


def same_array(left: Any, right: Any) -> bool:
    """Whether two arrays or scalars have one dtype, shape and content; NaN is equal to NaN."""
    if left.dtype != right.dtype or left.shape != right.shape:
        return False
    equal = left == right
    if left.dtype.kind in "fcmM":
        equal = equal | ((left != left) & (right != right))
    return bool(numpy.all(equal))


def column_array(cells: Sequence[Any]) -> Array:
    """Cells as one array.

    Numbers and booleans are numbers, None among them NaN; moments are ``datetime64[us]``, in UTC where they have a zone,
    None among them ``NaT``; images and arrays of one shape are stacked, and so are lists.

    Raises:
        ValueError: cells that make no array of numbers, texts or moments.
    """
    cells = [
        cell.to_numpy() if isinstance(cell, WBValue) and hasattr(cell, "to_numpy") else cell for cell in cells
    ]
    kinds = set(map(type, cells)) - {type(None)}
    try:
        if len(kinds) == 1 and kinds <= _TIMES.keys():
            array = numpy.array(list(map(_without_zone, cells)), _TIMES[kinds.pop()])
        elif any(cell is None for cell in cells):
            array = numpy.array(cells, "f8")
        else:
            array = numpy.array(cells)
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError(f"these cells make no array: {error}") from None
    if array.dtype.hasobject:
        raise ValueError("these cells make no array of numbers, texts or moments")
    return array


_TIMES = {datetime.datetime: "M8[us]", datetime.date: "M8[D]", datetime.timedelta: "m8[us]"}


def _without_zone(cell: Any) -> Any:
    aware = isinstance(cell, datetime.datetime) and cell.tzinfo is not None
    return cell.astimezone(datetime.UTC).replace(tzinfo=None) if aware else cell


def moment(cell: Any) -> Any:
    """Milliseconds since the epoch of a ``datetime64``, a fraction where it has one; None for anything else."""
    if not isinstance(cell, numpy.datetime64):
        return None
    nanoseconds = cell.astype("datetime64[ns]").astype("i8").item()
    return nanoseconds // 1_000_000 if nanoseconds % 1_000_000 == 0 else nanoseconds / 1e6


# -- JSON of many cells ---------------------------------------------------------------------------------------

_encoder = msgspec.json.Encoder()


_STRICT = frozenset((EXACT, "columns"))
"""Keys of a table's document that hold no floats."""

_ROWS = 1000
"""Rows that are written at once: their text is short enough to be passed over twice."""


def strict_json(body: dict[str, Any], columns: Sequence[list[Any]]) -> bytes | None:
    """An object with the rows of some columns as its ``data``, where all numbers are finite; None where this writer refuses.

    Args:
        body: its other keys, of which there is at least one.
        columns: the cells as JSON, or as `tokens`.
    """
    rows = zip(*columns, strict=True)
    try:
        loose = body.keys() - _STRICT  # types and unknown keys may hold NaN
        body = {**body, **{key: tokens([body[key]])[0] for key in loose}}
        pieces = [_encoder.encode(body)[:-1] + b',"data":[']
        # a line for each row makes no list of the rows; within a line, JSON has no end of one
        while lines := _encoder.encode_lines(islice(rows, _ROWS)):
            pieces.append(lines.replace(b"\n", b","))
    except (TypeError, ValueError, OverflowError, msgspec.MsgspecError):
        return None
    if len(pieces) > 1:
        pieces[-1] = pieces[-1][:-1]  # no comma stands behind the last
    return b"".join([*pieces, b"]}"])


def tokens(cells: list[Any]) -> list[Any]:
    """Cells whose numbers are not all finite, these as the bare tokens that they are on this wire."""
    made = cells.copy()
    for row in _perhaps_odd(cells):
        cell = cells[row]
        if type(cell) in _HOLDERS or (type(cell) is float and cell - cell != 0):
            made[row] = _NAN if cell != cell else msgspec.Raw(dumps(cell).encode("ascii"))
    return made


def _perhaps_odd(cells: list[Any]) -> Iterable[int]:
    """The rows of cells that may be, or hold, a number that is not finite: all of them, where a column is not of numbers."""
    if _NUMBERS.issuperset(map(type, cells)):
        with suppress(OverflowError):  # an integer that no float holds
            found: list[int] = numpy.flatnonzero(~numpy.isfinite(numpy.array(cells, "f8"))).tolist()
            return found
    return range(len(cells))


_HOLDERS = frozenset((list, dict))
_NUMBERS = frozenset((float, int, bool, type(None)))

_NAN = msgspec.Raw(b"NaN")


# -- arrays in files ------------------------------------------------------------------------------------------

_DIGITS, _NAME_LENGTH = 20, 10_000
"""Digits of a row's number, and characters of a name, that no file of arrays has."""


def embeddable(cells: Sequence[Any], most: int) -> bool:
    """Whether arrays may stand in the JSON as lists: one-dimensional, short, of one dtype that JSON can tell."""
    arrays = [cell for cell in cells if cell is not None]
    dtypes = {array.dtype.str for array in arrays}
    return (
        len(dtypes) == 1
        and all(array.ndim == 1 and array.size <= most for array in arrays)
        and is_told(arrays[0].dtype)
    )


def is_member(name: str) -> bool:
    """Whether arrays can lie in a file under this name."""
    return name.isprintable() and len(name) < _NAME_LENGTH


def stackable(cells: Sequence[Any]) -> bool:
    """Whether arrays are rows of one larger array, as the client stores them."""
    return len(
        {None if cell is None else (cell.shape, cell.dtype.str) for cell in cells} | {None}
    ) == 2 and not any(cell is None for cell in cells)


def npz(cells: Sequence[Any], key: str, *, stacked: bool) -> MediaFile:
    """A file of arrays: one of them all, under a key, or each for itself, under the number of its row."""
    if stacked:
        named = {key: numpy.stack(cells)}
    else:
        named = {str(row): cell for row, cell in enumerate(cells) if cell is not None}
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for name, array in named.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as out:
                numpy.lib.format.write_array(out, array, allow_pickle=False)
    return BytesFile(stream.getvalue(), ".npz")


def read_stack(file: MediaFile, key: str, limits: Limits) -> Array:
    """The array in a file of the client, whose first axis is the rows.

    Raises:
        DecodeError: missing or damaged, or an array of Python objects, which would have to be unpickled.
    """
    with _archive(file, limits) as archive:
        array = _member(archive, f"{key}.npy", file)
    if array.ndim == 0:
        raise DecodeError(f"{file} holds no rows under {key!r}", reason=Code.BAD_FILE)
    return array


def read_each(file: MediaFile, count: int, limits: Limits) -> dict[int, Array]:
    """The arrays of a file of ours, by row.

    Raises:
        DecodeError: as `read_stack`.
    """
    found = {}
    with _archive(file, limits) as archive:
        for name in archive.namelist():
            row = name.removesuffix(".npy")
            if not (row.isascii() and row.isdigit() and len(row) < _DIGITS and int(row) < count):
                raise DecodeError(
                    f"{file} holds {name[:40]!r}, which is no row of the table", reason=Code.BAD_FILE
                )
            found[int(row)] = _member(archive, name, file)
    return found


@contextmanager
def _archive(file: MediaFile, limits: Limits) -> Iterator[zipfile.ZipFile]:
    data = file.read_within(limits, "file_bytes")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            whole = sum(member.file_size for member in archive.infolist())
            limits.spend("file_bytes", whole, f"what {file} unfolds to")
            if whole > _FREE:
                limits.spend(
                    "ratio", whole // max(len(data), 1), f"what {file} unfolds to, for each byte of it,"
                )
            yield archive
    except DecodeError:
        raise
    except (
        zipfile.BadZipFile,
        zipfile.LargeZipFile,
        OSError,
        RuntimeError,
        NotImplementedError,
        EOFError,
    ) as error:
        raise unreadable(file, "arrays", error) from None


def _member(archive: zipfile.ZipFile, name: str, file: MediaFile) -> Array:
    try:
        size = archive.getinfo(name).file_size
    except KeyError:
        raise DecodeError(f"{file} holds no array {name[:60]!r}", reason=Code.BAD_FILE) from None
    try:
        place = f"{file} under {name.removesuffix('.npy')[:60]!r}"
        return _read_array(lambda: archive.open(name), size, place)
    except DecodeError:
        raise
    except Exception as error:  # whatever zipfile, zlib, tokenize and numpy make of such bytes
        raise unreadable(file, "arrays", error) from None


def _read_array(stream_of: Callable[[], IO[bytes]], size: int, place: str) -> Array:
    """The array of an npy file of so many bytes, whose header is checked first; nobody can change it."""
    with stream_of() as stream:
        _check_header(stream, size, place)
    with stream_of() as stream:
        array = numpy.asarray(numpy.lib.format.read_array(stream, allow_pickle=False))
    array.setflags(write=False)
    return array


def _check_header(stream: Any, size: int, place: str) -> None:
    """Refuse Python objects, and headers that promise more than the file has, before anything is allocated.

    Raises:
        DecodeError: either.
        ValueError: no such header.
    """
    version = numpy.lib.format.read_magic(stream)
    read = (
        numpy.lib.format.read_array_header_1_0
        if version == (1, 0)
        else numpy.lib.format.read_array_header_2_0
    )
    shape, _, dtype = read(stream)
    if dtype.hasobject:
        raise DecodeError(
            f"{place} holds Python objects, which would have to be unpickled and so could run code; "
            "they are refused, log numbers or text instead",
            reason=Code.BAD_FILE,
        )
    if math.prod(shape) * max(dtype.itemsize, 1) > size:
        raise DecodeError(f"{place} is cut: its header promises {shape} of {dtype}", reason=Code.BAD_FILE)


# -- data frames ----------------------------------------------------------------------------------------------


def columns_of(
    data: Any, names: Sequence[Any] | None, default: Sequence[Any]
) -> tuple[list[Any], list[list[Any]], list[ColumnType | None]] | None:
    """The columns of a data frame or array, None of anything else; see `from_frames.columns_of`."""
    from .from_frames import columns_of

    return columns_of(data, names, default)


def cells_of(data: Any) -> list[Any] | None:
    """The cells of one column of a library, None of anything else; see `from_frames.cells_of`."""
    from .from_frames import cells_of

    return cells_of(data)


def to_pandas(table: Table, media: str) -> Any:
    """A data frame of pandas."""
    from .to_frames import to_pandas

    return to_pandas(table, media)


def to_arrow(table: Table, media: str) -> Any:
    """A table of pyarrow."""
    from .to_frames import to_arrow

    return to_arrow(table, media)


def to_polars(table: Table, media: str) -> Any:
    """A data frame of polars."""
    from .to_frames import to_polars

    return to_polars(table, media)
