"""From frames of pixels to the pictures that encoders take."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy
from av.video.format import VideoFormat
from av.video.frame import VideoFrame
from PIL import Image as PILImage

from .colours import TO_YUV, conversion
from .levels import Array

Painter = Callable[[Array], VideoFrame]


def yuv_painter(width: int, height: int) -> Painter:
    """What makes 4:2:0 pictures of frames."""
    convert = conversion(width, height, VideoFormat("gbrp"), TO_YUV, "yuv420p")

    def paint(pixels: Array) -> VideoFrame:
        rgb = numpy.broadcast_to(pixels, (3, height, width)).transpose(1, 2, 0)
        return convert(VideoFrame.from_ndarray(rgb, format="gbrp"))

    return paint


def palette_painter(width: int, height: int) -> Painter:
    """What makes pictures of up to 256 colours of frames, whatever their size."""
    return _paint_palette


def _paint_palette(pixels: Array) -> VideoFrame:
    colours, indexes = _GREYS, pixels[0]
    if len(pixels) == 3:
        picture = PILImage.fromarray(numpy.ascontiguousarray(pixels.transpose(1, 2, 0)))
        few = picture.getcolors(256)
        colours, indexes = _quantized(picture) if few is None else _exact([rgb for _, rgb in few], pixels)
    palette = numpy.zeros((256, 4), numpy.uint8)  # alpha, red, green, blue
    palette[:, 0] = 255
    palette[: len(colours), 1:] = colours
    both: Any = (indexes, palette)
    return VideoFrame.from_ndarray(both, format="pal8")


_GREYS = numpy.arange(256, dtype=numpy.uint8)[:, None].repeat(3, 1)


def _exact(found: Sequence[Any], pixels: Array) -> tuple[Array, Array]:
    """All colours of a frame, and which of them each pixel has."""
    colours = numpy.array(sorted(found), numpy.uint8)
    (known, every) = (
        each[0] << numpy.uint32(16) | each[1] << numpy.uint32(8) | each[2]
        for each in (colours.T.astype(numpy.uint32), pixels.astype(numpy.uint32))
    )
    return colours, numpy.searchsorted(known, every).astype(numpy.uint8)


def _quantized(picture: PILImage.Image) -> tuple[Array, Array]:
    """The 256 colours that an octree finds, and which of them is the nearest for each pixel.

    The octree's own choice is up to 3 dB worse; other ways to find colours are 20 times slower for 1 dB.
    """
    tree = picture.quantize(256, PILImage.Quantize.FASTOCTREE, dither=PILImage.Dither.NONE)
    nearest = picture.quantize(palette=tree, dither=PILImage.Dither.NONE)
    return numpy.array(nearest.getpalette(), numpy.uint8).reshape(-1, 3), numpy.asarray(nearest)
