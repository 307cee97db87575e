"""How keypoints travel: the image in its own form, the points and the edges beside it."""

from __future__ import annotations

from typing import Any

from wbtypes_core import (
    Code,
    Codec,
    DecodeContext,
    DecodeError,
    EncodeContext,
    FrozenMap,
    JsonObject,
    caption_of,
    expect_object,
    read,
    read_items,
)

from .values import Keypoints, Point, Pose


class KeypointsCodec(Codec[Keypoints]):
    """The `keypoints` object, which holds an `image-file`: whatever package reads that tag reads the image."""

    tag = "keypoints"
    value_type = Keypoints
    keys = ("image", "poses", "skeleton", "caption")

    def encode(self, value: Keypoints, ctx: EncodeContext) -> JsonObject:
        """The body; the image is written by its own codec."""
        body: JsonObject = {
            "image": ctx.encode(value.image, "image"),
            "poses": [{name: list(point) for name, point in pose.items()} for pose in value.poses],
            "skeleton": [list(edge) for edge in value.skeleton],
        }
        if value.caption is not None:
            body["caption"] = value.caption
        return body

    def decode(self, node: Any, ctx: DecodeContext) -> Keypoints:
        """The keypoints of a node; no file is opened."""
        node = expect_object(node)
        return Keypoints.restore(
            image=ctx.decode(read(node, "image", dict), "image", expect="image-file"),
            poses=tuple(read_items(node, "poses", _pose)),
            skeleton=tuple(read_items(node, "skeleton", _edge, default=())),
            caption=caption_of(node),
        )

    def native(self, value: Keypoints) -> Any:
        """The Pillow image with the points drawn over it."""
        return value.to_pil()


def _pose(pose: Any) -> Pose:
    return FrozenMap((name, _point(point, name)) for name, point in expect_object(pose).items())


def _point(point: Any, name: str) -> Point:
    if isinstance(point, list) and len(point) in (2, 3) and all(type(each) in (int, float) for each in point):
        return tuple(point)
    raise DecodeError("is no point [x, y] or [x, y, score]", reason=Code.BAD_VALUE, path=(name,))


def _edge(edge: Any) -> tuple[str, str]:
    if isinstance(edge, list) and len(edge) == 2 and all(isinstance(name, str) for name in edge):
        return edge[0], edge[1]
    raise DecodeError("is no pair of names", reason=Code.BAD_VALUE)
