"""JSON texts of a log: parsed fast where they are strict JSON, else by the parser of core."""

from __future__ import annotations

from typing import Any, Final

from msgspec import MsgspecError
from msgspec.json import Decoder

from wbtypes_core import Code, DecodeError
from wbtypes_core.jsonio import loads

_parse: Final = Decoder().decode
"""It gives what `loads` gives, or refuses: NaN and infinities, floats out of range, lone surrogates, damage."""
_REFUSALS: Final = (MsgspecError, UnicodeDecodeError, RecursionError)


def parse_value(text: bytes) -> Any:
    """The value of one JSON text.

    Raises:
        DecodeError: ``bad-json``.
        LimitError: nested deeper than the parser can follow.
    """
    try:
        return _parse(text)
    except _REFUSALS:
        return _parse_slowly(text)


def parse_all(texts: list[bytes]) -> list[Any] | None:
    """The values of JSON texts; None when one of them needs a closer look."""
    try:
        return list(map(_parse, texts))
    except _REFUSALS:
        return None


def _parse_slowly(text: bytes) -> Any:
    try:
        return loads(text.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise DecodeError(f"this is not JSON: {error}", reason=Code.BAD_JSON) from None
