"""Items: the keyed JSON texts that history, summary and config records are made of."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final, TypeAlias

from .wire import (
    Message,
    Wire,
    WireError,
    double,
    encoded,
    flag,
    parse,
    raw,
    read_text,
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

_ITEM_KEY, _SECOND_KEY = 0x0A, 0x12
"""What stands before an item, and before what follows the items of a record."""
_VALUE_KEY = b"\x82\x01"
"""What stands before the JSON of an item: field 16, a string."""

_WIDTHS = range(1, 6)
"""How many bytes a length can take."""

_KNOWN_HEADS: Final = 1 << 16
"""How many heads are remembered, so that a log which invents keys in each row stays in bounds."""

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

    plain = True

    def __init__(self) -> None:
        self.places: list[Place] = []
        self.values: list[Any] = []
        self.second: list[tuple[int, int]] = []
        self.unread: list[str] = []


class ItemReader:
    """Takes records of items apart.

    Records repeat themselves: the bytes of an item up to its JSON, which tell where it goes and how long the JSON is,
    are looked up whole, and taken apart only when they are new.

    Args:
        keys: the top-level keys that are wanted; None for all.
    """

    def __init__(self, keys: Collection[str] | None = None) -> None:
        self._keys = keys
        self._heads: dict[bytes, _Head] = {}
        self.nested = False
        """Whether a nested item was seen."""

    def read(self, record: bytes, begin: int, end: int) -> Items:
        """The items between two offsets of a record.

        Raises:
            WireError: these bytes are no record of items.
        """
        items = Items()
        places, values, heads = items.places, items.values, self._heads
        head, *pieces = record[begin:end].split(_VALUE_KEY)
        piece, stop = b"", 0
        try:
            for piece in pieces:
                place, length, start, stop = heads.get(head) or self._learn(head)
                if not piece.startswith(length):
                    return self._read_strictly(record, begin, end)
                if place is not None:
                    places.append(place)
                    values.append(piece[start:stop])
                head = piece[stop:]
            if len(piece) < stop:
                return self._read_strictly(record, begin, end)
            if head:
                if head[0] != _SECOND_KEY or head[1] != len(head) - 2:
                    return self._read_strictly(record, begin, end)
                items.second.append((end - len(head) + 2, end))
        except (WireError, IndexError):
            return self._read_strictly(record, begin, end)
        return items

    def _learn(self, head: bytes) -> _Head:
        """Take apart what stands before the JSON of an item, and remember what it says.

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
                break
        else:
            raise WireError("this is no length of a text")
        if len(self._heads) >= _KNOWN_HEADS:
            self._heads.clear()
        learned = self._heads[head] = self._place(tuple(nested) or (key,)), size, width, rest
        return learned

    def _read_strictly(self, record: bytes, begin: int, end: int) -> Items:
        """The items field by field, whatever their layout and encoding."""
        items = Items()
        for number, wire, at, stop in spans(record, begin, end):
            if number == 1 and wire == Wire.BYTES:
                self._take(items, record, at, stop)
            elif number == 2 and wire == Wire.BYTES:
                items.second.append((at, stop))
        return items

    def _take(self, items: Items, record: bytes, begin: int, end: int) -> None:
        try:
            path, value = read_item(record, begin, end)
        except WireError as error:
            items.unread.append(f"an item cannot be read: {error}")
            return
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
