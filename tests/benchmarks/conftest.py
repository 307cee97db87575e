"""What the benchmarks share: the client's process, a folder to write to, and the table at the end."""

from __future__ import annotations

import importlib.util
import os
import platform
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from client import Client, Theirs
from harness import Clock, Row, Wanted, agree, compare, table
from stopwatch import Stopwatch, Work

Job = Work | tuple[str, dict[str, Any]]
"""Work done here, or the name of a job in `theirs.py` and its settings."""

NO_BUDGET = Wanted()
ROWS: list[Row] = []
NOTES: list[str] = []


def _package(path: Path) -> str:
    """The package that a file of benchmarks is about: that of the first word of its name."""
    return f"wbtypes_{path.stem.split('_')[1]}"


collect_ignore = [
    path.name
    for path in sorted(Path(__file__).parent.glob("test_*.py"))
    if not importlib.util.find_spec(_package(path))
]
NOTES += [f"{name} is left out: its plugin is not installed" for name in collect_ignore]


@pytest.fixture(scope="session")
def client_python() -> str | None:
    """The interpreter that has the real client, or None."""
    python = os.environ.get("WBTYPES_WANDB_PYTHON")
    if not python:
        NOTES.append(
            "WBTYPES_WANDB_PYTHON names no Python with the client in it, so the column 'theirs' is left out"
        )
    return python


@pytest.fixture(scope="session")
def client(client_python: str | None) -> Iterator[Client | None]:
    """The client's process, with an offline run."""
    if client_python is None:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="wbtypes-theirs-") as folder:
        client = Client(client_python, Path(folder))
        NOTES.append(f"theirs is wandb {client.version}")
        yield client
        client.close()


@pytest.fixture(scope="session")
def files(client: Client | None) -> Iterator[Path]:
    """Where all write to, log under keys of your own: new files cost more in one folder of a disk than in another."""
    if client:
        yield client.files
        return
    with tempfile.TemporaryDirectory(prefix="wbtypes-ours-") as folder:
        yield Path(folder)


@pytest.fixture
def bench(client: Client | None) -> Callable[..., Any]:
    """Measures one job and gives the facts that all ways to do it agree on.

    Args:
        name: of the job in the table.
        ours: how we do it.
        theirs: how the client does it; left out where there is no client.
        floor: how the barest libraries do it; it too may be done in the client's process.
        wanted: the budget.
        remarks: what the columns hold.
    """

    def measure(
        name: str,
        *,
        ours: Work,
        theirs: Job | None = None,
        floor: Job | None = None,
        wanted: Wanted = NO_BUDGET,
        remarks: str = "",
    ) -> Any:
        columns = {"ours": ours, "theirs": theirs, "floor": floor}
        clocks = {column: clock for column, job in columns.items() if (clock := _clock(column, job, client))}
        facts, first = agree(clocks)
        ROWS.append(Row(name, compare(clocks, first), wanted, remarks))
        return facts

    return measure


def _clock(column: str, job: Job | None, client: Client | None) -> Clock | None:
    if isinstance(job, Work):
        return Stopwatch(job)
    return Theirs(client, column, *job) if client and job else None


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the table."""
    if not ROWS:
        return
    terminalreporter.section("medians of rounds in turn; ratios of the same round: median [lowest..highest]")
    for line in table(ROWS):
        terminalreporter.write_line(line)
    machine = f"Python {platform.python_version()}, {os.cpu_count()} cores, {platform.machine()}"
    for note in (machine, *dict.fromkeys(NOTES)):
        terminalreporter.write_line(note)
