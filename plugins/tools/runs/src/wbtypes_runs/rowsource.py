"""Rows as JSON: a run that comes as API rows, as a history file, or as a ``files`` folder without its log."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TypeAlias

from attrs import define, field

from wbtypes_core import Code, DecodeError, Limits
from wbtypes_core.errors import printable
from wbtypes_core.jsonio import JsonObject, loads, loads_within, most_nodes

from . import yamltext
from .log import Record
from .places import FILES, NAME_FILES, inside, logs_for, opened
from .problems import Problem, Tell

if TYPE_CHECKING:
    from .rows import RawRow
    from .state import State

SUMMARY, CONFIG, HISTORY = "wandb-summary.json", "config.yaml", "wandb-history.jsonl"
"""What clients wrote beside the media: the newer ones rarely, the oldest the history too."""

_ALWAYS = ("_step", "_timestamp")
_SPELLED = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
_TOKENS = tuple(f'"{name}"'.encode() for name in _SPELLED)
_PIECE = 1 << 20

Document: TypeAlias = "JsonObject | DecodeError"


def rows_origin(
    rows: Iterable[Mapping[str, Any]],
    files: str | os.PathLike[str] | None,
    summary: Mapping[str, Any] | None,
    config: Mapping[str, Any] | None,
    limits: Limits,
) -> JsonOrigin:
    """The run that rows of the public API are.

    Raises:
        TypeError: they are none.
    """
    wanted = (
        "open_run takes the path of a run folder or of a .wandb file, or rows as the public API gives them"
    )
    try:
        kept = list(_records(rows))
    except TypeError:
        raise TypeError(f"{wanted}, not {type(rows).__name__}") from None
    for row in kept:
        if not isinstance(row, Mapping):
            raise TypeError(f"{wanted}; a row is a dict, not {type(row).__name__}")
    held = _Held(tuple(map(dict, kept)))
    place = Path() if files is None else Path(files)
    return JsonOrigin(place.absolute(), held, limits, _summary(summary) or {}, dict(config or {}))


def _records(rows: Any) -> Iterable[Any]:
    """Rows; of a data frame its own, without the NaN that stands where a row has nothing, as the API's own are strings."""
    if not (hasattr(rows, "to_dict") and hasattr(rows, "columns")):
        return rows  # type: ignore[no-any-return]
    return (
        {key: cell for key, cell in row.items() if not (isinstance(cell, float) and math.isnan(cell))}
        for row in rows.to_dict("records")
    )


def _summary(given: Any) -> JsonObject | None:
    """A summary as JSON: what the API's `HTTPSummary` is about, whose look-ups strip keys and hide dicts."""
    return None if given is None else dict(getattr(given, "_json_dict", given))


def file_origin(
    path: Path,
    summary: Mapping[str, Any] | None,
    config: Mapping[str, Any] | None,
    limits: Limits,
) -> JsonOrigin | None:
    """The run that a history file, or a folder without a log, is; None for whatever else the path is."""
    if path.suffix in (".jsonl", ".json") and path.is_file():
        return JsonOrigin(
            path.absolute(), _InFile(path.absolute()), limits, _summary(summary) or {}, dict(config or {})
        )
    if not path.is_dir() or logs_for(path) or not _has_files_of_a_run(path):
        return None
    return JsonOrigin(
        path.absolute(),
        _InFile(path.absolute() / HISTORY, inside=True),
        limits,
        _summary(summary),
        None if config is None else dict(config),
    )


def _has_files_of_a_run(folder: Path) -> bool:
    """Whether a folder is a run's ``files``; media alone are also in artifacts."""
    named = folder.absolute().name == FILES and (folder / "media").is_dir()
    return named or any((folder / name).is_file() for name in (SUMMARY, CONFIG, HISTORY))


class _Held:
    """Rows that the caller has in memory."""

    def __init__(self, rows: tuple[JsonObject, ...]) -> None:
        self._rows = rows

    def read(self, limits: Limits) -> Iterator[Document]:
        return iter(self._rows)

    def spells(self) -> bool:
        return True

    def size(self) -> int:
        return len(self._rows)


class _InFile:
    """Rows in a file: one JSON object in each line, or a list of them.

    Attributes:
        path: the file.
        inside: whether it lies in a folder that the caller named, and so may be no link.
    """

    def __init__(self, path: Path, inside: bool = False) -> None:
        self.path = path
        self.inside = inside

    def _open(self) -> BinaryIO:
        return opened(self.path.parent, self.path.name) if self.inside else self.path.open("rb")

    def read(self, limits: Limits) -> Iterator[Document]:
        if not self.path.is_file():
            return
        try:
            stream = self._open()
        except DecodeError as error:
            yield error
            return
        with stream:
            limits.spend("file_bytes", os.fstat(stream.fileno()).st_size, f"the size of {self.path}")
            if self.path.suffix == ".json":
                yield from self._document(stream.read(limits.json_bytes + 1), limits)
                return
            most = limits.record_bytes
            while line := stream.readline(most + 1):
                if len(line) > most:
                    yield limits.refuse("record_bytes", most + 1, "the length of a line")
                    while line and not line.endswith(b"\n"):
                        line = stream.readline(_PIECE)
                elif line.strip():
                    yield _parsed(line, limits)

    def _document(self, data: bytes, limits: Limits) -> Iterator[Document]:
        limits.spend("json_bytes", len(data), f"the size of {self.path}")
        _spend(data, limits, "the rows")
        document = loads(data)
        if not isinstance(document, list):
            raise DecodeError(
                f"{printable(str(self.path))} is no list of rows; pass the run folder, a .wandb file, or the rows",
                reason=Code.NOT_A_RUN,
            )
        for row in document:
            yield row if isinstance(row, dict) else _no_row(row)

    def spells(self) -> bool:
        """Whether a NaN or infinity may be spelled as a string in it."""
        if not self.path.is_file() or (self.inside and self.path.is_symlink()):
            return False
        with self._open() as stream:
            before = b""
            while piece := stream.read(_PIECE):
                if any(token in before + piece for token in _TOKENS):
                    return True
                before = piece[-16:]
        return False

    def size(self) -> int:
        try:
            return self.path.stat().st_size
        except OSError:
            return 0


def _parsed(line: bytes, limits: Limits) -> Document:
    from .jsontext import parse_value

    try:
        _spend(line, limits, "the row")
        row = parse_value(line)
    except DecodeError as error:
        return error
    return row if isinstance(row, dict) else _no_row(row)


def _spend(text: bytes, limits: Limits, what: str) -> None:
    """Refuse a JSON text that may hold too many values, before it is parsed; depth costs each value itself."""
    if len(text) > limits.nodes:
        limits.spend("nodes", most_nodes(text), f"the number of values in {what}")


def _no_row(found: Any) -> DecodeError:
    return DecodeError(f"a row is an object, and this is {type(found).__name__}", reason=Code.WRONG_TYPE)


class JsonOrigin:
    """A run without a log: rows as JSON, and beside them a summary and a config where something has them.

    Attributes:
        path: what it was opened from.
        limits: what reading may cost.
    """

    def __init__(
        self,
        path: Path,
        rows: _Held | _InFile,
        limits: Limits,
        summary: JsonObject | None,
        config: JsonObject | None,
    ) -> None:
        self.path = path
        self.limits = limits
        self._rows = rows
        self._summary = summary
        self._config = config

    @property
    def files(self) -> Path:
        """The folder of the media: what was opened, or what lies beside it."""
        if self.path.is_dir():
            return self.path
        beside = inside(self.path.parent, FILES, NAME_FILES)
        return beside if beside.is_dir() else self.path.parent

    def rows(
        self, tell: Tell, keys: Collection[str] | None, start: int | None, stop: int | None
    ) -> Iterator[RawRow]:
        """The rows, those of the public API with their floats as floats again."""
        from .rows import RawRow

        for number, row in enumerate(self._rows.read(self.limits)):
            if isinstance(row, DecodeError):
                where = f"{self.path.name}, row {number + 1:,}"
                tell(Problem(where, row.message, "it is left out", row.reason))
                continue
            step = _step(row.get("_step"))
            if step is not None and (
                (start is not None and step < start) or (stop is not None and step >= stop)
            ):
                continue
            timestamp = row.get("_timestamp")
            if keys is not None:
                row = {key: row[key] for key in row if key in keys}
                if not row:
                    continue
            yield RawRow(step, timestamp, _restored(row, self._spelled))

    def state(self, tell: Tell) -> State:
        """Summary and config, where something has them."""
        from .records import RunInfo
        from .state import State

        state = State(self.limits, RunInfo(id=self._id()))
        folder = self.path if self.path.is_dir() else None
        summary = (
            self._summary
            if self._summary is not None
            else _document(folder, SUMMARY, loads_within, self.limits, tell)
        )
        state.summary.begin(_restored(summary, self._spelled))
        config = (
            self._config
            if self._config is not None
            else _document(folder, CONFIG, yamltext.parse, self.limits, tell)
        )
        state.config.begin(
            {key: _unwrapped(value) for key, value in config.items() if key != "wandb_version"}
        )
        return state

    def scan(self, state: State, tell: Tell, keys: Collection[str] | None = None) -> Iterator[RawRow]:
        """The rows; then summary and config into `state`."""
        yield from self.rows(tell, keys, None, None)
        found = self.state(tell)
        state.summary, state.config = found.summary, found.config

    def _id(self) -> str:
        """The run's id, where the folder of the run says it."""
        names = (self.path.name, self.path.parent.name)
        found = (re.fullmatch(r"(?:offline-)?run-[0-9_]+-(.+)", name) for name in names)
        return next((match[1] for match in found if match), "")

    def records(self, kinds: Collection[int]) -> Iterator[Record]:
        """None: there is no log."""
        return iter(())

    def size(self) -> int:
        """The rows' number or bytes."""
        return self._rows.size()

    @cached_property
    def _spelled(self) -> _Texts | None:
        """Where strings are floats, worked out over all rows; None where none of them is."""
        if not self._rows.spells():
            return None
        found = _Texts()
        rows = (row for row in self._rows.read(self.limits) if isinstance(row, dict))
        if not all(found.learn(row) for row in rows):
            return None  # who wrote these rows spells them as they are
        return found if found.any_float else None


def _step(found: Any) -> int | None:
    """A row's step; the API gives whole floats too."""
    if type(found) is float and found.is_integer():
        return int(found)
    return found if type(found) is int else None


@define(eq=False)
class _Texts:
    """What the strings under one key of all rows are, and those under the keys below it; lists have the key they are under.

    Attributes:
        spelled: whether one spells a float.
        other: whether one does not.
        below: the same for the keys below.
        any_float: of the top: whether anything spells a float.
    """

    spelled: bool = False
    other: bool = False
    below: dict[str, _Texts] = field(factory=dict)
    any_float: bool = False

    def learn(self, row: JsonObject) -> bool:
        """Take in the strings of a row, those in typed objects aside; False when a float of it is no finite number."""
        todo: list[tuple[_Texts, Any]] = [(self, row)]
        while todo:
            at, holder = todo.pop()
            named = holder.items() if isinstance(holder, dict) else ((None, item) for item in holder)
            for key, item in named:
                if type(item) is float and not math.isfinite(item):
                    return False
                if type(item) is str:
                    under = at if key is None else at.below.setdefault(key, _Texts())
                    spells = item in _SPELLED
                    under.spelled, under.other = under.spelled or spells, under.other or not spells
                    self.any_float = self.any_float or spells
                elif _holds_rows(item):
                    todo.append((at if key is None else at.below.setdefault(key, _Texts()), item))
        return True


def _holds_rows(value: Any) -> bool:
    """Whether a value is a list or an object that may hold spelled floats: one without a type."""
    return isinstance(value, list) or (isinstance(value, dict) and type(value.get("_type")) is not str)


def _restored(row: JsonObject, spelled: _Texts | None) -> JsonObject:
    """A row with the strings as floats that are; what is not changed is shared with the row."""
    if spelled is None:
        return row
    whole = dict(row)
    todo: list[tuple[_Texts, Any]] = [(spelled, whole)]
    while todo:
        at, holder = todo.pop()
        for key, item in list(holder.items() if isinstance(holder, dict) else enumerate(holder)):
            under = at.below.get(key) if isinstance(holder, dict) else at
            if under is None:
                continue
            if type(item) is str and under.spelled and not under.other:
                holder[key] = _SPELLED.get(item, item)
            elif _holds_rows(item):
                holder[key] = copy = item.copy()
                todo.append((under, copy))
    return whole


def _document(
    folder: Path | None, name: str, parse: Callable[[bytes, Limits], Any], limits: Limits, tell: Tell
) -> JsonObject:
    """A JSON object in a file beside the media; empty when there is none."""
    if folder is None or not (path := folder / name).is_file():
        return {}
    try:
        with opened(folder, name) as stream:
            data = stream.read(limits.json_bytes + 1)
        limits.spend("json_bytes", len(data), "its size")
        document = parse(data, limits)
        if not isinstance(document, dict):
            raise DecodeError("it is no object", reason=Code.WRONG_TYPE)
    except DecodeError as error:
        tell(Problem(str(path), error.message, "it is left out", error.reason))
        return {}
    found: JsonObject = document
    return found


def _unwrapped(value: Any) -> Any:
    """A value of ``config.yaml``, where each lies under ``value``, beside a description."""
    wrapped = isinstance(value, dict) and "value" in value and value.keys() <= {"value", "desc"}
    return value["value"] if wrapped else value
