"""A value as files and one JSON object: the bytes that a person opens, and what they do not say."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from functools import singledispatch
from typing import Any

import attrs
from attrs import define, field, frozen

from wbtypes_core import (
    BytesFile,
    Code,
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
    Reason,
    StoredFile,
    WBValue,
    encode,
)
from wbtypes_core.files import mentioned
from wbtypes_core.jsonio import Json, JsonObject
from wbtypes_core.layout import FixedNaming, Naming
from wbtypes_core.plain import as_array, listed, to_plain

from .names import Names, portable, portable_suffix
from .preview import is_own


@frozen
class Loss:
    """Something of a value that could not be extracted.

    Attributes:
        what: the cause, in one line.
        remedy: what was done about it.
        code: the kind of cause, a code of `wbtypes_core.Code`.
    """

    what: str
    remedy: str
    code: str


@define
class Desk:
    """Where the files of one key's values go.

    Attributes:
        store: the folder of results.
        folder: the name of this key's folder in it.
        names: the names that are taken there.
        lost: what could not be extracted of the value at hand.
        files: how many files were written.
        size: their bytes.
    """

    store: DirectoryStore
    folder: str
    names: Names = field(factory=Names)
    lost: list[Loss] = field(factory=list)
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
            code = error.reason if isinstance(error, DecodeError) else Code.BAD_FILE
            self.lost.append(Loss(error.message, "the file is left out", code))
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
        desk.lost.append(Loss(str(error), "the value is left out", Code.BAD_VALUE))
        return {"file": None, "problem": str(error)}
    row = desk.write(document, stem)
    caption = getattr(value, "caption", None)
    return {**row, "caption": caption} if _is_scalar(caption) else row


@copy.register
def _(value: Media, desk: Desk, stem: str) -> JsonObject:
    if hasattr(value, "columns") and hasattr(value, "iterrows"):
        return _copy_table(value, desk, stem)
    return {**desk.put(value.file, stem), **_beside(value, desk, stem, whole=not _is_document(value))}


@copy.register
def _(value: Opaque, desk: Desk, stem: str) -> JsonObject:
    """Nobody here knows the type: its JSON, and every file that it names."""
    if not is_own(value):
        code = value.reason.code if isinstance(value.reason, Reason) else Code.BAD_VALUE
        desk.lost.append(Loss(value.reason, "the files that it names are extracted, and its JSON", code))
    refs = list(mentioned(value.node))
    if refs and refs[0].path == value.get("path"):  # its own file, then those of what is in it
        row = {**desk.put(StoredFile(value.source, refs.pop(0)), stem), "node": value.node}
    else:
        row = desk.write(value.node, stem)
    files = [desk.put(StoredFile(value.source, ref), stem) for ref in refs]
    return {**row, "reason": value.reason, "files": files}


@copy.register
def _(value: Linked, desk: Desk, stem: str) -> JsonObject:
    """Its file could not be read as what it is: the file as it is."""
    row = desk.put(StoredFile(value.source, value.ref), stem)
    if row["file"] and value.reason is not None:
        desk.lost.append(Loss(value.reason, "the file is extracted as it is", value.reason.code))
    return {**row, "reason": value.reason}


def _copy_table(table: Any, desk: Desk, stem: str) -> JsonObject:
    """A table, told by its columns and rows: as a CSV file, whose media are files of their own that it names.

    What there is to tell of these beside their files, as captions, stands in a file of JSON lines, one for each cell.
    """
    text, cells = io.StringIO(newline=""), io.BytesIO()
    writer = csv.writer(text)
    writer.writerow(table.columns)
    for number, row in table.iterrows():
        written = []
        for name, item in zip(table.columns, row, strict=True):
            beside: list[JsonObject] = []
            place = f"{stem}.{number}.{portable(str(name))}"
            written.append(_cell(item, desk, place, beside))
            cells.writelines(json_line({"row": number, "column": name, **each}) for each in beside)
        writer.writerow(written)
    data = text.getvalue().encode("utf-8", "backslashreplace")
    told = {**desk.put(BytesFile(data, ".csv"), stem), "rows": len(table), "columns": table.columns}
    if cells.tell():
        told["cells"] = desk.put(BytesFile(cells.getvalue(), ".jsonl"), f"{stem}.cells")["file"]
    lacking = getattr(table, "why_lossy", "")
    if lacking:
        desk.lost.append(Loss(lacking, "what is there is extracted", Code.UNREACHABLE))
        told["lacking"] = lacking
    return told


def _cell(item: Any, desk: Desk, stem: str, beside: list[JsonObject]) -> Any:
    """A cell of a CSV file: text and numbers as they are, of media the file's name, of all else its JSON.

    Args:
        item: the cell.
        desk: where its files go.
        stem: what their names begin with.
        beside: takes what there is to tell of media.
    """
    if item is None or isinstance(item, str | int | float):
        return item
    if isinstance(item, WBValue):
        row = copy(item, desk, stem)
        beside.append(row)
        return row["file"] or row.get("problem")
    plain = listed(array) if (array := as_array(item)) is not None else to_plain(item)
    if plain is NotImplemented:
        return str(item)
    if isinstance(plain, list | dict):
        return json.dumps(_plain(plain, desk, stem), ensure_ascii=False)
    return plain


def _is_document(value: Media) -> bool:
    """Whether the file is the JSON of the fields, which need not be told twice; such files are not compared."""
    return not attrs.fields(type(value)).file.eq


def _facts(value: WBValue) -> Iterator[tuple[str, Any]]:
    """What a value says beside its file: the fields that take part in comparing it, where they are not the default.

    A scalar that it keeps behind a property of the same name, as a width that is measured at need, is told if known.
    """
    for spec in attrs.fields(type(value)):
        name = spec.name.lstrip("_")
        item = getattr(value, spec.name)
        if item is None or spec.name in ("file", "extra") or _is_default(spec, item):
            continue
        if spec.eq if name == spec.name else _is_scalar(item) and hasattr(type(value), name):
            yield name, item


def _is_default(spec: attrs.Attribute[Any], item: Any) -> bool:
    empty = isinstance(item, Mapping | list | tuple) and not item
    return empty or (type(item) is type(spec.default) and bool(item == spec.default))


def _beside(value: WBValue, desk: Desk, stem: str, whole: bool) -> JsonObject:
    """What a value says beside its file, the values in it included.

    Args:
        value: the value.
        desk: where the files of the values in it go.
        stem: what their names begin with.
        whole: whether to tell more than scalars.
    """
    row = {name: _plain(item, desk, stem) for name, item in _facts(value) if whole or _is_scalar(item)}
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
    if attrs.has(type(item)):
        item = {spec.name: getattr(item, spec.name) for spec in attrs.fields(type(item))}
    if isinstance(item, Mapping):
        return {str(key): _plain(each, desk, f"{stem}.{portable(str(key))}") for key, each in item.items()}
    if isinstance(item, list | tuple):
        return [_plain(each, desk, f"{stem}.{index}") for index, each in enumerate(item)]
    if item is None or _is_scalar(item):
        return item
    plain = to_plain(item)
    return None if plain is NotImplemented else _plain(plain, desk, stem)
