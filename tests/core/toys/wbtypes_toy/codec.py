"""How the toys travel."""

from __future__ import annotations

from typing import Any

from wbtypes_core import BatchCodec, Codec, JsonFileCodec, MediaCodec
from wbtypes_core.codec import EXACT, caption_of, exact_of, expect_object, read
from wbtypes_core.errors import Code, DecodeError

from .values import Doc, Note, Pic, Strokes


def _renamed(node: dict[str, Any]) -> dict[str, Any]:
    """Version 0 said ``note``."""
    if not isinstance(node, dict) or "note" not in node or "text" in node:
        return node
    return {"text" if key == "note" else key: item for key, item in node.items()}


class NoteCodec(Codec[Note]):
    tag, value_type = "toy-note", Note
    keys = ("text", "stars")
    exact_keys = ("draft",)
    natives = ("string.Template",)
    upgrades = (_renamed,)

    def encode(self, value, ctx):
        body = {"text": value.text}
        if value.stars is not None:
            body["stars"] = value.stars
        if value.draft:
            body[EXACT] = {"draft": True}
        return body

    def decode(self, node, ctx):
        node = expect_object(node)
        return Note.restore(
            text=read(node, "text", str),
            stars=read(node, "stars", float, default=None),
            draft=read(exact_of(node), "draft", bool, default=False),
        )

    def native(self, value):
        from . import native

        return native.template(value)

    def adopt(self, obj):
        return Note(text=obj.template)


class StrokesCodec(Codec[Strokes]):
    tag, value_type = "toy-strokes", Strokes
    tagged = False

    def encode(self, value, ctx):
        return [list(point) for point in value.points]

    def decode(self, node, ctx):
        if not isinstance(node, list):
            raise DecodeError("is no list of points", reason=Code.WRONG_TYPE)
        return Strokes(points=tuple(_point(point, at) for at, point in enumerate(node)))


def _point(point: Any, at: int) -> tuple[float, float]:
    if isinstance(point, list) and len(point) == 2 and all(type(each) in (int, float) for each in point):
        return point[0], point[1]
    raise DecodeError("is no point [x, y]", reason=Code.BAD_VALUE, path=(at,))


class PicCodec(MediaCodec[Pic]):
    tag, value_type = "toy-pic", Pic
    folder = "media/pics"
    keys = ("width", "strokes")

    def fields(self, value, ctx):
        body = {} if value.width is None else {"width": value.width}
        if value.strokes:
            body["strokes"] = {
                name: ctx.named(name).encode(each, "strokes", name, expect="toy-strokes")
                for name, each in value.strokes.items()
            }
        return body

    def build(self, node, file, ctx):
        strokes = read(node, "strokes", dict, default={})
        return Pic.restore(
            file=file,
            caption=caption_of(node),
            width=read(node, "width", int, default=None),
            strokes={
                name: ctx.named(name).decode(each, "strokes", name, expect="toy-strokes")
                for name, each in strokes.items()
            },
        )


class PicsCodec(BatchCodec):
    tag, item_type = "toy-pics", Pic
    item_tag, items_key = "toy-pic", "pics"
    keys = ("count", "pics")


class DocCodec(JsonFileCodec[Doc]):
    tag, value_type = "toy-doc", Doc
    folder = "media/docs"

    def parse(self, document, node, file, ctx):
        return Doc.restore(file=file, caption=caption_of(node), payload=expect_object(document))
