"""What a run holds, key by key, found in one pass over its history."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import define, field

from wbtypes_core.jsonio import JsonObject

from .leaves import Leaf, Selection, leaves, spelled
from .preview import describe, kind_of
from .terminal import progress

if TYPE_CHECKING:
    from wbtypes_runs import Problem, Row, Run

SUMMARY = "summary"
"""What stands for a step where a value is in the summary alone."""

Keys = tuple[str, ...]


@define
class Column:
    """One key of a run.

    Attributes:
        keys: the key, or the nested keys from the top.
        kinds: how many values of which type it has, in the order they were met.
        first: the step of its first value; ``"summary"`` when only the summary has one, None when no step is known.
        last: the step of its last value.
        value: the last value.
    """

    keys: Keys
    kinds: dict[str, int] = field(factory=dict)
    first: int | str | None = None
    last: int | str | None = None
    value: Any = None

    @property
    def count(self) -> int:
        """How many values it has."""
        return sum(self.kinds.values())

    def take(self, leaf: Leaf, step: int | str | None) -> None:
        """Count one value."""
        if not self.kinds:
            self.first = step
        kind = kind_of(leaf.value)
        self.kinds[kind] = self.kinds.get(kind, 0) + 1
        self.last = step
        self.value = leaf.value

    def json(self) -> JsonObject:
        """The column for tools."""
        return {
            "key": spelled(self.keys),
            "path": list(self.keys),
            "types": self.kinds,
            "count": self.count,
            "first": self.first,
            "last": self.last,
            "preview": describe(self.value),
        }


@define
class Survey:
    """What one pass over a run found.

    Attributes:
        columns: the keys that were asked for, in the order they were met.
        rows: how many rows the history has.
        first: the first step; None when there is none.
        last: the last step.
        known: every top-level key, asked for or not.
        problems: what is wrong with the run.
    """

    columns: dict[Keys, Column] = field(factory=dict)
    rows: int = 0
    first: int | None = None
    last: int | None = None
    known: dict[str, None] = field(factory=dict)
    problems: list[Problem] = field(factory=list)

    def take(self, row: Row, selection: Selection) -> None:
        """Take in one row of the history."""
        self.rows += 1
        if self.first is None:
            self.first = row.step
        self.last = row.step if row.step is not None else self.last
        self._note(row, selection, row.step)

    def note_summary(self, summary: JsonObject, selection: Selection) -> None:
        """Take in the keys that only the summary has."""
        fresh = {key: value for key, value in summary.items() if key not in self.known}
        self._note(fresh, selection, SUMMARY)

    def _note(self, values: Any, selection: Selection, step: int | str | None) -> None:
        self.known.update(dict.fromkeys(values))
        for leaf in leaves(values):
            keys = leaf.keys
            column = self.columns.get(keys)
            if column is None:
                if keys not in selection:
                    continue
                column = self.columns[keys] = Column(keys)
            column.take(leaf, step)
