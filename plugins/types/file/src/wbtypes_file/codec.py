"""How a file travels: the `file` object, which has the keys that all media have and no others."""

from __future__ import annotations

from wbtypes_core import DecodeContext, MediaCodec, MediaFile
from wbtypes_core.codec import caption_of
from wbtypes_core.jsonio import JsonObject

from .values import File


class FileCodec(MediaCodec[File]):
    """The `file` object: what wandb's base class of media writes where no subclass names a type of its own.

    That base class has no folder, as each of its subclasses names one; ``media/file`` follows their pattern,
    ``media/`` and the kind, so that files of this type never mix with others.
    """

    tag = "file"
    value_type = File
    folder = "media/file"

    def build(self, node: JsonObject, file: MediaFile, ctx: DecodeContext) -> File:
        """The file of a node; it stays closed."""
        return File.restore(file=file, caption=caption_of(node))

    def native(self, value: File) -> bytes:
        """All the bytes."""
        return value.read()

    def column_type(self, value: File) -> JsonObject:
        """Files have no column type of their own in wandb."""
        return {"wb_type": "pythonObject", "params": {"class_name": "File"}}
