"""What a row is made of: every value and every plain item, with the keys that lead to it; and which keys are wanted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import lru_cache
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
    holding = _holding(value)
    todo = [iter([Leaf((key,), (key,), value)])]
    while todo:
        leaf = next(todo[-1], None)
        if leaf is None:
            todo.pop()
        elif (type(leaf.value) is dict and leaf.value) or id(leaf.value) in holding:
            todo.append(_below(leaf))
        else:
            yield leaf


def _below(leaf: Leaf) -> Iterator[Leaf]:
    """The items of a dict or list, one after the other: a row that is deep and wide would fill memory with paths."""
    if type(leaf.value) is dict:
        for name, item in leaf.value.items():
            yield Leaf((*leaf.path, name), (*leaf.keys, name), item)
    else:
        for index, item in enumerate(leaf.value):
            yield Leaf((*leaf.path, index), leaf.keys, item)


class _Holder(NamedTuple):
    """A list or dict, and the one that it stands in."""

    items: Any
    above: _Holder | None


def _holding(value: Any) -> set[int]:
    """The identities of the lists, and dicts, in which values stand, however deep below."""
    found: set[int] = set()
    todo = [_Holder(value, None)]
    while todo:
        here = todo.pop()
        for item in here.items.values() if type(here.items) is dict else here.items:
            if type(item) is list or type(item) is dict:
                todo.append(_Holder(item, here))
            elif isinstance(item, WBValue):
                _mark(here, found)
    return found


def _mark(holder: _Holder | None, found: set[int]) -> None:
    """Note a holder and all above it; those above one that is noted are noted already."""
    while holder is not None and id(holder.items) not in found:
        found.add(id(holder.items))
        holder = holder.above


def objects(document: Any, wanted: Callable[[dict[str, Any]], bool]) -> Iterator[tuple[Path, dict[str, Any]]]:
    """The JSON objects of a document that are wanted, in order, with the steps to them; none that is within another."""
    todo: list[Iterator[tuple[Path, Any]]] = [iter([((), document)])]
    while todo:
        for path, item in todo[-1]:
            if type(item) is dict and wanted(item):
                yield path, item
            elif type(item) is dict or type(item) is list:
                todo.append(_steps(path, item))
                break
        else:
            todo.pop()


def _steps(path: Path, item: Any) -> Iterator[tuple[Path, Any]]:
    for step, each in item.items() if type(item) is dict else enumerate(item):
        yield (*path, step), each


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
        return _within(self.patterns, keys[:-1]) or _matches(self.patterns, spelled(keys))

    def meets(self, key: str, node: Any) -> bool:
        """Whether something under a top-level key is wanted, told from its JSON before anything is decoded."""
        if self.patterns is None:
            return key not in BOOKKEEPING
        todo: list[tuple[str, Any]] = [(key, node)]
        while todo:
            name, item = todo.pop()
            if _matches(self.patterns, name):
                return True
            if type(item) is dict and type(item.get("_type")) is not str:
                todo.extend((spelled((name, below)), each) for below, each in item.items())
            elif type(item) is list:
                todo.extend((name, below) for below in item if type(below) in (dict, list))
        return False


@lru_cache(maxsize=64)  # the leaves of one dict ask the same
def _within(patterns: tuple[str, ...], keys: Keys) -> bool:
    """Whether keys, or the first of them, match."""
    return any(_matches(patterns, spelled(keys[:count])) for count in range(1, len(keys) + 1))


def _matches(patterns: tuple[str, ...], name: str) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)
