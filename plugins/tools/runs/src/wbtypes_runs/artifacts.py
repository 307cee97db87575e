"""Artifacts: which of the caller's folders holds the files of an artifact that the run logged."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from pathlib import Path

from attrs import evolve

from wbtypes_core import DecodeError, DirectoryStore, MediaRef, StoredFile

from .records import ArtifactRecord, Entry


def matched(record: ArtifactRecord, folders: Iterable[Path]) -> ArtifactRecord:
    """The record with the first folder that holds all its files, told by their sizes and digests."""
    files = [entry for entry in record.entries if not entry.ref]
    for folder in folders if files else ():
        store = DirectoryStore(folder)
        if all(_holds(store, entry, digest=False) for entry in files) and all(
            _holds(store, entry, digest=True) for entry in files
        ):
            return evolve(record, folder=folder)
    return record


def _holds(store: DirectoryStore, entry: Entry, *, digest: bool) -> bool:
    file = StoredFile(store, MediaRef(entry.path))
    try:
        if not digest:
            return file.size == entry.size
        return base64.b64encode(bytes.fromhex(file.md5)).decode() == entry.digest
    except (DecodeError, OSError):
        return False
