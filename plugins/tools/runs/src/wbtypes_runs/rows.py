"""History rows: a record's items put together into the JSON that was logged, without what nobody asked for."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, Final

from attrs import define

from wbtypes_core import Code, DecodeError, Limits
from wbtypes_core.jsonio import JsonObject, most_nodes

from .items import MOST_UNREAD, ItemReader, Items, Path
from .jsontext import parse_all, parse_value
from .problems import Findings, Problem, row_place
from .wire import WireError, parse, varint, whole

_STEP = {1: whole("num")}
_NUM_KEY = 0x08
"""What stands before the number in a step."""
_SIGN = 1 << 63

_ALWAYS = frozenset(("_step", "_timestamp"))
"""The keys that are read whatever is asked for: they say which row it is."""
_MISSING: Final = object()


@define(eq=False)
class RawRow:
    """One history row before its values are decoded.

    Attributes:
        step: the history step; None when the record names none.
        timestamp: what the row says under ``_timestamp``, or None.
        json: the row as it was logged, with the keys that were asked for.
        problems: the items that could not be read.
    """

    step: int | None
    timestamp: Any
    json: JsonObject
    problems: Iterable[Problem] = ()


class RowReader:
    """Reads history records into rows; the JSON of keys that nobody asked for is not parsed.

    Args:
        limits: what one row may cost.
        keys: the top-level keys that are wanted; None for all.
        start: the first step that is wanted; None for the beginning.
        stop: the first step that is not wanted any more; None for no end.
    """

    def __init__(
        self,
        limits: Limits,
        keys: Collection[str] | None = None,
        start: int | None = None,
        stop: int | None = None,
    ) -> None:
        self._limits = limits
        self._keys = None if keys is None else frozenset(keys)
        self._items = ItemReader(limits, None if self._keys is None else self._keys | _ALWAYS)
        self._bounded = start is not None or stop is not None
        self._start = start
        self._stop = stop

    def read(self, record: bytes, begin: int, end: int) -> RawRow | None:
        """The row of one history record, or None when it holds nothing that is wanted.

        Args:
            record: the whole record.
            begin: where its history message begins.
            end: where that ends.

        Raises:
            WireError: it is no history message, or one whose items are damaged throughout.
        """
        items = self._items.read(record, begin, end)
        step = _step(record, *items.second[-1]) if items.second else _logged_step(items)
        if self._bounded and not self._wants(step):
            return None
        most = self._limits.nodes
        if len(record) > most and (most := most_nodes(record) + items.steps) > self._limits.nodes:
            error = self._limits.refuse("nodes", most, "the number of values in the row")
            return RawRow(step, None, {}, (_problem(step, (), error, "the row is left out"),))
        found: Findings | None = None
        row = self._fold(items)
        if row is None or items.unread:
            found = Findings()
            for what in items.unread:
                found.add(_problem(step, (), DecodeError(what, reason=Code.DAMAGED_LOG), "it is left out"))
            row = self._fold_one_by_one(items, step, found) if row is None else row
        raw = RawRow(step, row.get("_timestamp"), row, found or ())
        return raw if self._keys is None else _chosen(raw, self._keys)

    def _wants(self, step: int | None) -> bool:
        """Whether a step lies between the bounds; a row that names none does."""
        if step is None:
            return True
        return (self._start is None or step >= self._start) and (self._stop is None or step < self._stop)

    def _fold(self, items: Items) -> JsonObject | None:
        """The row of the items, nested keys as nested objects again; None when one of them is not sound."""
        values = parse_all(items.values) if items.plain else None
        if values is None:
            return None
        if not self._items.nested:
            row: JsonObject = dict(zip(items.places, values, strict=False))  # type: ignore[arg-type]  # all are str
            return row if len(row) == len(values) else None
        row = {}
        depth = self._limits.depth
        for place, value in zip(items.places, values, strict=True):
            path = (place,) if isinstance(place, str) else place
            if len(path) > depth or not _put(row, path, value):
                return None
        return row

    def _fold_one_by_one(self, items: Items, step: int | None, found: Findings) -> JsonObject:
        """The row of the items that are sound; each other is told of, and costs itself alone."""
        row: JsonObject = {}
        for place, value in zip(items.places, items.values, strict=True):
            path = (place,) if isinstance(place, str) else place
            try:
                if len(path) > self._limits.depth:
                    path = path[:1]
                    raise self._limits.refuse("depth", len(place), "the nesting of a key")
                leaf = parse_value(value) if type(value) is bytes else value
            except DecodeError as error:
                found.add(_problem(step, path, error, "the value is left out"))
                if len(found) > MOST_UNREAD:
                    raise WireError(f"more than {MOST_UNREAD:,} of its items cannot be read") from None
                continue
            if not _put(row, path, leaf):
                clash = DecodeError("several items set it, or a part of it")
                found.add(_problem(step, path, clash, "the last one counts"))
        return row


def _problem(step: int | None, at: Path, error: DecodeError, remedy: str) -> Problem:
    return Problem(row_place(step, *at), error.message, remedy, error.reason, step=step)


def _chosen(raw: RawRow, keys: frozenset[str]) -> RawRow | None:
    """The row with the keys that were asked for; None when it has none of them."""
    for key in _ALWAYS - keys:
        raw.json.pop(key, None)
    return raw if raw.json or raw.problems else None


def _step(record: bytes, begin: int, end: int) -> int:
    if begin == end:
        return 0
    if record[begin] == _NUM_KEY:
        number, stop = varint(record, begin + 1, end)
        if stop == end and number < _SIGN:
            return number
    found: int = parse(record, _STEP, begin, end).get("num", 0)
    return found


def _logged_step(items: Items) -> int | None:
    """The step of a row that has it as an item alone, as client 0.13 wrote some."""
    for place, value in zip(items.places, items.values, strict=True):
        if place == "_step":
            try:
                step = parse_value(value) if type(value) is bytes else value
            except DecodeError:
                return None
            return step if type(step) is int else None
    return None


def _put(tree: JsonObject, path: Path, value: Any) -> bool:
    """Set a leaf of nested objects; False when that hid what another path had set."""
    agrees = True
    node = tree
    for key in path[:-1]:
        below = node.get(key, _MISSING)
        if type(below) is not dict:
            agrees = agrees and below is _MISSING
            below = node[key] = {}
        node = below
    agrees = agrees and path[-1] not in node
    node[path[-1]] = value
    return agrees
