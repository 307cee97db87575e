"""What audio is: a sound file with a caption, and what is known of the samples it was made from."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from wbtypes_core import BatchableMedia, Code, DecodeError, ValueWarning
from wbtypes_core.files import is_url
from wbtypes_core.values import check_caption, with_caption

if TYPE_CHECKING:
    import numpy

    from .native import Header

Stated = tuple[int | float | None, int | float | None]
"""The sample rate and the duration in seconds that a batch states of a clip; None where it states none."""

FASTEST = 2**31 - 1
"""The highest sample rate that sound files can state."""


DTYPES = frozenset(
    ["bool", "float16", "float32", "float64"]
    + [f"{sign}{bits}" for sign in ("int", "uint") for bits in (8, 16, 32, 64)]
)
"""The dtypes that a clip may say it came in."""


@frozen(kw_only=True, init=False)
class Audio(BatchableMedia):
    """A sound clip.

    **Arrays** (NumPy, torch, TensorFlow, JAX, nested lists, whatever has ``__array__``) are (frames,) or (frames, channels),
    with up to 1,024 channels. They are copied at once, and stored as a WAV file from which ``to_numpy(restore=True)`` gives
    each value and the dtype back exactly:

    * float32 and float16 as 32-bit floats. Values beyond -1 and 1, NaN and infinities are kept; players cut them;
    * float64 as 32-bit floats, which browsers play, and, where that rounds, the rest of each sample in a chunk of the
      file that other programs skip. Wider floats are rounded to float64, told once;
    * int16, int32 and uint8 as PCM of their own width; int8, uint16 and uint32 too, with the sign bit turned over;
    * booleans as 0.0 and 1.0;
    * int64 and uint64, which name no full scale, as int16 where all values fit, else as int32, told once; beyond
      that as floats, exact to 53 bits.

    ``format`` and ``subtype`` choose smaller files instead. What they cannot hold is rounded as libsndfile does it; floats
    beyond -1 and 1 and infinities become the ends, NaN becomes 0. `clipped` and `nonfinite` count them, and a
    `ValueWarning` tells once per kind. A clip without frames is always a WAV file.

    **Files** (paths, open files, `MediaFile`) are kept byte for byte. They must be audio: what libsndfile reads (WAV, FLAC,
    OGG, MP3, AIFF, ...), or what it does not but others play (AAC and M4A, WebM, WMA, AMR, AC-3, ...). URLs are never fetched.

    Args:
        data_or_path: one of the above.
        sample_rate: frames per second, a whole number; needed for arrays. A file has its own: where that is another, it
            is the file's that counts, told once, and the one given here is kept in `given_rate`.
        caption: text or a number.
        subtype: how an array's samples are stored, as soundfile names it: ``"PCM_16"``, ``"FLOAT"``, ...
        format: what an array is stored as: ``"wav"`` (the default), ``"flac"`` (exact for 8 and 16 bits, else 24 of them),
            ``"ogg"`` or ``"mp3"``.

    Attributes:
        dtype: NumPy's name of the dtype that came in, where the file has another and holds the values all the same.
        column: whether a mono clip came in as (frames, 1).
        nonfinite: how many NaN and infinite samples were replaced.
        clipped: how many finite samples beyond -1 and 1 were replaced.
        given_rate: the `sample_rate` that was given with a file that does not say the same; else None.
        stated: the sample rate and duration that a batch states of the clip, None where it states none. The file's header
            is what counts; equality does not look at them.

    Raises:
        TypeError: data that is no audio, or an argument of another type.
        ValueError: an array without `sample_rate`, a rate or shape that is none, a file that is no audio, a URL, a `format` or
            `subtype` that is unknown or cannot hold the clip.
        OSError: a file that cannot be read.
        MissingExtra: soundfile is needed and not installed; arrays stored as WAV do without.
    """

    dtype: str | None = None
    column: bool = False
    nonfinite: int = 0
    clipped: int = 0
    given_rate: int | None = None
    stated: Stated = field(default=(None, None), eq=False, repr=False)
    _header: Header | None = field(default=None, eq=False, repr=False)

    def __init__(
        self,
        data_or_path: Any,
        sample_rate: int | None = None,
        caption: str | int | float | None = None,
        *,
        subtype: str | None = None,
        format: str | None = None,
    ) -> None:
        caption = check_caption(caption)
        rate = None if sample_rate is None else _rate(sample_rate)
        if isinstance(data_or_path, str | os.PathLike) and is_url(os.fspath(data_or_path)):
            raise ValueError(
                f"{os.fspath(data_or_path)} is a URL, and nothing is fetched: download it, then give the path of the file"
            )
        from . import native

        taken = native.take(data_or_path, rate, native.wished(format, subtype))
        for odd in taken.odd:
            _tell_once(odd)
        self.__attrs_init__(
            file=taken.file,
            caption=caption,
            dtype=taken.dtype,
            column=taken.column,
            nonfinite=taken.nonfinite,
            clipped=taken.clipped,
            given_rate=taken.given_rate,
            stated=taken.stated,
            header=taken.header,
        )

    @property
    def sample_rate(self) -> int | float:
        """Frames per second, as the file's header says it.

        Where the header cannot be read it is what was given with the file, or what the batch states that it was read in.

        Raises:
            DecodeError: nothing says it, and the file is missing or no audio.
            MissingExtra: nothing says it, and soundfile is not installed.
        """
        rate: int | float = self._of_header("sample_rate", self.given_rate or self.stated[0])
        return rate

    @property
    def duration(self) -> int | float:
        """Seconds, as the file's header says it; where that cannot be read, as the batch states it that it was read in.

        Raises:
            DecodeError: nothing says it, and the file is missing or no audio, or its header names no length.
            MissingExtra: nothing says it, and soundfile is not installed.
        """
        seconds: int | float = self._of_header("duration", self.stated[1])
        return seconds

    @property
    def frames(self) -> int:
        """Samples per channel, as the file's header says it; of an MP3 without an index it is an estimate.

        Raises:
            DecodeError: the file is missing or no audio, or its header names no length.
            MissingExtra: soundfile is not installed.
        """
        frames: int = self._of_header("frames", None)
        return frames

    @property
    def channels(self) -> int:
        """Channels, as the file's header says it.

        Raises:
            DecodeError: the file is missing or no audio.
            MissingExtra: soundfile is not installed.
        """
        channels: int = self._of_header("channels", None)
        return channels

    def _of_header(self, name: str, otherwise: int | float | None) -> Any:
        """One fact of the header, which is read once."""
        try:
            if self._header is None:
                from . import native

                object.__setattr__(self, "_header", native.header(self.file))
            found = getattr(self._header, name)
            if found is None:
                raise DecodeError(
                    f"the header of {self.file} does not say how long it is", reason=Code.BAD_FILE
                )
            return found
        except (DecodeError, ImportError):
            if otherwise is None:
                raise
            return otherwise

    def to_numpy(self, restore: bool = False) -> numpy.ndarray[Any, Any]:
        """The samples as a new array: (frames,) for one channel, else (frames, channels).

        float64, where integers have become fractions of their full scale: -1 up to, not including, 1.

        Args:
            restore: give the samples in the dtype and shape that came in, each value exactly, where the file holds them
                (`Audio` says when); else in the file's own dtype: uint8, int8, int16, int32, float32 or float64.

        Raises:
            DecodeError: the file is missing, damaged or no audio, or does not go with the dtype recorded for it.
            LimitError: more than ``samples``.
            MissingExtra: soundfile is not installed.
        """
        from . import native

        samples = native.samples(self.file, self.dtype, restore)
        return samples.reshape(-1, 1) if restore and self.column and samples.ndim == 1 else samples

    def blocks(self, frames: int = 65_536) -> Iterator[numpy.ndarray[Any, Any]]:
        """The samples of `to_numpy` piece by piece, so that a long clip never is in memory as a whole.

        Args:
            frames: frames of a piece; the last may have fewer.

        Raises:
            ValueError: `frames` below 1.
            DecodeError, LimitError, MissingExtra: as `to_numpy`, some only once the damaged place is reached.
        """
        if frames < 1:
            raise ValueError(f"a block has one frame or more, not {frames}")
        from . import native

        return native.blocks(self.file, self.dtype, frames)

    def describe(self) -> str:
        """Length and rate, where they are known, and the kind of the file."""
        rate, duration = self.stated
        known = [] if duration is None or not 0 <= duration < 2**53 else [f"{duration:.4g} s"]
        known += [] if rate is None or not 0 <= rate <= FASTEST else [f"{rate:g} Hz"]
        return with_caption(", ".join([*known, self.file.suffix.lstrip(".") or "audio"]), self.caption)


def _rate(sample_rate: object) -> int:
    """A sample rate as a whole number; NumPy's numbers become Python's."""
    plain = getattr(sample_rate, "item", lambda: sample_rate)()
    if isinstance(plain, bool) or not isinstance(plain, int | float):
        raise TypeError(f"sample_rate is a number of frames per second, not {type(plain).__name__}")
    if plain != plain // 1 or not 1 <= plain <= FASTEST:
        raise ValueError(f"sample_rate={plain} is none; it is a whole number from 1 to {FASTEST:,}")
    return int(plain)


_told: set[str] = set()


def _tell_once(odd: str) -> None:
    """Warn of a kind of odd value, once per process."""
    if odd not in _told:
        _told.add(odd)
        warnings.warn(odd, ValueWarning, stacklevel=3)
