"""History rows: a record's items put together into the JSON that was logged, without those that nobody asked for."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final, TypeAlias

from attrs import define, field, frozen
from msgspec import MsgspecError
from msgspec.json import Decoder

from wbtypes_core import DecodeError, Limits
from wbtypes_core.errors import Code
from wbtypes_core.jsonio import JsonObject, loads

from .records import Path, item
from .wire import Wire, WireError, parse, span_at, spans, varint, whole

_STEP = {1: whole("num")}
_STEP_KEY, _NUM_KEY = 0x12, 0x08
"""What stands before the step of a row, and before the number in it."""
_VALUE_KEY = b"\x82\x01"
"""What stands before the JSON of an item: field 16, a string."""

_LONGEST_HEAD = 512
"""How far into an item its JSON is looked for before the item is taken apart field by field."""

_KNOWN_HEADS = 1 << 16
"""How many heads are remembered, so that a log which invents keys in each row stays in bounds."""

_ONE_BYTE, _TWO_BYTES = 1 << 7, 1 << 14
"""The first lengths that take more than one byte, and more than two."""
_SIGN = 1 << 63

_ALWAYS = ("_step",), ("_timestamp",)
"""What a row is asked for in any case."""

_Place: TypeAlias = "str | Path | None"
"""Where an item goes: its key, or the keys from the top; None when nobody asked for it."""
_MISSING: Final = object()

_parse: Final = Decoder().decode
"""Strict and fast; what it refuses (NaN, infinities, lone surrogates, damage) goes to the parser of core."""
_REFUSED: Final = (MsgspecError, UnicodeDecodeError, RecursionError)


@frozen
class Fault:
    """What is wrong with one item of a row.

    Attributes:
        at: the keys to the item; empty for the row as a whole.
        what: the cause, in one line.
        remedy: what was done about it.
        code: a code of `wbtypes_core.errors.Code`.
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


class _Items:
    """The items of a record while they are gathered.

    Attributes:
        places: where each goes.
        values: the JSON text of each as bytes, or what the typed encoding says.
        plain: whether every value is JSON text.
        step: the record's step.
        faults: the items that cannot be read.
    """

    plain = True
    step: int | None = None

    def __init__(self) -> None:
        self.places: list[_Place] = []
        self.values: list[Any] = []
        self.faults: list[Fault] = []


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
        self._start = start
        self._stop = stop
        self._limits = limits or Limits()
        self._nested = False
        self._heads: dict[bytes, tuple[_Place, int, int]] = {}

    def read(self, record: bytes, at: int, end: int) -> RawRow | None:
        """The row of one history record, or None when it holds nothing that is wanted.

        Args:
            record: the whole record.
            at: where its history message begins.
            end: where that ends.

        Raises:
            WireError: it is no history message.
        """
        items = self._gather(record, at, end)
        if len(record) > self._limits.nodes and (most := _most_nodes(record)) > self._limits.nodes:
            error = self._limits.refuse("nodes", most, "the number of values in the row")
            return RawRow(items.step, None, {}, [Fault((), error.message, "the row is left out", Code.LIMIT)])
        row = self._fold(items)
        step = row.get("_step") if items.step is None else items.step
        if type(step) is not int:
            step = None
        elif (self._start is not None and step < self._start) or (self._stop is not None and step >= self._stop):
            return None
        raw = RawRow(step, row.get("_timestamp"), row, items.faults)
        return raw if self._keys is None else self._chosen(raw, self._keys)

    # -- taking the record apart ------------------------------------------------------------------------------

    def _gather(self, record: bytes, at: int, end: int) -> _Items:
        """The items of a record.

        Rows repeat themselves: the bytes of an item up to its JSON, which tell where it goes and how long the JSON
        is, are looked up whole, and taken apart only when they are new.
        """
        items = _Items()
        places, values, heads = items.places, items.values, self._heads
        head, *pieces = record[at:end].split(_VALUE_KEY)
        piece, stop = b"", 0
        try:
            for piece in pieces:
                place, size, stop = heads[head]
                if piece[0] != size:
                    return self._gather_one_by_one(record, at, end)
                if place is not None:
                    places.append(place)
                    values.append(piece[1:stop])
                head = piece[stop:]
            if len(piece) < stop:
                return self._gather_one_by_one(record, at, end)
            if head:
                if head[0] != _STEP_KEY or head[1] != len(head) - 2:
                    return self._gather_one_by_one(record, at, end)
                items.step = _step(head, 2, len(head))
        except (KeyError, IndexError):
            return self._gather_one_by_one(record, at, end)
        return items

    def _gather_one_by_one(self, record: bytes, at: int, end: int) -> _Items:
        """The items of a record of any layout."""
        items = _Items()
        while at < end:
            at = self._learn(items, record, at, end)
        return items

    def _learn(self, items: _Items, record: bytes, at: int, end: int) -> int:
        """Take one field whose head is not known yet, and remember the head if it says all; where the next begins."""
        number, wire, begin, stop = span_at(record, at, end)
        if wire != Wire.BYTES or number not in (1, 2):
            return stop
        if number == 2:
            items.step = _step(record, begin, stop)
            return stop
        try:
            found = item(record, begin, stop)
        except WireError as error:
            items.faults.append(
                Fault((), f"an item cannot be read: {error}", "it is left out", Code.DAMAGED_LOG)
            )
            return stop
        wanted = self._keys is None or found.path[0] in self._keys or found.path in _ALWAYS
        place = (found.path[0] if len(found.path) == 1 else found.path) if wanted else None
        self._nested = self._nested or len(found.path) > 1
        if wanted:
            items.places.append(place)
            items.values.append(found.value if found.json is None else found.json)
            items.plain = items.plain and found.json is not None
        self._remember(record, at, stop, place)
        return stop

    def _remember(self, record: bytes, at: int, stop: int, place: _Place) -> None:
        """Keep the head of an item that ends with its JSON, so that the same bytes need not be taken apart again."""
        *keys, (number, _, begin, end) = spans(record, span_at(record, at, stop)[2], stop)
        size = end - begin
        key = begin - (2 if size >= _ONE_BYTE else 1) - len(_VALUE_KEY)
        if number != 16 or size >= _ONE_BYTE or any(field[0] not in (1, 2) for field in keys):
            return
        if record.find(_VALUE_KEY, at, stop) == key:
            if len(self._heads) >= _KNOWN_HEADS:
                self._heads.clear()
            self._heads[record[at:key]] = place, size, size + 1

    # -- putting the row together -----------------------------------------------------------------------------

    def _fold(self, items: _Items) -> JsonObject:
        """The row of the items; nested keys become nested objects again."""
        places, values = items.places, items.values
        parsed = _parse_all(values) if items.plain else None
        if parsed is not None and not self._nested:
            row = dict(zip(places, parsed, strict=False))
            if len(row) == len(places):
                return row
        folded: JsonObject = {}
        for index, place in enumerate(places):
            path = (place,) if isinstance(place, str) else place
            try:
                if len(path) > self._limits.depth:
                    raise self._limits.refuse("depth", len(path), "the nesting of a key")
                value = values[index] if parsed is None else parsed[index]
                if not put(folded, path, parse_value(value) if type(value) is bytes else value):
                    what = "several items set it, or what it is part of"
                    items.faults.append(Fault(path, what, "the last one counts", Code.BAD_VALUE))
            except DecodeError as error:
                at = path[:1] if len(path) > self._limits.depth else path
                items.faults.append(Fault(at, error.message, "the value is left out", Code(error.reason)))
        return folded

    def _chosen(self, raw: RawRow, keys: frozenset[str]) -> RawRow | None:
        """The row with the keys that were asked for; None when it has none of them."""
        for key in ("_step", "_timestamp"):
            if key not in keys:
                raw.json.pop(key, None)
        return raw if raw.json or raw.faults else None


def _step(record: bytes, at: int, end: int) -> int:
    if at == end:
        return 0
    if record[at] == _NUM_KEY:
        number, stop = varint(record, at + 1, end)
        if stop == end and number < _SIGN:
            return number
    found: int = parse(record, _STEP, at, end).get("num", 0)
    return found


def put(tree: JsonObject, path: Path, value: Any) -> bool:
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


def parse_value(data: bytes) -> Any:
    """The value of one JSON text.

    Raises:
        DecodeError: ``bad-json``.
        LimitError: nested deeper than the parser can follow.
    """
    try:
        return _parse(data)
    except _REFUSED:
        pass
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise DecodeError(f"this is not JSON: {error}", reason=Code.BAD_JSON) from None
    return loads(text)


def _parse_all(texts: list[bytes]) -> list[Any] | None:
    """The values of JSON texts; None when one of them needs a closer look."""
    try:
        return list(map(_parse, texts))
    except _REFUSED:
        return None


def _most_nodes(data: bytes) -> int:
    """More values than any JSON in some bytes can have; worked out where they could be too many to parse."""
    return 1 + data.count(b",") + data.count(b"[") + data.count(b"{")
