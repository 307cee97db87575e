"""What a file is: bytes, whatever they mean."""

from __future__ import annotations

import os
from typing import IO

from attrs import frozen

from wbtypes_core import Media, MediaFile
from wbtypes_core.files import as_file


@frozen(kw_only=True, init=False)
class File(Media):
    """A file of any kind, kept byte for byte.

    Args:
        path: the path of a file; or an open file, text (stored as UTF-8) or binary, which is read from its start.

    Raises:
        TypeError: `path` is neither.
        ValueError: an empty path.
        OSError: the file cannot be read.
    """

    def __init__(self, path: str | os.PathLike[str] | IO[str] | IO[bytes] | MediaFile) -> None:
        self.__attrs_init__(file=as_file(path, what="File"))

    @property
    def name(self) -> str | None:
        """The file's own name, as ``"weights.bin"``; the one it is stored under where it was read; None for a nameless stream."""
        return self.file.name

    def read(self) -> bytes:
        """All the bytes; ``.file.open()`` gives a stream instead.

        Raises:
            DecodeError: the file is missing, or its path is refused.
            LimitError: more than ``file_bytes``.
        """
        return self.file.read()
