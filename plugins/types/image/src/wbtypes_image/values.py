"""What an image is: a picture file with a caption, and the boxes, masks and classes that belong to it."""

from __future__ import annotations

import operator
import os
from collections.abc import Iterable, Mapping
from math import isfinite
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from wbtypes_core import BatchableMedia, DecodeError, Linked, Opaque, WBValue
from wbtypes_core.errors import warn_once
from wbtypes_core.files import is_url
from wbtypes_core.values import check_caption, frozen_map, with_caption

if TYPE_CHECKING:
    import numpy
    from PIL import Image as PILImage

    from .native import Taken

Range = tuple[int | float, int | float]
"""The values that black and white stand for."""


@frozen(kw_only=True, init=False)
class Image(BatchableMedia):
    """A picture, with what is drawn over it.

    **Arrays** (NumPy, torch, TensorFlow, JAX, nested lists, whatever has ``__array__``) are h x w, or h x w x c with
    c of 1, 3 or 4; torch tensors are c x h x w. Nothing is squeezed. They are copied, and stored as a PNG of 8 bits:

    * uint8 as it is; booleans as 0 and 255; other integers within 0 to 255 as they are;
    * a grey uint16 array beyond that as a PNG of 16 bits;
    * floats within [0, 1] from that range; within [-1, 1] with a negative one from that; within [0, 255] with a
      maximum of 2 or more from that; all other numbers from their own lowest and highest finite value. The last
      three are guesses, and each kind is told of by a `ValueWarning`, once per process; ``value_range`` decides;
    * values are rounded; NaN becomes the low end and infinities the ends, counted in `nonfinite`.

    The range is kept (`value_range`), and ``to_numpy(restore=True)`` maps back, within half a step of it.

    **Pillow images** keep their mode: 1, L, LA, P, RGB, RGBA and 16-bit grey. I becomes grey of 8 or 16 bits where its
    values fit, and else follows the array rules as F does; La, PA and RGBa become LA and RGBA; RGBX, CMYK, YCbCr, HSV and LAB
    become RGB. **matplotlib** figures, axes, plots and ``pyplot`` itself are drawn at once.

    **Files** (paths, open files, `MediaFile`) are kept byte for byte, unless `mode` or `file_type` asks for something else
    than they are; then their first frame is stored anew. URLs are never fetched.

    **Another Image** is copied; every argument that is given overrides what it has.

    Args:
        data_or_path: one of the above.
        mode: the Pillow mode to convert to, as ``"L"``.
        caption: text or a number.
        grouping: a number that groups images in wandb's tools.
        boxes: sets of boxes by name; each a `BoundingBoxes2D` or the dict it is made from.
        masks: masks by name; each an `ImageMask` or the dict it is made from.
        classes: the names of class ids, for all boxes and masks: `Classes`, or the list of dicts they are made from.
        file_type: what to store: png (the default), jpg, jpeg, bmp, gif, webp (lossless), tif, tiff. What a format
            cannot hold is left out: alpha in jpg and bmp, told once; more than 256 colours in gif; 16 bits in all
            but png and tiff.
        value_range: ``(lo, hi)``: the values that become black and white.

    Attributes:
        format: extension of the file without its dot, as the wire says it; None where it does not.
        grouping: as given.
        boxes: sets of boxes by name; empty when there are none.
        masks: masks by name; empty when there are none.
        classes: the names of class ids, or None.
        value_range: the values that the lowest and highest pixel stand for; None where pixels are what was given.
        dtype: NumPy's name of the dtype that came in, where it is not the file's own; else None.
        nonfinite: how many NaN and infinite values came in.

    Raises:
        TypeError: data that is no picture, or an argument of another type.
        ValueError: a shape that is no picture's, no pixels, a file that is no picture, a URL, an unknown mode or
            file_type, a range that is none.
        OSError: a file that cannot be read.
    """

    format: str | None = None
    grouping: int | None = None
    boxes: Mapping[str, WBValue] = field(default=None, converter=frozen_map, hash=False)
    masks: Mapping[str, WBValue] = field(default=None, converter=frozen_map, hash=False)
    classes: WBValue | None = None
    value_range: Range | None = None
    dtype: str | None = None
    nonfinite: int = 0
    _all_classes: WBValue | None = field(default=None, eq=False, repr=False)
    _width: int | None = field(default=None, eq=False, repr=False)
    _height: int | None = field(default=None, eq=False, repr=False)

    def __init__(
        self,
        data_or_path: Any,
        mode: str | None = None,
        caption: str | int | float | None = None,
        grouping: int | None = None,
        boxes: Mapping[str, Any] | None = None,
        masks: Mapping[str, Any] | None = None,
        *,
        classes: Any = None,
        file_type: str | None = None,
        value_range: Range | None = None,
    ) -> None:
        given = {
            "caption": check_caption(caption),
            "grouping": _group(grouping),
            "boxes": _sets(boxes, "boxes"),
            "masks": _sets(masks, "masks"),
            "classes": _classes(classes),
        }
        fields: dict[str, Any] = {}
        if isinstance(data_or_path, Image):
            fields = data_or_path._fields()
            changed = any(each is not None for each in (mode, file_type, value_range))
            data_or_path = data_or_path.file if changed else None
        if data_or_path is not None or not fields:
            taken = _take(data_or_path, mode, file_type, value_range)
            _tell(taken.odd)
            fields.update(_known(taken, fields))
        overrides = {name: item for name, item in given.items() if item is not None}
        if not overrides.keys() <= {"caption", "grouping"}:
            fields.pop("all_classes", None)  # they were those of other boxes, masks or classes
        fields.update(overrides)
        self.__attrs_init__(**fields)

    def _fields(self) -> dict[str, Any]:
        """What a copy starts from."""
        names = ("file", "caption", "format", "grouping", "boxes", "masks", "classes", "value_range", "dtype")
        fields = {name: getattr(self, name) for name in (*names, "nonfinite", "extra")}
        return {**fields, "all_classes": self._all_classes, "width": self._width, "height": self._height}

    @property
    def width(self) -> int:
        """Width in pixels: as the wire says it, else from the file's header.

        Raises:
            DecodeError: the wire does not say it, and the file is missing or no picture.
        """
        return self._measured()[0]

    @property
    def height(self) -> int:
        """Height in pixels: as the wire says it, else from the file's header.

        Raises:
            DecodeError: the wire does not say it, and the file is missing or no picture.
        """
        return self._measured()[1]

    def _measured(self) -> tuple[int, int]:
        if self._width is None or self._height is None:
            from . import native

            width, height = native.measure(self.file)
            object.__setattr__(self, "_width", width)
            object.__setattr__(self, "_height", height)
            return width, height
        return self._width, self._height

    def describe(self) -> str:
        """The size and format, what is drawn over it, and the caption."""
        known = self._width is not None and self._height is not None
        text = f"{self._width} x {self._height} " if known else ""
        text += self.format or "picture"
        for sets, one in ((self.boxes, "box set"), (self.masks, "mask")):
            if sets:
                text += f", {len(sets)} {one}{'s' * (len(sets) > 1)}"
        return with_caption(text, self.caption)

    def to_pil(self) -> PILImage.Image:
        """The picture as a Pillow image, loaded into memory.

        It has the file's own mode. An animation stands at its first frame, and its ``seek`` gives the others. An
        orientation in EXIF is not applied.

        Raises:
            DecodeError: the file is missing or damaged.
            LimitError: more than ``pixels`` or ``file_bytes``.
        """
        from . import native

        return native.to_pil(self.file)

    def to_numpy(self, restore: bool = False) -> numpy.ndarray[Any, Any]:
        """The pixels as a new array: h x w, or h x w x 2 (grey and alpha), 3 or 4.

        uint8, uint16 for 16-bit grey, bool for 1-bit pictures, int32 and float32 for TIFFs of such. Palettes are
        looked up, and CMYK and the like become RGB. Of an animation it is the first frame. Pillow gives 8 of the 16 bits of
        coloured pictures of such a depth.

        Args:
            restore: map the pixels back to the values and dtype that they were made from, as far as these are known:
                within half a step of `value_range`, or exactly where there is none.

        Raises:
            DecodeError: the file is missing or damaged, or cannot have been made from such a range.
            LimitError: more than ``pixels`` or ``file_bytes``.
        """
        from . import native

        pixels = native.to_numpy(self.file)
        return native.restored(pixels, self.value_range, self.dtype) if restore else pixels

    def all_classes(self) -> WBValue | None:
        """The classes with those that the labels of boxes and masks add, as artifacts hold them.

        Without `classes` these are all labels, and default names for ids that have none; with them, the ids that they
        lack. An image that was read from an artifact has those of the artifact.
        """
        if self._all_classes is not None:
            return self._all_classes
        if not self.boxes and not self.masks:  # as most are: nothing is added
            return self.classes
        labels: dict[Any, str] = {}
        for item in (*self.boxes.values(), *self.masks.values()):
            names = getattr(item, "labels", {})
            if getattr(item, "class_labels", None) is not None:
                labels.update(names)
            elif self.classes is None:  # default names, which no given one may give way to
                labels.update({each: name for each, name in names.items() if each not in labels})
        given = {each["id"]: each for each in getattr(self.classes, "class_set", ())}
        if isinstance(self.classes, Opaque | Linked) or labels.keys() <= given.keys():
            return self.classes
        from wbtypes_classes import Classes

        merged = {**{each: {"id": each, "name": name} for each, name in labels.items()}, **given}
        return Classes(list(merged.values()))

    def _repr_png_(self) -> bytes | None:
        """What a notebook shows; None where the picture cannot be read."""
        from . import native

        try:
            return native.to_png(self.file)
        except DecodeError:
            return None


def _take(data: Any, mode: object, file_type: object, value_range: object) -> Taken:
    """The file of the data, once the arguments beside it are checked."""
    if data is None:
        raise TypeError(
            "an image is made from an array, a Pillow image, a figure, a path or an open file, not from None"
        )
    if isinstance(data, str | os.PathLike) and is_url(os.fspath(data)):
        raise ValueError(
            f"{os.fspath(data)} is a URL, and nothing is fetched: download it, then give the path of the file"
        )
    if mode is not None and not isinstance(mode, str):
        raise TypeError(f'mode is a Pillow mode like "RGB", not {type(mode).__name__}')
    from . import native

    return native.take(data, native.Wish(mode, _file_type(file_type, native.FILE_TYPES), _range(value_range)))


def _tell(odd: Iterable[str]) -> None:
    """Warn of each kind of odd value; a frame of its own, so that the warning names the caller of `Image`."""
    for each in odd:
        warn_once(each)


def _known(taken: Taken, before: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that come with a file; a copy in another mode keeps what is known of its values."""
    return {
        "file": taken.file,
        "format": taken.format,
        "width": taken.size[0],
        "height": taken.size[1],
        "value_range": taken.value_range or before.get("value_range"),
        "dtype": taken.dtype or before.get("dtype"),
        "nonfinite": taken.nonfinite or before.get("nonfinite", 0),
    }


def _file_type(file_type: object, known: tuple[str, ...]) -> str | None:
    if file_type is None:
        return None
    if not isinstance(file_type, str):
        raise TypeError(f'file_type is an extension like "png", not {type(file_type).__name__}')
    if file_type.lower() not in known:
        raise ValueError(f"file_type={file_type!r} cannot be written; it is one of {', '.join(known)}")
    return file_type.lower()


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


def _number(number: Any) -> int | float:
    """A number as JSON has it; NumPy's become Python's."""
    plain = getattr(number, "item", lambda: number)()
    if isinstance(plain, bool) or not isinstance(plain, int | float):
        raise TypeError
    return plain


def _group(grouping: object) -> int | None:
    if grouping is None:
        return None
    try:
        return operator.index(grouping)  # type: ignore[arg-type]
    except TypeError:
        raise TypeError(f"grouping is a whole number, not {type(grouping).__name__}") from None


def _sets(sets: object, what: str) -> dict[str, WBValue] | None:
    """The boxes or masks by name, as values."""
    if sets is None:
        return None
    if what == "boxes" and (isinstance(sets, list | tuple) or hasattr(sets, "class_set")):
        raise TypeError(
            "the fifth argument is boxes, a dict of sets by name; newer wandb clients take classes there: "
            "write classes=..."
        )
    if not isinstance(sets, Mapping):
        raise TypeError(
            f'{what} is a dict of sets by name, like {{"predictions": ...}}, not {type(sets).__name__}'
        )
    return {_name(name, what): _child(item, name, what) for name, item in sets.items()}


def _name(name: object, what: str) -> str:
    if isinstance(name, str):
        return str(name)
    raise TypeError(f"the keys of {what} are names, not {name!r}")


def _child(item: object, name: str, what: str) -> WBValue:
    from wbtypes_boxes2d import BoundingBoxes2D
    from wbtypes_mask import ImageMask

    kind = BoundingBoxes2D if what == "boxes" else ImageMask
    if isinstance(item, kind | Linked | Opaque):
        return item
    if isinstance(item, Mapping):
        return kind(item, name)
    raise TypeError(
        f"{what}[{name!r}] is a {kind.__name__} or the dict it is made from, not {type(item).__name__}"
    )


def _classes(classes: Any) -> WBValue | None:
    if classes is None:
        return None
    from wbtypes_classes import Classes

    found: WBValue = classes if isinstance(classes, Classes | Linked | Opaque) else Classes(classes)
    return found
