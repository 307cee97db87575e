"""What a text is."""

from __future__ import annotations

import os
from typing import IO

from attrs import frozen

from wbtypes_core import BytesFile, Media
from wbtypes_core.files import as_file
from wbtypes_core.values import Caption, check_caption


@frozen(init=False)
class Text(Media):
    """A text that is stored as a UTF-8 file.

    Args:
        data: the text; or an ``os.PathLike`` or open file that holds it, kept byte for byte.
        caption: shown with it.

    Raises:
        TypeError: `data` is none of these.
    """

    def __init__(self, data: str | os.PathLike[str] | IO[str] | IO[bytes], caption: Caption = None) -> None:
        if isinstance(data, str):
            file = BytesFile(data.encode("utf-8"), ".txt")
        else:
            file = as_file(data, what="Text")
        self.__attrs_init__(file=file, caption=check_caption(caption))

    @property
    def text(self) -> str:
        """The text, read from the file.

        Raises:
            DecodeError: the file is missing, or not UTF-8.
        """
        from . import native

        return native.read_text(self.file)
