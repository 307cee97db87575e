"""Following: the rows of a log that is still being written, as they land."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from wbtypes_core import Code, DecodeError

from .decoding import Row
from .framing import FILE_HEADER, Framing
from .log import Kind, Log, Record, body
from .origins import LogOrigin, taken
from .problems import Problem, one_line
from .rows import RowReader
from .state import State
from .wire import WireError

if TYPE_CHECKING:
    from .run import Run

_LAST = frozenset((Kind.FINAL, Kind.FOOTER))
"""The records that nothing follows; newer clients end with the exit, older ones write a summary after that."""


def follow(
    run: Run,
    keys: frozenset[str] | None,
    start: int | None,
    interval: float,
    timeout: float | None,
    stop: threading.Event,
) -> Iterator[Row]:
    """The rows of a run, those that are there and those to come; see `Run.follow`.

    Raises:
        TypeError: the run has no log.
    """
    if not isinstance(run._origin, LogOrigin):
        raise TypeError(f"{run.path} is no .wandb log, so nothing will be added to it; read its history()")
    return _Following(run, run._origin.log, RowReader(run._origin.limits, keys, start)).rows(
        interval, timeout, stop
    )


class _Following:
    """One reader of a growing log.

    Attributes:
        at: the byte up to which the log was read.
        exited: whether the log says that its run has ended.
        ended: whether it says that nothing more comes.
    """

    def __init__(self, run: Run, log: Log, reader: RowReader) -> None:
        self._run = run
        self._log = log
        self._reader = reader
        self._state = State(log.limits)
        self.at = FILE_HEADER.size
        self.exited = self.ended = False

    def rows(self, interval: float, timeout: float | None, stop: threading.Event) -> Iterator[Row]:
        """The rows, with a look at the log in each interval."""
        seen = (0, 0)
        changed = time.monotonic()
        while not stop.is_set():
            now = self._look()
            grown = now != seen
            if grown:
                seen, changed = now, time.monotonic()
                yield from self._landed(stop)
            quiet = timeout is not None and time.monotonic() - changed >= timeout
            if self.ended or quiet or (self.exited and not grown):
                return
            stop.wait(interval if timeout is None else min(interval, timeout))

    def _landed(self, stop: threading.Event) -> Iterator[Row]:
        """The rows that are whole by now."""
        told = False
        for record in self._records():
            kind = record[1]
            raw = taken(record, self._reader, self._state, self._log, _overlook)
            if kind != Kind.HISTORY:
                told = True
                self.exited = self.exited or kind == Kind.EXIT
                self.ended = self.ended or kind in _LAST
            if raw is not None:
                if told:
                    self._run._take(self._state)
                    told = False
                yield Row(raw, self._run._decoder)
            if stop.is_set():
                return
        if told:
            self._run._take(self._state)

    def _records(self) -> Iterator[Record]:
        with self._log.open() as stream:
            framing = Framing(stream, self._log.limits, _no_report, self.at, growing=True)
            for offset, data in framing:
                try:
                    yield offset, *_ordered(data)
                except WireError:
                    continue
            self.at = framing.resume

    def _look(self) -> tuple[int, int]:
        """How long the log is and when it was written to: some file systems give it its length before its bytes."""
        try:
            found = os.stat(self._log.path)  # noqa: PTH116
        except OSError as error:
            what = f"{self._log.path} cannot be read any more: {error.strerror}"
            raise DecodeError(one_line(what), reason=Code.NOT_A_RUN) from None
        if found.st_size < self.at:
            what = f"{self._log.path} has become shorter: somebody began it anew; open it again"
            raise DecodeError(one_line(what), reason=Code.DAMAGED_LOG)
        return found.st_size, found.st_mtime_ns


def _ordered(data: bytes) -> tuple[int, bytes, int, int]:
    kind, begin, end = body(data)
    return kind, data, begin, end


def _no_report(code: str, offset: int, what: str, remedy: str) -> None:
    """Damage is told by `Run.check`, when the run has ended."""


def _overlook(_: Problem) -> None:
    """As `_no_report`."""
