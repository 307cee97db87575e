"""A package of three small types, so that the command is tested with types that it has never heard of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import field, frozen

from wbtypes_core import (
    Batch,
    BatchableMedia,
    BatchCodec,
    Codec,
    DecodeContext,
    DecodeError,
    EncodeContext,
    Media,
    MediaCodec,
    MediaFile,
    Registrar,
    WBValue,
    hookimpl,
)
from wbtypes_core.codec import caption_of, expect_object, read
from wbtypes_core.jsonio import JsonObject


@frozen(kw_only=True)
class Stain(Media):
    """Something on a sketch, with a file of its own and labels that come from the run's config."""

    labels: Mapping[int, str] | None = field(default=None, hash=False)


@frozen(kw_only=True)
class Sketch(BatchableMedia):
    """A file with a width that is kept behind a property, and stains."""

    stains: Mapping[str, Stain] = field(factory=dict, hash=False)
    flipped: bool = False
    _width: int | None = field(default=None, eq=False)

    @property
    def width(self) -> int:
        """The width, which nobody should have to measure."""
        if self._width is None:
            raise AssertionError("a width was measured")
        return self._width

    def describe(self) -> str:
        """The width and the caption."""
        return f"{self._width} wide, {self.caption!r}, {len(self.stains)} stains"


@frozen(kw_only=True)
class Tally(WBValue):
    """Counts in no order, in the JSON itself."""

    counts: tuple[int, ...]

    def describe(self) -> str:
        """How many there are."""
        return f"{len(self.counts)} counts"


class StainCodec(MediaCodec[Stain]):
    tag = "toy-stain"
    value_type = Stain
    folder = "media/toy/stain"

    def build(self, node: JsonObject, file: MediaFile, ctx: DecodeContext) -> Stain:
        note: Any = ctx.note("mask/class_labels")
        return Stain.restore(file=file, caption=caption_of(node), labels=note and note["value"])


class SketchCodec(MediaCodec[Sketch]):
    tag = "toy-sketch"
    value_type = Sketch
    folder = "media/toy"
    keys = ("width", "stains", "flipped")

    def build(self, node: JsonObject, file: MediaFile, ctx: DecodeContext) -> Sketch:
        stains = read(node, "stains", dict, default={})
        return Sketch.restore(
            file=file,
            caption=caption_of(node),
            width=read(node, "width", int, default=None),
            flipped=read(node, "flipped", bool, default=False),
            stains={name: ctx.named(name).decode(each, "stains", name) for name, each in stains.items()},
        )


class SketchesCodec(BatchCodec):
    tag = "toy-sketches"
    item_type = Sketch
    keys = ("sketches",)

    def encode(self, value: Batch, ctx: EncodeContext) -> JsonObject:
        return {"sketches": [ctx.encode(item, index) for index, item in enumerate(value)]}

    def decode(self, node: Any, ctx: DecodeContext) -> Batch:
        items = read(expect_object(node), "sketches", list)
        return Batch([ctx.decode(item, "sketches", index) for index, item in enumerate(items)], tag=self.tag)


class TallyCodec(Codec[Tally]):
    tag = "toy-tally"
    value_type = Tally
    keys = ("counts",)

    def encode(self, value: Tally, ctx: EncodeContext) -> JsonObject:
        return {"counts": list(value.counts)}

    def decode(self, node: Any, ctx: DecodeContext) -> Tally:
        counts = read(node, "counts", list)
        if not all(type(each) is int for each in counts):
            raise DecodeError("has a count that is no number", path=("counts",))
        return Tally(counts=tuple(sorted(counts)))


@hookimpl
def wbtypes_register(types: Registrar) -> None:
    """Offer them."""
    types.add(StainCodec(), SketchCodec(), SketchesCodec(), TallyCodec())
