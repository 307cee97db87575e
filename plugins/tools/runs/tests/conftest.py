"""What the tests of runs share: the folder of the hand-made log writer, a run in the making, and toy codecs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import attrs
import pytest

from wbtypes_core import DecodeContext, DecodeError, Linked, Media, MediaFile, Registry, WBValue, hookimpl
from wbtypes_core.codec import Codec, JsonFileCodec, MediaCodec

sys.path.insert(0, str(Path(__file__).parent))

from by_hand import Recording


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


@pytest.fixture(scope="session")
def toys() -> Registry:
    """A registry of the toy codecs alone."""
    return Registry.of(Plugin())


@pytest.fixture
def recording(tmp_path: Path) -> Recording:
    """A run folder in the making."""
    folder = tmp_path / "offline-run-20260131_101500-abc123"
    folder.mkdir()
    return Recording(folder)
