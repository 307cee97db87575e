"""Recorded nodes: one JSON file each, in a folder per tag, in a form that any language can read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attrs import frozen

from ..context import Dialect
from ..jsonio import dumps, loads


@frozen
class CorpusEntry:
    """One recorded node and what must become of it.

    On disk it is ``{"name", "node", ...}`` with exactly one of ``"same": true`` (it is written back as it came),
    ``"upgraded": node`` (an old shape, written back as this one) and ``"error": code`` (it is refused); optional are
    ``"dialect": "run" | "artifact"`` (``run`` where absent) and ``"files": {path: document}`` (the linked JSON that decoding
    may follow; a string is the file's text, anything else is its JSON).

    Attributes:
        name: what it is called in test names.
        node: the JSON as a client wrote it.
        expected: the JSON that decoding and encoding give; None for one that is refused.
        error: the reason code it is refused with, else None.
        dialect: the form it is in.
        files: the files it links to, by path.
    """

    name: str
    node: Any
    expected: Any
    error: str | None
    dialect: Dialect
    files: Mapping[str, bytes]


def corpus_folder(corpus: Path, tag: str) -> Path:
    """The folder of a tag: ``images/separated`` has ``images.separated``."""
    return corpus / tag.replace("/", ".")


def read_corpus(corpus: Path, tag: str) -> list[CorpusEntry]:
    """Every recorded node of a tag, by file name; empty when there is no such folder.

    Raises:
        ValueError: a file that is no corpus entry, with what is wrong in it.
    """
    return [_entry(path) for path in sorted(corpus_folder(corpus, tag).glob("*.json"))]


def _entry(path: Path) -> CorpusEntry:
    said = loads(path.read_bytes())
    place = f"{path.parent.name}/{path.name}"
    if not isinstance(said, dict) or "node" not in said:
        raise ValueError(f'{place} is no corpus entry: write {{"name", "node", "same": true}}')
    outcomes = [said.get("same") is True, "upgraded" in said, isinstance(said.get("error"), str)]
    if sum(outcomes) != 1:
        raise ValueError(f'{place} must say exactly one of "same": true, "upgraded": node and "error": code')
    return CorpusEntry(
        name=said.get("name") or path.stem,
        node=said["node"],
        expected=said.get("upgraded", None if "error" in said else said["node"]),
        error=said.get("error"),
        dialect=Dialect(said.get("dialect", "run")),
        files={name: _bytes(document) for name, document in said.get("files", {}).items()},
    )


def _bytes(document: Any) -> bytes:
    text = document if isinstance(document, str) else dumps(document)
    return text.encode("utf-8")
