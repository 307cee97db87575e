"""The mask codec keeps the contract of all codecs."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

import wbtypes_mask.plugin
from wbtypes_core import ValueWarning
from wbtypes_core.testing import CodecConformance
from wbtypes_mask import ImageMask, MaskCodec

LABELS = {0: "road", 1: "car", 7: "sign"}

ARRAYS: dict[str, tuple[Any, Any]] = {
    "plain": (np.eye(4, 5, dtype=np.uint8), np.eye(4, 5, dtype=np.uint8)),
    "deep": (np.array([[0, 256], [65_535, 3]], np.uint16),) * 2,
    "shallow": (np.array([[0, 7]], np.uint16),) * 2,
    "ignored": (np.array([[0, -1], [254, 255]]),) * 2,
    "large": (np.array([[70_000, -40_000], [2**60, 1]]),) * 2,
    "binary": (np.array([[True], [False]]),) * 2,
    "listed": ([[0, 1], [2, -1]], np.array([[0, 1], [2, -1]], np.int16)),
    "floats": (np.array([[0.5, 2.9], [np.nan, 1e300]]), np.array([[0, 2.0], [0, 1e300]])),
}


def made(key: str, **more: Any) -> ImageMask:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ValueWarning)
        return ImageMask({"mask_data": ARRAYS[key][0], **more}, key)


def png(mode: str) -> io.BytesIO:
    stream = io.BytesIO()
    Image.new(mode, (3, 2), 1).save(stream, "PNG")
    return stream


class TestMask(CodecConformance):
    codec = MaskCodec()
    plugin = wbtypes_mask.plugin
    corpus = Path(__file__).parent / "corpus"
    heavy = ("numpy", "PIL", "isal")

    def samples(self) -> Iterator[ImageMask]:
        for key in ARRAYS:
            yield made(key)
        yield made("plain", class_labels=LABELS)
        yield made("ignored", class_labels={-1: "nothing", 0: "road"})
        yield made("binary", class_labels={})
        yield ImageMask({"path": png("P"), "class_labels": LABELS}, "by path")
        yield ImageMask({"path": png("L")}, "", caption="unusual")

    def native_equal(self, value: ImageMask, native: Any) -> bool:
        expected = ARRAYS.get(value.key, (None, np.ones((2, 3), np.uint8)))[1]
        return native.dtype == expected.dtype and np.array_equal(native, expected)
