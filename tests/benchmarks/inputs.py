"""What is measured with: inputs that come out the same in every process, from NumPy alone."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np

Array = Any


def natural(height: int, width: int, count: int = 1) -> Array:
    """Pictures as a camera makes them, smooth gradients under a little noise: count x height x width x 3, uint8."""
    row, column = np.mgrid[:height, :width]
    waves = [128 + 60 * np.sin(column / 37 + hue) + 40 * np.cos(row / 23 + hue) for hue in range(3)]
    smooth = np.stack(waves, -1).astype(np.int16)
    noise = np.random.default_rng(0).integers(-6, 7, (count, height, width, 3), np.int8)
    return (smooth + noise).clip(0, 255).astype(np.uint8)


def stamped(pixels: Array, turn: int) -> Array:
    """A copy that no other turn has: the turn's number lies in the first pixel."""
    pixels = pixels.copy()
    pixels.reshape(-1)[:3] = turn & 255, turn >> 8 & 255, turn >> 16 & 255
    return pixels


def digest(pixels: Array) -> str:
    """What tells one array from another: its dtype, its shape and its elements."""
    told = hashlib.sha256(f"{pixels.dtype} {pixels.shape}".encode())
    told.update(np.ascontiguousarray(pixels).data)
    return told.hexdigest()


def numbers(dtype: str, size: int) -> Array:
    """Normally distributed numbers; integers have three more digits before the point."""
    drawn = np.random.default_rng(0).standard_normal(size)
    return (drawn * 1000).astype(dtype) if dtype.startswith("int") else drawn.astype(dtype)


def page(size: int, turn: int) -> str:
    """An HTML page of about so many bytes, which no other turn has."""
    paragraph = "<p>The quick brown fox jumps over the lazy dog &amp; runs away.</p>\n"
    return (
        f"<html><head><title>{turn}</title></head><body>{paragraph * (size // len(paragraph))}</body></html>"
    )
