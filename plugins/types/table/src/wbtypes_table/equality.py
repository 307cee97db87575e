"""When cells are the same: by value, NaN equal to NaN, arrays by dtype, shape and content."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wbtypes_core import WBValue

_PLAIN = frozenset((str, int, bool, type(None)))


def same_cells(left: Sequence[Any], right: Sequence[Any]) -> bool:
    """Whether two columns hold the same cells in the same order."""
    kinds = set(map(type, left))
    if kinds <= _PLAIN and kinds == set(map(type, right)) and not {int, bool} <= kinds:
        return list(left) == list(right)
    return len(left) == len(right) and all(map(same_cell, left, right))


def same_cell(left: Any, right: Any) -> bool:
    """Whether two cells are the same; a boolean is no number, a tuple no list, an aware moment no naive one."""
    if type(left) is not type(right):
        return _are_numbers(left, right) and left == right
    if isinstance(left, list | tuple):
        return len(left) == len(right) and all(map(same_cell, left, right))
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(same_cell(item, right[key]) for key, item in left.items())
    if hasattr(left, "dtype") and not isinstance(left, WBValue):
        from . import native

        return native.same_array(left, right)
    return bool(left == right) or bool(left != left and right != right)


def _are_numbers(left: Any, right: Any) -> bool:
    return {type(left), type(right)} == {int, float}
