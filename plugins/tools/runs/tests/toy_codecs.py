"""Toy codecs: a file, a linked JSON file and an inline value, so that runs are tested without any type package."""

from __future__ import annotations

from typing import Any

import attrs

from wbtypes_core import DecodeContext, DecodeError, Linked, Media, MediaFile, WBValue, hookimpl
from wbtypes_core.codec import Codec, JsonFileCodec, MediaCodec


@attrs.frozen(kw_only=True)
class Sketch(Media):
    """A picture of the tests, with what the run's config says of it."""

    ink: Any = None
    parts: tuple[Any, ...] = ()
    step: int | None = None


class SketchCodec(MediaCodec[Sketch]):
    """Reads ``parts`` as values of their own, and the label note."""

    tag = "sketch"
    value_type = Sketch
    folder = "media/sketch"
    keys = ("parts",)

    def build(self, node: dict[str, Any], file: MediaFile, ctx: DecodeContext) -> Sketch:
        parts = tuple(ctx.decode(part, "parts", at) for at, part in enumerate(node.get("parts", ())))
        ink = ctx.named("ink").note("mask/class_labels")
        return Sketch.restore(file=file, ink=ink, parts=parts, step=ctx.step)


@attrs.frozen(kw_only=True)
class Note(Media):
    """A text of the tests whose file is JSON."""

    text: Any = None


class NoteCodec(JsonFileCodec[Note]):
    """Follows its file."""

    tag = "note"
    value_type = Note
    folder = "media/note"

    def parse(self, document: Any, node: dict[str, Any], file: MediaFile, ctx: DecodeContext) -> Note:
        return Note.restore(file=file, text=document)


@attrs.frozen(kw_only=True)
class Tally(WBValue):
    """A number of the tests."""

    count: int


class TallyCodec(Codec[Tally]):
    """Refuses what is no count."""

    tag = "tally"
    value_type = Tally
    keys = ("count",)

    def encode(self, value: Tally, ctx: Any) -> dict[str, Any]:
        return {"count": value.count}

    def decode(self, node: Any, ctx: DecodeContext) -> Tally | Linked:
        if type(node.get("count")) is not int:
            raise DecodeError("is no count", path=("count",))
        return Tally(count=node["count"])


class Plugin:
    """The three codecs as a plugin."""

    @hookimpl
    def wbtypes_register(self, types: Any) -> None:
        types.add(SketchCodec(), NoteCodec(), TallyCodec())
