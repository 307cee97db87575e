"""JSON as this wire has it: NaN and infinities as bare tokens, integers of up to 4,300 digits, equality by value."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from json.encoder import encode_basestring_ascii as _quote
from typing import TYPE_CHECKING, Any, TypeAlias

from .collector import at_rest
from .errors import Code, DecodeError, LimitError, MissingExtra, need

if TYPE_CHECKING:
    from .limits import Limits

Json: TypeAlias = "dict[str, Any] | list[Any] | str | int | float | bool | None"
"""Any JSON value; NaN and the infinities are floats."""
JsonObject: TypeAlias = "dict[str, Any]"

_LARGE = 1 << 16
"""Characters or bytes from which on a quicker parser is worth its import."""


def loads(text: str | bytes) -> Any:
    """Parse one JSON document; bare ``NaN``, ``Infinity`` and ``-Infinity`` are floats.

    Raises:
        DecodeError: ``bad-json``, with line and column.
        LimitError: nested deeper than the parser can follow, or too large for the memory that there is.
    """
    try:
        return json.loads(text) if len(text) < _LARGE else _parse_large(text)
    except RecursionError:
        raise LimitError("the JSON is nested deeper than the parser can follow (limit: depth)") from None
    except MemoryError:
        raise LimitError("the JSON does not fit into memory (limit: nodes)") from None
    except (ValueError, UnicodeError) as error:
        raise DecodeError(f"this is not JSON: {error}", reason=Code.BAD_JSON) from None


def loads_within(text: str | bytes, limits: Limits) -> Any:
    """Parse a JSON document of others, within the limits; one that may hold too many values is not parsed.

    Raises:
        DecodeError: ``bad-json``, with line and column.
        LimitError: ``nodes``, ``depth`` or ``string``.
    """
    if len(text) > limits.nodes:  # else there are fewer values, for each takes a character
        limits.spend("nodes", most_nodes(text), "the number of commas and brackets in the JSON")
    document = loads(text)
    limits.check(document, len(text))
    return document


def most_nodes(text: str | bytes) -> int:
    """No fewer than the values of a JSON text, which need not be parsed for it; commas and brackets in strings count too."""
    if isinstance(text, str):
        return 1 + text.count(",") + text.count("[") + text.count("{")
    return 1 + text.count(b",") + text.count(b"[") + text.count(b"{")


def _parse_large(text: str | bytes) -> Any:
    """What `json.loads` gives; by msgspec, where that is installed, as far as it reads the same."""
    parse = _quick_parser()
    with at_rest():
        if parse is not None:
            try:
                return parse(text)
            except (
                Exception
            ):  # bare NaN, halves of characters, UTF-16, and all errors: the standard library has the word
                pass
        return json.loads(text)


@cache
def _quick_parser() -> Callable[[str | bytes], Any] | None:
    """The parser of msgspec.

    What it accepts it reads as `json.loads` does: large integers, floats to the last bit, the last of equal keys.
    """
    try:
        parse: Callable[[str | bytes], Any] = need("msgspec.json", pip="msgspec", what="quick reading").decode
    except MissingExtra:
        return None
    return parse


def dumps(value: Any, *, sort: bool = False, indent: int | None = None) -> str:
    """Write one JSON document as the client does: ASCII, ``", "`` and ``": "`` between parts, bare NaN.

    Raises:
        TypeError: a value that JSON does not know.
        RecursionError: nested too deep, or holding itself.
    """
    if sort or indent is not None:
        return json.JSONEncoder(check_circular=False, sort_keys=sort, indent=indent).encode(value)
    return _encode(value)


_encode = json.JSONEncoder(check_circular=False).encode  # the check takes as long as the writing


def quote(text: str) -> str:
    """A string as a JSON token."""
    return _quote(text)


def same(left: Any, right: Any) -> bool:
    """Whether two JSON values carry the same meaning.

    Key order and ``1`` against ``1.0`` carry none on this wire, NaN equals NaN, and booleans are not
    numbers. Walks without recursion, so depth costs nothing.
    """
    todo = [(left, right)]
    while todo:
        a, b = todo.pop()
        if isinstance(a, Mapping):
            if not isinstance(b, Mapping) or len(a) != len(b):
                return False
            for key, item in a.items():
                if key not in b:
                    return False
                todo.append((item, b[key]))
        elif isinstance(a, str) or a is None or isinstance(a, bool):
            if type(a) is not type(b) and not (isinstance(a, str) and isinstance(b, str)):
                return False
            if a != b:
                return False
        elif isinstance(a, Sequence):
            if not isinstance(b, Sequence) or isinstance(b, str) or len(a) != len(b):
                return False
            todo.extend(zip(a, b, strict=True))
        elif isinstance(b, bool) or not (a == b or (a != a and b != b)):
            return False
    return True


def kind(value: Any) -> str:
    """What JSON calls a value's type, for error messages."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, str):
        return "a string"
    return "an object" if isinstance(value, Mapping) else "a list"
