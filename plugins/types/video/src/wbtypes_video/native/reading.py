"""From a film to what its header says, and to its frames."""

from __future__ import annotations

import io
import math
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import pairwise
from typing import Any, BinaryIO, NoReturn

import av
import numpy
from attrs import evolve, frozen
from av.container import InputContainer
from av.stream import Disposition
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from PIL import Image as PILImage

from wbtypes_core import DecodeError, LimitError, MediaFile
from wbtypes_core.files import unreadable
from wbtypes_core.signatures import LOOK

from ..values import FORMATS, Header, Range
from .colours import TO_RGB, conversion
from .endings import ENDS
from .kinds import DEMUXERS, kind_of, look
from .levels import DTYPES, Array, values_of
from .tiles import untiled

Stated = tuple[int | None, int | None]
"""Width and height as the wire says them."""


def header(file: MediaFile) -> Header:
    """What a film says of itself; no frame is decoded.

    Raises:
        DecodeError: missing, or no video.
        LimitError: more than ``pixels`` or ``frames``.
    """
    with _opened(file) as film:
        return _walked(film) if film.header.frames is None else film.header


def frames(file: MediaFile, stated: Stated) -> Generator[Array, None, None]:
    """The frames of a film, (3, h, w) of uint8 each.

    Args:
        file: the film.
        stated: width and height as the wire says them.

    Raises:
        DecodeError: missing, damaged or no video.
        LimitError: more than ``pixels`` or ``frames``.
    """
    with _opened(file) as film:
        width, height = _shown(film.header, stated)
        for picture in _decoded(film):
            pixels = numpy.empty((3, height, width), numpy.uint8)
            _fill(pixels, picture)
            yield pixels


def to_numpy(file: MediaFile, stated: Stated) -> Array:
    """All frames of a film, (t, 3, h, w) of uint8.

    Raises:
        DecodeError: missing, damaged or no video.
        LimitError: more than ``pixels`` or ``frames``, or more numbers than ``samples`` or than fit into memory.
    """
    with _opened(file) as film:
        width, height = _shown(film.header, stated)
        every = numpy.empty((0, 3, height, width), numpy.uint8)
        count = 0
        for picture in _decoded(film):
            if count == len(every):  # the first time, or the header named too few
                every = _grown(every, film.header.frames or 0, file)
            _fill(every[count], picture)
            count += 1
        return every[:count]


def _grown(every: Array, frames: int, file: MediaFile) -> Array:
    """Room for so many frames, and for more than there were."""
    shape = (max(frames, 2 * len(every), 1), *every.shape[1:])
    what = f"the number of samples in all frames of {file} (frames() gives them one by one)"
    file.limits.spend("samples", math.prod(shape), what)
    try:
        grown = numpy.empty(shape, numpy.uint8)
    except MemoryError:
        raise LimitError(f"the frames of {file} do not fit into memory; use frames()") from None
    grown[: len(every)] = every
    return grown


def thumbnail(file: MediaFile, stated: Stated, side: int | None) -> PILImage.Image:
    """The first frame of a film as a Pillow image, made smaller where a side is longer than `side`."""
    every = frames(file, stated)
    pixels = next(every)
    every.close()
    picture = PILImage.fromarray(numpy.ascontiguousarray(pixels.transpose(1, 2, 0)))
    if side is not None:
        picture.thumbnail((side, side))
    return picture


def restored(
    pixels: Array, value_range: Range | None, dtype: str | None, batch: int | None, grey: bool
) -> Array:
    """Frames (t, 3, h, w) in the shape and dtype, and with the values, that they were made from.

    Raises:
        DecodeError: what is recorded does not go with the frames.
    """
    if dtype is not None and dtype not in DTYPES:
        raise DecodeError(f"the video is recorded with the dtype {dtype!r}, which is none that videos have")
    if grey:
        pixels = pixels[:, :1]
    if batch is not None:
        pixels = untiled(pixels, batch)
    kind = numpy.dtype(dtype or numpy.uint8)
    if value_range is None:
        return pixels.astype(kind, copy=False)
    found: Array = values_of(value_range, kind)[pixels]
    return found


@frozen
class _OpenFilm:
    """A film whose header is read, and whose frames are not."""

    file: MediaFile
    data: BinaryIO
    container: InputContainer
    stream: VideoStream
    header: Header


_LENIENT = {"metadata_errors": "replace"} if hasattr(InputContainer, "metadata_errors") else {}
"""What keeps a title that is no UTF-8 from being an error; PyAV takes it as it is from 19 on, and knows no such word."""


@contextmanager
def _opened(file: MediaFile) -> Iterator[_OpenFilm]:
    """Open a film, and its own demuxer alone: some of the others open what a file tells them to.

    Raises:
        DecodeError: missing, or no video; and for whatever libav stumbles over while the film is open.
        LimitError: more than ``pixels`` or ``frames``.
    """
    with file.open() as given:
        stream = given if given.seekable() else io.BytesIO(file.read())
        start = stream.read(LOOK)
        kind = kind_of(start)
        if kind is None:
            raise unreadable(
                file, "a video", ValueError(f"it is none of {', '.join(FORMATS)}; {look(start)}")
            )
        if kind == "gif":  # libav learns its size from the first frame, which the limit would keep it from
            _check_pixels(file, *(int.from_bytes(start[at : at + 2], "little") for at in (6, 8)))
        stream.seek(0)
        settings: dict[str, Any] = {"options": _allowed(file), "io_open": _no_other, **_LENIENT}
        try:
            with av.open(stream, "r", format=DEMUXERS[kind], **settings) as container:
                pictures = _pictures(container)
                yield _OpenFilm(file, stream, container, pictures, _header(file, container, pictures, kind))
        except DecodeError:
            raise
        except Exception as error:  # MemoryError too
            detail = getattr(error, "strerror", None) or error
            raise unreadable(file, "a video", ValueError(f"it looks like {kind}, but: {detail}")) from error


def _no_other(url: str, flags: int, options: Mapping[str, str]) -> NoReturn:
    raise PermissionError(f"a video may not lead to {url!r}")


def _check_pixels(file: MediaFile, width: int, height: int) -> None:
    file.limits.spend("pixels", width * height, f"the number of pixels of {file}")


def _allowed(file: MediaFile) -> dict[str, str]:
    """What decoders are told of the limits, for frames may be larger than the header says; they count in wide strides."""
    return {"max_pixels": str(min(max(2 * file.limits.pixels, 1 << 24), 2**31 - 1))}


def _pictures(container: InputContainer) -> VideoStream:
    """The stream of moving pictures; the cover of a song is none."""
    for stream in container.streams.video:
        if not stream.disposition & Disposition.attached_pic:
            return stream
    raise ValueError("it holds no moving pictures")


def _header(file: MediaFile, container: InputContainer, stream: VideoStream, kind: str) -> Header:
    """What the container says of the pictures in it."""
    width, height = stream.width, stream.height
    if not width or not height:
        raise ValueError("its header names no size")
    _check_pixels(file, width, height)
    duration = None
    if stream.duration and stream.time_base:
        duration = float(stream.duration * stream.time_base)
    elif container.duration:
        duration = container.duration / av.time_base
    # Ogg counts in frames, and libav guesses their rate from the first few
    rate = 1 / stream.time_base if kind == "ogg" and stream.time_base else stream.average_rate
    fps = float(rate) if rate else None
    frames = stream.frames or (round(duration * fps) if duration and fps else None)
    if frames is not None:
        file.limits.spend("frames", frames, f"the number of frames of {file}")
    return Header(kind, width, height, fps, duration, frames)


def _walked(film: _OpenFilm) -> Header:
    """A header that says too little, with what the times of the packets tell; a recording of a browser needs it."""
    stream, found = film.stream, film.header
    times: list[int] = []
    for packet in film.container.demux(stream):
        if packet.pts is not None:
            times.append(packet.pts)
            film.file.limits.spend("frames", len(times), f"the number of frames of {film.file}")
    times.sort()
    if len(times) < 2 or times[0] == times[-1] or not stream.time_base:
        return found
    step = float((times[-1] - times[0]) * stream.time_base) / (len(times) - 1)
    return evolve(found, fps=found.fps or 1 / step, duration=step * len(times), frames=len(times))


def _shown(found: Header, stated: Stated) -> tuple[int, int]:
    """Width and height of the frames: those on the wire, where the film's are what an encoder made even of them."""
    width, height = (side or 0 for side in stated)
    if (width + width % 2, height + height % 2) == (found.width, found.height):
        return width, height
    return found.width, found.height


def _decoded(film: _OpenFilm) -> Iterator[VideoFrame]:
    """The pictures of a film, decoded one after the other, in planes of green, blue and red.

    Raises:
        ValueError: damage that shows: decoders conceal some of it.
    """
    stream, found, limits = film.stream, film.header, film.file.limits
    stream.thread_type = "AUTO"
    stream.codec_context.options = _allowed(film.file)
    to_rgb = conversion(found.width, found.height, stream.format, TO_RGB, "gbrp")
    spans: list[tuple[float, float]] = []
    count = 0
    for packet in film.container.demux(stream):
        for picture in packet.decode():
            count += 1
            limits.spend("frames", count, f"the number of frames of {film.file}")
            if packet.is_corrupt or picture.is_corrupt:
                raise ValueError(f"frame {count} is damaged")
            if (picture.width, picture.height) != (found.width, found.height):
                raise ValueError(
                    f"frame {count} has {picture.width} x {picture.height} pixels, and those before it "
                    f"{found.width} x {found.height}"
                )
            if picture.pts is not None and picture.time_base:
                times = (picture.pts * picture.time_base, (picture.duration or 0) * picture.time_base)
                spans.append((float(times[0]), float(times[1])))
            yield to_rgb(picture)
    if not count:
        raise ValueError("no frame of it can be decoded")
    if found.format in ENDS:  # what libav says of their length it guesses from what is there
        if not ENDS[found.format](film.data):
            raise ValueError(f"it is cut short: nothing ends it after frame {count}")
    elif len(film.container.streams) == 1:  # the length that a film names is that of its sound, too
        _check_end(found, spans)


def _check_end(found: Header, spans: Sequence[tuple[float, float]]) -> None:
    """Compare how long a film says that it is with its frames, each a time and a duration in seconds.

    Raises:
        ValueError: a frame or more is missing.
    """
    if found.duration is None or not spans:
        return
    gaps = [after - before for (before, _), (after, _) in pairwise(spans)]
    longest = max([*gaps, *(length for _, length in spans), 1 / found.fps if found.fps else 0])
    start = (
        0 if found.format == "webm" else spans[0][0]
    )  # Matroska counts from zero, whenever the first frame is shown
    shown = spans[-1][0] + spans[-1][1] - start
    if found.duration - shown > longest / 2:
        raise ValueError(f"it is cut short: {shown:.4g} of {found.duration:.4g} seconds are there")


def _fill(pixels: Array, picture: VideoFrame) -> None:
    """Put the planes of a picture into an array (3, h, w), which may leave out the last row or column."""
    _, height, width = pixels.shape
    for channel, plane in zip((1, 2, 0), picture.planes, strict=True):
        data: Any = plane  # a buffer, which only Python 3.12 and later know how to say
        rows = numpy.frombuffer(data, numpy.uint8).reshape(-1, plane.line_size)
        pixels[channel] = rows[:height, :width]
