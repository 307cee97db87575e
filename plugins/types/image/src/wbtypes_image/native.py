"""What images become: Pillow images and NumPy arrays; and how what users give becomes the pixels of a file."""

from __future__ import annotations

import io
import struct
import sys
from collections.abc import Iterable, Mapping
from pathlib import PurePath
from typing import Any, BinaryIO

import numpy
from attrs import evolve, frozen
from PIL import Image as PILImage

from wbtypes_core import BytesFile, DecodeError, LimitError, MediaFile
from wbtypes_core.files import LazyFile, as_file, unreadable
from wbtypes_core.plain import as_array
from wbtypes_mask.native import encode_png

Array = numpy.ndarray[Any, Any]
Range = tuple[int | float, int | float]

_COMMON = ("PNG", "JPEG", "GIF", "BMP")
_READABLE = (
    "WEBP",
    "TIFF",
    "AVIF",
    "JPEG2000",
    "PPM",
    "DIB",
    "ICO",
    "PCX",
    "SGI",
    "DDS",
    "QOI",
    "PSD",
    "ICNS",
)
"""What is read beside the common ones: nothing that starts another program (EPS) or bears no mark of its own (TGA)."""

_KINDS = {"png": "PNG", "jpg": "JPEG", "jpeg": "JPEG", "bmp": "BMP"}
_KINDS |= {"gif": "GIF", "webp": "WEBP", "tif": "TIFF", "tiff": "TIFF"}
FILE_TYPES = tuple(_KINDS)
"""What pictures can be stored as."""

_HOLDS: Mapping[str, tuple[str, ...]] = {
    "PNG": ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"),
    "TIFF": ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"),
    "BMP": ("1", "L", "P", "RGB"),
    "GIF": ("L", "P", "RGB", "RGBA"),
    "WEBP": ("RGB", "RGBA"),
    "JPEG": ("L", "RGB"),
}
_SAVE_OPTIONS: Mapping[str, Mapping[str, Any]] = {
    "TIFF": {"compression": "tiff_adobe_deflate"},
    "WEBP": {"lossless": True, "exact": True},
}
_LONGEST_SIDE = {"JPEG": 65_535, "GIF": 65_535, "WEBP": 16_383}

_PLAIN_MODE = {mode: mode for mode in ("1", "L", "LA", "P", "RGB", "RGBA")}
_PLAIN_MODE |= {"La": "LA", "PA": "RGBA", "RGBa": "RGBA"}  # all others become RGB
_WIDE_MODES = ("I;16", "I;16L", "I;16B", "I;16N")
_NUMERIC_MODES = (*_WIDE_MODES, "I", "F")

BROWSER_SIDE = 65_500
"""Pixels of a side up to which browsers, and so wandb's tools, show a picture."""

_DTYPES = frozenset(
    [
        "bool",
        "int8",
        "int16",
        "int32",
        "int64",
        "uint8",
        "uint16",
        "uint32",
        "uint64",
        "float16",
        "float32",
        "float64",
    ]
)

SIGNED = (
    "floats of an image between -1 and 1 are taken as that range: -1 is black; value_range= says otherwise"
)
BYTES = "floats of an image up to 255 are taken as 0 to 255 and rounded; value_range= says otherwise"
SPAN_OF_FLOATS = (
    "floats of an image beyond 0..1, -1..1 and 0..255 are mapped from their own lowest and highest value; "
    "value_range=(lo, hi) maps every image alike"
)
SPAN_OF_INTEGERS = (
    "integers of an image beyond 0..255 are mapped from their own lowest and highest value; "
    "value_range=(lo, hi) maps every image alike"
)
NOT_FINITE = (
    "NaN in an image is stored as the low end of its range, infinities as the ends; .nonfinite counts them"
)
CLIPPED = "values of an image outside its value_range are stored as the ends"
NO_ALPHA = "file_type={!r} has no alpha channel; that of the image is left out"
TOO_WIDE = f"an image has a side of over {BROWSER_SIDE:,} pixels; it is kept, but browsers do not show it"


# -- what users give ------------------------------------------------------------------------------------------


@frozen
class Taken:
    """What a constructor makes of its data: the file, and what is known of it.

    Attributes:
        file: the picture's file; pixels are encoded at first need.
        format: its extension without the dot, as the wire says it.
        size: width and height in pixels.
        value_range: the values that black and white stand for, where values were mapped.
        dtype: NumPy's name of the dtype that came in, where the file has another.
        nonfinite: how many values were NaN or infinite.
        odd: what to warn of, once per process.
    """

    file: MediaFile
    format: str
    size: tuple[int, int]
    value_range: Range | None = None
    dtype: str | None = None
    nonfinite: int = 0
    odd: tuple[str, ...] = ()


@frozen
class Wish:
    """How the caller wants the picture stored.

    Attributes:
        mode: the Pillow mode to convert to, or None.
        file_type: the format of the file; None is the file's own, and PNG for what has none.
        value_range: the values that are to be black and white; None infers them.
    """

    mode: str | None = None
    file_type: str | None = None
    value_range: Range | None = None

    @property
    def kind(self) -> str:
        """Pillow's name of the format to write."""
        return _KINDS[self.file_type or "png"]

    @property
    def wide(self) -> bool:
        """Whether numbers may stay in 16 bits."""
        return self.mode in (None, "I", "I;16") and self.value_range is None and "I;16" in _HOLDS[self.kind]


def take(data: Any, wish: Wish) -> Taken:
    """The file of whatever a picture is made from.

    Raises:
        TypeError: nothing that is a picture, or arguments that do not go with it.
        ValueError: a shape that is no picture's, a file that is none, an unknown mode.
        OSError: a file that cannot be read.
    """
    if isinstance(data, PILImage.Image):
        return _take_picture(data, wish)
    array = _as_array(data)
    if array is not None:
        return _take_array(array, wish)
    figure = as_figure(data)
    return _take_file(data if figure is None else _rendered(figure), wish)


def _as_array(data: Any) -> Array | None:
    """The array of an array-like, channels last; None for what is none."""
    if isinstance(data, numpy.ndarray):
        array: Array | None = data
    elif isinstance(data, list | tuple):
        array = _nested(data)
    else:
        array = as_array(data)
        if array is None and hasattr(data, "__array__"):
            array = numpy.asarray(data)
        if array is not None and array.ndim == 3 and _is_torch(data):
            array = _channels_last(array)
    if array is None:
        return None
    if array.dtype.kind not in "biuf":
        raise TypeError(f"an image is an array of numbers, not of {array.dtype}")
    if isinstance(array, numpy.ma.MaskedArray) and numpy.ma.is_masked(array):
        array = numpy.ma.filled(
            array.astype(numpy.float64), numpy.nan
        )  # what is masked is not known, and NaN says so
    return numpy.asarray(array)


def _is_torch(data: Any) -> bool:
    return any(f"{base.__module__}.{base.__qualname__}" == "torch.Tensor" for base in type(data).__mro__)


def _channels_last(array: Array) -> Array:
    if array.shape[0] not in (1, 3, 4):
        raise ValueError(
            f"a torch tensor of shape {array.shape} is no image: allowed are h x w, and c x h x w with c of 1, 3 or 4"
        )
    return array.transpose(1, 2, 0)


def _nested(data: Any) -> Array:
    try:
        array: Array = numpy.array(data)
    except (ValueError, TypeError):  # ragged
        array = numpy.empty(0, numpy.object_)
    if array.dtype.kind in "biuf":
        return array
    kinds = ", ".join(sorted({type(each).__name__ for each in data}))
    raise TypeError(
        f"a list that is one image holds rows of numbers, all of one length; this one holds {kinds}. "
        f"To log several images, log a list of Image"
    )


def as_figure(data: Any) -> Any:
    """The matplotlib figure that an object is, or is part of (axes, a plot, ``pyplot`` itself); None when none."""
    module = sys.modules.get("matplotlib.figure")
    if module is None:  # then nothing can be of it
        return None
    if data is sys.modules.get("matplotlib.pyplot", module):
        data = data.gcf()
    for _ in range(4):  # an artist's figure may be a sub-figure of a figure
        if data is None or isinstance(data, module.Figure):
            return data
        data = getattr(data, "figure", None)
    return None


def is_drawn(data: Any) -> bool:
    """Whether an object is a Pillow image, or has a matplotlib figure."""
    return isinstance(data, PILImage.Image) or as_figure(data) is not None


def _rendered(figure: Any) -> MediaFile:
    stream = io.BytesIO()
    figure.savefig(stream, format="png", pil_kwargs={"compress_level": 1})
    return BytesFile(stream.getvalue(), ".png")


# -- files ----------------------------------------------------------------------------------------------------


def _take_file(data: Any, wish: Wish) -> Taken:
    """A file is kept byte for byte, unless another mode or format is asked for."""
    if wish.value_range is not None:
        raise TypeError("value_range maps the values of arrays; files and figures are stored as they are")
    file = as_file(data, suffix=_extension(data), what="an image")
    try:
        with file.open() as stream:
            header = _header(file, stream)
    except DecodeError as error:
        with file.open() as stream:
            raise ValueError(f"{error.message}; it begins with {stream.read(16)!r}") from error
    if wish.mode not in (None, header.mode) or (wish.file_type and header.format != wish.kind):
        return _take_picture(to_pil(file), wish)
    if file.name is None and not file.suffix:
        file = BytesFile(file.read(), _suffix(header, wish))
    odd = (TOO_WIDE,) if max(header.size) > BROWSER_SIDE else ()
    return Taken(file, file.suffix.rpartition(".")[2], header.size, odd=odd)


def _extension(data: Any) -> str | None:
    """The last extension of a path, which is all that the client takes: ``.png`` of ``x.mask.png``."""
    if isinstance(data, MediaFile):
        return None
    name = data if isinstance(data, str | PurePath) else getattr(data, "name", None)
    return PurePath(name).suffix if isinstance(name, str | PurePath) else None


def _suffix(header: PILImage.Image, wish: Wish) -> str:
    """The extension of bytes without a name."""
    kind = header.format or ""
    short = {"JPEG": "jpg", "JPEG2000": "jp2"}.get(kind, kind.lower())
    return f".{wish.file_type or short}"


# -- Pillow images --------------------------------------------------------------------------------------------


def _take_picture(picture: PILImage.Image, wish: Wish) -> Taken:
    """A Pillow image is stored in its own mode where the format holds that, else in the nearest that it holds."""
    if 0 in picture.size:
        raise ValueError(f"an image has pixels; this one is {picture.width} x {picture.height}")
    if wish.mode not in (None, picture.mode):
        if picture.mode in _NUMERIC_MODES and wish.mode not in _NUMERIC_MODES:
            return _take_array(numpy.asarray(picture), wish)  # Pillow would clip the numbers
        picture = _converted(picture, str(wish.mode))
    if picture.mode in _NUMERIC_MODES:
        return _take_numbers(picture, wish)
    wish = evolve(wish, mode=None)
    if wish.value_range is not None:
        if picture.mode not in ("1", "L", "RGB", "RGBA"):
            raise TypeError(
                f"value_range maps numbers; convert this picture of mode {picture.mode} with mode="
            )
        return _take_array(numpy.asarray(picture), wish)
    picture, odd = _fitted(picture, wish)
    plain = (
        picture.mode in ("L", "LA", "RGB", "RGBA")
        and not {"transparency", "icc_profile"} & picture.info.keys()
    )
    return _taken(_Pixels(numpy.asarray(picture) if plain else picture.copy(), odd=odd), wish)


def _converted(picture: PILImage.Image, mode: str) -> PILImage.Image:
    try:
        return picture.convert(mode)
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"a picture of mode {picture.mode} cannot become mode={mode!r}: {error}") from None


def _take_numbers(picture: PILImage.Image, wish: Wish) -> Taken:
    """Modes that hold numbers: 16 bits stay so where the format holds them; all else follows the array rules."""
    numbers = numpy.asarray(picture)
    if wish.wide and picture.mode in _WIDE_MODES:
        return _taken(_Pixels(numbers.astype(numpy.uint16)), wish)
    if wish.wide and picture.mode == "I" and numbers.min() >= 0 and 255 < numbers.max() <= 65_535:
        return _taken(_Pixels(numbers.astype(numpy.uint16), dtype="int32"), wish)
    return _take_array(numbers, evolve(wish, mode=None))


def _fitted(picture: PILImage.Image, wish: Wish) -> tuple[PILImage.Image, tuple[str, ...]]:
    """The picture in a mode that its format holds, and what is to be told of that."""
    held = _HOLDS[wish.kind]
    mode = _PLAIN_MODE.get(picture.mode, "RGB")
    alpha = "A" in mode or (mode == "P" and "transparency" in picture.info)
    if mode not in held:
        grey = mode in ("1", "L", "LA")
        mode = "RGBA" if alpha and "RGBA" in held else "L" if grey and "L" in held else "RGB"
    lost = alpha and mode in ("L", "RGB") and _is_seen_through(picture)
    odd = (NO_ALPHA.format(wish.file_type),) if lost else ()
    return (picture if picture.mode == mode else _converted(picture, mode)), odd


def _is_seen_through(picture: PILImage.Image) -> bool:
    """Whether any pixel is less than opaque."""
    return _converted(picture, "RGBA").getchannel("A").getextrema() != (255, 255)


# -- arrays ---------------------------------------------------------------------------------------------------


@frozen
class _Pixels:
    """Pixels of 8 bits, or grey ones of 16, that nobody else can change; and what was done to get them."""

    pixels: Any
    value_range: Range | None = None
    dtype: str | None = None
    nonfinite: int = 0
    odd: tuple[str, ...] = ()


def _take_array(array: Array, wish: Wish) -> Taken:
    mapped = _mapped(_shaped(array), wish)
    mode = _mode_of(mapped.pixels)
    if wish.mode in (None, mode) and mode in _HOLDS[wish.kind]:
        return _taken(mapped, wish)
    stored = _take_picture(PILImage.fromarray(mapped.pixels), evolve(wish, value_range=None))
    return evolve(
        stored,
        value_range=mapped.value_range,
        dtype=mapped.dtype or stored.dtype,
        nonfinite=mapped.nonfinite,
        odd=mapped.odd + stored.odd,
    )


def _mode_of(pixels: Array) -> str:
    if pixels.ndim == 2:
        return "L" if pixels.dtype == numpy.uint8 else "I;16"
    return "RGB" if pixels.shape[2] == 3 else "RGBA"


def _shaped(array: Array) -> Array:
    """The array as h x w, h x w x 3 or h x w x 4.

    Raises:
        ValueError: any other shape.
    """
    if array.size and (array.ndim == 2 or (array.ndim == 3 and array.shape[2] in (3, 4))):
        return array
    if array.size and array.ndim == 3 and array.shape[2] == 1:
        return array[:, :, 0]
    hint = ""
    if array.size and array.ndim == 3 and array.shape[0] in (1, 3, 4):
        hint = "; channels come last: array.transpose(1, 2, 0)"
    elif array.ndim == 4:
        hint = "; for several images log a list: [Image(each) for each in array]"
    raise ValueError(
        f"an array of shape {array.shape} is no image: allowed are h x w, and h x w x c with c of 1, 3 or 4, "
        f"with at least one pixel{hint}"
    )


def _mapped(array: Array, wish: Wish) -> _Pixels:
    """The array as pixels, by the rules that `Image` states; always a copy."""
    if wish.value_range is None and array.dtype == numpy.uint8:
        return _Pixels(numpy.array(array, order="C"))
    name = array.dtype.name if array.dtype.kind != "f" or array.dtype.itemsize <= 8 else "float64"
    if wish.value_range is not None:
        return _given(array, wish.value_range, name)
    if array.dtype.kind == "b":
        return _Pixels(array.astype(numpy.uint8, order="C") * numpy.uint8(255), (0, 1), name)
    return _floats(array, name) if array.dtype.kind == "f" else _integers(array, name, wish.wide)


def _given(array: Array, value_range: Range, name: str) -> _Pixels:
    """Values mapped from the range that the caller gave."""
    if array.dtype.kind == "b":
        array = array.astype(numpy.uint8)
    nonfinite = array.size - int(numpy.count_nonzero(numpy.isfinite(array)))
    with numpy.errstate(invalid="ignore"):
        outside = (array < float(value_range[0])) | (array > float(value_range[1]))
    clipped = bool((outside & numpy.isfinite(array)).any())
    odd = (NOT_FINITE,) * bool(nonfinite) + (CLIPPED,) * clipped
    return _Pixels(_scaled(array, value_range, beyond=True), value_range, name, nonfinite, odd)


def _integers(array: Array, name: str, wide: bool) -> _Pixels:
    lo, hi = int(array.min()), int(array.max())
    if lo >= 0 and hi <= 255:
        return _Pixels(array.astype(numpy.uint8, order="C"), None, name)
    if wide and array.ndim == 2 and name == "uint16":
        return _Pixels(array.astype(numpy.uint16, order="C"))
    # modulo 2^64, so that the distance from the lowest is exact for every integer type
    above = array.astype(numpy.uint64) - numpy.uint64(lo % 2**64)
    return _Pixels(_scaled(above, (0, hi - lo)), (lo, hi), name, 0, (SPAN_OF_INTEGERS,))


def _floats(array: Array, name: str) -> _Pixels:
    lo, hi, nonfinite = _span(array)
    inferred, odd = _inferred(lo, hi)
    odd += (NOT_FINITE,) * bool(nonfinite)
    return _Pixels(_scaled(array, inferred, beyond=nonfinite > 0), inferred, name, nonfinite, odd)


def _span(array: Array) -> tuple[float, float, int]:
    """The lowest and highest finite value, 0 and 0 where there is none; and how many are not finite."""
    with numpy.errstate(invalid="ignore"):
        lo, hi = float(array.min()), float(array.max())
    if numpy.isfinite(lo) and numpy.isfinite(hi):
        return lo, hi, 0
    finite = array[numpy.isfinite(array)]
    if not finite.size:
        return 0.0, 0.0, array.size
    return float(finite.min()), float(finite.max()), array.size - finite.size


def _inferred(lo: float, hi: float) -> tuple[Range, tuple[str, ...]]:
    if lo >= 0 and hi <= 1:
        return (0.0, 1.0), ()
    if -1 <= lo < 0 and hi <= 1:
        return (-1.0, 1.0), (SIGNED,)
    if lo >= 0 and 2 <= hi <= 255:
        return (0.0, 255.0), (BYTES,)
    return (lo, hi), (SPAN_OF_FLOATS,)


def _scaled(array: Array, value_range: Range, *, beyond: bool = False) -> Array:
    """Values of a range as 0 to 255, rounded. A range of one value is mid-grey.

    Args:
        array: numbers.
        value_range: what becomes 0 and 255.
        beyond: whether some are outside: they are clipped, and NaN is 0.
    """
    lo, hi = map(float, value_range)
    if not numpy.isfinite(hi - lo):  # the widest ranges have no width in floats
        array, lo, hi = array / 2, lo / 2, hi / 2
    narrow = (
        array.dtype.kind == "f" and array.dtype.itemsize <= 4 and lo >= -255 and hi <= 255 and hi - lo >= 1
    )
    with numpy.errstate(all="ignore"):
        work: Array = numpy.subtract(array, lo, dtype=numpy.float32 if narrow else numpy.float64)
        work /= hi - lo or 1
        work *= 255
        if lo == hi:
            work += 128
    numpy.rint(work, out=work)
    if beyond:
        numpy.clip(work, 0, 255, out=work)
        numpy.nan_to_num(work, copy=False, nan=0)
    return work.astype(numpy.uint8, order="C")


# -- to a file ------------------------------------------------------------------------------------------------


def _taken(found: _Pixels, wish: Wish) -> Taken:
    """Pixels as a file that is encoded at first need."""
    pixels, kind, name = found.pixels, wish.kind, wish.file_type or "png"
    size = (pixels.shape[1], pixels.shape[0]) if isinstance(pixels, numpy.ndarray) else pixels.size
    if kind in _LONGEST_SIDE and max(size) > _LONGEST_SIDE[kind]:
        raise ValueError(
            f"file_type={name!r} holds {_LONGEST_SIDE[kind]:,} pixels a side at most; "
            f"this image is {size[0]} x {size[1]}"
        )
    odd = (*found.odd, TOO_WIDE) if max(size) > BROWSER_SIDE else found.odd
    file = LazyFile(lambda: _encoded(pixels, kind), f".{name}")
    return Taken(file, name, size, found.value_range, found.dtype, found.nonfinite, odd)


def _encoded(pixels: Array | PILImage.Image, kind: str) -> bytes:
    if isinstance(pixels, numpy.ndarray):
        if kind == "PNG":
            return encode_png(pixels)
        pixels = PILImage.fromarray(pixels)
    stream = io.BytesIO()
    pixels.save(stream, kind, **_SAVE_OPTIONS.get(kind, {}))
    return stream.getvalue()


# -- from a file ----------------------------------------------------------------------------------------------


def _header(file: MediaFile, stream: BinaryIO) -> PILImage.Image:
    """The picture of a stream, its header read and its pixels not.

    Raises:
        DecodeError: no picture.
        LimitError: more than ``pixels``.
    """
    try:
        picture = _identified(stream)
    except Exception as error:  # Pillow raises whatever its parsers stumble over
        raise _unreadable(file, error) from error
    file.limits.spend("pixels", picture.width * picture.height, f"the number of pixels of {file}")
    return picture


def _unreadable(file: MediaFile, error: Exception) -> DecodeError:
    """The error for a file that Pillow reads not at all, or does not want to read."""
    if isinstance(error, PILImage.DecompressionBombError | PILImage.DecompressionBombWarning):
        return LimitError(
            f"the number of pixels of {file} is over Pillow's own limit, which holds for TIFF and WebP beside ours; "
            f"if you trust the data, raise PIL.Image.MAX_IMAGE_PIXELS={PILImage.MAX_IMAGE_PIXELS}"
        )
    return unreadable(file, "an image", error)


def _identified(stream: BinaryIO) -> PILImage.Image:
    PILImage.preinit()
    picture = _opened(stream, _COMMON)
    if picture is None:
        PILImage.init()  # imports the readers of all other formats
        picture = _opened(stream, _READABLE)
    if picture is None:
        raise ValueError("Pillow knows no picture of this kind")
    return picture


def _opened(stream: BinaryIO, kinds: Iterable[str]) -> PILImage.Image | None:
    """The picture of a stream, by the first reader that takes it; None when none does.

    `PIL.Image.open` does the same, and then asks for Pillow's own limit of pixels, which is one for the whole process.
    """
    for reader, accepts in (PILImage.OPEN[kind] for kind in kinds if kind in PILImage.OPEN):
        stream.seek(0)
        try:
            if accepts is None or accepts(stream.read(16)):
                stream.seek(0)
                return reader(stream, "")
        except (SyntaxError, IndexError, TypeError, struct.error):  # how readers say that it is not theirs
            continue
    return None


def measure(file: MediaFile) -> tuple[int, int]:
    """Width and height from a file's header.

    Raises:
        DecodeError: missing, or no picture.
    """
    with file.open() as stream:
        return _header(file, stream).size


def to_pil(file: MediaFile) -> PILImage.Image:
    """The picture in a file, loaded.

    Raises:
        DecodeError: missing or damaged.
        LimitError: more than ``pixels`` or ``file_bytes``.
    """
    picture = _header(file, io.BytesIO(file.read()))
    try:
        picture.load()
    except Exception as error:  # as above; MemoryError too
        raise _unreadable(file, error) from error
    return picture


def to_numpy(file: MediaFile) -> Array:
    """The pixels in a file: h x w, or h x w x 2, 3 or 4.

    Raises:
        DecodeError: missing or damaged.
    """
    picture = to_pil(file)
    if picture.mode in _WIDE_MODES or (picture.mode == "I" and picture.format == "PNG"):
        return numpy.asarray(picture).astype(numpy.uint16)  # older Pillows read a PNG of 16 bits as 32
    if picture.mode not in ("1", "L", "LA", "RGB", "RGBA", "I", "F"):
        picture = picture.convert("RGBA" if picture.has_transparency_data else "RGB")
    return numpy.array(picture)


def restored(pixels: Array, value_range: Range | None, dtype: str | None) -> Array:
    """Pixels mapped back to the values and dtype they were made from, within half a step of the range.

    Raises:
        DecodeError: what is recorded does not go with the pixels.
    """
    if dtype is not None and dtype not in _DTYPES:
        raise DecodeError(f"the image is recorded with the dtype {dtype!r}, which is none that images have")
    if value_range is None:
        return pixels if dtype is None else pixels.astype(dtype)
    if pixels.dtype.kind == "b":
        pixels = pixels.astype(numpy.uint8) * numpy.uint8(255)
    if pixels.dtype.kind != "u":
        raise DecodeError(f"pixels of {pixels.dtype} were not made from a value range")
    top = int(numpy.iinfo(pixels.dtype).max)
    found: Array = _values(value_range, top, numpy.dtype(dtype or numpy.float64))[pixels]
    return found


def _values(value_range: Range, top: int, dtype: numpy.dtype[Any]) -> Array:
    """What each pixel stands for; integers are worked out as such, for they may be longer than a float's."""
    lo, hi = value_range
    if dtype.kind == "f":
        share = numpy.arange(top + 1) / top
        with numpy.errstate(over="ignore"):
            return (lo * (1 - share) + hi * share).astype(dtype)
    if isinstance(lo, int) and isinstance(hi, int):
        values = [lo + (2 * (hi - lo) * step + top) // (2 * top) for step in range(top + 1)]
    else:
        values = [round(lo + (hi - lo) * (step / top)) for step in range(top + 1)]
    least, most = (0, 1) if dtype.kind == "b" else (numpy.iinfo(dtype).min, numpy.iinfo(dtype).max)
    return numpy.array([min(max(value, least), most) for value in values], dtype)


def cut(file: MediaFile, box: tuple[int, int, int, int]) -> bytes:
    """One tile of a sheet, as a PNG.

    Raises:
        DecodeError: missing or damaged, or smaller than its tiles.
    """
    sheet = to_pil(file)
    if box[2] > sheet.width or box[3] > sheet.height:
        raise DecodeError(f"{file} has {sheet.width} x {sheet.height} pixels, too few for its tile {box}")
    return _encoded(_fitted(sheet.crop(box), Wish())[0], "PNG")


def to_png(file: MediaFile) -> bytes:
    """The picture as a PNG; one that is a PNG is given as it is.

    Raises:
        DecodeError: missing or damaged.
    """
    data = file.read()
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return data
    return take(to_pil(file), Wish()).file.read()
