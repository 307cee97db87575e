"""What masks become: NumPy arrays and PIL pictures; and the PNG writer that images share."""

from __future__ import annotations

import struct
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy
from attrs import frozen

from wbtypes_core import Code, DecodeError, LimitError, MediaFile
from wbtypes_core.files import unreadable
from wbtypes_core.plain import as_array

try:
    from isal.isal_zlib import compress as deflate
    from isal.isal_zlib import crc32
except ImportError:  # no wheel for this machine: the same pixels, about four times slower
    from zlib import compress as deflate
    from zlib import crc32

if TYPE_CHECKING:
    from PIL import Image as PILImage

    from .values import ImageMask

Array = numpy.ndarray[Any, Any]

TOP = 65_535
"""The highest id that a grey PNG of 16 bits holds."""

# -- the PNG writer -------------------------------------------------------------------------------------------

SIGNATURE = b"\x89PNG\r\n\x1a\n"

_COLOUR_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}
"""PNG's colour type by number of bands: grey, grey and alpha, RGB, RGBA."""

_UP = 2
"""PNG's row filter that subtracts the row above; NumPy does it in one pass, and pictures are smooth."""

_LEVEL = 1
"""isal's level: on filtered rows level 0 is larger, and 2 and 3 are slower without being smaller."""

_CHUNK = 1 << 30
"""Bytes per chunk of data, below the 2^31 - 1 that PNG allows."""


def encode_png(array: Array) -> bytes:
    """The bytes of a PNG whose pixels are the array's.

    The pixels are what is promised; the bytes may differ from another encoder's, and between machines.

    Args:
        array: uint8 or uint16, h x w (grey) or h x w x 1, 2, 3 or 4 (grey, grey and alpha, RGB, RGBA), in any
            memory order.

    Raises:
        TypeError: another dtype.
        ValueError: another shape, or no pixels.
    """
    if array.dtype.kind != "u" or array.dtype.itemsize > 2:
        raise TypeError(f"a PNG is made from uint8 or uint16, not {array.dtype}; convert the array")
    bands = 1 if array.ndim == 2 else array.shape[2] if array.ndim == 3 else 0
    if bands not in _COLOUR_TYPES or array.size == 0:
        raise ValueError(
            f"a PNG is made from h x w, or h x w x 1 to 4, with at least one pixel, not {array.shape}"
        )
    height, width, bits = array.shape[0], array.shape[1], 8 * array.dtype.itemsize
    header = struct.pack(">IIBBBBB", width, height, bits, _COLOUR_TYPES[bands], 0, 0, 0)
    data = deflate(_filtered(array), _LEVEL)
    parts = [data[start : start + _CHUNK] for start in range(0, len(data), _CHUNK)]
    chunks = [_chunk(b"IHDR", header), *(_chunk(b"IDAT", part) for part in parts), _chunk(b"IEND", b"")]
    return b"".join([SIGNATURE, *chunks])


def _filtered(array: Array) -> Array:
    """The rows as PNG stores them, each behind the number of its filter."""
    big_endian = array.astype(f">u{array.dtype.itemsize}", order="C", copy=False)
    rows = big_endian.reshape(len(array), -1).view(numpy.uint8)
    filtered = numpy.empty((rows.shape[0], rows.shape[1] + 1), numpy.uint8)
    filtered[:, 0] = _UP
    filtered[0, 1:] = rows[0]
    numpy.subtract(rows[1:], rows[:-1], out=filtered[1:, 1:])
    return filtered


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", crc32(data, crc32(kind)))


# -- from arrays to stored ids --------------------------------------------------------------------------------

FRACTIONS = "a mask of floats has lost its fractions; class ids are whole numbers, so pass an integer array"
NOT_FINITE = "NaN and infinite pixels of a mask are stored as id 0; mask.zeroed counts them"
OUTSIDE = (
    "ids of a mask outside 0 to 65,535 are stored as ids that it does not use (255 for -1, as a rule); "
    "mask.ids has the pairs, and to_numpy() gives the ids back"
)
TOO_MANY = (
    "a mask has more different ids than the 65,536 that a picture holds; the surplus became id 0, "
    "and mask.zeroed counts its pixels"
)


@frozen(eq=False)
class Stored:
    """A mask's array as it will be stored.

    Attributes:
        pixels: the stored ids, h x w, uint8 or uint16; a copy of what was given.
        dtype: the dtype that came in, where it is not that of `pixels`.
        ids: pairs of a stored id and the id it stands for.
        zeroed: pixels that became 0 because they held nothing that can be stored.
        odd: what the user should be told of.
    """

    pixels: Array
    dtype: str | None
    ids: tuple[tuple[int, int | float], ...]
    zeroed: int
    odd: tuple[str, ...]

    def png(self) -> bytes:
        """The picture's bytes."""
        return encode_png(self.pixels)

    def found(self) -> tuple[int, ...]:
        """The ids in an 8-bit picture, ascending; none for deeper ones, which wandb's tools do not read."""
        if self.pixels.dtype != numpy.uint8:
            return ()
        flat = self.pixels.ravel()
        present = numpy.zeros(256, numpy.bool_)
        present[flat[0]] = True
        present[flat[1:][flat[1:] != flat[:-1]]] = True  # where the id changes: few places in most masks
        return tuple(numpy.flatnonzero(present).tolist())


def store(data: object) -> Stored:
    """What a user's mask is stored as.

    Raises:
        TypeError: not 2-D, or not numbers.
        ValueError: no pixels.
    """
    array = _numbers(data)
    if array.ndim != 2:
        raise TypeError(
            f"mask_data is h x w, one class id per pixel, but its shape is {array.shape}; {_way_out(array)}"
        )
    if array.size == 0:
        raise ValueError(f"mask_data has no pixels: its shape is {array.shape}")
    whole, zeroed, odd = _whole(array)
    ids: tuple[tuple[int, int | float], ...] = ()
    low, high = whole.min(), whole.max()
    if low >= 0 and high <= TOP:
        pixels = whole.astype(numpy.uint8 if high <= 255 else numpy.uint16, order="C")
    else:
        pixels, ids, surplus = _renamed(whole)
        zeroed += surplus
        odd += (OUTSIDE, TOO_MANY)[: 1 + bool(surplus)]
    name = array.dtype.name if hasattr(data, "dtype") else pixels.dtype.name  # plain lists have none
    return Stored(pixels, None if name == pixels.dtype.name else name, ids, zeroed, odd)


def _numbers(data: object) -> Array:
    array: Array | None = as_array(data)
    if array is None:
        try:
            array = numpy.asarray(data)
        except ValueError as error:
            raise TypeError(f"mask_data is no array: {error}") from None
    if array.dtype.kind not in "buif":
        raise TypeError(
            f"mask_data holds {array.dtype}, not numbers (shape {array.shape}): give integer class ids, h x w"
        )
    return array.astype(numpy.float64) if array.dtype.kind == "f" and array.dtype.itemsize > 8 else array


def _way_out(array: Array) -> str:
    if array.ndim == 3 and 1 in array.shape:
        return "squeeze the axis of length 1"
    return "for one map per class, take argmax over the classes"


def _whole(array: Array) -> tuple[Array, int, tuple[str, ...]]:
    """Ids without fractions, how many were no number, and what to tell of it."""
    if array.dtype.kind != "f":
        return array, 0, ()
    finite = numpy.isfinite(array)
    strange = array.size - int(numpy.count_nonzero(finite))
    whole = numpy.trunc(array)
    if array.dtype.itemsize < 4:  # float16 cannot be compared with 65,535, which it does not reach
        whole = whole.astype(numpy.float32)
    lost = bool(numpy.any((whole != array) & finite))
    if strange:
        whole[~finite] = 0
    return whole, strange, (FRACTIONS,) * lost + (NOT_FINITE,) * bool(strange)


def _renamed(array: Array) -> tuple[Array, tuple[tuple[int, int | float], ...], int]:
    """Ids of which some lie outside: those near zero get the highest ids that the mask leaves free.

    So -1 becomes 255, as it does in C, unless 255 is taken.
    """
    outside = (array < 0) | (array > TOP)
    inside = array[~outside].astype(numpy.intp)
    strange, place, counts = numpy.unique(array[outside], return_inverse=True, return_counts=True)
    originals = [_exact(each) for each in strange.tolist()]
    top = 255 if inside.max(initial=0) <= 255 and len(numpy.unique(inside)) + len(originals) <= 256 else TOP
    free = numpy.flatnonzero(numpy.bincount(inside, minlength=top + 1) == 0)[::-1]
    if len(free) < len(originals):
        free = free[free > 0]  # 0 is what the surplus becomes
    by_size = sorted(range(len(originals)), key=lambda at: (abs(originals[at]), originals[at]))
    codes = numpy.zeros(len(originals), numpy.uint8 if top == 255 else numpy.uint16)
    codes[by_size[: len(free)]] = free[: len(by_size)]
    pixels = numpy.zeros(array.shape, codes.dtype)
    pixels[~outside] = inside
    pixels[outside] = codes[place.ravel()]
    pairs = tuple((int(codes[at]), originals[at]) for at in by_size[: len(free)])
    return pixels, pairs, int(counts[by_size[len(free) :]].sum())


def _exact(each: int | float) -> int | float:
    """A whole float as an int, where that says no more than the float does."""
    return int(each) if abs(each) < 1 << 53 else each


# -- from files to ids ----------------------------------------------------------------------------------------

_FOREIGN = frozenset(("EPS", "WMF"))
"""Formats that Pillow hands to another program or to the system to be drawn."""

_SIGNED = ("int16", "int32", "int64", "uint64")


def open_picture(file: MediaFile) -> PILImage.Image:
    """A file as a PIL picture, loaded.

    Its header is held against the file's ``pixels`` limit before anything is allocated; Pillow's own, which is one
    for the whole process, holds for other formats than PNG too.

    Raises:
        DecodeError: the file is missing, damaged or no picture.
        LimitError: more than ``pixels`` or ``file_bytes``.
    """
    from PIL import Image, PngImagePlugin, UnidentifiedImageError

    data = file.read()
    try:
        if data.startswith(SIGNATURE):
            picture: PILImage.Image = PngImagePlugin.PngImageFile(BytesIO(data))
        else:
            Image.init()
            picture = Image.open(BytesIO(data), formats=[name for name in Image.OPEN if name not in _FOREIGN])
        file.limits.spend("pixels", picture.width * picture.height, f"the number of pixels of {file}")
        picture.load()
    except DecodeError:
        raise
    except UnidentifiedImageError:  # which names the stream, and not the file
        raise unreadable(file, "a picture", ValueError("Pillow knows no picture of this kind")) from None
    except Exception as error:  # Pillow's plugins raise whatever bad bytes make them stumble over
        raise unreadable(file, "a picture", error) from error
    return picture


def to_numpy(mask: ImageMask) -> Array:
    """The ids of a mask, as they were before they were stored.

    Raises:
        DecodeError: the file is missing, damaged, no mask, or not what is said beside it.
        LimitError: more than ``pixels`` or ``file_bytes``, or than fits into memory.
    """
    try:
        return _ids(mask)
    except MemoryError:
        raise LimitError(
            f"the ids of {mask.file} do not fit into memory; to_pil() gives the picture"
        ) from None


def _ids(mask: ImageMask) -> Array:
    array = _read_ids(mask.file)
    if mask.dtype is None and not mask.ids:
        return array
    target = numpy.dtype(mask.dtype or _roomy(array.dtype, mask.ids))
    lowest, highest = _span(target)
    size = TOP + 1 if array.dtype.itemsize > 1 else 256
    known = numpy.zeros(size, numpy.bool_)
    known[[each for each, _ in mask.ids if each < size]] = True
    if size - 1 > highest and int(array.max(initial=0, where=~known[array])) > highest:
        raise _mismatch(mask, f"the picture holds ids above {highest}, the highest of {target}")
    with numpy.errstate(all="ignore"):  # entries that the picture does not use may not fit
        table = numpy.arange(size).astype(target)
    for each, original in mask.ids:
        if not lowest <= original <= highest:
            raise _mismatch(mask, f"an id that it stands for, {original}, is no {target}")
        if each < size:
            table[each] = original
    return table[array]


def _mismatch(mask: ImageMask, what: str) -> DecodeError:
    return DecodeError(f"{mask.file} is not what is said beside it: {what}", reason=Code.BAD_VALUE)


def _read_ids(file: MediaFile) -> Array:
    """A picture's ids as uint8 or uint16."""
    picture = open_picture(file)
    array = numpy.asarray(picture)
    if array.ndim == 3:
        array = _one_band(picture, array, file)
    if array.dtype.kind == "f" or not 0 <= array.min(initial=0) <= array.max(initial=0) <= TOP:
        raise _no_ids(file, f"its mode {picture.mode} holds no ids of 0 to 65,535")
    return array.astype(numpy.uint8 if array.dtype.itemsize == 1 else numpy.uint16)


def _no_ids(file: MediaFile, why: str) -> DecodeError:
    return DecodeError(f"{file} is no mask: {why}; to_pil() gives the picture", reason=Code.BAD_FILE)


def _one_band(picture: PILImage.Image, array: Array, file: MediaFile) -> Array:
    """The one value of each pixel of a picture of several bands."""
    with file.open() as stream:
        header = stream.read(25)
    if header.startswith(SIGNATURE) and header[24] == 16:
        raise _no_ids(file, "of its 16 bits per band Pillow keeps 8")
    colours = {"LA": 1, "La": 1, "PA": 1, "RGB": 3, "RGBA": 3, "RGBa": 3, "RGBX": 3}.get(picture.mode, 0)
    first: Array = array[..., 0]
    if not colours or any(not numpy.array_equal(first, array[..., band]) for band in range(1, colours)):
        raise _no_ids(file, "its pixels are colours, not class ids")
    return first


def _roomy(dtype: numpy.dtype[Any], ids: tuple[tuple[int, int | float], ...]) -> str:
    """The smallest signed dtype for the ids of such a picture and those that some of them stand for."""
    wanted = [original for _, original in ids]
    for name in _SIGNED[dtype.itemsize - 1 :]:
        lowest, highest = _span(numpy.dtype(name))
        if lowest <= min(wanted) and max(wanted) <= highest:
            return name
    return "float64"


def _span(dtype: numpy.dtype[Any]) -> tuple[int | float, int | float]:
    """The lowest and highest number of a dtype."""
    if dtype.kind == "b":
        return 0, 1
    if dtype.kind == "f":
        return float(numpy.finfo(dtype).min), float(numpy.finfo(dtype).max)
    return numpy.iinfo(dtype).min, numpy.iinfo(dtype).max
