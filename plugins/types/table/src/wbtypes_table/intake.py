"""What goes into a cell: a copy that later changes of the original do not reach."""

from __future__ import annotations

import datetime
import decimal
import uuid
from collections.abc import Callable, Mapping, Sequence
from itertools import chain, islice
from typing import Any

from wbtypes_core import Registry, WBValue, default_registry
from wbtypes_core.collector import at_rest
from wbtypes_core.errors import warn_once
from wbtypes_core.plain import as_array, to_plain

from .lost import Lost

KEPT = frozenset(
    (
        str,
        int,
        float,
        bool,
        type(None),
        bytes,
        complex,
        datetime.datetime,
        datetime.date,
        datetime.time,
        datetime.timedelta,
        decimal.Decimal,
        uuid.UUID,
        Lost,
    )
)
"""The types of cells that are taken as they are, for they cannot change."""


def take(cells: Sequence[Any], registry: Registry | None = None, kinds: set[type] | None = None) -> list[Any]:
    """Cells of one column as a table holds them.

    Foreign objects that a plugin claims (PIL images, figures, molecules) become its values; arrays and tensors are
    copied; other subclasses of Python's own types become these.

    Args:
        cells: what a user gave.
        registry: the plugins; by default all that are installed.
        kinds: the classes of the cells, where they are known.

    Raises:
        TypeError: something that no plugin knows and that has no plain form.
    """
    if kinds is None:
        kinds = set(map(type, cells))
    if kinds <= KEPT:
        return list(cells)
    if kinds == {list}:
        return _lists(cells, registry)
    if kinds == {dict}:
        return _dicts(cells, registry)
    return _one_by_one(cells, registry, kinds)


def _lists(cells: Sequence[list[Any]], registry: Registry | None) -> list[list[Any]]:
    """Copies of lists, whose items are taken all at once."""
    items = list(chain.from_iterable(cells))
    kinds = set(map(type, items))
    if kinds <= KEPT:
        with at_rest():
            return list(map(list, cells))
    taken = iter(_one_by_one(items, registry, kinds))
    with at_rest():
        return [list(islice(taken, len(cell))) for cell in cells]


def _dicts(cells: Sequence[dict[Any, Any]], registry: Registry | None) -> list[dict[Any, Any]]:
    """Copies of dicts, whose items are taken all at once."""
    items = list(chain.from_iterable(map(dict.values, cells)))
    kinds = set(map(type, items))
    if kinds <= KEPT:
        with at_rest():
            return list(map(dict, cells))
    taken = iter(_one_by_one(items, registry, kinds))
    with at_rest():
        return [dict(zip(cell, taken, strict=False)) for cell in cells]


def _one_by_one(cells: Sequence[Any], registry: Registry | None, kinds: set[type]) -> list[Any]:
    """Cells as a table holds them, each by the rule of its class."""
    if kinds == {list} and KEPT.issuperset(map(type, chain.from_iterable(cells))):
        return list(map(list, cells))
    if len(kinds) == 1:
        return list(map(_rule(cells[0], registry), cells))
    rules: dict[type, Callable[[Any], Any]] = {}
    taken = []
    for cell in cells:
        kind = type(cell)
        if kind in KEPT:
            taken.append(cell)
            continue
        rule = rules.get(kind)
        if rule is None:
            rule = rules[kind] = _rule(cell, registry)
        taken.append(rule(cell))
    return taken


def _rule(cell: Any, registry: Registry | None) -> Callable[[Any], Any]:
    """How cells of this one's class are taken."""

    def inside(items: Sequence[Any]) -> list[Any]:
        kinds = set(map(type, items))
        return list(items) if kinds <= KEPT else _one_by_one(items, registry, kinds)

    def values(each: Mapping[Any, Any]) -> dict[Any, Any]:
        return dict(zip(each, inside(list(each.values())), strict=True))

    kind = type(cell)
    if isinstance(cell, WBValue):
        return _as_it_is if type(cell).snapshot is WBValue.snapshot else _as_it_is_now
    if kind is list:
        return inside
    if isinstance(cell, Mapping):
        return values
    if isinstance(cell, tuple):
        return lambda each: tuple(inside(each))
    if isinstance(cell, frozenset | set):
        return lambda each: (frozenset if isinstance(each, frozenset) else set)(inside(list(each)))
    if isinstance(cell, bytearray):
        return bytearray
    if _is_pandas_moment(cell):
        return _moment
    if hasattr(cell, "dtype") and as_array(cell) is None:
        return _scalar
    if as_array(cell) is not None:
        return _array_rule(cell)
    if isinstance(cell, datetime.datetime):
        return lambda each: datetime.datetime.combine(each.date(), each.timetz())
    return lambda each: _other(each, registry)


def _as_it_is(cell: Any) -> Any:
    return cell


def _as_it_is_now(cell: Any) -> Any:
    """A container among values: a table, a graph."""
    return cell.snapshot()


def _is_pandas_moment(cell: Any) -> bool:
    return type(cell).__module__.partition(".")[0] == "pandas" and hasattr(cell, "asm8")


def _moment(cell: Any) -> Any:
    """A moment or duration of pandas: Python's own where that holds it, else numpy's; ``NaT`` is no value."""
    if cell != cell:
        return None
    if cell.nanosecond if hasattr(cell, "nanosecond") else cell.nanoseconds:
        if getattr(cell, "tzinfo", None) is not None:
            warn_once(
                "moments finer than microseconds are kept as numpy's, which are in UTC and know no zone"
            )
        return cell.asm8
    return cell.to_pydatetime() if hasattr(cell, "to_pydatetime") else cell.to_pytimedelta()


def _scalar(cell: Any) -> Any:
    """A scalar of numpy; one that is no time is no value."""
    return None if cell.dtype.kind in "mM" and cell != cell else cell


def _array_rule(cell: Any) -> Callable[[Any], Any]:
    from . import native

    return native.array_copy if as_array(cell) is cell else lambda each: native.array_copy(as_array(each))


def _other(cell: Any, registry: Registry | None) -> Any:
    """An object that a plugin adopts, or that has a plain form; pandas' ``NA`` is no value."""
    if type(cell).__name__ == "NAType" and type(cell).__module__.startswith("pandas."):
        return None
    adopted = (registry or default_registry()).adopt(cell)
    if adopted is not None:
        return adopted
    plain = to_plain(cell)
    if plain is NotImplemented:
        raise TypeError(
            f"is {type(cell).__module__}.{type(cell).__qualname__}, which no installed type knows; "
            "give numbers, text, arrays or values such as Image"
        )
    return take([plain], registry)[0]
