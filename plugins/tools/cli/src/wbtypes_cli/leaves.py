"""What a row is made of: every value and every plain item, with the keys that lead to it; and which keys are wanted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from attrs import frozen

from wbtypes_core import WBValue

BOOKKEEPING = frozenset(("_step", "_timestamp", "_runtime", "_wandb"))
"""Keys that the client adds to rows and summaries by itself."""

Path = tuple[str | int, ...]
Keys = tuple[str, ...]


class Leaf(NamedTuple):
    """One item of a row; a tuple, for there are many.

    Attributes:
        path: the keys that lead to it, and the indexes where it stands in a list.
        keys: the keys alone: the same in every row, however long the list that it stands in.
        value: a `WBValue`, or plain JSON.
    """

    path: Path
    keys: Keys
    value: Any

    @property
    def indexes(self) -> tuple[int, ...]:
        """The places in the lists that it stands in; empty as a rule."""
        return tuple(step for step in self.path if isinstance(step, int))


def leaves(row: Mapping[str, Any]) -> Iterator[Leaf]:
    """Every leaf of a decoded row or summary, in order; a list is one leaf unless values stand in it."""
    for key in row:
        value = row[key]
        if type(value) is dict or type(value) is list:
            yield from _inside(key, value)
        else:
            yield Leaf((key,), (key,), value)


def _inside(key: str, value: Any) -> Iterator[Leaf]:
    todo = [Leaf((key,), (key,), value)]
    while todo:
        leaf = todo.pop()
        below = _below(leaf.value)
        if not below:
            yield leaf
        for step, item in reversed(below):
            keys = (*leaf.keys, step) if isinstance(step, str) else leaf.keys
            todo.append(Leaf((*leaf.path, step), keys, item))


def _below(value: Any) -> Sequence[tuple[str | int, Any]]:
    if type(value) is dict:
        return list(value.items())
    if type(value) is list and _holds_values(value):
        return list(enumerate(value))
    return ()


def _holds_values(items: list[Any]) -> bool:
    todo: list[Any] = list(items)
    while todo:
        item = todo.pop()
        if isinstance(item, WBValue):
            return True
        if type(item) is list:
            todo.extend(item)
        elif type(item) is dict:
            todo.extend(item.values())
    return False


def spelled(keys: Sequence[str]) -> str:
    """Nested keys as one text, joined by dots as wandb's own tools write them."""
    return ".".join(keys)


@frozen
class Selection:
    """Which keys are wanted.

    Attributes:
        patterns: globs as ``val/*``; a key is wanted when one of them matches it, or a key that it lies below.
            None wants everything but the client's bookkeeping.
    """

    patterns: tuple[str, ...] | None = None

    def __contains__(self, keys: Keys) -> bool:
        if self.patterns is None:
            return keys[0] not in BOOKKEEPING
        above = [spelled(keys[:count]) for count in range(1, len(keys) + 1)]
        return any(fnmatchcase(name, pattern) for name in above for pattern in self.patterns)

    def meets(self, key: str, node: Any) -> bool:
        """Whether something under a top-level key is wanted, told from its JSON before anything is decoded."""
        todo: list[tuple[Keys, Any]] = [((key,), node)]
        while todo:
            keys, item = todo.pop()
            if keys in self:
                return True
            if type(item) is dict and type(item.get("_type")) is not str:
                todo.extend(((*keys, name), below) for name, below in item.items())
            elif type(item) is list:
                todo.extend((keys, below) for below in item if type(below) in (dict, list))
        return False
