"""The run's own store: media below ``files``, and artifact versions staged below ``artifacts``."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import secrets
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from threading import Lock
from typing import Self, TypeAlias
from zlib import crc32

from attrs import frozen

from wbtypes_core import DirectoryStore, MediaFile, MediaRef, StoredFile
from wbtypes_core.layout import ArtifactAddress, Naming

from ..manifests import NAME as MANIFEST
from ..places import FILES
from .contents import Artifact, StagedEntry

LONGEST_NAME = 128
"""Characters that clients and servers allow in an artifact's name."""

Given: TypeAlias = "Text | Iterable[Text] | Mapping[str, Text]"
"""What users give as files: a folder or file, several files, or files by name."""

Text: TypeAlias = "str | os.PathLike[str]"

_NAME = re.compile(r"[a-zA-Z0-9_.-]+")
_ODD = re.compile(r"[^a-zA-Z0-9_.-]+")


@frozen(eq=False)
class Staged:
    """A version of an artifact in the making.

    Attributes:
        store: where its files are put.
        name: its name.
        type: its type.
        address: how references name it.
    """

    store: DirectoryStore
    name: str
    type: str
    address: ArtifactAddress

    def finished(self, *, description: str = "", metadata: str = "", aliases: Sequence[str] = ()) -> Artifact:
        """What the log says of it, once its files are all there.

        Raises:
            OSError: a file cannot be read.
        """
        entries = tuple(self._entries())
        listed = "".join(f"{each.path}:{each.digest}\n" for each in entries)
        digest = hashlib.md5(f"wandb-artifact-manifest-v1\n{listed}".encode(), usedforsecurity=False)
        return Artifact(
            name=self.name,
            type=self.type,
            description=description,
            metadata=metadata,
            aliases=("latest", *(alias for alias in aliases if alias != "latest")),
            entries=entries,
            digest=digest.hexdigest(),
            client_id=self.address.client_id,
            sequence_id=self.address.sequence_id,
        )

    def discard(self) -> None:
        """Take its files away again."""
        shutil.rmtree(self.store.root, ignore_errors=True)

    def _entries(self) -> Iterator[StagedEntry]:
        for path in self.store.entries():
            file = StoredFile(self.store, MediaRef(path))
            digest = base64.b64encode(bytes.fromhex(file.md5)).decode()
            yield StagedEntry(path, digest, file.size, str(self.store.root / path))


class Staging:
    """The artifacts of one run: ``<run folder>/artifacts/<name>/v<n>``, as `DirectoryStore.bundle` lays them out.

    All versions of a name share its sequence id, so that references to the latest one hold.
    """

    def __init__(self, folder: Path, run: str, sequences: Mapping[str, str], *, fsync: bool) -> None:
        self._store = DirectoryStore(folder, fsync=fsync)
        self._run = run
        self._sequences = dict(sequences)
        self._lock = Lock()

    def stage(self, name: str, kind: str) -> Staged:
        """A new version of the artifact of that name.

        Raises:
            OSError: its folder cannot be made.
        """
        store = self._store.bundle(name, kind)
        with self._lock:
            sequence = self._sequences.setdefault(name, _identity())
        store.address = ArtifactAddress(_identity(), sequence)
        return Staged(store, name, kind, store.address)

    def stage_of_key(self, key: str, kind: str) -> Staged:
        """A new version of the artifact that a client makes for a key of this run: ``run-<run id>-<key>``."""
        return self.stage(_artifact_name(f"run-{self._run}-{key}"), kind)


class RunFiles(DirectoryStore):
    """The run's ``files`` folder, where bundles become staged artifacts.

    Attributes:
        stored: the paths of the files that were put.
        staged: the artifacts that were begun.
    """

    def __init__(self, folder: Path, staging: Staging, *, fsync: bool) -> None:
        super().__init__(folder / FILES, fsync=fsync)
        self._staging = staging
        self.stored: list[str] = []
        self.staged: list[Staged] = []

    def for_one_value(self) -> Self:
        """The same store with lists of its own, which say what one value put there."""
        view = type(self).__new__(type(self))
        view.__dict__.update(self.__dict__, stored=[], staged=[])
        return view

    def put(self, file: MediaFile, folder: str, naming: Naming) -> MediaRef:
        """Write a file; one of equal bytes and folder keeps the name it was first given."""
        ref = super().put(file, folder, naming)
        self.stored.append(str(ref.path))
        return ref

    def bundle(self, name: str, kind: str) -> DirectoryStore:
        """The store of a new version of the artifact that belongs to a key."""
        staged = self._staging.stage_of_key(name, kind)
        self.staged.append(staged)
        return staged.store


def _artifact_name(wanted: str) -> str:
    """A name that servers take: as it is, or without what they refuse and told apart by a checksum, as clients do it."""
    plain = _ODD.sub("", wanted)
    if plain == wanted and len(wanted) <= LONGEST_NAME:
        return wanted
    checksum = crc32(wanted.encode("utf-8", "surrogatepass")).to_bytes(4, "big")
    suffix = base64.urlsafe_b64encode(checksum).rstrip(b"=").decode()
    return f"{plain[: LONGEST_NAME - len(suffix) - 1]}-{suffix}"


def _identity() -> str:
    """128 characters that no other artifact has."""
    return secrets.token_hex(64)


def check_artifact(name: str, kind: str) -> None:
    """Look at the name and type that a user gives an artifact.

    Raises:
        ValueError: servers refuse them, or they are the client's own.
    """
    if not _NAME.fullmatch(name) or len(name) > LONGEST_NAME:
        raise ValueError(
            f"an artifact's name has letters, digits, '-', '_' and '.', {LONGEST_NAME} at most, and is not {name!r}"
        )
    if not kind or kind in ("job", "run_table") or kind.startswith("wandb-"):
        raise ValueError(f"{kind!r} is no type for an artifact of yours: it is empty, or the client's own")


def given_files(files: Given) -> dict[str, Path]:
    """The files of an artifact by the names that they shall have.

    Raises:
        ValueError: two files of one name, one of the manifest's, a link to a folder, or no file.
    """
    if isinstance(files, Mapping):
        found = {str(name): Path(path) for name, path in files.items()}
    elif isinstance(files, str | os.PathLike):
        top = Path(files)
        found = dict(_below(top)) if top.is_dir() else {top.name: top}
    else:
        found = {}
        for path in map(Path, files):
            if path.name in found:
                raise ValueError(
                    f"two files are named {path.name}; give them as a dict, by the names they shall have"
                )
            found[path.name] = path
    if not found:
        raise ValueError("an artifact has at least one file, and there is none")
    if MANIFEST in found:
        raise ValueError(
            f"{MANIFEST} is where folders of artifacts list their files; name this one otherwise"
        )
    return found


def _below(top: Path) -> Iterator[tuple[str, Path]]:
    for folder, inside, names in os.walk(top):
        links = [name for name in inside if Path(folder, name).is_symlink()]
        if links:
            raise ValueError(f"{Path(folder, links[0])} is a link to a folder; give its files by name")
        for name in names:
            path = Path(folder, name)
            yield path.relative_to(top).as_posix(), path
