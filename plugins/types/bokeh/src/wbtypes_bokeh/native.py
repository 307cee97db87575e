"""What bokeh documents become, and how bokeh's own objects become JSON."""

from __future__ import annotations

import base64
import gzip
import warnings
import zlib
from collections.abc import Iterator
from typing import Any

from wbtypes_core import Code, DecodeError, LimitError, MediaFile
from wbtypes_core.errors import need, one_line, shortened
from wbtypes_core.files import unreadable
from wbtypes_core.jsonio import JsonObject, dumps

EXTRA = "wbtypes-bokeh[bokeh]"

FREE = 64 << 20
"""Bytes to which the arrays of a document may grow before their compression is looked at: plots of zeros are no attack."""

_GZIP = zlib.MAX_WBITS | 16
_MAGIC = b"\x1f\x8b\x08"


def serialized(obj: object) -> str:
    """The JSON text of a bokeh model or document.

    Raises:
        TypeError: it is neither.
        ValueError: bokeh cannot write it.
        MissingExtra: bokeh is not installed.
    """
    if not type(obj).__module__.startswith("bokeh.") and not _is_bokeh(obj):
        raise TypeError(
            f"Bokeh is made from a bokeh model or Document, saved JSON, a path or an open file, not from {type(obj).__name__}"
        )
    document = need("bokeh.document", pip=EXTRA, what="writing a bokeh model")
    model = need("bokeh.model", pip=EXTRA, what="writing a bokeh model")
    embed = need("bokeh.embed.util", pip=EXTRA, what="writing a bokeh model")
    try:
        if isinstance(obj, document.Document):
            return dumps(obj.to_json(deferred=False))
        if isinstance(obj, model.Model):
            with embed.OutputDocumentFor([obj], always_new=True) as own:  # whatever document it is in
                return dumps(own.to_json(deferred=False))
    except Exception as error:
        raise ValueError(f"bokeh cannot write this {type(obj).__name__}: {one_line(error)}") from error
    raise TypeError(f"a {type(obj).__name__} of bokeh is neither a model nor a Document")


def _is_bokeh(obj: object) -> bool:
    """Whether an object is of a class that is derived from one of bokeh."""
    return any(base.__module__.startswith("bokeh.") for base in type(obj).__mro__)


def to_bokeh(document: JsonObject, file: MediaFile) -> Any:
    """The bokeh document of its JSON, which is used up.

    Raises:
        DecodeError: ``bad-file``: the installed bokeh cannot read it.
        LimitError: ``ratio``.
        MissingExtra: bokeh is not installed.
    """
    bokeh = need("bokeh", pip=EXTRA, what="making a bokeh document")
    documents = need("bokeh.document", pip=EXTRA, what="making a bokeh document")
    if isinstance(document["roots"], dict):
        raise DecodeError(
            f"{file} was written by bokeh {shortened(str(document.get('version')))}, and a bokeh before 3 alone reads that "
            f"(here is {bokeh.__version__}); document_json has all of it",
            reason=Code.BAD_FILE,
        )
    serialization = need("bokeh.core.serialization", pip=EXTRA, what="making a bokeh document")
    try:
        sample = serialization.Serializer(deferred=False).encode(b"")["data"]
        _fit_arrays(document, base64.b64decode(sample).startswith(_MAGIC), file)
        # what older versions of bokeh 3 did not write
        empty = _renamed(documents.Document().to_json(deferred=False))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what is odd in data there is an error, or nothing to do
            return documents.Document.from_json({**empty, **document})
    except LimitError:
        raise
    except Exception as error:
        raise unreadable(file, "a bokeh document", error) from error


def _renamed(item: Any) -> Any:
    """A document's JSON with ids that no other document has."""
    if isinstance(item, dict):
        return {name: f"wbtypes-{each}" if name == "id" else _renamed(each) for name, each in item.items()}
    return item


def _fit_arrays(document: JsonObject, packs: bool, file: MediaFile) -> None:
    """Bring the bytes of arrays into the form that the installed bokeh reads: with gzip since some version of 3, else bare.

    Raises:
        LimitError: ``ratio``: they are far larger than what they are stored as.
        ValueError, EOFError, OSError, zlib.error: they are damaged.
    """
    found = [(node, base64.b64decode(node["data"], validate=True)) for node in _byte_nodes(document)]
    packed = [data for _, data in found if data.startswith(_MAGIC)]
    stored, whole = sum(map(len, packed)), sum(map(_size, packed))
    if whole > FREE:
        file.limits.spend("ratio", whole // stored, f"the size of the arrays of {file} against their bytes")
    for node, data in found:
        if data.startswith(_MAGIC) != packs:
            other = gzip.compress(data, mtime=0) if packs else gzip.decompress(data)
            node["data"] = base64.b64encode(other).decode("ascii")


def _byte_nodes(document: JsonObject) -> Iterator[JsonObject]:
    """Every object of a document that bokeh would read bytes from."""
    todo: list[Any] = [document]
    while todo:
        item = todo.pop()
        if isinstance(item, dict):
            if item.get("type") == "bytes" and isinstance(item.get("data"), str):
                yield item
            todo.extend(item.values())
        elif isinstance(item, list):
            todo.extend(each for each in item if isinstance(each, dict | list))


def _size(data: bytes) -> int:
    """How many bytes come out of gzip, of all its members; no more than a piece is held."""
    whole, rest = 0, data
    while rest:
        member = zlib.decompressobj(_GZIP)
        while not member.eof:
            piece = member.decompress(rest, 1 << 20)
            whole += len(piece)
            rest = member.unconsumed_tail
            if not piece and not rest:
                return whole  # it ends too early, as its reader will tell
        rest = member.unused_data
    return whole
