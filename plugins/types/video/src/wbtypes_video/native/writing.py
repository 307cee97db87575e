"""From frames to a film: which encoder stores them in which container, and where the film is kept."""

from __future__ import annotations

import os
import tempfile
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy
from attrs import field, frozen
from av.error import FFmpegError
from av.video.stream import VideoStream

from wbtypes_core import BytesFile, LocalFile, MediaFile
from wbtypes_core.files import SNAPSHOT_BYTES

from ..values import FASTEST, SLOWEST
from .colours import mark_colours
from .levels import Array
from .painting import Painter, palette_painter, yuv_painter
from .wish import Wish


@frozen
class _Codec:
    """How frames are stored in a container.

    Attributes:
        name: the encoder.
        layout: the pixels that it takes.
        painter: makes, for a width and height, what makes them of frames.
        longest: pixels that a side may have.
        multiple: what the number of pixels of a side is a multiple of.
        threads: how many encode, where the film shows how many they were; 0 is as many as there are processors.
        slowest: the fewest frames a second.
        fastest: the most frames a second.
        options: what the encoder is told.
    """

    name: str
    layout: str
    painter: Callable[[int, int], Painter]
    longest: int
    multiple: int = 1
    threads: int = 0
    slowest: float = SLOWEST
    fastest: float = FASTEST
    options: Mapping[str, str] = field(factory=dict)


_CODECS: Mapping[str, _Codec] = {
    # against the preset "medium" at its own 23, which is wandb's: as good at mostly no more bytes, in a third of the time.
    # Where it is not "cpu-independent", x264 reads past the ends of rows with AVX-512, and what lies there shows in the film.
    "mp4": _Codec(
        "libx264",
        "yuv420p",
        yuv_painter,
        16_384,
        multiple=2,
        threads=8,
        options={
            "preset": "veryfast",
            "crf": "22.4",
            "x264-params": "subme=3:aq-strength=0.5:cpu-independent=1",
            "chroma_sample_location": "center",
        },
    ),
    "webm": _Codec(
        "libvpx-vp9",
        "yuv420p",
        yuv_painter,
        16_383,
        options={
            "crf": "25",
            "b": "0",
            "deadline": "good",
            "cpu-used": "5",
            "row-mt": "1",
            "chroma_sample_location": "center",
        },
    ),
    "ogg": _Codec(
        "libvpx",
        "yuv420p",
        yuv_painter,
        16_383,
        threads=1,  # more wait for each other busily, and store more bytes
        options={"crf": "10", "b": "20M", "deadline": "good", "cpu-used": "5"},
    ),
    # delays are hundredths of a second in 16 bits; the flags compare frames by their indexes, though palettes differ
    "gif": _Codec(
        "gif", "pal8", palette_painter, 65_535, slowest=100 / 65_535, fastest=100, options={"gifflags": "0"}
    ),
}


def encoded(frames: Iterable[Array], size: tuple[int, int], total: int | None, wish: Wish) -> MediaFile:
    """Frames as a film, encoded one by one into a temporary file.

    Raises:
        ValueError: the format cannot hold such frames.
    """
    codec = _CODECS[wish.kind]
    if max(size) > codec.longest or not codec.slowest <= wish.fps <= codec.fastest:
        raise ValueError(
            f"format={wish.kind!r} holds {codec.longest:,} pixels a side and {codec.slowest:.3g} to {codec.fastest:g} frames "
            f"a second; this is {size[0]} x {size[1]} at {wish.fps:g}"
        )
    handle, name = tempfile.mkstemp(f".{wish.kind}", "wbtypes-")
    os.close(handle)
    path = Path(name)
    try:
        _write(path, frames, size, total, wish, codec)
        if path.stat().st_size > SNAPSHOT_BYTES:
            return _Spool(path, f".{wish.kind}")
        file = BytesFile(path.read_bytes(), f".{wish.kind}")
    except BaseException:
        path.unlink()
        raise
    path.unlink()
    return file


def _write(
    path: Path, frames: Iterable[Array], size: tuple[int, int], total: int | None, wish: Wish, codec: _Codec
) -> None:
    width, height = (side + -side % codec.multiple for side in size)
    rate = Fraction(wish.fps).limit_denominator(1_000_000)
    exact = {"fflags": "+bitexact"}  # no date and no random numbers: equal frames give equal files
    with av.open(str(path), "w", format=wish.kind, options=exact) as container:
        with _holding(wish, width, height):
            stream = container.add_stream(codec.name, rate=rate, options=dict(codec.options))
            assert isinstance(stream, VideoStream)
            stream.width, stream.height, stream.pix_fmt = width, height, codec.layout
            stream.codec_context.thread_type = "FRAME"  # slices, the default, cost bytes
            stream.codec_context.thread_count = codec.threads
            if codec.layout == "yuv420p":
                mark_colours(stream.codec_context)
            paint = codec.painter(width, height)
        for number, pixels in enumerate(frames):
            if pixels.shape[1:] != (height, width):
                pixels = numpy.pad(pixels, ((0, 0), (0, height - size[1]), (0, width - size[0])), "edge")
            with _holding(wish, width, height):
                picture = paint(pixels)
                picture.pts, picture.time_base = number, 1 / rate
                container.mux(stream.encode(picture))
            if wish.progress is not None:
                wish.progress(number + 1, total)
        with _holding(wish, width, height):
            container.mux(stream.encode(None))


@contextmanager
def _holding(wish: Wish, width: int, height: int) -> Iterator[None]:
    """Tell what an encoder refuses as what the caller asked for."""
    try:
        yield
    except FFmpegError as error:
        if isinstance(error, OSError):  # a full disk, and the like
            raise
        raise ValueError(
            f"{width} x {height} pixels at {wish.fps:g} frames a second cannot be stored as format={wish.kind!r}: "
            f"{error.strerror}"
        ) from error


class _Spool(LocalFile):
    """An encoded film that is long: a temporary file, which goes with the last value that has it."""

    def __init__(self, path: Path, suffix: str) -> None:
        super().__init__(path, suffix)
        self._name = None  # that of a temporary file says nothing
        self._end = weakref.finalize(self, _remove, path, os.getpid())

    def __str__(self) -> str:
        return "an encoded video"

    def __reduce__(self) -> tuple[Any, ...]:
        return BytesFile, (self.read(), self.suffix)


def _remove(path: Path, owner: int) -> None:
    if os.getpid() == owner:  # a forked process has the value too, and the file is not its own to remove
        path.unlink(missing_ok=True)
