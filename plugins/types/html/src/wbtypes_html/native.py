"""What a page becomes: its text."""

from __future__ import annotations

from wbtypes_core import MediaFile
from wbtypes_core.files import unreadable


def read_text(file: MediaFile) -> str:
    """The text of a file; a lone surrogate of a text that held one comes back as it was.

    Raises:
        DecodeError: the file is missing, or not UTF-8.
        LimitError: more than ``file_bytes``.
    """
    try:
        return file.read().decode("utf-8", "surrogatepass")
    except UnicodeDecodeError as error:
        raise unreadable(file, "UTF-8 text", error) from None
