"""Checking: all that is wrong with a run, found in one reading of its log and files."""

from __future__ import annotations

from functools import partial
from typing import Any

from wbtypes_core import Code, DecodeError, DirectoryStore, MediaRef, Reason, StoredFile
from wbtypes_core.errors import UNREADABLE_HERE, Step, spell
from wbtypes_core.files import mentioned
from wbtypes_core.hints import PACKAGE_OF_TAG

from .decoding import Decoder, Row, Values, parts, why_not
from .items import Path
from .log import Kind, Log
from .problems import Findings, Problem
from .rows import RowReader
from .state import State
from .wire import WireError


def check(log: Log, decoder: Decoder, files: DirectoryStore) -> list[Problem]:
    """Read a run from end to end and list what is wrong with it.

    Args:
        log: the run's log.
        decoder: what decodes its values.
        files: the run's files.
    """
    found = Findings()
    seen = _Seen(found, files)
    rows = RowReader(log.limits)
    state = State(log.limits)
    for offset, kind, record, begin, end in log.records(found.add):
        try:
            if kind != Kind.HISTORY:
                state.take(kind, record, begin, end)
            elif raw := rows.read(record, begin, end):
                seen.values(Row(raw, decoder))
        except WireError as error:
            found.add(log.unreadable(offset, error))
    state.config.read(partial(_complain, found, "config"))
    seen.values(Values(state.summary.read(partial(_complain, found, "summary")), decoder))
    seen.tell()
    return list(found)


def damage(log: Log) -> list[Problem]:
    """Read a log from end to end and list what is lost of it.

    Args:
        log: the run's log.
    """
    found = Findings()
    rows = RowReader(log.limits, keys=())
    state = State(log.limits)
    for offset, kind, record, begin, end in log.records(found.add):
        try:
            if kind == Kind.HISTORY:
                rows.read(record, begin, end)
            else:
                state.take(kind, record, begin, end)
        except WireError as error:
            found.add(log.unreadable(offset, error))
    state.config.read(partial(_complain, found, "config"))
    state.summary.read(partial(_complain, found, "summary"))
    return list(found)


def _complain(found: Findings, what: str, path: Path, error: DecodeError) -> None:
    found.add(Problem(f"{what}, {spell(path)}", error.message, "the value is left out", error.reason))


class _Seen:
    """What was seen of a run's values and files so far, so that each fault is told once."""

    def __init__(self, found: Findings, files: DirectoryStore) -> None:
        self._found = found
        self._files = files
        self._there = files.root.is_dir()
        self._refs: set[MediaRef] = set()
        self._causes: dict[Reason, tuple[str, int]] = {}

    def values(self, values: Values) -> None:
        """Look at every value of a row or summary, and at every file that it names."""
        for problem in values.faults():
            self._found.add(problem)
        for key, node in values.json.items():
            for at, value in parts(values[key], key):
                if isinstance(value, StoredFile):
                    self._file(value, values, at)
                elif (reason := why_not(value)) is not None:
                    self._reason(reason, value, values, at)
            for ref in mentioned(node):
                self._file(StoredFile(self._files, ref), values, (key,))

    def tell(self) -> None:
        """Tell of what is one fault for many values."""
        for reason, (where, count) in self._causes.items():
            first = f"{where} and {count - 1:,} more" if count > 1 else where
            self._found.add(Problem(first, reason, "the values are kept as they came", reason.code))
        if self._refs and not self._there:
            what = f"the folder is missing, with {len(self._refs):,} files that the run names"
            self._found.add(Problem(str(self._files.root), what, "copy it beside the log", Code.MISSING_FILE))

    def _reason(self, reason: Reason, value: Any, values: Values, at: tuple[Step, ...]) -> None:
        if reason.code is Code.NOT_INSTALLED and value.tag not in PACKAGE_OF_TAG:
            return  # users log dicts with a `_type` of their own
        if reason.code in UNREADABLE_HERE:  # one fault of this machine, however many values it touches
            where, count = self._causes.get(reason, (values.place(*at), 0))
            self._causes[reason] = where, count + 1
            return
        self._found.add(
            Problem(values.place(*at), reason, "it is kept as it came", reason.code, step=values.step)
        )

    def _file(self, file: StoredFile, values: Values, at: tuple[Step, ...]) -> None:
        ref = file.ref
        if ref.path is None or ref in self._refs:
            return
        self._refs.add(ref)
        if not self._there:
            return
        try:
            file.open().close()
            wrong = _difference(StoredFile(self._files, MediaRef(ref.path)), ref) if ref.sha256 else ""
        except DecodeError as error:
            self._found.add(Problem(values.place(*at), error.message, "", error.reason, step=values.step))
        except OSError as error:
            what = f"{ref.path} cannot be read: {error.strerror or error}"
            self._found.add(
                Problem(values.place(*at), what, "look for a copy", Code.MISSING_FILE, step=values.step)
            )
        else:
            if wrong:
                what, remedy = f"{ref.path} {wrong}", "it was altered since it was logged; look for a copy"
                self._found.add(Problem(values.place(*at), what, remedy, Code.ALTERED_FILE, step=values.step))


def _difference(file: StoredFile, ref: MediaRef) -> str:
    """How a file differs from what was logged; nothing when it does not."""
    if ref.size is not None and file.size != ref.size:
        return f"has {file.size:,} bytes, logged were {ref.size:,}"
    if file.sha256 != ref.sha256:
        return f"has the sha256 {file.sha256[:12]}..., logged was {str(ref.sha256)[:12]}..."
    return ""
