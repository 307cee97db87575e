"""Shelves: folders that may hold the files of artifacts, in whatever layout; a file is told by its bytes, not its place."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import sys
import time
from bisect import bisect_left
from collections.abc import Iterator
from pathlib import Path, PurePath
from threading import Lock
from types import ModuleType
from typing import Any, BinaryIO

from attrs import define, field, frozen

from wbtypes_core import Code, DecodeError, DirectoryStore, Limits, MediaRef, MissingExtra
from wbtypes_core.errors import need

from .manifests import algorithm, hex_of
from .records import Entry

VERIFIED_AT_ONCE = 64 << 20
"""Bytes up to which a file that is where it should be is hashed when it is first opened; `check` hashes larger ones too."""

RENEWED_AFTER = 2.0
"""Seconds after which a folder is listed again when a file was not found in it; a run that is followed stages more."""

_PIECE = 1 << 20


@frozen
class Found:
    """A file that is an entry of an artifact.

    Attributes:
        shelf: the folder it was found in.
        path: where, relative to that.
        verified: whether its digest was worked out, and is the entry's.
    """

    shelf: Shelf
    path: str
    verified: bool

    def open(self) -> BinaryIO:
        """Open it.

        Raises:
            DecodeError: it is gone, or a link by now.
        """
        return self.shelf.open(self.path)

    def locate(self) -> Path | None:
        """The file on disk."""
        return self.shelf.store.locate(MediaRef(self.path))


@define
class _Listing:
    """The files of a folder as they were at a time.

    Attributes:
        sizes: the size of each by its path.
        unhashed: the paths of those of one size that were not compared by digest yet, by size and kind of digest.
        hashed: a path for each digest, by size and kind.
        by_size: the paths of the files of each size.
    """

    sizes: dict[str, int]
    made: float = field(factory=time.monotonic)
    unhashed: dict[tuple[int, str], list[str]] = field(factory=dict)
    hashed: dict[tuple[int, str], dict[str, str]] = field(factory=dict)
    by_size: dict[int, list[str]] = field(factory=dict, init=False)
    _turned: list[str] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._turned = sorted(path[::-1] for path in self.sizes)
        for path, size in self.sizes.items():
            self.by_size.setdefault(size, []).append(path)

    def ending(self, inner: str) -> list[str]:
        """The paths that end in a path: that itself, and it in folders; sorted."""
        turned = inner[::-1]
        begin = bisect_left(self._turned, f"{turned}/")
        end = bisect_left(self._turned, f"{turned}0")  # what sorts next after the slash
        return [inner] * (inner in self.sizes) + sorted(path[::-1] for path in self._turned[begin:end])


class Shelf:
    """One folder, and what is known of the files in it.

    Links in it are passed over, as everywhere. Threads may share it.

    Attributes:
        store: the folder as a source.
        own: whether it is one of the client's own folders, in which files are looked up where the log or the cache's
            rule puts them, and which is never listed as a whole.
    """

    def __init__(self, root: Path, limits: Limits, own: bool = False) -> None:
        self.store = DirectoryStore(root)
        self.own = own
        self._limits = limits
        self._listing: _Listing | None = None
        self._digests: dict[tuple[str, str, int, int], str] = {}
        self._hashing = Lock()

    def forget(self) -> None:
        """List the folder again when it is next asked; files may have come."""
        self._listing = None

    def renew(self) -> bool:
        """List the folder again if that was some time ago; whether it will be."""
        if self._listing is None or time.monotonic() - self._listing.made < RENEWED_AFTER:
            return False
        self.forget()
        return True

    def find(self, entry: Entry, *, thorough: bool = False) -> Found | None:
        """The file that an entry means, told by its size and digest; None when it is not here.

        A file without a digest, or with one that nothing here can work out, is told by its path and size.

        Args:
            entry: the entry of a manifest.
            thorough: hash large files too, where they are where they should be.
        """
        for path in self._candidates(entry):
            found = self._examined(entry, path, thorough)
            if found is not None:
                return found
        return None

    def bases(self, entry: Entry) -> Iterator[Path]:
        """The folders in which the entry's file is, under its name."""
        for path in self.namesakes(entry):
            if (found := self._examined(entry, path, thorough=False)) is not None:
                yield self.store.root / str(_outer(found.path, entry.path))

    def open(self, path: str) -> BinaryIO:
        """Open a file of this folder.

        Raises:
            DecodeError: it is not there, or behind a link.
        """
        return self.store.open(MediaRef(path))

    def refusal(self, path: str) -> str:
        """Why a path of data is not opened in this folder although something may be there; ``""`` when nothing forbids it."""
        try:
            self.open(path).close()
        except DecodeError as error:
            return error.message if error.reason is Code.UNSAFE_PATH else ""
        return ""

    def manifests(self, place: str) -> list[str]:
        """The files of this folder that a path of the log, of a manifest that has a file of its own, may mean."""
        inside = self._relative(place)
        if self.own:
            return [inside] if inside else []
        return [inside] * bool(inside) + self._listed().ending(_name(place))

    def namesakes(self, entry: Entry) -> Iterator[str]:
        """The files that end in the entry's path, whatever their bytes."""
        if not self.own:
            yield from self._listed().ending(entry.path)

    def _candidates(self, entry: Entry) -> Iterator[str]:
        """The files that may be the entry, the likeliest first, each once."""
        digest = hex_of(entry)
        cached = f"{digest[:2]}/{digest[2:]}"
        likely = [f"obj/{algorithm(entry).lower()}/{cached}", self._relative(entry.local_path)]
        if not self.own:
            likely = [entry.path, *likely, _name(entry.local_path)]
        tried = set()
        for path in likely:
            if path and path not in tried:
                tried.add(path)
                yield path
        if self.own:
            return
        listed = self._listed()
        named = (*listed.ending(entry.path), *(listed.ending(cached) if digest else ()))
        yield from (path for path in named if path not in tried and listed.sizes[path] == entry.size)
        if alike := self._alike(entry):
            yield alike

    def _alike(self, entry: Entry) -> str | None:
        """A file with the entry's size and digest; of a size, each file is hashed once, and only until one is found."""
        if not can_verify(entry):
            return None
        listed, kind = self._listed(), algorithm(entry)
        with self._hashing:
            hashed = listed.hashed.setdefault((entry.size, kind), {})
            rest = listed.unhashed.setdefault((entry.size, kind), listed.by_size.get(entry.size, [])[::-1])
            while entry.digest not in hashed and rest:
                path = rest.pop()
                if (state := self._state(path)) is not None:
                    hashed.setdefault(self._digest(path, kind, _hasher(entry), state), path)
        return hashed.get(entry.digest)

    def _relative(self, place: str) -> str:
        """Where a path of the log lies in this folder; ``""`` when it lies elsewhere."""
        path = PurePath(place)
        return path.relative_to(self.store.root).as_posix() if path.is_relative_to(self.store.root) else ""

    def _examined(self, entry: Entry, path: str, thorough: bool) -> Found | None:
        named = _outer(path, entry.path) is not None
        state = self._state(path)
        unsaid = not entry.size and (entry.ref or not entry.digest)
        if state is None or not (unsaid or state.st_size == entry.size):
            return None
        hasher = _hasher(entry)
        if hasher is None:
            return Found(self, path, verified=False) if named else None
        if named and not thorough and state.st_size > VERIFIED_AT_ONCE:
            return Found(self, path, verified=False)
        same = self._digest(path, algorithm(entry), hasher, state) == entry.digest
        return Found(self, path, verified=True) if same else None

    def _state(self, path: str) -> os.stat_result | None:
        """What a path of data leads to, when it is a file of this folder, and behind no link."""
        try:
            file = self.store.locate(MediaRef(path))
            return file.stat() if file else None
        except (OSError, ValueError):
            return None

    def _digest(self, path: str, kind: str, hasher: Any, state: os.stat_result) -> str:
        """The digest of a file, worked out once as long as it does not change; ``""`` when it cannot be opened."""
        known = path, kind, state.st_size, state.st_mtime_ns
        if known not in self._digests:
            try:
                with self.open(path) as stream:
                    while piece := stream.read(_PIECE):
                        hasher.update(piece)
            except (DecodeError, OSError):
                return ""
            self._digests[known] = base64.b64encode(hasher.digest()).decode()
        return self._digests[known]

    def _listed(self) -> _Listing:
        """The paths of all files."""
        listing = self._listing
        if listing is None:
            sizes: dict[str, int] = {}
            for path, size in files_below(self.store.root):
                self._limits.spend("nodes", len(sizes), f"the number of files in {self.store.root}")
                sizes[path] = size
            listing = self._listing = _Listing(sizes)
        return listing

    def __getstate__(self) -> tuple[Path, Limits, bool]:
        return self.store.root, self._limits, self.own

    def __setstate__(self, state: tuple[Path, Limits, bool]) -> None:
        self.__init__(*state)  # type: ignore[misc]  # what was learned of the files is learned again

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Shelf) and self.store == other.store

    def __hash__(self) -> int:
        return hash(self.store)


def files_below(folder: Path) -> Iterator[tuple[str, int]]:
    """Every file below a folder with its size; links and what cannot be read are passed over."""
    todo = [(folder, "")]
    while todo:
        at, prefix = todo.pop()
        try:
            with os.scandir(at) as listed:
                found = sorted(listed, key=lambda each: each.name)
        except OSError:
            continue
        for each in found:
            try:
                if each.is_dir(follow_symlinks=False):
                    todo.append((Path(each.path), f"{prefix}{each.name}/"))
                elif each.is_file(follow_symlinks=False):
                    yield f"{prefix}{each.name}", each.stat(follow_symlinks=False).st_size
            except OSError:
                continue


def _name(place: str) -> str:
    """The last part of a path of the log, whichever system wrote it."""
    return re.split(r"[/\\]", place)[-1]


def _outer(path: str, inner: str) -> str | None:
    """What comes before a path inside another; None when that does not end in it."""
    if path == inner:
        return ""
    return path[: -len(inner) - 1] if path.endswith(f"/{inner}") else None


def _hasher(entry: Entry) -> Any:
    """A fresh hash of the kind that an entry's digest is; None when there is none here."""
    if not hex_of(entry):
        return None
    kind = algorithm(entry)
    if kind == "MD5":
        return hashlib.md5(usedforsecurity=False)
    library = _xxhash() if kind == "XXH128" else None
    return library.xxh128() if library else None


def can_verify(entry: Entry) -> bool:
    """Whether an entry's digest can be worked out here."""
    return _hasher(entry) is not None


def _xxhash() -> ModuleType | None:
    try:
        return need("xxhash", pip="wbtypes-runs[xxhash]", what="checking digests of the kind XXH128")
    except MissingExtra:
        return None


def own_folders() -> list[Path]:
    """The client's staging and cache folders of whoever runs this: what a log's local paths may lead to."""
    data = os.environ.get("WANDB_DATA_DIR") or _usual(
        "XDG_DATA_HOME", ".local/share", "Application Support", ""
    )
    cache = os.environ.get("WANDB_CACHE_DIR") or _usual("XDG_CACHE_HOME", ".cache", "Caches", "Cache")
    found = [Path(data) / "artifacts" / "staging", Path(cache) / "artifacts"]
    if os.environ.get("WANDB_ARTIFACT_DIR"):
        found.append(Path(os.environ["WANDB_ARTIFACT_DIR"]))
    return [folder.absolute() for folder in found]


def _usual(variable: str, linux: str, macos: str, windows: str) -> str:
    """Where the client keeps things on this system, unless it was told otherwise."""
    home = os.path.expanduser("~")  # noqa: PTH111 - it never raises
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA") or f"{home}/AppData/Local"
        return os.path.join(local, "wandb", "wandb", windows)  # noqa: PTH118
    if sys.platform == "darwin":
        return f"{home}/Library/{macos}/wandb"
    return f"{os.environ.get(variable) or f'{home}/{linux}'}/wandb"
