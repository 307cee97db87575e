"""The image codecs keep the contract of all codecs."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image as PILImage

import wbtypes_boxes2d.plugin
import wbtypes_classes.plugin
import wbtypes_image.plugin
import wbtypes_mask.plugin
from wbtypes_core import Batch, ValueWarning, WBValue
from wbtypes_core.testing import CodecConformance
from wbtypes_image import ArtifactImageCodec, Image, ImageBatchCodec, ImageCodec, ImageSheetCodec

HERE = Path(__file__).parent
RGB = np.arange(5 * 4 * 3, dtype=np.uint8).reshape(5, 4, 3)
BOX = {
    "position": {"minX": 0.1, "maxX": 0.4, "minY": 0.2, "maxY": 0.5},
    "class_id": 1,
    "scores": {"acc": 0.5},
}
LABELS = {1: "car", 7: "sign"}
CLASSES = [{"id": 1, "name": "car", "color": "red"}, {"id": "x", "name": "other"}]


def quietly(*args: Any, **kwargs: Any) -> Image:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ValueWarning)
        return Image(*args, **kwargs)


def picture(mode: str, kind: str) -> io.BytesIO:
    stream = io.BytesIO()
    PILImage.fromarray(RGB).convert(mode).save(stream, kind)
    return stream


def images() -> Iterator[Image]:
    masks = {
        "m": {"mask_data": np.eye(5, 4, dtype=np.uint8), "class_labels": LABELS},
        "n": {"mask_data": RGB[..., 0]},
    }
    boxes = {
        "b": {"box_data": [BOX], "class_labels": LABELS},
        "c": {"box_data": [BOX]},
        "none": {"box_data": []},
    }
    yield Image(RGB)
    yield Image(RGB[..., 0], caption="grey", grouping=3)
    yield Image(RGB, caption="", grouping=0)
    yield Image(RGB, caption=4.5, boxes=boxes, masks=masks)
    yield Image(RGB, masks=masks, classes=CLASSES)
    yield Image(RGB, boxes={"d": {"box_data": [BOX]}}, classes=[{"id": 1, "name": "car"}])
    yield Image(RGB, classes=CLASSES)
    yield Image(RGB, classes=[])
    yield Image(RGB > 20)
    yield Image(RGB[..., 0].astype(np.uint16) * 900)
    yield Image(RGB / 255)
    yield quietly(RGB[..., 0] - 7.5)
    yield quietly(np.where(RGB == 4, np.nan, RGB * 1.0))
    yield quietly(RGB.astype(np.int64) * -(2**56))
    yield Image(RGB, value_range=(0, 200.5))
    yield Image(picture("P", "GIF"), caption="by bytes")
    yield Image(picture("CMYK", "JPEG"))
    yield Image(PILImage.fromarray(RGB).convert("P"))
    yield Image(RGB, file_type="jpeg")


def same_pixels(value: Any, native: Any) -> bool:
    return native.size == (value.width, value.height) and np.array_equal(
        np.asarray(native), np.asarray(value.to_pil())
    )


class TestImage(CodecConformance):
    codec = ImageCodec()
    plugin = wbtypes_image.plugin
    siblings = (wbtypes_boxes2d.plugin, wbtypes_classes.plugin, wbtypes_mask.plugin)
    corpus = HERE / "corpus"
    heavy = ("PIL", "numpy", "isal", "matplotlib")

    def samples(self) -> Iterator[WBValue]:
        return images()

    def native_equal(self, value: Any, native: Any) -> bool:
        return same_pixels(value, native)


class TestArtifactImage(TestImage):
    codec = ArtifactImageCodec()


class TestBatch(TestImage):
    codec = ImageBatchCodec()

    def samples(self) -> Iterator[WBValue]:
        every = list(images())
        yield Batch(every)
        yield Batch(every[::-1])
        yield Batch(every[:1])
        yield Batch([every[1], every[0]])

    def native_equal(self, value: Any, native: Any) -> bool:
        return len(value) == len(native) and all(map(same_pixels, value, native))


class TestSheet(TestImage):
    """No client writes sheets any more, and neither do we but into the store they are in: the corpus is all there is."""

    codec = ImageSheetCodec()

    def samples(self) -> Iterator[WBValue]:
        return iter(())
