"""The log file, written: records framed into blocks, each call written whole or taken back."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from io import FileIO
from pathlib import Path
from typing import Self
from zlib import crc32

from ..framing import BLOCK, CHUNK, FILE_HEADER, FIRST, FULL, LAST, MAGIC, MIDDLE, NUMBER, VERSION
from .contents import Record
from .protobuf import number, part

_ROOM = CHUNK.size
_SEEDS = tuple(crc32(bytes((kind,))) for kind in range(LAST + 1))


class LogFile:
    """A ``.wandb`` file that only grows by whole records, a new one unless it is made by `at`.

    Each `append` is one write of the operating system, so that it outlives the process as soon as it returns. A kill
    within it leaves the begin of a record at the end of the file, which readers pass over.

    Attributes:
        path: the file.

    Args:
        path: the file; it must not exist.
        fsync: whether each append waits for the disk, so that it outlives the machine too (about 100 times slower).

    Raises:
        OSError: the file exists or cannot be written; nothing is left of it then.
    """

    def __init__(self, path: Path, *, fsync: bool = False) -> None:
        self._begin(path, path.open("xb", buffering=0), fsync)
        try:
            self._write(FILE_HEADER.pack(MAGIC, NUMBER, VERSION))
        except OSError:
            self._out.close()
            with suppress(OSError):
                path.unlink()
            raise

    @classmethod
    def at(cls, path: Path, end: int, numbered: int, *, fsync: bool = False) -> Self:
        """A log that is there, and goes on behind its whole records; what is after them is cut off.

        Args:
            path: the file.
            end: the byte behind the last whole record.
            numbered: that record's number.
            fsync: as for a new log.

        Raises:
            OSError: it cannot be written.
        """
        log = cls.__new__(cls)
        log._begin(path, path.open("r+b", buffering=0), fsync)
        log._end, log._numbered = end, numbered
        try:
            log._write(b"")
        except OSError:
            log._out.close()
            raise
        return log

    def _begin(self, path: Path, out: FileIO, fsync: bool) -> None:
        self.path = path
        self._fsync = fsync
        self._numbered = 0
        self._out = out
        self._end = 0

    def append(self, records: Sequence[Record]) -> None:
        """Write records, all or none.

        Raises:
            OSError: as of a full disk; the file ends as before, and can go on once there is room.
        """
        framed: list[bytes] = []
        at = self._end
        for count, (kind, content) in enumerate(records, self._numbered + 1):
            at = _frame(number(1, count) + part(kind, content), at, framed)
        self._write(b"".join(framed))
        self._numbered += len(records)

    def close(self) -> None:
        """Let go of the file."""
        self._out.close()

    def _write(self, data: bytes) -> None:
        try:
            self._trim()  # where an earlier write failed and could not be taken back
            rest = memoryview(data)
            while rest:
                rest = rest[self._out.write(rest) :]
            if self._fsync:
                os.fsync(self._out.fileno())
        except OSError:
            with suppress(OSError):
                self._trim()
            raise
        self._end += len(data)

    def _trim(self) -> None:
        """Take back what is after the last whole record."""
        if self._out.seek(0, os.SEEK_END) != self._end:
            self._out.truncate(self._end)
            self._out.seek(self._end)


def _frame(record: bytes, at: int, out: list[bytes]) -> int:
    """Cut a record into chunks that stay within their blocks; the offset behind them."""
    room = BLOCK - at % BLOCK
    if room < _ROOM:
        out.append(bytes(room))
        at, room = at + room, BLOCK
    size = len(record)
    if size + _ROOM <= room:
        out.append(CHUNK.pack(crc32(record, _SEEDS[FULL]), size, FULL))
        out.append(record)
        return at + _ROOM + size
    rest = memoryview(record)
    kind = FIRST
    while rest:
        piece, rest = rest[: room - _ROOM], rest[room - _ROOM :]
        kind = kind if rest else LAST
        out.append(CHUNK.pack(crc32(piece, _SEEDS[kind]), len(piece), kind))
        out.append(bytes(piece))
        at += _ROOM + len(piece)
        kind, room = MIDDLE, BLOCK
    return at
