"""The protobuf wire: messages taken apart by small tables of fields, unknown fields skipped, nothing generated."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping
from enum import IntEnum
from typing import Any, TypeAlias

from attrs import frozen

_DOUBLE = struct.Struct("<d")
_VARINT_BYTES = 10
_WORD = (1 << 64) - 1


Span: TypeAlias = tuple[int, int, int, int]
"""A field: its number, its wire type, and where its value begins and ends.

A varint's value is its bytes, that of a string or message its content.
"""


class WireError(ValueError):
    """Bytes that are no protobuf message, or not of the expected fields."""


class Wire(IntEnum):
    """How a field's value lies on the wire."""

    VARINT = 0
    FIXED64 = 1
    BYTES = 2
    FIXED32 = 5


_VARINT, _FIXED64, _BYTES, _FIXED32 = map(int, Wire)


def varint(data: bytes, at: int, end: int) -> tuple[int, int]:
    """An unsigned number of up to 64 bits, and where it ends.

    Raises:
        WireError: it does not end before `end`, or is longer than ten bytes.
    """
    if at < end and data[at] < 0x80:
        return data[at], at + 1
    number = shift = 0
    for byte in data[at : min(end, at + _VARINT_BYTES)]:
        number |= (byte & 0x7F) << shift
        at += 1
        if byte < 0x80:
            return number & _WORD, at
        shift += 7
    raise WireError("a number does not end")


def encoded(number: int) -> bytes:
    """An unsigned number as the wire has it."""
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def spans(data: bytes, at: int, end: int) -> Iterator[Span]:
    """The fields of a message, in order.

    Raises:
        WireError: a field reaches over `end`, or is of a kind that proto3 does not have.
    """
    while at < end:
        span = span_at(data, at, end)
        yield span
        at = span[3]


def span_at(data: bytes, at: int, end: int) -> Span:
    """The field that begins at an offset.

    Raises:
        WireError: as `spans`.
    """
    key, at = varint(data, at, end)
    number, wire = key >> 3, key & 7
    if wire == _BYTES:
        length, at = varint(data, at, end)
        stop = at + length
    elif wire == _VARINT:
        _, stop = varint(data, at, end)
    elif wire == _FIXED64:
        stop = at + 8
    elif wire == _FIXED32:
        stop = at + 4
    else:
        raise WireError(f"field {number} has wire type {wire}, which proto3 does not have")
    if stop > end:
        raise WireError(f"field {number} reaches {stop - end} bytes over its message")
    if not number:
        raise WireError("a field has number 0")
    return number, wire, at, stop


@frozen
class Field:
    """One field of a message that we read.

    Attributes:
        name: its key in what `parse` gives.
        wire: how it lies on the wire; one that lies otherwise is skipped, as protobuf does.
        read: its value from the bytes between two offsets.
        repeated: whether its values are a list.
    """

    name: str
    wire: Wire
    read: Callable[[bytes, int, int], Any]
    repeated: bool = False


Message: TypeAlias = Mapping[int, Field]


def parse(data: bytes, message: Message, at: int = 0, end: int | None = None) -> dict[str, Any]:
    """The known fields of a message by name; absent ones are absent.

    Raises:
        WireError: bytes that are no such message, or text that is not UTF-8.
    """
    found: dict[str, Any] = {}
    for number, wire, begin, stop in spans(data, at, len(data) if end is None else end):
        spec = message.get(number)
        if spec is None or spec.wire != wire:
            continue
        value = spec.read(data, begin, stop)
        if spec.repeated:
            found.setdefault(spec.name, []).append(value)
        else:
            found[spec.name] = value
    return found


def text(name: str, *, repeated: bool = False) -> Field:
    """A string."""
    return Field(name, Wire.BYTES, read_text, repeated)


def raw(name: str) -> Field:
    """The bytes of a string or message, as they are."""
    return Field(name, Wire.BYTES, lambda data, at, end: data[at:end])


def whole(name: str) -> Field:
    """A signed number of 64 bits, or an enum."""
    return Field(name, Wire.VARINT, read_int)


def zigzag(name: str) -> Field:
    """A signed number in the zigzag form."""
    return Field(name, Wire.VARINT, _read_zigzag)


def flag(name: str) -> Field:
    """A boolean."""
    return Field(name, Wire.VARINT, lambda data, at, end: varint(data, at, end)[0] != 0)


def double(name: str) -> Field:
    """A float of 64 bits."""
    return Field(name, Wire.FIXED64, read_double)


def inner(name: str, message: Message, *, repeated: bool = False) -> Field:
    """A message within the message."""
    return Field(name, Wire.BYTES, lambda data, at, end: parse(data, message, at, end), repeated)


def read_text(data: bytes, at: int, end: int) -> str:
    """The string between two offsets.

    Raises:
        WireError: not UTF-8.
    """
    try:
        return data[at:end].decode("utf-8")
    except UnicodeDecodeError as error:
        raise WireError(f"a text is not UTF-8: {error}") from None


def read_int(data: bytes, at: int, end: int) -> int:
    """The signed number between two offsets."""
    number, _ = varint(data, at, end)
    return number - (1 << 64) if number >> 63 else number


def read_double(data: bytes, at: int, end: int) -> float:
    """The float between two offsets."""
    number: float = _DOUBLE.unpack_from(data, at)[0]
    return number


def _read_zigzag(data: bytes, at: int, end: int) -> int:
    number, _ = varint(data, at, end)
    return (number >> 1) ^ -(number & 1)
