"""The stopwatch: a piece of work and what one call of it takes; the same in our process and in the client's."""

from __future__ import annotations

import gc
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter
from typing import Any


@dataclass(frozen=True)
class Work:
    """One way to do a job.

    Attributes:
        run: the timed call; takes what `prepare` gave, and the turn.
        prepare: what the call of a turn is given, made off the clock; turns count up, so that no two write the same file.
        facts: what an outcome says, as JSON; the ways to do one job must agree on it. None where it has nothing to say.
    """

    run: Callable[[Any, int], Any]
    prepare: Callable[[int], Any] = int
    facts: Callable[[Any], Any] | None = None


class Stopwatch:
    """Calls one piece of work and keeps the last outcome."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self.turn = 0
        self.outcome: Any = None

    def seconds(self, calls: int) -> float:
        """The mean time of so many calls; the garbage of earlier work is collected before the first."""
        self.outcome = None
        gc.collect()
        total = 0.0
        for _ in range(calls):
            given = self.work.prepare(self.turn)
            begin = perf_counter()
            outcome = self.work.run(given, self.turn)
            total += perf_counter() - begin
            self.outcome = outcome
            self.turn += 1
            del given, outcome
        return total / calls

    def facts(self) -> Any:
        """What the last outcome says."""
        return self.work.facts(self.outcome) if self.work.facts else None
