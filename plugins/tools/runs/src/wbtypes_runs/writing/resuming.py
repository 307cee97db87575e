"""Going on with a run: what its log says of it, and where the next record is written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from attrs import field, frozen

from wbtypes_core import Limits
from wbtypes_core.jsonio import JsonObject

from ..framing import FILE_HEADER, Framing
from ..log import Kind, Log, body
from ..origins import LogOrigin, taken
from ..rows import RowReader
from ..state import State as Reading
from ..wire import Message, inner, parse, text, whole
from .contents import HEADER, PRODUCT, TOLD, About, Definition
from .logfile import LogFile
from .state import OURS, State, plain_name

_NUMBER: Message = {1: whole("number")}
_HEADER: Message = {1: inner("version", {1: text("producer")})}


@frozen(kw_only=True)
class Start:
    """Where a writer begins: with nothing, or where another left off.

    Attributes:
        about: what the run says of itself.
        state: what its records add up to.
        step: the step of its last row; -1 before the first.
        runtime: seconds that it has run.
        sequences: the ids that references to the latest version of an artifact name, by its name.
    """

    about: About
    state: State
    step: int = -1
    runtime: float = 0.0
    sequences: Mapping[str, str] = field(factory=dict)


def go_on(path: Path, about: About, *, fsync: bool) -> tuple[Start, LogFile]:
    """Read a log to its end, and open it there.

    What a killed writer wrote of its last record is cut off, and so is the record that says that the run has ended.

    Args:
        path: the log.
        about: what the caller says of the run.
        fsync: whether each record waits for the disk.

    Raises:
        DecodeError: it is no log.
        FileExistsError: no RunWriter wrote it, or it ends before it says which run it is.
        OSError: it cannot be written.
        ValueError: it is another run than the caller says.
    """
    log = Log(path, Limits())
    reading, reader = Reading(log.limits), RowReader(log.limits)
    producer, step, runtime, number, exit = "", -1, 0.0, 0, None
    with log.open() as stream:
        framing = Framing(stream, log.limits, _unheard, FILE_HEADER.size, growing=True)
        for offset, data in framing:
            kind, begin, end = body(data)
            if kind == HEADER:
                producer = parse(data, _HEADER, begin, end).get("version", {}).get("producer", "")
            if not producer.startswith(PRODUCT):
                break
            number = parse(data, _NUMBER).get("number", 0)
            exit = offset if kind == Kind.EXIT else None
            row = taken((offset, kind, data, begin, end), reader, reading, log, _overlook)
            if row is not None:
                step, runtime = row.step or 0, _seconds(row.json, runtime)
    if not producer.startswith(PRODUCT) or not reading.info.id:
        raise FileExistsError(
            f"{path} is no run that a RunWriter began, and only such are gone on with; choose another folder"
        )
    start = Start(
        about=_agreed(about, About.of(reading.info), path),
        state=_state(reading, log),
        step=step,
        runtime=runtime,
        sequences={each.name: each.sequence_client_id for each in reading.artifacts},
    )
    if exit is None:
        return start, LogFile.at(path, framing.resume, number, fsync=fsync)
    return start, LogFile.at(path, exit, number - 1, fsync=fsync)


def _agreed(given: About, there: About, path: Path) -> About:
    """What a run says of itself, which what the caller says must not differ from."""
    for name in TOLD:
        mine, its = getattr(given, name), getattr(there, name)
        if mine and mine != its:
            raise ValueError(
                f"the {name} of the run in {path.parent} is {its!r}, and not {mine!r}; leave it out, or choose another folder"
            )
    return there


def rows_of(log: Log) -> Iterator[JsonObject]:
    """The rows of a log."""
    return (row.json for row in LogOrigin(log).rows(_overlook, None, None, None))


def _state(reading: Reading, log: Log) -> State:
    """What was read, as a writer keeps it."""
    config, summary = reading.config.read(_overlook), reading.summary.read(_overlook)
    labels = config.pop(OURS, {})
    summary.pop(OURS, None)
    definitions = map(Definition.of, reading.metrics.values())
    state = State(config, labels, summary, {plain_name(each.name): each for each in definitions})
    if state.metrics:
        state.count(rows_of(log))
    return state


def _seconds(row: JsonObject, before: float) -> float:
    runtime = row.get("_runtime")
    return max(before, runtime) if isinstance(runtime, int | float) else before


def _overlook(*_: Any) -> None:
    """What is damaged, readers tell."""


def _unheard(code: str, offset: int, what: str, remedy: str) -> None:
    """As `_overlook`."""
