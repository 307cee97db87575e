"""Overlays: what a run's summary and config are after all their changes, each leaf parsed once at the end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from wbtypes_core import DecodeError, Limits
from wbtypes_core.jsonio import JsonObject, most_nodes

from .items import ItemReader, Path, read_item
from .jsontext import parse_value
from .wire import WireError

Complain = Callable[[Path, DecodeError], None]
"""Told of a leaf that cannot be read, and why."""


class Overlay:
    """A tree of leaves that later changes are laid over, as the client's core does it.

    A change of a whole key replaces it; a change of a path below it replaces that leaf alone, and leaves its
    neighbours, stale ones included, as they are. Leaves stay JSON text until `read`.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._reader = ItemReader(limits)
        self._tree: dict[str, Any] = {}
        self._refused: dict[str, DecodeError] = {}
        self._made = 0
        """How many objects nested keys made, which take far more memory than the bytes of their keys."""

    def begin(self, document: JsonObject) -> None:
        """Begin with a whole document."""
        self._tree = dict(document)

    def apply(self, record: bytes, begin: int, end: int) -> None:
        """Lay the changes of one summary or config message over the tree.

        Raises:
            WireError: it is none, or some of its items cannot be read; the others count.
        """
        items = self._reader.read(record, begin, end)
        for place, value in zip(items.places, items.values, strict=True):
            if type(place) is str:
                self._tree[place] = value
            else:
                self._set(tuple(place), value)
        for begin, end in items.second:
            self._remove(read_item(record, begin, end)[0])
        if items.unread:
            raise WireError(items.unread[0])

    def read(self, complain: Complain) -> JsonObject:
        """The tree as JSON; leaves that cannot be parsed are left out and told."""
        for key, error in self._refused.items():
            complain((key,), error)
        read: JsonObject = {}
        todo: list[tuple[Path, dict[str, Any], JsonObject]] = [((), self._tree, read)]
        while todo:
            path, tree, out = todo.pop()
            for key, leaf in tree.items():
                if type(leaf) is dict:
                    out[key] = {}
                    todo.append(((*path, key), leaf, out[key]))
                    continue
                try:
                    out[key] = self._parsed(leaf)
                except DecodeError as error:
                    complain((*path, key), error)
        return read

    def _set(self, path: Path, leaf: Any) -> None:
        if len(path) > self._limits.depth:
            self._refused[path[0]] = self._limits.refuse("depth", len(path), "the nesting of a key")
            return
        node = self._tree
        there = 0
        while there < len(path) - 1 and (below := self._opened(node.get(path[there]))) is not None:
            node[path[there]] = below
            node = below
            there += 1
        new = path[there:-1]
        if new and (most := self._made + len(new)) > self._limits.nodes:
            what = "the number of objects that nested keys make"
            self._refused[path[0]] = self._limits.refuse("nodes", most, what)
            return
        self._made += len(new)
        for key in new:
            node[key] = node = {}
        node[path[-1]] = leaf

    def _opened(self, leaf: Any) -> dict[str, Any] | None:
        """What stands at a key as a subtree that can be changed; None when it is no object."""
        try:
            below = self._parsed(leaf)
        except DecodeError:
            return None  # what was wrong with it does not matter where it is replaced
        return below if type(below) is dict else None

    def _parsed(self, leaf: Any) -> Any:
        if type(leaf) is not bytes:
            return leaf
        most = self._limits.nodes
        if len(leaf) > most and most_nodes(leaf) > most:
            raise self._limits.refuse("nodes", most_nodes(leaf), "the number of values in the JSON")
        return parse_value(leaf)

    def _remove(self, path: Path) -> None:
        """Take a leaf or subtree away, and the objects that are empty without it."""
        trail: list[dict[str, Any]] = [self._tree]
        for key in path[:-1]:
            below = self._opened(trail[-1].get(key))
            if below is None:
                return
            trail[-1][key] = below
            trail.append(below)
        for key, node in zip(reversed(path), reversed(trail), strict=True):
            node.pop(key, None)
            if node:
                return
