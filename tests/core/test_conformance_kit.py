"""The conformance kit, held against the toys: it passes what is right, and names each fault."""

from __future__ import annotations

from pathlib import Path

import pytest
import wbtypes_toy.plugin
from wbtypes_toy import Doc, Note, Pic, Strokes
from wbtypes_toy.codec import DocCodec, NoteCodec, PicCodec, PicsCodec, StrokesCodec

from wbtypes_core import Batch, index
from wbtypes_core.testing import CodecConformance


@pytest.fixture(autouse=True)
def installed(monkeypatch):
    """The toys as an installed distribution."""
    monkeypatch.syspath_prepend(str(Path(__file__).parent / "toys" / "installed"))
    index.installed(refresh=True)
    yield
    monkeypatch.undo()
    index.installed(refresh=True)


class Toy(CodecConformance):
    plugin = wbtypes_toy.plugin
    corpus = Path(__file__).parent / "corpus"
    heavy = ("xml.sax", "wbtypes_toy.native")


class TestNote(Toy):
    codec = NoteCodec()

    def samples(self):
        yield Note(text="")
        yield Note(text="x", stars=0.5, draft=True)

    def native_equal(self, value, native):
        return native.template == value.text


class TestPic(Toy):
    codec = PicCodec()

    def samples(self):
        yield Pic(b"abc")
        yield Pic(b"abc", 1.5, width=3, strokes={"s": Strokes(points=((0, 1.5),))})


class TestPics(Toy):
    codec = PicsCodec()

    def samples(self):
        yield Batch([Pic(b"abc", "x"), Pic(b"d")])


class TestDoc(Toy):
    codec = DocCodec()

    def samples(self):
        yield Doc({"a": [1, float("nan")]}, "c")


class TestStrokes(Toy):
    codec = StrokesCodec()

    def samples(self):
        yield Strokes()
        yield Strokes(points=((0, 1), (2.5, 3)))
