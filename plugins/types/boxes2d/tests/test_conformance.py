"""The box codecs keep the contract of all codecs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

import wbtypes_boxes2d.plugin
from wbtypes_boxes2d import BoundingBoxes2D, BoxesFileCodec, BoxListCodec
from wbtypes_core.testing import CodecConformance

CORNERS = {"minX": 0.1, "maxX": 0.4, "minY": 0.2, "maxY": 0.5}
MIDDLE = {"middle": [3, 4], "width": 2, "height": 3}

SETS: list[list[Any]] = [
    [],
    [{"position": CORNERS}],
    [
        {
            "position": MIDDLE,
            "domain": "pixel",
            "class_id": 7,
            "box_caption": "",
            "scores": {"acc": 0.9, "loss": 1},
        }
    ],
    [
        {"position": {**CORNERS, **MIDDLE}, "class_id": True, "angle": 30.5, "tags": ["a", None]},
        {
            "position": MIDDLE,
            "class_id": np.int64(3),
            "scores": {"nan": np.nan, "inf": -np.inf, "f4": np.float32(0.5)},
        },
    ],
]


class TestBoxesFile(CodecConformance):
    codec = BoxesFileCodec()
    plugin = wbtypes_boxes2d.plugin
    corpus = Path(__file__).parent / "corpus"
    heavy = ("numpy",)

    def samples(self) -> Iterator[BoundingBoxes2D]:
        for boxes in SETS:
            yield BoundingBoxes2D({"box_data": boxes}, "found")
            yield BoundingBoxes2D({"box_data": boxes, "class_labels": {3: "tree", 7: "sign"}}, "")
        yield BoundingBoxes2D(
            {"class_labels": {}, "box_data": SETS[1], "source": {"camera": 2}}, "x", caption="c"
        )

    def native_equal(self, value: BoundingBoxes2D, native: Any) -> bool:
        return (
            isinstance(native, list)
            and all(type(box) is dict for box in native)
            and tuple(native) == value.box_data
        )


class TestBoxList(CodecConformance):
    codec = BoxListCodec()
    plugin = wbtypes_boxes2d.plugin
    corpus = Path(__file__).parent / "corpus"
    heavy = ("numpy",)

    def samples(self) -> Iterator[BoundingBoxes2D]:
        for boxes in SETS:
            yield BoundingBoxes2D({"box_data": boxes}, "")
