"""One log on disk: opened with its header checked, and its records given with what each is about."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, TypeAlias

from attrs import frozen

from wbtypes_core import Code, DecodeError, Limits

from . import framing, records
from .problems import Problem, Tell
from .wire import WireError

Record: TypeAlias = tuple[int, int, bytes, int, int]
"""A record: the byte of the log where it begins, its kind, its bytes, and where its content begins and ends in them."""


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
            raise DecodeError(f"{self.path} cannot be opened: {reason}", reason=Code.NOT_A_RUN) from None
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
                    kind, begin, end = records.body(data)
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
