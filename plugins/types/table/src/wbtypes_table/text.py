"""Tables as text: JSON of many rows, written fast where all numbers are finite and token by token where not, and read once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from types import GenericAlias
from typing import Annotated, Any

from wbtypes_core import BytesFile, DecodeContext, Limits, MediaFile
from wbtypes_core.collector import at_rest
from wbtypes_core.errors import need
from wbtypes_core.files import LazyFile
from wbtypes_core.jsonio import JsonObject, dumps, loads, most_nodes

from .columns import Written, words
from .values import TABLE_SUFFIX as SUFFIX
from .values import Table

RUN_ROWS = 10_000
ARTIFACT_ROWS = 200_000
"""Rows at which the client cuts its copies."""

# -- writing --------------------------------------------------------------------------------------------------


def run_file(table: Table, first: int = 0) -> MediaFile:
    """The run's copy of a table, written at first need.

    Args:
        table: the table, as it is now.
        first: the row to begin with.
    """
    stop = first + RUN_ROWS if table.client_limits else None
    whole = not (first or stop)
    columns = [words(each.cells[first:stop], each.kinds if whole else None) for each in table._columns]
    names = table.columns
    return LazyFile(lambda: document({"columns": names}, columns), SUFFIX)


def document(body: JsonObject, columns: Sequence[Written]) -> bytes:
    """A JSON object with the rows of some columns as its ``data``."""
    from . import native

    cells = [each.cells if each.finite else native.tokens(each.cells) for each in columns]
    text = native.strict_json(body, cells)
    if text is not None:
        return text
    # integers beyond 64 bits, halves of characters: what the standard library writes and others refuse
    rows: list[Any] = list(zip(*(each.cells for each in columns), strict=True))
    return dumps({**body, "data": rows}).encode("ascii")


# -- reading --------------------------------------------------------------------------------------------------

_LARGE = 1 << 16
"""Bytes from which on a parser of rows is worth its import."""

_LEVELS = 3
"""Levels of nesting in a document whose rows hold scalars: itself, its rows, and each of them."""


class Scalars(list[list[Any]]):
    """Rows that the parser has seen to hold scalars alone, so that nobody need look through them again."""

    __slots__ = ()


def read_document(file: MediaFile, ctx: DecodeContext) -> Any:
    """The JSON document in a table's file; rows of nothing but scalars, as those of most tables are, come as `Scalars`.

    Raises:
        DecodeError: as `DecodeContext.load_json`.
    """
    data = file.read_within(ctx.limits, "json_bytes")
    document = _of_scalars(data, ctx.limits) if len(data) >= _LARGE else None
    return ctx.load_json(BytesFile(data, name=str(file))) if document is None else document


def _of_scalars(data: bytes, limits: Limits) -> JsonObject | None:
    """A document whose rows hold scalars alone; None of any other, and where its rows may be beyond the limits."""
    # a text of fewer bytes has fewer values, for each takes one
    if limits.depth < _LEVELS or (limits.nodes < len(data) and limits.nodes < most_nodes(data)):
        return None
    parts_of, rows_of = _parsers(limits.string)
    with at_rest():
        try:
            parts = parts_of(data)
            rows = rows_of(parts.pop("data"))
            document: JsonObject = {key: loads(bytes(part)) for key, part in parts.items()}
        except Exception:
            # cells that hold others, bare NaN, and all errors: the parser of any JSON has the word
            return None
    document["data"] = []
    limits.check(document, len(data))
    document["data"] = Scalars(rows)
    return document


@lru_cache(maxsize=8)
def _parsers(string: int) -> tuple[Callable[[bytes], dict[str, Any]], Callable[[Any], list[list[Any]]]]:
    """What takes a document apart into the texts of its values, and what reads rows whose strings are no longer than that."""
    msgspec = need("msgspec", pip="wbtypes-table", what="reading a large table")
    json = need("msgspec.json", pip="wbtypes-table", what="reading a large table")
    text = Annotated[str, msgspec.Meta(max_length=string)]
    rows = list[list[text | int | float | bool | None]]
    return json.Decoder(GenericAlias(dict, (str, msgspec.Raw))).decode, json.Decoder(rows).decode
