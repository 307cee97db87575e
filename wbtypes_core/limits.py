"""How much hostile data may cost: one table of limits, checked once at the door of each document."""

from __future__ import annotations

import functools
import sys
from typing import Any, Self

import attrs

from .errors import Code, DecodeError, LimitError

_HOLDERS = frozenset((list, dict))

_TALLIED = _HOLDERS | {str}
"""What is looked at one by one; numbers are only counted."""

_MANY = 32
"""Values of one list from which on it pays to see first whether all are such that need no look."""


@attrs.frozen(kw_only=True)
class Limits:
    """What decoding may spend on one document, file or run.

    A limit costs the value or row that hits it, never the rest; its error names the limit and says how
    to raise it. JSON limits are checked before a document is walked, the others by each ``native.py``
    from the file's header, before anything is allocated.

    Attributes:
        depth: levels of nesting in one JSON document.
        nodes: values (objects, lists, scalars) in one JSON document.
        string: characters of one string.
        json_bytes: bytes of one JSON file.
        record_bytes: bytes of one record of a ``.wandb`` log.
        file_bytes: bytes of one media file that is read whole.
        pixels: width times height of one picture.
        frames: frames of one video.
        samples: samples of one audio clip, over all channels; of a video, the numbers of all its frames as one array.
        points: points of one cloud or mesh.
        ratio: bytes out per byte in, of archives and compressed manifests.
        rows: rows of one table, joins included.
        references: links followed one after the other; a cycle is always refused.
    """

    depth: int = 512
    nodes: int = 20_000_000
    string: int = 64 << 20
    json_bytes: int = 1 << 30
    record_bytes: int = 256 << 20
    file_bytes: int = 8 << 30
    pixels: int = 1 << 28
    frames: int = 200_000
    samples: int = 1 << 31
    points: int = 50_000_000
    ratio: int = 200
    rows: int = 50_000_000
    references: int = 32

    @classmethod
    @functools.cache
    def unlimited(cls) -> Self:
        """Limits for data that the caller made: everything but ``depth`` is as large as it gets.

        ``depth`` stays, because the walkers recurse, and Python allows 1,000 frames in all.
        """
        names = [field.name for field in attrs.fields(cls) if field.name != "depth"]
        return cls(**dict.fromkeys(names, sys.maxsize))

    def refuse(self, name: str, found: int, what: str) -> LimitError:
        """The error for a limit that was hit, to be raised by the caller."""
        allowed = getattr(self, name)
        return LimitError(
            f"{what} is {found:,}, over the limit {name}={allowed:,}; "
            f"if you trust the data, pass a larger limits=Limits({name}=...)"
        )

    def spend(self, name: str, found: int, what: str) -> None:
        """Allow or refuse one amount.

        Raises:
            LimitError: `found` is more than the limit called `name`.
        """
        if found > getattr(self, name):
            raise self.refuse(name, found, what)

    def check(self, document: Any, size: int | None = None) -> None:
        """Refuse a JSON document that is too deep, too long, or holds too long a string.

        One pass, level by level and without recursion; the walkers then hold no counters.

        Args:
            document: parsed JSON.
            size: how long its text was, where that is known: no string in it is longer.

        Raises:
            LimitError: naming ``depth``, ``nodes`` or ``string``.
        """
        texts = size is None or size > self.string
        if texts and type(document) is str:
            self._check_text(len(document))
        holders = [document] if type(document) in _HOLDERS else []
        seen, depth = 1, 0
        while holders:
            held = sum(map(len, holders))
            seen += held
            if seen > self.nodes:
                raise self.refuse("nodes", seen, "the number of values in the JSON")
            depth += bool(held)
            if depth > self.depth:
                raise self.refuse("depth", depth, "the nesting of the JSON")
            holders = self._inside(holders, texts)

    def _inside(self, holders: list[Any], texts: bool) -> list[Any]:
        """The lists and objects that are held by these; the scalars among them, most of all values, are only looked at."""
        found: list[Any] = []
        longest = 0
        for holder in holders:
            if type(holder) is dict:
                self._check_keys(holder)
                holder = holder.values()
            if len(holder) > _MANY and _TALLIED.isdisjoint(map(type, holder)):
                continue
            for value in holder:
                kind = type(value)
                if kind is str:
                    if len(value) > longest:
                        longest = len(value)
                elif kind in _HOLDERS:
                    found.append(value)
        if texts:
            self._check_text(longest)
        return found

    def _check_text(self, longest: int) -> None:
        if longest > self.string:
            raise self.refuse("string", longest, "the length of a string in the JSON")

    def _check_keys(self, node: dict[Any, Any]) -> None:
        try:
            longest = max(map(len, node), default=0)
        except TypeError:
            raise DecodeError("a key of the JSON is not a string", reason=Code.WRONG_TYPE) from None
        if longest > self.string:
            raise self.refuse("string", longest, "the length of a key in the JSON")
