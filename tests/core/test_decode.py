"""From JSON to values: whole rows, error paths, links, versions, depth."""

from __future__ import annotations

from typing import Any

import pytest
import wbtypes_toy.plugin
from attrs import field, frozen
from hypothesis import given, settings
from wbtypes_toy import Doc, Note, Pic, Strokes

from wbtypes_core import (
    Batch,
    Codec,
    DecodeContext,
    DecodeError,
    DirectoryStore,
    JsonFileCodec,
    LimitError,
    Limits,
    Linked,
    Media,
    MemoryStore,
    Opaque,
    Registry,
    decode,
    encode,
    hookimpl,
)
from wbtypes_core.codec import read
from wbtypes_core.jsonio import same
from wbtypes_core.testing import WatchedStore, json_values

NOTE = {"_type": "toy-note", "text": "a"}
PIC = {"_type": "toy-pic", "path": "media/pics/p.pic", "sha256": "ab", "size": 3}
DOC = {"_type": "toy-doc", "path": "media/docs/d.doc.json", "sha256": "ab", "size": 8}


def plugin(*codecs):
    """A plugin of a few codecs."""

    class Plugin:
        @hookimpl
        def wbtypes_register(self, types):
            types.add(*codecs)

    return Plugin()


# -- trees ----------------------------------------------------------------------------------------------------


def test_a_whole_row(toys):
    row = {
        "_step": 3,
        "loss": 0.5,
        "note": NOTE,
        "deep": {"er": {"pic": PIC}},
        "list": [NOTE, PIC, 1, [NOTE], {"in": NOTE}],
        "batch": {"_type": "toy-pics", "count": 1, "pics": [PIC]},
        "none": None,
    }
    found = decode(row, MemoryStore(), registry=toys)
    assert found["note"] == Note(text="a")
    assert type(found["deep"]["er"]["pic"]) is Pic
    assert [type(each) for each in found["list"]] == [Note, Pic, int, list, dict]
    assert found["list"][4]["in"] == Note(text="a")
    assert type(found["batch"]) is Batch
    assert found["batch"].tag == "toy-pics"
    assert (found["_step"], found["loss"], found["none"]) == (3, 0.5, None)
    assert list(found) == list(row)


@pytest.mark.parametrize("plain", [None, True, 0, 1.5, "x", [], {}, [1, [2]], {"a": {"b": [None]}}])
def test_plain_json_is_given_as_it_is(toys, plain):
    found = decode(plain, registry=toys)
    assert found == plain
    assert found is not plain or not isinstance(plain, list | dict)


@pytest.mark.parametrize("tag", [None, 3, 1.5, True, [], {}, ["toy-note"], {"_type": 3}])
def test_a_type_that_is_no_string_is_plain_data(toys, tag):
    node = {"_type": tag, "text": "a", "in": NOTE}
    found = decode(node, registry=toys)
    assert type(found) is dict
    assert found["in"] == Note(text="a")
    assert set(found) == set(node)


@pytest.mark.parametrize("tag", ["", "no such", "../x", "toy-note ", "TOY-NOTE", "a\nb", "\ud800"])
def test_a_tag_that_nobody_reads_is_kept(toys, tag):
    node = {"_type": tag, "deep": [NOTE]}
    value = decode(node, registry=toys)
    assert isinstance(value, Opaque)
    assert (value.tag, value.node, value.reason.code) == (tag, node, "not-installed")
    assert encode(value, None, registry=toys).json == node


@pytest.mark.parametrize("thing", [(1, 2), {1, 2}, b"x", object(), {"a": (1,)}, [{"b": 1 + 2j}]])
def test_what_json_does_not_have_is_refused(toys, thing):
    if isinstance(thing, dict | list):
        assert decode(thing, registry=toys) == thing
        return
    with pytest.raises(DecodeError, match=f"is a Python {type(thing).__name__}, which JSON does not have"):
        decode(thing, registry=toys)


def test_the_node_is_not_changed(toys):
    import copy

    row = {"a": [NOTE, {**PIC, "strokes": {"s": [[0, 1]]}}], "v0": {"_type": "toy-note", "note": "x"}}
    before = copy.deepcopy(row)
    found = decode(row, MemoryStore(), registry=toys)
    found["a"].append(1)
    found["new"] = 1
    assert row == before


@settings(max_examples=100)
@given(json_values())
def test_any_json_is_given_back(value):
    registry = Registry.of(wbtypes_toy.plugin)
    store = WatchedStore()
    found = decode(value, store, registry=registry)
    assert store.opened == []
    assert same(encode(found, store, registry=registry).json, value)


# -- error paths ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "place"),
    [
        ({"_type": "toy-note"}, '["text"]'),
        ({"val": {"_type": "toy-note", "text": 3}}, '["val"]["text"]'),
        ({"a": [1, {"b": {"_type": "toy-note"}}]}, '["a"][1]["b"]["text"]'),
        ([[[{"_type": "toy-note"}]]], '[0][0][0]["text"]'),
        ({"v": {**PIC, "strokes": {"pred": [[0, 1], [2]]}}}, '["v"]["strokes"]["pred"][1]'),
        ({"v": {**PIC, "strokes": []}}, '["v"]["strokes"]'),
        ({"b": {"_type": "toy-pics", "pics": [PIC, {**PIC, "path": 3}]}}, '["b"]["pics"][1]["path"]'),
        ({"b": {"_type": "toy-pics", "pics": [PIC, {**PIC, "size": "3"}]}}, '["b"]["pics"][1]["size"]'),
        ({"b": {"_type": "toy-pics", "pics": [PIC, NOTE]}}, '["b"]["pics"][1]'),
        ({"b": {"_type": "toy-pics", "pics": [3]}}, '["b"]["pics"][0]'),
        ({"n": {**NOTE, "_wbtypes": []}}, '["n"]["_wbtypes"]'),
        ({"n": {**NOTE, "_wbtypes": {"draft": 1}}}, '["n"]["draft"]'),
    ],
)
def test_errors_name_the_place(toys, row, place):
    with pytest.raises(DecodeError) as caught:
        decode(row, MemoryStore(), registry=toys)
    assert str(caught.value).startswith(f"{place}: ")
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("key", ["path", "sha256", "artifact_path"])
@pytest.mark.parametrize("thing", [3, True, [], {}])
def test_a_files_keys_are_text(toys, key, thing):
    with pytest.raises(DecodeError) as caught:
        decode({**PIC, key: thing}, registry=toys)
    assert (caught.value.reason, caught.value.path) == ("wrong-type", (key,))


@pytest.mark.parametrize("size", [-1, 1.5, "3", True, float("nan"), float("inf"), [], {}])
def test_a_files_size_is_a_number_of_bytes(toys, size):
    with pytest.raises(DecodeError) as caught:
        decode({**PIC, "size": size}, registry=toys)
    assert (caught.value.reason, caught.value.path) == ("wrong-type", ("size",))


@pytest.mark.parametrize("size", [0, 3.0, 2**62, None])
def test_sizes_that_are_numbers_of_bytes(toys, size):
    value = decode({**PIC, "size": size}, MemoryStore({PIC["path"]: b"abc"}), registry=toys)
    assert value.size == (3 if size is None else size)


def test_a_codec_that_trips_gives_a_decode_error():
    class Tripping(Codec):
        tag, value_type = "trip", Note

        def encode(self, value, ctx):
            return {}

        def decode(self, node, ctx):
            raise node["error"]

    registry = Registry.of(plugin(Tripping()))
    errors = [KeyError("k"), ValueError("two\nlines"), IndexError(), ZeroDivisionError("d")]
    for error in errors:
        with pytest.raises(DecodeError, match=f"'trip' cannot be read: {type(error).__name__}") as caught:
            child = {"_type": "trip", "error": error}
            DecodeContext(None, registry, True, "keep", Limits(), key="k", step=None).decode([child])
        assert caught.value.__cause__ is error
        assert caught.value.path == (0,)
    with pytest.raises(LimitError, match="does not fit into memory"):
        DecodeContext(None, registry, True, "keep", Limits(), key="k", step=None).decode(
            {"_type": "trip", "error": MemoryError()}
        )


# -- what is not known ----------------------------------------------------------------------------------------


def test_unknown_keys_are_kept_and_written_back(toys):
    node = {**NOTE, "newer": {"deep": [1, None]}, "_latest_artifact_path": "x"}
    value = decode(node, registry=toys)
    assert value.extra == {"newer": {"deep": [1, None]}, "_latest_artifact_path": "x"}
    assert encode(value, None, registry=toys).json == node


def test_known_keys_that_are_null_are_written_back(toys):
    for node in (
        {**NOTE, "stars": None},
        {**PIC, "caption": None, "width": None},
        {**NOTE, "stars": None, "x": None},
    ):
        value = decode(node, MemoryStore(), registry=toys)
        store = value.file.source if isinstance(value, Pic) else None
        assert encode(value, store, registry=toys).json == node


def test_a_null_that_got_a_value_is_written_as_that(toys):
    value = decode({**NOTE, "stars": None}, registry=toys).replace(stars=3)
    assert encode(value, None, registry=toys).json == {**NOTE, "stars": 3}


def test_what_is_beside_the_wire_is_read_and_kept(toys):
    node = {**NOTE, "_wbtypes": {"draft": True, "newer": [1]}}
    value = decode(node, registry=toys)
    assert value.draft
    assert value.extra == {"_wbtypes": {"newer": [1]}}
    assert encode(value, None, registry=toys).json == node
    assert encode(value, None, exact=False, registry=toys).json == NOTE
    published = value.replace(draft=False)
    assert encode(published, None, registry=toys).json == {**NOTE, "_wbtypes": {"newer": [1]}}


def test_old_shapes_are_upgraded(toys):
    old = {"_type": "toy-note", "note": "x", "newer": 1}
    value = decode(old, registry=toys)
    assert value == Note(text="x", extra={"newer": 1})
    assert encode(value, None, registry=toys).json == {"_type": "toy-note", "text": "x", "newer": 1}
    assert old == {"_type": "toy-note", "note": "x", "newer": 1}


def test_upgrades_are_tried_in_order():
    class Third(Codec):
        tag, value_type, keys = "v", Note, ("text",)
        upgrades = (
            lambda node: {**node, "two": node["one"]} if "one" in node else node,
            lambda node: {**node, "text": node["two"]} if "two" in node else node,
        )

        def encode(self, value, ctx):
            return {"text": value.text}

        def decode(self, node, ctx):
            return Note(text=read(node, "text", str))

    registry = Registry.of(plugin(Third()))
    assert decode({"_type": "v", "one": "x"}, registry=registry).text == "x"
    assert decode({"_type": "v", "two": "y"}, registry=registry).text == "y"
    assert decode({"_type": "v", "text": "z"}, registry=registry).text == "z"


# -- files ----------------------------------------------------------------------------------------------------


def test_decoding_opens_no_media_file(toys):
    store = WatchedStore({PIC["path"]: b"abc", DOC["path"]: b'{"a": 1}'})
    row = {
        "p": PIC,
        "l": [PIC],
        "b": {"_type": "toy-pics", "pics": [PIC]},
        "o": {**PIC, "_type": "x"},
    }
    found = decode(row, store, registry=toys)
    assert store.opened == []
    assert found["p"].file.read() == b"abc"
    assert store.opened == [PIC["path"]]
    decode({"d": DOC}, store, follow=False, registry=toys)
    assert store.opened == [PIC["path"]]


def test_a_file_may_be_named_by_artifact_only(toys):
    node = {"_type": "toy-pic", "artifact_path": "wandb-client-artifact://00/p.pic", "sha256": "ab"}
    store = MemoryStore()
    value = decode(node, store, registry=toys)
    assert value.file.suffix == ".pic"
    assert same(encode(value, store, exact=False, registry=toys).json, node)
    with pytest.raises(DecodeError) as caught:
        value.file.open()
    assert caught.value.reason == "unreachable"


def test_a_file_that_nothing_names(toys):
    with pytest.raises(DecodeError, match='neither "path" nor "artifact_path"') as caught:
        decode({"a": {"_type": "toy-pic", "path": None}}, registry=toys)
    assert (caught.value.reason, caught.value.path) == ("missing-key", ("a",))


def test_a_context_gives_the_file_of_a_bare_path(toys):
    context = DecodeContext(MemoryStore({"a.pic": b"x"}), toys, True, "keep", Limits(), key="k", step=None)
    assert context.file("a.pic").read() == b"x"
    assert context.file("s3://b/a.pic").url == "s3://b/a.pic"


# -- linked JSON ----------------------------------------------------------------------------------------------


def test_a_link_is_followed(toys):
    store = MemoryStore({DOC["path"]: b'{"a": NaN}'})
    value = decode(DOC, store, registry=toys)
    assert isinstance(value, Doc)
    assert value.payload == {"a": float("nan")}
    assert same(encode(value, store, registry=toys).json, DOC)


@pytest.mark.parametrize(
    ("files", "follow", "code"),
    [
        ({DOC["path"]: b"{}"}, False, "not-followed"),
        ({}, True, "missing-file"),
        ({DOC["path"]: b"{"}, True, "bad-json"),
        ({DOC["path"]: b""}, True, "bad-json"),
        ({DOC["path"]: b"\xff\xff"}, True, "bad-json"),
        ({DOC["path"]: b"[1]"}, True, "wrong-type"),
        ({DOC["path"]: b"[" * 1000 + b"]" * 1000}, True, "limit"),
        ({DOC["path"]: b"[" * 100_000 + b"]" * 100_000}, True, "limit"),
    ],
)
def test_a_link_that_is_not_read_stays_linked(toys, files, follow, code):
    store = MemoryStore(files)
    node = {**DOC, "caption": "c", "newer": 1}
    value = decode({"d": node}, store, follow=follow, registry=toys)["d"]
    assert isinstance(value, Linked)
    assert (value.tag, value.node, value.reason.code) == ("toy-doc", node, code)
    assert (value.ref.path, value.source) == (DOC["path"], store)
    assert encode({"d": value}, store, registry=toys).json == {"d": node}


def test_a_link_without_a_source_stays_linked(toys):
    value = decode(DOC, registry=toys)
    assert isinstance(value, Linked)
    assert value.reason.code == "not-followed"
    assert encode(value, MemoryStore(), registry=toys).json == DOC


def test_a_link_to_an_unsafe_path_stays_linked(toys, tmp_path):
    (tmp_path / "secret.json").write_text("{}")
    store = DirectoryStore(tmp_path / "files")
    for path in ("../secret.json", str(tmp_path / "secret.json")):
        value = decode({**DOC, "path": path}, store, registry=toys)
        assert isinstance(value, Linked)
        assert value.reason.code == "unsafe-path"


@frozen(kw_only=True)
class Chain(Media):
    next: Any = field(default=None, hash=False)


class ChainCodec(JsonFileCodec):
    """A file that may hold a link to the next one."""

    tag, value_type, folder = "chain", Chain, "chains"

    def parse(self, document, node, file, ctx):
        inner = document.get("next")
        return Chain(file=file, next=inner and ctx.decode(inner, "next", expect="chain"))


def chained(*names):
    """Files that link one to the other."""
    files = {}
    for name, following in zip(names, (*names[1:], None), strict=True):
        link = f'{{"_type": "chain", "path": "{following}"}}' if following else "null"
        files[name] = f'{{"next": {link}}}'.encode()
    return MemoryStore(files)


def test_links_are_followed_one_after_the_other():
    registry = Registry.of(plugin(ChainCodec()))
    value = decode({"_type": "chain", "path": "a"}, chained("a", "b", "c"), registry=registry)
    assert [value.file.name, value.next.file.name, value.next.next.file.name] == ["a", "b", "c"]
    assert value.next.next.next is None


def test_a_cycle_of_links_is_refused():
    registry = Registry.of(plugin(ChainCodec()))
    for names in (("a", "a"), ("a", "b", "a")):
        store = chained(*names)
        store.files["b"] = b'{"next": {"_type": "chain", "path": "a"}}'
        store.files["a"] = f'{{"next": {{"_type": "chain", "path": "{names[1]}"}}}}'.encode()
        value = decode({"_type": "chain", "path": "a"}, store, registry=registry)
        while isinstance(value, Chain):
            value = value.next
        assert isinstance(value, Linked)
        assert value.reason.code == "limit"
        assert "a leads back to itself through a" in value.reason


def test_one_file_may_be_linked_twice_beside_each_other():
    registry = Registry.of(plugin(ChainCodec()))
    found = decode([{"_type": "chain", "path": "a"}] * 2, chained("a"), registry=registry)
    assert [type(each) for each in found] == [Chain, Chain]


def test_a_long_chain_of_links_is_refused():
    registry = Registry.of(plugin(ChainCodec()))
    store = chained(*(f"f{number}" for number in range(10)))
    value = decode({"_type": "chain", "path": "f0"}, store, limits=Limits(references=4), registry=registry)
    seen = 0
    while isinstance(value, Chain):
        value, seen = value.next, seen + 1
    assert seen == 4
    assert isinstance(value, Linked)
    assert "references=4" in value.reason


# -- what a parent expects ------------------------------------------------------------------------------------


def context(registry, **wishes):
    settings = {"source": MemoryStore(), "follow": True, "on_unknown": "keep", "limits": Limits(), **wishes}
    return DecodeContext(registry=registry, key="k", step=None, **settings)


def test_a_node_without_a_tag_is_read_as_expected(toys):
    assert context(toys).decode([[0, 1]], expect="toy-strokes") == Strokes(points=((0, 1),))
    assert context(toys).decode({"text": "x"}, expect="toy-note") == Note(text="x")
    assert context(toys).decode({"_type": None, "text": "x"}, expect=("toy-note", "toy-pic")).text == "x"


def test_a_node_of_another_tag_is_refused(toys):
    with pytest.raises(DecodeError, match="is 'toy-note', not 'toy-pic' or 'toy-doc'") as caught:
        context(toys).decode(NOTE, "items", 3, expect=("toy-pic", "toy-doc"))
    assert caught.value.path == ("items", 3)
    assert context(toys).decode(NOTE, expect=("toy-pic", "toy-note")) == Note(text="a")


def test_a_node_of_a_tag_that_nobody_reads_is_kept_in_its_place(toys):
    value = context(toys).decode({"_type": "no-such", "a": 1}, expect="toy-pic")
    assert isinstance(value, Opaque)
    assert value.tag == "no-such"


def test_what_is_expected_and_not_installed_is_kept(toys):
    for node in ({"a": 1}, [[0, 1]]):
        value = context(toys).decode(node, expect="mask")
        assert isinstance(value, Opaque)
        assert (value.tag, value.node) == ("mask", node)
    for node in (3, None, "x", True):
        with pytest.raises(DecodeError, match="where 'mask' is expected") as caught:
            context(toys).decode(node, expect="mask")
        assert caught.value.reason == "wrong-type"


def test_contexts_know_the_innermost_key_and_the_part():
    seen = []

    class Spy(Codec):
        tag, value_type = "spy", Note

        def encode(self, value, ctx):
            return {}

        def decode(self, node, ctx):
            seen.append((ctx.key, ctx.step, ctx.name, ctx.named("part").name))
            return Note(text="")

    spy = {"_type": "spy"}
    row = {"_step": 7, "a": spy, "b": {"c": spy}, "d": [spy, {"e": spy}]}
    decode(row, registry=Registry.of(plugin(Spy())))
    assert seen == [(key, 7, "", "part") for key in "acde"]
    seen.clear()
    decode(spy, registry=Registry.of(plugin(Spy())))
    decode({"_step": "x", "a": spy}, registry=Registry.of(plugin(Spy())))
    assert seen == [("value", None, "", "part"), ("a", None, "", "part")]


def test_contexts_read_the_notes_of_a_run():
    seen = []

    class Noted(Codec):
        tag, value_type = "noted", Note

        def encode(self, value, ctx):
            return {}

        def decode(self, node, ctx):
            seen.append(ctx.named("pred").note("labels"))
            return Note(text="")

    source = MemoryStore(notes={"labels": {"img_wandb_delimeter_pred": {"1": "cat"}}})
    registry = Registry.of(plugin(Noted()))
    decode({"deep": {"img": {"_type": "noted"}}, "other": {"_type": "noted"}}, source, registry=registry)
    decode({"_type": "noted"}, registry=registry)
    assert seen == [{"1": "cat"}, None, None]


def test_one_tag_may_have_two_codecs_of_disjoint_dialects():
    from wbtypes_core import Dialect

    class Run(Codec):
        tag, value_type, keys, dialects = "two", Note, ("run",), (Dialect.RUN,)

        def encode(self, value, ctx):
            return {"run": value.text}

        def decode(self, node, ctx):
            return Note(text=node.get("run") or node.get("artifact"))

    class Artifact(Run):
        keys, dialects = ("artifact",), (Dialect.ARTIFACT,)

        def encode(self, value, ctx):
            return {"artifact": value.text}

        def decode(self, node, ctx):
            raise AssertionError("the first reads")

    registry = Registry.of(plugin(Run(), Artifact()))
    note = Note(text="x")
    assert encode(note, None, registry=registry).json == {"_type": "two", "run": "x"}
    node = encode(note, None, dialect=Dialect.ARTIFACT, registry=registry).json
    assert node == {"_type": "two", "artifact": "x"}
    assert decode(node, registry=registry).text == "x"


# -- depth ----------------------------------------------------------------------------------------------------


def nested(levels, wrap, inner=None):
    node = inner
    for _ in range(levels):
        node = wrap(node)
    return node


WRAPS = {"lists": lambda node: [node], "dicts": lambda node: {"a": node}}


@pytest.mark.parametrize("wrap", sorted(WRAPS))
@pytest.mark.parametrize("levels", [10, 500])
def test_what_is_not_too_deep_is_read(toys, wrap, levels):
    found = decode(nested(levels, WRAPS[wrap], NOTE), registry=toys)
    for _ in range(levels):
        found = found["a"] if isinstance(found, dict) else found[0]
    assert found == Note(text="a")


@pytest.mark.parametrize("wrap", sorted(WRAPS))
@pytest.mark.parametrize("levels", [514, 100_000])
def test_what_is_too_deep_is_refused(toys, wrap, levels):
    with pytest.raises(LimitError, match="depth=512"):
        decode(nested(levels, WRAPS[wrap]), registry=toys)


def test_linked_json_that_may_hold_too_many_values_is_not_parsed(toys):
    source = MemoryStore({DOC["path"]: b"[" + b"[]," * 100 + b"[]]"})
    found = decode(DOC, source, limits=Limits(nodes=50), registry=toys)
    assert found.reason.code == "limit"
    assert found.reason.startswith(f"{DOC['path']}: the number of commas and brackets in the JSON is 203")


def test_a_limit_that_is_raised_too_far_is_still_no_crash(toys):
    with pytest.raises(LimitError, match="deeper than they can be decoded"):
        decode(nested(100_000, WRAPS["lists"]), limits=Limits(depth=10**6), registry=toys)


def test_deep_values_inside_opaque_ones_cost_nothing(toys):
    node = {"_type": "no-such", "deep": nested(500, WRAPS["lists"])}
    assert encode(decode(node, registry=toys), None, registry=toys).json == node


def test_lists_that_hold_themselves_are_refused(toys):
    loop: list = []
    loop.append(loop)
    with pytest.raises(LimitError):
        decode({"a": loop}, registry=toys)
