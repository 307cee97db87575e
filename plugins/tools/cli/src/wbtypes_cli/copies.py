"""A value as files and one JSON object: the bytes that a person opens, and what they do not say."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import singledispatch
from typing import Any

import attrs
from attrs import define, field, frozen

from wbtypes_core import (
    BytesFile,
    DecodeError,
    DirectoryStore,
    EncodeError,
    Linked,
    Media,
    MediaFile,
    MediaRef,
    MediaStore,
    Opaque,
    PluginError,
    StoredFile,
    WBValue,
    encode,
)
from wbtypes_core.files import mentioned
from wbtypes_core.jsonio import Json, JsonObject
from wbtypes_core.layout import FixedNaming, Naming
from wbtypes_core.plain import to_plain

from .names import Names, portable, portable_suffix
from .preview import facts


@define
class Desk:
    """Where the files of one key's values go.

    Attributes:
        store: the folder of results.
        folder: the name of this key's folder in it.
        names: the names that are taken there.
        lost: what went wrong with the value at hand, one line each.
        files: how many files were written.
        size: their bytes.
    """

    store: DirectoryStore
    folder: str
    names: Names = field(factory=Names)
    lost: list[str] = field(factory=list)
    files: int = 0
    size: int = 0

    def put(self, file: MediaFile, stem: str) -> JsonObject:
        """Write a file; what its row says of it. A file that cannot be read is noted as lost."""
        source = file.ref.path or file.ref.artifact_path if isinstance(file, StoredFile) else None
        row: JsonObject = {"file": None, "source": source}
        try:
            name = f"{self.folder}/{self.names.claim(stem, portable_suffix(file.suffix))}"
            ref = self.store.put(file, "", FixedNaming(name))
        except (DecodeError, EncodeError) as error:
            self.lost.append(error.message)
            return {**row, "problem": error.message}
        self.files += 1
        self.size += ref.size or 0
        return {**row, "file": name, "sha256": ref.sha256, "size": ref.size}

    def write(self, document: Json, stem: str) -> JsonObject:
        """Write JSON as a file; what its row says of it."""
        return self.put(BytesFile(json_line(document, indent=1), ".json"), stem)


def json_line(document: Json, indent: int | None = None) -> bytes:
    """JSON as UTF-8 with a line break at its end; lone surrogates become escapes, as JSON allows."""
    text = json.dumps(document, ensure_ascii=False, indent=indent)
    return text.encode("utf-8", "backslashreplace") + b"\n"


@frozen
class _Renaming:
    """A store that keeps the files of one value under names that begin alike."""

    desk: Desk
    stem: str

    def put(self, file: MediaFile, folder: str, naming: Naming) -> MediaRef:
        row = self.desk.put(file, self.stem)
        return MediaRef(row["file"] or row["source"], row.get("sha256"), row.get("size"))

    def bundle(self, name: str, kind: str) -> MediaStore:
        return self


@singledispatch
def copy(value: WBValue, desk: Desk, stem: str) -> JsonObject:
    """Write a value's files under names that begin with `stem`; its row.

    A value that is no file itself becomes JSON, as the wire has it.
    """
    try:
        document = encode(value, _Renaming(desk, stem)).json
    except (EncodeError, PluginError) as error:
        desk.lost.append(str(error))
        return {"file": None, "problem": str(error)}
    return desk.write(document, stem)


@copy.register
def _(value: Media, desk: Desk, stem: str) -> JsonObject:
    return {**desk.put(value.file, stem), **_beside(value, desk, stem, whole=not _is_document(value))}


@copy.register
def _(value: Opaque, desk: Desk, stem: str) -> JsonObject:
    """Nobody here knows the type: its JSON, and every file that it names."""
    row = desk.write(value.node, stem)
    files = [StoredFile(value.source, ref) for ref in mentioned(value.node)]
    return {**row, "reason": value.reason, "files": [desk.put(file, stem) for file in files]}


@copy.register
def _(value: Linked, desk: Desk, stem: str) -> JsonObject:
    """The file that could not be read as what it is, as it is."""
    desk.lost.append(str(value.reason))
    return {**desk.put(StoredFile(value.source, value.ref), stem), "reason": value.reason}


def _is_document(value: Media) -> bool:
    """Whether the file is the JSON of the fields, which need not be told twice; such files are not compared."""
    return not attrs.fields(type(value)).file.eq


def _beside(value: WBValue, desk: Desk, stem: str, whole: bool) -> JsonObject:
    """What a value says beside its file, the values in it included.

    Args:
        value: the value.
        desk: where the files of the values in it go.
        stem: what their names begin with.
        whole: whether to tell more than scalars.
    """
    row = {name: _plain(item, desk, stem) for name, item in facts(value) if whole or _is_scalar(item)}
    if value.extra:
        row["extra"] = _plain(value.extra, desk, stem)
    return row


def _is_scalar(item: Any) -> bool:
    return isinstance(item, str | int | float)


def _plain(item: Any, desk: Desk, stem: str) -> Any:
    """A field as JSON; null for an object that has no such form, as a large array."""
    if isinstance(item, Media) and not isinstance(item, Opaque | Linked):
        return {**desk.put(item.file, stem), **_beside(item, desk, stem, whole=True)}
    if isinstance(item, Opaque | Linked):
        return copy(item, desk, stem)
    if isinstance(item, WBValue):
        return _beside(item, desk, stem, whole=True)
    if isinstance(item, Mapping):
        return {str(key): _plain(each, desk, f"{stem}.{portable(str(key))}") for key, each in item.items()}
    if isinstance(item, list | tuple):
        return [_plain(each, desk, f"{stem}.{index}") for index, each in enumerate(item)]
    if item is None or _is_scalar(item):
        return item
    plain = to_plain(item)
    return None if plain is NotImplemented else _plain(plain, desk, stem)
