"""What a video is made from: files, which stay as they are, and arrays and frames, which become a film."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sized
from itertools import chain
from typing import Any, NoReturn

import numpy
from attrs import frozen

from wbtypes_core import BytesFile, DecodeError, LocalFile, MediaFile
from wbtypes_core.files import as_file
from wbtypes_core.plain import as_array
from wbtypes_core.signatures import LOOK

from ..values import FORMATS, Header, Range
from .kinds import RELATIVES
from .levels import Array, Rule, rule_of
from .reading import header
from .tiles import grid, tiled
from .wish import Wish
from .writing import encoded

NO_ALPHA = "videos are stored without their alpha channel, as wandb stores them"
OWN_RATE = "fps= says how fast the frames of an array are shown; a video that is a file keeps its own rate"


@frozen(kw_only=True)
class Taken:
    """What a constructor makes of its data: the file, and what is known of it.

    Attributes:
        file: the film.
        header: what it says of itself.
        width: that of the frames that were encoded; None for a file.
        height: that of the frames that were encoded; None for a file.
        fps: what was asked for, where the file's own rate is another.
        value_range: the values that 0 and 255 stand for, where values were mapped.
        dtype: NumPy's name of the dtype that came in, where it is not uint8.
        nonfinite: how many values were NaN or infinite.
        batch: how many clips lie side by side.
        grey: whether the frames had one channel.
        odd: what to warn of, once per process.
    """

    file: MediaFile
    header: Header
    width: int | None = None
    height: int | None = None
    fps: int | float | None = None
    value_range: Range | None = None
    dtype: str | None = None
    nonfinite: int = 0
    batch: int | None = None
    grey: bool = False
    odd: tuple[str, ...] = ()


def take(data: Any, wish: Wish) -> Taken:
    """The film of whatever a video is made from.

    Raises:
        TypeError: nothing that is a video, or arguments that do not go with it.
        ValueError: a shape that is no video's, a file that is none, or what the format cannot hold.
        OSError: a file that cannot be read.
    """
    if isinstance(data, str | os.PathLike | MediaFile) or hasattr(data, "read"):
        return _take_file(data, wish)
    array = as_array(data)
    if array is None and hasattr(data, "__array__"):
        array = numpy.asarray(data)
    if array is not None:
        return _take_array(_numbers(array), wish)
    if isinstance(data, Iterable) and not isinstance(data, bytes | bytearray | memoryview | Mapping):
        return _take_frames(data, wish)
    raise TypeError(
        f"a video is made from an array, an iterable of frames, a path or an open file, not from {type(data).__name__}"
    )


def _take_file(data: Any, wish: Wish) -> Taken:
    """A file is kept byte for byte, once it is seen to be a video."""
    if wish.value_range is not None:
        raise TypeError("value_range maps the values of arrays; files are stored as they are")
    file = as_file(data, what="a video")
    try:
        found = header(file)
    except DecodeError as error:
        raise ValueError(error.message) from error
    if wish.format not in (None, found.format):
        raise ValueError(
            f"{file} is {found.format}, not format={wish.format!r}; leave format out, or correct it"
        )
    file = _named(file, data, found.format, wish.format)
    return Taken(file=file, header=found, odd=() if wish.fps in (_DEFAULT_RATE, found.fps) else (OWN_RATE,))


_DEFAULT_RATE = 4
"""What `Video` takes for `fps` where nothing is said."""


def _named(file: MediaFile, data: Any, kind: str, format: str | None) -> MediaFile:
    """The file under an extension that says what it is, for wandb's tools go by it; its own where it has such a one."""
    extension = file.suffix.lower().lstrip(".")
    if extension == kind:
        return file
    if format is None and extension in FORMATS:
        raise ValueError(f"{file} is {kind} by its content; rename it, or say format={kind!r}")
    if format is None:
        with file.open() as stream:
            start = stream.read(LOOK)
        for (family, mark), what in RELATIVES.items():
            if family == kind and mark in start:
                raise ValueError(f"{file} is {what}; convert it to one of {', '.join(FORMATS)}")
    if isinstance(data, str | os.PathLike):
        return LocalFile(data, f".{kind}")
    return BytesFile(file.read(), f".{kind}", file.name)


def _numbers(array: Array) -> Array:
    """An array of numbers that NumPy calculates with."""
    if array.dtype.kind not in "biuf":
        raise TypeError(f"a video is made from numbers, not from {array.dtype}")
    if isinstance(array, numpy.ma.MaskedArray) and numpy.ma.is_masked(array):
        # what is masked is not known, and NaN says so
        array = numpy.ma.filled(array.astype(numpy.float64), numpy.nan)
    return numpy.asarray(array)


def _take_array(array: Array, wish: Wish) -> Taken:
    """A clip (t, c, h, w), or a batch of them (b, t, c, h, w)."""
    if array.ndim not in (4, 5) or not array.size or array.shape[-3] not in (1, 3, 4):
        _refuse_shape(array)
    moments = array if array.ndim == 4 else array.swapaxes(0, 1)
    return _stored(moments, moments.shape[1:], len(moments), rule_of(moments, wish), wish)


def _refuse_shape(array: Array) -> NoReturn:
    hint = ""
    if array.ndim == 3:
        hint = "; for a clip of grey frames, array[:, None]"
    elif array.ndim in (4, 5) and array.shape[-1] in (1, 3, 4):
        axes = (*range(array.ndim - 3), array.ndim - 1, array.ndim - 3, array.ndim - 2)
        hint = f"; channels come before height and width: array.transpose{axes}"
    raise ValueError(
        f"an array of shape {array.shape} is no video: allowed are (t, c, h, w) and (b, t, c, h, w) with c of 1, 3 or 4, "
        f"with at least one frame and pixel{hint}"
    )


def _take_frames(given: Iterable[Any], wish: Wish) -> Taken:
    """Frames (c, h, w), each encoded as it comes, or, where their range is not known yet, once all have come."""
    frames = _checked(given)
    first = next(frames, None)
    if first is None:
        raise ValueError("a video has at least one frame; the iterable is empty")
    frames = chain((first,), frames)
    if first.dtype != numpy.uint8 and first.dtype.kind != "b" and wish.value_range is None:
        return _take_array(_spooled(frames, first), wish)
    total = len(given) if isinstance(given, Sized) else None
    return _stored(frames, first.shape, total, rule_of(first, wish), wish)


def _checked(given: Iterable[Any]) -> Iterator[Array]:
    """Each frame as an array, all of one shape and dtype."""
    first: Array | None = None
    for at, each in enumerate(given):
        frame = as_array(each)
        frame = _numbers(numpy.asarray(each) if frame is None else frame)
        if first is None:
            first = frame
            if frame.ndim != 3 or not frame.size or frame.shape[0] not in (1, 3, 4):
                hint = "; channels come first: frame.transpose(2, 0, 1)" if frame.ndim == 3 else ""
                raise ValueError(
                    f"frame {at} has the shape {frame.shape}; frames are (c, h, w) with c of 1, 3 or 4, "
                    f"with at least one pixel{hint}"
                )
        if (frame.shape, frame.dtype) != (first.shape, first.dtype):
            raise ValueError(
                f"frame {at} is {frame.dtype} of shape {frame.shape}, and the first is {first.dtype} of {first.shape}; "
                f"frames of a video are alike"
            )
        yield frame


def _spooled(frames: Iterable[Array], first: Array) -> Array:
    """All frames as one array, which lies in a temporary file that is gone once nobody uses it."""
    with tempfile.TemporaryFile(prefix="wbtypes-") as raw:
        for frame in frames:
            raw.write(numpy.ascontiguousarray(frame).data)
        count = raw.tell() // first.nbytes
        return numpy.memmap(raw, first.dtype, "r", shape=(count, *first.shape))


def _stored(
    moments: Iterable[Array], shape: tuple[int, ...], total: int | None, rule: Rule, wish: Wish
) -> Taken:
    """Moments of a clip (c, h, w), or of a batch of clips (b, c, h, w), as a film."""
    batch = shape[0] if len(shape) == 4 else None
    channels, height, width = shape[-3:]
    rows, columns = grid(batch or 1)
    size = columns * width, rows * height
    file = encoded(_frames_of(moments, rule), size, total, wish)
    found = header(file)
    return Taken(
        file=file,
        header=found,
        width=size[0],
        height=size[1],
        fps=None if found.fps == wish.fps else wish.fps,
        value_range=rule.value_range,
        dtype=rule.dtype,
        nonfinite=rule.nonfinite,
        batch=batch,
        grey=channels == 1,
        odd=tuple(rule.odd),
    )


def _frames_of(moments: Iterable[Array], rule: Rule) -> Iterator[Array]:
    """The frames to encode: uint8, of one channel or three."""
    for moment in moments:
        pixels = rule.pixels(moment)
        if pixels.shape[-3] == 4:
            if pixels[..., 3, :, :].min() < 255:
                rule.odd[NO_ALPHA] = None
            pixels = pixels[..., :3, :, :]
        yield tiled(pixels) if pixels.ndim == 4 else pixels
