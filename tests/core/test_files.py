"""Media files: where the bytes are, what they hash to, and what users may give for one."""

from __future__ import annotations

import hashlib
import io
import os
import pickle
from pathlib import Path

import pytest

from wbtypes_core import (
    BytesFile,
    DecodeError,
    DirectoryStore,
    EncodeError,
    LimitError,
    Limits,
    LocalFile,
    MediaRef,
    MemoryStore,
    RemoteFile,
    StoredFile,
)
from wbtypes_core import files as room
from wbtypes_core.errors import Code
from wbtypes_core.files import LazyFile, as_file, is_url, mentioned, reason_of, suffix_of, unreadable

DATA = b"some bytes"
SHA = hashlib.sha256(DATA).hexdigest()
MD5 = hashlib.md5(DATA).hexdigest()


def local(folder: Path) -> LocalFile:
    path = folder / "a.bin"
    path.write_bytes(DATA)
    return LocalFile(path)


def watched(folder: Path, monkeypatch) -> LocalFile:
    monkeypatch.setattr(room, "SNAPSHOT_BYTES", 3)
    return local(folder)


def stored(said: bool) -> StoredFile:
    ref = MediaRef("a.bin", SHA, len(DATA)) if said else MediaRef("a.bin")
    return StoredFile(MemoryStore({"a.bin": DATA}), ref)


@pytest.fixture(params=["bytes", "lazy", "local", "watched", "stored", "unsaid"])
def file(request, tmp_path, monkeypatch):
    """One file of each kind, all of the same bytes."""
    makers = {
        "bytes": lambda: BytesFile(DATA, ".bin"),
        "lazy": lambda: LazyFile(lambda: DATA, ".bin"),
        "local": lambda: local(tmp_path),
        "watched": lambda: watched(tmp_path, monkeypatch),
        "stored": lambda: stored(True),
        "unsaid": lambda: stored(False),
    }
    return makers[request.param]()


def test_every_kind_has_the_same_facts(file):
    assert file.suffix == ".bin"
    assert (file.size, file.sha256, file.md5) == (len(DATA), SHA, MD5)
    assert file.read() == DATA
    with file.open() as stream:
        assert stream.read(4) == b"some"
    assert file.read() == DATA


def test_every_kind_can_be_prepared(file):
    file.prepare()
    assert (file.read(), file.sha256) == (DATA, SHA)


def test_every_kind_is_equal_by_its_bytes(file):
    twin, other = BytesFile(DATA, ".other"), BytesFile(b"other", ".bin")
    assert file == twin
    assert twin == file
    assert hash(file) == hash(twin)
    assert file != other
    assert file != DATA
    assert len({file, twin, other}) == 2


def test_every_kind_pickles(file):
    copy = pickle.loads(pickle.dumps(file))
    assert copy == file
    assert (copy.suffix, copy.name, copy.read()) == (file.suffix, file.name, DATA)


def test_every_kind_is_told_in_one_line(file):
    for text in (str(file), repr(file)):
        assert text
        assert len(text.splitlines()) == 1


def test_a_stored_file_is_read_within_its_limits():
    file = StoredFile(MemoryStore({"a": DATA}), MediaRef("a"), limits=Limits(file_bytes=len(DATA) - 1))
    with pytest.raises(LimitError, match="file_bytes=9"):
        file.read()
    assert StoredFile(file.source, file.ref, limits=Limits(file_bytes=len(DATA))).read() == DATA


def test_a_file_of_unlimited_size_is_read():
    assert StoredFile(MemoryStore({"a": DATA}), MediaRef("a"), limits=Limits.unlimited()).read() == DATA


# -- bytes and lazy -------------------------------------------------------------------------------------------


def test_a_bytes_file_is_a_snapshot():
    data = bytearray(DATA)
    file = BytesFile(data)
    data[:] = b"0123456789"
    assert file.read() == DATA
    assert type(file.read()) is bytes
    assert file.path is None


def test_a_lazy_file_is_made_at_first_need_and_once():
    calls = []

    def make():
        calls.append(1)
        return DATA

    file = LazyFile(make, ".bin")
    assert "not encoded" in repr(file)
    assert calls == []
    assert file.sha256 == SHA
    assert file.read() == DATA
    assert file.open().read() == DATA
    assert file.size == len(DATA)
    assert calls == [1]
    assert "encoded" in repr(file)
    assert "not" not in repr(file)


def test_a_lazy_file_that_was_prepared_is_not_made_again():
    made = []
    file = LazyFile(lambda: made.append(1) or DATA, ".bin")
    file.prepare()
    file.prepare()
    assert (file.md5, made) == (MD5, [1])


def test_a_lazy_file_lets_go_of_what_it_was_made_from():
    import gc
    import weakref

    class Array:
        pass

    array = Array()
    gone = weakref.ref(array)
    file = LazyFile(lambda kept=array: DATA, ".bin")
    file.read()
    del array
    gc.collect()
    assert gone() is None


def test_a_lazy_file_whose_encoder_fails_can_be_tried_again():
    answers = [OSError("no space"), DATA]

    def make():
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    file = LazyFile(make, ".bin")
    with pytest.raises(OSError, match="no space"):
        file.read()
    assert file.read() == DATA


# -- local ----------------------------------------------------------------------------------------------------


def test_a_small_local_file_is_a_snapshot(tmp_path):
    file = local(tmp_path)
    (tmp_path / "a.bin").write_bytes(b"overwritten")
    assert file.read() == DATA
    assert (file.sha256, file.size) == (SHA, len(DATA))
    (tmp_path / "a.bin").unlink()
    assert file.open().read() == DATA


def test_a_large_local_file_that_changed_is_an_error(tmp_path, monkeypatch):
    file = watched(tmp_path, monkeypatch)
    assert file.read() == DATA
    (tmp_path / "a.bin").write_bytes(b"overwritten")
    with pytest.raises(EncodeError, match=r"a\.bin has changed since it was given"):
        file.open()
    with pytest.raises(EncodeError, match="has changed"):
        file.read()


def test_a_large_local_file_that_was_replaced_is_an_error(tmp_path, monkeypatch):
    file = watched(tmp_path, monkeypatch)
    seen = (tmp_path / "a.bin").stat()
    other = tmp_path / "b.bin"
    other.write_bytes(DATA[::-1])
    os.utime(other, ns=(seen.st_atime_ns, seen.st_mtime_ns))
    other.replace(tmp_path / "a.bin")
    with pytest.raises(EncodeError, match="has changed"):
        file.open()


def test_a_large_local_file_that_changed_is_not_stored(tmp_path, monkeypatch, toys):
    from wbtypes_toy import Pic

    from wbtypes_core import encode

    monkeypatch.setattr(room, "SNAPSHOT_BYTES", 3)
    path = tmp_path / "p.pic"
    path.write_bytes(DATA)
    pic = Pic(path)
    path.write_bytes(b"other data")
    store = DirectoryStore(tmp_path / "files")
    with pytest.raises(EncodeError, match="has changed") as caught:
        encode({"a": {"pic": pic}}, store, registry=toys)
    assert caught.value.path == ("a", "pic")
    assert [path for path in (tmp_path / "files").rglob("*") if path.is_file()] == []


def test_a_local_file_knows_its_path_and_name(tmp_path, monkeypatch):
    file = local(tmp_path)
    monkeypatch.chdir(tmp_path)
    relative = LocalFile("a.bin")
    assert file.path == relative.path == tmp_path / "a.bin"
    assert file.name == "a.bin"
    assert str(relative) == str(tmp_path / "a.bin")


@pytest.mark.parametrize("missing", ["no-such-file", "no/such/folder.png"])
def test_a_missing_local_file_raises_at_once(tmp_path, missing):
    with pytest.raises(FileNotFoundError):
        LocalFile(tmp_path / missing)


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(OSError, match="directory"):
        LocalFile(tmp_path)


def test_an_empty_path_is_refused():
    with pytest.raises(ValueError, match="empty"):
        LocalFile("")


# -- stored and remote ----------------------------------------------------------------------------------------


def test_a_stored_file_opens_only_when_asked():
    class Never(MemoryStore):
        def open(self, ref):
            raise AssertionError("opened")

    file = StoredFile(Never(), MediaRef("media/x_0_0123456789abcdef0123.pts.json", SHA, 3))
    assert (file.sha256, file.size, file.suffix) == (SHA, 3, ".pts.json")
    assert file.name == "x_0_0123456789abcdef0123.pts.json"
    assert str(file) == "media/x_0_0123456789abcdef0123.pts.json"
    assert hash(file) == hash(file)


def test_a_stored_file_without_a_source_says_what_to_do():
    file = StoredFile(None, MediaRef("a.png"))
    with pytest.raises(DecodeError, match="without a source; pass one to decode") as caught:
        file.open()
    assert caught.value.reason == "unreachable"
    assert file.path is None


def test_files_out_of_reach_are_equal_by_their_place():
    assert StoredFile(None, MediaRef("a.png")) == StoredFile(None, MediaRef("a.png"))
    assert StoredFile(None, MediaRef("a.png")) != StoredFile(None, MediaRef("b.png"))
    assert hash(StoredFile(None, MediaRef("a.png"))) == hash(StoredFile(None, MediaRef("a.png")))
    assert StoredFile(None, MediaRef("a.png", SHA)) == BytesFile(DATA)


def test_a_stored_file_asks_its_fallback_only_when_the_source_cannot():
    asked = []

    def fallback(ref):
        asked.append(ref)
        return io.BytesIO(b"from elsewhere")

    there = StoredFile(MemoryStore({"a": DATA}), MediaRef("a"), fallback=fallback)
    assert there.read() == DATA
    assert asked == []
    gone = StoredFile(MemoryStore(), MediaRef("a"), fallback=fallback)
    assert gone.read() == b"from elsewhere"
    assert asked == [MediaRef("a")]
    refused = StoredFile(MemoryStore(), MediaRef("a"), fallback=lambda ref: None)
    with pytest.raises(DecodeError) as caught:
        refused.open()
    assert caught.value.reason == "missing-file"


def test_a_file_without_a_said_size_is_measured(tmp_path):
    (tmp_path / "a").write_bytes(DATA)
    file = StoredFile(DirectoryStore(tmp_path), MediaRef("a"))
    assert (file.size, file.sha256) == (len(DATA), SHA)
    assert file.path == tmp_path / "a"
    assert StoredFile(DirectoryStore(tmp_path), MediaRef("../a")).path is None
    assert StoredFile(DirectoryStore(tmp_path), MediaRef("b")).path is None


def test_nothing_fetches_a_remote_file():
    file = RemoteFile("s3://bucket/folder/cat.PNG", sha256=SHA)
    assert (file.url, file.ref.path, file.ref.artifact_path) == (file.url, None, file.url)
    assert (file.suffix, file.name, file.sha256) == (".PNG", "cat.PNG", SHA)
    with pytest.raises(DecodeError) as caught:
        file.open()
    assert caught.value.reason == "unreachable"
    for store in (MemoryStore(), DirectoryStore("nowhere")):
        with pytest.raises(DecodeError, match="wbtypes_open hook") as caught:
            RemoteFile(file.url, source=store).open()
        assert caught.value.reason == "unreachable"


def test_a_file_knows_the_stores_that_have_it(tmp_path):
    ref = MediaRef("a", SHA, len(DATA))
    memory = MemoryStore({"a": DATA})
    assert StoredFile(memory, ref).kept_in(memory) == ref
    assert StoredFile(memory, ref).kept_in(MemoryStore({"a": DATA})) is None
    assert StoredFile(DirectoryStore(tmp_path), ref).kept_in(DirectoryStore(tmp_path)) == ref
    assert StoredFile(None, ref).kept_in(None) is None
    assert BytesFile(DATA).kept_in(memory) is None
    remote = RemoteFile("s3://b/a")
    assert remote.kept_in(memory) == remote.kept_in(None) == remote.ref


# -- what users may give --------------------------------------------------------------------------------------


def test_as_file_takes_paths(tmp_path):
    path = tmp_path / "Cat.JPG"
    path.write_bytes(DATA)
    for given in (path, str(path)):
        file = as_file(given)
        assert isinstance(file, LocalFile)
        assert (file.suffix, file.name) == (".JPG", "Cat.JPG")
    assert as_file(path, suffix=".png").suffix == ".png"
    assert as_file(path, suffix="").suffix == ""


def test_as_file_takes_open_files_and_leaves_their_position(tmp_path):
    path = tmp_path / "x.pts.json"
    path.write_bytes(DATA)
    with path.open("rb") as stream:
        stream.seek(4)
        file = as_file(stream)
        assert stream.tell() == 4
    assert (file.read(), file.suffix, file.name) == (DATA, ".pts.json", "x.pts.json")


def test_as_file_takes_streams_in_memory():
    stream = io.BytesIO(DATA)
    stream.seek(3)
    file = as_file(stream, suffix=".bin")
    stream.write(b"later")
    assert file.read() == DATA
    assert (file.suffix, file.name) == (".bin", None)
    assert as_file(io.StringIO("grün")).read() == "grün".encode()


def test_as_file_takes_streams_that_cannot_seek():
    read, write = os.pipe()
    with os.fdopen(write, "wb") as out:
        out.write(DATA)
    with os.fdopen(read, "rb") as stream:
        file = as_file(stream)
    assert file.read() == DATA
    assert file.name is None


def test_as_file_gives_media_files_as_they_are(file):
    assert as_file(file) is file


@pytest.mark.parametrize("given", [DATA, bytearray(DATA), 3, None, ["a"], object()])
def test_as_file_refuses_the_rest(given):
    with pytest.raises(TypeError, match=f"a picture is made from a path.* not from {type(given).__name__}"):
        as_file(given, what="a picture")


def test_as_file_of_nothing_there():
    with pytest.raises(FileNotFoundError):
        as_file("no/such/file.png")


# -- names ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "suffix"),
    [
        ("a.png", ".png"),
        ("a.JPG", ".JPG"),
        ("a", ""),
        ("folder.d/a", ""),
        ("a.tar.gz", ".gz"),
        ("media/x_3_0123456789abcdef0123.png", ".png"),
        ("media/x_3_0123456789abcdef0123", ""),
        ("media/x.y_3_0123456789abcdef0123", ""),
        ("media/x_summary_0123456789abcdef0123.mask.png", ".mask.png"),
        ("media/x_3_0123456789abcdef0123.tar.gz", ".tar.gz"),
        ("a.pts.json", ".pts.json"),
        ("a.plotly.json", ".plotly.json"),
        ("a.bokeh.json", ".bokeh.json"),
        ("a.table.json", ".table.json"),
        ("a.graph.json", ".graph.json"),
        ("a.mask.png", ".mask.png"),
        ("a.boxes2D.json", ".boxes2D.json"),
        ("a.metadata.json", ".metadata.json"),
        ("a.other.json", ".json"),
        (".hidden", ""),
        ("", ""),
    ],
)
def test_suffix_of(path, suffix):
    assert suffix_of(path) == suffix


@pytest.mark.parametrize("below", ["/x", ""])
def test_the_suffix_of_a_hostile_path_is_found_in_one_pass(below):
    """For each of its 200,000 names that look hashed, a search of the whole path would go to its end."""
    path = "_aaaaaaaaaaaaaaaaaaaa." * 200_000 + below
    assert suffix_of(path) == ("" if below else path[21:])


@pytest.mark.parametrize(
    "text", ["s3://b/x", "wandb-artifact://a/b", "file:///etc/passwd", "HTTP://x", "a+b-c.d://x"]
)
def test_urls(text):
    assert is_url(text)


@pytest.mark.parametrize(
    "text", ["media/images/a.png", "a:b", "/abs", "C:\\x", "://x", "1a://x", "x/s3://y", ""]
)
def test_paths_are_no_urls(text):
    assert not is_url(text)


def test_mentioned_finds_every_hashed_path():
    node = {
        "_type": "unknown",
        "path": "a.png",
        "sha256": "aa",
        "size": 3,
        "parts": [{"path": "b.png", "sha256": "bb", "size": 2.5}, {"path": "no-hash.png"}, [[{"x": None}]]],
        "masks": {"m": {"path": "c.png", "sha256": "cc"}},
        "url": {"path": "s3://x/y", "sha256": "dd"},
        "odd": {"path": 3, "sha256": "ee"},
    }
    assert sorted(mentioned(node), key=str) == [
        MediaRef("a.png", "aa", 3),
        MediaRef("b.png", "bb"),
        MediaRef("c.png", "cc"),
    ]


def test_unreadable_turns_a_librarys_words_into_one_line():
    error = unreadable(BytesFile(DATA, ".png"), "a picture", ValueError("bad\n  magic"))
    assert error.reason == "bad-file"
    assert str(error) == "a file of 10 bytes cannot be read as a picture: bad magic"
    silent = unreadable(BytesFile(DATA), "a picture", MemoryError())
    assert str(silent).endswith("a picture: MemoryError")


def test_reason_of_keeps_code_and_place():
    reason = reason_of(DecodeError("is missing", reason="missing-key", path=("a",)))
    assert (reason, reason.code) == ('["a"]: is missing', Code.MISSING_KEY)
