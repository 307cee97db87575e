"""The turns of a line: rows, and changes of summary, config and metrics."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from threading import Event

from attrs import define, evolve, field

from wbtypes_core import EncodeError
from wbtypes_core.errors import Step, spell
from wbtypes_core.jsonio import Json, JsonObject

from ..problems import row_place
from .contents import Definition, Record, config, files, history, metric, summary
from .protobuf import item
from .state import Change, State
from .telling import lost_value
from .values import Snapshot, Written, json_text


class Place:
    """A place in the queue of what is encoded one after the other.

    Args:
        last: the place before it; None for the first.
    """

    def __init__(self, last: Place | None) -> None:
        self._done: Event = Event()
        self._before: Event | None = last._done if last else None

    def __enter__(self) -> None:
        if self._before:
            try:
                self._before.wait()
            except BaseException:  # Ctrl-C: nobody behind may wait for ever
                self._done.set()
                raise

    def __exit__(self, *_: object) -> None:
        self._done.set()


@define(eq=False)
class Row:
    """A row of the history, or with no step a change of the summary.

    Attributes:
        step: its step; None for the summary.
        json: the JSON of its values by key.
        items: the items of its values by key, in the row's order.
        rich: the values that are still to be encoded.
        plain: whether none of its values is a dict.
        written: its values that are not plain, encoded.
        lost: the values that are left out, by key, and why.
        ready: whether all is encoded.
        before: the step of the row before it.
        queue: where it stands among those that hold containers; None when it holds none.
        change: what it does to the summary, once it has its turn.
    """

    step: int | None
    json: JsonObject = field(factory=dict)
    items: dict[str, bytes] = field(factory=dict)
    rich: dict[str, Snapshot] = field(factory=dict)
    plain: bool = True
    written: list[Written] = field(factory=list)
    lost: dict[str, Exception] = field(factory=dict)
    ready: bool = False
    before: int = -1
    queue: Place | None = None
    change: Change | None = None

    @property
    def naming(self) -> int | str:
        """What stands for the step in the names of its files."""
        return "summary" if self.step is None else self.step

    def place(self, *at: Step) -> str:
        """Where it is, or a value in it, as messages write it."""
        if self.step is not None:
            return row_place(self.step, *at)
        return f"the summary, {spell(at)}" if at else "the summary"

    def errors(self) -> list[EncodeError]:
        """What is said of the values that it goes without."""
        without = "the summary" if self.step is None else "the row"
        return [
            lost_value(
                self.place(key, *(error.path if isinstance(error, EncodeError) else ())), without, error
            )
            for key, error in self.lost.items()
        ]

    def values(self) -> JsonObject:
        """Its values by key, as they were logged, as long as none is encoded."""
        return {key: self.rich[key].tree if key in self.rich else each for key, each in self.json.items()}

    def add(self, key: str, value: Written) -> None:
        """Take a value that is encoded."""
        self.json[key] = value.json
        self.items[key] = value.items
        self.plain = self.plain and not isinstance(value.json, dict)
        self.written.append(value)

    def leave_out(self, key: str, error: Exception) -> None:
        """Go without a value."""
        self.json.pop(key, None)
        self.items.pop(key, None)
        self.lost[key] = error

    def records(self, state: State) -> Sequence[Record]:
        """The row, after what its values need: their artifacts, files and labels; then the summary."""
        found: list[Record] = []
        for value in self.written:
            found += value.artifacts
        stored = dict.fromkeys(path for value in self.written for path in value.files)
        if stored:
            found.append(files(stored))
        labels = self._labels()
        if any(
            state.labels.get(kind, {}).get(key) != each
            for kind in labels
            for key, each in labels[kind].items()
        ):
            found.append(config(state.whole_config(labels)))
        if self.step is None:
            self.change = state.change_to(self.json)
        else:
            items = list(self.items.values())
            for path, last in state.missing_steps(self.json):
                items.append(item(path, json_text(last)))
            found.append(history(items, self.step))
            self.change = state.change_by(self.json, items if self.plain else None)
        if self.change.items:
            found.append(summary(self.change.items))
        return found

    def settle(self, state: State) -> None:
        """The summary and the labels hold now."""
        assert self.change is not None
        state.settle(self.change)
        for kind, labels in self._labels().items():
            state.labels.setdefault(kind, {}).update(labels)

    def _labels(self) -> dict[str, dict[str, Json]]:
        labels: dict[str, dict[str, Json]] = {}
        for value in self.written:
            for kind, each in value.notes.items():
                labels.setdefault(kind, {}).update(each)
        return labels


@define(eq=False)
class Removal:
    """Keys that are taken out of the summary."""

    keys: tuple[str, ...]
    ready: bool = True

    def records(self, state: State) -> Sequence[Record]:
        """The summary record."""
        return (summary((), self.keys),)

    def settle(self, state: State) -> None:
        """The keys are gone."""
        state.settle(Change(removed=self.keys))


@define(eq=False)
class Configured:
    """The user's config, changed.

    Attributes:
        values: all of it.
    """

    values: Mapping[str, Json]
    ready: bool = True

    def records(self, state: State) -> Sequence[Record]:
        """The whole config."""
        whole = evolve(state, config=dict(self.values)).whole_config({})
        return (config(whole, sorted(state.config.keys() - self.values.keys())),)

    def settle(self, state: State) -> None:
        """The config holds."""
        state.config = dict(self.values)


@define(eq=False)
class Defined:
    """A metric that is defined.

    Attributes:
        definition: the definition.
        rows: reads the rows that are in the log.
    """

    definition: Definition
    rows: Callable[[], Iterable[JsonObject]]
    ready: bool = True

    def records(self, state: State) -> Sequence[Record]:
        """The metric record."""
        return (metric(self.definition),)

    def settle(self, state: State) -> None:
        """The definition holds, for the rows to come and for what is counted of those before."""
        state.define(self.definition, self.rows())
