"""Toy values for writers: a picture, a table that is staged as an artifact, and values that cannot be written."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import attrs

from wbtypes_core import (
    BatchableMedia,
    BytesFile,
    DecodeContext,
    EncodeContext,
    EncodeError,
    Media,
    MediaFile,
    Registry,
    hookimpl,
)
from wbtypes_core.codec import Codec, MediaCodec
from wbtypes_core.files import LazyFile
from wbtypes_core.jsonio import JsonObject
from wbtypes_core.layout import label_key


@attrs.frozen(kw_only=True)
class Picture(BatchableMedia):
    """Bytes that are encoded at first need, perhaps slowly, with labels in the config."""

    labels: Any = attrs.field(default=None, hash=False)

    @classmethod
    def of(cls, data: bytes, labels: Any = None, slow: float = 0.0) -> Picture:
        """A picture of some bytes, whose encoding takes some seconds."""

        def make() -> bytes:
            time.sleep(slow)
            return data

        return cls.restore(file=LazyFile(make, ".pic"), labels=labels)


class PictureCodec(MediaCodec[Picture]):
    """A file in the run, and a note in its config."""

    tag = "picture-file"
    value_type = Picture
    folder = "media/pictures"
    keys = ()

    def build(self, node: dict[str, Any], file: MediaFile, ctx: DecodeContext) -> Picture:
        return Picture.restore(file=file, labels=ctx.named("set").note("mask/class_labels"))

    def fields(self, value: Picture, ctx: EncodeContext) -> dict[str, Any]:
        if value.labels is not None:
            key = label_key(ctx.key, "set")
            ctx.named("set").note(
                "mask/class_labels", {"type": "mask/class_labels", "key": key, "value": value.labels}
            )
        return {}


@attrs.frozen(kw_only=True)
class Sheet(Media):
    """A text that lies in an artifact of its own too, as tables do."""

    text: str = ""

    @classmethod
    def of(cls, text: str) -> Sheet:
        """A sheet of a text."""
        return cls.restore(file=BytesFile(text.encode(), ".txt"), text=text)


class SheetCodec(MediaCodec[Sheet]):
    """Stages an artifact with one entry, and refers to it."""

    tag = "sheet-file"
    value_type = Sheet
    folder = "media/sheets"
    keys = ("_latest_artifact_path",)

    def build(self, node: dict[str, Any], file: MediaFile, ctx: DecodeContext) -> Sheet:
        return Sheet.restore(file=file)

    def fields(self, value: Sheet, ctx: EncodeContext) -> dict[str, Any]:
        inner, address = ctx.bundle(ctx.key, "run_table")
        entry = f"{ctx.key}.sheet.txt"
        inner.put(BytesFile(value.text.encode()), "", name=entry)
        if value.text == "refused":
            raise EncodeError("is refused once it is staged")
        return {
            "artifact_path": address.url(entry),
            "_latest_artifact_path": address.latest_url(entry),
        }


class Growing(Media):
    """A list of texts that may grow, as a table does; each encoding writes what came since the last."""

    __hash__ = None  # type: ignore[assignment]

    if not TYPE_CHECKING:
        __setattr__ = object.__setattr__

    @classmethod
    def of(cls, *texts: str, slow: float = 0.0) -> Growing:
        """A list of these, whose encoding takes some seconds."""
        made = cls.restore(file=BytesFile(b""))
        made.texts, made.done, made.slow = list(texts), [0], slow
        return made

    texts: list[str]
    done: list[int]
    slow: float

    def snapshot(self) -> Growing:
        twin = Growing.of(*self.texts, slow=self.slow)
        twin.done = self.done
        return twin


class GrowingCodec(Codec[Growing]):
    """The texts since the last encoding."""

    tag = "growing"
    value_type = Growing
    keys = ("texts",)

    def encode(self, value: Growing, ctx: EncodeContext) -> JsonObject:
        time.sleep(value.slow)
        first, value.done[0] = value.done[0], len(value.texts)
        return {"texts": value.texts[first:]}

    def decode(self, node: Any, ctx: DecodeContext) -> Growing:
        return Growing.of(*node["texts"])


class Faulty(Media):
    """A value whose encoding fails."""

    @classmethod
    def of(cls, error: Exception | None = None) -> Faulty:
        """A value that raises while it is encoded."""

        def make() -> bytes:
            raise error or EncodeError("is faulty")

        return cls.restore(file=LazyFile(make, ".bad"))


class FaultyCodec(MediaCodec[Faulty]):
    """Never gets to write anything."""

    tag = "faulty-file"
    value_type = Faulty
    folder = "media/faulty"
    keys = ()

    def build(self, node: dict[str, Any], file: MediaFile, ctx: DecodeContext) -> Faulty:
        return Faulty.restore(file=file)

    def fields(self, value: Faulty, ctx: EncodeContext) -> dict[str, Any]:
        return {}


class Plugin:
    """The codecs as a plugin."""

    @hookimpl
    def wbtypes_register(self, types: Any) -> None:
        types.add(PictureCodec(), SheetCodec(), GrowingCodec(), FaultyCodec())


def toys() -> Registry:
    """A registry of these codecs alone."""
    return Registry.of(Plugin())
