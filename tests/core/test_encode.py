"""From values to JSON: rows, batches, keys, files carried along, error paths."""

from __future__ import annotations

import collections
import copy
import hashlib
from pathlib import Path

import pytest
import wbtypes_toy.plugin
from attrs import frozen
from hypothesis import given, settings
from hypothesis import strategies as st
from wbtypes_toy import Doc, Note, Pic, Strokes
from wbtypes_toy.codec import PicCodec, StrokesCodec

from wbtypes_core import (
    Batch,
    BytesFile,
    Codec,
    Dialect,
    DirectoryStore,
    EncodeError,
    LocalFile,
    MediaRef,
    MemoryStore,
    Opaque,
    Registry,
    RemoteFile,
    StoredFile,
    WBValue,
    decode,
    encode,
    hookimpl,
)
from wbtypes_core.jsonio import dumps, loads, same

NOTE = {"_type": "toy-note", "text": "a"}


def plugin(*codecs):
    class Plugin:
        @hookimpl
        def wbtypes_register(self, types):
            types.add(*codecs)

    return Plugin()


def sha(data):
    return hashlib.sha256(data).hexdigest()


# -- arguments ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("place", "way_out"),
    [
        ("folder", r"a str is no {}; pass DirectoryStore\('folder'\)"),
        (Path("folder"), r"Path is no {}; pass DirectoryStore\('folder'\)"),
        (3, r'int is no {}; pass DirectoryStore\("folder"\)'),
    ],
)
def test_a_folder_is_no_store(toys, place, way_out):
    with pytest.raises(TypeError, match=way_out.format("store")):
        encode(Pic(b"x"), place, registry=toys)
    with pytest.raises(TypeError, match=way_out.format("source")):
        decode({"_type": "toy-pic", "path": "x.pic"}, place, registry=toys)


# -- trees ----------------------------------------------------------------------------------------------------


def test_a_whole_row(toys):
    store = MemoryStore()
    row = {
        "loss": 0.5,
        "note": Note(text="a"),
        "deep": {"er": {"pic": Pic(b"x")}},
        "mixed": [Note(text="a"), 1, {"in": Note(text="a")}, [Note(text="a")], None],
        "pair": (Note(text="a"), "b"),
        "doc": Doc({"a": 1}),
        "none": None,
    }
    before = copy.copy(row)
    encoded = encode(row, store, step=3, registry=toys)
    assert encoded.json["note"] == NOTE
    assert encoded.json["mixed"] == [NOTE, 1, {"in": NOTE}, [NOTE], None]
    assert encoded.json["pair"] == [NOTE, "b"]
    assert encoded.json["deep"]["er"]["pic"]["path"] == f"media/pics/pic_3_{sha(b'x')[:20]}.pic"
    document = sha(b'{"a": 1}')
    assert encoded.json["doc"]["path"] == f"media/docs/doc_3_{document[:20]}.doc.json"
    assert [ref.path for ref in encoded.files] == [
        encoded.json["deep"]["er"]["pic"]["path"],
        encoded.json["doc"]["path"],
    ]
    assert set(store.files) == {ref.path for ref in encoded.files}
    assert encoded.used == dict.fromkeys(("toy-note", "toy-pic", "toy-doc"), "wbtypes_toy.plugin==0")
    assert list(encoded.json) == list(row)
    assert row == before
    assert same(loads(dumps(encoded.json)), encoded.json)


def test_a_bare_value_is_logged_under_the_given_key(toys):
    encoded = encode(Pic(b"x"), MemoryStore(), key="a/b", step="summary", registry=toys)
    assert encoded.json["path"] == f"media/pics/a/b_summary_{sha(b'x')[:20]}.pic"


def test_the_innermost_key_names_a_file(toys):
    store = MemoryStore()
    row = {"a": {"b": Pic(b"1")}, "c": [Pic(b"2"), 1], "d": [{"e": [Pic(b"3"), None]}]}
    paths = [ref.path.rpartition("/")[2].partition("_")[0] for ref in encode(row, store, registry=toys).files]
    assert paths == ["b", "c", "e"]


def test_the_two_dialects(toys):
    pic = Pic(b"x", "c")
    run = encode(pic, MemoryStore(), registry=toys).json
    artifact = encode(pic, MemoryStore(), dialect=Dialect.ARTIFACT, registry=toys).json
    assert run == {
        "_type": "toy-pic",
        "path": f"media/pics/value_0_{sha(b'x')[:20]}.pic",
        "sha256": sha(b"x"),
        "size": 1,
        "caption": "c",
    }
    md5 = hashlib.md5(b"x").hexdigest()
    assert artifact == {
        "_type": "toy-pic",
        "path": f"media/pics/{md5[:20]}.pic",
        "sha256": sha(b"x"),
        "caption": "c",
    }


def test_an_artifact_keeps_file_names(toys, tmp_path):
    (tmp_path / "Cat.PIC").write_bytes(b"x")
    pic = Pic(tmp_path / "Cat.PIC")
    artifact = encode(pic, MemoryStore(), dialect=Dialect.ARTIFACT, registry=toys).json
    assert artifact["path"] == f"media/pics/{sha(b'x')[:20]}/Cat.PIC"
    run = encode(pic, MemoryStore(), registry=toys).json
    assert run["path"] == f"media/pics/value_0_{sha(b'x')[:20]}.PIC"


@pytest.mark.parametrize(
    "plain", [None, True, 0, -0.0, 1.5, "x", [], {}, [1, [2]], {"a": {"b": [None]}}, [[], {}]]
)
def test_plain_json_is_given_as_it_is(toys, plain):
    found = encode(plain, None, registry=toys).json
    assert found == plain
    assert type(found) is type(plain)


def test_nan_and_infinities_pass(toys):
    values = [float("nan"), float("inf"), -float("inf")]
    assert same(encode({"a": values}, None, registry=toys).json, {"a": values})


# -- keys -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "text"),
    [
        (1, "1"),
        (1.5, "1.5"),
        (True, "true"),
        (False, "false"),
        (None, "None"),
        (b"x", "x"),
        (2**70, str(2**70)),
    ],
)
def test_keys_become_text(toys, key, text):
    assert encode({"a": {key: 1}}, None, registry=toys).json == {"a": {text: 1}}


def test_keys_of_the_standard_library_become_text(toys):
    import datetime
    import enum
    import pathlib

    class Colour(enum.Enum):
        RED = "red"

    keys = {Colour.RED: 1, datetime.date(2024, 1, 2): 2, pathlib.PurePosixPath("a/b"): 3}
    assert encode(keys, None, registry=toys).json == {"red": 1, "2024-01-02": 2, "a/b": 3}


def test_keys_that_would_be_one_are_refused(toys):
    for keys in (
        {1: "a", "1": "b"},
        {True: "a", "true": "b"},
        {None: 1, "None": 2},
        {1: "a", 1.5: "b", "1.5": "c"},
    ):
        with pytest.raises(EncodeError, match=r"two keys of this dict are .* on the wire") as caught:
            encode({"outer": [keys]}, None, registry=toys)
        assert caught.value.path == ("outer", 0)


@pytest.mark.parametrize("key", [(1, 2), frozenset((1,)), object()])
def test_keys_that_have_no_text_are_refused(toys, key):
    with pytest.raises(EncodeError, match=r"a key of this dict is .*; keys are text on the wire"):
        encode({"outer": {key: 1}}, None, registry=toys)


# -- batches --------------------------------------------------------------------------------------------------


def test_a_list_of_one_batchable_class_is_a_batch(toys):
    store = MemoryStore()
    pics = [Pic(b"1"), Pic(b"2", "c")]
    for form in (pics, tuple(pics), Batch(pics)):
        node = encode({"pics": form}, store, registry=toys).json["pics"]
        assert (node["_type"], node["count"]) == ("toy-pics", 2)
        assert [each["_type"] for each in node["pics"]] == ["toy-pic", "toy-pic"]
        assert decode(node, store, registry=toys) == pics
    one = encode([Pic(b"1")], store, registry=toys).json
    assert one["_type"] == "toy-pics"


def test_no_batch_is_ever_cut_short(toys):
    pics = [Pic(b"%d" % number) for number in range(300)]
    store = MemoryStore()
    node = encode({"pics": pics}, store, registry=toys).json["pics"]
    assert (node["count"], len(node["pics"]), len(store.files)) == (300, 300, 300)


def test_other_lists_are_written_item_by_item(toys):
    store = MemoryStore()
    notes = encode([Note(text="a"), Note(text="b")], store, registry=toys).json
    assert [each["_type"] for each in notes] == ["toy-note", "toy-note"]
    mixed = encode([Pic(b"1"), Note(text="a")], store, registry=toys).json
    assert [each["_type"] for each in mixed] == ["toy-pic", "toy-note"]
    assert encode([], store, registry=toys).json == []
    assert encode([Pic(b"1"), None], store, registry=toys).json[1] is None
    assert encode([[Pic(b"1")]], store, registry=toys).json[0]["_type"] == "toy-pics"


def test_subclasses_are_no_part_of_a_batch(toys):
    class Photo(Pic):
        pass

    mixed = encode([Pic(b"1"), Photo(b"2")], MemoryStore(), registry=toys).json
    assert [each["_type"] for each in mixed] == ["toy-pic", "toy-pic"]
    same_class = encode([Photo(b"1"), Photo(b"2")], MemoryStore(), registry=toys).json
    assert same_class["_type"] == "toy-pics"


def test_artifacts_have_no_batches(toys):
    nodes = encode([Pic(b"1"), Pic(b"2")], MemoryStore(), dialect=Dialect.ARTIFACT, registry=toys).json
    assert [each["_type"] for each in nodes] == ["toy-pic", "toy-pic"]


def test_a_class_without_a_batch_form_is_written_item_by_item():
    registry = Registry.of(plugin(PicCodec(), StrokesCodec()))
    nodes = encode([Pic(b"1"), Pic(b"2")], MemoryStore(), registry=registry).json
    assert [each["_type"] for each in nodes] == ["toy-pic", "toy-pic"]


def test_a_batch_keeps_what_was_not_understood(toys):
    store = MemoryStore()
    node = {"_type": "toy-pics", "count": 1, "pics": [{"_type": "no-such", "x": 1}], "newer": [1]}
    batch = decode(node, store, registry=toys)
    assert isinstance(batch[0], Opaque)
    assert encode(batch, store, registry=toys).json == node
    empty = {"_type": "toy-pics", "count": 0, "pics": []}
    assert encode(decode(empty, store, registry=toys), store, registry=toys).json == empty
    assert encode(Batch([]), store, registry=toys).json == []


# -- errors ---------------------------------------------------------------------------------------------------


class Stranger:
    pass


@pytest.mark.parametrize(
    ("row", "path"),
    [
        (Stranger(), ()),
        ({"a": Stranger()}, ("a",)),
        ({"a": [1, {"b": Stranger()}]}, ("a", 1, "b")),
        ({"a": (1, Stranger())}, ("a", 1)),
        ({3: {None: Stranger()}}, ("3", "None")),
        ({"a": collections.OrderedDict(b=[Stranger()])}, ("a", "b", 0)),
    ],
)
def test_errors_name_the_place(toys, row, path):
    with pytest.raises(EncodeError, match=r"Stranger cannot be logged: give a value such as Image") as caught:
        encode(row, None, registry=toys)
    assert caught.value.path == path
    assert len(str(caught.value).splitlines()) == 1


def test_errors_inside_a_batch_name_the_item(toys):
    pics = [Pic(b"1"), Pic.restore(file=StoredFile(MemoryStore(), MediaRef("gone.pic", "ab", 3)))]
    with pytest.raises(EncodeError, match=r"gone\.pic is not in this memory store") as caught:
        encode({"a": pics}, MemoryStore(), registry=toys)
    assert caught.value.path == ("a", "pics", 1)


def test_files_need_a_store(toys):
    with pytest.raises(EncodeError, match="needs a store to be written to; pass one to encode") as caught:
        encode({"p": Pic(b"x")}, None, registry=toys)
    assert caught.value.path == ("p",)


def test_lists_that_hold_themselves_are_refused(toys):
    loop: list = [1]
    loop.append(loop)
    ring: dict = {}
    ring["a"] = {"b": ring}
    for row in ({"x": loop}, ring):
        with pytest.raises(EncodeError, match="nested too deep, or hold themselves"):
            encode(row, None, registry=toys)


def test_what_is_too_deep_is_refused(toys):
    deep: list = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(EncodeError, match="nested too deep"):
        encode(deep, None, registry=toys)
    for _ in range(99_999):
        deep = deep[0]


def test_an_expected_form_that_nobody_writes(toys):
    class Parent(Codec):
        tag, value_type = "parent", Note

        def encode(self, value, ctx):
            return {"child": ctx.encode(value, "child", expect="mask")}

        def decode(self, node, ctx):
            return Note(text="")

    with pytest.raises(EncodeError, match="pip install wbtypes-mask") as caught:
        encode({"a": Note(text="x")}, None, registry=Registry.of(plugin(Parent())))
    assert caught.value.path == ("a", "child")


# -- what core alone writes -----------------------------------------------------------------------------------


def test_extra_never_replaces_what_the_codec_writes(toys):
    note = Note(text="a", extra={"text": "stale", "newer": 1, "_type": "other"})
    assert encode(note, None, registry=toys).json == {**NOTE, "newer": 1}


def test_what_is_beside_the_wire_is_left_out_on_request(toys):
    note = Note(text="a", draft=True)
    assert encode(note, None, registry=toys).json == {**NOTE, "_wbtypes": {"draft": True}}
    assert encode(note, None, exact=False, registry=toys).json == NOTE


def test_an_untagged_form_has_no_type(toys):
    pic = Pic(b"x", strokes={"s": Strokes(points=((0, 1),))})
    assert encode(pic, MemoryStore(), registry=toys).json["strokes"] == {"s": [[0, 1]]}
    assert encode(Strokes(points=((0, 1),)), None, registry=toys).json == [[0, 1]]


def test_a_class_is_written_by_its_tagged_form():
    class Tagged(StrokesCodec):
        tag, tagged = "tagged-strokes", True

        def encode(self, value, ctx):
            return {"points": super().encode(value, ctx)}

    for order in ((StrokesCodec(), Tagged()), (Tagged(), StrokesCodec())):
        node = encode(Strokes(), None, registry=Registry.of(plugin(*order))).json
        assert node == {"_type": "tagged-strokes", "points": []}


def test_notes_go_to_the_runs_config():
    class Noting(Codec):
        tag, value_type = "noting", Note

        def encode(self, value, ctx):
            ctx.named("pred").note("labels", {"1": value.text})
            return {"ctx": [ctx.key, ctx.step, ctx.name, ctx.dialect.value, ctx.exact]}

        def decode(self, node, ctx):
            return Note(text="")

    row = {"a": {"img": Note(text="cat")}, "other": Note(text="dog")}
    encoded = encode(row, None, step=7, registry=Registry.of(plugin(Noting())))
    assert encoded.notes == {
        "labels": {"img_wandb_delimeter_pred": {"1": "cat"}, "other_wandb_delimeter_pred": {"1": "dog"}}
    }
    assert encoded.json["a"]["img"]["ctx"] == ["img", 7, "", "run", True]


def test_a_bundle_is_an_artifact_beside_the_run(tmp_path):
    @frozen
    class Album(WBValue):
        pic: Pic = None

    class AlbumCodec(Codec):
        tag, value_type, dialects = "album", Album, (Dialect.RUN,)

        def encode(self, value, ctx):
            inner, address = ctx.bundle("run-1-album", "album")
            return {
                "artifact_path": address.url("album.json"),
                "dialect": inner.dialect.value,
                "pic": inner.encode(value.pic, "pic"),
            }

        def decode(self, node, ctx):
            return Album()

    registry = Registry.of(wbtypes_toy.plugin, plugin(AlbumCodec()))
    store = DirectoryStore(tmp_path)
    encoded = encode({"a": Album(Pic(b"x")), "p": Pic(b"y")}, store, registry=registry)
    node = encoded.json["a"]
    md5 = hashlib.md5(b"x").hexdigest()
    assert node["dialect"] == "artifact"
    assert node["pic"] == {"_type": "toy-pic", "path": f"media/pics/{md5[:20]}.pic", "sha256": sha(b"x")}
    assert (tmp_path / "artifacts" / "run-1-album" / "v0" / node["pic"]["path"]).read_bytes() == b"x"
    found, entry = store.artifact(node["artifact_path"])
    assert found.root == tmp_path / "artifacts" / "run-1-album" / "v0"
    assert entry == "album.json"
    assert encoded.json["p"]["path"].startswith("media/pics/p_0_")
    assert len(encoded.files) == 2
    with pytest.raises(EncodeError, match="the artifact run-1-album needs a store"):
        encode(Album(Pic(b"x")), None, registry=registry)


# -- files from other places ----------------------------------------------------------------------------------


def test_a_value_keeps_its_path_in_its_own_store(toys, tmp_path):
    store = DirectoryStore(tmp_path)
    node = encode({"first": Pic(b"x", "c")}, store, registry=toys).json["first"]
    value = decode(node, DirectoryStore(tmp_path), registry=toys)
    again = encode({"second": value}, store, step=9, registry=toys)
    assert again.json["second"] == node
    assert again.files == ()


def test_a_value_is_copied_to_another_store_and_never_encoded_anew(toys):
    source, target = MemoryStore({"media/pics/odd name.PIC": b"bytes"}), MemoryStore()
    node = {"_type": "toy-pic", "path": "media/pics/odd name.PIC", "sha256": sha(b"bytes"), "size": 5}
    value = decode(node, source, registry=toys)
    copied = encode({"k": value}, target, step=2, registry=toys).json["k"]
    assert copied == {**node, "path": f"media/pics/k_2_{sha(b'bytes')[:20]}.PIC"}
    assert target.files == {copied["path"]: b"bytes"}


def test_a_copy_keeps_the_artifact_that_has_the_file(toys):
    source = MemoryStore({"a.pic": b"x"})
    node = {
        "_type": "toy-pic",
        "path": "a.pic",
        "artifact_path": "wandb-artifact://00/a.pic",
        "sha256": sha(b"x"),
    }
    copied = encode(decode(node, source, registry=toys), MemoryStore(), registry=toys).json
    assert copied["artifact_path"] == "wandb-artifact://00/a.pic"


def test_a_remote_file_needs_no_store(toys):
    pic = Pic(RemoteFile("s3://bucket/a.pic", sha256="ab"))
    assert encode(pic, None, registry=toys).json == {
        "_type": "toy-pic",
        "sha256": "ab",
        "artifact_path": "s3://bucket/a.pic",
    }


def test_equal_files_of_one_call_are_stored_once(toys, tmp_path):
    (tmp_path / "a.pic").write_bytes(b"x")
    store = MemoryStore()
    row = {"a": Pic(b"x"), "b": Pic(BytesFile(b"x", ".pic")), "c": Pic(LocalFile(tmp_path / "a.pic"))}
    encoded = encode(row, store, registry=toys)
    assert len(store.files) == 1
    assert {node["path"] for node in encoded.json.values()} == set(store.files)


OPAQUE = {
    "_type": "no-such",
    "path": "media/odd/a.bin",
    "sha256": sha(b"a"),
    "size": 1,
    "parts": [{"path": "media/odd/b.bin", "sha256": sha(b"b")}, {"path": "gone.bin", "sha256": sha(b"c")}],
}


@pytest.mark.parametrize("kind", ["memory", "directory"])
def test_an_opaque_value_takes_its_files_to_another_store(toys, tmp_path, kind):
    source = MemoryStore({"media/odd/a.bin": b"a", "media/odd/b.bin": b"b", "unrelated": b"u"})
    target = MemoryStore() if kind == "memory" else DirectoryStore(tmp_path)
    value = decode({"v": OPAQUE}, source, registry=toys)
    encoded = encode(value, target, registry=toys)
    assert encoded.json == {"v": OPAQUE}
    assert sorted(ref.path for ref in encoded.files) == ["media/odd/a.bin", "media/odd/b.bin"]
    for path, data in (("media/odd/a.bin", b"a"), ("media/odd/b.bin", b"b")):
        with target.open(MediaRef(path)) as stream:
            assert stream.read() == data


def test_a_linked_value_takes_its_file_to_another_store(toys):
    node = {"_type": "toy-doc", "path": "media/docs/d.doc.json", "sha256": sha(b"{}"), "size": 2}
    source, target = MemoryStore({"media/docs/d.doc.json": b"{}"}), MemoryStore()
    linked = decode(node, source, follow=False, registry=toys)
    assert encode(linked, target, registry=toys).json == node
    assert target.files == {"media/docs/d.doc.json": b"{}"}


def test_an_opaque_value_without_its_files_is_still_written(toys, tmp_path):
    for source in (None, MemoryStore(), DirectoryStore(tmp_path / "empty")):
        value = decode(OPAQUE, source, registry=toys)
        target = MemoryStore()
        assert encode(value, target, registry=toys).json == OPAQUE
        assert target.files == {}
    assert encode(decode(OPAQUE, MemoryStore(), registry=toys), None, registry=toys).json == OPAQUE


def test_unsafe_paths_of_an_opaque_value_are_not_carried(toys, tmp_path):
    (tmp_path / "secret").write_bytes(b"s")
    source = DirectoryStore(tmp_path / "files")
    node = {"_type": "no-such", "parts": [{"path": "../secret", "sha256": sha(b"s")}]}
    target = MemoryStore()
    assert encode(decode(node, source, registry=toys), target, registry=toys).json == node
    assert target.files == {}


# -- any tree -------------------------------------------------------------------------------------------------

texts = st.text(max_size=8)
values = st.builds(
    Note, text=texts, stars=st.none() | st.floats(allow_nan=False), draft=st.booleans()
) | st.builds(Pic, st.binary(max_size=4), st.none() | texts, width=st.none() | st.integers(0, 9))
trees = st.recursive(
    values | st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(texts.filter(lambda key: key != "_type"), inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(max_examples=150)
@given(trees)
def test_any_tree_of_values_comes_back(tree):
    registry = Registry.of(wbtypes_toy.plugin)
    store = MemoryStore()
    node = loads(dumps(encode(tree, store, registry=registry).json))
    back = decode(node, store, registry=registry)
    assert back == tree
    assert same(encode(back, store, registry=registry).json, node)
