"""From red, green and blue to the YUV of films, and back."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise

from av.filter import Graph
from av.video.codeccontext import VideoCodecContext
from av.video.format import VideoFormat
from av.video.frame import VideoFrame

Conversion = Callable[[VideoFrame], VideoFrame]

_CAREFULLY = "flags=bicubic+accurate_rnd"
"""Without exact rounding every value comes out one to two steps too dark."""

TO_YUV = f"{_CAREFULLY}+full_chroma_inp:out_color_matrix=bt601:out_range=limited:out_h_chr_pos=128:out_v_chr_pos=128"
TO_RGB = f"{_CAREFULLY}+full_chroma_int"
"""A colour lies in the middle of its four pixels, as ffmpeg's filters have it, and so wandb's clients; converting without
a filter takes that of H.264 to lie at the left, which costs several dB."""


def conversion(width: int, height: int, layout: VideoFormat, scale: str, wanted: str) -> Conversion:
    """What brings pictures from one layout of pixels to another."""
    graph = Graph()
    source = graph.add_buffer(None, width, height, layout, time_base=Fraction(1))
    steps = (source, graph.add("scale", scale), graph.add("format", wanted), graph.add("buffersink"))
    for one, other in pairwise(steps):
        one.link_to(other)
    graph.configure()

    def convert(picture: VideoFrame) -> VideoFrame:
        graph.vpush(picture)
        return graph.vpull()

    return convert


COLOURS = (1, 6, 1, 13)
"""The narrow range, the matrix of BT.601, the primaries of BT.709 and the curve of sRGB, as ISO/IEC 23091-2 numbers them."""


def mark_colours(context: VideoCodecContext) -> None:
    """Say which YUV it is: players that are not told guess by the size."""
    context.color_range, context.colorspace, context.color_primaries, context.color_trc = COLOURS
