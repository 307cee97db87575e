"""Values: frozen, equal by content, keeping what they do not understand."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Mapping, Sequence
from types import MappingProxyType

import attrs
import pytest
from attrs import field, frozen
from wbtypes_toy import Doc, Note, Pic, Strokes

from wbtypes_core import (
    Batch,
    BatchableMedia,
    BytesFile,
    FrozenMap,
    Linked,
    Media,
    MediaRef,
    MemoryStore,
    Opaque,
    StoredFile,
    WBValue,
    decode,
    encode,
)
from wbtypes_core.errors import Code, Reason
from wbtypes_core.jsonio import dumps
from wbtypes_core.plain import JsonCopy, copied, json_copy
from wbtypes_core.values import check_caption, frozen_map, spell_size

OPAQUE = Opaque("x", {"_type": "x", "a": [1]})


# -- every value ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    [
        Note(text="a"),
        Pic(b"x"),
        Doc({"a": 1}),
        Strokes(),
        Batch([Note(text="a")]),
        OPAQUE,
        Linked("x", MediaRef("p"), {}),
    ],
    ids=lambda value: type(value).__name__,
)
def test_values_are_frozen(value):
    name = attrs.fields(type(value))[-1].name
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        setattr(value, name, 1)
    with pytest.raises((attrs.exceptions.FrozenInstanceError, AttributeError)):
        value.no_such_attribute = 1


def test_values_are_equal_by_content():
    assert Note(text="a", stars=1) == Note(text="a", stars=1.0)
    assert Note(text="a") != Note(text="b")
    assert Note(text="a") != "a"
    assert Pic(b"x", "c") == Pic(BytesFile(b"x", ".other"), "c")
    assert Pic(b"x") != Pic(b"y")
    assert Pic(b"x", "c") != Pic(b"x")


def test_equal_values_have_equal_hashes():
    pairs = [
        (Note(text="a", stars=1), Note(text="a", stars=1.0)),
        (Pic(b"x"), Pic(BytesFile(b"x"))),
        (Doc({"a": 1, "b": 2}), Doc({"b": 2.0, "a": 1.0})),
        (Note(text="a", extra={"new": [1]}), Note(text="a", extra={"new": [1]})),
    ]
    for left, right in pairs:
        assert left == right
        assert hash(left) == hash(right)
        assert len({left, right}) == 1


def test_what_is_not_understood_is_part_of_the_value():
    assert Note(text="a", extra={"new": 1}) != Note(text="a")
    assert Note(text="a", extra={"new": 1}) == Note(text="a", extra={"new": 1.0})


def test_json_media_are_equal_by_payload():
    first, second = Doc({"a": 1}), Doc({"a": 1.0})
    assert first.file != second.file
    assert first == second


def test_media_tell_the_hash_and_size_of_their_file():
    pic = Pic(b"abc")
    assert (pic.sha256, pic.size) == (pic.file.sha256, 3)
    assert isinstance(pic, BatchableMedia)
    assert isinstance(pic, Media)


def test_replace_gives_a_copy_past_the_constructor():
    pic = Pic(b"x", "one", width=3, strokes={"s": Strokes()})
    other = pic.replace(caption="two")
    assert (other.caption, other.width, other.file, other.strokes) == ("two", 3, pic.file, pic.strokes)
    assert pic.caption == "one"
    assert type(other) is Pic
    assert pic.replace() == pic
    with pytest.raises(TypeError):
        pic.replace(no_such_field=1)


def test_restore_fills_the_fields():
    pic = Pic.restore(file=BytesFile(b"x"), width=7)
    assert (pic.width, pic.caption, pic.extra) == (7, None, {})
    assert pic.strokes == {}
    with pytest.raises(TypeError):
        Pic.restore(width=7)


def test_subclasses_with_a_constructor_of_their_own_restore_and_replace():
    class Photo(Pic):
        """A subclass that users wrote: another constructor, no new fields."""

        def __init__(self, name):
            super().__init__(name.encode(), name)

    photo = Photo("cat")
    assert (photo.caption, photo.file.read()) == ("cat", b"cat")
    other = photo.replace(caption="dog")
    assert type(other) is Photo
    assert (other.caption, other.file) == ("dog", photo.file)
    assert type(Photo.restore(file=photo.file)) is Photo


@frozen(init=False)
class Framed(Pic):
    frame: str = field(default="gold", kw_only=True)

    def __init__(self, data, frame):
        self.__attrs_init__(file=BytesFile(data), frame=frame)


def test_a_class_without_its_decorator_says_what_it_lacks():
    class Bare(Media):
        def __init__(self, data):
            self.__attrs_init__(file=BytesFile(data))

    with pytest.raises(
        TypeError, match=r"made no initializer for Bare: put @attrs\.frozen\(kw_only=True, init=False\)"
    ):
        Bare(b"x")
    assert Bare.restore(file=BytesFile(b"x")).file.read() == b"x"


def test_subclasses_with_fields_of_their_own_restore_and_replace():
    framed = Framed(b"x", "silver")
    assert framed.replace(caption="c").frame == "silver"
    assert framed.replace(frame="wood").frame == "wood"
    assert framed != framed.replace(frame="wood")
    assert Framed.restore(file=BytesFile(b"x")).frame == "gold"
    assert framed != Pic(b"x")


@pytest.mark.parametrize(
    "value",
    [
        Note(text="a", extra={"x": [1]}),
        Pic(b"x", strokes={"s": Strokes(points=((0, 1),))}),
        Doc({"a": [1]}),
        Batch([Note(text="a")], tag="t", layout={"old": True}),
        Opaque("x", {"_type": "x"}, Reason(Code.BROKEN, "why"), source=MemoryStore({"a": b"x"})),
        Linked("x", MediaRef("p", "aa", 3), {"_type": "x"}, Reason(Code.NOT_FOLLOWED, "why")),
    ],
    ids=lambda value: type(value).__name__,
)
def test_values_travel_between_processes(value):
    for twin in (pickle.loads(pickle.dumps(value)), copy.deepcopy(value), copy.copy(value)):
        assert type(twin) is type(value)
        assert twin == value
        assert hash(twin) == hash(value)
        assert twin.extra == value.extra
    assert getattr(pickle.loads(pickle.dumps(value)), "reason", None) == getattr(value, "reason", None)


# -- frozen maps ----------------------------------------------------------------------------------------------


def test_a_frozen_map_is_a_mapping_that_cannot_change():
    given = {"a": {"b": [1]}}
    held = frozen_map(given)
    given["a"]["b"].append(2)
    given["c"] = 3
    assert held == {"a": {"b": [1]}}
    assert isinstance(held, Mapping)
    assert (list(held), len(held), held["a"]) == (["a"], 1, {"b": [1]})
    with pytest.raises(TypeError):
        held["x"] = 1
    with pytest.raises(TypeError):
        del held["a"]
    assert repr(held) == "{'a': {'b': [1]}}"


def test_frozen_maps_compare_as_json_does():
    assert FrozenMap({"a": 1, "b": float("nan")}) == {"b": float("nan"), "a": 1.0}
    assert FrozenMap({"a": 1}) != FrozenMap({"a": True})
    assert FrozenMap({"a": 1}) != [("a", 1)]
    assert FrozenMap() == {}
    assert FrozenMap({"a": 1}) == MappingProxyType({"a": 1})
    assert hash(FrozenMap({"a": 1, "b": 2})) == hash(FrozenMap({"b": 2.0, "a": 1.0}))


def test_the_views_of_a_frozen_map_cannot_change_it():
    held = FrozenMap({"a": 1, "b": 2})
    assert (list(held), list(held.values()), list(held.items())) == (["a", "b"], [1, 2], [("a", 1), ("b", 2)])
    for view in (held.items(), held.values()):
        with pytest.raises(TypeError):
            view.mapping["a"] = 3
    assert held == {"a": 1, "b": 2}


def test_frozen_maps_hold_values():
    assert FrozenMap({"m": Note(text="a")}) == FrozenMap({"m": Note(text="a")})
    assert FrozenMap({"m": Note(text="a")}) != FrozenMap({"m": Note(text="b")})
    assert FrozenMap({"m": OPAQUE}) == FrozenMap({"m": Opaque("x", {"_type": "x", "a": [1.0]})})


def test_a_frozen_map_of_one_is_itself():
    held = frozen_map({"a": 1})
    assert frozen_map(held) is held
    assert frozen_map(None) == {}
    assert FrozenMap([("a", 1)]) == {"a": 1}


# -- captions -------------------------------------------------------------------------------------------------


class Scalar:
    """What a numpy scalar looks like from outside."""

    shape = ()

    def __init__(self, value):
        self.value = value

    def item(self):
        return self.value


@pytest.mark.parametrize("caption", [None, "", "text", 3, 2.5, True])
def test_captions(caption):
    assert check_caption(caption) is caption


def test_captions_from_arrays_libraries():
    assert check_caption(Scalar(3)) == 3
    assert check_caption(Scalar("x")) == "x"


@pytest.mark.parametrize("caption", [b"x", ["x"], {"a": 1}, object(), Scalar([1])])
def test_captions_that_the_wire_cannot_have(caption):
    with pytest.raises(TypeError, match="caption is text or a number, not "):
        check_caption(caption)


# -- batches --------------------------------------------------------------------------------------------------


def test_a_batch_is_a_sequence():
    notes = [Note(text=text) for text in "abc"]
    batch = Batch(notes)
    assert isinstance(batch, Sequence)
    assert (len(batch), batch[0], batch[-1]) == (3, notes[0], notes[2])
    assert batch[1:] == (notes[1], notes[2])
    assert list(batch) == notes
    assert list(reversed(batch)) == notes[::-1]
    assert notes[1] in batch
    assert batch.index(notes[1]) == 1
    assert batch.count(notes[2]) == 1
    with pytest.raises(IndexError):
        batch[3]


def test_a_batch_is_equal_to_any_sequence_of_equal_values():
    notes = [Note(text="a"), Note(text="b")]
    batch = Batch(notes)
    assert batch == notes
    assert batch == tuple(notes)
    assert batch == Batch(iter(notes), tag="anything")
    assert hash(batch) == hash(tuple(notes)) == hash(Batch(notes, tag="x"))
    assert batch != notes[:1]
    assert batch != "ab"
    assert Batch([]) == []


def test_a_batch_holds_values_of_one_class():
    with pytest.raises(TypeError, match="one class; these are Note, Pic: log a list instead"):
        Batch([Note(text="a"), Pic(b"x")])
    with pytest.raises(TypeError, match="holds values such as Image, not int"):
        Batch([1])
    mixed = Batch([Note(text="a"), OPAQUE, Linked("x", MediaRef("p"), {})])
    assert len(mixed) == 3


def test_a_batch_replaces_its_items():
    batch = Batch([Note(text="a")], tag="t", layout={"old": 1})
    other = batch.replace(items=[Note(text="b")])
    assert (other[0].text, other.tag, other.layout) == ("b", "t", {"old": 1})


# -- what is not understood -----------------------------------------------------------------------------------


def test_an_opaque_value_is_a_read_only_mapping_of_its_json():
    node = {"_type": "x", "a": 1}
    value = Opaque("x", node, "why")
    assert isinstance(value, Mapping)
    assert (dict(value), len(value), value["a"], value.get("b")) == (node, 2, 1, None)
    assert "a" in value
    assert list(value.items()) == [("_type", "x"), ("a", 1)]
    with pytest.raises(KeyError):
        value["b"]
    with pytest.raises(TypeError):
        value["a"] = 2


def test_opaque_values_compare_as_json_does():
    assert Opaque("x", {"a": 1}) == Opaque("x", {"a": 1.0}, "another reason")
    assert Opaque("x", {"a": 1}) == {"a": 1.0}
    assert Opaque("x", {"a": 1}) == {"a": 1}
    assert Opaque("x", {"a": 1}) != Opaque("y", {"a": 1})
    assert Opaque("x", {"a": 1}) != Opaque("x", {"a": True})
    assert hash(Opaque("x", {"a": 1})) == hash(Opaque("x", {"a": 1.0}))


def test_an_opaque_list_has_no_keys():
    value = Opaque("x", [1, 2])
    assert (len(value), list(value), value.node) == (0, [], [1, 2])
    with pytest.raises(KeyError):
        value["a"]
    assert value == Opaque("x", [1, 2.0])
    assert value != Opaque("x", [1])


def test_linked_values_compare_by_their_node():
    node = {"_type": "x", "path": "p", "size": 1}
    linked = Linked("x", MediaRef("p", None, 1), node, Reason(Code.NOT_FOLLOWED, "not asked"))
    assert linked == Linked("x", MediaRef("p", None, 1), {**node, "size": 1.0})
    assert linked != Linked("y", MediaRef("p", None, 1), node)
    assert linked != Linked("x", MediaRef("p", None, 1), {**node, "size": 2})
    assert linked != node
    assert hash(linked) == hash(Linked("x", MediaRef("p", None, 1), node))
    assert isinstance(linked, WBValue)


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (Opaque("histogram", {}, "pip install wbtypes-histogram"), ": pip install wbtypes-histogram"),
        (Opaque("histogram", {}), ""),
        (Linked("x", MediaRef("p"), {}, Reason(Code.MISSING_FILE, "p is gone")), ": p is gone"),
        (Linked("x", MediaRef("p"), {}), ": not followed"),
    ],
)
def test_what_is_not_understood_tells_why_it_lacks_an_attribute(value, why):
    kind = type(value).__name__
    with pytest.raises(AttributeError) as caught:
        _ = value.bins
    assert str(caught.value) == f"{kind!r} object has no attribute 'bins'{why}"
    assert not hasattr(value, "bins")
    assert getattr(value, "bins", 1) == 1
    with pytest.raises(AttributeError) as caught:
        _ = value.__array__
    assert str(caught.value) == f"{kind!r} object has no attribute '__array__'"


@pytest.mark.parametrize("kind", [Opaque, Linked])
def test_what_is_not_understood_can_be_made_field_by_field(kind):
    for name in ("tag", "reason", "_private"):
        with pytest.raises(AttributeError, match=name):
            getattr(kind.__new__(kind), name)


# -- depth ----------------------------------------------------------------------------------------------------


def nested(wrap):
    node = 1
    for _ in range(250):
        node = wrap(node)
    return node


@pytest.mark.parametrize("wrap", [lambda node: [node], lambda node: {"a": node}], ids=["lists", "objects"])
def test_what_is_nested_some_hundred_levels_deep_can_be_handled(wrap, toys):
    """Python allows 1,000 frames in all, and copying takes two of them a level."""
    node = nested(wrap)
    source = MemoryStore({"d.json": dumps({"a": node}).encode()})
    linked = {"_type": "toy-doc", "path": "d.json"}
    kept = [
        Opaque("x", {"_type": "x", "a": node}),
        Linked("x", MediaRef("p"), {"a": node}),
        decode({"_type": "toy-note", "text": "a", "new": node}, registry=toys),
        decode(linked, source, registry=toys),
        FrozenMap({"a": node}),
    ]
    assert isinstance(kept[3], Doc)
    for value in kept:
        assert repr(value)
        assert pickle.loads(pickle.dumps(value)) == value
        assert copy.deepcopy(value) == value
        assert hash(value) == hash(copy.copy(value))
    assert copied(node) == json_copy(node, "val") == JsonCopy()(node, "val") == node
    assert decode(node, registry=toys) == node
    for value in kept[:4]:
        assert encode([value], MemoryStore(), registry=toys).json


# -- listings -------------------------------------------------------------------------------------------------


def test_values_describe_themselves_in_a_few_words():
    class Never(MemoryStore):
        def open(self, ref):
            raise AssertionError("a listing opens no file")

    stored = StoredFile(Never(), MediaRef("media/cat.PNG"))
    assert Note(text="a").describe() == ""
    assert Pic(stored).describe() == "PNG"
    assert Pic(b"x", "a cat").describe() == "pic, 1 byte, 'a cat'"
    assert Pic(BytesFile(bytes(1_234_567)), 3).describe() == "file, 1.23 MB, '3'"
    assert Batch([Pic(b"x"), Pic(b"y", "c")]).describe() == "2 x Pic: pic, 1 byte"
    huge = StoredFile(Never(), MediaRef("a.pic", size=10**400))
    assert Pic(huge).describe() == "pic, an impossible number of bytes"
    assert Batch([]).describe() == "empty"
    assert Opaque("x", {}, "no plugin").describe() == "no plugin"
    assert Linked("x", MediaRef("p"), {}).describe() == "not followed"
    assert Linked("x", MediaRef("p"), {}, Reason(Code.MISSING_FILE, "p is gone")).describe() == "p is gone"


def test_long_captions_are_cut_to_one_short_line():
    told = Pic(b"x", "two\nlines " + "w" * 80).describe()
    assert told.startswith("pic, 1 byte, 'two lines www")
    assert told.endswith("...'")
    assert len(told) < 70


def test_the_snapshot_of_a_value_that_cannot_change_is_itself() -> None:
    batch = Batch(())
    assert batch.snapshot() is batch


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (1000, "1 kB"),
        (12_345, "12.3 kB"),
        (999_499, "999 kB"),
        (999_500, "1 MB"),
        (5 * 10**9, "5 GB"),
        (2**63 - 1, "9.22 EB"),
        (2**63, "an impossible number of bytes"),
    ],
)
def test_sizes_are_spelled_for_people(size: int, text: str) -> None:
    assert spell_size(size) == text
