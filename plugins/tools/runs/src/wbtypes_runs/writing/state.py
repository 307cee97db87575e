"""What the records written so far add up to: summary, config and metrics, as the next ones must repeat them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeAlias, TypeGuard

from attrs import define, evolve, field

from wbtypes_core.jsonio import Json, JsonObject

from .contents import Aggregate, Definition, Goal
from .protobuf import item
from .values import json_text

Path: TypeAlias = tuple[str, ...]

OURS = "_wandb"
"""The key of a config and of a summary that is the client's own."""


@define
class Tally:
    """What the summary keeps of a metric, so far.

    Attributes:
        values: by aggregate.
        count: how many numbers the mean is of.
    """

    values: dict[Aggregate, Any] = field(factory=dict)
    count: int = 0

    def with_(self, value: Any) -> Tally:
        """The tally after one more value. NaN, and what is no number, leaves minimum, maximum and mean as they are."""
        values = {Aggregate.FIRST: value, **self.values, Aggregate.LAST: value}
        number = _number(value)
        if math.isnan(number):
            return Tally(values, self.count)
        count = self.count + 1
        values[Aggregate.MEAN] = _mean(values.get(Aggregate.MEAN, 0.0), number, count)
        values[Aggregate.MIN] = min(value, values.get(Aggregate.MIN, value))
        values[Aggregate.MAX] = max(value, values.get(Aggregate.MAX, value))
        return Tally(values, count)

    def told(self, definition: Definition) -> JsonObject:
        """What the summary says of a metric, by the names of its aggregates."""
        best = Aggregate.MAX if definition.goal is Goal.MAXIMIZE else Aggregate.MIN
        kept = {each: best if each is Aggregate.BEST else each for each in definition.aggregates}
        return {each.name.lower(): self.values[of] for each, of in kept.items() if of in self.values}


def _number(value: Any) -> float:
    """A number as a float; NaN for what is none."""
    if type(value) not in (int, float):
        return math.nan
    try:
        return float(value)
    except OverflowError:  # an integer beyond what floats hold
        return math.inf if value > 0 else -math.inf


def _mean(mean: float, more: float, count: int) -> float:
    """The mean of `count` numbers, of which the last is new."""
    return mean + (more - mean) / count if math.isfinite(mean) else mean + more


@define
class Change:
    """What one row or one setting does to the summary; nothing holds until `State.settle`.

    Attributes:
        items: the items of the summary record.
        summary: top-level keys as they are afterwards.
        removed: top-level keys that go.
        tallies: the metrics that it counts for.
        steps: the step metrics that it gives, as path and value.
    """

    items: list[bytes] = field(factory=list)
    summary: JsonObject = field(factory=dict)
    removed: tuple[str, ...] = ()
    tallies: dict[Path, Tally] = field(factory=dict)
    steps: dict[str, tuple[Path, Json]] = field(factory=dict)


@define
class State:
    """The run after all records that are in the log.

    Attributes:
        config: the user's config.
        labels: what values say in the config, by kind and key.
        summary: the summary.
        metrics: the definitions by name, as `plain_name` has it.
        tallies: what was counted, by the path of the metric.
        steps: the last values of step metrics.
    """

    config: JsonObject = field(factory=dict)
    labels: dict[str, dict[str, Json]] = field(factory=dict)
    summary: JsonObject = field(factory=dict)
    metrics: dict[str, Definition] = field(factory=dict)
    tallies: dict[Path, Tally] = field(factory=dict)
    steps: dict[str, tuple[Path, Json]] = field(factory=dict)

    def whole_config(self, labels: Mapping[str, Mapping[str, Json]]) -> JsonObject:
        """The config with more labels, as a record holds it."""
        both = {
            kind: {**self.labels.get(kind, {}), **labels.get(kind, {})} for kind in (*self.labels, *labels)
        }
        return {OURS: both, **self.config}

    def missing_steps(self, row: JsonObject) -> list[tuple[Path, Json]]:
        """The last values of the step metrics that a row lacks, for the metrics in it that ask for them."""
        if not self.steps:
            return []
        names = {".".join(path) for path, _ in _all_leaves(row)}
        wanted = {
            plain_name(definition.step_metric)
            for name in names
            if (definition := self._definition(name)) and definition.step_sync
        }
        return [self.steps[name] for name in sorted(wanted - names) if name in self.steps]

    def change_by(self, row: JsonObject, plain_items: Iterable[bytes] | None) -> Change:
        """What a row does to the summary.

        Args:
            row: its JSON.
            plain_items: its items, where all its values are scalars or lists.
        """
        if plain_items is not None and not self.metrics:
            return Change(list(plain_items), row)
        change = Change()
        step_metrics = self._step_metrics()
        for key, value in row.items():
            laid = self._lay((key,), self.summary.get(key), value, change, step_metrics)
            if laid is not _KEEP:
                change.summary[key] = laid
        return change

    def change_to(self, values: JsonObject) -> Change:
        """What an assignment does to the summary: each key is as it was given, whatever was there before."""
        return Change([item(key, json_text(value)) for key, value in values.items()], values)

    def _lay(self, path: Path, old: Json, new: Json, change: Change, step_metrics: set[str]) -> Any:
        """Lay a new value over an old one: dicts merge key by key, values and all else replace what was there."""
        if not _merges(new):
            return self._leaf(path, new, change, step_metrics)
        begun = len(change.items)
        laid = dict(old) if _merges(old) else {}
        kept = False
        for key, value in new.items():
            below = self._lay((*path, key), laid.get(key), value, change, step_metrics)
            if below is not _KEEP:
                laid[key] = below
                kept = True
        if kept and isinstance(old, dict) and not _merges(old):
            # a value was here: leaf by leaf, readers would leave its keys among the new ones
            change.items[begun:] = [item(path, json_text(laid))]
        return laid if kept else _KEEP

    def _leaf(self, path: Path, value: Json, change: Change, step_metrics: set[str]) -> Any:
        name = ".".join(path)
        if name in step_metrics:
            change.steps[name] = path, value
        definition = self._definition(name)
        if definition and definition.aggregates and not isinstance(value, dict):
            tally = change.tallies[path] = self.tallies.get(path, Tally()).with_(value)
            value = tally.told(definition) or value
        if definition and Aggregate.NONE in definition.summary:
            return _KEEP
        change.items.append(item(path, json_text(value)))
        return value

    def _step_metrics(self) -> set[str]:
        return {plain_name(each.step_metric) for each in self.metrics.values() if each.step_metric}

    def _definition(self, name: str) -> Definition | None:
        found = self.metrics.get(name)
        if found or name.startswith("_"):  # what is added to every row is meant by no pattern
            return found
        return next(
            (each for glob, each in self.metrics.items() if glob[-1] == "*" and name.startswith(glob[:-1])),
            None,
        )

    def settle(self, change: Change) -> None:
        """Take over what a record said that is in the log now."""
        self.summary.update(change.summary)
        for key in change.removed:
            self.summary.pop(key, None)
        self.tallies.update(change.tallies)
        self.steps.update(change.steps)

    def define(self, definition: Definition, rows: Iterable[JsonObject]) -> None:
        """Let a definition hold, on top of an earlier one of the same metric, as readers put the two together.

        Args:
            definition: the definition.
            rows: those that are in the log; they count too, where something is kept of them.
        """
        name = plain_name(definition.name)
        before = self.metrics.get(name)
        if before and not definition.overwrite:
            definition = evolve(
                definition,
                step_metric=definition.step_metric or before.step_metric,
                step_sync=definition.step_sync or before.step_sync,
                hidden=definition.hidden or before.hidden,
                summary=_both(before.summary, definition.summary),
                goal=definition.goal or before.goal,
            )
        self.metrics[name] = definition
        if definition.aggregates or definition.step_metric:
            self.count(rows)

    def count(self, rows: Iterable[JsonObject]) -> None:
        """Count anew what metrics keep of rows, as if they had been defined before the first."""
        self.tallies.clear()
        step_metrics = self._step_metrics()
        for row in rows:
            for path, value in _all_leaves(row):
                name = ".".join(path)
                if name in step_metrics:
                    self.steps[name] = path, value
                definition = self._definition(name)
                if definition and definition.aggregates and not isinstance(value, dict):
                    self.tallies[path] = self.tallies.get(path, Tally()).with_(value)


def plain_name(name: str) -> str:
    """A metric's name as the keys that lead to it are joined; dots of the keys themselves may be escaped in it."""
    return name.replace("\\.", ".")


def _both(before: frozenset[Aggregate], more: frozenset[Aggregate]) -> frozenset[Aggregate]:
    """What two definitions keep; of "nothing" and something, the later one counts."""
    if Aggregate.NONE in more:
        return before | more
    return (before - {Aggregate.NONE} if more else before) | more


_KEEP: Any = object()
"""Stands for a value that the summary shall not take."""


def _merges(json: Json) -> TypeGuard[JsonObject]:
    """Whether a dict is plain: a value's keys belong together, and none of an earlier value may stay among them."""
    return isinstance(json, dict) and bool(json) and "_type" not in json


def _all_leaves(row: JsonObject) -> Iterator[tuple[Path, Json]]:
    """What metrics are: numbers and all else that is no plain dict, with the keys that lead to it."""
    todo: list[tuple[Path, Json]] = [((key,), value) for key, value in row.items()]
    while todo:
        path, value = todo.pop()
        if _merges(value):
            todo += (((*path, key), each) for key, each in value.items())
        else:
            yield path, value
