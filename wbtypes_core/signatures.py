"""What files are by their first and last bytes: facts about other people's formats that several types ask for."""

from __future__ import annotations

import os
from collections.abc import Mapping
from types import MappingProxyType
from typing import BinaryIO, TypeVar

T = TypeVar("T")

LOOK = 64
"""Bytes that tell what a file is."""

COMMON: Mapping[tuple[int, bytes], str] = MappingProxyType(
    {
        (4, b"ftypavi"): "an AVIF picture",
        (4, b"ftyphei"): "a HEIC picture",
        (4, b"ftypmif"): "a HEIC picture",
        (0, b"\x89PNG"): "a PNG picture",
        (0, b"\xff\xd8\xff"): "a JPEG picture",
        (8, b"WEBP"): "a WebP picture",
        (8, b"AVI "): "an AVI film",
        (0, b"%PDF"): "a PDF document",
        (0, b"PK\x03\x04"): "a ZIP archive",
        (0, b"\x1f\x8b"): "a gzip archive",
        (0, b"\x93NUMPY"): "a NumPy array file",
        (0, b"\x89HDF"): "an HDF5 file",
        (0, bytes(16)): "zeros",
    }
)
"""What files begin with that are neither audio nor video of ours: by place and mark, what they are."""


def marked(start: bytes, marks: Mapping[tuple[int, bytes], T]) -> T | None:
    """What a file is that begins so, by the place and the text of a mark; None when none fits."""
    return next((what for (at, mark), what in marks.items() if start.startswith(mark, at)), None)


def look_of(start: bytes, *known: Mapping[tuple[int, bytes], str]) -> str:
    """What the first bytes of a file look like, for messages.

    Args:
        start: the first bytes, `LOOK` of them.
        known: marks and what they say, the first that fits counts.
    """
    if not start:
        return "it is empty"
    what = next((found for marks in known if (found := marked(start, marks))), None)
    if what is None and all(byte in b"\t\n\r" or 32 <= byte < 127 for byte in start):
        what = "text"
    return f"its first bytes are {start[:16]!r}" + (f", which look like {what}" if what else "")


_PAGE = 65_307
"""The most bytes of a page of an Ogg file."""

_LAST_PAGE = 4
"""The bit of a page's flags that says that it is the last."""


def ogg_ends(stream: BinaryIO) -> bool:
    """Whether the last page of an Ogg file is there, and says that it is the last; true too where there is no page at all.

    Other things than pages may follow it. The format is that of RFC 3533.
    """
    stream.seek(max(stream.seek(0, os.SEEK_END) - _PAGE, 0))
    _, found, page = stream.read().rpartition(b"OggS")
    whole = len(page) > 22 and len(page) >= 23 + page[22] + sum(page[23 : 23 + page[22]])
    return not found or (whole and page[1] & _LAST_PAGE > 0)
