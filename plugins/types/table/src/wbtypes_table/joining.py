"""Tables made of tables: rows joined by a key, and parts one after the other."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from wbtypes_core import DecodeError, Limits

from .values import JoinedTable, Name, PartitionedTable, Table

_NO_ROW = -1


def join(joined: JoinedTable, how: str, limits: Limits | None = None) -> Table:
    """The rows of two tables as one; see `JoinedTable.to_table`."""
    if how not in ("inner", "left", "outer"):
        raise ValueError(f'how is "inner", "left" or "outer", not {how!r}')
    left, right = (_read(part, name) for part, name in ((joined.table1, "table1"), (joined.table2, "table2")))
    left_key, right_key = joined.keys
    pairs = _pairs(left.column(left_key), right.column(right_key), how, limits or Limits())
    names: list[Name] = left.columns
    cells: list[list[Any]] = []
    for name, column in _cells(left):
        if name == left_key and how == "outer":
            keys = right.column(right_key)
            cells.append([column[a] if a != _NO_ROW else keys[b] for a, b in pairs])
        else:
            cells.append([None if a == _NO_ROW else column[a] for a, _ in pairs])
    key = right._at(right_key)
    for at, (name, column) in enumerate(_cells(right)):
        if at == key:
            continue
        names.append(f"{name}_2" if name in names else name)
        cells.append([None if b == _NO_ROW else column[b] for _, b in pairs])
    made = Table(columns=names, allow_mixed_types=True)
    made._extend(cells)
    return made


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


def _read(part: Any, what: str) -> Table:
    if isinstance(part, Table):
        return part
    if isinstance(part, PartitionedTable):
        return concatenate(part)
    if isinstance(part, JoinedTable):
        return part.to_table()
    raise ValueError(f"{what} is {part!r}, which was not read: decode with a source that has it")


def concatenate(table: PartitionedTable, limits: Limits | None = None) -> Table:
    """The rows of all parts of a table; see `PartitionedTable.to_table`."""
    from .codec import chained

    parts = [_read(part, name) for name, part in table.parts.items()]
    if not parts:
        raise ValueError(f"no parts were read below {table.parts_path!r}: decode with a source that has them")
    (limits or Limits()).spend("rows", sum(map(len, parts)), "the number of rows of a table in parts")
    try:
        made = chained(parts, Table)
    except DecodeError as error:
        raise ValueError(
            f"the parts below {table.parts_path!r} do not go together: {error.message}"
        ) from None
    made._origin = None
    return made
