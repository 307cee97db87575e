"""How a run and how an artifact name their files (wire format, sections 1 and 3)."""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from typing import Protocol

from attrs import frozen

from .files import MediaFile

NAME_BYTES = 255
"""Bytes that common file systems allow in one component of a path."""

SUFFIX_CHARACTERS = 40
"""Characters of an extension that are kept; a longer one is none that a program knows."""


class Naming(Protocol):
    """A rule that names files."""

    @property
    def shared(self) -> bool:
        """Whether a file of equal bytes and folder may keep the name it was first given."""
        ...

    def path(self, folder: str, file: MediaFile) -> str:
        """The path of a file below its store's root, with forward slashes."""
        ...


@frozen
class RunNaming:
    """A run's rule: ``<folder>/<key>_<step>_<first 20 of the sha256><suffix>``.

    Attributes:
        key: the innermost key that held the value; slashes make folders, leading ones are dropped and
            the parts ``.`` and ``..`` become ``_`` and ``__``, as newer clients do.
        step: the history step, or ``"summary"``.
    """

    key: str
    step: int | str
    shared: bool = True

    def path(self, folder: str, file: MediaFile) -> str:
        """The path of a file below the run's ``files`` folder."""
        return f"{folder}/{_run_name(self.key, self.step, file)}"


def _run_name(key: str, step: int | str, file: MediaFile) -> str:
    return path_of_key(key, f"_{step}_{file.sha256[:20]}{file.suffix[:SUFFIX_CHARACTERS]}")


def path_of_key(key: str, tail: str) -> str:
    """A key as a path that stays below its root, and what follows it in the last component.

    Args:
        key: slashes make folders, leading ones are dropped and the parts ``.`` and ``..`` become ``_`` and ``__``.
        tail: the end of the name, as ``".table.json"``.
    """
    folders, last = _split(key)
    return folders + _short(last, tail)


@lru_cache(maxsize=64)
def _split(key: str) -> tuple[str, str]:
    """The folders of a key, each with its slash, and the last part; a step's many images share one key."""
    *folders, last = map(_tame, key.lstrip("/").replace("\0", "_").split("/"))
    return "".join(f"{_short(part, '')}/" for part in folders if part), last


def artifact_name(key: str) -> str:
    """A key as the name of an artifact: letters, digits, ``-``, ``_`` and dots; others are left out, and a digest tells."""
    name = _UNNAMEABLE.sub("", key).strip(".")
    if name and name == key and len(name) <= _ARTIFACT_NAME:
        return name
    digest = hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:6]
    return f"{name[: _ARTIFACT_NAME - 7]}-{digest}".lstrip("-")


_UNNAMEABLE = re.compile(r"[^A-Za-z0-9_.-]")
_ARTIFACT_NAME = 100
"""Characters of a key that the name of an artifact holds; the client's own names may be 128 long, its parts included."""


def _tame(part: str) -> str:
    """A part of a key that leads nowhere else; a backslash separates on some systems."""
    if part == ".":
        return "_"
    return "\\".join("__" if piece == ".." else piece for piece in part.split("\\"))


def _short(part: str, tail: str) -> str:
    """A component that fits a file system: too long ones are cut and told apart by a digest."""
    room = NAME_BYTES - len(tail.encode("utf-8", "surrogatepass"))
    raw = part.encode("utf-8", "surrogatepass")
    if len(raw) <= room:
        return part + tail
    digest = hashlib.sha256(raw).hexdigest()[:8]
    return raw[: room - 9].decode("utf-8", "ignore") + "~" + digest + tail


@frozen
class ArtifactNaming:
    """An artifact's rule.

    ``<folder>/<first 20 of the md5><suffix>`` for encoded data, and ``<folder>/<first 20 of the sha256>/<name>``
    for files that were given by path.
    """

    shared: bool = True

    def path(self, folder: str, file: MediaFile) -> str:
        """The path of a file inside the artifact."""
        if file.name:
            return f"{folder}/{file.sha256[:20]}/{_short(file.name, '')}"
        return f"{folder}/{file.md5[:20]}{file.suffix[:SUFFIX_CHARACTERS]}"


@frozen
class FixedNaming:
    """A rule for one file whose name is already settled.

    Attributes:
        name: the whole path below the root.
    """

    name: str
    shared: bool = False

    def path(self, folder: str, file: MediaFile) -> str:
        """The settled path."""
        return self.name


def label_key(key: str, name: str) -> str:
    """The key under which a run's config holds the labels of one mask or box set of one image."""
    return f"{key}_wandb_delimeter_{name}"


@frozen
class ArtifactAddress:
    """How references name an artifact that is written along with a run.

    Attributes:
        client_id: 128 hex digits that mean this version.
        sequence_id: 128 hex digits that all versions of the same name share.
    """

    client_id: str
    sequence_id: str

    @classmethod
    def of(cls, name: str, version: int) -> ArtifactAddress:
        """The address of a version in a plain store, which has no random identities to keep: equal names, equal ids."""
        return cls(_long_digest(f"{name}/v{version}"), _long_digest(name))

    def url(self, entry: str) -> str:
        """The ``artifact_path`` of an entry."""
        return f"{_CLIENT_SCHEME}{self.client_id}/{entry}"

    def latest_url(self, entry: str) -> str:
        """The ``_latest_artifact_path`` of an entry."""
        return f"{_CLIENT_SCHEME}{self.sequence_id}:{LATEST}/{entry}"


_CLIENT_SCHEME = "wandb-client-artifact://"
_SCHEMES = (_CLIENT_SCHEME, "wandb-artifact://")
LATEST = "latest"


@frozen
class ArtifactUrl:
    """A reference to an artifact's entry, taken apart.

    Attributes:
        id: the client id, sequence id or server id, as hex digits.
        alias: ``"latest"`` and the like after a sequence id, else None.
        entry: the path inside the artifact.
        by_client: whether the id is a client's own (``wandb-client-artifact://``) or the server's.
    """

    id: str
    alias: str | None
    entry: str
    by_client: bool


def artifact_url(text: str) -> ArtifactUrl | None:
    """A URL of the wire as a reference to an artifact's entry; None when it is none."""
    scheme = next((each for each in _SCHEMES if text.startswith(each)), None)
    if scheme is None:
        return None
    head, _, entry = text[len(scheme) :].partition("/")
    identity, colon, alias = head.partition(":")
    return ArtifactUrl(identity, alias if colon else None, entry, scheme == _CLIENT_SCHEME)


def _long_digest(text: str) -> str:
    return hashlib.sha512(text.encode("utf-8", "surrogatepass")).hexdigest()
