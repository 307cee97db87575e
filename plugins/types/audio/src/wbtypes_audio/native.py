"""What audio becomes: NumPy arrays, whole or block by block; and how what users give becomes the bytes of a sound file."""

from __future__ import annotations

import io
import os
import struct
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any, BinaryIO

import numpy
from attrs import frozen

from wbtypes_core import BytesFile, Code, DecodeError, LimitError, MediaFile
from wbtypes_core.errors import need
from wbtypes_core.files import LazyFile, as_file, unreadable
from wbtypes_core.plain import as_array
from wbtypes_core.signatures import COMMON, LOOK, look_of, marked, ogg_ends

from .values import Stated

Array = numpy.ndarray[Any, Any]
Sound = Any
"""An open ``soundfile.SoundFile``; the library has no types."""

MAX_CHANNELS = 1024
"""The most channels that libsndfile reads and writes."""

_HOLD: Mapping[str, tuple[int, int]] = {
    "wav": (MAX_CHANNELS, 2**31 - 1),
    "flac": (8, 655_350),
    "ogg": (255, 200_000),
    "mp3": (2, 48_000),
}
"""What arrays can be stored as, with the most channels and the highest rate: beyond them libvorbis ends the process."""

_EXACT: Mapping[str, tuple[str, ...]] = {
    "uint8": ("PCM_U8", "PCM_S8"),
    "int16": ("PCM_16",),
    "int32": ("PCM_32",),
    "float32": ("FLOAT", "DOUBLE"),
    "float64": ("DOUBLE",),
}
"""The dtypes that samples are stored from, and the subtypes that hold all their values."""

_WAV = {"uint8": "PCM_U8", "int16": "PCM_16", "int32": "PCM_32", "float32": "FLOAT", "float64": "FLOAT"}
_FLAC = {"uint8": "PCM_S8", "int16": "PCM_16"}
_LOSSY = {"ogg": "VORBIS", "mp3": "MPEG_LAYER_III"}
_FLOATS = {"FLOAT": "<f4", "DOUBLE": "<f8"}

_OWN = {
    "PCM_U8": "uint8",
    "PCM_S8": "int8",
    "PCM_16": "int16",
    "PCM_24": "int32",
    "PCM_32": "int32",
    "DOUBLE": "float64",
}
"""The dtype that a file's samples have by themselves; float32 for all other subtypes."""

_TURNED = {"int8": "uint8", "uint16": "int16", "uint32": "int32"}
"""Dtypes whose sign bit is turned over, because sound files have no such: their silence is in the middle or at zero."""

_UNSCALED = {"int64": 2.0**63, "uint64": 2.0**64}
"""Dtypes that name no full scale, and the one that they get where nothing smaller holds them."""

_BLOCK = 16_384
"""Frames that are worked on at once; libvorbis keeps all that it is handed on the stack."""

_PIECE = 1 << 20
"""Samples that are decoded at once, for what a header says of their number may not be true."""

WIDE = "floats of audio wider than 64 bits are rounded to float64"
NO_SCALE = (
    "64-bit integers of audio name no full scale: they are stored as int16 where all of a clip fit, else as int32, and beyond "
    "that as floats; convert the array to the dtype that you mean"
)
TURNED = "an array of audio has more channels than frames; frames come first, so transpose what has channels first, as torchaudio"
CLIPPED = "floats of audio beyond -1 and 1 are cut, for only float WAV holds them; .clipped counts them"
NOT_FINITE = "NaN in audio is stored as 0, infinities as -1 and 1, for only float WAV holds them; .nonfinite counts them"
EMPTY = "a clip without frames is stored as WAV, whatever its format= says; others hold no such clip"
OTHER_RATE = (
    "a sample_rate was given with a sound file that says another, or none; players go by the file; .given_rate keeps what "
    "was given"
)


@frozen
class Header:
    """What a sound file says of itself.

    Attributes:
        sample_rate: frames per second.
        frames: samples per channel; None where it does not say.
        channels: how many.
        format: libsndfile's name of the container, as ``"WAV"``.
        subtype: libsndfile's name of the encoding, as ``"PCM_16"``.
    """

    sample_rate: int
    frames: int | None
    channels: int
    format: str
    subtype: str

    @property
    def duration(self) -> float | None:
        """Seconds; None where it does not say."""
        return self.frames / self.sample_rate if self.frames is not None and self.sample_rate > 0 else None


@frozen(kw_only=True)
class Taken:
    """What a constructor makes of its data: the file, and what is known of it.

    Attributes:
        file: the sound file; it is encoded at first need where that takes time.
        stated: its sample rate and duration, as far as they are known.
        header: what the file says of itself; None while nobody has asked.
        dtype: NumPy's name of the dtype that came in, where the file has another and holds the values all the same.
        column: whether a mono clip came in as (frames, 1).
        nonfinite: how many NaN and infinite samples were replaced.
        clipped: how many finite samples beyond -1 and 1 were replaced.
        given_rate: the rate that was given with a file that does not say the same.
        odd: what to warn of, once per process.
    """

    file: MediaFile
    stated: Stated
    header: Header | None = None
    dtype: str | None = None
    column: bool = False
    nonfinite: int = 0
    clipped: int = 0
    given_rate: int | None = None
    odd: tuple[str, ...] = ()


@frozen
class Wish:
    """How the caller wants an array stored.

    Attributes:
        format: one of the four that there are.
        subtype: libsndfile's name of the encoding; None is the one that suits the array.
        given: whether the caller said anything.
    """

    format: str = "wav"
    subtype: str | None = None
    given: bool = False

    def for_samples(self, dtype: str) -> str:
        """The encoding of samples of a dtype."""
        if self.subtype is not None:
            return self.subtype
        if self.format == "wav":
            return _WAV[dtype]
        return _LOSSY.get(self.format) or _FLAC.get(dtype, "PCM_24")


def wished(format: object, subtype: object) -> Wish:
    """The two arguments, checked as far as they go without an array.

    Raises:
        TypeError: no text.
        ValueError: a format that cannot be written.
    """
    for name, each in (("format", format), ("subtype", subtype)):
        if each is not None and not isinstance(each, str):
            raise TypeError(f'{name} is a word like "flac" or "PCM_16", not {type(each).__name__}')
    kind = str(format or "wav").lower().removeprefix(".")
    if kind not in _HOLD:
        raise ValueError(f"format={format!r} cannot be written; it is one of {', '.join(_HOLD)}")
    return Wish(kind, str(subtype).upper() if subtype else None, format is not None or subtype is not None)


def take(data: Any, rate: int | None, wish: Wish) -> Taken:
    """The file of whatever audio is made from.

    Raises:
        TypeError: nothing that is audio, or arguments that do not go with it.
        ValueError: a shape, rate, file, format or subtype that is none; an array without a rate.
        OSError: a file that cannot be read.
    """
    array = _as_array(data)
    if array is None:
        return _take_file(data, rate, wish)
    if rate is None:
        raise ValueError(
            "sample_rate is missing: an array does not say how many frames a second has; "
            "write Audio(array, sample_rate=16_000), with the rate of yours"
        )
    return _take_array(array, rate, wish)


# -- arrays ---------------------------------------------------------------------------------------------------


def _as_array(data: Any) -> Array | None:
    """The array of an array-like; None for what is none.

    Raises:
        TypeError: an array of something else than real numbers.
    """
    array: Array | None = data if isinstance(data, numpy.ndarray) else as_array(data)
    if array is None and isinstance(data, list | tuple):
        array = _nested(data)
    elif array is None and hasattr(data, "__array__"):
        array = numpy.asarray(data)
    if array is None:
        return None
    if array.dtype.kind not in "biuf":
        hint = "; take .real or abs()" if array.dtype.kind == "c" else ""
        raise TypeError(f"audio is an array of real numbers, not of {array.dtype}{hint}")
    if numpy.ma.is_masked(array):
        raise TypeError("audio has a value at every sample, and here some are masked; write array.filled(0)")
    return numpy.asarray(array)


def _nested(data: Any) -> Array:
    try:
        return numpy.array(data)
    except (ValueError, TypeError):
        raise TypeError(
            "a list that is audio holds numbers, or frames of one length; this one holds something else"
        ) from None


def _take_array(array: Array, rate: int, wish: Wish) -> Taken:
    channels = _channels(array)
    samples, name, odd = _samples(array)
    if channels > max(8, len(samples)):
        odd += (TURNED,)
    if not samples.size and wish.format != "wav":
        wish, odd = Wish(), (*odd, EMPTY)
    subtype = wish.for_samples(samples.dtype.name)
    stepped = samples.dtype == numpy.float64 and wish.subtype is None and wish.format == "wav"
    exact = stepped or subtype in _EXACT[samples.dtype.name]
    known: dict[str, Any] = {
        "stated": (rate, len(samples) / rate),
        "dtype": name if exact and name != _OWN.get(subtype, "float32") else None,
        "column": array.ndim == 2 and channels == 1,
    }
    if wish.format == "wav" and (subtype in _FLOATS or subtype == _WAV[samples.dtype.name]):
        data = _wav(samples, rate, channels, subtype, stepped)
        header = Header(rate, len(samples), channels, "WAV", subtype)
        return Taken(file=BytesFile(data, ".wav"), header=header, odd=odd, **known)
    target = _Target(wish.format, subtype, rate, channels)
    target.check()
    samples, nonfinite, clipped = _tamed(samples)
    odd += (NOT_FINITE,) * bool(nonfinite) + (CLIPPED,) * bool(clipped)
    file = LazyFile(lambda: target.encode(samples), f".{wish.format}")
    return Taken(file=file, nonfinite=nonfinite, clipped=clipped, odd=odd, **known)


def _channels(array: Array) -> int:
    """The number of channels of an array whose shape is a clip's.

    Raises:
        ValueError: any other shape.
    """
    channels = 1 if array.ndim == 1 else array.shape[1] if array.ndim == 2 else 0
    if 1 <= channels <= MAX_CHANNELS:
        return channels
    hint = ""
    if array.ndim == 2 and channels > MAX_CHANNELS:
        hint = "; frames come first: array.T"
    elif array.ndim == 3:
        hint = "; for several clips log a list: [Audio(each, rate) for each in array]"
    raise ValueError(
        f"an array of shape {array.shape} is no clip: allowed are (frames,), and (frames, channels) with 1 to "
        f"{MAX_CHANNELS:,} channels{hint}"
    )


def _samples(array: Array) -> tuple[Array, str, tuple[str, ...]]:
    """The array in one of the dtypes that samples are stored from, the name of its own, and what to tell."""
    array = array.astype(array.dtype.newbyteorder("="), copy=False)
    name = array.dtype.name
    if name in _EXACT:
        return array, name, ()
    if name in _TURNED:
        return _turned(array, _TURNED[name]), name, ()
    if name in _UNSCALED:
        return _narrowed(array), name, (NO_SCALE,)
    if array.dtype.itemsize <= 2:  # booleans, and floats of 16 bits
        return array.astype(numpy.float32), name, ()
    with numpy.errstate(over="ignore"):
        return array.astype(numpy.float64), "float64", (WIDE,)


def _turned(array: Array, name: str) -> Array:
    """Integers with their sign bit turned over, in the dtype of the same width that makes them signed or unsigned."""
    bits = numpy.ascontiguousarray(array).view(f"u{array.dtype.itemsize}")
    turned: Array = (bits ^ bits.dtype.type(1 << (8 * bits.dtype.itemsize - 1))).view(name)
    return turned


def _narrowed(array: Array) -> Array:
    """Integers of 64 bits in the smallest dtype that holds them all."""
    lo, hi = (int(array.min()), int(array.max())) if array.size else (0, 0)
    for name in ("int16", "int32"):
        info = numpy.iinfo(name)
        if info.min <= lo and hi <= info.max:
            return array.astype(name)
    return array / _UNSCALED[array.dtype.name]


def _tamed(samples: Array) -> tuple[Array, int, int]:
    """Samples as encoders take them, in an array of their own, and how many were not finite, and how many beyond 1.

    What is beyond crashes some encoders, and NaN becomes a loud click in others.
    """
    if samples.dtype.kind != "f":
        wide = samples.dtype != numpy.uint8
        return samples.copy() if wide else _turned(samples, "int8").astype(numpy.int16) << 8, 0, 0
    infinite = int(numpy.isinf(samples).sum())
    nonfinite = infinite + int(numpy.isnan(samples).sum())
    clipped = int((numpy.abs(samples) > 1).sum()) - infinite
    return numpy.clip(numpy.nan_to_num(samples, nan=0, posinf=1, neginf=-1), -1, 1), nonfinite, clipped


# -- WAV files ------------------------------------------------------------------------------------------------

STEPS = b"wb64"
"""The chunk of a WAV file that has, for each 32-bit float, how many float64 numbers lie between it and what came in.

Browsers play no floats of 64 bits. Steps are little-endian integers of 32 bits, or of 64 where one of the clip does not fit.
"""

_CHUNKS = 16
"""Chunks before the samples or the steps that are looked at; what is written here has three."""


def _wav(samples: Array, rate: int, channels: int, subtype: str, stepped: bool) -> bytes:
    """The bytes of a WAV file.

    Args:
        samples: in a dtype that the subtype holds, or any for floats.
        rate: frames per second.
        channels: how many the samples are of.
        subtype: one of those in `_WAV` and `_FLOATS`.
        stepped: whether what 32-bit floats lose is kept beside them.

    Raises:
        ValueError: more than the 4 GiB that a WAV file holds.
    """
    _check_size(samples.size * numpy.dtype(_FLOATS.get(subtype, samples.dtype)).itemsize)
    data = _little_endian(samples, subtype)
    steps = _steps(samples, data) if stepped else None
    width, is_float = data.dtype.itemsize, data.dtype.kind == "f"
    pace = rate * channels * width & 0xFFFF_FFFF  # what no field holds, nobody plays
    form = struct.pack("<HHIIHH", 3 if is_float else 1, channels, rate, pace, channels * width, 8 * width)
    parts: list[Any] = [b"WAVE"]
    if is_float:
        parts += _chunk(b"fmt ", form + b"\0\0") + _chunk(b"fact", struct.pack("<I", len(samples)))
    else:
        parts += _chunk(b"fmt ", form)
    parts += _chunk(b"data", data)
    if steps is not None:
        parts += _chunk(STEPS, steps)
    size = sum(memoryview(part).nbytes for part in parts)
    _check_size(size)
    return b"".join((b"RIFF", struct.pack("<I", size), *parts))


def _check_size(size: int) -> None:
    if size >= 2**32:
        raise ValueError(
            f"a WAV file holds 4 GiB, and this clip takes {size / 2**30:.1f}; log it in pieces, or with format="
        )


def _chunk(name: bytes, data: Any) -> list[Any]:
    """One chunk of a RIFF file, padded to an even length."""
    size = memoryview(data).nbytes
    _check_size(size)
    return [name + struct.pack("<I", size), data, b"\0" * (size % 2)]


def _little_endian(samples: Array, subtype: str) -> Array:
    """Samples as a WAV file has them; integers become fractions of their full scale where it holds floats."""
    if subtype not in _FLOATS:
        return numpy.ascontiguousarray(samples, samples.dtype.newbyteorder("<"))
    if samples.dtype == numpy.uint8:
        samples = _turned(samples, "int8")
    if samples.dtype.kind == "i":
        samples = samples / 2.0 ** (8 * samples.dtype.itemsize - 1)
    with numpy.errstate(over="ignore"):
        return numpy.ascontiguousarray(samples, _FLOATS[subtype])


def _steps(samples: Array, single: Array) -> Array | None:
    """How many float64 numbers lie between each sample and its 32-bit float; None when all are the same."""
    narrow = numpy.empty(samples.shape, "<i4")
    lo = hi = 0
    for start in range(0, len(samples), _BLOCK):  # in pieces that stay in the processor's cache
        part = slice(start, start + _BLOCK)
        found = _distance(samples[part], single[part])
        narrow[part] = found
        lo, hi = min(lo, int(found.min())), max(hi, int(found.max()))
    if lo == hi == 0:
        return None
    return narrow if lo >= -(2**31) and hi < 2**31 else _distance(samples, single)


def _distance(samples: Array, single: Array) -> Array:
    """How many float64 numbers lie between the elements of two arrays; below the second they count as negative."""
    found: Array = numpy.ascontiguousarray(samples, "<f8").view("<i8") - single.astype("<f8").view("<i8")
    return found


class _Steps:
    """The steps in a WAV file, taken up as its samples are read."""

    def __init__(self, file: MediaFile, stream: BinaryIO, samples: int) -> None:
        self.file = file
        self.stream = stream
        size = _seek(stream, STEPS)
        if size is not None and size not in (4 * samples, 8 * samples):
            raise self._damaged()
        self.dtype = None if size is None else numpy.dtype("<i4" if size == 4 * samples else "<i8")

    def add(self, single: Array) -> Array:
        """The float64 numbers of as many samples as were read; without steps, these are what came in."""
        wide = single.astype(numpy.float64)
        if self.dtype is None:
            return wide
        data = self.stream.read(single.size * self.dtype.itemsize)
        if len(data) < single.size * self.dtype.itemsize:
            raise self._damaged()
        steps = numpy.frombuffer(data, self.dtype).reshape(single.shape)
        return (wide.view(numpy.int64) + steps).view(numpy.float64)

    def _damaged(self) -> DecodeError:
        return DecodeError(f"{self.file} is damaged: its {STEPS.decode()} chunk is cut", reason=Code.BAD_FILE)


def _seek(stream: BinaryIO, name: bytes) -> int | None:
    """Put a RIFF file's stream at the content of a chunk, and give its length; None where there is none such."""
    stream.seek(12)
    for _ in range(_CHUNKS):
        head = stream.read(8)
        if len(head) < 8:
            break
        size = int.from_bytes(head[4:], "little")
        if head[:4] == name:
            return size
        stream.seek(size + size % 2, io.SEEK_CUR)
    return None


# -- other formats --------------------------------------------------------------------------------------------


def _soundfile(what: str) -> Any:
    """The library, which is imported when something has to be read or compressed, and not for WAV files of arrays."""
    return need("soundfile", pip="wbtypes-audio", what=what)


@frozen
class _Target:
    """A kind of file that soundfile writes."""

    format: str
    subtype: str
    rate: int
    channels: int

    def check(self) -> None:
        """Make sure that such a file can be written.

        Raises:
            ValueError: no such subtype, or a rate or number of channels that it does not hold.
            MissingExtra: soundfile is not installed.
        """
        soundfile = _soundfile(f"format={self.format!r}")
        subtypes = soundfile.available_subtypes(self.format.upper())
        if self.subtype not in subtypes:
            raise ValueError(
                f"subtype={self.subtype!r} is none of format={self.format!r}; it is one of {', '.join(subtypes)}"
            )
        channels, rate = _HOLD[self.format]
        if self.channels > channels or self.rate > rate:
            raise ValueError(
                f"{self} cannot be written: it holds {channels:,} channels and {rate:,} Hz at most"
            )
        try:
            self.encode(numpy.zeros((0, self.channels)))
        except Exception as error:  # soundfile raises a class of its own, and what its encoders stumble over
            raise ValueError(f"{self} cannot be written: {_detail(error)}") from error

    def encode(self, samples: Array) -> bytes:
        """The bytes of the file."""
        stream = io.BytesIO()
        place = {"samplerate": self.rate, "channels": self.channels}
        kind = {"format": self.format.upper(), "subtype": self.subtype}
        with _soundfile(f"format={self.format!r}").SoundFile(stream, "w", **place, **kind) as sound:
            for start in range(0, len(samples), _BLOCK):
                sound.write(samples[start : start + _BLOCK])
        return stream.getvalue()

    def __str__(self) -> str:
        return f"{self.channels} x {self.rate} Hz as {self.format} {self.subtype}"


def _detail(error: Exception) -> str:
    """What libsndfile says, without the address of a Python object before it."""
    return str(getattr(error, "error_string", "") or error).removeprefix("Error : ")


# -- files ----------------------------------------------------------------------------------------------------

_PLAYED: Mapping[tuple[int, bytes], tuple[str, str]] = {
    (4, b"ftyp"): ("an MP4 file", ".m4a"),
    (0, b"\x1aE\xdf\xa3"): ("a WebM or Matroska file", ".webm"),
    (0, b"\xff\xf1"): ("an AAC stream", ".aac"),
    (0, b"\xff\xf9"): ("an AAC stream", ".aac"),
    (0, b"0&\xb2u\x8ef\xcf\x11"): ("a Windows Media file", ".wma"),
    (0, b"#!AMR"): ("an AMR file", ".amr"),
    (0, b"\x0bw"): ("an AC-3 stream", ".ac3"),
    (0, b"wvpk"): ("a WavPack file", ".wv"),
    (0, b"MAC "): ("a Monkey's Audio file", ".ape"),
    (0, b"MPCK"): ("a Musepack file", ".mpc"),
    (0, b"TTA1"): ("a True Audio file", ".tta"),
    (0, b"DSD "): ("a DSD stream", ".dsf"),
}
"""Audio that libsndfile does not read: by place and mark, what it is, and the extension of such files."""

_LOOKS: Mapping[tuple[int, bytes], str] = {
    **COMMON,
    (0, b"GIF8"): "a GIF picture",
    (8, b"WAVE"): "a damaged WAV file, or one of an unusual kind",
    (0, b"fLaC"): "a damaged FLAC file",
    (0, b"OggS"): "a damaged OGG file, or one of an unusual kind",
    (0, b"ID3"): "the tags of an MP3 file without any sound behind them",
    (0, b"MThd"): "a MIDI file",
}
"""What other files begin with."""

_SUFFIX = {"WAVEX": ".wav", "RF64": ".wav"}
"""Extensions of nameless bytes, where libsndfile's name of the container is none."""


def _take_file(data: Any, rate: int | None, wish: Wish) -> Taken:
    """A file is kept byte for byte, once it is seen to be audio."""
    if wish.given:
        raise TypeError("format and subtype say how an array is stored; files are kept as they are")
    if not (isinstance(data, str | os.PathLike | MediaFile) or hasattr(data, "read")):
        raise TypeError(
            f"audio is made from an array, a path, an open file or a MediaFile, not from {type(data).__name__}"
        )
    file = as_file(data, what="audio")
    found, suffix = _recognized(file)
    if file.name is None and not file.suffix:
        file = BytesFile(file.read(), suffix)
    if found is None:
        return Taken(file=file, stated=(rate, None), given_rate=rate, odd=(OTHER_RATE,) * bool(rate))
    stated = (rate or found.sample_rate, found.duration)
    if rate in (None, found.sample_rate):
        return Taken(file=file, stated=stated, header=found)
    return Taken(file=file, stated=stated, header=found, given_rate=rate, odd=(OTHER_RATE,))


def _recognized(file: MediaFile) -> tuple[Header | None, str]:
    """A file's header, None for audio that libsndfile does not read, and the extension of its kind.

    Raises:
        ValueError: no audio, with what the bytes look like.
    """
    try:
        found = header(file)
    except DecodeError as error:
        with file.open() as stream:
            start = stream.read(LOOK)
        played = marked(start, _PLAYED)
        if played is None or marked(start, _LOOKS) is not None:
            raise ValueError(error.message) from error
        return None, played[1]
    return found, _SUFFIX.get(found.format, f".{found.format.lower()}")


# -- from a file ----------------------------------------------------------------------------------------------


class _Nameless:
    """A stream without a name, for soundfile takes the extension of one more seriously than the bytes."""

    def __init__(self, stream: Any) -> None:
        self.read, self.readinto = stream.read, stream.readinto
        self.seek, self.tell = stream.seek, stream.tell


@contextmanager
def _opened(file: MediaFile) -> Iterator[Sound]:
    """A sound file whose header is read, and whose samples are not.

    Raises:
        DecodeError: missing, or no audio.
        MissingExtra: soundfile is not installed.
    """
    soundfile = _soundfile("reading audio")
    with file.open() as stream:
        try:
            sound = soundfile.SoundFile(_Nameless(stream))
        except Exception as error:  # soundfile raises a class of its own, and what its parsers stumble over
            stream.seek(0)
            played = {mark: what for mark, (what, _) in _PLAYED.items()}
            detail = f"{_detail(error).rstrip('.')}; {look_of(stream.read(LOOK), _LOOKS, played)}"
            raise unreadable(file, "audio", ValueError(detail)) from error
        with sound:
            yield sound


def header(file: MediaFile) -> Header:
    """What a file's header says.

    Raises:
        DecodeError: missing, or no audio.
        MissingExtra: soundfile is not installed.
    """
    with _opened(file) as sound:
        frames = sound.frames if sound.frames < _ENDLESS else None
        return Header(sound.samplerate, frames, sound.channels, sound.format, sound.subtype)


_ENDLESS = 2**63 - 1
"""What libsndfile has for the length of a file that does not say it, as a FLAC that was written to a pipe."""


def samples(file: MediaFile, dtype: str | None, restore: bool) -> Array:
    """All samples of a file, (frames,) or (frames, channels).

    Args:
        file: the sound file.
        dtype: what is recorded as the dtype that came in.
        restore: give that dtype, or the file's own where none is recorded; else float64.

    Raises:
        DecodeError: missing, damaged or no audio, or not of such a dtype.
        LimitError: more than ``samples``, or than fit into memory.
        MissingExtra: soundfile is not installed.
    """
    with _reading(file, dtype, restore) as reader:
        piece = max(_PIECE // reader.sound.channels, 1)
        block = reader.read(piece)
        if len(block) < piece:
            return block
        frames, at = reader.sound.frames, 0
        try:
            whole = numpy.empty((frames, *block.shape[1:]), block.dtype)
        except MemoryError:
            raise LimitError(
                f"{file} has {frames:,} frames, which do not fit into memory; use blocks()"
            ) from None
        while len(block):
            whole[at : at + len(block)] = block
            at += len(block)
            block = reader.read(piece)
        return whole if at == frames else whole[:at].copy()


def blocks(file: MediaFile, dtype: str | None, frames: int) -> Iterator[Array]:
    """The samples of a file as float64, so many frames at a time."""
    with _reading(file, dtype, restore=False) as reader:
        while len(block := reader.read(frames)):
            yield block


@frozen
class _Reader:
    """A sound file that is being read.

    Attributes:
        file: where it is.
        sound: it, open.
        stored: the dtype that soundfile gives, or one of 8 bits.
        given: the dtype to make of that; None where it is the same.
        steps: what to add to 32-bit floats, if anything.
    """

    file: MediaFile
    sound: Sound
    stored: str
    given: str | None
    steps: _Steps | None

    def read(self, frames: int) -> Array:
        """The next frames; fewer at the end."""
        narrow = self.stored in ("int8", "uint8")
        try:
            found: Array = self.sound.read(frames, "int16" if narrow else self.stored)
        except Exception as error:  # as when it is opened; MemoryError too
            raise unreadable(self.file, "audio", ValueError(_detail(error))) from error
        if narrow:
            found = (found >> 8).astype(numpy.int8)
        if self.stored == "uint8":
            found = _turned(found, "uint8")
        if self.steps is not None:
            found = self.steps.add(found)
        return found if self.given is None else _given(found, self.given)


@contextmanager
def _reading(file: MediaFile, dtype: str | None, restore: bool) -> Iterator[_Reader]:
    """A sound file at its first sample, once it is known to keep within the limits."""
    with ExitStack() as stack:
        sound = stack.enter_context(_opened(file))
        _check_end(file, sound.format)
        if sound.frames == _ENDLESS:
            raise unreadable(file, "audio", ValueError("its header does not say how long it is"))
        total = sound.frames * sound.channels
        file.limits.spend("samples", total, f"the number of samples of {file}")
        stored = _stored(file, dtype, sound.subtype) if restore else "float64"
        steps = None
        if dtype in _STEPPED and sound.subtype == "FLOAT" and sound.format == "WAV":
            steps = _Steps(file, stack.enter_context(file.open()), total)
            stored = "float32"
        yield _Reader(file, sound, stored, dtype if restore else None, steps)


def _check_end(file: MediaFile, form: str) -> None:
    """Refuse a file that tells by itself that its end is missing, where libsndfile gives what is left.

    Raises:
        DecodeError: it is cut short.
    """
    missing = _MISSING.get(form)
    if missing is None:
        return
    with file.open() as stream:
        what = missing(stream)
    if what:
        raise unreadable(file, "audio", ValueError(f"it is cut short: {what}"))


_UNSAID = 0x7FFF_0000
"""Where lengths begin that stand for none: what writes to a pipe puts 2^32 - 1 there, 2^31 - 1, or a little less."""


def _missing_of_wav(stream: BinaryIO) -> str:
    """What a WAV file lacks of its samples; chunks behind them may be cut."""
    said = _seek(stream, b"data") or 0
    start = stream.tell()
    there = stream.seek(0, os.SEEK_END) - start
    return f"{there:,} of {said:,} bytes of samples are there" if there < said < _UNSAID else ""


def _missing_of_ogg(stream: BinaryIO) -> str:
    """What an OGG file lacks at its end; other things than pages may follow that."""
    return "" if ogg_ends(stream) else "its last page is not there"


_MISSING = {"WAV": _missing_of_wav, "WAVEX": _missing_of_wav, "OGG": _missing_of_ogg}
"""What is missing at the end of a file, in words, by libsndfile's name of the container."""

_STEPPED = ("float64", *_UNSCALED)
"""Dtypes of which a WAV file may hold 32-bit floats and steps."""


def _stored(file: MediaFile, dtype: str | None, subtype: str) -> str:
    """The dtype to read a file in for another to be given back.

    Raises:
        DecodeError: the file does not hold that.
    """
    if dtype is None:
        return _OWN.get(subtype, "float32")
    stored = _TURNED.get(dtype, "float32" if dtype in ("bool", "float16") else dtype)
    if dtype in _UNSCALED:
        stored = {"PCM_16": "int16", "PCM_32": "int32"}.get(subtype, "float64")
    if subtype in _EXACT[stored] or (stored == "float64" and subtype == "FLOAT"):
        return stored
    raise DecodeError(f"{file} is {subtype}, which does not hold the {dtype} that is recorded for it")


def _given(samples: Array, dtype: str) -> Array:
    """Samples as they were stored, in the dtype that came in."""
    if dtype in _TURNED:
        return _turned(samples, dtype)
    if dtype in _UNSCALED and samples.dtype.kind == "f":
        info, scaled = numpy.iinfo(dtype), samples * _UNSCALED[dtype]
        with numpy.errstate(invalid="ignore"):
            found = scaled.astype(dtype)
        found[scaled >= float(info.max)] = info.max
        found[~(scaled >= float(info.min))] = info.min
        return found
    return samples.astype(dtype, copy=False)
