"""How a raw array travels: its file, and its dtype and shape beside it."""

from __future__ import annotations

from typing import Any

from wbtypes_core import (
    Code,
    DecodeContext,
    DecodeError,
    EncodeContext,
    JsonObject,
    MediaCodec,
    MediaFile,
    caption_of,
    read,
    read_items,
)

from .values import Dtype, RawArray


class RawArrayCodec(MediaCodec[RawArray]):
    """The `rawarray` object: the keys that all media have, ``dtype`` and ``shape``."""

    tag = "rawarray"
    value_type = RawArray
    folder = "media/rawarray"
    keys = ("dtype", "shape")

    def fields(self, value: RawArray, ctx: EncodeContext) -> JsonObject:
        """The dtype and the shape."""
        return {"dtype": _listed(value.dtype), "shape": list(value.shape)}

    def build(self, node: JsonObject, file: MediaFile, ctx: DecodeContext) -> RawArray:
        """The array of a node; its file stays closed."""
        shape = tuple(read_items(node, "shape", _length))
        dtype = _tupled(read(node, "dtype", str, list))
        return RawArray.restore(file=file, caption=caption_of(node), dtype=dtype, shape=shape)

    def native(self, value: RawArray) -> Any:
        """The array."""
        return value.to_numpy()


def _length(axis: Any) -> int:
    if type(axis) is int and axis >= 0:
        return axis
    raise DecodeError("is no length of an axis", reason=Code.BAD_VALUE)


def _listed(dtype: Any) -> Any:
    return [_listed(part) for part in dtype] if isinstance(dtype, tuple) else dtype


def _tupled(dtype: Any) -> Dtype:
    """A dtype as values hold it. It is only compared with the file's own, so what it says needs no check."""
    if isinstance(dtype, list):
        return tuple(map(_tupled, dtype))
    if isinstance(dtype, str) or type(dtype) is int:
        return dtype  # type: ignore[return-value]  # an int is a length in the shape of a field
    raise DecodeError("holds something else than names and lengths", reason=Code.BAD_VALUE, path=("dtype",))
