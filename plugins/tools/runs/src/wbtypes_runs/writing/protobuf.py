"""The protobuf wire, written: fields, messages and the keyed JSON items that most records are made of."""

from __future__ import annotations

from functools import lru_cache

from ..wire import Wire, encoded

_SMALL = tuple(bytes((number,)) for number in range(128))
_ITEM = b"\x0a"
_VALUE_JSON = b"\x82\x01"

_KNOWN_KEYS = 1 << 16
"""How many keys are remembered as bytes."""


def varint(number: int) -> bytes:
    """An unsigned number."""
    return _SMALL[number] if number < 128 else encoded(number)


def part(field: int, content: bytes | str) -> bytes:
    """A field that holds a text, bytes or a message."""
    data = content.encode() if type(content) is str else bytes(content)  # type: ignore[arg-type]
    return varint(field << 3 | Wire.BYTES) + varint(len(data)) + data


def text(field: int, content: str) -> bytes:
    """A field that holds a text; nothing for an empty one, as proto3 has it."""
    return part(field, content) if content else b""


def number(field: int, value: int) -> bytes:
    """A field that holds an int32, int64, bool or enum; nothing for zero, as proto3 has it."""
    return varint(field << 3) + encoded(value % (1 << 64)) if value else b""


def item(path: str | tuple[str, ...], json: bytes) -> bytes:
    """One item of a history, summary or config record: a leaf's JSON text under the key or keys that lead to it.

    Raises:
        UnicodeEncodeError: a key that is no text, as half a character.
    """
    head = _head(path)
    size = len(json)
    length = _SMALL[size] if size < 128 else encoded(size)
    whole = len(head) + len(length) + size
    return b"".join((_ITEM, _SMALL[whole] if whole < 128 else encoded(whole), head, length, json))


@lru_cache(_KNOWN_KEYS)
def _head(path: str | tuple[str, ...]) -> bytes:
    """What stands before the JSON's length; rows repeat their keys."""
    keys = (path,) if type(path) is str else path
    return b"".join(part(2, key) for key in keys) + _VALUE_JSON
