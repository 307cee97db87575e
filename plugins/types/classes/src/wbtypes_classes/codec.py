"""How classes travel: inline, or as a link to a file of the artifact."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from wbtypes_core import (
    Code,
    Codec,
    DecodeContext,
    DecodeError,
    Dialect,
    EncodeContext,
    FrozenMap,
    JsonFileCodec,
    MediaFile,
)
from wbtypes_core.codec import EXACT, expect_object, read, read_items
from wbtypes_core.jsonio import JsonObject, kind

from .values import Class, Classes, file_of


class ClassesCodec(Codec[Classes]):
    """The inline `classes` object, which is also what the files of classes hold."""

    tag = "classes"
    value_type = Classes
    keys = ("class_set",)

    def encode(self, value: Classes, ctx: EncodeContext) -> JsonObject:
        """The classes themselves."""
        return {"class_set": [dict(each) for each in value.class_set]}

    def decode(self, node: Any, ctx: DecodeContext) -> Classes:
        """The classes of a node."""
        classes = class_set_of(node)
        return Classes.restore(file=file_of(classes), class_set=classes)

    def native(self, value: Classes) -> Any:
        """The classes as a list of dicts."""
        return [dict(each) for each in value.class_set]

    def column_type(self, value: Classes) -> JsonObject:
        """A set of classes in a cell has no column type of its own in wandb; its ids have, ``classesId``."""
        return {"wb_type": "pythonObject", "params": {"class_name": "Classes"}}


class ClassesFileCodec(JsonFileCodec[Classes]):
    """The link from an image, or from a column of class ids, to a file of classes in the same artifact.

    It has no ``_type`` but a ``type``. wandb names the file by the MD5 of Python's text of the list, and the
    ``digest`` is the base64 of the MD5 of the file's bytes. Clients up to 0.12, and columns up to today, name it
    ``media/cls.classes.json``; such a name is kept in its own store.
    """

    tag = "classes-file"
    value_type = Classes
    tagged = False
    dialects = (Dialect.ARTIFACT,)
    folder = "media/classes"

    @property
    def known(self) -> frozenset[str]:
        """Every key of the wire that this codec reads."""
        return frozenset(("type", "path", "digest", "_type", EXACT))

    def encode(self, value: Classes, ctx: EncodeContext) -> JsonObject:
        """Store the file and link to it."""
        ref = ctx.put(value.file, self.folder, name=f"{self.folder}/{_name(value)}_cls.classes.json")
        digest = value.digest or base64.b64encode(bytes.fromhex(value.file.md5)).decode("ascii")
        return {"type": self.tag, "path": ref.path or ref.artifact_path, "digest": digest}

    def parse(self, document: Any, node: JsonObject, file: MediaFile, ctx: DecodeContext) -> Classes:
        """The classes in a file."""
        if read(node, "type", str) != self.tag:
            raise DecodeError(f"is {node['type']!r}, not {self.tag!r}", path=("type",))
        return Classes.restore(file=file, class_set=class_set_of(document), digest=read(node, "digest", str))

    def native(self, value: Classes) -> Any:
        """The classes as a list of dicts."""
        return [dict(each) for each in value.class_set]


def _name(classes: Classes) -> str:
    text = str([dict(each) for each in classes.class_set])
    return hashlib.md5(text.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()


def class_set_of(node: Any) -> tuple[Class, ...]:
    """The classes of a JSON object, each kept as it is.

    Raises:
        DecodeError: ``wrong-type`` or ``missing-key``.
    """
    return tuple(read_items(expect_object(node), "class_set", _class))


def _class(entry: Any) -> Class:
    if not isinstance(entry, dict):
        raise DecodeError(f"is {kind(entry)}, not a class", reason=Code.WRONG_TYPE)
    for name in ("id", "name"):
        if name not in entry:
            raise DecodeError("is missing", reason=Code.MISSING_KEY, path=(name,))
        if isinstance(entry[name], dict | list):
            raise DecodeError(f"is {kind(entry[name])}", reason=Code.WRONG_TYPE, path=(name,))
    return FrozenMap(entry)
