"""What a raw array is: a NumPy array in a file, and what is known of it without opening that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from attrs import frozen

from wbtypes_core import Caption, Media, check_caption, with_caption

if TYPE_CHECKING:
    import numpy

Dtype: TypeAlias = "str | tuple[Any, ...]"
"""A dtype as the file's header has it: ``"<f4"``; for structured ones a tuple of ``(name, dtype)`` or ``(name, dtype, shape)``; or a name of `ml_dtypes`."""


@frozen(kw_only=True, init=False)
class RawArray(Media):
    """An array of any dtype and shape, which comes back as it was.

    It is copied at once, in C order.

    Args:
        array: a NumPy array or scalar, or whatever ``numpy.asarray`` takes: lists, tensors on the CPU.
        caption: shown with it.

    Attributes:
        dtype: the dtype with its byte order, as `Dtype` says.
        shape: the length of each axis; empty for a 0-d array.

    Raises:
        TypeError: an array that holds Python objects, a masked array, a dtype that ``.npy`` has no word for, or no array.
    """

    dtype: Dtype
    shape: tuple[int, ...]

    def __init__(self, array: Any, caption: Caption = None) -> None:
        caption = check_caption(caption)
        from . import native

        file, dtype, shape = native.take(array)
        self.__attrs_init__(file=file, caption=caption, dtype=dtype, shape=shape)

    def to_numpy(self) -> numpy.ndarray[Any, Any]:
        """The array, anew at each call; it may be written to.

        Raises:
            DecodeError: the file is missing or damaged, or holds another array than the wire says.
            LimitError: more than ``file_bytes``.
            MissingExtra: the dtype is one of `ml_dtypes`, which is not installed.
        """
        from . import native

        return native.read(self.file, self.dtype, self.shape)

    def describe(self) -> str:
        """The dtype, the shape and the caption."""
        fields = _count(self.dtype) if isinstance(self.dtype, tuple) else self.dtype
        shape = " x ".join(f"{length:,}" for length in self.shape) or "0-d"
        return with_caption(f"{fields}, {shape}", self.caption)


def _count(fields: tuple[Any, ...]) -> str:
    return f"{len(fields)} field{'' if len(fields) == 1 else 's'}"
