"""Paths from data: nothing leaves its root."""

from __future__ import annotations

import os
from pathlib import Path, PureWindowsPath
from types import SimpleNamespace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from wbtypes_core import BytesFile, DecodeError, DirectoryStore, EncodeError, MediaRef, MemoryStore
from wbtypes_core.files import safe_parts
from wbtypes_core.layout import FixedNaming

HOSTILE = [
    "",
    ".",
    "./",
    "././.",
    "/",
    "//",
    "/etc/passwd",
    "//server/share/x",
    "\\etc\\passwd",
    "\\\\server\\share\\x",
    "\\\\?\\C:\\x",
    "\\\\.\\pipe\\x",
    "C:",
    "C:x",
    "c:/x",
    "C:\\x",
    "z:relative",
    "./C:x",
    "./\\x",
    ".//C:/x",
    "..",
    "../x",
    "../../../../leading/slash_31_0123.png",
    "media/../../x",
    "media/..",
    "a/../b",
    "..\\x",
    "a\\..\\..\\x",
    "a/..\\b",
    "a\0b",
    "\0",
    "a/\ud800.png",
]

FINE = {
    "media/images/a_0_0123.png": ("media", "images", "a_0_0123.png"),
    "a": ("a",),
    "a//b": ("a", "b"),
    "./a/./b": ("a", "b"),
    "a/": ("a",),
    "...": ("...",),
    "..a/b..": ("..a", "b.."),
    "a b/ü*?.png": ("a b", "ü*?.png"),
    "~/x": ("~", "x"),
    "$HOME/x": ("$HOME", "x"),
    "%2e%2e/x": ("%2e%2e", "x"),
    "\N{FULLWIDTH FULL STOP}\N{FULLWIDTH FULL STOP}/x": ("\N{FULLWIDTH FULL STOP}" * 2, "x"),
    "a\nb": ("a\nb",),
    "a\udc80": ("a\udc80",),  # how Python spells a file name that is not UTF-8
}

ON_POSIX = {
    "aux/loss_0_0123.png": ("aux", "loss_0_0123.png"),
    "a/con": ("a", "con"),
    "a/b:c": ("a", "b:c"),
    "a\\b": ("a\\b",),
}


def on_system(name, monkeypatch):
    """Let the room of files, and nothing else, believe that it is on this system."""
    monkeypatch.setattr("wbtypes_core.files.os", SimpleNamespace(name=name, fsencode=os.fsencode))


@pytest.mark.parametrize("path", HOSTILE)
def test_hostile_paths_are_refused(path):
    with pytest.raises(DecodeError, match="the file is refused, the value is kept") as caught:
        safe_parts(path)
    assert caught.value.reason == "unsafe-path"
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("path", FINE)
def test_other_paths_are_taken_apart(path):
    assert safe_parts(path) == FINE[path]


@pytest.mark.parametrize("path", ON_POSIX)
def test_ordinary_names_that_windows_refuses(path, monkeypatch):
    on_system("posix", monkeypatch)
    assert safe_parts(path) == ON_POSIX[path]


@pytest.mark.parametrize(
    "path", ["aux/loss.png", "a/con", "a/CON.txt", "nul", "a/lpt1.png", "conin$", "a/b:c", "a/b.png:stream"]
)
def test_windows_refuses_devices_and_streams(path, monkeypatch):
    on_system("nt", monkeypatch)
    with pytest.raises(DecodeError, match="device or stream"):
        safe_parts(path)


def test_windows_separates_at_backslashes(monkeypatch):
    on_system("nt", monkeypatch)
    assert safe_parts("a\\b/c") == ("a", "b", "c")
    assert safe_parts("console/auxiliary.png") == ("console", "auxiliary.png")


paths = st.lists(
    st.sampled_from(["..", ".", "", "a", "b.png", "C:", "\\", "..\\", "\0", "con", "/", "~"])
    | st.text(max_size=4),
    max_size=6,
).flatmap(lambda parts: st.sampled_from(["/", "\\", "//"]).map(lambda sep: sep.join(parts)))


@settings(max_examples=300)
@given(paths)
@example("a/../../b")
@example("a\\..\\..\\b")
def test_what_is_not_refused_stays_below_the_root(path):
    try:
        parts = safe_parts(path)
    except DecodeError as error:
        assert error.reason == "unsafe-path"
        return
    assert parts
    root = Path("/root/of/files")
    assert Path(os.path.normpath(root.joinpath(*parts))).is_relative_to(root)
    assert len(root.joinpath(*parts).parts) == len(root.parts) + len(parts)


@settings(max_examples=300)
@given(paths)
@example("./C:x")
@example("0/\\\\.")
def test_what_windows_does_not_refuse_stays_below_the_root(path):
    with pytest.MonkeyPatch.context() as patch:
        on_system("nt", patch)
        try:
            parts = safe_parts(path)
        except DecodeError as error:
            assert error.reason == "unsafe-path"
            return
    found = PureWindowsPath("D:/root", *parts)
    assert found.parts == ("D:\\", "root", *parts)
    assert ".." not in found.parts


@settings(max_examples=100)
@given(paths)
def test_stores_write_and_read_below_their_root_only(tmp_path_factory, path):
    place = tmp_path_factory.mktemp("place", numbered=True)
    root = place / "deep" / "root"
    store = DirectoryStore(root)
    try:
        ref = store.put(BytesFile(b"x"), "", FixedNaming(path))
    except (EncodeError, OSError):
        ref = None
    written = [found for found in place.rglob("*") if found.is_file()]
    if ref is None:
        assert written == []
    else:
        assert [found for found in written if not found.is_relative_to(root)] == []
        with store.open(ref) as stream:
            assert stream.read() == b"x"


@pytest.mark.parametrize("path", HOSTILE)
def test_both_stores_refuse_hostile_paths(tmp_path, path):
    root = tmp_path / "a" / "b"
    root.mkdir(parents=True)
    for store in (MemoryStore(), DirectoryStore(root), DirectoryStore(root, allow_links=True)):
        with pytest.raises(DecodeError) as caught:
            store.open(MediaRef(path))
        assert caught.value.reason == "unsafe-path"
        with pytest.raises((DecodeError, EncodeError), match="is refused"):
            store.put(BytesFile(b"x"), "", FixedNaming(path))
    assert DirectoryStore(root).locate(MediaRef(path)) is None
    assert [found for found in tmp_path.rglob("*") if found.is_file()] == []


@pytest.mark.parametrize("path", HOSTILE)
def test_a_refused_path_costs_the_file_and_not_the_value(path, toys, tmp_path):
    from wbtypes_core import decode, encode

    node = {"_type": "toy-pic", "path": path, "sha256": "ab", "size": 3, "caption": "kept"}
    store = DirectoryStore(tmp_path)
    value = decode(node, store, registry=toys)
    assert value.caption == "kept"
    with pytest.raises(DecodeError) as caught:
        value.file.open()
    assert caught.value.reason == "unsafe-path"
    assert encode(value, store, registry=toys).json == node
