"""One log on disk: opened with its header checked, and its records given with what each is about."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from enum import IntEnum
from pathlib import Path
from typing import BinaryIO, TypeAlias

from attrs import frozen

from wbtypes_core import Code, DecodeError, Limits

from . import framing
from .problems import Problem, Tell, one_line
from .wire import Wire, WireError, spans

Record: TypeAlias = tuple[int, int, bytes, int, int]
"""A record: the byte of the log where it begins, its kind, its bytes, and where its content begins and ends in them."""


class Kind(IntEnum):
    """What a record is about: its field number in the client's ``Record`` message."""

    HISTORY = 2
    SUMMARY = 3
    OUTPUT = 4
    CONFIG = 5
    STATS = 7
    ARTIFACT = 8
    METRIC = 12
    OUTPUT_RAW = 13
    RUN = 17
    EXIT = 18
    FINAL = 20
    FOOTER = 22
    USE_ARTIFACT = 25


_AROUND = frozenset((1, 16, 19, 200))
"""Fields of a record that say nothing of its content: number, control, uuid, info."""

_NUMBER_KEY = 0x08
_BYTES = int(Wire.BYTES)  # an enum compares ten times slower


def body(record: bytes) -> tuple[int, int, int]:
    """A record's kind as a field number, and where the content begins and ends; 0 when it has none.

    Raises:
        WireError: the record is no protobuf message.
    """
    try:  # as clients write it: its number first, the content last
        at = 0
        if record[0] == _NUMBER_KEY:
            at = 1
            while record[at] > 0x7F:
                at += 1
            at += 1
        key = record[at]
        begin = at + 2
        length = record[at + 1]
        if length > 0x7F:
            length = length & 0x7F | record[begin] << 7
            begin += 1
        if key & 7 == _BYTES and key < 0x80 and begin + length == len(record) and key >> 3 not in _AROUND:
            return key >> 3, begin, len(record)
    except IndexError:
        pass
    found = (0, 0, 0)
    for number, wire, begin, stop in spans(record, 0, len(record)):
        if wire == _BYTES and number not in _AROUND:
            found = number, begin, stop
    return found


@frozen
class Log:
    """A ``.wandb`` file.

    Attributes:
        path: the file.
        limits: what reading it may cost.
    """

    path: Path
    limits: Limits

    def open(self) -> BinaryIO:
        """Open the file, and check that it is a log.

        Raises:
            DecodeError: it cannot be opened, or is no log.
            LimitError: it is larger than ``file_bytes``.
        """
        try:
            stream = self.path.open("rb")
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise DecodeError(
                one_line(f"{self.path} cannot be opened: {reason}"), reason=Code.NOT_A_RUN
            ) from None
        try:
            self.limits.spend("file_bytes", os.fstat(stream.fileno()).st_size, f"the size of {self.path}")
            framing.check_header(stream, self.path)
        except BaseException:
            with suppress(OSError):
                stream.close()
            raise
        return stream

    def records(self, tell: Tell) -> Iterator[Record]:
        """The records in the file's order, read as a stream.

        Args:
            tell: told of every damaged place.

        Raises:
            DecodeError: as `open`.
        """

        def report(code: str, offset: int, what: str, remedy: str) -> None:
            tell(Problem(self.place(offset), what, remedy, code, offset=offset))

        with self.open() as stream:
            for offset, data in framing.records(stream, self.limits, report):
                try:
                    kind, begin, end = body(data)
                except WireError as error:
                    tell(self.unreadable(offset, error))
                    continue
                yield offset, kind, data, begin, end

    def place(self, offset: int) -> str:
        """A byte of the log, as messages write it."""
        return f"{self.path.name}, byte {offset:,}"

    def unreadable(self, offset: int, error: WireError) -> Problem:
        """The problem of a record that is whole, but says nothing."""
        what = f"a record cannot be read: {error}"
        return Problem(self.place(offset), what, "it is left out", Code.DAMAGED_LOG, offset=offset)
