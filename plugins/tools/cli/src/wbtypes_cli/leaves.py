"""What a row is made of: every value and every plain item, with the keys that lead to it; and which keys are wanted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from attrs import frozen

from wbtypes_core import WBValue

BOOKKEEPING = frozenset(("_step", "_timestamp", "_runtime", "_wandb"))
"""Keys that the client adds to rows and summaries by itself."""

Path = tuple[str | int, ...]


@frozen
class Leaf:
    """One item of a row.

    Attributes:
        path: the keys that lead to it, and the indexes where it stands in a list.
        value: a `WBValue`, or plain JSON.
    """

    path: Path
    value: Any

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys alone: the same in every row, however long the list that it stands in."""
        return tuple(step for step in self.path if isinstance(step, str))

    @property
    def indexes(self) -> tuple[int, ...]:
        """The places in the lists that it stands in; empty as a rule."""
        return tuple(step for step in self.path if isinstance(step, int))


def leaves(row: Mapping[str, Any]) -> Iterator[Leaf]:
    """Every leaf of a decoded row or summary, in order; a list is one leaf unless values stand in it."""
    todo: list[Leaf] = [Leaf((key,), value) for key, value in row.items()][::-1]
    while todo:
        leaf = todo.pop()
        below = _below(leaf.value)
        if below:
            todo.extend(Leaf((*leaf.path, step), value) for step, value in reversed(below))
        else:
            yield leaf


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

    def __contains__(self, keys: tuple[str, ...]) -> bool:
        if self.patterns is None:
            return keys[0] not in BOOKKEEPING
        above = [spelled(keys[:count]) for count in range(1, len(keys) + 1)]
        return any(fnmatchcase(name, pattern) for name in above for pattern in self.patterns)

    def meets(self, key: str, node: Any) -> bool:
        """Whether something under a top-level key is wanted, told from its JSON before anything is decoded."""
        todo: list[tuple[tuple[str, ...], Any]] = [((key,), node)]
        while todo:
            keys, item = todo.pop()
            if keys in self:
                return True
            if type(item) is dict and type(item.get("_type")) is not str:
                todo.extend(((*keys, name), below) for name, below in item.items())
            elif type(item) is list:
                todo.extend((keys, below) for below in item if type(below) in (dict, list))
        return False
