"""What a video is: a film file with a caption, and what is known of the frames it was made from."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from math import isfinite
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from wbtypes_core import BatchableMedia, DecodeError
from wbtypes_core.errors import warn_once
from wbtypes_core.files import is_url
from wbtypes_core.values import check_caption, with_caption

if TYPE_CHECKING:
    import numpy
    from PIL import Image as PILImage

Range = tuple[int | float, int | float]
"""The values that black and white stand for."""

Progress = Callable[[int, int | None], object]
"""What is told of each frame that was encoded: how many there are by now, and of how many, where that is known."""

FORMATS = ("gif", "mp4", "webm", "ogg")
"""The containers that wandb's clients log and its tools play."""

SLOWEST, FASTEST = 0.001, 1000
"""The fewest and most frames a second that can be stored."""


@frozen
class Header:
    """What a film file says of itself before any frame is decoded.

    Attributes:
        format: the container: ``"gif"``, ``"mp4"``, ``"webm"`` or ``"ogg"``.
        width: pixels.
        height: pixels.
        fps: frames a second, on average; None where it does not say.
        duration: seconds; None where it does not say.
        frames: how many; an estimate where the container does not count them, None where nothing says it.
    """

    format: str
    width: int
    height: int
    fps: float | None
    duration: float | None
    frames: int | None


@frozen(kw_only=True, init=False)
class Video(BatchableMedia):
    """A moving picture.

    **Arrays** (NumPy, torch, TensorFlow, JAX, whatever has ``__array__``) are (t, c, h, w), with c of 1 (grey), 3 (RGB) or 4
    (RGB and alpha; alpha is left out, told once). A batch of clips, (b, t, c, h, w), becomes one video in which they lie side
    by side, as wandb lays them: as many as the next power of two, of which the surplus is black, in
    2^(floor(log2 b / 2)) rows. uint8 is taken as it is; other numbers follow the rules of `wbtypes_image.Image`, over the
    whole clip, so that brightness does not jump:

    * booleans are black and white; other integers within 0 to 255 stay as they are;
    * floats within [0, 1] are mapped from that range; within [-1, 1] with a negative one from that; within [0, 255] with
      a maximum of 2 or more from that; all other numbers from their own lowest and highest finite value. The last
      three are guesses, and each kind is told of by a `ValueWarning`, once per process; ``value_range`` decides;
    * values are rounded; NaN becomes the low end and infinities the ends, counted in `nonfinite`.

    **Frames**: any iterable of arrays (c, h, w), all of one shape and dtype: a generator, a list. Each is encoded as it
    comes and then let go. Numbers whose range only the whole clip shows (all but uint8 and bool, without ``value_range``)
    wait in a temporary file for the last frame.

    Both are encoded at once, so that what is changed later changes nothing and no copy of the clip is kept. A result over
    16 MiB stays in a temporary file, which goes with the value. On one machine, equal clips are equal files.

    **Files** (paths, open files, `MediaFile`) are kept byte for byte, `fps` does not change them. They must be gif, mp4, webm
    or ogg by their content. URLs are never fetched.

    What arrays and frames are stored as:

    * ``mp4``, the default: H.264, 4:2:0, which every browser and player shows. It has an even width and height; a clip
      without is stored with its last row or column twice, which reading leaves out again;
    * ``webm``: VP9, smaller and slower;
    * ``ogg``: VP8, which few programs play in this container;
    * ``gif``: 256 colours per frame, exact where a frame has no more, and up to 100 frames a second, in steps of 0.01 s.

    Args:
        data_or_path: one of the above.
        caption: text or a number.
        fps: frames a second of an array or of frames, 0.001 to 1000.
        format: what to store an array or frames as; mp4 where nothing is said. For a file, what it must be.
        value_range: ``(lo, hi)``: the values that become black and white.
        progress: called after each frame that was encoded, with their number so far and the number of all (None for an
            iterable without a length), as for a progress bar.

    Attributes:
        value_range: the values that 0 and 255 stand for; None where pixels are what was given.
        dtype: NumPy's name of the dtype that came in, where it is not uint8; else None.
        nonfinite: how many NaN and infinite values came in.
        batch: how many clips lie side by side; None for one that is no batch.
        grey: whether the frames came in with one channel.

    Raises:
        TypeError: data that is no video, or an argument of another type.
        ValueError: a shape that is no video's, no frames, a file that is none, a URL, an unknown format, a rate or range
            that is none or that the format cannot hold.
        OSError: a file that cannot be read.
        MissingExtra: a library is not installed.
    """

    value_range: Range | None = None
    dtype: str | None = None
    nonfinite: int = 0
    batch: int | None = None
    grey: bool = False
    _fps: int | float | None = None
    _width: int | None = field(default=None, eq=False, repr=False)
    _height: int | None = field(default=None, eq=False, repr=False)
    _header: Header | None = field(default=None, eq=False, repr=False)

    def __init__(
        self,
        data_or_path: Any,
        caption: str | int | float | None = None,
        fps: int | float = 4,
        format: str | None = None,
        *,
        value_range: Range | None = None,
        progress: Progress | None = None,
    ) -> None:
        caption = check_caption(caption)
        rate, kind, span = _rate(fps), _format(format), _range(value_range)
        if progress is not None and not callable(progress):
            raise TypeError(f"progress is a function of two numbers, not {type(progress).__name__}")
        if isinstance(data_or_path, str | os.PathLike) and is_url(os.fspath(data_or_path)):
            raise ValueError(
                f"{os.fspath(data_or_path)} is a URL, and nothing is fetched: download it, then give the path of the file"
            )
        from . import native

        taken = native.take(data_or_path, native.Wish(rate, kind, span, progress))
        _tell(taken.odd)
        self.__attrs_init__(
            file=taken.file,
            caption=caption,
            value_range=taken.value_range,
            dtype=taken.dtype,
            nonfinite=taken.nonfinite,
            batch=taken.batch,
            grey=taken.grey,
            fps=taken.fps,
            width=taken.width,
            height=taken.height,
            header=taken.header,
        )

    # -- from the header --------------------------------------------------------------------------------------

    @property
    def width(self) -> int:
        """Width in pixels: as the wire says it, else from the file's header.

        Raises:
            DecodeError: the wire does not say it, and the file is missing or no video.
        """
        return self._head().width if self._width is None else self._width

    @property
    def height(self) -> int:
        """Height in pixels: as the wire says it, else from the file's header.

        Raises:
            DecodeError: the wire does not say it, and the file is missing or no video.
        """
        return self._head().height if self._height is None else self._height

    @property
    def fps(self) -> int | float:
        """Frames a second: what was asked for, else the average that the file's header gives.

        Raises:
            DecodeError: the file is missing or no video, or does not say it.
        """
        return self._said("fps") if self._fps is None else self._fps

    @property
    def duration(self) -> float:
        """Seconds, as the file's header says it.

        Raises:
            DecodeError: the file is missing or no video, or does not say it.
        """
        return self._said("duration")

    @property
    def format(self) -> str:
        """The container, one of `FORMATS`: by the file's extension, else by its header.

        Raises:
            DecodeError: the extension does not say it, and the file is missing or no video.
        """
        extension = self._extension()
        return self._head().format if extension is None else extension

    def _extension(self) -> str | None:
        """The container that the file's name tells of."""
        extension = self.file.suffix.lower().lstrip(".")
        return extension if extension in FORMATS else None

    def _head(self) -> Header:
        """The header, which is read once."""
        if self._header is None:
            from . import native

            object.__setattr__(self, "_header", native.header(self.file))
        assert self._header is not None
        return self._header

    def _said(self, name: str) -> float:
        found: float | None = getattr(self._head(), name)
        if found is None:
            raise DecodeError(f"{self.file} does not say its {name}; decode its frames to find out")
        return found

    def describe(self) -> str:
        """The size, the container, length and rate as far as they are known, and the caption."""
        head = self._header
        width = self._width or (head and head.width)
        height = self._height or (head and head.height)
        text = f"{width} x {height} " if width and height else ""
        text += self._extension() or (head.format if head else "video")
        if head and head.duration is not None:
            text += f", {head.duration:.4g} s"
        fps = self._fps or (head and head.fps)
        return with_caption(f"{text} at {fps:.4g} fps" if fps else text, self.caption)

    # -- frames -----------------------------------------------------------------------------------------------

    def frames(self) -> Iterator[numpy.ndarray[Any, Any]]:
        """The frames, one after the other: new arrays (3, h, w) of uint8, in RGB.

        They are decoded as they are asked for. What is transparent in a gif is white. A rotation that the container
        asks for is not applied.

        Raises:
            DecodeError: the file is missing or damaged; some damage shows only where it is reached.
            LimitError: more than ``pixels`` or ``frames``.
        """
        from . import native

        return native.frames(self.file, self._stated())

    def to_numpy(self, restore: bool = False) -> numpy.ndarray[Any, Any]:
        """All frames as one new array: (t, 3, h, w) of uint8, in RGB.

        Args:
            restore: give the shape and dtype that came in, as far as they are known: (t, 1, h, w) for grey frames,
                (b, t, c, h, w) for a batch, and pixels mapped back to the values they were made from. Lossy formats
                give them back as near as they keep pixels.

        Raises:
            DecodeError: the file is missing or damaged, or cannot have been made from such values.
            LimitError: more than ``pixels`` or ``frames``, or more numbers in all frames than ``samples`` or than fit into memory;
                `frames` gives them one by one.
        """
        from . import native

        pixels = native.to_numpy(self.file, self._stated())
        if not restore:
            return pixels
        return native.restored(pixels, self.value_range, self.dtype, self.batch, self.grey)

    def thumbnail(self, side: int | None = None) -> PILImage.Image:
        """The first frame as a Pillow image of mode RGB.

        Args:
            side: make it so much smaller that neither side has more pixels than this.

        Raises:
            DecodeError: the file is missing or damaged.
            LimitError: more than ``pixels``.
        """
        from . import native

        return native.thumbnail(self.file, self._stated(), side)

    def _stated(self) -> tuple[int | None, int | None]:
        """Width and height as the wire says them: those of the frames that went in."""
        return self._width, self._height


def _tell(odd: Iterable[str]) -> None:
    """Warn of each kind of odd value; a frame of its own, so that the warning names the caller of `Video`."""
    for each in odd:
        warn_once(each)


def _number(number: Any) -> int | float:
    """A number as JSON has it; fractions and NumPy's numbers become Python's."""
    plain = float(number) if isinstance(number, Fraction) else getattr(number, "item", lambda: number)()
    if isinstance(plain, bool) or not isinstance(plain, int | float):
        raise TypeError(f"is {type(number).__name__}, not a number")
    return plain


def _rate(fps: object) -> int | float:
    try:
        rate = _number(fps)
    except (TypeError, ValueError):
        raise TypeError(f"fps is a number of frames a second, not {type(fps).__name__}") from None
    if not SLOWEST <= rate <= FASTEST:
        raise ValueError(f"fps={rate} cannot be stored; frames a second are {SLOWEST} to {FASTEST}")
    return rate


def _format(format: object) -> str | None:
    if format is None:
        return None
    if not isinstance(format, str):
        raise TypeError(f'format is a container like "mp4", not {type(format).__name__}')
    if format.lower() not in FORMATS:
        raise ValueError(f"format={format!r} is no format of videos; it is one of {', '.join(FORMATS)}")
    return format.lower()


def _range(value_range: object) -> Range | None:
    if value_range is None:
        return None
    try:
        lo, hi = (_number(each) for each in value_range)  # type: ignore[attr-defined]
    except (TypeError, ValueError):
        raise TypeError(f"value_range is a pair of numbers (lo, hi), not {value_range!r}") from None
    if not (isfinite(lo) and isfinite(hi) and lo < hi):
        raise ValueError(f"value_range=({lo}, {hi}) is no range; lo and hi are finite, and lo is below hi")
    return lo, hi
