"""How metadata travels: the `metadata` object, whose file is the value, and the ground for types like it."""

from __future__ import annotations

from typing import Any

from wbtypes_core import Code, DecodeContext, DecodeError, JsonFileCodec, MediaFile
from wbtypes_core.codec import caption_of
from wbtypes_core.jsonio import JsonObject

from .values import JSONMetadata


class MetadataCodec(JsonFileCodec[JSONMetadata]):
    """The `metadata` object of runs and of artifacts.

    A subclass with another `tag` and `value_type` is the codec of a type of its own; as in wandb its files go to
    ``media/metadata/<tag>``.
    """

    tag = JSONMetadata.type_name()
    value_type = JSONMetadata
    folder = f"media/metadata/{tag}"

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Give the files of a type of its own their folder."""
        super().__init_subclass__(**kwargs)
        if "folder" not in vars(cls):
            cls.folder = f"media/metadata/{cls.tag}"

    def parse(self, document: Any, node: JsonObject, file: MediaFile, ctx: DecodeContext) -> JSONMetadata:
        """The value of a file."""
        value: JSONMetadata = self.value_type.restore(file=file, caption=caption_of(node), val=document)
        try:
            value.check(document)
        except (TypeError, ValueError, LookupError) as error:
            raise DecodeError(f"{file}: {error}", reason=Code.BAD_VALUE) from None
        return value

    def native(self, value: JSONMetadata) -> Any:
        """The plain JSON value."""
        return value.val

    def column_type(self, value: JSONMetadata) -> JsonObject:
        """Metadata has no column type of its own in wandb."""
        return {"wb_type": "pythonObject", "params": {"class_name": type(value).__name__}}
