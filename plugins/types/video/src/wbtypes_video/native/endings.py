"""Whether a film has its end, in containers that do not say how long it is."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import BinaryIO

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


_PAGE = 65_307
"""The most bytes of a page of an Ogg file."""

_LAST_PAGE = 4
"""The bit of a page's flags that says that it is the last."""


def _ogg_ends(stream: BinaryIO) -> bool:
    """Whether the last page of an Ogg file is there, and says that it is the last."""
    stream.seek(max(stream.seek(0, os.SEEK_END) - _PAGE, 0))
    _, found, page = stream.read().rpartition(b"OggS")
    whole = len(page) > 22 and len(page) >= 23 + page[22] + sum(page[23 : 23 + page[22]])
    return not found or (whole and page[1] & _LAST_PAGE > 0)


ENDS: Mapping[str, Callable[[BinaryIO], bool]] = {"gif": _gif_ends, "ogg": _ogg_ends}
"""For a container that names no length, what tells whether a file has its end."""
