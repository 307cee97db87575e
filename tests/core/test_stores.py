"""Stores: whole files or none, equal ones once, nothing outside the root, and never a hang."""

from __future__ import annotations

import errno
import hashlib
import io
import json
import os
import pickle
import shutil
import subprocess
import sys
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from wbtypes_core import (
    BytesFile,
    DecodeError,
    DirectoryStore,
    EncodeError,
    Limits,
    LocalFile,
    MediaRef,
    MediaSource,
    MediaStore,
    MemoryStore,
    StoredFile,
)
from wbtypes_core import stores as room
from wbtypes_core.layout import ArtifactNaming, FixedNaming, RunNaming

DATA = b"some bytes"
SHA = hashlib.sha256(DATA).hexdigest()
FILE = BytesFile(DATA, ".bin")
NAMING = RunNaming("key", 3)
PATH = f"media/x/key_3_{SHA[:20]}.bin"


def everything(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if not path.is_dir())


def content(store, ref) -> bytes:
    with store.open(ref) as stream:
        return stream.read()


@pytest.fixture(params=["memory", "directory", "synced"])
def store(request, tmp_path):
    """One store of each kind."""
    makers = {
        "memory": MemoryStore,
        "directory": lambda: DirectoryStore(tmp_path / "files"),
        "synced": lambda: DirectoryStore(tmp_path / "files", fsync=True),
    }
    return makers[request.param]()


@pytest.fixture
def folder(tmp_path):
    """A store over a folder that is there."""
    (tmp_path / "files").mkdir()
    return DirectoryStore(tmp_path / "files")


# -- what all stores do ---------------------------------------------------------------------------------------


def test_stores_are_stores_and_sources(store):
    assert isinstance(store, MediaStore)
    assert isinstance(store, MediaSource)


def test_a_file_is_stored_and_read(store):
    ref = store.put(FILE, "media/x", NAMING)
    assert ref == MediaRef(PATH, SHA, len(DATA))
    assert content(store, ref) == DATA
    assert content(store, MediaRef(f"./media//{PATH.removeprefix('media/')}")) == DATA


def test_an_empty_file_is_a_file(store):
    ref = store.put(BytesFile(b""), "media/x", NAMING)
    assert ref.size == 0
    assert content(store, ref) == b""


def test_equal_files_are_stored_once(store):
    first = store.put(FILE, "media/x", NAMING)
    assert store.put(BytesFile(DATA, ".bin"), "media/x", RunNaming("other", 9)) == first
    assert store.put(BytesFile(DATA, ".bin"), "media/y", RunNaming("other", 9)) != first
    assert store.put(BytesFile(DATA, ".txt"), "media/x", RunNaming("other", 9)) != first


def test_settled_names_are_never_shared(store):
    first = store.put(FILE, "", FixedNaming("a.bin"))
    second = store.put(FILE, "", FixedNaming("b/c.bin"))
    assert (first.path, second.path) == ("a.bin", "b/c.bin")
    assert content(store, first) == content(store, second) == DATA


def test_a_file_that_is_not_there(store):
    with pytest.raises(
        DecodeError, match=r"media/none\.png is not in .*; copy it there, or pass the source"
    ) as caught:
        store.open(MediaRef("media/none.png"))
    assert caught.value.reason == "missing-file"
    assert len(str(caught.value).splitlines()) == 1


def test_a_file_that_only_an_artifact_has(store):
    with pytest.raises(DecodeError, match="wandb-artifact://00/x is in an artifact") as caught:
        store.open(MediaRef(None, artifact_path="wandb-artifact://00/x"))
    assert caught.value.reason == "unreachable"


def test_notes_are_found_by_kind_and_key():
    for made in (
        MemoryStore(notes={"labels": {"k": {"1": "x"}}}),
        DirectoryStore("x", notes={"labels": {"k": {"1": "x"}}}),
    ):
        assert made.note("labels", "k") == {"1": "x"}
        assert made.note("labels", "other") is None
        assert made.note("other", "k") is None


def test_bundles_are_stores_of_their_own(store):
    bundle = store.bundle("run-1-table", "run_table")
    ref = bundle.put(FILE, "media/x", ArtifactNaming())
    assert content(bundle, ref) == DATA
    with pytest.raises(DecodeError):
        store.open(ref)
    again = store.bundle("run-1-table", "run_table")
    with pytest.raises(DecodeError):
        again.open(ref)
    assert again.address.client_id != bundle.address.client_id
    assert again.address.sequence_id == bundle.address.sequence_id


def test_a_reference_finds_its_bundle(store):
    first, second = store.bundle("a/t", "run_table"), store.bundle("a/t", "run_table")
    ref = second.put(FILE, "", FixedNaming("deep/t.table.json"))
    for url in (second.address.url(ref.path), second.address.latest_url(ref.path)):
        found, entry = store.artifact(url)
        assert content(found, MediaRef(entry)) == DATA
        assert found.entries() == found.entries("deep") == [ref.path]
    assert store.artifact(first.address.url("x"))[0].entries() == []
    assert store.artifact(first.address.url("x"))[0].address == first.address


@pytest.mark.parametrize(
    ("url", "way_out"),
    [
        ("wandb-client-artifact://00/x", "pass the artifact's folder"),
        ("wandb-artifact://00/x", "pass the artifact's folder"),
        ("x", "pass the artifact's folder"),
        ("s3://b/x", "is a URL, and nothing is fetched; download the file"),
        ("https://a.b/x", "is a URL, and nothing is fetched; download the file"),
    ],
)
def test_a_reference_to_elsewhere_says_what_helps(store, url, way_out):
    store.bundle("t", "run_table")
    with pytest.raises(DecodeError, match=way_out) as caught:
        store.artifact(url)
    assert caught.value.reason == "unreachable"


def test_a_file_that_is_only_in_an_artifact_is_found_there(store):
    """A client refers to the artifact form of a value, which names the file."""
    bundle = store.bundle("t", "dataset")
    path = bundle.put(FILE, "media/x", ArtifactNaming()).path
    form = BytesFile(json.dumps({"_type": "image-file", "path": path}).encode(), ".json")
    bundle.put(form, "", FixedNaming("i.image-file.json"))
    urls = [bundle.address.url("i.image-file.json"), bundle.address.url(path)]
    for ref in [MediaRef(None, None, None, url) for url in urls] + [MediaRef("gone.x", None, None, urls[0])]:
        assert StoredFile(store, ref).read() == DATA
    with pytest.raises(DecodeError, match=r"gone\.x is not in"):  # the form is over a limit
        StoredFile(store, MediaRef("gone.x", None, None, urls[0]), limits=Limits(nodes=1)).read()
    with pytest.raises(DecodeError):  # another file than the one that was logged
        StoredFile(store, MediaRef("gone.x", "0" * 64, None, urls[0])).read()


def test_entries_pass_over_links(tmp_path):
    folder = DirectoryStore(tmp_path)
    folder.put(FILE, "", FixedNaming("d/real"))
    (tmp_path / "d" / "link").symlink_to(tmp_path / "d" / "real")
    (tmp_path / "linked").symlink_to(tmp_path / "d")
    assert folder.entries() == ["d/real"]
    with pytest.raises(DecodeError, match="refused"):
        folder.entries("../d")


@pytest.mark.parametrize("name", ["../outside", "/abs", "..", "", "a/b", "x" * 300, "é"])
def test_a_bundle_stays_below_the_root(folder, name):
    bundle = folder.bundle(name, "run_table")
    assert bundle.root.parent.parent == folder.root / "artifacts"
    assert bundle.root.is_dir()
    assert folder.artifact(bundle.address.url("x"))[0] == bundle


def test_no_bundle_is_found_behind_a_link(folder, tmp_path):
    bundle = DirectoryStore(tmp_path / "elsewhere").bundle("t", "run_table")
    folder.root.mkdir(parents=True, exist_ok=True)
    (folder.root / "artifacts").symlink_to(tmp_path / "elsewhere" / "artifacts")
    with pytest.raises(DecodeError, match="in an artifact, not in this folder"):
        folder.artifact(bundle.address.url("x"))
    trusting = DirectoryStore(folder.root, allow_links=True)
    assert trusting.artifact(bundle.address.url("x"))[1] == "x"


def test_no_bundle_is_made_behind_a_link(folder, tmp_path):
    folder.root.mkdir(parents=True, exist_ok=True)
    (tmp_path / "elsewhere").mkdir()
    (folder.root / "artifacts").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(EncodeError, match="goes through a link"):
        folder.bundle("t", "run_table")


def test_stores_pickle(store):
    ref = store.put(FILE, "media/x", NAMING)
    copy = pickle.loads(pickle.dumps(store))
    assert content(copy, ref) == DATA
    assert copy.put(FILE, "media/x", NAMING) == ref
    assert copy.put(BytesFile(b"more"), "media/x", NAMING).size == 4


def test_stores_say_what_they_are(store):
    store.put(FILE, "media/x", NAMING)
    assert repr(store) in ("MemoryStore(1 files)", f"DirectoryStore({str(getattr(store, 'root', ''))!r})")


def test_what_is_remembered_is_bounded(store, monkeypatch):
    monkeypatch.setattr(room, "REMEMBERED", 3)
    for number in range(10):
        store.put(BytesFile(b"%d" % number), "media/x", NAMING)
    assert len(store._remembered._refs) == 3
    assert store.put(BytesFile(b"9"), "media/x", RunNaming("other", 0)).path.startswith("media/x/key_3_")
    assert store.put(BytesFile(b"0"), "media/x", RunNaming("other", 0)).path.startswith("media/x/other_0_")


def test_two_stores_of_one_folder_are_equal(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert DirectoryStore("files") == DirectoryStore(tmp_path / "files")
    assert hash(DirectoryStore("files")) == hash(DirectoryStore(tmp_path / "files"))
    assert DirectoryStore("files") != DirectoryStore("other")
    assert MemoryStore() != MemoryStore()


# -- whole or not at all --------------------------------------------------------------------------------------


class Failing(BytesFile):
    """A file whose reading fails half-way."""

    __slots__ = ("error",)

    def __init__(self, error):
        super().__init__(bytes(3 << 20), ".bin")
        self.error = error

    @property
    def in_memory(self):
        return None

    def open(self):
        error = self.error

        class Stream(io.BytesIO):
            def read(self, size=-1):
                if self.tell() > 0:
                    raise error
                return super().read(1 << 20)

        return Stream(super().open().getvalue())


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        DecodeError("gone"),
        KeyboardInterrupt(),
        MemoryError(),
    ],
    ids=["disk-full", "source-gone", "interrupted", "no-memory"],
)
@pytest.mark.parametrize("fsync", [False, True])
def test_nothing_stays_of_a_write_that_fails(folder, error, fsync):
    folder.fsync = fsync
    with pytest.raises(type(error)):
        folder.put(Failing(error), "media/x", NAMING)
    assert everything(folder.root) == []
    assert folder.put(FILE, "media/x", NAMING).path == PATH


def test_nothing_stays_when_the_file_cannot_be_opened(folder):
    gone = StoredFile(MemoryStore(), MediaRef("a", SHA, len(DATA)))
    with pytest.raises(DecodeError):
        folder.put(gone, "media/x", NAMING)
    assert everything(folder.root) == []


def test_bytes_that_are_not_what_their_hash_says_are_refused(folder):
    lying = StoredFile(MemoryStore({"a.bin": DATA}), MediaRef("a.bin", "0" * 64, len(DATA)))
    with pytest.raises(EncodeError, match=r"a\.bin does not hold what its sha256 says"):
        folder.put(lying, "media/x", NAMING)
    assert everything(folder.root) == []


def test_a_full_disk(folder, monkeypatch):
    """The write itself fails, as on a full disk, and leaves nothing."""

    def full(file, out):
        out.write(b"the first part")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(room, "_copy", full)
    with pytest.raises(OSError, match="No space left"):
        folder.put(FILE, "media/x", NAMING)
    assert everything(folder.root) == []


def test_a_name_taken_by_a_folder(folder):
    (folder.root / PATH).mkdir(parents=True)
    with pytest.raises(OSError):
        folder.put(FILE, "media/x", NAMING)
    assert everything(folder.root) == []


def test_a_folder_taken_by_a_file(folder):
    (folder.root / "media").write_bytes(b"in the way")
    with pytest.raises(OSError):
        folder.put(FILE, "media/x", NAMING)
    assert everything(folder.root) == ["media"]
    assert (folder.root / "media").read_bytes() == b"in the way"


BOUND = """
import os, sys
from wbtypes_core import BytesFile, DecodeError, DirectoryStore, MediaRef
from wbtypes_core.layout import RunNaming
if os.name == "posix" and os.geteuid() == 0:  # root is above permissions
    os.setgid(65534)
    os.setuid(65534)
store = DirectoryStore(sys.argv[1])
try:
    print(CALL)
except (DecodeError, OSError) as error:
    print(type(error).__name__, error)
"""


def as_nobody(store: DirectoryStore, call: str) -> str:
    """What a call gives to a user whom permissions bind."""
    words = [sys.executable, "-c", BOUND.replace("CALL", call), str(store.root)]
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout


@pytest.fixture
def public():
    """A store over a folder that every user may read."""
    with tempfile.TemporaryDirectory() as place:
        Path(place).chmod(0o755)
        yield DirectoryStore(place)


def test_a_folder_that_may_not_be_written(public):
    (public.root / "media").mkdir(mode=0o555)
    answer = as_nobody(public, "store.put(BytesFile(b'x'), 'media', RunNaming('k', 0))")
    assert answer.startswith("PermissionError")
    assert everything(public.root) == []


def test_a_file_that_may_not_be_read(public):
    ref = public.put(FILE, "media/x", NAMING)
    (public.root / ref.path).chmod(0)
    answer = as_nobody(public, f"store.open(MediaRef({ref.path!r}))")
    assert answer.startswith("DecodeError")
    assert "cannot be opened: Permission denied" in answer


def test_a_file_that_is_there_is_not_written_again(folder):
    ref = folder.put(FILE, "media/x", NAMING)
    before = (folder.root / ref.path).stat()
    assert DirectoryStore(folder.root).put(FILE, "media/x", NAMING) == ref
    after = (folder.root / ref.path).stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_a_file_that_was_cut_off_is_written_again(folder):
    ref = folder.put(FILE, "media/x", NAMING)
    (folder.root / ref.path).write_bytes(DATA[:3])
    assert folder.put(FILE, "media/x", NAMING) == ref
    assert content(folder, ref) == DATA


def test_a_file_that_is_there_and_was_copied_before_it_was_hashed_leaves_no_copy(
    folder, monkeypatch, tmp_path
):
    """The store itself knows nothing of the other's file: it finds it when it has hashed its own."""
    DirectoryStore(folder.root).put(FILE, "media/x", NAMING)
    monkeypatch.setattr("wbtypes_core.files.SNAPSHOT_BYTES", 3)
    (tmp_path / "given.bin").write_bytes(DATA)
    given = LocalFile(tmp_path / "given.bin")
    assert given.hashed is None
    assert folder.put(given, "media/x", NAMING).path == PATH
    assert everything(folder.root) == [PATH]


def test_a_folder_that_was_removed_is_made_again(folder):
    folder.put(FILE, "media/x", NAMING)
    shutil.rmtree(folder.root)
    assert content(folder, folder.put(FILE, "media/x", NAMING)) == DATA


def test_a_said_size_that_is_wrong_is_not_believed(folder):
    lying = StoredFile(MemoryStore({"a.bin": DATA}), MediaRef("a.bin", SHA, 3))
    assert folder.put(lying, "media/x", NAMING).size == len(DATA)


def test_a_file_that_was_removed_is_written_again(folder):
    ref = folder.put(FILE, "media/x", NAMING)
    (folder.root / ref.path).unlink()
    assert folder.put(FILE, "media/x", NAMING) == ref
    assert content(folder, ref) == DATA


def test_stored_files_have_the_permissions_of_new_files(folder):
    (folder.root / "plain").write_bytes(DATA)
    ref = folder.put(FILE, "media/x", NAMING)
    assert (folder.root / ref.path).stat().st_mode == (folder.root / "plain").stat().st_mode


def test_large_files_are_copied_whole(folder):
    data = os.urandom(3_000_001)
    ref = folder.put(BytesFile(data), "media/x", NAMING)
    assert content(folder, ref) == data


# -- at the same time -----------------------------------------------------------------------------------------


def write_many(root: str, worker: int) -> list[str]:
    store = DirectoryStore(root)
    return [
        store.put(BytesFile(b"%d" % number * 1000, ".bin"), "media/x", RunNaming("key", 0)).path or ""
        for number in range(20)
    ]


def test_threads_write_the_same_files(folder):
    with ThreadPoolExecutor(8) as pool:
        names = list(pool.map(lambda worker: write_many(str(folder.root), worker), range(8)))
    assert all(each == names[0] for each in names)
    assert everything(folder.root) == sorted(names[0])
    assert all((folder.root / name).stat().st_size in (1000, 2000) for name in names[0])


def test_threads_share_one_store(folder):
    barrier = threading.Barrier(8)

    def work(worker):
        barrier.wait()
        return [
            folder.put(BytesFile(b"%d" % n), "media/x", RunNaming(f"k{worker}", 0)).sha256 for n in range(50)
        ]

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(work, range(8)))
    assert all(each == found[0] for each in found)
    assert [name for name in everything(folder.root) if ".tmp" in name] == []


_WRITER = """
import sys
import tempfile
from wbtypes_core import BytesFile, DirectoryStore
from wbtypes_core.layout import RunNaming
store = DirectoryStore(sys.argv[1])
for number in range(20):
    print(store.put(BytesFile(b"%d" % number * 1000, ".bin"), "media/x", RunNaming("key", 0)).path)
"""


def test_processes_write_the_same_files(folder):
    words = [sys.executable, "-c", _WRITER, str(folder.root)]
    writers = [subprocess.Popen(words, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    names = [writer.communicate()[0].split() for writer in writers]
    assert [writer.returncode for writer in writers] == [0, 0, 0]
    assert all(each == names[0] for each in names)
    assert everything(folder.root) == sorted(names[0])


def test_readers_see_a_file_whole_or_not_at_all(folder):
    data = bytes(1 << 20)
    ref = MediaRef(f"media/big_0_{hashlib.sha256(data).hexdigest()[:20]}")
    seen: set[int] = set()
    stop = threading.Event()

    def watch():
        while not stop.is_set():
            try:
                seen.add(len(content(folder, ref)))
            except DecodeError:
                seen.add(0)

    watcher = threading.Thread(target=watch)
    watcher.start()
    for _ in range(20):
        ref = DirectoryStore(folder.root).put(BytesFile(data), "media", RunNaming("big", 0))
        (folder.root / "empty").touch()
        (folder.root / "empty").replace(folder.root / ref.path)  # as a file that lost its bytes in a crash
    stop.set()
    watcher.join()
    assert seen <= {0, len(data)}


# -- nothing outside the root ---------------------------------------------------------------------------------


@pytest.fixture
def outside(tmp_path):
    """A folder beside the root, with a file in it."""
    place = tmp_path / "outside"
    place.mkdir()
    (place / "secret.bin").write_bytes(b"secret")
    return place


def refused(store, path):
    with pytest.raises(DecodeError) as caught:
        store.open(MediaRef(path))
    return caught.value


def test_links_below_the_root_are_not_followed(folder, outside):
    (folder.root / "file.bin").symlink_to(outside / "secret.bin")
    (folder.root / "folder").symlink_to(outside)
    (folder.root / "deep").mkdir()
    (folder.root / "deep" / "folder").symlink_to("../folder")
    (folder.root / "dangling").symlink_to(outside / "none")
    for path in ("file.bin", "folder/secret.bin", "deep/folder/secret.bin", "dangling"):
        error = refused(folder, path)
        assert error.reason == "unsafe-path"
        assert "allow_links=True" in str(error)
        assert folder.locate(MediaRef(path)) is None


def test_links_are_followed_by_the_callers_choice(folder, outside):
    (folder.root / "file.bin").symlink_to(outside / "secret.bin")
    (folder.root / "folder").symlink_to(outside)
    trusting = DirectoryStore(folder.root, allow_links=True)
    for path in ("file.bin", "folder/secret.bin"):
        assert content(trusting, MediaRef(path)) == b"secret"
        assert trusting.locate(MediaRef(path)) == folder.root / path


def test_the_root_may_be_a_link(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    store = DirectoryStore(tmp_path / "link")
    ref = store.put(FILE, "media/x", NAMING)
    assert content(store, ref) == DATA
    assert (tmp_path / "real" / PATH).read_bytes() == DATA


def test_hard_links_are_files_like_others(folder, outside):
    os.link(outside / "secret.bin", folder.root / "hard.bin")
    assert content(folder, MediaRef("hard.bin")) == b"secret"


def test_nothing_is_written_through_a_link(folder, outside):
    (folder.root / "media").symlink_to(outside)
    with pytest.raises(EncodeError, match="goes through a link"):
        folder.put(FILE, "media/x", NAMING)
    assert everything(outside) == ["secret.bin"]


def test_a_link_in_the_place_of_a_file_is_not_written_through(folder, outside):
    (folder.root / "media" / "x").mkdir(parents=True)
    (folder.root / PATH).symlink_to(outside / "secret.bin")
    with pytest.raises(EncodeError, match="goes through a link"):
        folder.put(FILE, "media/x", NAMING)
    assert (outside / "secret.bin").read_bytes() == b"secret"


def test_a_link_that_loops(folder):
    (folder.root / "loop").symlink_to("loop")
    assert refused(folder, "loop").reason == "unsafe-path"
    trusting = DirectoryStore(folder.root, allow_links=True)
    assert refused(trusting, "loop").reason == "unsafe-path"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
@pytest.mark.parametrize("allow_links", [False, True])
def test_a_pipe_does_not_hang_the_reader(folder, allow_links):
    os.mkfifo(folder.root / "pipe.bin")
    store = DirectoryStore(folder.root, allow_links=allow_links)
    error = refused(store, "pipe.bin")
    assert error.reason == "unsafe-path"
    assert "no ordinary file" in str(error)
    assert store.locate(MediaRef("pipe.bin")) is None


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_does_not_hang_the_writer(folder):
    (folder.root / "media" / "x").mkdir(parents=True)
    os.mkfifo(folder.root / PATH)
    ref = folder.put(FILE, "media/x", NAMING)
    assert content(folder, ref) == DATA


def test_a_socket_is_no_file(folder, monkeypatch):
    import socket

    monkeypatch.chdir(folder.root)
    with socket.socket(socket.AF_UNIX) as made:
        made.bind("s")
        assert refused(folder, "s").reason in ("missing-file", "unsafe-path")


def test_a_folder_is_no_file(folder):
    (folder.root / "media").mkdir()
    assert refused(folder, "media").reason == "unsafe-path"
    assert folder.locate(MediaRef("media")) is None


@pytest.mark.parametrize("path", ["a" * 300, "a/" * 3000 + "b", "file.bin/inside"])
def test_paths_that_the_system_cannot_have_are_missing_files(folder, path):
    (folder.root / "file.bin").write_bytes(DATA)
    assert refused(folder, path).reason == "missing-file"


def test_the_root_is_made_at_the_first_write_only(tmp_path):
    store = DirectoryStore(tmp_path / "a" / "b")
    assert refused(store, "x").reason == "missing-file"
    assert not store.root.exists()
    store.put(FILE, "media/x", NAMING)
    assert (store.root / PATH).is_file()


@pytest.mark.parametrize("allow_links", [False, True])
@pytest.mark.parametrize("path", ["{long}.html", "there/{long}.html", "there/{long}/a.html", "{deep}/a.html"])
def test_names_that_no_file_can_have_are_of_files_that_are_missing(tmp_path, path, allow_links):
    (tmp_path / "there").mkdir()
    store = DirectoryStore(tmp_path, allow_links=allow_links)
    ref = MediaRef(path.format(long="x" * 300, deep="/".join(["y" * 200] * 30)))
    assert store.locate(ref) is None
    with pytest.raises(DecodeError) as caught:
        store.open(ref)
    assert caught.value.reason == "missing-file"
