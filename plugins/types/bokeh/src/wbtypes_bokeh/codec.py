"""How bokeh documents travel: `bokeh-file` links to the document's JSON."""

from __future__ import annotations

from typing import Any

from wbtypes_core import DecodeContext, DecodeError, JsonFileCodec, MediaFile
from wbtypes_core.codec import caption_of
from wbtypes_core.jsonio import JsonObject

from .values import Bokeh, document_of


class BokehCodec(JsonFileCodec[Bokeh]):
    """The `bokeh-file` object of runs and of artifacts: the keys that all media have, and no others.

    Wire format, section 2.11. The file is the document's JSON, of the schema of the bokeh that wrote it; no client writes
    a caption, one that is there is kept.
    """

    tag = "bokeh-file"
    value_type = Bokeh
    folder = "media/bokeh"
    natives = ("bokeh.model.model.Model", "bokeh.document.document.Document")

    def parse(self, document: Any, node: JsonObject, file: MediaFile, ctx: DecodeContext) -> Bokeh:
        """The document of a file."""
        try:
            found = document_of(document)
        except DecodeError as error:
            raise DecodeError(f"{file}: {error}", reason=error.reason) from None
        return Bokeh.restore(file=file, caption=caption_of(node), document=found)

    def adopt(self, obj: Any) -> Bokeh:
        """The value of a model or document of bokeh."""
        return Bokeh(obj)

    def native(self, value: Bokeh) -> Any:
        """The ``bokeh.document.Document``."""
        return value.to_bokeh()
