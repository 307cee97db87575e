"""Whether a film has its end, in containers that do not say how long it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import BinaryIO

from wbtypes_core.signatures import ogg_ends

_IMAGE, _EXTENSION, _PADDING = 0x2C, 0x21, 0x00
"""What the blocks of a gif begin with that another may follow."""


def _gif_ends(stream: BinaryIO) -> bool:
    """Whether a trailer stands behind the blocks of a gif; true too where these lead to what is no block."""
    stream.seek(0)
    _skip_colours(stream, stream.read(13)[10:11])
    while start := stream.read(1):
        if start[0] == _IMAGE:
            _skip_colours(stream, stream.read(9)[8:])
            stream.read(1)  # the width of the first codes
            _skip_pieces(stream)
        elif start[0] == _EXTENSION:
            stream.read(1)  # which one
            _skip_pieces(stream)
        elif start[0] != _PADDING:
            return True  # the trailer is 0x3B; decoders end at other bytes too
    return False


def _skip_colours(stream: BinaryIO, flags: bytes) -> None:
    if flags and flags[0] & 0x80:
        stream.read(6 << (flags[0] & 7))


def _skip_pieces(stream: BinaryIO) -> None:
    while (length := stream.read(1)) not in (b"", b"\0"):
        stream.read(length[0])


ENDS: Mapping[str, Callable[[BinaryIO], bool]] = {"gif": _gif_ends, "ogg": ogg_ends}
"""For a container that names no length, what tells whether a file has its end."""
