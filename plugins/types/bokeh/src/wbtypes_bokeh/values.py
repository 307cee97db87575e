"""What a bokeh document is: the JSON of its models, taken from bokeh or from where it was saved."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import IO, Any

from attrs import field, frozen

from wbtypes_core import BytesFile, DecodeError, FrozenMap, Media, MediaFile
from wbtypes_core.codec import expect_object, json_file, read
from wbtypes_core.files import as_file
from wbtypes_core.jsonio import JsonObject, loads
from wbtypes_core.limits import Limits
from wbtypes_core.plain import copied, json_copy
from wbtypes_core.values import check_caption, with_caption

SUFFIX = ".bokeh.json"

_UNTITLED = "Bokeh Application"
"""What bokeh calls a document that has no title."""


@frozen(kw_only=True, init=False, repr=False)
class Bokeh(Media):
    """A bokeh document, stored as its JSON.

    Models (figures, layouts, widgets) are written as a document of their own, whichever they belong to, and stay where they
    are. Saved JSON is kept byte for byte and needs no bokeh, whatever version wrote it.

    Args:
        data_or_path: a bokeh model or ``Document``; the document's JSON as a dict, or as text that begins with ``{``; or
            its file: a path (any other ``str``), an open file or a `MediaFile`.
        caption: text or a number shown with it; no wandb client writes one.

    Raises:
        TypeError: `data_or_path` is none of these.
        ValueError: it is no JSON of a document, or bokeh cannot write it.
        OSError: the file cannot be read.
    """

    file: MediaFile = field(eq=False)
    _document: JsonObject = field(eq=FrozenMap)

    in_file = frozenset(("document",))

    def __init__(
        self,
        data_or_path: str | os.PathLike[str] | IO[str] | IO[bytes] | MediaFile | Mapping[str, Any] | Any,
        caption: str | int | float | None = None,
    ) -> None:
        caption = check_caption(caption)
        file, document = _taken(data_or_path)
        self.__attrs_init__(file=file, caption=caption, document=document)

    def write_file(self) -> MediaFile:
        """A new file of the document."""
        document = self._document
        return json_file(lambda: document, SUFFIX)

    @property
    def document_json(self) -> JsonObject:
        """The document as it is stored: a new dict with ``roots``, ``version``, ``title`` and what else bokeh wrote."""
        document: JsonObject = copied(self._document)
        return document

    @property
    def version(self) -> str | None:
        """The version of the bokeh that wrote it, as ``"3.9.2"``; None where nothing says so."""
        version = self._document.get("version")
        return version if isinstance(version, str) else None

    def to_bokeh(self) -> Any:
        """The ``bokeh.document.Document``; its `roots` are the models.

        Each call makes new models. Classes that a document defines for itself are not taken up; properties that the installed
        bokeh does not know are left out, of which its log tells.

        Raises:
            DecodeError: the installed bokeh cannot read it, as bokeh 3 cannot what a bokeh before 3 wrote.
            LimitError: ``ratio``: its compressed arrays are too large for their bytes.
            MissingExtra: bokeh is not installed.
        """
        from . import native

        return native.to_bokeh(self.document_json, self.file)

    def describe(self) -> str:
        """What its roots are, the version of bokeh, the title, and the caption."""
        title = self._document.get("title")
        shown = title if isinstance(title, str) and title not in ("", _UNTITLED) else None
        return with_caption(with_caption(_summary(self._document, self.version), shown), self.caption)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.describe()})"


def document_of(parsed: Any) -> JsonObject:
    """Parsed JSON as a document: an object that has roots.

    Raises:
        DecodeError: ``wrong-type`` or ``missing-key``.
    """
    document = expect_object(parsed)
    read(document, "roots", list, dict)
    return document


def _taken(data: Any) -> tuple[MediaFile, JsonObject]:
    """The file and the document of what a user gave."""
    if isinstance(data, str) and data.lstrip().startswith("{"):
        return _saved(BytesFile(data.encode("utf-8", "surrogatepass"), SUFFIX), "this text")
    if isinstance(data, Mapping):
        return _written(json_copy(data, "document"), "this dict")
    if isinstance(data, str | os.PathLike | MediaFile) or hasattr(data, "read"):
        return _saved(as_file(data, suffix=SUFFIX), None)
    from . import native

    return _written(loads(native.serialized(data)), f"this {type(data).__name__}")


def _written(parsed: Any, what: str) -> tuple[MediaFile, JsonObject]:
    document = _checked(parsed, what)
    return json_file(lambda: document, SUFFIX), document


def _saved(file: MediaFile, what: str | None) -> tuple[MediaFile, JsonObject]:
    """A file as it is, and the document in it."""
    try:
        parsed = loads(file.read())
        Limits.unlimited().check(parsed)
    except DecodeError as error:
        raise ValueError(f"{what or file} is no saved bokeh document: {error.message}") from None
    return file, _checked(parsed, what or str(file))


def _checked(parsed: Any, what: str) -> JsonObject:
    try:
        return document_of(parsed)
    except DecodeError as error:
        raise ValueError(f"{what} is no bokeh document, which is an object with roots: {error}") from None


def _summary(document: JsonObject, version: str | None) -> str:
    roots = _roots(document["roots"])
    names = [name for name in dict.fromkeys(map(_name, roots)) if name is not None]
    named = f" ({', '.join(names[:4])}{', ...' if len(names) > 4 else ''})" if names else ""
    by = f", bokeh {version}" if version is not None and len(version) < 30 else ""
    return f"{len(roots)} root{'' if len(roots) == 1 else 's'}{named}{by}"


def _roots(roots: Any) -> list[Any]:
    """The root models; before bokeh 3 they are named among all others by their ids."""
    if isinstance(roots, list):
        return roots
    ids, models = roots.get("root_ids"), roots.get("references")
    if not isinstance(ids, list) or not isinstance(models, list):
        return []
    wanted = {each for each in ids if isinstance(each, str)}
    return [
        each
        for each in models
        if isinstance(each, dict) and isinstance(each.get("id"), str) and each["id"] in wanted
    ]


def _name(model: Any) -> str | None:
    """What bokeh calls a model's class: ``Figure``."""
    if not isinstance(model, dict):
        return None
    said = (model.get(key) for key in ("name", "subtype", "type"))
    return next((each for each in said if isinstance(each, str) and len(each) < 40), None)
