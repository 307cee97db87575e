"""Two stores that are sources too: one in memory, one in a folder, written whole or not at all."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import re
import stat
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from io import RawIOBase
from itertools import count
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from attrs import evolve

from .errors import Code, DecodeError, EncodeError, printable
from .files import MediaFile, MediaRef, is_url, refuse_path, safe_parts
from .jsonio import Json
from .layout import LATEST, ArtifactAddress, ArtifactUrl, Naming, artifact_name, artifact_url

REMEMBERED = 1 << 16
"""How many stored files a store remembers by content, so that equal ones are stored once."""

BUNDLES = "artifacts"
"""The folder below a store's root that holds what `bundle` makes."""

_VERSION = r"v(0|[1-9][0-9]{0,8})"

_CHUNK = 1 << 20

_THROUGH_LINK = "goes through a link; only DirectoryStore(..., allow_links=True) follows them"


class _Remembered:
    """The names that files of one folder and content were first given; the oldest are forgotten."""

    def __init__(self) -> None:
        self._refs: dict[tuple[str, str, str], MediaRef] = {}
        self._lock = threading.Lock()

    def get(self, folder: str, file: MediaFile) -> MediaRef | None:
        return self._refs.get((folder, file.suffix, file.sha256))

    def add(self, folder: str, suffix: str, ref: MediaRef) -> None:
        with self._lock:
            if len(self._refs) >= REMEMBERED:
                self._refs.pop(next(iter(self._refs)), None)
            self._refs[folder, suffix, ref.sha256 or ""] = ref


S = TypeVar("S", "MemoryStore", "DirectoryStore")


def _missing(path: str, place: str) -> DecodeError:
    return DecodeError(
        f"{printable(path)} is not in {place}; copy it there, or pass the source that has it",
        reason=Code.MISSING_FILE,
    )


class MemoryStore:
    """Files in memory: for tests, and for values that only pass through.

    Attributes:
        files: the bytes by path.
        notes: what a run's config would say, by kind and key.
        bundles: the stores of artifacts by ``<name>:v<version>``.
        address: how references name this store, where it is such a bundle; else None.
    """

    def __init__(
        self,
        files: Mapping[str, bytes] | None = None,
        *,
        notes: Mapping[str, Mapping[str, Json]] | None = None,
    ) -> None:
        self.files: dict[str, bytes] = dict(files or {})
        self.notes: dict[str, Mapping[str, Json]] = dict(notes or {})
        self.bundles: dict[str, MemoryStore] = {}
        self.address: ArtifactAddress | None = None
        self._remembered = _Remembered()

    def put(self, file: MediaFile, folder: str, naming: Naming) -> MediaRef:
        """Keep a file; one of equal bytes and folder keeps the name it was first given."""
        known = self._remembered.get(folder, file) if naming.shared else None
        if known is not None:
            return known
        path = "/".join(safe_parts(naming.path(folder, file)))
        data = file.read()
        if hashlib.sha256(data).hexdigest() != file.sha256:
            raise _altered(file)
        if not naming.shared and self.files.get(path, data) != data:
            raise _taken(path)
        self.files[path] = data
        ref = MediaRef(path, file.sha256, len(data))
        if naming.shared:
            self._remembered.add(folder, file.suffix, ref)
        return ref

    def bundle(self, name: str, kind: str) -> MemoryStore:
        """The store of a new version of an artifact, kept in `bundles`."""
        made = MemoryStore()
        version = next(each for each in count() if f"{name}:v{each}" not in self.bundles)
        made.address = ArtifactAddress.of(name, version)
        return self.bundles.setdefault(f"{name}:v{version}", made)

    def artifact(self, url: str) -> tuple[MemoryStore, str]:
        """The bundle that a reference means, and the entry in it.

        Raises:
            DecodeError: ``unreachable``.
        """
        return _addressed(url, self.bundles.values())

    def entries(self, below: str = "") -> list[str]:
        """The paths of all files below a folder, sorted."""
        inside = f"{'/'.join(safe_parts(below))}/" if below else ""
        return sorted(path for path in self.files if path.startswith(inside))

    def open(self, ref: MediaRef) -> BinaryIO:
        """A stream over a kept file.

        Raises:
            DecodeError: ``missing-file``, ``unsafe-path`` or ``unreachable``.
        """
        path = "/".join(safe_parts(_needs_path(ref)))
        if path not in self.files:
            raise _missing(path, "this memory store")
        return io.BytesIO(self.files[path])

    def note(self, kind: str, key: str) -> Json | None:
        """What `notes` holds under a kind and key."""
        return self.notes.get(kind, {}).get(key)

    def __repr__(self) -> str:
        return f"MemoryStore({len(self.files)} files)"

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_remembered": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state, _remembered=_Remembered())


class DirectoryStore:
    """Files below one folder, as a run's ``files`` folder.

    A file is written to a temporary name in the folder it belongs to, then renamed, so that readers and other
    writers, threads or processes, see it whole or not at all. Reading and writing never leave the root: paths
    are checked, and no component below the root may be a symbolic link.

    Two stores over the same folder are equal.

    Attributes:
        root: the folder; it may itself be a link, and is made at the first write.
        notes: what the run's config says beside the values, by kind and key.
        fsync: whether each file is forced to the disk before it is renamed (about 100 times slower).
        allow_links: whether links below the root are followed, for data that you trust.
        address: how references name this store, where it is a bundle of another; else None.
    """

    def __init__(
        self,
        root: str | os.PathLike[str],
        *,
        notes: Mapping[str, Mapping[str, Json]] | None = None,
        fsync: bool = False,
        allow_links: bool = False,
    ) -> None:
        self.root = Path(root).absolute()
        self._place = os.path.realpath(self.root)
        self.notes: dict[str, Mapping[str, Json]] = dict(notes or {})
        self.fsync = fsync
        self.allow_links = allow_links
        self.address: ArtifactAddress | None = None
        self._remembered = _Remembered()
        self._folders: dict[tuple[str, ...], str] = {}

    def put(self, file: MediaFile, folder: str, naming: Naming) -> MediaRef:
        """Write a file; one of equal bytes and folder keeps the name it was first given.

        Raises:
            EncodeError: the name leaves the root, or a link stands in the way.
            OSError: the disk is full, or may not be written; nothing half-written stays.
        """
        if file.hashed is None:
            with self._copied(file, folder) as temporary:
                return self._put(file, folder, naming, temporary)
        return self._put(file, folder, naming, None)

    def _put(self, file: MediaFile, folder: str, naming: Naming, temporary: str | None) -> MediaRef:
        """Give a file its name; its bytes are in a temporary file already, or still to be written."""
        known = self._remembered.get(folder, file) if naming.shared else None
        if known is not None and _is_file(self._look(f"{self.root}{os.sep}{known.path}"), known.size):
            return known
        try:
            parts = safe_parts(naming.path(folder, file))
            place = self._folder(parts[:-1])
            target = f"{place}{os.sep}{parts[-1]}"
            found = self._look(target)
            if found is not None and not self.allow_links and _leads_away(found):
                raise refuse_path("/".join(parts), _THROUGH_LINK)
        except DecodeError as error:
            raise EncodeError(error.message) from None
        ref = MediaRef("/".join(parts), file.sha256, file.size)
        if not naming.shared and found is not None and _holds_another(target, ref):
            raise _taken(target)
        if not _is_file(found, ref.size):
            if temporary is None:
                ref = self._write(file, place, target, ref)
            else:
                self._settle(temporary, target)
        if naming.shared:
            self._remembered.add(folder, file.suffix, ref)
        return ref

    def bundle(self, name: str, kind: str) -> DirectoryStore:
        """The store of a new version of an artifact, in the folder ``artifacts/<name>/v<version>`` below the root.

        Of a name only the characters are kept that an artifact's may have.
        """
        parts = (BUNDLES, artifact_name(name))
        try:
            folder = self._checked(parts)
        except DecodeError as error:
            raise EncodeError(error.message) from None
        self._make(folder)
        for version in count(max(_versions(folder), default=-1) + 1):
            try:
                folder.joinpath(f"v{version}").mkdir()
            except FileExistsError:  # another writer's
                continue
            return self._bundle(parts[1], version)
        raise AssertionError("versions never end")

    def artifact(self, url: str) -> tuple[DirectoryStore, str]:
        """The bundle below this root that a reference means, and the entry in it.

        Raises:
            DecodeError: ``unreachable``.
        """
        return _addressed(url, self._bundles())

    def entries(self, below: str = "") -> list[str]:
        """The paths of all files below a folder, sorted; links and what is behind them are left out.

        Raises:
            DecodeError: ``unsafe-path``.
        """
        top = self._checked(safe_parts(below)) if below else self.root
        found: list[str] = []
        for folder, _, names in os.walk(top, followlinks=self.allow_links):
            inside = Path(folder)
            found += (
                inside.joinpath(name).relative_to(self.root).as_posix()
                for name in names
                if self.allow_links or not _is_link(inside / name)
            )
        return sorted(found)

    def open(self, ref: MediaRef) -> BinaryIO:
        """Open a file below the root.

        Raises:
            DecodeError: ``missing-file``, ``unsafe-path`` (a link, a device, outside the root) or ``unreachable``.
        """
        text = _needs_path(ref)
        path = self._checked(safe_parts(text))
        # neither a link nor a pipe that was put here since may redirect or hang us
        flags = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)
        if not self.allow_links:
            flags |= getattr(os, "O_NOFOLLOW", 0)
        try:
            handle = os.open(path, flags)
        except OSError as error:
            raise self._unopened(text, error) from None
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            os.close(handle)
            raise refuse_path(text, "is no ordinary file")
        return os.fdopen(handle, "rb")

    def locate(self, ref: MediaRef) -> Path | None:
        """The file on disk, when its path is safe and it is there."""
        if ref.path is None:
            return None
        try:
            path = self._checked(safe_parts(ref.path))
            return path if path.is_file() else None
        except (DecodeError, OSError):  # OSError: a name that is too long for a file
            return None

    def note(self, kind: str, key: str) -> Json | None:
        """What `notes` holds under a kind and key."""
        return self.notes.get(kind, {}).get(key)

    # -- below ------------------------------------------------------------------------------------------------

    def _bundle(self, name: str, version: int) -> DirectoryStore:
        place = self.root.joinpath(BUNDLES, name, f"v{version}")
        made = DirectoryStore(place, fsync=self.fsync, allow_links=self.allow_links)
        made.address = ArtifactAddress.of(name, version)
        return made

    def _bundles(self) -> Iterator[DirectoryStore]:
        """The versions of every artifact that is here, the versions of one in their order."""
        top = self.root / BUNDLES
        for folder in sorted(top.iterdir()) if self._is_inside(top) else ():
            if self._is_inside(folder):
                yield from (self._bundle(folder.name, version) for version in sorted(_versions(folder)))

    def _is_inside(self, folder: Path) -> bool:
        """Whether a folder is there, and is no link that may not be followed."""
        return folder.is_dir() and (self.allow_links or not _is_link(folder))

    def _checked(self, parts: tuple[str, ...]) -> Path:
        """The path below the root, once none of its components is a link."""
        path = self.root
        for part in parts:
            path = path / part
            if not self.allow_links and _is_link(path):
                raise refuse_path("/".join(parts), _THROUGH_LINK)
        return path

    def _unopened(self, text: str, error: OSError) -> DecodeError:
        if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG, errno.EINVAL):
            return _missing(text, str(self.root))
        if error.errno == errno.ELOOP:
            return refuse_path(text, _THROUGH_LINK)
        return DecodeError(
            f"{text} in {self.root} cannot be opened: {error.strerror}", reason=Code.MISSING_FILE
        )

    def _folder(self, above: tuple[str, ...]) -> str:
        """A folder below the root that is there, and that no link leads to; checked and made once."""
        folder = self._folders.get(above)
        if folder is None:
            path = self._checked(above)
            self._make(path)
            if len(self._folders) >= REMEMBERED:
                self._folders.clear()
            folder = self._folders[above] = str(path)
        return folder

    def _make(self, folder: Path) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            if error.errno != errno.ENAMETOOLONG:
                raise
            what = f"{printable(str(folder))} is too long for this file system; use a shorter key"
            raise EncodeError(what) from None

    def _look(self, path: str) -> os.stat_result | None:
        """What is there under a path; None where nothing is."""
        try:
            return os.stat(path, follow_symlinks=self.allow_links)  # noqa: PTH116 - pathlib costs as much as the write
        except OSError:
            return None

    def _write(self, file: MediaFile, folder: str, target: str, ref: MediaRef) -> MediaRef:
        """Write the whole file or nothing; give its reference, with the size that it has."""
        with self._temporary(folder) as (temporary, out):
            sha256, size = _copy(file, out)
            if sha256 != ref.sha256:
                raise _altered(file)
            self._close(out)
            self._settle(temporary, target)
        return ref if size == ref.size else evolve(ref, size=size)

    @contextmanager
    def _copied(self, file: MediaFile, folder: str) -> Iterator[str]:
        """A file whose hash is not known yet, copied and hashed in one pass into the folder that it will be in."""
        with self._temporary(self._folder(safe_parts(folder) if folder else ())) as (temporary, out):
            sha256, _ = _copy(file, out)
            self._close(out)
            file.learn(sha256)
            yield temporary
            if os.path.lexists(temporary):  # a file of equal bytes was there already
                os.unlink(temporary)  # noqa: PTH108

    @contextmanager
    def _temporary(self, folder: str) -> Iterator[tuple[str, RawIOBase]]:
        """A new file beside those that are settled, which is gone when anything fails."""
        temporary = f"{folder}{os.sep}.{os.urandom(8).hex()}.tmp"
        try:
            with _create(temporary) as out:
                yield temporary, out
        except BaseException:
            with suppress(OSError):
                os.unlink(temporary)  # noqa: PTH108
            raise

    def _close(self, out: RawIOBase) -> None:
        if self.fsync:
            os.fsync(out.fileno())
        out.close()  # Windows renames no open file

    def _settle(self, temporary: str, target: str) -> None:
        os.replace(temporary, target)  # noqa: PTH105
        if self.fsync:
            _sync_folder(os.path.dirname(target))  # noqa: PTH120

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DirectoryStore) and self._place == other._place

    def __hash__(self) -> int:
        return hash(self._place)

    def __repr__(self) -> str:
        return f"DirectoryStore({str(self.root)!r})"

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_remembered": None, "_folders": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state, _remembered=_Remembered(), _folders={})


def _versions(folder: Path) -> list[int]:
    """The versions of an artifact that are in its folder."""
    if not folder.is_dir():
        return []
    found = (re.fullmatch(_VERSION, each.name) for each in folder.iterdir() if not _is_link(each))
    return [int(match[1]) for match in found if match]


def _addressed(url: str, bundles: Iterable[S]) -> tuple[S, str]:
    """The last of some bundles that a reference means, and the entry that it names there."""
    wanted = artifact_url(url)
    found = [each for each in bundles if wanted and _is_meant(wanted, each.address)]
    if wanted is None or not found:
        raise _elsewhere(url)
    return found[-1], wanted.entry


def _is_meant(wanted: ArtifactUrl, address: ArtifactAddress | None) -> bool:
    if address is None or not wanted.by_client:
        return False
    if wanted.alias == LATEST:
        return wanted.id == address.sequence_id
    return wanted.alias is None and wanted.id == address.client_id


def _elsewhere(place: str) -> DecodeError:
    if is_url(place) and artifact_url(place) is None:
        why = "is a URL, and nothing is fetched; download the file, or add a wbtypes_open hook"
    else:
        why = "is in an artifact, not in this folder; pass the artifact's folder, or add a wbtypes_open hook"
    return DecodeError(f"{printable(place)} {why}", reason=Code.UNREACHABLE)


def _needs_path(ref: MediaRef) -> str:
    if ref.path is None or is_url(ref.path):
        raise _elsewhere(ref.path or ref.artifact_path or "the file")
    return ref.path


def _is_link(path: Path) -> bool:
    try:
        return _leads_away(path.lstat())
    except (OSError, ValueError):
        return False


def _leads_away(found: os.stat_result) -> bool:
    """Whether what is there is a symbolic link, or a junction of Windows."""
    return stat.S_ISLNK(found.st_mode) or (
        os.name == "nt" and bool(found.st_file_attributes & 0x400)  # type: ignore[attr-defined]
    )


def _is_file(found: os.stat_result | None, size: int | None) -> bool:
    """Whether what is there is a file of that size; its name holds its hash."""
    return found is not None and stat.S_ISREG(found.st_mode) and found.st_size == size


def _create(path: str) -> RawIOBase:
    """A new file, opened for writing; its folder is made again if somebody has removed it."""
    try:
        return open(path, "xb", buffering=0)
    except FileNotFoundError:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        return open(path, "xb", buffering=0)


def _copy(file: MediaFile, out: RawIOBase) -> tuple[str, int]:
    """Copy the bytes; give their hash and number."""
    held = file.in_memory
    if held is not None:
        _write_all(out, held)
        return file.sha256, len(held)
    digest = hashlib.sha256()
    size = 0
    with file.open() as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
            _write_all(out, chunk)
            size += len(chunk)
    return digest.hexdigest(), size


def _write_all(out: RawIOBase, data: bytes) -> None:
    """An unbuffered file may take less than it is given, at a signal or past 2 GiB."""
    rest = memoryview(data)
    while rest:
        rest = rest[out.write(rest) :]


def _holds_another(target: str, ref: MediaRef) -> bool:
    """Whether other bytes are there already under a name that is settled."""
    path = Path(target)
    if not path.is_file():
        return False
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest() != ref.sha256


def _altered(file: MediaFile) -> EncodeError:
    return EncodeError(
        f"{file} does not hold what its sha256 says: it is damaged, or changed since; find the original"
    )


def _taken(path: str) -> EncodeError:
    return EncodeError(f"{printable(path)} is there already and holds something else; write to another store")


def _sync_folder(folder: str) -> None:
    if os.name == "nt":
        return  # folders cannot be opened there
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
