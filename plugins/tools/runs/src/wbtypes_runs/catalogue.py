"""The catalogue of a run: the artifacts of its log, and which of them a reference means."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path, PurePath
from typing import TypeAlias

from wbtypes_core import Code, DecodeError, Limits, Registry
from wbtypes_core.layout import LATEST, ArtifactUrl, artifact_url

from . import manifests
from .artifacts import Artifact, ArtifactFiles, Catalogue, short
from .folders import entries_of, version_of
from .places import TABLES
from .problems import Problem, one_line
from .records import ArtifactRecord, Use
from .shelves import Shelf, own_folders

_TABLE = ".table.json"

_Name: TypeAlias = tuple[bool, str, str | None]
"""What a reference calls an artifact: whether by a client's id, the id, and the alias."""


class LoggedArtifacts:
    """The artifacts that a run logged or used, and the folders that may hold their files.

    Attributes:
        artifacts: those that it logged, in the order of the log.
        used: those that it used as inputs.
    """

    def __init__(
        self,
        records: Sequence[ArtifactRecord],
        used: Sequence[Use],
        folders: Iterable[Path],
        by_id: Mapping[str, Path],
        limits: Limits,
        registry: Registry | None,
        owner: Catalogue,
    ) -> None:
        self._folders = tuple(folders)
        self._shelves = [Shelf(folder, limits) for folder in self._folders]
        self._all = [*self._shelves, *(Shelf(folder, limits, own=True) for folder in own_folders())]
        self._limits = limits
        self._registry = registry
        self._owner = owner
        self.used = tuple(used)
        self._by_id = by_id
        self._opened: dict[Path, ArtifactFiles] = {}
        versions = Counter(record.name for record in records)
        seen: Counter[str] = Counter()
        made = []
        for record in records:
            seen[record.name] += 1
            made.append(self._artifact(record, seen[record.name], versions[record.name]))
        self.artifacts = tuple(made)

    def link(self, url: str) -> tuple[ArtifactFiles, str]:
        """The source of the artifact that a reference names, and the entry in it.

        Raises:
            DecodeError: ``unreachable``, saying what would help.
        """
        wanted = artifact_url(url)
        if wanted is None:
            what = f"{one_line(short(url))} is no reference to an artifact"
            raise DecodeError(f"{what}; nothing here fetches, so read it yourself", reason=Code.UNREACHABLE)
        found = self._given(wanted) or self._logged(wanted) or self._downloaded(wanted)
        if found is None:
            raise self._unknown(url, wanted)
        return found, wanted.entry

    def tables(self, key: str) -> list[str]:
        """References to the artifact forms of the tables that were logged under a key, in the order of the log.

        Clients before 0.19 do not name them in the rows. An artifact without a client id goes by its digest.
        """
        entry = f"{key}{_TABLE}"
        return [
            f"wandb-client-artifact://{record.client_id}/{entry}"
            if record.client_id
            else f"wandb-artifact://{record.digest}/{entry}"
            for record in self._tables.get(key, ())
        ]

    @property
    def table_keys(self) -> list[str]:
        """The keys that `tables` knows."""
        return list(self._tables)

    def check(self) -> list[Problem]:
        """What is wrong with the files of artifacts of which something is here."""
        problems = [(each, each.check()) for each in self.artifacts]
        claimed = {place for each, _ in problems for place in each.places()}
        told: list[Problem] = []
        for each, found in problems:
            if any(each.places()):
                told += found
            else:
                told += each.contested()
                told += (
                    one for one in found if one.code == Code.ALTERED_FILE and not each.namesakes() <= claimed
                )
        return told

    # -- below ------------------------------------------------------------------------------------------------

    def _artifact(self, record: ArtifactRecord, number: int, of: int) -> Artifact:
        entries = manifests.Manifest(record.entries) or self._manifest_in_file(record)
        label = one_line(f"artifact {record.name or record.client_id[:12] or record.digest[:12]!r}")
        label += f" ({number} of {of} in the log)" if of > 1 else ""
        help = "pass the folder with its staged or downloaded files: artifacts=[FOLDER]"
        if not entries and record.manifest_file:
            file = PurePath(record.manifest_file).name
            help = f"its manifest {file} was not found; pass the folder that has it, too: artifacts=[FOLDER]"
        source = ArtifactFiles(label, entries, self._all, self._limits, self._owner, help)
        return Artifact(record, source, self._limits, self._registry)

    def _manifest_in_file(self, record: ArtifactRecord) -> manifests.Manifest:
        """The entries of a manifest that is too large for the log; none when it is not here, or is not the one."""
        if not record.manifest_file:
            return manifests.Manifest()
        for shelf in self._all:
            for path in shelf.manifests(record.manifest_file):
                try:
                    with shelf.open(path) as stream:
                        entries = manifests.parse(stream, path, self._limits)
                except (DecodeError, OSError):
                    continue
                if not record.digest or manifests.is_digest(entries, record.digest):
                    return entries
        return manifests.Manifest()

    @cached_property
    def _tables(self) -> dict[str, list[ArtifactRecord]]:
        """The records of the artifacts that hold tables, by the keys that the tables were logged under."""
        found: dict[str, list[ArtifactRecord]] = {}
        for each in self.artifacts:
            for entry in each.entries if each.type == TABLES else ():
                if entry.endswith(_TABLE):
                    found.setdefault(entry.removesuffix(_TABLE), []).append(each.record)
        return found

    def _given(self, wanted: ArtifactUrl) -> ArtifactFiles | None:
        """The artifact whose folder the caller gave by its id."""
        folder = self._by_id.get(wanted.id if wanted.alias is None else f"{wanted.id}:{wanted.alias}")
        return None if folder is None else self._plain(folder)

    def _logged(self, wanted: ArtifactUrl) -> ArtifactFiles | None:
        """The artifact of the log that an id means; the last one where an alias leaves the choice."""
        return self._by_name.get((wanted.by_client, wanted.id, wanted.alias))

    @cached_property
    def _by_name(self) -> dict[_Name, ArtifactFiles]:
        """The artifacts of the log by what references may call them, the last one where several are called so."""
        return {name: each.source for each in self.artifacts for name in _names(each.record)}

    def _downloaded(self, wanted: ArtifactUrl) -> ArtifactFiles | None:
        """The artifact that the run used, in a folder that is named as downloads are."""
        names = {name.rpartition("/")[2] for name in self._used_names.get(wanted.id, ())}
        for folder in self._downloads if names else ():
            if ":".join(version_of(folder)) in names:
                return self._plain(folder)
        return None

    @cached_property
    def _used_names(self) -> dict[str, list[str]]:
        """The names of the artifacts that the run used, by the ids that references have."""
        names: dict[str, list[str]] = {}
        for use in self.used:
            if use.name:
                names.setdefault(use.hex_id, []).append(use.name)
        return names

    @cached_property
    def _downloads(self) -> list[Path]:
        """The folders given and those directly below them."""
        return [each for folder in self._folders for each in (folder, *_subfolders(folder))]

    def _plain(self, folder: Path) -> ArtifactFiles:
        if folder not in self._opened:
            entries = entries_of(folder, self._limits)
            label = one_line(f"artifact {folder.name!r}")
            shelf = Shelf(folder, self._limits)
            self._opened[folder] = ArtifactFiles(label, entries, [shelf], self._limits, self._owner)
        return self._opened[folder]

    def _unknown(self, url: str, wanted: ArtifactUrl) -> DecodeError:
        give = f"artifacts={{{wanted.id[:12] + '...'!r}: FOLDER}} with the whole id"
        if wanted.by_client:
            why = f"no artifact of this log has that id; open the run that logged it, or pass {give}"
        else:
            named = next(iter(self._used_names.get(wanted.id, ())), "")
            known = (
                f"is {named!r}, which was not found"
                if named
                else "is a server's id, which the log does not name"
            )
            why = f"it {known}; download the artifact and pass {give}"
        return DecodeError(
            one_line(f"{short(url)} is in an artifact out of reach: {why}"), reason=Code.UNREACHABLE
        )


def _names(record: ArtifactRecord) -> Iterator[_Name]:
    """What references may call an artifact of the log."""
    if record.digest:
        yield False, record.digest, None
    if record.client_id:
        yield True, record.client_id, None
    if record.sequence_client_id:
        yield from ((True, record.sequence_client_id, alias) for alias in (LATEST, *record.aliases))


def _subfolders(folder: Path) -> list[Path]:
    try:
        return sorted(each for each in folder.iterdir() if each.is_dir() and not each.is_symlink())
    except OSError:
        return []
