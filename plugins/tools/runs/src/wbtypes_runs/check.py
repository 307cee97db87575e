"""Checking: all that is wrong with a run, found in one reading of its log and files."""

from __future__ import annotations

import hashlib
import os
from functools import partial
from typing import Any

from attrs import evolve

from wbtypes_core import Code, DecodeError, DirectoryStore, MediaRef, Reason, StoredFile
from wbtypes_core.errors import UNREADABLE_HERE, Step, spell
from wbtypes_core.files import is_url, mentioned
from wbtypes_core.hints import PACKAGE_OF_TAG

from .decoding import Decoder, Row, Values, parts, why_not
from .items import Path
from .origins import Origin
from .problems import Findings, Problem
from .state import State

_PIECE = 1 << 20


def check(origin: Origin, decoder: Decoder, files: DirectoryStore) -> list[Problem]:
    """Read a run from end to end and list what is wrong with it, apart from the files of its artifacts.

    Args:
        origin: where the run's records are.
        decoder: what decodes its values.
        files: the run's files.
    """
    found = Findings()
    seen = _Seen(found, files)
    state = State(origin.limits)
    for raw in origin.scan(state, found.add):
        seen.values(Row(raw, decoder))
    state.config.read(partial(_complain, found, "config"))
    summary = state.summary.read(partial(_complain, found, "summary"))
    seen.values(Values(summary, evolve(decoder, overlaid=True)))
    seen.tell()
    return list(found)


def damage(origin: Origin) -> list[Problem]:
    """Read a run's records from end to end and list what is lost of them.

    Args:
        origin: where they are.
    """
    found = Findings()
    state = State(origin.limits)
    for _ in origin.scan(state, found.add, keys=()):
        pass
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
        self._known: set[tuple[int, str | None, str | None]] = set()
        self._named = 0
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
        if self._named and not self._there:
            what = f"the folder is missing, with {self._named:,} files that the run names"
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
        own = file.source == self._files and not is_url(ref.path or "")
        known = 0 if own else id(file.source), ref.path, ref.sha256
        if ref.path is None or known in self._known:
            return
        self._known.add(known)
        self._named += own
        if own and not self._there:
            return
        try:
            wrong = _difference(file, ref)
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
    """How the bytes of a file differ from what was logged; nothing when they do not.

    Raises:
        DecodeError: it cannot be opened.
    """
    with file.open() as stream:
        size = stream.seek(0, os.SEEK_END)
        if ref.sha256 and ref.size is not None and size != ref.size:
            return f"has {size:,} bytes, logged were {ref.size:,}"
        stream.seek(0)
        digest = hashlib.sha256()
        while piece := stream.read(_PIECE) if ref.sha256 else b"":
            digest.update(piece)
    if ref.sha256 and digest.hexdigest() != ref.sha256:
        return f"has the sha256 {digest.hexdigest()[:12]}..., logged was {ref.sha256[:12]}..."
    return ""
