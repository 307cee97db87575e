"""Items: the keyed JSON texts that history, summary and config records are made of."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any, Final, TypeAlias

from wbtypes_core import Limits

from .wire import (
    Message,
    Wire,
    WireError,
    double,
    encoded,
    flag,
    parse,
    raw,
    read_double,
    read_text,
    span_at,
    spans,
    text,
    varint,
    whole,
    zigzag,
)

Path: TypeAlias = tuple[str, ...]
"""The keys from the top to a leaf."""

Place: TypeAlias = "str | Path"
"""Where an item goes: its key, or the keys from the top where it is nested."""

_ITEM: Message = {
    1: text("key"),
    2: text("nested_key", repeated=True),
    3: whole("none"),
    4: flag("boolean"),
    5: zigzag("integer"),
    6: double("number"),
    7: text("text"),
    8: raw("json"),
    16: raw("value_json"),
}
_TYPED = ("boolean", "integer", "number", "text")
_NONE = 3
_TYPED_FIELDS = range(_NONE, 9)
_DOUBLE_KEY, _DOUBLE_SIZE = 0x31, 9
"""What stands before a double, and how long it is with that."""

_ITEM_KEY, _SECOND_KEY = 0x0A, 0x12
"""What stands before an item, and before what follows the items of a record."""
_VALUE_KEY = b"\x82\x01"
"""What stands before the JSON of an item: field 16, a string."""

_WIDTHS = range(1, 6)
"""How many bytes a length can take."""

_KNOWN_HEADS: Final = 1 << 16
_LONGEST_HEAD: Final = 1 << 9
"""How many heads are remembered and how long ones, so that a log which invents keys in each row stays in bounds."""

MOST_UNREAD: Final = 10_000
"""How many items of one record may be damaged before the record is given up."""

_Head: TypeAlias = "tuple[Place | None, bytes, int, int]"
"""What the bytes before an item's JSON say: where that goes (None for nowhere), its length as it is written, and where it
begins and ends after them."""


class Items:
    """The items of a record.

    Attributes:
        places: where each goes.
        values: the JSON text of each as bytes, or the value itself where the log has it (the typed encoding, which
            keeps int, float and bool apart).
        plain: whether every value is JSON text.
        second: where the messages of the record's second field begin and end: a row's step, a summary's removals.
        unread: what is wrong with the items that cannot be read.
    """

    plain: bool = True
    second: Sequence[tuple[int, int]] = ()
    unread: Sequence[str] = ()

    def __init__(self) -> None:
        self.places: list[Place] = []
        self.values: list[Any] = []

    @property
    def steps(self) -> int:
        """The keys on the ways to those that are nested: no fewer than the objects that they make."""
        return sum(len(place) for place in self.places if type(place) is tuple)


class _Heads(dict[bytes, _Head]):
    """What the bytes before an item's JSON say, taken apart when they are first met."""

    def __init__(self, learn: Callable[[bytes], _Head]) -> None:
        super().__init__()
        self._learn = learn

    def __missing__(self, head: bytes) -> _Head:
        learned = self._learn(head)
        if len(head) <= _LONGEST_HEAD:
            if len(self) >= _KNOWN_HEADS:
                self.clear()
            self[head] = learned
        return learned


class ItemReader:
    """Takes records of items apart.

    Records repeat themselves: the bytes of an item up to its JSON, which tell where it goes and how long the JSON is,
    are looked up whole, and taken apart only when they are new.

    Args:
        limits: ``nodes`` is the most items of one record.
        keys: the top-level keys that are wanted; None for all.
    """

    def __init__(self, limits: Limits, keys: Collection[str] | None = None) -> None:
        self._limits = limits
        self._keys = keys
        self._heads = _Heads(self._learn)
        self.nested = False
        """Whether a nested item was seen."""

    def read(self, record: bytes, begin: int, end: int) -> Items:
        """The items between two offsets of a record.

        Raises:
            WireError: these bytes are no record of items, or hold too many.
        """
        most = self._limits.nodes
        if end - begin > most and (count := record.count(_VALUE_KEY, begin, end)) > most:
            raise WireError(self._limits.refuse("nodes", count, "the number of items").message)
        items = Items()
        places, values, heads = items.places, items.values, self._heads
        pieces = iter(record[begin:end].split(_VALUE_KEY))
        head = next(pieces)
        piece, stop = b"", 0
        try:
            for piece in pieces:
                place, size, start, stop = heads[head]
                if piece[0] == size[0] and (start == 1 or piece.startswith(size)):
                    value = piece[start:stop]
                else:
                    value = _typed_after(piece, stop)
                    items.plain = False
                if place is not None:
                    places.append(place)
                    values.append(value)
                head = piece[stop:]
            if len(piece) < stop:
                return self._read_strictly(record, begin, end)
            if head:
                if head[0] != _SECOND_KEY or head[1] != len(head) - 2:
                    return self._read_strictly(record, begin, end)
                items.second = ((end - len(head) + 2, end),)
        except (WireError, IndexError):
            return self._read_strictly(record, begin, end)
        return items

    def _learn(self, head: bytes) -> _Head:
        """What stands before the JSON of an item, taken apart.

        Raises:
            WireError: it is not what clients write there.
            IndexError: it is empty.
        """
        if head[0] != _ITEM_KEY:
            raise WireError("this is no item")
        length, begin = varint(head, 1, len(head))
        key, nested = "", []
        for number, wire, at, stop in spans(head, begin, len(head)):
            if wire != Wire.BYTES or number not in (1, 2):
                raise WireError("this is no key")
            if number == 1:
                key = read_text(head, at, stop)
            else:
                nested.append(read_text(head, at, stop))
        rest = length - (len(head) - begin) - len(_VALUE_KEY)
        for width in _WIDTHS:
            if rest >= width and len(size := encoded(rest - width)) == width:
                return self._place(tuple(nested) or (key,)), size, width, rest
        raise WireError("this is no length of a text")

    def _read_strictly(self, record: bytes, begin: int, end: int) -> Items:
        """The items field by field, whatever their layout and encoding."""
        items = Items()
        second: list[tuple[int, int]] = []
        unread: list[str] = []
        for number, wire, at, stop in spans(record, begin, end):
            if number == 1 and wire == Wire.BYTES:
                try:
                    self._take(items, *read_item(record, at, stop))
                except WireError as error:
                    unread.append(f"an item cannot be read: {error}")
            elif number == 2 and wire == Wire.BYTES:
                second.append((at, stop))
            if len(unread) > MOST_UNREAD:
                raise WireError(f"more than {MOST_UNREAD:,} of its items cannot be read")
            if len(items.values) + len(second) > self._limits.nodes:
                raise WireError(
                    self._limits.refuse("nodes", self._limits.nodes + 1, "the number of items").message
                )
        items.second, items.unread = second, unread
        return items

    def _take(self, items: Items, path: Path, value: Any) -> None:
        place = self._place(path)
        if place is not None:
            items.places.append(place)
            items.values.append(value)
            items.plain = items.plain and type(value) is bytes

    def _place(self, path: Path) -> Place | None:
        if self._keys is not None and path[0] not in self._keys:
            return None
        if len(path) == 1:
            return path[0]
        self.nested = True
        return path


def _typed_after(piece: bytes, end: int) -> Any:
    """The value of an item that goes on after its JSON with that of the typed encoding.

    Args:
        piece: the bytes from the length of the JSON on.
        end: where the item ends in them.

    Raises:
        WireError: there is no such value.
    """
    size, at = varint(piece, 0, len(piece))
    at += size
    if at + _DOUBLE_SIZE == end <= len(piece) and piece[at] == _DOUBLE_KEY:
        return read_double(piece, at + 1, end)
    number, wire, begin, stop = span_at(piece, at, min(end, len(piece)))
    field = _ITEM.get(number)
    if stop != end or field is None or field.wire != wire or number not in _TYPED_FIELDS:
        raise WireError("this is no typed value")
    return None if number == _NONE else field.read(piece, begin, stop)


def read_item(record: bytes, begin: int, end: int) -> tuple[Path, Any]:
    """One item: its path, and its JSON text as bytes or the value that the typed encoding gives.

    ``nested_key`` is the path where it is there, else ``key``; typed scalars go before the JSON.

    Raises:
        WireError: these bytes are no item.
    """
    found = parse(record, _ITEM, begin, end)
    path: Path = tuple(found.get("nested_key", ())) or (found.get("key", ""),)
    for name in _TYPED:
        if name in found:
            return path, found[name]
    if "none" in found:
        return path, None
    return path, found.get("json") or found.get("value_json", b"")
