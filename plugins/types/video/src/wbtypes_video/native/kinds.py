"""Which container a file is, by its first bytes, and what it looks like where it is none of ours."""

from __future__ import annotations

from collections.abc import Mapping

LOOK = 64
"""Bytes that tell what a file is."""

_LOOKS: Mapping[tuple[int, bytes], str] = {
    (4, b"ftypavi"): "an AVIF picture",
    (4, b"ftyphei"): "a HEIC picture",
    (4, b"ftypmif"): "a HEIC picture",
    (0, b"\x89PNG"): "a PNG picture",
    (0, b"\xff\xd8\xff"): "a JPEG picture",
    (0, b"BM"): "a BMP picture",
    (8, b"WEBP"): "a WebP picture",
    (8, b"AVI "): "an AVI film",
    (8, b"WAVE"): "a WAV sound file",
    (0, b"FLV"): "a Flash film",
    (0, b"0&\xb2u\x8ef\xcf\x11"): "a Windows Media film",
    (0, b"\x00\x00\x01\xba"): "an MPEG film",
    (0, b"\x00\x00\x01\xb3"): "an MPEG film",
    (0, b"G@"): "an MPEG transport stream",
    (0, b"ID3"): "an MP3 sound file",
    (0, b"fLaC"): "a FLAC sound file",
    (0, b"#EXTM3U"): "a playlist",
    (0, b"%PDF"): "a PDF document",
    (0, b"PK\x03\x04"): "a ZIP archive",
    (0, b"\x1f\x8b"): "a gzip archive",
    (0, b"\x93NUMPY"): "a NumPy array file",
    (0, b"\x89HDF"): "an HDF5 file",
    (0, bytes(16)): "zeros",
}
"""What files that are no video of ours begin with."""

_KINDS: Mapping[tuple[int, bytes], str] = {
    (0, b"GIF8"): "gif",
    (4, b"ftyp"): "mp4",
    (4, b"moov"): "mp4",
    (4, b"mdat"): "mp4",
    (4, b"free"): "mp4",
    (4, b"wide"): "mp4",
    (0, b"\x1aE\xdf\xa3"): "webm",
    (0, b"OggS"): "ogg",
}
"""What the containers begin with."""

RELATIVES: Mapping[tuple[str, bytes], str] = {
    ("mp4", b"ftypqt  "): "a QuickTime film",
    ("webm", b"matroska"): "a Matroska film",
}
"""Films of the same make as a container of ours that browsers do not take for one."""

DEMUXERS = {"gif": "gif", "mp4": "mov", "webm": "matroska", "ogg": "ogg"}


def _marked(start: bytes, marks: Mapping[tuple[int, bytes], str]) -> str | None:
    """What a file is that begins so; None when no mark fits."""
    return next((what for (at, mark), what in marks.items() if start.startswith(mark, at)), None)


def kind_of(start: bytes) -> str | None:
    """The container of a file that begins so; None when it is none of ours."""
    return None if _marked(start, _LOOKS) else _marked(start, _KINDS)


def look_of(start: bytes) -> str:
    """What the first bytes of a file look like, in a few words."""
    if not start:
        return "it is empty"
    what = _marked(start, _LOOKS) or _marked(start, _KINDS)
    if what is None and all(byte in b"\t\n\r" or 32 <= byte < 127 for byte in start):
        what = "text"
    return f"its first bytes are {start[:16]!r}" + (f", which look like {what}" if what else "")
