"""`wbtypes diff`: what differs between two runs."""

from __future__ import annotations

import re
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Mapping
from itertools import repeat
from typing import TYPE_CHECKING, Any

from attrs import define

from wbtypes_core import DecodeError, Limits, MediaRef, StoredFile, WBValue, decode
from wbtypes_core.files import is_url
from wbtypes_core.jsonio import dumps, same
from wbtypes_core.layout import NAME_BYTES, artifact_url

from .leaves import BOOKKEEPING, spelled
from .preview import describe, kind_of, shortened
from .reading import add_artifacts, opened_run
from .terminal import table, tell

if TYPE_CHECKING:
    from wbtypes_core import MediaSource
    from wbtypes_runs import Row, Run

_MISSING: Any = object()
_HASHED = re.compile(r"_([0-9a-f]{20})(\.[^/]*)?$")
_DIGEST = re.compile("sha256:([0-9a-f]{8})")
_NAMES_OF_FILES = ("path", "filenames")
_SHALLOW = Limits(depth=200)
"""How deep trees may be to be looked at key by key, which recurses."""

_LATEST = "_latest_artifact_path"

Keys = tuple[str, ...]


def command(parser: ArgumentParser) -> None:
    """Compare two runs: config, summary, and the rows of equal steps; media by content.

    Times that the client adds, names of files and ids of artifacts are no differences, nor is how values that are equal were
    written. Each difference is a line on stdout, and makes the exit status 1; so does damage of a log, of which stderr tells.
    """
    parser.add_argument("left", metavar="RUN", help="a run folder, or the .wandb log in one")
    parser.add_argument("right", metavar="RUN", help="the run to compare it with")
    add_artifacts(parser)
    parser.add_argument("--json", action="store_true", help="print JSON: a list of differences")
    parser.set_defaults(run_command=run)


def run(args: Namespace) -> int:
    """Compare two runs; 1 when they differ."""
    with opened_run(args.left, args.artifacts) as left, opened_run(args.right, args.artifacts) as right:
        sides = _Side(left.files), _Side(right.files)
        found = differences(left, right, sides)
        if args.json:
            print(dumps([each.json() for each in found], indent=2))
        elif found:
            table(("where", "key", "rows", "step", "left", "right"), [each.cells(sides) for each in found])
        damage = [
            f"{place}: {each}"
            for place, run in ((args.left, left), (args.right, right))
            for each in run.damage()
        ]
    for each in damage:
        tell(each)
    return 1 if found or damage else 0


@define
class Difference:
    """One key that differs.

    Attributes:
        where: ``"config"``, ``"summary"`` or ``"history"``.
        keys: the keys that lead to it; none for whole rows.
        left: what the first run has there, where they first differ; missing when it has nothing.
        right: what the other has.
        rows: how many rows differ in it; 0 outside the history.
        step: the first step at which they do.
    """

    where: str
    keys: Keys
    left: Any
    right: Any
    rows: int = 0
    step: int | None = None

    def json(self) -> dict[str, Any]:
        """The difference for tools; a side that has nothing there is left out."""
        sides = {"left": self.left, "right": self.right}
        return {
            "where": self.where,
            "path": list(self.keys),
            "rows": self.rows,
            "step": self.step,
            **{side: value for side, value in sides.items() if value is not _MISSING},
        }

    def cells(self, sides: Sides) -> tuple[str, ...]:
        """The difference as a line of the table."""
        rows = f"{self.rows:,}" if self.rows else ""
        step = "" if self.step is None else str(self.step)
        key = spelled(self.keys) if self.keys else "(whole rows)"
        left, right = (side.shown(value) for side, value in zip(sides, (self.left, self.right), strict=True))
        return self.where, key, rows, step, left, right


def differences(left: Run, right: Run, sides: Sides) -> list[Difference]:
    """What differs between two runs: config and summary by their leaves, the history by its top-level keys."""
    found = list(_between("config", left.config, right.config, sides))
    found += _between("summary", _without_times(left.summary_json), _without_times(right.summary_json), sides)
    found += _rows(left, right, sides)
    return found


class _Side:
    """One of two runs: its JSON without what means nothing to the other."""

    def __init__(self, source: MediaSource) -> None:
        self._source = source

    def comparable(self, node: Any) -> Any:
        """A tree in which files are named by their content, and artifacts by their entry."""
        if isinstance(node, list):
            return [self.comparable(item) for item in node]
        if not isinstance(node, dict):
            wanted = artifact_url(node) if isinstance(node, str) else None
            return node if wanted is None else f"artifact:{wanted.entry}"
        typed = isinstance(node.get("_type"), str)
        return {
            key: self._named(item, node) if typed and key in _NAMES_OF_FILES else self.comparable(item)
            for key, item in node.items()
            if not (typed and key == _LATEST)
        }

    def shown(self, node: Any) -> str:
        """A node as people see it: what the value looks like, and the beginning of its file's digest."""
        if node is _MISSING:
            return "-"
        value = self.value(node)
        looks = shortened(describe(value))
        if not isinstance(value, WBValue):
            return looks
        digest = _DIGEST.match(str(self.comparable(node).get("path")))
        return f"{kind_of(value)}: {looks}" + (f" #{digest[1]}" if digest else "")

    def value(self, node: Any) -> Any:
        """What a typed node stands for; any other node, and one that cannot be read, as it is."""
        if not isinstance(node, dict) or _is_plain(node):
            return node
        try:
            return decode(node, self._source)
        except DecodeError:
            return node

    def _named(self, item: Any, node: Mapping[str, Any]) -> Any:
        if isinstance(item, list):
            return [self._named(each, {}) for each in item]
        if not isinstance(item, str) or is_url(item):
            return self.comparable(item)
        said = node.get("sha256")
        if isinstance(said, str):
            return f"sha256:{said[:20]}"
        hashed = _HASHED.search(item.rpartition("/")[2][-NAME_BYTES:])
        if hashed:
            return f"sha256:{hashed[1]}"
        try:
            return f"sha256:{StoredFile(self._source, MediaRef(item)).sha256[:20]}"
        except (DecodeError, OSError):
            return item


Sides = tuple[_Side, _Side]


def _between(where: str, left: Any, right: Any, sides: Sides, keys: Keys = ()) -> Iterator[Difference]:
    """The leaves that differ between two trees; typed objects are leaves."""
    if _is_plain(left) and _is_plain(right) and len(keys) < _SHALLOW.depth:
        for key in {**left, **right}:
            yield from _between(where, left.get(key, _MISSING), right.get(key, _MISSING), sides, (*keys, key))
    elif left is _MISSING or right is _MISSING or not _alike(left, right, sides):
        yield Difference(where, keys, left, right)


def _alike(left: Any, right: Any, sides: Sides) -> bool:
    """Whether two trees say the same; very deep ones are compared as they are."""
    try:
        _SHALLOW.check([left, right])
    except DecodeError:
        return same(left, right)
    return _mean_alike(left, right, sides)


def _mean_alike(left: Any, right: Any, sides: Sides) -> bool:
    """As `_alike`; of values it is enough that they are equal once decoded, as tables of two clients may be."""
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(_mean_alike, left, right, repeat(sides)))
    if _is_plain(left) and _is_plain(right):
        return left.keys() == right.keys() and all(_mean_alike(left[key], right[key], sides) for key in left)
    mine, theirs = sides
    if same(mine.comparable(left), theirs.comparable(right)):
        return True
    value = mine.value(left)
    try:
        return isinstance(value, WBValue) and bool(value == theirs.value(right))
    except (DecodeError, OSError):  # a file that is not there, or cannot be read
        return False


def _is_plain(node: Any) -> bool:
    return isinstance(node, dict) and not isinstance(node.get("_type"), str)


def _rows(left: Run, right: Run, sides: Sides) -> list[Difference]:
    """The top-level keys that differ in rows of equal steps, and the rows that only one run has."""
    found: dict[tuple[Keys, bool, bool], Difference] = {}
    for step, mine, theirs in _paired(left.history(), right.history()):
        if mine is None or theirs is None:
            each = [Difference("history", (), _row(mine), _row(theirs))]
        else:
            each = [
                Difference("history", (key,), mine.json.get(key, _MISSING), theirs.json.get(key, _MISSING))
                for key in {**_without_times(mine.json), **_without_times(theirs.json)}
            ]
        for one in each:
            gone = one.left is _MISSING, one.right is _MISSING
            if not any(gone) and _alike(one.left, one.right, sides):
                continue
            first = found.setdefault((one.keys, *gone), one)
            first.rows += 1
            first.step = step if first is one else first.step
    return list(found.values())


def _row(row: Row | None) -> Any:
    return _MISSING if row is None else _without_times(row.json)


def _without_times(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if key not in BOOKKEEPING}


def _paired(left: Iterator[Row], right: Iterator[Row]) -> Iterator[tuple[int | None, Row | None, Row | None]]:
    """The rows of two runs side by side; both are in order of their steps, and read as streams."""
    mine, theirs = next(left, None), next(right, None)
    while mine is not None or theirs is not None:
        order = _order(mine, theirs)
        first = mine if order <= 0 else theirs
        step = first.step if first is not None else None
        yield step, mine if order <= 0 else None, theirs if order >= 0 else None
        mine = next(left, None) if order <= 0 else mine
        theirs = next(right, None) if order >= 0 else theirs


def _order(mine: Row | None, theirs: Row | None) -> int:
    """Which row comes first: the left one below 0, the right one above; 0 when they belong together."""
    if mine is None or theirs is None:
        return 1 if mine is None else -1
    if mine.step is None or theirs.step is None:
        return 0
    return (mine.step > theirs.step) - (mine.step < theirs.step)
