"""What a mask is: a picture whose pixels are class ids, and the names of those classes."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, BinaryIO, TextIO

from attrs import field, frozen

from wbtypes_core import FrozenMap, Media, MediaFile
from wbtypes_core.errors import warn_once
from wbtypes_core.files import LazyFile, as_file
from wbtypes_core.labels import Labels, check_labels
from wbtypes_core.values import check_caption

if TYPE_CHECKING:
    import numpy
    from PIL import Image as PILImage

SUFFIX = ".mask.png"

_VAL_KEYS = ("mask_data", "path", "class_labels")


@frozen(kw_only=True, init=False)
class ImageMask(Media):
    """A mask over an image: one class id per pixel, from 0 to 65,535, stored as a grey PNG of 8 or 16 bits.

    Ids up to 255 make an 8-bit PNG, as every wandb client writes it; larger ones a 16-bit PNG. Three rules
    handle what such a PNG cannot hold, each told once by a `ValueWarning`:

    * floats lose their fraction; NaN and infinities become 0 and are counted in `zeroed`;
    * an id outside 0 to 65,535, as the -1 of "ignore", is stored as the highest id that the mask does not use
      (255 for -1, as a rule), and `to_numpy` gives it back; the pairs are in `ids`;
    * where no unused id is left, the pixels become 0 and are counted in `zeroed`.

    Args:
        val: ``{"mask_data": array, "class_labels": {id: name}}`` or ``{"path": file, "class_labels": ...}``;
            labels are optional. ``mask_data`` is h x w: a NumPy array, a torch, TensorFlow or JAX tensor, nested
            lists, or a picture of one band; booleans are 0 and 1. It is copied. ``path`` is a picture of any
            format (``str``, ``os.PathLike``, an open file), kept byte for byte.
        key: the name of the mask, as ``"predictions"``.
        **kwargs: ``caption`` alone.

    Attributes:
        key: the name of the mask among those of its image.
        class_labels: names by id, or None when none were given.
        dtype: the NumPy name of the dtype that came in, where it is not the PNG's own; else None.
        ids: pairs of a stored id and the id that came in, for ids that the PNG cannot hold.
        zeroed: how many pixels became 0 because they held no id that can be stored.
        default_ids: ids found in a mask without labels, which wandb's tools call ``class_<id>``.

    Raises:
        KeyError: `val` has neither ``mask_data`` nor ``path``.
        TypeError: ``mask_data`` is not 2-D or not numeric, labels are not names by number, or `val` or the
            keyword arguments hold something else.
        ValueError: ``mask_data`` has no pixels.
        OSError: the file at ``path`` cannot be read.
    """

    key: str = ""
    class_labels: Labels | None = field(default=None, hash=False)
    dtype: str | None = None
    ids: tuple[tuple[int, int | float], ...] = ()
    zeroed: int = 0
    default_ids: tuple[int, ...] = field(default=(), eq=False, repr=False)

    def __init__(self, val: Mapping[str, Any], key: str, **kwargs: Any) -> None:
        if not isinstance(key, str):
            raise TypeError(f"the key of a mask is its name, a str, not {type(key).__name__}")
        caption = check_caption(kwargs.pop("caption", None))
        if kwargs:
            raise TypeError(f"ImageMask takes val, key and caption, not {', '.join(kwargs)}")
        data, path, labels = _parts(val)
        common: dict[str, Any] = {"key": key, "caption": caption, "class_labels": labels}
        if path is not None:
            self.__attrs_init__(file=as_file(path, what="a mask"), **common)
            return
        from . import native

        stored = native.store(data)
        for odd in stored.odd:
            warn_once(odd)
        self.__attrs_init__(
            file=LazyFile(stored.png, SUFFIX),
            dtype=stored.dtype,
            ids=stored.ids,
            zeroed=stored.zeroed,
            default_ids=stored.found() if labels is None else (),
            **common,
        )

    @property
    def labels(self) -> Labels:
        """Names by *stored* id, as wandb's tools look them up.

        These are the labels given, where ids outside the PNG's range stand under the id they are stored as; without
        any, ``class_<id>`` for every id of `default_ids`. Empty when nothing is known, as for a file without labels.
        """
        if self.class_labels is None:
            original: dict[int, int | float] = dict(self.ids)
            return FrozenMap((each, f"class_{original.get(each, each)}") for each in self.default_ids)
        names: dict[int | str, str] = dict(self.class_labels)
        names.update([(code, names.pop(int(each))) for code, each in self.ids if each in names])
        return FrozenMap(names)

    def to_numpy(self) -> numpy.ndarray[Any, Any]:
        """The class ids, h x w.

        A mask made from an array, or read with what is kept beside it, comes back in the dtype that went in. Else
        it is uint8, or uint16 from a 16-bit picture; where `ids` are known without a dtype, the smallest of int16,
        int32 and int64 that holds them and all that such a picture can hold.

        Pictures given by path: palette pictures give their indices, 1-bit ones 0 and 1, greys of 2 or 4 bits what
        they are in 8, and coloured ones the one value that their colour bands share; alpha is left aside.

        Raises:
            DecodeError: the file is missing or damaged, or its pixels are no ids.
            LimitError: more than ``pixels`` or ``file_bytes``, or than fits into memory.
        """
        from . import native

        return native.to_numpy(self)

    def to_pil(self) -> PILImage.Image:
        """The picture as it is stored, loaded: mode ``L``, ``I;16``, or whatever a file given by path has.

        Raises:
            DecodeError: the file is missing or damaged.
            LimitError: more than ``pixels``.
        """
        from . import native

        return native.open_picture(self.file)


MaskSource = str | os.PathLike[str] | BinaryIO | TextIO | MediaFile
"""What the ``path`` of a mask may be."""


def _parts(val: object) -> tuple[Any, MaskSource | None, Labels | None]:
    """The array, file and labels in what the user gave."""
    if not isinstance(val, Mapping):
        raise TypeError(f'a mask is a dict like {{"mask_data": array}}, not {type(val).__name__}')
    unknown = [str(name) for name in val if name not in _VAL_KEYS]
    if unknown:
        raise TypeError(f"a mask has no {', '.join(unknown)}; its keys are {', '.join(_VAL_KEYS)}")
    data, path = val.get("mask_data"), val.get("path")
    if data is None and path is None:
        raise KeyError('a mask needs "mask_data", an array of class ids, or "path", a picture of them')
    if data is not None and path is not None:
        raise TypeError('a mask has "mask_data" or "path", not both')
    labels = val.get("class_labels")
    return data, path, None if labels is None else check_labels(labels)
