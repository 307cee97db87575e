"""Origins: where the records of a run come from, a log or JSON rows; both give the same rows and the same state."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from attrs import frozen

from wbtypes_core import Limits

from .log import Kind, Log, Record
from .places import FILES, NAME_FILES, inside
from .problems import Problem, Tell

if TYPE_CHECKING:
    from .rows import RawRow, RowReader
    from .state import State


class Origin(Protocol):
    """Where the records of a run come from."""

    @property
    def path(self) -> Path:
        """The file or folder that stands for the run."""
        ...

    @property
    def files(self) -> Path:
        """The folder of the media, as far as the records' own place tells."""
        ...

    @property
    def limits(self) -> Limits:
        """What reading may cost."""
        ...

    def rows(
        self, tell: Tell, keys: Collection[str] | None, start: int | None, stop: int | None
    ) -> Iterator[RawRow]:
        """The history, as a stream.

        Args:
            tell: told of what is lost.
            keys: the top-level keys that are wanted; None for all.
            start: the first step that is wanted.
            stop: the step to end before.
        """
        ...

    def state(self, tell: Tell) -> State:
        """What the run is apart from its history."""
        ...

    def scan(self, state: State, tell: Tell, keys: Collection[str] | None = None) -> Iterator[RawRow]:
        """The history, and all else into `state`, in one reading."""
        ...

    def records(self, kinds: Collection[int]) -> Iterator[Record]:
        """The records of some kinds, where there are records."""
        ...

    def size(self) -> int:
        """A number that grows with the run."""
        ...


@frozen
class LogOrigin:
    """A run's ``.wandb`` log.

    Attributes:
        log: the log.
    """

    log: Log

    @property
    def path(self) -> Path:
        """The log."""
        return self.log.path

    @property
    def files(self) -> Path:
        """The folder beside the log.

        Raises:
            DecodeError: ``unsafe-path``: it is a link.
        """
        return inside(self.log.path.parent, FILES, NAME_FILES)

    @property
    def limits(self) -> Limits:
        """What reading may cost."""
        return self.log.limits

    def rows(
        self, tell: Tell, keys: Collection[str] | None, start: int | None, stop: int | None
    ) -> Iterator[RawRow]:
        """The rows of the history records; other records are passed over."""
        from .rows import RowReader
        from .wire import WireError

        reader = RowReader(self.limits, keys, start, stop)
        history = int(Kind.HISTORY)  # an enum compares ten times slower
        for offset, kind, record, begin, end in self.log.records(tell):
            if kind != history:
                continue
            try:
                raw = reader.read(record, begin, end)
            except WireError as error:
                tell(self.log.unreadable(offset, error))
                continue
            if raw is not None:
                yield raw

    def state(self, tell: Tell) -> State:
        """What all records other than history add up to."""
        from .state import State
        from .wire import WireError

        state = State(self.limits)
        for offset, kind, record, begin, end in self.log.records(tell):
            if kind != Kind.HISTORY:
                try:
                    state.take(kind, record, begin, end)
                except WireError as error:
                    tell(self.log.unreadable(offset, error))
        return state

    def scan(self, state: State, tell: Tell, keys: Collection[str] | None = None) -> Iterator[RawRow]:
        """The rows, and all else into `state`."""
        from .rows import RowReader

        reader = RowReader(self.limits, keys)
        for record in self.log.records(tell):
            if (raw := taken(record, reader, state, self.log, tell)) is not None:
                yield raw

    def records(self, kinds: Collection[int]) -> Iterator[Record]:
        """The records of some kinds."""
        return (record for record in self.log.records(_overlook) if record[1] in kinds)

    def size(self) -> int:
        """Bytes of the log; 0 when it is gone."""
        try:
            return self.log.path.stat().st_size
        except OSError:
            return 0


def taken(record: Record, reader: RowReader, state: State, log: Log, tell: Tell) -> RawRow | None:
    """The row of a history record that has what the reader wants; other records go into the state."""
    from .wire import WireError

    offset, kind, data, begin, end = record
    try:
        if kind == Kind.HISTORY:
            return reader.read(data, begin, end)
        state.take(kind, data, begin, end)
    except WireError as error:
        tell(log.unreadable(offset, error))
    return None


def _overlook(_: Problem) -> None:
    """What is lost is told by `Run.check` and the history."""
