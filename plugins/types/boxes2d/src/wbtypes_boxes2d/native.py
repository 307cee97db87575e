"""What boxes become: a NumPy array of corners."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy

from wbtypes_core import Code, DecodeError

from .values import CORNERS, Box, is_middle


def corners(boxes: Iterable[Box], width: float, height: float) -> numpy.ndarray[Any, Any]:
    """The corners of boxes in pixels, float64, n x 4."""
    try:
        flat = numpy.fromiter(_numbers(boxes, width, height), numpy.float64)
    except OverflowError:  # an integer of JSON may have any length
        raise DecodeError("a box has a coordinate too large for a float64", reason=Code.BAD_VALUE) from None
    return flat.reshape(-1, 4)


def _numbers(boxes: Iterable[Box], width: float, height: float) -> Iterator[float]:
    for box in boxes:
        position = box["position"]
        wide, high = (1.0, 1.0) if box.get("domain") == "pixel" else (width, height)
        if is_middle(position):
            (x, y), half_width, half_height = (
                position["middle"],
                position["width"] / 2,
                position["height"] / 2,
            )
            left, top, right, bottom = x - half_width, y - half_height, x + half_width, y + half_height
        else:
            left, top, right, bottom = (position[name] for name in CORNERS)
        yield from (left * wide, top * high, right * wide, bottom * high)
