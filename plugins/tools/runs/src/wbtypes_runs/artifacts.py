"""Artifacts: their files as a source of media, found by their manifests wherever the caller's folders have them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from itertools import count, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol

from wbtypes_core import (
    Code,
    DecodeError,
    LimitError,
    Limits,
    MediaRef,
    MediaSource,
    Reason,
    Registry,
    StoredFile,
)
from wbtypes_core.errors import printable
from wbtypes_core.files import safe_parts
from wbtypes_core.jsonio import Json, JsonObject, loads
from wbtypes_core.layout import artifact_url

from .manifests import Manifest
from .problems import Problem
from .records import ArtifactRecord, Entry
from .shelves import Found, Shelf, can_verify

if TYPE_CHECKING:
    from wbtypes_core import DecodeContext

_NAMED = 3
_COMPARED, _LETTERS = 200, 64
"""How many names are compared with a wrong one, and how much of them: the last letters."""
_HELP = "pass the folder that has it: artifacts=[FOLDER]"


class Catalogue(Protocol):
    """Whoever knows of more artifacts than one: a run."""

    def note(self, kind: str, key: str) -> Json | None:
        """What it says beside a value."""
        ...

    def artifact(self, url: str) -> tuple[MediaSource, str]:
        """The source of the artifact that holds what a reference means in the end, and the entry in it."""
        ...

    def link(self, url: str) -> tuple[MediaSource, str]:
        """The source of the artifact that a reference names, and the entry in it, which may stand for another's."""
        ...


class ArtifactFiles:
    """The files of one artifact as a source: what an entry is, its manifest says, and what is opened is checked against it.

    A file is told by its size and digest, so the folders that have it may be laid out in any way: staged, cached,
    downloaded. A file up to 64 MiB is hashed when it is first opened; a larger one that is where it should be is hashed by
    `Artifact.check` alone.

    Attributes:
        label: how messages name the artifact.
        manifest: its entries by path.
        shelves: the folders that are looked into.
    """

    def __init__(
        self,
        label: str,
        manifest: Manifest,
        shelves: Sequence[Shelf],
        limits: Limits,
        catalogue: Catalogue | None = None,
        help: str = _HELP,
    ) -> None:
        self.label = label
        self.manifest = manifest
        self.shelves = tuple(shelves)
        self._limits = limits
        self._catalogue = catalogue
        self._help = help
        self._found: dict[str, Found] = {}
        self._empty = False

    def open(self, ref: MediaRef) -> BinaryIO:
        """Open an entry, or what it stands for in another artifact.

        Raises:
            DecodeError: ``missing-file``, ``unsafe-path``, ``altered-file`` for other bytes than the manifest's, or
                ``unreachable`` when nothing of the artifact is here; the message names artifact and entry, and what
                would help.
            LimitError: the entry leads on through more than ``references`` artifacts.
        """
        source, path = self.settled(self._path(ref))
        return source._opened(path)

    def locate(self, ref: MediaRef) -> Path | None:
        """The file on disk, when it is there and is the one that the manifest means."""
        try:
            source, path = self.settled(self._path(ref))
            return source._file(path).locate()
        except DecodeError:
            return None

    def note(self, kind: str, key: str) -> Json | None:
        """What the run says beside the value, where there is a run."""
        return self._catalogue.note(kind, key) if self._catalogue else None

    def artifact(self, url: str) -> tuple[MediaSource, str]:
        """The source of the artifact that holds what a reference means in the end, and the entry in it.

        Raises:
            DecodeError: ``unreachable``.
        """
        return self._known(url).artifact(url)

    def entries(self, below: str = "") -> list[str]:
        """The paths of all entries below a folder, sorted, whether their files are here or not."""
        inside = f"{'/'.join(safe_parts(below))}/" if below else ""
        return sorted(path for path in self.manifest if path.startswith(inside))

    def found(self, path: str, *, thorough: bool = False) -> Found | None:
        """The file of an entry; None when no folder has it.

        Args:
            path: the entry.
            thorough: hash large files too.
        """
        entry = self.manifest.get(path)
        if entry is None:
            return None
        known = self._found.get(path)
        if known is None or (thorough and not known.verified):
            each = (shelf.find(entry, thorough=thorough) for shelf in self.shelves)
            known = next((found for found in each if found), None)
            if known is not None:
                self._found[path] = known
                self._empty = False
        return known

    @property
    def partly_here(self) -> bool:
        """Whether some file of the artifact is here."""
        if not self._found and not self._empty:
            self._empty = not any(self.found(path) for path in self.manifest)
        return not self._empty

    def settled(self, path: str) -> tuple[ArtifactFiles, str]:
        """The artifact and entry that an entry comes to in the end; itself when it stands for no other.

        Raises:
            DecodeError: the artifact that it stands for is unreachable, and its bytes are not here either.
            LimitError: there are more than ``references`` on the way.
        """
        source = self
        for hops in count(1):
            entry = source.manifest.get(path)
            if entry is None or artifact_url(entry.ref) is None:
                break
            self._limits.spend("references", hops, f"the chain of references to {printable(path)}")
            try:
                following, below = source._known(entry.ref).link(entry.ref)
            except LimitError:
                raise
            except DecodeError:
                if source.found(path):
                    break
                raise
            if not isinstance(following, ArtifactFiles) or (
                source.found(path) and not following.found(below) and below in following.manifest
            ):
                break
            source, path = following, below
        return source, path

    # -- below ------------------------------------------------------------------------------------------------

    def _known(self, url: str) -> Catalogue:
        if self._catalogue is None:
            raise DecodeError(
                f"{short(url)} is in another artifact than {self.label}; open the run that logged it, "
                f"and pass artifacts=[FOLDER]",
                reason=Code.UNREACHABLE,
            )
        return self._catalogue

    def _path(self, ref: MediaRef) -> str:
        """The entry that a reference of a value in this artifact means."""
        if ref.path is None:
            what = f"{printable(ref.artifact_path or 'a file without a path')} is no entry of {self.label}"
            raise DecodeError(f"{what}; {self._help}", reason=Code.UNREACHABLE)
        if ref.path in self.manifest:
            return ref.path
        return "/".join(safe_parts(ref.path))

    def _opened(self, path: str) -> BinaryIO:
        try:
            return self._file(path).open()
        except DecodeError as error:
            if error.reason is not Code.MISSING_FILE or path not in self._found:
                raise
        for shelf in self.shelves:  # it was there before: look again
            shelf.forget()
        del self._found[path]
        return self._file(path).open()

    def _file(self, path: str) -> Found:
        found = self.found(path)
        renewed = [shelf for shelf in self.shelves if shelf.renew()] if found is None else []
        if renewed:
            self._empty = False
            found = self.found(path)
        if found is None:
            raise self._missing(path)
        return found

    def _missing(self, path: str) -> DecodeError:
        entry = self.manifest.get(path)
        name = printable(path)
        if entry is None:
            near = nearest(path, self.manifest)
            has = f"it has {', '.join(map(printable, near))}" if near else "it has no entries"
            return DecodeError(f"{name} is no entry of {self.label}; {has}", reason=Code.MISSING_FILE)
        if entry.ref and artifact_url(entry.ref) is None:
            what = f"{name} of {self.label} stands for {printable(entry.ref)}, and nothing here fetches"
            return DecodeError(f"{what}; fetch it yourself, and read that file", reason=Code.UNREACHABLE)
        for shelf in self.shelves:
            for other in shelf.namesakes(entry):
                what = f"{name} of {self.label}: {printable(other)} in {shelf.store.root} has other bytes"
                why = "altered, or of another version; look for a copy"
                return DecodeError(f"{what}, it is {why}", reason=Code.ALTERED_FILE)
        for why in (shelf.refusal(path) for shelf in self.shelves if not shelf.own):
            if why:
                return DecodeError(f"{self.label}: {why}", reason=Code.UNSAFE_PATH)
        if self.partly_here:
            what = f"{name} of {self.label} is missing, though others of its files are here"
            return DecodeError(f"{what}; {self._help}", reason=Code.MISSING_FILE)
        what = f"{name} is in {self.label}, and none of its files are here"
        return DecodeError(f"{what}; {self._help}", reason=Code.UNREACHABLE)

    def __repr__(self) -> str:
        return f"<{self.label}: {len(self.manifest)} entries>"

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_found": {}, "_empty": False}


class Artifact:
    """One artifact: what it says of itself, its files, and the values that were added to it.

    Attributes:
        record: what is known of it: name, type, digest, description, metadata, aliases, ids; empty where nothing says.
        source: its files, as a source for `wbtypes_core.decode`.
    """

    def __init__(
        self,
        record: ArtifactRecord,
        source: ArtifactFiles,
        limits: Limits,
        registry: Registry | None = None,
    ) -> None:
        self.record = record
        self.source = source
        self._limits = limits
        self._registry = registry

    @property
    def name(self) -> str:
        """Its name; ``""`` when nothing says."""
        return self.record.name

    @property
    def type(self) -> str:
        """Its type, as ``"dataset"``; ``""`` when nothing says."""
        return self.record.type

    @property
    def digest(self) -> str:
        """Hex MD5 of its manifest; ``""`` when nothing says."""
        return self.record.digest

    @property
    def aliases(self) -> tuple[str, ...]:
        """Its aliases, the version that a folder's name gives among them."""
        return self.record.aliases

    @property
    def metadata(self) -> JsonObject:
        """The user's metadata.

        Raises:
            DecodeError: it is no JSON object.
        """
        metadata = loads(self.record.metadata) if self.record.metadata else {}
        if not isinstance(metadata, dict):
            raise DecodeError(f"the metadata of {self.source.label} is no object", reason=Code.WRONG_TYPE)
        return metadata

    @property
    def entries(self) -> Mapping[str, Entry]:
        """Its files by path, as its manifest has them; where there is none, the files of its folder."""
        return self.source.manifest

    @property
    def missing(self) -> tuple[str, ...]:
        """The entries whose files are not here; references to the outside are not looked for."""
        return tuple(
            path
            for path, entry in self.entries.items()
            if not self._is_outside(entry) and not self._here(path)
        )

    @property
    def folder(self) -> Path | None:
        """The folder that holds all its files under their names; None when none does."""
        bases: set[Path] | None = None
        for entry in self.entries.values():
            if not entry.ref:
                here = {base for shelf in self.source.shelves for base in shelf.bases(entry)}
                bases = here if bases is None else bases & here
                if not bases:
                    return None
        return min(bases) if bases else None

    def get(self, name: str) -> Any:
        """A value that was added to the artifact, or a file of it.

        Args:
            name: an entry, or the name under which a value was added: ``"t"`` for the entry ``"t.table.json"``.

        Returns:
            The decoded value; of an entry that holds none, the `MediaFile`.

        Raises:
            KeyError: there is no such entry, or several fit the name.
            DecodeError: its file is not here, is altered, or cannot be decoded.
        """
        source, path = self.source.settled(self._entry(name))
        file = StoredFile(source, MediaRef(path), limits=self._limits)
        tag = _tag_of(path)
        if tag is None:
            return file
        context = self._context(source, name)
        try:
            node = context.load_json(file)
        except DecodeError as error:
            if error.reason is Code.BAD_JSON:
                return file  # a user's own file
            raise
        if isinstance(node, dict) and isinstance(node.get("_type"), str):
            return context.decode(node)
        loaded = context.registry.find(tag)
        if not isinstance(loaded, Reason) and not loaded.codec.tagged:
            return context.decode(node, expect=tag)
        return file

    def check(self) -> list[Problem]:
        """What is wrong with the files: entries that are missing or altered, and those that cannot be verified here.

        And what is wrong with the manifest, see `contested`.
        """
        problems = self.contested()
        unverified: list[str] = []
        for path, entry in self.entries.items():
            if self._is_outside(entry):
                continue
            where = f"{self.source.label}, {printable(path)}"
            try:
                source, end = self.source.settled(path)
                found = source.found(end, thorough=True)
                if found is None:
                    raise source._missing(end)
            except DecodeError as error:
                problems.append(Problem(where, error.message, "", error.reason))
            else:
                if not found.verified and entry.digest:
                    unverified.append(path)
        if unverified:
            problems.append(_unverified(self.source.label, [self.entries[path] for path in unverified]))
        return problems

    def contested(self) -> list[Problem]:
        """The entries of which the manifest says different things."""
        what = "the manifest says different things of it"
        return [
            Problem(f"{self.source.label}, {printable(path)}", what, "the last one counts", Code.BAD_VALUE)
            for path in self.source.manifest.contested
        ]

    def places(self) -> Iterator[tuple[Path, str]]:
        """Where the files are that were found, as folder and path in it."""
        for path in self.entries:
            if (found := self.source.found(path)) is not None:
                yield found.shelf.store.root, found.path

    def namesakes(self) -> set[tuple[Path, str]]:
        """Where files are that have the name of an entry, whatever their bytes."""
        return {
            (shelf.store.root, path)
            for entry in self.entries.values()
            for shelf in self.source.shelves
            for path in shelf.namesakes(entry)
        }

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and bool(self._fitting(name))

    def __repr__(self) -> str:
        return f"Artifact({self.source.label}, {len(self.entries)} entries)"

    def __getstate__(self) -> tuple[ArtifactRecord, ArtifactFiles, Limits]:
        return self.record, self.source, self._limits

    def __setstate__(self, state: tuple[ArtifactRecord, ArtifactFiles, Limits]) -> None:
        self.__init__(*state)  # type: ignore[misc]  # the codecs are those of the other process

    # -- below ------------------------------------------------------------------------------------------------

    def _context(self, source: MediaSource, key: str) -> DecodeContext:
        from wbtypes_core import DecodeContext, default_registry

        registry = self._registry or default_registry()
        return DecodeContext(source, registry, True, "keep", self._limits, key=key, step=None)

    def _entry(self, name: str) -> str:
        fitting = self._fitting(name)
        if len(fitting) == 1:
            return fitting[0]
        if fitting:
            raise KeyError(f"{name} may be {' or '.join(fitting)} in {self.source.label}; say which")
        near = nearest(name, self.entries)
        raise KeyError(f"{name} is no entry of {self.source.label}; it has {', '.join(near) or 'none'}")

    def _fitting(self, name: str) -> list[str]:
        if name in self.entries:
            return [name]
        pattern = re.compile(re.escape(name) + r"\.[^./]+\.json")
        return [path for path in self.entries if pattern.fullmatch(path)]

    def _is_outside(self, entry: Entry) -> bool:
        return bool(entry.ref) and artifact_url(entry.ref) is None

    def _here(self, path: str) -> bool:
        try:
            source, end = self.source.settled(path)
        except DecodeError:
            return False
        return source.found(end) is not None


def _unverified(label: str, entries: Sequence[Entry]) -> Problem:
    unknown = sum(not can_verify(entry) for entry in entries)
    what = f"{unknown:,} of its files could be told by name and size alone: their digests are of another kind"
    return Problem(label, what, "pip install wbtypes-runs[xxhash] to check them", Code.BAD_FILE)


def _tag_of(path: str) -> str | None:
    """The tag that an entry's name ends in, ``"table"`` of ``"t.table.json"``; None when it is not the JSON of a value."""
    found = re.search(r"\.([^./]+)\.json$", path)
    return found[1] if found else None


def nearest(name: str, names: Mapping[str, Entry]) -> list[str]:
    """The names that somebody may have meant; of very many simply the first."""
    first = {each[-_LETTERS:]: each for each in islice(names, _COMPARED)}
    near = get_close_matches(name[-_LETTERS:], first, _NAMED) or islice(first, _NAMED)
    return [first[end] for end in near]


def short(url: str) -> str:
    """A reference as messages name it: the ids in them are 128 characters long."""
    wanted = artifact_url(url)
    if wanted is None or len(wanted.id) <= 20:
        return printable(url)
    head, _, _ = url.partition("://")
    alias = "" if wanted.alias is None else f":{wanted.alias}"
    return printable(f"{head}://{wanted.id[:12]}...{alias}/{wanted.entry}")
