"""Rows on their way into the log: gathered, numbered, encoded, and what they go without."""

from __future__ import annotations

import operator
import os
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from typing import Any

from wbtypes_core import EncodeError, Registry
from wbtypes_core.errors import warn_caller

from .line import Line
from .protobuf import item
from .state import OURS
from .telling import LostValueWarning, raise_first, unwritten
from .turns import Place, Row
from .values import Writer, Written, items_of, merged, scalar_text, snapshot
from .views import check_key

PENDING = 16
"""How many rows with media may wait for their encoding; `RunWriter.log` waits for room beyond that."""

WORKERS = min(4, os.cpu_count() or 1)
"""Threads that encode media."""

KEPT = 10_000
"""How many lost values are kept in `RunWriter.lost`."""

_LAST_STEP = (1 << 63) - 1


class Rows:
    """The rows of a run, and the changes of its summary, which are encoded as rows are.

    All of it may be called from any thread.

    Args:
        line: where they take their turns.
        writer: encodes their values.
        last: the step of the last row that is in the log; -1 where there is none.
        runtime: seconds that the run has taken.
        background: whether media are encoded on a pool.
        registry: the codecs; by default of all that is installed.
        check: raises when nothing is taken any more; it is asked once more when a row need wait no longer.

    Attributes:
        last: the step of the last row that was taken.
        lost: what went wrong with the values that rows are without, each with its step and key.
    """

    def __init__(
        self,
        line: Line,
        writer: Writer,
        last: int,
        runtime: float,
        *,
        background: bool,
        registry: Registry | None,
        check: Callable[[], None],
    ) -> None:
        self.last = last
        self.lost: list[EncodeError] = []
        self._line = line
        self._writer = writer
        self._began = time.monotonic() - runtime
        self._background = background
        self._registry = registry
        self._check = check
        self._pending = 0
        self._pool: ThreadPoolExecutor | None = None
        self._queue: Place | None = None
        self._gathered: Row | None = None
        self._untold: list[EncodeError] = []
        self._unwarned: list[EncodeError] = []

    @property
    def runtime(self) -> float:
        """Seconds that the run has taken."""
        return time.monotonic() - self._began

    def log(self, data: Mapping[str, Any], step: int | None, *, commit: bool) -> int:
        """Take a row, or values that are gathered for the next; see `RunWriter.log`."""
        asked = _step_of(data, step)
        turn = self._taken(data, "a row")
        raise_first(self._write(turn, asked) if commit else self._gather(turn, asked))
        return _number(turn)

    def summarise(self, values: Mapping[str, Any]) -> None:
        """Change the summary.

        Raises:
            EncodeError: a value that cannot be written; the others are.
            OSError: the log cannot be written; nothing has changed.
        """
        turn = self._taken(values, "the summary")
        turn.ready = not turn.rich
        self._line.put(turn, "the summary", self._check)
        self._line_up(turn)
        if turn.rich:
            self._encode_now(turn)
        raise_first(self._keep(turn))

    def commit(self) -> None:
        """Write what was gathered; what is lost of it is raised by `tell`.

        Raises:
            OSError: it cannot be written, and still is gathered.
        """
        with self._line.lock:
            self._untold += self._write_gathered()

    def tell(self) -> None:
        """Raise what was lost in the background since the last time.

        Raises:
            EncodeError: there is some.
        """
        with self._line.lock:
            untold, self._untold, self._unwarned = self._untold, [], []
        raise_first(untold)

    def warn(self) -> None:
        """Warn of what was lost in the background since the last time."""
        if self._unwarned:
            with self._line.lock:
                unwarned, self._unwarned = self._unwarned, []
            for error in unwarned:
                warn_caller(str(error), LostValueWarning)

    def end(self) -> None:
        """Let go of the threads."""
        if self._pool:
            self._pool.shutdown()

    # -- their values -------------------------------------------------------------------------------------------

    def _taken(self, values: Mapping[str, Any], what: str, step: int | None = None) -> Row:
        """A row of values: the scalars written, and a snapshot of the rest."""
        turn = Row(step)
        json, items = turn.json, turn.items
        for key, value in values.items():
            if type(key) is not str or key == OURS:
                key = check_key(key, what)
            text = scalar_text(value)
            try:
                if text is not None:
                    items[key] = item(key, text)
                    json[key] = value
                    continue
                taken = snapshot(value, self._registry)
                if taken.plain:
                    turn.add(key, Written(taken.tree, items_of(key, taken.tree)))
                else:
                    turn.rich[key] = taken
                    json[key], items[key] = None, b""  # its place in the row
            except UnicodeEncodeError:
                turn.leave_out(key, EncodeError("a key holds half a character; rename it"))
            except Exception as error:
                turn.leave_out(key, error)
        return turn

    def _joined(self, gathered: Row | None, turn: Row) -> Row:
        """A row with what was gathered for it before."""
        if gathered is None:
            return turn
        row = self._taken(merged(gathered.values(), turn.values()), "a row", turn.step)
        before = {key: each for key, each in gathered.lost.items() if key not in turn.json}
        row.lost = before | turn.lost | row.lost
        return row

    def _stamp(self, turn: Row) -> None:
        """Add what a client adds to every row."""
        now, runtime = time.time(), self.runtime
        for key, value in (("_timestamp", now), ("_runtime", runtime), ("_step", turn.step)):
            if key == "_step" or key not in turn.json:
                turn.json[key] = value
                turn.items[key] = item(key, repr(value).encode())

    # -- their order --------------------------------------------------------------------------------------------

    def _write(self, turn: Row, asked: int | None) -> list[EncodeError]:
        """Write a row, and what was gathered for it; what is said of the values that are left out is given back."""
        with self._line.lock:
            self._wait_for_room(self._is_later(turn) or self._is_later(self._gathered))
            self._check()
            told = self._write_gathered(asked) if asked is not None else []
            gathered = self._gathered
            turn.step = self._next(asked)
            row = self._joined(gathered, turn)
            self._stamp(row)
            later = self._is_later(row)
            self._enter(row, later)
            self._gathered = None
        if later:
            return told
        if row.rich:
            try:
                self._encode_now(row)
            except BaseException:
                self._gather_again(gathered)
                raise
        return told + self._keep(row)

    def _gather(self, turn: Row, asked: int | None) -> list[EncodeError]:
        """Keep the values of a row until it is written; as `_write`, of the row before."""
        with self._line.lock:
            told = self._write_gathered(asked) if asked is not None else []
            self._check()
            turn.step = self._next(asked)
            self._gathered = self._joined(self._gathered, turn)
        return told

    def _gather_again(self, gathered: Row | None) -> None:
        """Keep what was gathered for a row that could not be written, for the next."""
        if gathered is None:
            return
        with self._line.lock:
            if self._gathered:
                self._gathered = self._joined(gathered, self._gathered)
            else:
                gathered.step = max(_number(gathered), self.last + 1)
                self._gathered = gathered

    def _write_gathered(self, before: int | None = None) -> list[EncodeError]:
        """Write what was gathered, if it is for a row before a step."""
        told = []
        with self._line.lock:
            while (gathered := self._gathered) and (before is None or _number(gathered) < before):
                self._wait_for_room(self._is_later(gathered))
                if self._gathered is gathered:  # while it waited, others may have written it
                    told += self._write(Row(None), gathered.step)
        return told

    def _is_later(self, turn: Row | None) -> bool:
        """Whether a row waits for the pool."""
        return self._background and turn is not None and any(each.later for each in turn.rich.values())

    def _next(self, asked: int | None) -> int:
        """The step of a row: that of what was gathered, else one after the last."""
        gathered = self._gathered
        if gathered and asked in (None, gathered.step):
            return _number(gathered)
        last = _number(gathered) if gathered else self.last
        if last == _LAST_STEP:
            raise ValueError(
                f"step {last:,}, that of the last row, is the greatest there is; no row comes after"
            )
        if asked is None:
            return last + 1
        if asked == last:
            raise ValueError(
                f"the row of step {asked:,} is written already; pass commit=False with all but the last of its values, "
                f"or log this row with step={last + 1} or later"
            )
        if asked < last:
            raise ValueError(
                f"step {asked:,} does not come after that of the row before, {last:,}; steps never go back, "
                f"so log this row with step={last + 1} or later"
            )
        return asked

    def _wait_for_room(self, later: bool) -> None:
        try:
            self._line.make_room()
        except OSError as error:
            raise unwritten(error, "the row, and those before it,") from error
        while later and self._pending >= PENDING:
            self._line.wait()

    def _enter(self, turn: Row, later: bool) -> None:
        """Put a row into the line, and give its encoding to the pool."""
        turn.before, self.last = self.last, _number(turn)
        turn.ready = not turn.rich
        try:
            self._line.take(turn)
        except OSError as error:
            self._give_back(turn)
            raise unwritten(error, turn.place()) from error
        self._line_up(turn)
        if later:
            self._pending += 1
            if self._pool is None:
                self._pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="wbtypes-writer")
            try:
                self._pool.submit(self._encode_later, turn)
            except RuntimeError:  # the interpreter is on its way out, and takes no more work
                self._encode_later(turn)

    def _line_up(self, turn: Row) -> None:
        """Give a row its place among those that are encoded one after the other, if it is one of them."""
        if any(each.ordered for each in turn.rich.values()):
            with self._line.lock:
                turn.queue = self._queue = Place(self._queue)

    def _give_back(self, turn: Row) -> None:
        """Let the step of a row that was not taken be used again, unless there is a later one."""
        with self._line.lock:
            if self.last == turn.step:
                self.last = turn.before

    # -- their encoding -----------------------------------------------------------------------------------------

    def _encode(self, turn: Row, *, strict: bool) -> None:
        """Encode what is left of a row; what cannot be is left out of it.

        Args:
            turn: the row.
            strict: whether it is an error when files cannot be stored.

        Raises:
            OSError: files cannot be stored.
        """
        with turn.queue or nullcontext():
            for key, each in turn.rich.items():
                try:
                    turn.add(key, self._writer.write(key, each.tree, turn.naming))
                except Exception as error:
                    if strict and isinstance(error, OSError):
                        raise unwritten(error, turn.place(key)) from error
                    turn.leave_out(key, error)

    def _encode_now(self, turn: Row) -> None:
        """Encode what is left of a row, and write it; when its files cannot be stored, it is not taken."""
        try:
            self._encode(turn, strict=True)
        except BaseException:
            self._line.drop(turn)
            self._give_back(turn)
            raise
        turn.rich.clear()
        try:
            self._line.is_ready(turn, wait=not self._background)
        except OSError as error:
            self._give_back(turn)
            raise unwritten(error, turn.place()) from error

    def _encode_later(self, turn: Row) -> None:
        """Encode what is left of a row, on the pool: whatever happens, the row is written."""
        try:
            self._encode(turn, strict=False)
        finally:
            turn.rich.clear()
            with self._line.lock:
                self._pending -= 1
                told = [EncodeError(each.message) for each in self._keep(turn)]
                self._untold += told
                self._unwarned += told
                self._line.arrives(turn)

    def _keep(self, turn: Row) -> list[EncodeError]:
        """Remember the values that a row goes without, by what is said of them: a traceback would hold the values."""
        errors = turn.errors()
        with self._line.lock:
            self.lost += (EncodeError(each.message) for each in errors[: max(0, KEPT - len(self.lost))])
        return errors


def _step_of(row: Mapping[str, Any], step: int | None) -> int | None:
    """The step that a row asks for, by the argument or by itself."""
    found = [
        _whole(each, what)
        for each, what in ((step, "step"), (row.get("_step"), "the row's _step"))
        if each is not None
    ]
    if len(set(found)) > 1:
        raise ValueError(f"step={found[0]:,} and the row's own _step {found[1]:,} differ; give one of them")
    return found[0] if found else None


def _whole(value: Any, what: str) -> int:
    try:
        step = operator.index(value)
    except TypeError:
        raise TypeError(f"{what} is a whole number, not {type(value).__name__}") from None
    if isinstance(value, bool) or not 0 <= step <= _LAST_STEP:
        raise ValueError(f"{what} is a whole number from 0 to {_LAST_STEP:,}, not {value!r}")
    return step


def _number(row: Row) -> int:
    """The step of a row that has one."""
    assert row.step is not None
    return row.step
