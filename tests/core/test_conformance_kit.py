"""The conformance kit, held against the toys: it passes what is right, and names each fault."""

from __future__ import annotations

import copy
import itertools
from pathlib import Path
from types import ModuleType

import pytest
import wbtypes_toy.plugin
from attrs import frozen
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from wbtypes_toy import Doc, Note, Pic, Strokes
from wbtypes_toy.codec import DocCodec, NoteCodec, PicCodec, PicsCodec, StrokesCodec

from wbtypes_core import Batch, BytesFile, DecodeError, Dialect, MediaRef, Opaque, WBValue, hookimpl, index
from wbtypes_core.jsonio import dumps
from wbtypes_core.testing import (
    CodecConformance,
    CorpusEntry,
    WatchedStore,
    conformance,
    mutations,
    read_corpus,
)


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


# -- each fault is named --------------------------------------------------------------------------------------


def module(*codecs, name="wbtypes_toy.plugin"):
    """A plugin module that adds these codecs."""
    made = ModuleType(name)

    def wbtypes_register(types):
        types.add(*codecs)

    made.wbtypes_register = hookimpl(wbtypes_register)
    return made


def kit(codec, *values, others=(), **attributes):
    """The kit over a codec and its samples."""
    facts = {
        "codec": codec,
        "plugin": module(codec, *others),
        "corpus": Toy.corpus,
        "samples": lambda self: values,
        **attributes,
    }
    return type("TestMade", (CodecConformance,), facts)()


class Forgetful(NoteCodec):
    def decode(self, node, ctx):
        return super().decode(node, ctx).replace(stars=None)


class Moody(NoteCodec):
    moods = itertools.count()

    def encode(self, value, ctx):
        return {**super().encode(value, ctx), "stars": next(self.moods)}


class Meddling(NoteCodec):
    def encode(self, value, ctx):
        object.__setattr__(value, "stars", 9)
        return super().encode(value, ctx)


class Consuming(NoteCodec):
    def decode(self, node, ctx):
        value = super().decode(node, ctx)
        node.pop("stars", None)
        return value


class Greedy(NoteCodec):
    keys = (*NoteCodec.keys, "wbtypes_testing_unknown")


class Trusting(NoteCodec):
    def decode(self, node, ctx):
        return Note(text=node["text"].strip())


class Swayed(NoteCodec):
    def encode(self, value, ctx):
        return {**super().encode(value, ctx), "stars": hash("a text, whose hash no two processes share")}


class Rewriting(PicCodec):
    def encode(self, value, ctx):
        return super().encode(value.replace(file=BytesFile(value.file.read() + b".", ".pic")), ctx)


class Rounding(NoteCodec):
    def encode(self, value, ctx):
        return {**super().encode(value, ctx), "stars": (value.stars or 0) // 2}


class Possessive(PicCodec):
    def build(self, node, file, ctx):
        value = super().build(node, file, ctx)
        return value.replace(strokes={k: v for k, v in value.strokes.items() if isinstance(v, Strokes)})


class StrayPics(PicsCodec):
    item_type = Note


def text_of(node):
    return {**node, "text": node["was"]} if "was" in node else node


def lengthen(node):
    return {**node, "text": f"{node['text']}!"}


class Unrecorded(NoteCodec):
    upgrades = (text_of,)


class Restless(NoteCodec):
    upgrades = (lengthen,)


class Untrue(NoteCodec):
    natives = ("json.JSONDecoder",)


class Loud(NoteCodec):
    def encode(self, value, ctx):
        return {"text": value.text, "stars": "many"}


class Misnamed(PicCodec):
    def fields(self, value, ctx):
        return {**super().fields(value, ctx), "sha256": "0" * 64}


class Lost(PicCodec):
    def fields(self, value, ctx):
        return {**super().fields(value, ctx), "path": "media/pics/elsewhere.pic"}


class Mislaid(PicCodec):
    def encode(self, value, ctx):
        return ctx.describe(ctx.put(value.file, "media/elsewhere"))


class Eager(PicCodec):
    def build(self, node, file, ctx):
        file.open().close()
        return super().build(node, file, ctx)


class Anew(PicCodec):
    def build(self, node, file, ctx):
        return super().build(node, BytesFile(b"made anew", ".pic"), ctx)


@frozen(eq=False, kw_only=True)
class Loner(WBValue):
    text: str = ""

    __eq__ = object.__eq__
    __hash__ = object.__hash__


class LonerCodec(NoteCodec):
    value_type = Loner

    def decode(self, node, ctx):
        return Loner(text=node["text"])

    def encode(self, value, ctx):
        return {"text": value.text}


class Unnamed(NoteCodec):
    keys = ("text",)


class UnnamedBeside(NoteCodec):
    exact_keys = ()


class Nulling(NoteCodec):
    def encode(self, value, ctx):
        return {**super().encode(value, ctx), "stars": value.stars}


class Setting(NoteCodec):
    def encode(self, value, ctx):
        return {**super().encode(value, ctx), "stars": {1}}


class Bare(NoteCodec):
    def decode(self, node, ctx):
        return Opaque("toy-note", node)


@frozen(kw_only=True, eq=False)
class Lax(WBValue):
    text: str = ""


class LaxCodec(LonerCodec):
    value_type = Lax


@frozen(kw_only=True)
class Listed(WBValue):
    words: list[str]


class ListedCodec(NoteCodec):
    value_type = Listed

    def encode(self, value, ctx):
        return {"text": list(value.words)}

    def decode(self, node, ctx):
        return Listed(words=node["text"])


NOTE, PIC = Note(text="a", stars=1), Pic(b"abc")
LAX = Lax(text="a")

FAULTS = [
    ("test_round_trip", kit(Forgetful(), NOTE), "comes back changed"),
    ("test_round_trip", kit(Bare(), NOTE), "comes back as Opaque.*decode must give a Note"),
    ("test_round_trip", kit(Unnamed(), NOTE), "is written with stars: name that in the codec's `keys`"),
    (
        "test_round_trip",
        kit(UnnamedBeside(), Note(text="a", draft=True)),
        "is written with draft below _wbtypes: name that in its `exact_keys`",
    ),
    (
        "test_round_trip",
        kit(Nulling(), Note(text="a")),
        "is written with null for stars: leave such keys out",
    ),
    (
        "test_round_trip",
        kit(Setting(), NOTE),
        "is written with what JSON does not know: .*set.*; encode gives",
    ),
    ("test_round_trip", kit(NoteCodec(), [NOTE]), r"samples\(\) yields \[.*, which is no Note"),
    (
        "test_equality_looks_at_every_field",
        kit(LaxCodec(), LAX),
        "Lax has the equality of WBValue, which does not look at text: make it by attrs.frozen",
    ),
    (
        "test_values_pickle_and_hash",
        kit(ListedCodec(), Listed(words=["a"])),
        "has no hash: .*hold tuples and FrozenMaps",
    ),
    ("test_encoding_is_deterministic_and_changes_nothing", kit(Moody(), NOTE), "differently the second time"),
    (
        "test_encoding_is_deterministic_and_changes_nothing",
        kit(Meddling(), Note(text="b")),
        "encoding changes",
    ),
    (
        "test_decoding_changes_nothing",
        kit(Consuming(), NOTE),
        "decoding changes its node.*copy before you edit",
    ),
    ("test_unknown_keys_survive", kit(Greedy(), NOTE), "an unknown key is lost"),
    ("test_hostile_nodes", kit(Trusting(), NOTE), "the codec trips over damaged data with"),
    ("test_natives_have_their_true_paths", kit(Untrue(), NOTE), r"their class is json\.decoder\.JSONDecoder"),
    ("test_schema_of_samples", kit(Loud(), NOTE), r"\$\.stars: 'many' is not of type"),
    (
        "test_files_are_where_the_node_says",
        kit(Misnamed(), PIC),
        "the sha256 of .* is wrong; take it from ctx.put",
    ),
    ("test_files_are_where_the_node_says", kit(Lost(), PIC), "which was not stored"),
    ("test_files_are_where_the_node_says", kit(Mislaid(), PIC), "outside media/pics"),
    ("test_decoding_opens_no_media", kit(Eager(), PIC), "follow=False opens"),
    ("test_files_are_copied_to_another_store", kit(Anew(), PIC), "keep the file that decode was given"),
    (
        "test_encoding_is_the_same_in_another_process",
        kit(Swayed(), NOTE),
        "is written differently in another process .sort what has no order.*here:.*there:",
    ),
    (
        "test_what_was_read_is_written_back",
        kit(Rounding(), Note(text="a", stars=8)),
        "read and written again .* is other JSON",
    ),
    ("test_what_was_read_is_written_back", kit(Rewriting(), PIC), "read and written again .* is other JSON"),
    (
        "test_a_list_of_items_is_one_value",
        kit(StrayPics(), Batch([PIC]), others=[PicCodec()]),
        "the codec's item_type is Note",
    ),
    (
        "test_samples_without_their_siblings",
        kit(
            Possessive(),
            Pic(b"abc", strokes={"s": Strokes(points=((0, 1),))}),
            siblings=(module(StrokesCodec(), name="wbtypes_toy.strokes"),),
        ),
        "loses something where no sibling is installed; leave parts to ctx.decode",
    ),
    (
        "test_each_upgrade_has_a_recorded_node",
        kit(Unrecorded()),
        "no recorded node of toy-note is of the old shape that text_of upgrades: record one",
    ),
    (
        "test_each_upgrade_has_a_recorded_node",
        kit(Restless()),
        "lengthen changes what it has upgraded already, .* it must leave today's shape alone",
    ),
    ("test_values_pickle_and_hash", kit(LonerCodec(), Loner(text="a")), "not equal to its pickled copy"),
    (
        "test_the_corpus_is_not_empty",
        kit(NoteCodec(), corpus=Path("nowhere")),
        "holds no node to keep: record some",
    ),
    (
        "test_it_advertises_what_it_registers",
        kit(NoteCodec()),
        r"only advertised .*'toy-pic'.*install the package",
    ),
    (
        "test_it_advertises_what_it_registers",
        kit(NoteCodec(), plugin=module(name="no_such.plugin")),
        r"0 installed distributions name no_such\.plugin.*pip install -e \.",
    ),
    (
        "test_the_plugin_adds_this_codec",
        kit(NoteCodec(), plugin=module(PicCodec())),
        "add it in wbtypes_register",
    ),
    (
        "test_cold_import",
        kit(NoteCodec(), NOTE, heavy=("json",), plugin=wbtypes_toy.plugin),
        "imports json: move that to native.py",
    ),
    (
        "test_native_round_trip",
        kit(NoteCodec(), NOTE, native_equal=lambda self, value, native: False),
        "is not what native_equal expects",
    ),
]


@pytest.mark.parametrize(("test", "made", "words"), FAULTS, ids=[words[:40] for _, _, words in FAULTS])
def test_a_fault_is_named(test, made, words):
    with pytest.raises(AssertionError, match=f"(?s){words}"):
        getattr(made, test)()


def entry(node, **outcome):
    facts = {"expected": node, "error": None, "dialect": Dialect.RUN, "files": {}, **outcome}
    return CorpusEntry("recorded", node, **facts)


def test_a_node_that_changes_is_named():
    node = {"_type": "toy-note", "text": "a", "stars": 1}
    with pytest.raises(AssertionError, match=r"(?s)recorded is not written back as it came.*came:.*written:"):
        kit(Forgetful()).test_corpus(entry(node))
    with pytest.raises(AssertionError, match="recorded is not written back"):
        kit(Forgetful()).test_corpus_with_this_plugin_alone(entry(node))


def test_a_node_that_is_refused_is_named():
    unread = entry({"_type": "toy-pic", "path": "media/pics/a.pic"})
    with pytest.raises(
        AssertionError, match=r"recorded is to be kept, and is refused as missing-file .*not to be opened"
    ):
        kit(Eager()).test_corpus(unread)


def test_another_reason_than_the_stated_one_is_named():
    wrong = entry({"_type": "toy-note"}, error="bad-value", expected=None)
    with pytest.raises(AssertionError, match=r"recorded is refused as missing-key .*, not as bad-value"):
        kit(NoteCodec()).test_corpus(wrong)
    fine = entry({"_type": "toy-note", "text": "a"}, error="bad-value", expected=None)
    with pytest.raises(pytest.fail.Exception, match="DID NOT RAISE"):
        kit(NoteCodec()).test_corpus(fine)


def test_a_node_that_breaks_the_schema_is_named():
    with pytest.raises(
        AssertionError, match=r"recorded does not satisfy its schema.*\n.*'text' is a required"
    ):
        kit(NoteCodec()).test_schema_of_corpus(entry({"_type": "toy-note"}))


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({}, "has no schemas/toy-note.json"),
        ({"toy-note.json": "{}"}, r'"\$schema" must be https://json-schema.org/draft/2020-12/schema'),
        (
            {"toy-note.json": '{"$schema": "https://json-schema.org/draft/2020-12/schema"}'},
            r'needs an "\$id"',
        ),
    ],
)
def test_a_schema_that_is_missing_or_unnamed_is_told(tmp_path, monkeypatch, files, words):
    (tmp_path / "schemas").mkdir()
    for name, text in files.items():
        (tmp_path / "schemas" / name).write_text(text)
    monkeypatch.setattr("wbtypes_core.testing.conformance.resources", lambda package: tmp_path)
    with pytest.raises(AssertionError, match=words):
        kit(NoteCodec()).schema()


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({}, "schemas/toy-note.json lacks title and description, which is what people read"),
        ({"title": "a note"}, "lacks description, which"),
        (
            {"title": "a note", "description": "A note.", "properties": {"text": {"type": "string"}}},
            'toy-note.json: text have no "description"',
        ),
    ],
)
def test_a_schema_that_says_nothing_to_people_is_told(tmp_path, monkeypatch, more, words):
    (tmp_path / "schemas").mkdir()
    known = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "urn:x", **more}
    (tmp_path / "schemas" / "toy-note.json").write_text(dumps(known))
    monkeypatch.setattr("wbtypes_core.testing.conformance.resources", lambda package: tmp_path)
    with pytest.raises(AssertionError, match=words):
        kit(NoteCodec()).test_the_schema_is_for_people_too()


class Signed(NoteCodec):
    """Its author is an object within, of which it knows the name."""

    keys = (*NoteCodec.keys, "author")

    def encode(self, value, ctx):
        return {**super().encode(value, ctx), "author": {"name": value.text}}


class Strict(Signed):
    def decode(self, node, ctx):
        if node["author"].keys() != {"name"}:
            raise DecodeError("is no author", path=("author",))
        return super().decode(node, ctx)


def of_author(**said):
    """The schema of a note with an author."""
    return lambda self: Draft202012Validator({"properties": {"author": {"type": "object", **said}}})


@pytest.mark.parametrize(
    ("codec", "words"),
    [
        (Signed(), r'an unknown key of \["author"\] is lost; keep the keys .* "additionalProperties": false'),
        (
            Strict(),
            r'other keys in \["author"\], and with one more it is refused: \["author"\]: is no author; keep',
        ),
    ],
)
def test_an_inner_object_that_loses_a_key_is_named(codec, words):
    with pytest.raises(AssertionError, match=words):
        kit(codec, NOTE, schema=of_author()).test_unknown_keys_of_inner_objects_survive()


@pytest.mark.parametrize(
    "said", [{"additionalProperties": False}, {"additionalProperties": {"type": "object"}}]
)
def test_an_inner_object_without_room_for_other_keys_is_let_be(said):
    said = {"properties": {"name": True}, **said}
    kit(Strict(), NOTE, schema=of_author(**said)).test_unknown_keys_of_inner_objects_survive()


def test_inner_objects_are_tried_by_their_place():
    inner = {"name": "a"}
    node = {"_type": "x", "a": inner, "b": [inner, 1, [inner]], "c": {"_type": "y", "d": inner}}
    found = conformance._inner_objects({**node, "b": [*node["b"], inner]})
    assert sorted(found, key=str) == [[("a",)], [("b", 0), ("b", 3)], [("b", 2, 0)], [("c",)]]


def test_nothing_is_fetched_for_a_schema():
    from referencing.exceptions import Unresolvable

    with pytest.raises(Unresolvable):
        kit(NoteCodec())._schemas().resolver().lookup("https://example.invalid/schema.json")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[]", "is no corpus entry"),
        ("{}", "is no corpus entry"),
        ('{"node": {}}', "exactly one of"),
        ('{"node": {}, "same": true, "error": "limit"}', "exactly one of"),
        ('{"node": {}, "same": false}', "exactly one of"),
    ],
)
def test_a_file_that_is_no_corpus_entry_is_told(tmp_path, text, words):
    (tmp_path / "a.b").mkdir()
    (tmp_path / "a.b" / "x.json").write_text(text)
    with pytest.raises(ValueError, match=rf"a\.b/x\.json.*{words}"):
        read_corpus(tmp_path, "a/b")


def test_corpus_entries_are_read(tmp_path):
    (tmp_path / "t").mkdir()
    (tmp_path / "t" / "b.json").write_text(
        '{"node": [NaN], "upgraded": 3, "dialect": "artifact", "files": {"f": {"a": 1}, "g": "text"}}'
    )
    (tmp_path / "t" / "a.json").write_text('{"name": "first", "node": null, "same": true}')
    first, second = read_corpus(tmp_path, "t")
    assert (first.name, first.node, first.expected, first.error) == ("first", None, None, None)
    assert (second.name, second.expected, second.dialect) == ("b", 3, Dialect.ARTIFACT)
    assert second.files == {"f": b'{"a": 1}', "g": b"text"}
    assert read_corpus(tmp_path, "none") == []


def test_samples_must_be_given():
    made = type("TestBare", (CodecConformance,), {"codec": NoteCodec(), "plugin": wbtypes_toy.plugin})()
    with pytest.raises(TypeError, match=r"override samples\(\)"):
        made.test_round_trip()


def test_the_native_round_trip_is_there_only_where_values_can_be_compared():
    assert TestPic.test_native_round_trip is None
    assert callable(TestNote.test_native_round_trip)


@settings(max_examples=100)
@given(st.data())
def test_mutations_change_a_copy(data):
    node = {"_type": "x", "list": [1, {"deep": None}], "text": "t"}
    before = copy.deepcopy(node)
    changed = data.draw(mutations(node))
    assert node == before
    assert changed["_type"] == "x"
    assert dumps(changed)


def test_a_watched_store_notes_what_is_opened():
    store = WatchedStore({"a": b"x"})
    store.open(MediaRef("a")).close()
    with pytest.raises(DecodeError):
        store.open(MediaRef(None, artifact_path="s3://b/c"))
    assert store.opened == ["a", "s3://b/c"]
