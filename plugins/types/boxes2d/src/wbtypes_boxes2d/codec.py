"""How boxes travel: a linked file in a run, a bare list in an artifact, and labels beside them."""

from __future__ import annotations

from typing import Any

from wbtypes_core import (
    Code,
    Codec,
    DecodeContext,
    DecodeError,
    Dialect,
    EncodeContext,
    FrozenMap,
    JsonFileCodec,
    MediaFile,
)
from wbtypes_core.codec import EXACT, caption_of, exact_of, expect_object, read, read_part
from wbtypes_core.jsonio import JsonObject, kind
from wbtypes_core.labels import Labels, label_texts, noted_labels, read_labels
from wbtypes_core.layout import label_key

from .values import BoundingBoxes2D, Box, file_of, is_position, other_of

NOTE = "bounding_box/class_labels"
"""Where a run's config holds the labels of its boxes, default ones too."""


class BoxesFileCodec(JsonFileCodec[BoundingBoxes2D]):
    """The `boxes2D` object of runs, whose file holds what the user gave: boxes, and labels if there were any."""

    tag = "boxes2D"
    value_type = BoundingBoxes2D
    folder = "media/metadata/boxes2D"
    exact_keys = ("key",)
    dialects = (Dialect.RUN,)

    def fields(self, boxes: BoundingBoxes2D, ctx: EncodeContext) -> JsonObject:
        """The name of the set, where it is not the one that it stands under."""
        payload = {"type": NOTE, "key": label_key(ctx.key, ctx.name), "value": label_texts(boxes.labels)}
        ctx.note(NOTE, payload)
        return {EXACT: {"key": boxes.key}} if boxes.key != ctx.name else {}

    def parse(self, document: Any, node: JsonObject, file: MediaFile, ctx: DecodeContext) -> BoundingBoxes2D:
        """The boxes of a file; where it has no labels, those that the run's config has for them."""
        document = expect_object(document)
        labels = read_part(document, "class_labels", read_labels, default=None)
        exact = exact_of(node)
        return BoundingBoxes2D.restore(
            file=file,
            caption=caption_of(node),
            box_data=_boxes(read(document, "box_data", list), "box_data"),
            class_labels=_noted(ctx.note(NOTE)) if labels is None else labels,
            key=read(exact, "key", str, default=ctx.name),
            other=other_of(document),
        )

    def native(self, value: BoundingBoxes2D) -> Any:
        """The boxes as a list of dicts."""
        return [dict(box) for box in value.box_data]

    def column_type(self, value: BoundingBoxes2D) -> JsonObject:
        """Boxes have no column type of their own in wandb."""
        return {"wb_type": "pythonObject", "params": {"class_name": "BoundingBoxes2D"}}


class BoxListCodec(Codec[BoundingBoxes2D]):
    """The bare list of boxes in an artifact: no tag, no file, and no room for labels, which the parent keeps."""

    tag = "bounding-boxes"
    value_type = BoundingBoxes2D
    tagged = False
    dialects = (Dialect.ARTIFACT,)

    def encode(self, value: BoundingBoxes2D, ctx: EncodeContext) -> list[JsonObject]:
        """The boxes alone."""
        return [dict(box) for box in value.box_data]

    def decode(self, node: Any, ctx: DecodeContext) -> BoundingBoxes2D:
        """The set of a bare list, named as its parent names it."""
        if not isinstance(node, list):
            raise DecodeError(f"is {kind(node)}, not a list of boxes", reason=Code.WRONG_TYPE)
        boxes = _boxes(node)
        return BoundingBoxes2D.restore(file=file_of(boxes, None, {}), box_data=boxes, key=ctx.name)

    def native(self, value: BoundingBoxes2D) -> Any:
        """The boxes as a list of dicts."""
        return [dict(box) for box in value.box_data]

    def column_type(self, value: BoundingBoxes2D) -> JsonObject:
        """Boxes have no column type of their own in wandb."""
        return {"wb_type": "pythonObject", "params": {"class_name": "BoundingBoxes2D"}}


def _boxes(boxes: list[Any], *at: str) -> tuple[Box, ...]:
    """Boxes of data: each has its place, and is kept whatever else it says."""
    for number, box in enumerate(boxes):
        if not isinstance(box, dict):
            raise DecodeError(f"is {kind(box)}, not a box", reason=Code.WRONG_TYPE, path=(*at, number))
        if not is_position(box.get("position")):
            raise DecodeError(
                "has neither minX, maxX, minY and maxY nor middle, width and height",
                reason=Code.WRONG_TYPE if "position" in box else Code.MISSING_KEY,
                path=(*at, number, "position"),
            )
    return tuple(map(FrozenMap, boxes))


def _noted(note: Any) -> Labels | None:
    """The labels in a run's config; None where they are only the default names, or no labels at all."""
    labels = noted_labels(note)
    if labels is None or all(name == f"class_{each}" for each, name in labels.items()):
        return None
    return labels
