"""What type checkers must see of the public names; checked by mypy and pyright, never run."""

from __future__ import annotations

from typing import Any, assert_type

from wbtypes import Histogram, Html, Image, open_run
from wbtypes_boxes2d import BoundingBoxes2D
from wbtypes_classes import Classes
from wbtypes_core import (
    Batch,
    BytesFile,
    Codec,
    DecodeContext,
    DirectoryStore,
    EncodeContext,
    Encoded,
    Limits,
    MediaFile,
    MediaRef,
    MediaSource,
    MediaStore,
    MemoryStore,
    Opaque,
    Registry,
    WBValue,
    adopt,
    decode,
    default_registry,
    encode,
    native,
)
from wbtypes_file import File
from wbtypes_mask import ImageMask


def stores() -> None:
    store: MediaStore = MemoryStore()
    source: MediaSource = DirectoryStore("files")
    encoded = encode({"x": 1}, store, key="x", step=3)
    assert_type(encoded, Encoded)
    assert_type(encoded.files, tuple[MediaRef, ...])
    assert_type(decode(encoded.json, source, limits=Limits(depth=8)), Any)
    assert_type(adopt(object()), WBValue)
    assert_type(native(adopt(object())), Any)


def values(image: Image, mask: ImageMask, boxes: BoundingBoxes2D, page: Html, counts: Histogram) -> None:
    assert_type(image.file, MediaFile)
    assert_type(image.width, int)
    assert_type(image.grouping, int | None)
    assert_type(image.replace(caption="x"), Image)
    assert_type(page.html, str)
    assert_type(mask.key, str)
    assert_type(boxes.key, str)
    assert_type(counts.nonfinite, int)
    assert_type(File("x").read(), bytes)
    assert_type(Image("x.png", caption="c", masks={"m": {"mask_data": []}}).to_pil().size, tuple[int, int])
    assert_type(len(Batch([image])), int)
    Classes([{"id": 0, "name": "cat"}])


def runs() -> None:
    run = open_run("run")
    for row in run.history(keys=["loss"], start=0, stop=10):
        assert_type(row.step, int | None)
        assert_type(row["loss"], Any)


def registries() -> None:
    registry = Registry.installed(prefer={"image-file": "wbtypes-image"}, block=["x"], only=None)
    assert_type(registry.codec("image-file"), Codec[Any])
    assert_type(default_registry(), Registry)


class Note(WBValue):
    """A third party's value."""


class NoteCodec(Codec[Note]):
    """A third party's codec."""

    tag = "note"
    value_type = Note

    def encode(self, value: Note, ctx: EncodeContext) -> dict[str, Any]:
        ref = ctx.put(BytesFile(b"x", ".txt"), "media/note")
        assert_type(ref, MediaRef)
        return ctx.describe(ref)

    def decode(self, node: Any, ctx: DecodeContext) -> Note:
        assert_type(ctx.file(node), MediaFile)
        return Note()


def opaque(value: Opaque) -> None:
    assert_type(value["_type"], Any)
    assert_type(value.reason, str)
