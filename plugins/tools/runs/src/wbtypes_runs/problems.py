"""What is wrong with a run, each as where, what and what to do; and how many of them are kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

from attrs import field, frozen

from wbtypes_core import Code
from wbtypes_core.errors import Step, spell

CUT = "cut-log"
"""The code of a log that ends within a record: usual for a run that was killed, or still runs."""

KEPT = 10_000
"""How many problems are listed one by one; the rest are counted."""


@frozen
class Problem:
    """One thing that is wrong with a run.

    Attributes:
        where: the place: ``"run-x.wandb, byte 4,096"``, ``'history step 12, ["val"]["masks"]["pred"]'``.
        what: the cause, in one line.
        remedy: what to do about it, or what was done.
        code: the kind of problem, as a word that tools can match: a code of `wbtypes_core.Code`, or ``"cut-log"``.
        step: the history step it belongs to, or None.
        offset: the byte of the log where it begins, or None.
    """

    where: str
    what: str
    remedy: str = ""
    code: str = field(default=Code.DAMAGED_LOG, converter=str)
    step: int | None = field(default=None, kw_only=True)
    offset: int | None = field(default=None, kw_only=True)

    def __str__(self) -> str:
        return one_line(f"{self.where}: {self.what}" + (f"; {self.remedy}" if self.remedy else ""))


def one_line(text: str) -> str:
    """A text whose line breaks and control characters, which names from data may hold, are spelled out."""
    return text if text.isprintable() else "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def row_place(step: int | None, *at: Step) -> str:
    """A place in a history row, as messages write it."""
    row = "a history row without a step" if step is None else f"history step {step:,}"
    return f"{row}, {spell(at)}" if at else row


Tell: TypeAlias = Callable[[Problem], object]
"""Whoever is told of problems."""


class DamagedLogWarning(UserWarning):
    """Records of a log were lost to damage; told once per run, `Run.check` lists every place."""


class Findings:
    """Problems in the order in which they were found: the first 10,000 one by one, the rest as a number."""

    def __init__(self) -> None:
        self._kept: list[Problem] = []
        self._more = 0

    def add(self, problem: Problem) -> None:
        """Keep a problem, or count it."""
        if len(self._kept) < KEPT:
            self._kept.append(problem)
        else:
            self._more += 1

    def __len__(self) -> int:
        return len(self._kept) + bool(self._more)

    def __iter__(self) -> Iterator[Problem]:
        yield from self._kept
        if self._more:
            yield Problem(
                "the run", f"has {self._more:,} more problems", "mend these and check again", Code.LIMIT
            )
