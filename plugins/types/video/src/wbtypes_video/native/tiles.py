"""The clips of a batch side by side in one frame, and apart again."""

from __future__ import annotations

import numpy

from wbtypes_core import DecodeError

from .levels import Array


def grid(count: int) -> tuple[int, int]:
    """Rows and columns in which so many clips lie, as wandb lays them: a power of two of places."""
    rows = 1 << (count.bit_length() - 1) // 2
    return rows, (1 << (count - 1).bit_length()) // rows


def tiled(clips: Array) -> Array:
    """One moment of all clips of a batch, (b, c, h, w), as one frame; places without a clip are black."""
    count, channels, height, width = clips.shape
    rows, columns = grid(count)
    places = numpy.zeros((rows * columns, channels, height, width), numpy.uint8)
    places[:count] = clips
    laid = places.reshape(rows, columns, channels, height, width).transpose(2, 0, 3, 1, 4)
    return laid.reshape(channels, rows * height, columns * width)


def untiled(frames: Array, count: int) -> Array:
    """The clips of a batch, (b, t, c, h, w), from frames in which they lie side by side.

    Raises:
        DecodeError: the frames cannot be such.
    """
    length, channels, height, width = frames.shape
    rows, columns = grid(count)
    if height % rows or width % columns:
        raise DecodeError(
            f"frames of {width} x {height} pixels do not hold {count} clips in {rows} rows of {columns}"
        )
    split = frames.reshape(length, channels, rows, height // rows, columns, width // columns)
    clips = split.transpose(2, 4, 0, 1, 3, 5).reshape(-1, length, channels, height // rows, width // columns)
    return clips[:count]
