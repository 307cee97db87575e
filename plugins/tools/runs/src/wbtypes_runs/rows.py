"""History rows: a record's items put together into the JSON that was logged, without what nobody asked for."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

from attrs import define, field, frozen

from wbtypes_core import Code, DecodeError, Limits
from wbtypes_core.jsonio import JsonObject

from .items import ItemReader, Items, Path
from .jsontext import most_nodes, parse_all, parse_value
from .wire import parse, varint, whole

_STEP = {1: whole("num")}
_NUM_KEY = 0x08
"""What stands before the number in a step."""
_SIGN = 1 << 63

_ALWAYS = frozenset(("_step", "_timestamp"))
"""The keys that are read whatever is asked for: they say which row it is."""
_MISSING: Final = object()


@frozen
class Fault:
    """What is wrong with one item of a row.

    Attributes:
        at: the keys to the item; empty for the row as a whole.
        what: the cause, in one line.
        remedy: what was done about it.
        code: a code of `wbtypes_core.Code`.
    """

    at: Path
    what: str
    remedy: str
    code: Code


@define(eq=False)
class RawRow:
    """One history row before its values are decoded.

    Attributes:
        step: the history step; None when the record names none.
        timestamp: what the row says under ``_timestamp``, or None.
        json: the row as it was logged, with the keys that were asked for.
        faults: the items that could not be read.
    """

    step: int | None
    timestamp: Any
    json: JsonObject
    faults: list[Fault] = field(factory=list)


class RowReader:
    """Reads history records into rows; the JSON of keys that nobody asked for is not parsed.

    Args:
        keys: the top-level keys that are wanted; None for all.
        start: the first step that is wanted; None for the beginning.
        stop: the first step that is not wanted any more; None for no end.
        limits: what one row may cost.
    """

    def __init__(
        self,
        keys: Collection[str] | None = None,
        start: int | None = None,
        stop: int | None = None,
        limits: Limits | None = None,
    ) -> None:
        self._keys = None if keys is None else frozenset(keys)
        self._items = ItemReader(None if self._keys is None else self._keys | _ALWAYS)
        self._start = start
        self._stop = stop
        self._limits = limits or Limits()

    def read(self, record: bytes, begin: int, end: int) -> RawRow | None:
        """The row of one history record, or None when it holds nothing that is wanted.

        Args:
            record: the whole record.
            begin: where its history message begins.
            end: where that ends.

        Raises:
            WireError: it is no history message.
        """
        items = self._items.read(record, begin, end)
        step = _step(record, *items.second[-1]) if items.second else None
        if step is not None and not self._wants(step):
            return None
        faults = [Fault((), what, "it is left out", Code.DAMAGED_LOG) for what in items.unread]
        if len(record) > self._limits.nodes and (most := most_nodes(record)) > self._limits.nodes:
            error = self._limits.refuse("nodes", most, "the number of values in the row")
            return RawRow(
                step, None, {}, [*faults, Fault((), error.message, "the row is left out", Code.LIMIT)]
            )
        row = self._fold(items, faults)
        if step is None:  # some rows of client 0.13 have it as an item alone
            step = row.get("_step")
            step = step if type(step) is int else None
            if step is not None and not self._wants(step):
                return None
        raw = RawRow(step, row.get("_timestamp"), row, faults)
        return raw if self._keys is None else _chosen(raw, self._keys)

    def _wants(self, step: int) -> bool:
        return (self._start is None or step >= self._start) and (self._stop is None or step < self._stop)

    def _fold(self, items: Items, faults: list[Fault]) -> JsonObject:
        """The row of the items; nested keys become nested objects again."""
        places = items.places
        values = parse_all(items.values) if items.plain else None
        if values is not None and not self._items.nested:
            row: JsonObject = dict(zip(places, values, strict=False))  # type: ignore[arg-type]  # all are plain keys
            if len(row) == len(places):
                return row
        folded: JsonObject = {}
        for index, place in enumerate(places):
            path: Path = (place,) if isinstance(place, str) else place
            try:
                if len(path) > self._limits.depth:
                    raise self._limits.refuse("depth", len(path), "the nesting of a key")
                value = items.values[index] if values is None else values[index]
                if not _put(folded, path, parse_value(value) if type(value) is bytes else value):
                    what = "several items set it, or a part of it"
                    faults.append(Fault(path, what, "the last one counts", Code.BAD_VALUE))
            except DecodeError as error:
                at = path[:1] if len(path) > self._limits.depth else path
                faults.append(Fault(at, error.message, "the value is left out", Code(error.reason)))
        return folded


def _chosen(raw: RawRow, keys: frozenset[str]) -> RawRow | None:
    """The row with the keys that were asked for; None when it has none of them."""
    for key in _ALWAYS - keys:
        raw.json.pop(key, None)
    return raw if raw.json or raw.faults else None


def _step(record: bytes, begin: int, end: int) -> int:
    if begin == end:
        return 0
    if record[begin] == _NUM_KEY:
        number, stop = varint(record, begin + 1, end)
        if stop == end and number < _SIGN:
            return number
    found: int = parse(record, _STEP, begin, end).get("num", 0)
    return found


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
