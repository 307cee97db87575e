"""How a mask travels: the `mask` object, its picture, and labels beside it."""

from __future__ import annotations

from collections.abc import Mapping
from math import inf
from typing import Any

from wbtypes_core import (
    Code,
    DecodeContext,
    DecodeError,
    Dialect,
    EncodeContext,
    MediaCodec,
    MediaFile,
)
from wbtypes_core.codec import EXACT, caption_of, exact_of, read
from wbtypes_core.jsonio import JsonObject
from wbtypes_core.labels import Labels, label_texts, noted_labels, read_labels
from wbtypes_core.layout import label_key

from .values import ImageMask

NOTE = "mask/class_labels"
"""Where a run's config holds the labels of its masks."""

_WIDTHS = {"float": (16, 32, 64), "int": (8, 16, 32, 64), "uint": (8, 16, 32, 64)}

DTYPES = frozenset(["bool", *(f"{kind}{bits}" for kind, widths in _WIDTHS.items() for bits in widths)])
"""The dtypes that a mask may say it came in."""


class MaskCodec(MediaCodec[ImageMask]):
    """The `mask` object of runs and artifacts.

    A run's config keeps the labels too, as wandb does; there they are one map per key and set, so what the config
    says of an earlier step may be another step's. The value's own labels go under ``_wbtypes``.
    """

    tag = "mask"
    value_type = ImageMask
    folder = "media/images/mask"
    exact_keys = ("labels", "key", "dtype", "ids", "zeroed")

    def fields(self, mask: ImageMask, ctx: EncodeContext) -> JsonObject:
        """What wandb keeps beside the picture, and what it loses."""
        if ctx.dialect is Dialect.RUN and (mask.class_labels is not None or mask.default_ids):
            payload = {"type": NOTE, "key": label_key(ctx.key, ctx.name), "value": label_texts(mask.labels)}
            ctx.note(NOTE, payload)
        kept: JsonObject = {}
        if mask.class_labels is not None:
            kept["labels"] = label_texts(mask.class_labels)
        if mask.key != ctx.name:
            kept["key"] = mask.key
        if mask.dtype is not None:
            kept["dtype"] = mask.dtype
        if mask.ids:
            kept["ids"] = [list(pair) for pair in mask.ids]
        if mask.zeroed:
            kept["zeroed"] = mask.zeroed
        return {EXACT: kept} if kept else {}

    def build(self, node: JsonObject, file: MediaFile, ctx: DecodeContext) -> ImageMask:
        """The mask of a node: its own labels, else those that the run's config has for it."""
        exact = exact_of(node)
        try:
            beside = _beside(exact, ctx)
        except DecodeError as error:
            raise error.under(EXACT) from None
        noted, default_ids = _noted(ctx.note(NOTE), dict(beside["ids"]))
        if not exact:  # what this package writes beside a mask names its labels, if it has any
            beside["class_labels"] = noted
        return ImageMask.restore(file=file, caption=caption_of(node), default_ids=default_ids, **beside)

    def native(self, value: ImageMask) -> Any:
        """The class ids as an array, h x w."""
        return value.to_numpy()

    def column_type(self, value: ImageMask) -> JsonObject:
        """Masks have no column type of their own in wandb."""
        return {"wb_type": "pythonObject", "params": {"class_name": "ImageMask"}}


def _noted(note: Any, original: Mapping[Any, int | float]) -> tuple[Labels | None, tuple[int, ...]]:
    """The labels in a run's config; where they are only the default names, the ids that these stand for.

    A note that is no labels says nothing of the mask: it is the config's, where it stays as it is.
    """
    labels = noted_labels(note)
    if labels is None:
        return None, ()
    ids = tuple(each for each in labels if isinstance(each, int))
    if all(name == f"class_{original.get(each, each)}" for each, name in labels.items()):
        return None, ids
    return labels, ()


def _beside(exact: JsonObject, ctx: DecodeContext) -> dict[str, Any]:
    """The fields of a mask that only this package keeps."""
    labels = read(exact, "labels", dict, default=None)
    dtype = read(exact, "dtype", str, default=None)
    if dtype is not None and dtype not in DTYPES:
        raise DecodeError(f"{dtype!r} is no dtype of a mask", reason=Code.BAD_VALUE, path=("dtype",))
    try:
        class_labels = None if labels is None else read_labels(labels)
    except DecodeError as error:
        raise error.under("labels") from None
    return {
        "key": read(exact, "key", str, default=ctx.name),
        "class_labels": class_labels,
        "dtype": dtype,
        "ids": tuple(map(_pair, enumerate(read(exact, "ids", list, default=[])))),
        "zeroed": read(exact, "zeroed", int, default=0),
    }


def _pair(numbered: tuple[int, Any]) -> tuple[int, int | float]:
    at, pair = numbered
    if isinstance(pair, list) and len(pair) == 2:
        stored, original = pair
        if _is_number(stored) and stored in range(65_536) and _is_number(original) and abs(original) < inf:
            return int(stored), original
    raise DecodeError("is no pair of a stored id and a number", reason=Code.BAD_VALUE, path=("ids", at))


def _is_number(item: object) -> bool:
    return isinstance(item, int | float) and not isinstance(item, bool)
