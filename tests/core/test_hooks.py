"""The five hooks: each called for its event, each able to abstain."""

from __future__ import annotations

import io
from string import Template

import pytest
import wbtypes_toy.plugin
from wbtypes_toy import Note, Pic
from wbtypes_toy.codec import NoteCodec

from wbtypes_core import (
    DecodeError,
    DirectoryStore,
    EncodeError,
    LimitError,
    MediaRef,
    MemoryStore,
    Opaque,
    Registry,
    adopt,
    decode,
    encode,
    hookimpl,
    hookspecs,
    native,
)


def with_hooks(plugin) -> Registry:
    return Registry.of(wbtypes_toy.plugin, plugin)


class Duck:
    """A foreign class that no metadata names."""

    sound = "quack"


class Ducks:
    """A plugin that knows ducks."""

    def __init__(self):
        self.asked = []

    @hookimpl
    def wbtypes_adopt(self, obj):
        self.asked.append(type(obj))
        return Note(text=obj.sound) if hasattr(obj, "sound") else None


def test_an_object_is_adopted_by_the_path_of_its_class(toys):
    assert adopt(Template("a"), registry=toys) == Note(text="a")
    assert encode([Template("a"), 1], None, registry=toys).json == [{"_type": "toy-note", "text": "a"}, 1]

    class Mine(Template):
        pass

    assert adopt(Mine("b"), registry=toys) == Note(text="b")


def test_a_value_is_adopted_as_it_is(toys):
    note = Note(text="a")
    assert adopt(note, registry=toys) is note


def test_native_gives_the_foreign_object(toys):
    assert native(Note(text="a"), registry=toys).template == "a"
    pic = Pic(b"x")
    assert native(pic, registry=toys) is pic


def test_native_of_what_is_no_value(toys):
    with pytest.raises(TypeError, match="native takes a decoded value such as Image, not dict"):
        native({"_type": "x"}, registry=toys)


def test_native_of_what_was_not_understood_says_why(toys):
    with pytest.raises(DecodeError, match="pip install wbtypes-image") as caught:
        native(decode({"_type": "image-file"}, registry=toys), registry=toys)
    assert caught.value.reason == "not-installed"
    linked = decode({"_type": "toy-doc", "path": "d.json"}, registry=toys)
    with pytest.raises(DecodeError, match="was not asked for") as caught:
        native(linked, registry=toys)
    assert caught.value.reason == "not-followed"


def test_native_of_what_is_too_deep_is_a_limit(toys, monkeypatch):
    monkeypatch.setattr(NoteCodec, "native", lambda self, value: self.native(value))
    with pytest.raises(LimitError, match="the toy-note is nested deeper than Python copies"):
        native(Note(text="a"), registry=toys)


def test_native_of_a_batch_is_a_list(toys):
    from wbtypes_core import Batch

    assert [each.template for each in native(Batch([Note(text="a"), Note(text="b")]), registry=toys)] == [
        "a",
        "b",
    ]


def test_adopt_asks_for_objects_that_no_class_path_claims():
    ducks = Ducks()
    registry = with_hooks(ducks)
    assert encode({"d": Duck()}, None, registry=registry).json == {
        "d": {"_type": "toy-note", "text": "quack"}
    }
    assert adopt(Template("x"), registry=registry) == Note(text="x")
    assert ducks.asked == [Duck]


def test_adopt_asks_once_per_class_that_nobody_takes():
    ducks = Ducks()
    registry = with_hooks(ducks)

    class Stone:
        pass

    for _ in range(3):
        with pytest.raises(EncodeError, match="Stone cannot be logged: give a value such as Image"):
            adopt(Stone(), registry=registry)
    assert ducks.asked == [Stone]


def test_a_known_class_of_ours_comes_with_the_pip_line(toys):
    Figure = type("Figure", (), {"__module__": "matplotlib.figure"})
    with pytest.raises(
        EncodeError, match=r'\["fig"\]: logging a Figure needs its plugin: pip install wbtypes-image'
    ):
        encode({"fig": Figure()}, None, registry=toys)


def test_unknown_type_serves_a_tag_that_nobody_claims():
    asked = []

    class OldNote(NoteCodec):
        tag = "old-note"

    class Fallback:
        @hookimpl
        def wbtypes_unknown_type(self, tag):
            asked.append(tag)
            return OldNote() if tag == "old-note" else None

    registry = with_hooks(Fallback())
    node = {"_type": "old-note", "text": "a", "newer": 1}
    for _ in range(2):
        value = decode(node, registry=registry)
        assert value == Note(text="a", extra={"newer": 1})
        assert isinstance(decode({"_type": "other"}, registry=registry), Opaque)
    assert decode({"_type": "toy-note", "text": "b"}, registry=registry) == Note(text="b")
    assert asked == ["old-note", "other"]


def test_open_is_asked_when_the_source_cannot():
    asked = []

    class Bucket:
        @hookimpl
        def wbtypes_open(self, ref):
            asked.append(ref)
            return io.BytesIO(b"from the bucket") if ref.artifact_path else None

    registry = with_hooks(Bucket())
    node = {"_type": "toy-pic", "artifact_path": "s3://bucket/cat.pic", "sha256": "ab"}
    remote = decode(node, registry=registry)
    assert asked == []
    assert remote.file.read() == b"from the bucket"
    assert asked == [MediaRef(None, "ab", None, "s3://bucket/cat.pic")]
    local = decode({"_type": "toy-pic", "path": "a.pic"}, MemoryStore({"a.pic": b"here"}), registry=registry)
    assert local.file.read() == b"here"
    assert len(asked) == 1
    missing = decode({"_type": "toy-pic", "path": "b.pic"}, MemoryStore(), registry=registry)
    with pytest.raises(DecodeError) as caught:
        missing.file.open()
    assert caught.value.reason == "missing-file"


def test_a_link_is_followed_through_open():
    class Bucket:
        @hookimpl
        def wbtypes_open(self, ref):
            return io.BytesIO(b'{"a": 1}')

    node = {"_type": "toy-doc", "path": "d.doc.json", "sha256": "ab"}
    assert decode(node, MemoryStore(), registry=with_hooks(Bucket())).payload == {"a": 1}


def test_stored_is_told_of_every_file(tmp_path):
    told = []

    class Auditor:
        @hookimpl
        def wbtypes_stored(self, ref, file):
            told.append((ref.path, file.read()))

    registry = with_hooks(Auditor())
    store = DirectoryStore(tmp_path)
    encoded = encode({"a": Pic(b"x"), "b": [Pic(b"y"), 1]}, store, registry=registry)
    assert told == [(ref.path, data) for ref, data in zip(encoded.files, (b"x", b"y"), strict=True)]
    encode(decode(encoded.json, store, registry=registry), store, registry=registry)
    assert len(told) == 2


def test_hooks_of_their_own_are_always_on(site):
    site.add(
        "hook-dist",
        hooks={"ducks": "hook_pkg.hooks"},
        hook_pkg__hooks="""
        from wbtypes_core import hookimpl
        from wbtypes_toy import Note

        @hookimpl
        def wbtypes_adopt(obj):
            return Note(text=obj.sound) if hasattr(obj, "sound") else None
        """,
    )
    assert adopt(Duck(), registry=site.registry()) == Note(text="quack")


def test_a_module_may_have_types_and_hooks(site, plugin_source):
    source = plugin_source("both") + "\n@hookimpl\ndef wbtypes_adopt(obj):\n    return Thing(word='duck')\n"
    site.add(
        "both-dist",
        types={"both": "both_pkg.plugin"},
        hooks={"h": "both_pkg.plugin"},
        both_pkg__plugin=source,
    )
    registry = site.registry()
    assert adopt(Duck(), registry=registry).word == "duck"
    assert registry.codec("both")
    assert [each.state for each in registry.providers()] == ["loaded"]


def test_every_hook_is_documented():
    hooks = [found for name, found in vars(hookspecs).items() if name.startswith("wbtypes_")]
    assert len(hooks) == 5
    assert all(hook.__doc__ for hook in hooks)
