"""Artifact folders: an artifact opened by itself, from wherever its files and its manifest are."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path

from wbtypes_core import Code, DecodeError, DirectoryStore, Limits, Registry

from . import manifests
from .artifacts import Artifact, ArtifactFiles
from .problems import one_line
from .records import ArtifactRecord, Entry
from .shelves import Shelf, files_below, own_folders

_VERSION = re.compile(r"(?P<name>.+?)(?::|__)(?P<version>v[0-9]+)")
_MANIFESTS = "artifact_manifests"
"""The folder of a client's staging folder that holds manifests which are too large for a log."""

_NAMED = 5


def open_artifact(
    x: str | os.PathLike[str],
    files: Iterable[str | os.PathLike[str]] = (),
    *,
    limits: Limits | None = None,
    registry: Registry | None = None,
) -> Artifact:
    """Open an artifact that a wandb client staged, cached or downloaded; neither wandb nor a network is needed.

    With a manifest, a file is told by its digest, wherever in the folders it is, and one with other bytes is refused. Without
    one, the files of the folder are the entries. The client's own cache and staging folders are looked into as well.

    Args:
        x: a folder of files, as a download (``cats:v3``), with or without ``wandb_manifest.json`` in it; or a manifest:
            ``wandb_manifest.json``, or lines of JSON, gzipped or not.
        files: more folders that may have the files, as a content-addressed cache; by default those beside the manifest.
        limits: what reading may cost.
        registry: the codecs; by default those of all that is installed.

    Raises:
        DecodeError: there is nothing there, several artifacts, or no manifest.
        LimitError: a manifest larger than ``json_bytes``.
        TypeError: `x` is no path.
    """
    if not isinstance(x, str | os.PathLike):
        raise TypeError(f"open_artifact takes the path of a folder or manifest, not {type(x).__name__}")
    path, limits = Path(x).absolute(), limits or Limits()
    folder = path if path.is_dir() else path.parent
    if folder.name == _MANIFESTS:
        folder = folder.parent
    folders = [Path(each).absolute() for each in files]
    if path.is_dir() or not folders:
        folders.insert(0, folder)
    if path.is_dir():
        entries = entries_of(path, limits)
    elif path.is_file():
        entries = manifests.read(path, limits)
    else:
        raise DecodeError(
            one_line(f"{path} does not exist; pass the folder of an artifact, or its manifest"),
            reason=Code.MISSING_FILE,
        )
    name, version = version_of(folder)
    digest = manifests.digest_of(entries) if all(entry.digest for entry in entries.values()) else ""
    record = ArtifactRecord(name=name, aliases=(version,) if version else (), digest=digest)
    shelves = [Shelf(each, limits) for each in folders]
    shelves += (Shelf(each, limits, own=True) for each in own_folders())
    label = one_line(f"artifact {(name or folder.name)!r}")
    source = ArtifactFiles(
        label, entries, shelves, limits, help="pass more folders: open_artifact(..., files=[FOLDER])"
    )
    return Artifact(record, source, limits, registry)


def entries_of(folder: Path, limits: Limits) -> manifests.Manifest:
    """What a folder of artifact files says its entries are: those of the manifest in it, else its files.

    Raises:
        DecodeError: it is empty, or holds several artifacts; or its manifest is none.
    """
    manifest = DirectoryStore(folder).root / manifests.NAME
    if manifest.is_file() and not manifest.is_symlink():
        return manifests.read(manifest, limits)
    entries = []
    for count, (path, size) in enumerate(files_below(folder)):
        limits.spend("nodes", count, f"the number of files in {folder}")
        entries.append(Entry(path=path, size=size))
    tops = {entry.path.partition("/")[0] for entry in entries}
    several = sorted(top for top in tops if _VERSION.fullmatch(top))
    if not entries:
        raise DecodeError(one_line(f"{folder} holds no files"), reason=Code.MISSING_FILE)
    if len(several) == len(tops):
        names = ", ".join(several[:_NAMED])
        what = f"{folder} holds {len(several)} artifacts: {names}; pass one of these folders"
        raise DecodeError(one_line(what), reason=Code.MISSING_FILE)
    return manifests.Manifest(entries)


def version_of(folder: Path) -> tuple[str, str]:
    """The name and version that a folder's name says, as ``cats:v3`` or ``cats__v3``; empty when it says none."""
    named = folder.parent if folder.name == "files" else folder
    found = _VERSION.fullmatch(named.name)
    return (found["name"], found["version"]) if found else ("", "")
