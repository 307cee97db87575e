"""What a text becomes: the one room that would import a heavy library, had this type any."""

from __future__ import annotations

from wbtypes_core import MediaFile
from wbtypes_core.files import unreadable


def read_text(file: MediaFile) -> str:
    """The text of a file.

    Raises:
        DecodeError: the file is missing, or not UTF-8.
    """
    try:
        return file.read().decode("utf-8")
    except UnicodeDecodeError as error:
        raise unreadable(file, "UTF-8 text", error) from None
