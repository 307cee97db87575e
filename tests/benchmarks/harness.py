"""The harness: ways to do one job take turns, and the ratios of each round become a row of the table."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, Protocol

BLOCK = 0.05
"""Seconds that a short job is repeated for in each round."""

LONG = 0.5
"""Seconds from which on a job is called once in each round, and measured in fewer rounds."""

ROUNDS = os.environ.get("WBTYPES_BENCH_ROUNDS")


class Clock(Protocol):
    """A stopwatch over one way to do a job, in whatever process."""

    def seconds(self, calls: int) -> float:
        """The mean time of so many calls."""
        ...

    def facts(self) -> Any:
        """What the last outcome says."""
        ...


@dataclass(frozen=True)
class Wanted:
    """The budget of a job.

    Attributes:
        theirs: the client takes at least so many times as long as we do.
        floor: we take at most so many times as long as the floor.
    """

    theirs: float | None = None
    floor: float | None = None


@dataclass(frozen=True)
class Ratio:
    """The median of the ratios of all rounds, and their whole range."""

    middle: float
    low: float
    high: float

    @classmethod
    def of(cls, above: Sequence[float], below: Sequence[float]) -> Ratio:
        """The ratio of two ways to do a job, round by round."""
        ratios = [one / other for one, other in zip(above, below, strict=True)]
        return cls(median(ratios), min(ratios), max(ratios))

    def __str__(self) -> str:
        return f"{_short(self.middle)} [{_short(self.low)}..{_short(self.high)}]"


@dataclass(frozen=True)
class Row:
    """One job of the table.

    Attributes:
        job: its name.
        seconds: the times of each way to do it, one for each round.
        wanted: its budget.
        remarks: what the columns hold in this row.
    """

    job: str
    seconds: Mapping[str, Sequence[float]]
    wanted: Wanted
    remarks: str

    def cells(self) -> tuple[str, ...]:
        """The row as text."""
        theirs = floor = None
        if "theirs" in self.seconds:
            theirs = Ratio.of(self.seconds["theirs"], self.seconds["ours"])
        if "floor" in self.seconds:
            floor = Ratio.of(self.seconds["ours"], self.seconds["floor"])
        met = theirs and self.wanted.theirs and theirs.middle >= self.wanted.theirs
        kept = floor and self.wanted.floor and floor.middle <= self.wanted.floor
        return (
            self.job,
            *(_time(self.seconds.get(way)) for way in ("ours", "theirs", "floor")),
            str(theirs or "-"),
            _budget(">=", self.wanted.theirs, met),
            str(floor or "-"),
            _budget("<=", self.wanted.floor, kept),
            self.remarks,
        )


HEAD = ("job", "ours", "theirs", "floor", "theirs / ours", "wanted", "ours / floor", "wanted", "remarks")


def agree(clocks: Mapping[str, Clock]) -> tuple[Any, dict[str, float]]:
    """What the first call of each way says, and the time of that call.

    Raises:
        AssertionError: two ways do not say the same; one that has nothing to say is passed over.
    """
    first: dict[str, float] = {}
    found: dict[str, Any] = {}
    for way, clock in clocks.items():
        first[way] = clock.seconds(1)
        if (facts := clock.facts()) is not None:
            found[way] = facts
    for way, facts in found.items():
        assert facts == found["ours"], f"{way} and ours do not give the same"
    return found["ours"], first


def compare(clocks: Mapping[str, Clock], first: Mapping[str, float]) -> dict[str, list[float]]:
    """The times of each clock, round by round; the clocks take turns: A B C A B C."""
    calls = {way: _calls(clock, first[way]) for way, clock in clocks.items()}
    rounds = int(ROUNDS or (3 if 1 in calls.values() else 7))
    seconds: dict[str, list[float]] = {way: [] for way in clocks}
    gc.collect()
    gc.freeze()  # pytest's own objects are nobody's to walk
    for _ in range(rounds):
        for way, clock in clocks.items():
            seconds[way].append(clock.seconds(calls[way]))
    gc.unfreeze()
    return seconds


def _calls(clock: Clock, first: float) -> int:
    """How many calls fill a block: one where a call is long, and the first, a cold one, tells only that."""
    if first >= LONG:
        return 1
    return max(2, min(1000, round(BLOCK / clock.seconds(1))))


def table(rows: Sequence[Row]) -> Iterator[str]:
    """The rows as lines of text, in columns."""
    lines = [HEAD, *(row.cells() for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        first, *others = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        yield "  ".join((first, *others)).rstrip()


def _budget(sign: str, wanted: float | None, met: object) -> str:
    if wanted is None:
        return ""
    return f"{sign} {wanted:g} {'' if met is None else 'met' if met else 'MISSED'}".rstrip()


def _time(seconds: Sequence[float] | None) -> str:
    if seconds is None:
        return "-"
    middle = median(seconds)
    for unit, scale in (("s", 1), ("ms", 1e-3)):
        if middle >= scale:
            return f"{_short(middle / scale)} {unit}"
    return f"{_short(middle / 1e-6)} us"


def _short(number: float) -> str:
    return f"{number:.0f}" if number >= 100 else f"{number:.3g}"
