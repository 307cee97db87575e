"""Faults that core once had, one test each."""

from __future__ import annotations

import os
import subprocess
import sys
from types import SimpleNamespace

import pytest
import wbtypes_toy.plugin
from attrs import frozen
from wbtypes_toy import Doc, Note, Pic
from wbtypes_toy.codec import NoteCodec

from wbtypes_core import (
    BrokenPlugin,
    BytesFile,
    Codec,
    DecodeError,
    Dialect,
    DirectoryStore,
    EncodeError,
    JsonFileCodec,
    Limits,
    MediaRef,
    MemoryStore,
    MissingExtra,
    Opaque,
    OpaqueWarning,
    Registry,
    StoredFile,
    WBValue,
    decode,
    encode,
    hookimpl,
    native,
)
from wbtypes_core import files as room
from wbtypes_core.errors import Code
from wbtypes_core.layout import RunNaming

DOC = {"_type": "toy-doc", "path": "d.json"}


def on_system(name, monkeypatch):
    """Let the room of files, and nothing else, believe that it is on this system."""
    monkeypatch.setattr("wbtypes_core.files.os", SimpleNamespace(name=name, fsencode=os.fsencode))


def plugin(*codecs):
    class Plugin:
        @hookimpl
        def wbtypes_register(self, types):
            types.add(*codecs)

    return Plugin()


def sha(data):
    import hashlib

    return hashlib.sha256(data).hexdigest()


def test_a_link_is_followed_with_unlimited_limits(toys):
    store = MemoryStore({"d.json": b"{}"})
    assert isinstance(decode(DOC, store, limits=Limits.unlimited(), registry=toys), Doc)


SMALL = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
from wbtypes_core import DirectoryStore, MediaRef, StoredFile
from wbtypes_core.context import DecodeContext
from wbtypes_core import Limits, Registry
store = DirectoryStore(sys.argv[1])
(store.root / "d.json").write_text("{}")
file = StoredFile(store, MediaRef("d.json"))
CALL
"""


@pytest.mark.parametrize(
    "call",
    [
        "file.read()",
        "DecodeContext(store, Registry.of(), True, 'keep', Limits(), key='', step=None).load_json(file)",
    ],
)
def test_a_small_file_takes_little_memory(call, tmp_path):
    words = [sys.executable, "-c", SMALL.replace("CALL", call), str(tmp_path)]
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("wrap", [lambda node: [node], lambda node: {"a": node}])
def test_what_decode_takes_encode_writes(toys, wrap):
    node = None
    for _ in range(256):
        node = wrap(node)
    value = decode(node, registry=toys)
    assert encode(value, None, registry=toys).json == node


@pytest.mark.parametrize("more", [{}, {"artifact_path": "wandb-artifact://00/x"}])
def test_a_url_in_path_is_written_back(toys, more):
    node = {"_type": "toy-pic", "path": "s3://bucket/x.pic", "sha256": "ab", **more}
    store = MemoryStore()
    assert encode(decode(node, store, registry=toys), store, registry=toys).json == node


def test_an_upgrade_that_trips_gives_a_decode_error():
    class Old(NoteCodec):
        tag, natives = "old", ()
        upgrades = (lambda node: {**node, "text": node["was"].strip()},)

    with pytest.raises(DecodeError) as caught:
        decode({"a": {"_type": "old", "was": 3}}, registry=Registry.of(plugin(Old())))
    assert caught.value.path == ("a",)


def raising(name, answer=None):
    def hook(self, **kwargs):
        raise AssertionError

    space = {}
    arguments = {
        "wbtypes_unknown_type": "tag",
        "wbtypes_open": "ref",
        "wbtypes_stored": "ref, file",
        "wbtypes_adopt": "obj",
    }[name]
    body = "raise RuntimeError('hook fell')" if answer is None else f"return {answer}"
    exec(f"def {name}(self, {arguments}):\n    {body}", space)
    return type("Hooks", (), {name: hookimpl(space[name])})()


@pytest.mark.parametrize("answer", [None, "3"])
def test_an_unknown_type_hook_that_falls_is_put_aside(toys, answer):
    registry = Registry.of(wbtypes_toy.plugin, raising("wbtypes_unknown_type", answer))
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        value = decode({"_type": "no-such"}, registry=registry)
    assert isinstance(value, Opaque)


def test_an_open_hook_that_falls_is_a_decode_error(toys):
    registry = Registry.of(wbtypes_toy.plugin, raising("wbtypes_open"))
    value = decode({"_type": "toy-pic", "path": "x"}, MemoryStore(), registry=registry)
    with pytest.warns(OpaqueWarning, match="hook fell"), pytest.raises(DecodeError):
        value.file.open()


def test_a_stored_hook_that_falls_does_not_lose_the_row(toys):
    registry = Registry.of(wbtypes_toy.plugin, raising("wbtypes_stored"))
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert encode({"p": Pic(b"x")}, MemoryStore(), registry=registry).files


def test_a_plugin_that_exits_at_import_does_not_end_the_host(site):
    site.add("exiting", types={"x": "exiting_pkg.plugin"}, exiting_pkg__plugin="import sys; sys.exit(3)")
    with pytest.warns(OpaqueWarning):
        assert site.registry().why("x").code is Code.BROKEN


BAD_METADATA = {
    "malformed": {"entry_points": "[wbtypes.types\nx\n= = ="},
    "no-section": {"entry_points": "x = wbtypes.y\n"},
    "not-utf8": {"entry_points": b"[wbtypes.types]\nx\xff = a.b\n"},
    "no-metadata": {"entry_points": "[wbtypes.types]\nx = a.b\n", "METADATA": ""},
    "twice": {"entry_points": "[wbtypes.types]\nx = a.b\nx = c.d\n[wbtypes.types]\ny = a.b\n"},
}


@pytest.mark.parametrize("fault", BAD_METADATA)
def test_damaged_metadata_costs_that_distribution_only(site, plugin_source, fault):
    site.metadata("damaged", **BAD_METADATA[fault])
    site.add("sound", types={"good": "sound_pkg.plugin"}, sound_pkg__plugin=plugin_source("good"))
    assert site.registry().codec("good")


def test_a_distribution_without_metadata_file(site, plugin_source):
    folder = site.metadata("bare", entry_points="[wbtypes.types]\nx = a.b\n")
    (folder / "METADATA").unlink()
    site.add("sound", types={"good": "sound_pkg.plugin"}, sound_pkg__plugin=plugin_source("good"))
    assert site.registry().codec("good")


@frozen(kw_only=True)
class Shelf(WBValue):
    pass


class ShelfCodec(Codec):
    tag, value_type, dialects = "shelf", Shelf, (Dialect.ARTIFACT,)

    def encode(self, value, ctx):
        return {}

    def decode(self, node, ctx):
        return Shelf()


def test_native_of_a_class_that_only_artifacts_have():
    value = Shelf()
    assert native(value, registry=Registry.of(plugin(ShelfCodec()))) is value


def test_strict_raises_every_time(site, monkeypatch):
    monkeypatch.setenv("WBTYPES_STRICT", "1")
    site.add("broken-dist", types={"bad": "strict2_pkg.plugin"}, strict2_pkg__plugin="import no_such_library")
    registry = site.registry()
    for _ in range(2):
        with pytest.raises(BrokenPlugin):
            decode({"_type": "bad"}, registry=registry)


def test_check_names_a_broken_module_of_hooks(site):
    site.add("hooked", hooks={"h": "badhook_pkg.hooks"}, badhook_pkg__hooks="import no_such_library")
    with pytest.warns(OpaqueWarning):
        registry = site.registry()
    assert [state.provider.distribution for state in registry.check()] == ["hooked"]


@pytest.mark.parametrize("kind", ["memory", "same-size", "other-size"])
def test_a_carried_file_never_replaces_or_loses_another(toys, tmp_path, kind):
    other = b"xx" if kind == "other-size" else b"b"
    target = MemoryStore() if kind == "memory" else DirectoryStore(tmp_path)
    nodes = []
    for data in (b"a", other):
        node = {"_type": "no-such", "path": "media/batch_0_0.gif", "sha256": sha(data)}
        value = decode(node, MemoryStore({"media/batch_0_0.gif": data}), registry=toys)
        try:
            nodes.append((encode(value, target, registry=toys).json, data))
        except EncodeError:
            nodes.append((None, data))
    for node, data in nodes:
        if node is not None:
            with target.open(MediaRef(node["path"])) as stream:
                assert stream.read() == data, "the file of one value is now another value's"


def test_a_memory_store_refuses_bytes_that_are_not_what_their_hash_says():
    lying = StoredFile(MemoryStore({"a": b"x"}), MediaRef("a", "0" * 64, 1))
    with pytest.raises(EncodeError):
        MemoryStore().put(lying, "m", RunNaming("k", 0))


def test_a_stored_size_is_the_true_one(tmp_path):
    lying = StoredFile(MemoryStore({"a": b"x"}), MediaRef("a", sha(b"x"), 99))
    try:
        ref = DirectoryStore(tmp_path).put(lying, "m", RunNaming("k", 0))
    except EncodeError:
        return
    assert ref.size == 1


@pytest.mark.parametrize("key", ["a\\..\\b", "..\\x", "\\x", "C:\\x"])
def test_any_key_can_be_logged(toys, tmp_path, key):
    assert encode({key: Pic(b"x")}, DirectoryStore(tmp_path), registry=toys).files


def test_replace_of_a_payload_writes_the_new_one(toys):
    store = MemoryStore()
    node = encode(Doc({"a": 1}).replace(payload={"a": 2}), store, registry=toys).json
    assert decode(node, store, registry=toys).payload == {"a": 2}


def test_core_alone_writes_the_type():
    class Forger(NoteCodec):
        tag, natives = "forger", ()

        def encode(self, value, ctx):
            return {"_type": "toy-pic", "text": value.text}

    assert encode(Note(text="a"), None, registry=Registry.of(plugin(Forger()))).json["_type"] == "forger"


def test_unknown_tags_do_not_pile_up(toys):
    for number in range(20_000):
        decode({"_type": f"unknown-{number}"}, registry=toys)
    assert len(toys._reasons) < 20_000


def test_messages_stay_short(toys):
    reason = decode({"_type": "x" * 1_000_000}, registry=toys).reason
    assert len(reason) < 10_000
    with pytest.raises(DecodeError) as caught:
        decode({"k" * 1_000_000: {"_type": "toy-note"}}, registry=toys)
    assert len(str(caught.value)) < 10_000


def test_what_was_written_is_not_the_value_itself(toys):
    value = decode({"_type": "toy-note", "text": "a", "newer": [1]}, registry=toys)
    encode(value, None, registry=toys).json["newer"].append(2)
    assert value.extra["newer"] == [1]


@pytest.mark.parametrize("path", ["a/.. /b", "a/... /x", "a/con .txt", "a/b. "])
def test_windows_strips_dots_and_spaces(path, monkeypatch):
    on_system("nt", monkeypatch)
    with pytest.raises(DecodeError):
        room.safe_parts(path)


class ListCodec(JsonFileCodec):
    tag, value_type, folder = "list-file", Doc, "lists"

    def parse(self, document, node, file, ctx):
        return Doc.restore(file=file, payload={"items": ctx.decode(document, "items")})


def test_on_unknown_raise_reaches_into_linked_files():
    store = MemoryStore({"l.json": b'[{"_type": "no-such"}]'})
    node = {"_type": "list-file", "path": "l.json"}
    with pytest.raises(DecodeError) as caught:
        decode(node, store, on_unknown="raise", registry=Registry.of(plugin(ListCodec())))
    assert caught.value.reason == "not-installed"


@pytest.mark.parametrize("path", ["a\nb.pic", "a\x1b[2Jb.pic"])
def test_paths_are_told_in_one_printable_line(toys, path, tmp_path):
    for store in (MemoryStore(), DirectoryStore(tmp_path), None):
        value = decode({"_type": "toy-pic", "path": path}, store, registry=toys)
        with pytest.raises(DecodeError) as caught:
            value.file.open()
        assert str(caught.value).isprintable()
    linked = decode({"_type": "toy-doc", "path": path}, MemoryStore({path: b"{"}), registry=toys)
    assert linked.reason.isprintable()


def test_a_codec_that_trips_is_told_in_one_line():
    class Tripping(NoteCodec):
        tag, natives = "trip", ()

        def decode(self, node, ctx):
            raise ValueError("two\nlines")

    with pytest.raises(DecodeError) as caught:
        decode({"_type": "trip"}, registry=Registry.of(plugin(Tripping())))
    assert len(str(caught.value).splitlines()) == 1


def test_whatever_stops_encode_names_the_place(site, plugin_source):
    class Failing(NoteCodec):
        tag, natives = "failing", ()

        def encode(self, value, ctx):
            raise ValueError("cannot encode this picture")

    with pytest.raises(Exception) as caught:
        encode({"val": {"img": [1, Note(text="a")]}}, None, registry=Registry.of(plugin(Failing())))
    told = "\n".join([str(caught.value), *getattr(caught.value, "__notes__", ())])
    assert '["val"]["img"][1]' in told


def test_a_long_suffix_still_fits_the_file_system(tmp_path):
    store = DirectoryStore(tmp_path)
    assert store.put(BytesFile(b"x", "." + "y" * 300), "m", RunNaming("k", 0))


def test_a_deep_key_still_fits_the_file_system(toys, tmp_path):
    with pytest.raises(EncodeError):
        encode({"a/" * 3000: Pic(b"x")}, DirectoryStore(tmp_path), registry=toys)


def test_one_folder_by_two_names_is_one_store(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    assert DirectoryStore(tmp_path / "real") == DirectoryStore(tmp_path / "link")


def test_an_altered_file_costs_the_file_of_an_opaque_value_and_not_the_row(toys, tmp_path):
    node = {"_type": "no-such", "path": "a.bin", "sha256": sha(b"true")}
    value = decode({"v": node, "w": 1}, MemoryStore({"a.bin": b"altered"}), registry=toys)
    assert encode(value, DirectoryStore(tmp_path), registry=toys).json == {"v": node, "w": 1}


def test_native_names_the_package_of_a_library_that_is_gone(toys):
    class Needy(ShelfCodec):
        def native(self, value):
            import no_such_library  # noqa: F401

    with pytest.raises(MissingExtra, match="native of 'shelf' needs no_such_library: pip install Plugin"):
        native(Shelf(), registry=Registry.of(plugin(Needy())))
