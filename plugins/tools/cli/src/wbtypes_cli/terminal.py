"""What is printed: lines for people on stderr, tables on stdout, and text from data that cannot steer a terminal."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

TERMINATED = 143
"""The exit status after SIGTERM, as shells give it."""

PATIENCE = 1.0
"""Seconds of work before a progress bar is worth its flicker."""

WIDEST = 80
"""Characters that a column of a plain table is filled up to; a longer cell moves those beside it, in its line alone."""


def printable(text: str) -> str:
    """Text with its control characters, line breaks and direction marks escaped; data may hold any."""
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text
    )


def tell(message: str) -> None:
    """Say in one line on stderr what went wrong: where, what, what to do."""
    print(f"wbtypes: error: {printable(message)}", file=sys.stderr)


def warn(message: str) -> None:
    """Say in one line on stderr what was noticed."""
    print(f"wbtypes: warning: {printable(message)}", file=sys.stderr)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table: as wide as the terminal and no wider; into a pipe or file with nothing cut.

    Args:
        head: the names of the columns.
        rows: the cells; the last column is the one that may be long.
    """
    cells = [[printable(cell) for cell in row] for row in rows]
    if sys.stdout.isatty():
        _rich_table(head, cells)
        return
    widths = [min(max(map(len, column)), WIDEST) for column in zip(head, *cells, strict=True)]
    for row in (list(head), *cells):
        padded = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        print("  ".join(padded).rstrip())


def _rich_table(head: Sequence[str], rows: list[list[str]]) -> None:
    from rich.console import Console, OverflowMethod
    from rich.table import Table
    from rich.text import Text

    console = Console(file=sys.stdout)
    cut: OverflowMethod = "ellipsis" if console.encoding.startswith("utf") else "crop"
    grid = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    first, *between, last = head
    grid.add_column(first, overflow="fold")
    for name in between:
        grid.add_column(name, no_wrap=True)
    grid.add_column(last)  # gives way first: its texts are cut, not wrapped
    for row in rows:
        grid.add_row(*map(Text, row[:-1]), Text(row[-1], no_wrap=True, overflow=cut))
    console.print(grid)


@contextmanager
def terminable() -> Iterator[None]:
    """SIGTERM as an exception for the time of a `with`, so that whatever is half done is cleaned up."""
    if threading.current_thread() is not threading.main_thread():  # no other may listen to signals
        yield
        return
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(TERMINATED))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


class Progress:
    """How far long work has come: a bar on a terminal's stderr after the first second, else nothing."""

    def __init__(self, what: str, total: int | None) -> None:
        self._what = printable(what)
        self._total = total
        self._done = 0
        self._bar: Any = None
        self._task: Any = None
        self._timer = threading.Timer(PATIENCE, self._start)
        self._timer.daemon = True
        if sys.stderr.isatty():
            self._timer.start()

    def at(self, done: int) -> None:
        """Say how much is done."""
        self._done = done
        if self._task is not None:
            self._bar.update(self._task, completed=done)

    def _start(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as Bar

        columns = [TextColumn("{task.description}", markup=False), BarColumn(), TimeElapsedColumn()]
        if self._total is not None:
            columns.insert(2, MofNCompleteColumn())
        self._bar = Bar(*columns, console=Console(file=sys.stderr), transient=True)
        self._task = self._bar.add_task(self._what, total=self._total, completed=self._done)
        self._bar.start()

    def stop(self) -> None:
        """Take the bar away."""
        self._timer.cancel()
        if self._timer.is_alive():
            self._timer.join()
        if self._bar is not None:
            self._bar.stop()


@contextmanager
def progress(what: str, total: int | None = None) -> Iterator[Progress]:
    """A progress bar for the time of a `with`; it leaves no trace, whatever ends the work."""
    shown = Progress(what, total)
    try:
        yield shown
    finally:
        shown.stop()
