"""What keypoints become: the only room that imports Pillow."""

from __future__ import annotations

from math import isfinite

from PIL import Image, ImageDraw

from wbtypes_core import native

from .values import Keypoints, Point

COLOURS = ("#e6194b", "#3cb44b", "#4363d8", "#f58231", "#911eb4", "#008080", "#f032e6", "#9a6324")
"""The colours of the poses, in turn."""


def draw(value: Keypoints) -> Image.Image:
    """The image with the edges and points of each pose drawn over it."""
    picture: Image.Image = native(value.image).convert("RGB")
    pen = ImageDraw.Draw(picture)
    thick = max(1, min(picture.size) // 150)
    for number, pose in enumerate(value.poses):
        colour = COLOURS[number % len(COLOURS)]
        seen = {name: _place(point, picture.size) for name, point in pose.items() if _is_found(point)}
        for start, end in value.skeleton:
            if start in seen and end in seen:
                pen.line([seen[start], seen[end]], fill=colour, width=thick)
        for x, y in seen.values():
            reach = 2 * thick
            pen.ellipse([x - reach, y - reach, x + reach, y + reach], fill=colour)
    return picture


def _is_found(point: Point) -> bool:
    return isfinite(point[0]) and isfinite(point[1])


def _place(point: Point, size: tuple[int, int]) -> tuple[float, float]:
    """Where a point is drawn: far outside the picture it makes no difference how far, but to Pillow it does."""
    x, y = (max(-side, min(2.0 * side, at)) for at, side in zip(point, size, strict=False))
    return x, y
