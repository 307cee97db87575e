"""The line of what is to be written: everything in its order, each as soon as it and all before it are ready."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from threading import Condition, RLock
from typing import Protocol

from attrs import define

from .contents import Record
from .logfile import LogFile
from .state import State
from .telling import unwritten


class Turn(Protocol):
    """Something that becomes records when its turn comes."""

    ready: bool

    def records(self, state: State) -> Sequence[Record]:
        """The records, given what is in the log before them. It may be asked again, when they could not be written."""
        ...

    def settle(self, state: State) -> None:
        """Take note in the state that the records are in the log."""
        ...


class Line:
    """Turns in the order in which they were taken.

    All of it may be called from any thread.

    Attributes:
        lock: held by whoever takes a turn and must give it a number no one else has.
        state: what is in the log.

    Args:
        log: where records go.
        state: what is in it.
        room: how many turns may wait.
    """

    def __init__(self, log: LogFile, state: State, room: int) -> None:
        self.lock = RLock()
        self.state = state
        self._moved = Condition(self.lock)
        self._log = log
        self._room = room
        self._turns: deque[Turn] = deque()
        self._failure: Exception | None = None

    def __len__(self) -> int:
        return len(self._turns)

    def take(self, turn: Turn) -> None:
        """Put a turn at the end of the line, and write what is ready.

        Raises:
            OSError: something before it cannot be written; the turn was not taken.
        """
        with self.lock:
            self._turns.append(turn)
            self._advance()
            self._give_up_on(turn)

    def put(self, turn: Turn, what: str, check: Callable[[], None] | None = None) -> None:
        """`take`, once there is room.

        Args:
            turn: the turn.
            what: what it is, for the message.
            check: raises when nothing is taken any more.

        Raises:
            OSError: it cannot be written, or something before it; it was not taken.
        """
        with self.lock:
            if check:
                check()
            try:
                self.make_room()
                self.take(turn)
            except OSError as error:
                raise unwritten(error, what) from error

    def make_room(self) -> None:
        """Wait until a turn may be taken; the lock is let go of meanwhile.

        Raises:
            OSError: what waits cannot be written.
        """
        with self.lock:
            if self._failure:
                self._advance()
                self._raise()
            while len(self._turns) >= self._room:
                self._moved.wait()
                self._raise()

    def is_ready(self, turn: Turn, *, wait: bool) -> None:
        """Say that a turn is ready, and write what is.

        Args:
            turn: the turn.
            wait: whether to wait until all before it is ready too, and it is written.

        Raises:
            OSError: it cannot be written; it is given up.
        """
        with self.lock:
            turn.ready = True
            self._advance()
            self._give_up_on(turn)
            while wait and turn in self._turns:
                self._moved.wait()
                self._give_up_on(turn)

    def arrives(self, turn: Turn) -> None:
        """Say that a turn is ready that nobody waits for, and write what is; it stays in the line while it cannot be."""
        with self.lock:
            turn.ready = True
            self._advance()

    def wait(self) -> None:
        """Wait until the line has moved; called with the lock held, which is let go of meanwhile."""
        self._moved.wait()

    def drop(self, turn: Turn) -> None:
        """Take a turn out of the line."""
        with self.lock:
            self._turns.remove(turn)
            self._advance()

    def finish(self) -> None:
        """Wait until all is written.

        Raises:
            OSError: it cannot be; what is left stays in the line.
        """
        with self.lock:
            self._advance()
            self._raise()
            while self._turns:
                self._moved.wait()
                self._raise()

    def _advance(self) -> None:
        """Write the turns at the front that are ready; a failure is kept for whoever waits."""
        turns = self._turns
        self._failure = None
        while turns and turns[0].ready:
            turn = turns[0]
            try:
                self._log.append(turn.records(self.state))
            except Exception as error:  # of whatever kind: nobody may wait for ever
                self._failure = error
                break
            turn.settle(self.state)
            turns.popleft()
        self._moved.notify_all()

    def _give_up_on(self, turn: Turn) -> None:
        """When the line is stuck, take a turn out again and say why."""
        if self._failure and turn in self._turns:
            self._turns.remove(turn)
            raise self._failure

    def _raise(self) -> None:
        if self._failure:
            raise self._failure


@define(eq=False)
class Ready:
    """A turn of records that need nothing else.

    Attributes:
        content: the records.
    """

    content: Sequence[Record]
    ready: bool = True

    def records(self, state: State) -> Sequence[Record]:
        """The records."""
        return self.content

    def settle(self, state: State) -> None:
        """They change no state."""
