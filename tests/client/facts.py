"""Cells as plain facts: JSON that says what a value is, whichever library it is of, so that both can be compared."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable
from typing import Any

import numpy as np

Fact = Any
"""JSON."""

OfValue = Callable[[Any], Fact]
"""The fact of a value of a library, or None where it is none."""


def fact(cell: Any, of_value: OfValue) -> Fact:
    """What a cell is, to the last bit of its numbers."""
    if cell is None:
        return None
    if isinstance(cell, bool | int | float | str):  # of subclasses, as keys are, their base is what counts
        base = next(each for each in (bool, int, float, str) if isinstance(cell, each))
        return [base.__name__, base.__str__(cell) if base is str else base.__repr__(cell)]
    if isinstance(cell, dt.datetime):
        return ["moment", cell.isoformat()]
    if isinstance(cell, list | tuple):
        return ["list", [fact(each, of_value) for each in cell]]
    if isinstance(cell, dict):
        return ["dict", {key: fact(each, of_value) for key, each in cell.items()}]
    if isinstance(cell, np.ndarray):
        return ["array", cell.dtype.str, list(cell.shape), digest(np.ascontiguousarray(cell).tobytes())]
    found = of_value(cell)
    return [type(cell).__name__, str(cell)] if found is None else found


def digest(data: bytes) -> str:
    """The sha256 of bytes, short."""
    return hashlib.sha256(data).hexdigest()[:20]


def picture(image: Any) -> Fact:
    """A picture of Pillow: its size and pixels."""
    return {"size": list(image.size), "pixels": digest(image.convert("RGBA").tobytes())}


def box(said: Any) -> Fact:
    """One box, as far as its keys say something."""
    return {key: each for key, each in sorted(said.items()) if each is not None}


def rows(data: Any, of_value: OfValue) -> list[list[Fact]]:
    """The cells of a table."""
    return [[fact(cell, of_value) for cell in row] for row in data]
