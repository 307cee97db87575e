"""Which container a file is, by its first bytes, and what it looks like where it is none of ours."""

from __future__ import annotations

from collections.abc import Mapping

from wbtypes_core.signatures import COMMON, look_of, marked

_LOOKS: Mapping[tuple[int, bytes], str] = {
    **COMMON,
    (0, b"BM"): "a BMP picture",
    (8, b"WAVE"): "a WAV sound file",
    (0, b"FLV"): "a Flash film",
    (0, b"0&\xb2u\x8ef\xcf\x11"): "a Windows Media film",
    (0, b"\x00\x00\x01\xba"): "an MPEG film",
    (0, b"\x00\x00\x01\xb3"): "an MPEG film",
    (0, b"G@"): "an MPEG transport stream",
    (0, b"ID3"): "an MP3 sound file",
    (0, b"fLaC"): "a FLAC sound file",
    (0, b"#EXTM3U"): "a playlist",
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


def kind_of(start: bytes) -> str | None:
    """The container of a file that begins so; None when it is none of ours."""
    return None if marked(start, _LOOKS) else marked(start, _KINDS)


def look(start: bytes) -> str:
    """What the first bytes of a file look like, in a few words."""
    return look_of(start, _LOOKS, _KINDS)
