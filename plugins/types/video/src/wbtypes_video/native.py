"""What videos become: NumPy arrays, all at once or frame by frame; and how arrays, frames and files become a film."""

from __future__ import annotations

import io
import os
import tempfile
import weakref
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence, Sized
from contextlib import contextmanager
from fractions import Fraction
from itertools import chain, pairwise
from pathlib import Path
from typing import Any, NoReturn

from attrs import define, evolve, field, frozen

from wbtypes_core import BytesFile, DecodeError, LocalFile, MediaFile, MissingExtra
from wbtypes_core.files import SNAPSHOT_BYTES, as_file, unreadable
from wbtypes_core.plain import as_array

from .values import FASTEST, FORMATS, SLOWEST, Header, Progress, Range

try:
    import av
    import numpy
    from av.container import InputContainer
    from av.error import FFmpegError
    from av.filter import Graph
    from av.stream import Disposition
    from av.video.codeccontext import VideoCodecContext
    from av.video.format import VideoFormat
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream
    from PIL import Image as PILImage
except ImportError as error:
    raise MissingExtra(f"frames of videos need {error.name}: pip install wbtypes-video ({error})") from error

Array = numpy.ndarray[Any, Any]

SIGNED = (
    "floats of a video between -1 and 1 are taken as that range: -1 is black; value_range= says otherwise"
)
BYTES = "floats of a video up to 255 are taken as 0 to 255 and rounded; value_range= says otherwise"
SPAN_OF_FLOATS = (
    "floats of a video beyond 0..1, -1..1 and 0..255 are mapped from their own lowest and highest value; "
    "value_range=(lo, hi) maps every video alike"
)
SPAN_OF_INTEGERS = (
    "integers of a video beyond 0..255 are mapped from their own lowest and highest value; "
    "value_range=(lo, hi) maps every video alike"
)
NOT_FINITE = (
    "NaN in a video is stored as the low end of its range, infinities as the ends; .nonfinite counts them"
)
CLIPPED = "values of a video outside its value_range are stored as the ends"
NO_ALPHA = "videos are stored without their alpha channel, as wandb stores them"
OWN_RATE = "fps= says how fast the frames of an array are shown; a video that is a file keeps its own rate"


@frozen
class Wish:
    """How the caller wants frames stored.

    Attributes:
        fps: frames a second.
        format: the container; None is that of the file, and mp4 for frames.
        value_range: the values that are to be black and white; None infers them.
        progress: what is told of each frame that was encoded.
    """

    fps: int | float
    format: str | None = None
    value_range: Range | None = None
    progress: Progress | None = None

    @property
    def kind(self) -> str:
        """The container to write."""
        return self.format or "mp4"


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


# -- files ----------------------------------------------------------------------------------------------------

_LOOK = 64
"""Bytes that tell what a file is."""

_LOOKS: Mapping[tuple[int, bytes], str] = {
    (4, b"ftypavi"): "an AVIF picture",
    (4, b"ftyphei"): "a HEIC picture",
    (4, b"ftypmif"): "a HEIC picture",
    (0, b"\x89PNG"): "a PNG picture",
    (0, b"\xff\xd8\xff"): "a JPEG picture",
    (0, b"BM"): "a BMP picture",
    (8, b"WEBP"): "a WebP picture",
    (8, b"AVI "): "an AVI film",
    (8, b"WAVE"): "a WAV sound file",
    (0, b"FLV"): "a Flash film",
    (0, b"0&\xb2u\x8ef\xcf\x11"): "a Windows Media film",
    (0, b"\x00\x00\x01\xba"): "an MPEG film",
    (0, b"\x00\x00\x01\xb3"): "an MPEG film",
    (0, b"G@"): "an MPEG transport stream",
    (0, b"ID3"): "an MP3 sound file",
    (0, b"fLaC"): "a FLAC sound file",
    (0, b"#EXTM3U"): "a playlist",
    (0, b"%PDF"): "a PDF document",
    (0, b"PK\x03\x04"): "a ZIP archive",
    (0, b"\x1f\x8b"): "a gzip archive",
    (0, b"\x93NUMPY"): "a NumPy array file",
    (0, b"\x89HDF"): "an HDF5 file",
    (0, bytes(16)): "zeros",
}
"""What files that are no video of ours begin with."""

_KINDS: Mapping[tuple[int, bytes], str] = {
    (0, b"GIF8"): "gif",
    (4, b"ftyp"): "mp4",
    (4, b"moov"): "mp4",
    (4, b"mdat"): "mp4",
    (4, b"free"): "mp4",
    (4, b"wide"): "mp4",
    (0, b"\x1aE\xdf\xa3"): "webm",
    (0, b"OggS"): "ogg",
}
"""What the containers begin with."""

_RELATIVES: Mapping[tuple[str, bytes], str] = {
    ("mp4", b"ftypqt  "): "a QuickTime film",
    ("webm", b"matroska"): "a Matroska film",
}
"""Films of the same make as a container of ours that browsers do not take for one."""

_DEMUXERS = {"gif": "gif", "mp4": "mov", "webm": "matroska", "ogg": "ogg"}


def _marked(start: bytes, marks: Mapping[tuple[int, bytes], str]) -> str | None:
    """What a file is that begins so; None when no mark fits."""
    return next((what for (at, mark), what in marks.items() if start.startswith(mark, at)), None)


def _kind(start: bytes) -> str | None:
    """The container of a file that begins so; None when it is none of ours."""
    return None if _marked(start, _LOOKS) else _marked(start, _KINDS)


def _look(start: bytes) -> str:
    """What the first bytes of a file look like, in a few words."""
    if not start:
        return "it is empty"
    what = _marked(start, _LOOKS) or _marked(start, _KINDS)
    if what is None and all(byte in b"\t\n\r" or 32 <= byte < 127 for byte in start):
        what = "text"
    return f"its first bytes are {start[:16]!r}" + (f", which look like {what}" if what else "")


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
    return Taken(file=file, header=found, odd=(OWN_RATE,) if wish.fps != _DEFAULT_RATE else ())


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
            start = stream.read(_LOOK)
        for (family, mark), what in _RELATIVES.items():
            if family == kind and mark in start:
                raise ValueError(f"{file} is {what}; convert it to one of {', '.join(FORMATS)}")
    if isinstance(data, str | os.PathLike):
        return LocalFile(data, f".{kind}")
    return BytesFile(file.read(), f".{kind}", file.name)


# -- arrays and frames ----------------------------------------------------------------------------------------


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
    return _stored(moments, moments.shape[1:], len(moments), _rule(moments, wish), wish)


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
    return _stored(frames, first.shape, total, _rule(first, wish), wish)


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


# -- from numbers to pixels -----------------------------------------------------------------------------------


@define
class _Rule:
    """How the numbers of a clip become pixels, and what it met while it made them.

    Attributes:
        value_range: the values that become 0 and 255; None where the numbers are pixels.
        dtype: NumPy's name of the numbers' dtype, where it is not uint8.
        beyond: whether numbers may lie outside the range.
        counting: whether those outside are still to be counted.
        nonfinite: how many values were NaN or infinite.
        odd: what to warn of.
    """

    value_range: Range | None = None
    dtype: str | None = None
    beyond: bool = False
    counting: bool = False
    nonfinite: int = 0
    odd: dict[str, None] = field(factory=dict)

    def pixels(self, numbers: Array) -> Array:
        """The numbers as uint8."""
        if self.value_range is None:
            return numbers.astype(numpy.uint8, copy=False)
        if numbers.dtype.kind == "b":
            numbers = numbers.astype(numpy.uint8)
        if self.counting:
            self._count(numbers, *self.value_range)
        if self.beyond or numbers.dtype.kind == "f":
            return _scaled(numbers, self.value_range, beyond=self.beyond)
        # modulo 2^64, so that the distance from the lowest is exact for every integer type
        lo, hi = map(int, self.value_range)
        return _scaled(numbers.astype(numpy.uint64) - numpy.uint64(lo % 2**64), (0, hi - lo))

    def _count(self, numbers: Array, lo: float, hi: float) -> None:
        finite = numpy.isfinite(numbers)
        strange = numbers.size - int(numpy.count_nonzero(finite))
        with numpy.errstate(invalid="ignore"):
            outside = ((numbers < float(lo)) | (numbers > float(hi))) & finite
        self.nonfinite += strange
        if strange:
            self.odd[NOT_FINITE] = None
        if outside.any():
            self.odd[CLIPPED] = None


def _rule(numbers: Array, wish: Wish) -> _Rule:
    """The rule for all frames of a clip, by the ranges that `Video` states.

    Args:
        numbers: the clip by frames; of bytes and booleans, and where a range is given, any frame will do.
        wish: what the caller wants.
    """
    name = numbers.dtype.name if numbers.dtype.kind != "f" or numbers.dtype.itemsize <= 8 else "float64"
    if wish.value_range is not None:
        return _Rule(wish.value_range, name if name != "uint8" else None, beyond=True, counting=True)
    if name == "uint8":
        return _Rule()
    if name == "bool":
        return _Rule((0, 1), name)
    lo, hi, nonfinite = _span(numbers)
    if numbers.dtype.kind != "f":
        if lo >= 0 and hi <= 255:
            return _Rule(None, name)
        return _Rule((lo, hi), name, odd={SPAN_OF_INTEGERS: None})
    inferred, odd = _inferred(lo, hi)
    told = dict.fromkeys((*odd, NOT_FINITE) if nonfinite else odd)
    return _Rule(inferred, name, beyond=nonfinite > 0, nonfinite=nonfinite, odd=told)


def _span(frames: Iterable[Array]) -> tuple[Any, Any, int]:
    """The lowest and highest finite number, 0 and 0 where there is none; and how many are not finite."""
    spans: list[Any] = []
    nonfinite = 0
    for frame in frames:
        numbers = frame
        if frame.dtype.kind == "f":
            numbers = frame[numpy.isfinite(frame)]
            nonfinite += frame.size - numbers.size
        if numbers.size:
            spans += (numbers.min().item(), numbers.max().item())
    return min(spans, default=0.0), max(spans, default=0.0), nonfinite


def _inferred(lo: float, hi: float) -> tuple[Range, tuple[str, ...]]:
    if lo >= 0 and hi <= 1:
        return (0.0, 1.0), ()
    if -1 <= lo < 0 and hi <= 1:
        return (-1.0, 1.0), (SIGNED,)
    if lo >= 0 and 2 <= hi <= 255:
        return (0.0, 255.0), (BYTES,)
    return (lo, hi), (SPAN_OF_FLOATS,)


def _scaled(numbers: Array, value_range: Range, *, beyond: bool = False) -> Array:
    """Numbers of a range as 0 to 255, rounded. A range of one value is mid-grey.

    Args:
        numbers: the numbers.
        value_range: what becomes 0 and 255.
        beyond: whether some are outside: they are clipped, and NaN is 0.
    """
    lo, hi = map(float, value_range)
    if not numpy.isfinite(hi - lo):  # the widest ranges have no width in floats
        numbers, lo, hi = numbers / 2, lo / 2, hi / 2
    narrow = numbers.dtype.kind == "f" and numbers.dtype.itemsize <= 4
    narrow = narrow and lo >= -255 and hi <= 255 and hi - lo >= 1
    with numpy.errstate(all="ignore"):
        work: Array = numpy.subtract(numbers, lo, dtype=numpy.float32 if narrow else numpy.float64)
        work /= hi - lo or 1
        work *= 255
        if lo == hi:
            work += 128
    numpy.rint(work, out=work)
    if beyond:
        numpy.clip(work, 0, 255, out=work)
        numpy.nan_to_num(work, copy=False, nan=0)
    return work.astype(numpy.uint8)


# -- batches --------------------------------------------------------------------------------------------------


def _grid(count: int) -> tuple[int, int]:
    """Rows and columns in which so many clips lie, as wandb lays them: a power of two of places."""
    rows = 1 << (count.bit_length() - 1) // 2
    return rows, (1 << (count - 1).bit_length()) // rows


def _tiled(clips: Array) -> Array:
    """One moment of all clips of a batch, (b, c, h, w), as one frame; places without a clip are black."""
    count, channels, height, width = clips.shape
    rows, columns = _grid(count)
    places = numpy.zeros((rows * columns, channels, height, width), numpy.uint8)
    places[:count] = clips
    laid = places.reshape(rows, columns, channels, height, width).transpose(2, 0, 3, 1, 4)
    return laid.reshape(channels, rows * height, columns * width)


def _untiled(frames: Array, count: int) -> Array:
    """The clips of a batch, (b, t, c, h, w), from frames in which they lie side by side.

    Raises:
        DecodeError: the frames cannot be such.
    """
    length, channels, height, width = frames.shape
    rows, columns = _grid(count)
    if height % rows or width % columns:
        raise DecodeError(
            f"frames of {width} x {height} pixels do not hold {count} clips in {rows} rows of {columns}"
        )
    split = frames.reshape(length, channels, rows, height // rows, columns, width // columns)
    clips = split.transpose(2, 4, 0, 1, 3, 5).reshape(-1, length, channels, height // rows, width // columns)
    return clips[:count]


# -- to a film ------------------------------------------------------------------------------------------------

Conversion = Callable[[VideoFrame], VideoFrame]
Painter = Callable[[Array], VideoFrame]

_CAREFULLY = "flags=bicubic+accurate_rnd"
"""Without exact rounding every value comes out one to two steps too dark."""

_TO_YUV = f"{_CAREFULLY}+full_chroma_inp:out_color_matrix=bt601:out_range=limited:out_h_chr_pos=128:out_v_chr_pos=128"
_TO_RGB = f"{_CAREFULLY}+full_chroma_int"
"""A colour lies in the middle of its four pixels, as ffmpeg's filters have it, and so wandb's clients; converting without
a filter takes that of H.264 to lie at the left, which costs several dB."""


def _conversion(width: int, height: int, layout: VideoFormat, scale: str, wanted: str) -> Conversion:
    """What brings pictures from one layout of pixels to another."""
    graph = Graph()
    graph.threads = (
        1  # what several do may depend on the load of the machine, and equal frames are to stay equal
    )
    source = graph.add_buffer(None, width, height, layout, time_base=Fraction(1))
    steps = (source, graph.add("scale", scale), graph.add("format", wanted), graph.add("buffersink"))
    for one, other in pairwise(steps):
        one.link_to(other)
    graph.configure()

    def convert(picture: VideoFrame) -> VideoFrame:
        graph.vpush(picture)
        return graph.vpull()

    return convert


def _yuv_painter(width: int, height: int) -> Painter:
    """What makes 4:2:0 pictures of frames."""
    convert = _conversion(width, height, VideoFormat("gbrp"), _TO_YUV, "yuv420p")

    def paint(pixels: Array) -> VideoFrame:
        rgb = numpy.broadcast_to(pixels, (3, height, width)).transpose(1, 2, 0)
        return convert(VideoFrame.from_ndarray(rgb, format="gbrp"))

    return paint


def _palette_painter(width: int, height: int) -> Painter:
    """What makes pictures of up to 256 colours of frames, whatever their size."""
    return _paint_palette


def _paint_palette(pixels: Array) -> VideoFrame:
    colours, indexes = _GREYS, pixels[0]
    if len(pixels) == 3:
        picture = PILImage.fromarray(numpy.ascontiguousarray(pixels.transpose(1, 2, 0)))
        few = picture.getcolors(256)
        colours, indexes = _quantized(picture) if few is None else _exact([rgb for _, rgb in few], pixels)
    palette = numpy.zeros((256, 4), numpy.uint8)  # alpha, red, green, blue
    palette[:, 0] = 255
    palette[: len(colours), 1:] = colours
    both: Any = (indexes, palette)
    return VideoFrame.from_ndarray(both, format="pal8")


_GREYS = numpy.arange(256, dtype=numpy.uint8)[:, None].repeat(3, 1)


def _exact(found: Sequence[Any], pixels: Array) -> tuple[Array, Array]:
    """All colours of a frame, and which of them each pixel has."""
    colours = numpy.array(sorted(found), numpy.uint8)
    (known, every) = (
        each[0] << numpy.uint32(16) | each[1] << numpy.uint32(8) | each[2]
        for each in (colours.T.astype(numpy.uint32), pixels.astype(numpy.uint32))
    )
    return colours, numpy.searchsorted(known, every).astype(numpy.uint8)


def _quantized(picture: PILImage.Image) -> tuple[Array, Array]:
    """The 256 colours that an octree finds, and which of them is the nearest for each pixel.

    The octree's own choice is up to 3 dB worse; other ways to find colours are 20 times slower for 1 dB.
    """
    tree = picture.quantize(256, PILImage.Quantize.FASTOCTREE, dither=PILImage.Dither.NONE)
    nearest = picture.quantize(palette=tree, dither=PILImage.Dither.NONE)
    return numpy.array(nearest.getpalette(), numpy.uint8).reshape(-1, 3), numpy.asarray(nearest)


@frozen
class _Codec:
    """How frames are stored in a container.

    Attributes:
        name: the encoder.
        layout: the pixels that it takes.
        painter: makes, for a width and height, what makes them of frames.
        longest: pixels that a side may have.
        multiple: what the number of pixels of a side is a multiple of.
        slowest: the fewest frames a second.
        fastest: the most frames a second.
        options: what the encoder is told.
    """

    name: str
    layout: str
    painter: Callable[[int, int], Painter]
    longest: int
    multiple: int = 1
    slowest: float = SLOWEST
    fastest: float = FASTEST
    options: Mapping[str, str] = field(factory=dict)


_CODECS: Mapping[str, _Codec] = {
    # against the preset "medium" at its own 23, which is wandb's: as good at mostly no more bytes, in a third of the time
    "mp4": _Codec(
        "libx264",
        "yuv420p",
        _yuv_painter,
        16_384,
        multiple=2,
        options={
            "preset": "veryfast",
            "crf": "22.4",
            "x264-params": "subme=3:aq-strength=0.5",
            "chroma_sample_location": "center",
        },
    ),
    "webm": _Codec(
        "libvpx-vp9",
        "yuv420p",
        _yuv_painter,
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
        _yuv_painter,
        16_383,
        options={"crf": "10", "b": "20M", "deadline": "good", "cpu-used": "5"},
    ),
    # delays are hundredths of a second in 16 bits; the flags compare frames by their indexes, though palettes differ
    "gif": _Codec(
        "gif", "pal8", _palette_painter, 65_535, slowest=100 / 65_535, fastest=100, options={"gifflags": "0"}
    ),
}


def _stored(
    moments: Iterable[Array], shape: tuple[int, ...], total: int | None, rule: _Rule, wish: Wish
) -> Taken:
    """Moments of a clip (c, h, w), or of a batch of clips (b, c, h, w), as a film."""
    batch = shape[0] if len(shape) == 4 else None
    channels, height, width = shape[-3:]
    rows, columns = _grid(batch or 1)
    size = columns * width, rows * height
    file = _encoded(_frames_of(moments, rule), size, total, wish)
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


def _frames_of(moments: Iterable[Array], rule: _Rule) -> Iterator[Array]:
    """The frames to encode: uint8, of one channel or three."""
    for moment in moments:
        pixels = rule.pixels(moment)
        if pixels.shape[-3] == 4:
            if pixels[..., 3, :, :].min() < 255:
                rule.odd[NO_ALPHA] = None
            pixels = pixels[..., :3, :, :]
        yield _tiled(pixels) if pixels.ndim == 4 else pixels


def _encoded(frames: Iterable[Array], size: tuple[int, int], total: int | None, wish: Wish) -> MediaFile:
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
            if codec.layout == "yuv420p":
                _mark_colours(stream.codec_context)
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


_COLOURS = (1, 6, 1, 13)
"""The narrow range, the matrix of BT.601, the primaries of BT.709 and the curve of sRGB, as ISO/IEC 23091-2 numbers them."""


def _mark_colours(context: VideoCodecContext) -> None:
    """Say which YUV it is: players that are not told guess by the size."""
    context.color_range, context.colorspace, context.color_primaries, context.color_trc = _COLOURS


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


# -- from a film ----------------------------------------------------------------------------------------------

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
        LimitError: more than ``pixels`` or ``frames``, or more than ``file_bytes`` when decoded.
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
    room = max(frames, 2 * len(every), 1)
    what = f"the size of all frames of {file} (frames() gives them one by one)"
    file.limits.spend("file_bytes", room * int(numpy.prod(every.shape[1:])), what)
    grown = numpy.empty((room, *every.shape[1:]), numpy.uint8)
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


@frozen
class _OpenFilm:
    """A film whose header is read, and whose frames are not."""

    file: MediaFile
    container: InputContainer
    stream: VideoStream
    header: Header


@contextmanager
def _opened(file: MediaFile) -> Iterator[_OpenFilm]:
    """Open a film, and its own demuxer alone: some of the others open what a file tells them to.

    Raises:
        DecodeError: missing, or no video; and for whatever libav stumbles over while the film is open.
        LimitError: more than ``pixels`` or ``frames``.
    """
    with file.open() as given:
        stream = given if given.seekable() else io.BytesIO(file.read())
        start = stream.read(_LOOK)
        kind = _kind(start)
        if kind is None:
            raise unreadable(
                file, "a video", ValueError(f"it is none of {', '.join(FORMATS)}; {_look(start)}")
            )
        if kind == "gif":  # libav learns its size from the first frame, which the limit would keep it from
            _check_pixels(file, *(int.from_bytes(start[at : at + 2], "little") for at in (6, 8)))
        stream.seek(0)
        settings: dict[str, Any] = {
            "options": _allowed(file),
            "metadata_errors": "replace",
            "io_open": _no_other,
        }
        try:
            with av.open(stream, "r", format=_DEMUXERS[kind], **settings) as container:
                pictures = _pictures(container)
                yield _OpenFilm(file, container, pictures, _header(file, container, pictures, kind))
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
    times = sorted(packet.pts for packet in film.container.demux(stream) if packet.pts is not None)
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
    to_rgb = _conversion(found.width, found.height, stream.format, _TO_RGB, "gbrp")
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
            if picture.pts is not None and picture.time_base is not None:
                times = (picture.pts * picture.time_base, (picture.duration or 0) * picture.time_base)
                spans.append((float(times[0]), float(times[1])))
            yield to_rgb(picture)
    if not count:
        raise ValueError("no frame of it can be decoded")
    if len(film.container.streams) == 1:  # the length that a film names is that of its sound, too
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
    shown = spans[-1][0] + spans[-1][1] - spans[0][0]
    if found.duration - shown > longest / 2:
        raise ValueError(f"it is cut short: {shown:.4g} of {found.duration:.4g} seconds are there")


def _fill(pixels: Array, picture: VideoFrame) -> None:
    """Put the planes of a picture into an array (3, h, w), which may leave out the last row or column."""
    _, height, width = pixels.shape
    for channel, plane in zip((1, 2, 0), picture.planes, strict=True):
        rows = numpy.frombuffer(plane, numpy.uint8).reshape(-1, plane.line_size)  # type: ignore[call-overload]
        pixels[channel] = rows[:height, :width]


# -- back to numbers ------------------------------------------------------------------------------------------

_DTYPES = frozenset(
    ["bool", "float16", "float32", "float64"]
    + [f"{sign}{bits}" for sign in ("int", "uint") for bits in (8, 16, 32, 64)]
)


def restored(
    pixels: Array, value_range: Range | None, dtype: str | None, batch: int | None, grey: bool
) -> Array:
    """Frames (t, 3, h, w) in the shape and dtype, and with the values, that they were made from.

    Raises:
        DecodeError: what is recorded does not go with the frames.
    """
    if dtype is not None and dtype not in _DTYPES:
        raise DecodeError(f"the video is recorded with the dtype {dtype!r}, which is none that videos have")
    if grey:
        pixels = pixels[:, :1]
    if batch is not None:
        pixels = _untiled(pixels, batch)
    kind = numpy.dtype(dtype or numpy.uint8)
    if value_range is None:
        return pixels.astype(kind, copy=False)
    found: Array = _values(value_range, kind)[pixels]
    return found


def _values(value_range: Range, dtype: numpy.dtype[Any]) -> Array:
    """What each of 256 pixels stands for; integers are worked out as such, for they may be longer than a float's."""
    lo, hi = value_range
    if dtype.kind == "f":
        share = numpy.arange(256) / 255
        with numpy.errstate(over="ignore"):
            return (lo * (1 - share) + hi * share).astype(dtype)
    if isinstance(lo, int) and isinstance(hi, int):
        values = [lo + (2 * (hi - lo) * step + 255) // 510 for step in range(256)]
    else:
        values = [round(lo + (hi - lo) * (step / 255)) for step in range(256)]
    least, most = (0, 1) if dtype.kind == "b" else (numpy.iinfo(dtype).min, numpy.iinfo(dtype).max)
    return numpy.array([min(max(value, least), most) for value in values], dtype)
