"""One run on its way into a folder: which value becomes which file, and the three files that tell the rest."""

from __future__ import annotations

import errno
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from attrs import frozen

from wbtypes_core import Batch, Code, DirectoryStore, WBValue
from wbtypes_core.errors import one_line
from wbtypes_core.jsonio import JsonObject

from .copies import Desk, Loss, copy, json_line
from .leaves import Leaf, leaves, spelled
from .names import Names, portable
from .reading import SUMMARY, Reading, run_json

if TYPE_CHECKING:
    from wbtypes_runs import Problem, Row

METADATA, HISTORY, RUN = "metadata.jsonl", "history.jsonl", "run.json"

_ALWAYS = ("_step", "_timestamp")
"""What the client adds to a row that every row of the history file has."""


@frozen
class Moment:
    """A row, or the summary, as it is written.

    Attributes:
        values: its values; a `Row` of the run, or its summary.
        items: those of them that are wanted.
        step: the step, ``"summary"``, or None.
        timestamp: seconds since the epoch, or None.
        name: what stands for it in the names of files.
    """

    values: Row | Any
    items: Mapping[str, Any]
    step: int | str | None
    timestamp: float | None
    name: str


class Extraction:
    """One run on its way into a folder.

    Attributes:
        problems: what could not be extracted, and what is wrong with the log.
    """

    def __init__(self, folder: Path, opened: Reading) -> None:
        self.problems: list[Problem] = []
        self._opened = opened
        self._store = DirectoryStore(folder)
        self._folders = Names(METADATA, HISTORY, RUN)
        self._desks: dict[tuple[str, ...], Desk] = {}
        self._values = self._rows = 0

    def write(self) -> None:
        """Write everything."""
        folder, opened = self._store.root, self._opened
        about = {**run_json(opened), "summary": opened.within_limits("summary", opened.run.summary_json)}
        (folder / RUN).write_bytes(json_line(about, indent=1))
        with (folder / METADATA).open("wb") as metadata, (folder / HISTORY).open("wb") as history:
            for number, row in enumerate(opened.rows("extracting")):
                name = f"row{number}" if row.step is None else str(row.step)
                plain = self._write_values(Moment(row, row, row.step, row.timestamp, name), metadata)
                self._write_plain(row, plain, history)
                self.problems.extend(row.faults())
            summary = Moment(opened.run.summary, opened.summary(), SUMMARY, None, SUMMARY)
            self._write_values(summary, metadata)
        self.problems.extend([*opened.problems, *opened.run.damage()])

    def counts(self) -> dict[str, int]:
        """What was written: values (those of batches one by one), files, their bytes, and rows of plain data."""
        desks = self._desks.values()
        files, size = sum(desk.files for desk in desks), sum(desk.size for desk in desks)
        return {"values": self._values, "files": files, "size": size, "rows": self._rows}

    def _write_values(self, at: Moment, metadata: BinaryIO) -> JsonObject:
        """Write the values of a row; the JSON of what is no value in it."""
        plain: JsonObject = {}
        for leaf in leaves(at.items):
            if leaf.keys not in self._opened.selection:
                continue
            if isinstance(leaf.value, WBValue):
                metadata.writelines(self._write_value(leaf, at))
            else:
                _put(plain, leaf)
        return plain

    def _write_plain(self, row: Row, plain: JsonObject, history: BinaryIO) -> None:
        if plain:
            always = {key: row.json[key] for key in _ALWAYS if key in row.json}
            history.write(json_line({**always, **plain}))
            self._rows += 1

    def _write_value(self, leaf: Leaf, at: Moment) -> Iterator[bytes]:
        """Write a value, or each item of a batch; their rows, a line each."""
        desk = self._desk(leaf.keys)
        items = enumerate(leaf.value) if isinstance(leaf.value, Batch) else [(None, leaf.value)]
        for index, item in items:
            place = leaf.indexes if index is None else (*leaf.indexes, index)
            row: JsonObject = {
                "key": spelled(leaf.keys),
                "path": list(leaf.keys),
                "step": at.step,
                "timestamp": at.timestamp,
                "index": place[0] if len(place) == 1 else list(place) or None,
                "type": _tag(at.values.json, leaf),
            }
            stem = "_".join((desk.folder, at.name, *map(str, place)))
            self._values += 1
            yield _line(row, item, desk, stem)
            self._take_losses(desk, leaf, at)

    def _take_losses(self, desk: Desk, leaf: Leaf, at: Moment) -> None:
        from wbtypes_runs import Problem

        step = at.step if isinstance(at.step, int) else None
        where = at.values.place(*leaf.path)
        self.problems.extend(
            Problem(where, loss.what, loss.remedy, loss.code, step=step) for loss in desk.lost
        )
        desk.lost.clear()

    def _desk(self, keys: tuple[str, ...]) -> Desk:
        if keys not in self._desks:
            self._desks[keys] = Desk(self._store, self._folders.claim(portable(spelled(keys))))
        return self._desks[keys]


def _line(row: JsonObject, value: WBValue, desk: Desk, stem: str) -> bytes:
    """Write one value; its row with what there is to tell of it, as a line."""
    try:
        told = copy(value, desk, stem)
        return json_line(
            {**row, **{f"value_{name}" if name in row else name: each for name, each in told.items()}}
        )
    except Exception as error:  # a stranger's class, or JSON too deep to write, costs its own place only
        if isinstance(error, OSError) and error.errno != errno.ENAMETOOLONG:  # the disk, not the value
            raise
        problem = f"{type(error).__name__}: {one_line(error)}"
        desk.lost.append(Loss(problem, "the value is left out", Code.BROKEN))
        return json_line({**row, "file": None, "problem": problem})


def _put(tree: JsonObject, leaf: Leaf) -> None:
    """Put a plain item where it stood; the place in a list that holds values too becomes a key."""
    *above, last = map(str, leaf.path)
    for key in above:
        tree = tree.setdefault(key, {})
    tree[last] = leaf.value


def _tag(row: JsonObject, leaf: Leaf) -> str | None:
    """What the wire calls the type of a value."""
    node: Any = row
    for step in leaf.path:
        node = node[step]
    return node.get("_type") if isinstance(node, dict) else None
