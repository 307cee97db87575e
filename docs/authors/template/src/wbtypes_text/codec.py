"""How a text travels."""

from __future__ import annotations

from wbtypes_core import DecodeContext, MediaCodec, MediaFile
from wbtypes_core.codec import caption_of
from wbtypes_core.jsonio import JsonObject

from .values import Text


class TextCodec(MediaCodec[Text]):
    """``text-file``: the keys that all media have, and no others."""

    tag = "text-file"
    value_type = Text
    folder = "media/text"

    def build(self, node: JsonObject, file: MediaFile, ctx: DecodeContext) -> Text:
        """The text of a node; its file stays closed."""
        return Text.restore(file=file, caption=caption_of(node))

    def native(self, value: Text) -> str:
        """The text itself."""
        return value.text
