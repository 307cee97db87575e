"""Tables made of tables: rows joined by a key, and parts one after the other."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from wbtypes_core import Code, DecodeError, Limits, Linked
from wbtypes_core.errors import printable, shortened

from .columns import Column
from .values import JoinedTable, Name, PartitionedTable, Table

_NO_ROW = -1


def join(joined: JoinedTable, how: str, limits: Limits | None = None) -> Table:
    """The rows of two tables as one; see `JoinedTable.to_table`."""
    if how not in ("inner", "left", "outer"):
        raise ValueError(f'how is "inner", "left" or "outer", not {how!r}')
    left, right = (_read(part, name) for part, name in ((joined.table1, "table1"), (joined.table2, "table2")))
    left_key, right_key = joined.keys
    keys = _column(left, left_key, "table1"), _column(right, right_key, "table2")
    pairs = _pairs(*keys, how, limits or Limits())
    names: list[Name] = left.columns
    cells: list[list[Any]] = []
    for name, column in _cells(left):
        if name == left_key and how == "outer":
            cells.append([column[a] if a != _NO_ROW else keys[1][b] for a, b in pairs])
        else:
            cells.append([None if a == _NO_ROW else column[a] for a, _ in pairs])
    key = right._at(right_key)
    for at, (name, column) in enumerate(_cells(right)):
        if at == key:
            continue
        names.append(f"{name}_2" if name in names else name)
        cells.append([None if b == _NO_ROW else column[b] for _, b in pairs])
    return Table.restore(names=names, columns=list(map(Column, cells)), allow_mixed_types=True)


def _cells(table: Table) -> list[tuple[Name, list[Any]]]:
    """The names of the columns and their cells; names may be equal."""
    return [(name, column.cells) for name, column in zip(table._names, table._columns, strict=True)]


def _pairs(left: list[Any], right: list[Any], how: str, limits: Limits) -> list[tuple[int, int]]:
    """The rows that go together, by their numbers."""
    by_key: dict[Hashable, list[int]] = {}
    for row, key in enumerate(right):
        by_key.setdefault(_hashable(key), []).append(row)
    pairs: list[tuple[int, int]] = []
    met: set[Hashable] = set()
    for row, key in enumerate(left):
        found = by_key.get(_hashable(key))
        if found is None:
            pairs += [] if how == "inner" else [(row, _NO_ROW)]
            continue
        limits.spend("rows", len(pairs) + len(found), "the number of joined rows")
        met.add(_hashable(key))
        pairs += [(row, other) for other in found]
    if how == "outer":
        pairs += [(_NO_ROW, row) for row, key in enumerate(right) if _hashable(key) not in met]
    return pairs


def _hashable(key: Any) -> Hashable:
    """A key as dicts know it; a boolean is no number."""
    try:
        hash(key)
    except TypeError:
        return repr(key)
    return (type(key), key) if isinstance(key, bool) else key


def _column(table: Table, key: Name, what: str) -> list[Any]:
    if key not in table._names:
        there = shortened(str(table._names))
        raise DecodeError(f"{what} has no column {printable(str(key))} to be joined by; there are {there}")
    return table.column(key)


def _read(part: Any, what: str) -> Table:
    if isinstance(part, Table):
        return part
    if isinstance(part, PartitionedTable):
        return concatenate(part)
    if isinstance(part, str):
        raise DecodeError(
            f"{what} was not read: only its path {printable(part)} is known; decode with a source that has it",
            reason=Code.UNREACHABLE,
        )
    if isinstance(part, Linked):
        what = part.ref.path or what
    code = getattr(part.reason, "code", Code.BAD_VALUE)
    raise DecodeError(f"{printable(what)} was not read: {part.describe()}", reason=code)


def concatenate(table: PartitionedTable, limits: Limits | None = None) -> Table:
    """The rows of all parts of a table; see `PartitionedTable.to_table`."""
    from .codec import chained

    folder = shortened(repr(table.parts_path))
    parts = [_read(part, name) for name, part in table.parts.items()]
    if not parts:
        why = getattr(table.place, "reason", None) or "there are none; decode with a source that has them"
        raise DecodeError(
            f"no parts were read below {folder}: {why}", reason=getattr(why, "code", Code.UNREACHABLE)
        )
    (limits or Limits()).spend("rows", sum(map(len, parts)), "the number of rows of a table in parts")
    try:
        made = chained(parts, Table)
    except DecodeError as error:
        raise DecodeError(f"the parts below {folder} do not go together: {error.message}") from None
    made._origin = None
    return made
