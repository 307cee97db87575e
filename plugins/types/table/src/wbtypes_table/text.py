"""Tables as text: JSON of many rows, written fast where all numbers are finite and token by token where not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wbtypes_core import MediaFile
from wbtypes_core.files import LazyFile
from wbtypes_core.jsonio import JsonObject, dumps

from .columns import Written, words
from .values import TABLE_SUFFIX as SUFFIX
from .values import Table

RUN_ROWS = 10_000
ARTIFACT_ROWS = 200_000
"""Rows at which the client cuts its copies."""


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
