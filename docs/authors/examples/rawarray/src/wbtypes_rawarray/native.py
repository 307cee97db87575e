"""What a raw array becomes: the only room that imports NumPy."""

from __future__ import annotations

from ast import literal_eval
from io import BytesIO
from math import prod
from typing import Any

import numpy
from numpy.lib import format as npy

from wbtypes_core import BytesFile, Code, DecodeError, MediaFile, need, unreadable

from .values import Dtype

Array = numpy.ndarray[Any, Any]

HEADER = 10_000
"""Characters of a header that ``numpy.load`` parses without being told to trust it."""

EXTENDED = frozenset(
    (
        *("bfloat16", "bcomplex32", "complex32"),
        *("float8_e3m4", "float8_e4m3", "float8_e4m3b11fnuz", "float8_e4m3fn", "float8_e4m3fnuz"),
        *("float8_e5m2", "float8_e5m2fnuz", "float8_e8m0fnu"),
        *("float4_e2m1fn", "float6_e2m3fn", "float6_e3m2fn"),
        *("int1", "int2", "int4", "uint1", "uint2", "uint4"),
    )
)
"""The dtypes of `ml_dtypes`, which the file has no word for; no other name in data is looked up there."""

_ENCODINGS = {(1, 0): (2, "latin-1"), (2, 0): (4, "latin-1"), (3, 0): (4, "utf-8")}
"""By version of the format: bytes of the header's length, and the header's encoding."""


# -- from arrays to files -------------------------------------------------------------------------------------


def take(data: Any) -> tuple[MediaFile, Dtype, tuple[int, ...]]:
    """The file, dtype and shape of what a user gave.

    Raises:
        TypeError: something that the file cannot hold.
    """
    array = _array(data)
    name = array.dtype.name
    if name in EXTENDED and array.dtype.isnative:
        return _file(array.view(f"u{array.dtype.itemsize}")), name, array.shape
    _check(array.dtype)
    return _file(array), _described(array.dtype), array.shape


def _array(data: Any) -> Array:
    if isinstance(data, numpy.ma.MaskedArray):
        raise TypeError(
            "a masked array is two arrays: give its data and its mask apart, or array.filled(value)"
        )
    try:
        array: Array = numpy.asarray(data, order="C")
    except ValueError as error:  # lists of unequal lengths
        raise TypeError(f"RawArray takes an array, or what numpy.asarray makes one of: {error}") from None
    if array.dtype.fields is None:
        return array
    clean = numpy.zeros(array.shape, array.dtype)  # what lies between padded fields is some other memory
    clean[...] = array
    return clean


def _check(dtype: numpy.dtype[Any]) -> None:
    """Refuse a dtype that the file has no word for, itself or in a field.

    Raises:
        TypeError: with the way out.
    """
    if dtype.hasobject:
        raise TypeError(
            f"an array of dtype {dtype} holds Python objects, which only pickle could store, and unpickling runs "
            f"code: convert it to numbers, fixed-width text or a structured dtype"
        )
    if dtype.metadata:
        raise TypeError(f"the dtype {dtype} carries metadata, which would be lost: convert to one without")
    if dtype.subdtype is not None:
        _check(dtype.subdtype[0])
    elif dtype.fields is not None:
        for field in dtype.fields.values():
            _check(field[0])
    elif dtype.type.__module__ != "numpy":
        raise TypeError(
            f"the dtype {dtype!r} has no name in a .npy file, alone in this byte order or in a field: "
            f"give an array of it in native order, or view it as integers"
        )


def _file(array: Array) -> MediaFile:
    """The file of an array; equal arrays make equal files."""
    text = repr(_described(array.dtype))
    if len(text) > HEADER - 1_000:
        raise TypeError(f"the names of {len(array.dtype)} fields are too long for the header of a .npy file")
    stream = BytesIO()
    npy.write_array(stream, array, version=(1, 0) if text.isascii() else (3, 0), allow_pickle=False)
    return BytesFile(stream.getvalue(), ".npy")


def _described(dtype: numpy.dtype[Any]) -> Dtype:
    """A dtype as the header spells it, in tuples.

    Raises:
        TypeError: it has no such spelling.
    """
    try:
        described: Dtype = _tupled(npy.dtype_to_descr(dtype))
    except ValueError as error:
        raise TypeError(f"{error}: give one whose fields follow each other") from None
    return described


def _tupled(part: Any) -> Any:
    return tuple(map(_tupled, part)) if isinstance(part, list | tuple) else part


# -- from files to arrays -------------------------------------------------------------------------------------


def read(file: MediaFile, dtype: Dtype, shape: tuple[int, ...]) -> Array:
    """The array in a file.

    Raises:
        DecodeError: no such array, or not the one that is said to be there.
        LimitError: more than ``file_bytes``.
        MissingExtra: the dtype is one of `ml_dtypes`, which is not installed.
    """
    data = file.read()
    try:
        array, described = _parse(data)
    except Exception as error:  # whatever NumPy makes of bytes that are no array
        raise unreadable(file, "a NumPy array", error) from None
    extended = dtype in EXTENDED
    if array.shape != shape or (not extended and described != dtype):
        raise DecodeError(
            f"{file} holds {described} of shape {array.shape}, and is said to hold {dtype} of {shape}; "
            f"one of the two was altered",
            reason=Code.ALTERED_FILE,
        )
    return _extended(file, array, str(dtype)) if extended else array


def _parse(data: bytes) -> tuple[Array, Dtype]:
    """The array of a file's bytes, and its dtype as `_described`."""
    stream = BytesIO(data)
    width, encoding = _ENCODINGS[npy.read_magic(stream)]
    length = int.from_bytes(stream.read(width), "little")
    if length > HEADER:
        raise ValueError(f"its header is {length:,} characters long, over {HEADER:,}")
    header = literal_eval(stream.read(length).decode(encoding))
    dtype, shape = npy.descr_to_dtype(header["descr"]), header["shape"]
    if dtype.hasobject:
        raise ValueError("it holds pickled objects, which are never read")
    if prod(shape) * dtype.itemsize != len(data) - stream.tell():
        raise ValueError("its length is not what its header says")
    array: Array = numpy.ndarray(shape, dtype, order="F" if header["fortran_order"] else "C")
    if array.nbytes:
        array = numpy.ndarray(
            shape, dtype, data, stream.tell(), order="F" if header["fortran_order"] else "C"
        )
    return array.copy("C"), _described(dtype)


def _extended(file: MediaFile, array: Array, name: str) -> Array:
    """The array as what its integers stand for."""
    library = need("ml_dtypes", pip='"wbtypes-rawarray[ml]"', what=f"an array of {name}")
    dtype = numpy.dtype(getattr(library, name, None))
    if array.dtype.kind != "u" or array.dtype.itemsize != dtype.itemsize:
        raise DecodeError(f"{file} holds {array.dtype}, which is not {name}", reason=Code.ALTERED_FILE)
    return array.astype(array.dtype.newbyteorder("="), copy=False).view(dtype)
