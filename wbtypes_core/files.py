"""Media files: where bytes are, what they hash to, and the two protocols of whoever keeps them."""

from __future__ import annotations

import hashlib
import io
import os
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol, runtime_checkable

import attrs

from .errors import Code, DecodeError, EncodeError, Reason, one_line, printable, shortened
from .limits import Limits

if TYPE_CHECKING:
    from .jsonio import Json
    from .layout import Naming

SNAPSHOT_BYTES = 16 << 20
"""Files given by path are read at once up to this size; larger ones are watched for change instead."""

COMPOUND_SUFFIXES = (
    ".pts.json",
    ".plotly.json",
    ".bokeh.json",
    ".table.json",
    ".graph.json",
    ".mask.png",
    ".boxes2D.json",
    ".metadata.json",
)
"""Extensions of more than one part that the client writes (wire format, section 1)."""

_PIECE = 1 << 20
"""Bytes that are read at once."""

_HASHED_NAME = re.compile(r"_[0-9a-f]{20}((?:\.[^/]*)?)$")
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")


def suffix_of(path: str) -> str:
    """The extension of a file's name with its case, or ``""``; compound ones are kept whole."""
    name = path.rpartition("/")[2]
    hashed = _HASHED_NAME.search(name)
    if hashed:
        return hashed[1]
    for compound in COMPOUND_SUFFIXES:
        if name.endswith(compound):
            return compound
    return PurePosixPath(name).suffix


@attrs.frozen
class MediaRef:
    """Where a stored file is, as the wire says it.

    Attributes:
        path: relative to the store's root, with forward slashes; None when only an artifact has it.
        sha256: 64 hex digits of the bytes (of the URL's text for references), or None when not said.
        size: bytes, or None when not said.
        artifact_path: URL of an artifact's entry: the bytes, or the artifact form of the value, which names them.
    """

    path: str | None
    sha256: str | None = None
    size: int | None = None
    artifact_path: str | None = None


@runtime_checkable
class MediaStore(Protocol):
    """Something that keeps media files while values are encoded."""

    def put(self, file: MediaFile, folder: str, naming: Naming) -> MediaRef:
        """Keep a file below `folder` under the name that `naming` gives it, whole or not at all."""
        ...

    def bundle(self, name: str, kind: str) -> MediaStore:
        """The store of a new version of an artifact that is written along with the run.

        Such a store has an `address`, the `layout.ArtifactAddress` by which references name it.
        """
        ...


@runtime_checkable
class MediaSource(Protocol):
    """Something that media files are read from while and after values are decoded.

    A source may also offer what `ArtifactSource` adds, for values that lie in artifacts.
    """

    def open(self, ref: MediaRef) -> BinaryIO:
        """Open a file for reading.

        Raises:
            DecodeError: ``missing-file``, ``unsafe-path`` or ``unreachable``.
        """
        ...

    def note(self, kind: str, key: str) -> Json | None:
        """What the run says beside the value, as the class labels in its config; None when nothing."""
        ...


class ArtifactSource(MediaSource, Protocol):
    """A source that finds artifacts, and lists its files."""

    def artifact(self, url: str) -> tuple[MediaSource, str]:
        """The source of the artifact that a reference means, and the path of the entry in it.

        Raises:
            DecodeError: ``unreachable``, saying what would help.
        """
        ...

    def entries(self, below: str = "") -> Sequence[str]:
        """The paths of all files below a folder, sorted."""
        ...


class MediaFile(ABC):
    """A file of media: bytes with a suffix, wherever they are.

    Files are equal when their bytes are: they are compared by `sha256`.

    Attributes:
        limits: what reading this file may cost.
    """

    __slots__ = ()

    limits: Limits
    _suffix: str
    _name: str | None

    @property
    def suffix(self) -> str:
        """Extension with its dot and case, or ``""``."""
        return self._suffix

    @property
    def name(self) -> str | None:
        """The file's own name where it was given by path, else None."""
        return self._name

    def kept_in(self, store: object) -> MediaRef | None:
        """How `store` names this file already; None when it would have to be put there."""
        return None

    @abstractmethod
    def open(self) -> BinaryIO:
        """Open the bytes for reading; the caller closes."""

    @property
    def in_memory(self) -> bytes | None:
        """The bytes, where they are held and are surely those of `sha256`; else None."""
        return None

    @property
    def stated_size(self) -> int | None:
        """The length in bytes, where it is known without opening the file; else None."""
        return None

    def prepare(self) -> None:  # noqa: B027 - most files are what they are
        """Encode the bytes now, where that was put off.

        Many files are stored quicker when all are prepared before the first is written: encoding and writing by turns
        drive each other's code and tables out of the processor's caches.

        Raises:
            DecodeError: what the bytes are made from cannot be read.
        """

    def learn(self, sha256: str) -> None:  # noqa: B027 - most files know theirs
        """Take the hash of the bytes from whoever has just read them all; `hashed` was None before."""

    @property
    def hashed(self) -> str | None:
        """The `sha256`, where it is known without reading the file; else None."""
        return self.sha256

    @property
    def path(self) -> Path | None:
        """The file on this machine's disk, for libraries that want one; None when there is none."""
        return None

    @property
    def size(self) -> int:
        """Length in bytes."""
        with self.open() as stream:
            return stream.seek(0, os.SEEK_END)

    @property
    def sha256(self) -> str:
        """SHA-256 of the bytes, 64 hex digits."""
        with self.open() as stream:
            return _digest(stream, hashlib.sha256())

    @property
    def md5(self) -> str:
        """MD5 of the bytes, 32 hex digits, as artifacts name their files."""
        with self.open() as stream:
            return _digest(stream, hashlib.md5(usedforsecurity=False))

    def read(self) -> bytes:
        """All the bytes.

        Raises:
            LimitError: more than ``file_bytes``.
        """
        return self.read_within(self.limits, "file_bytes")

    def read_within(self, limits: Limits, name: str) -> bytes:
        """All the bytes, as long as they are within the limit called `name`.

        Raises:
            LimitError: there are more; no more than that is ever held.
        """
        pieces: list[bytes] = []
        size = 0
        with self.open() as stream:
            while piece := stream.read(_PIECE):
                size += len(piece)
                limits.spend(name, size, f"the size of {self}")
                pieces.append(piece)
        return b"".join(pieces)

    def _identity(self) -> object:
        return self.sha256

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, MediaFile):
            return NotImplemented
        return self is other or self._identity() == other._identity()

    def __hash__(self) -> int:
        return hash(self._identity())

    def __str__(self) -> str:
        return self.name or f"a file of {self.size} byte{'' if self.size == 1 else 's'}"


def _digest(stream: BinaryIO, digest: hashlib._Hash) -> str:
    while chunk := stream.read(_PIECE):
        digest.update(chunk)
    return digest.hexdigest()


class BytesFile(MediaFile):
    """A file that is held in memory."""

    __slots__ = ("_data", "_name", "_sha256", "_suffix", "limits")

    def __init__(
        self, data: bytes, suffix: str = "", name: str | None = None, limits: Limits | None = None
    ) -> None:
        self._data = bytes(data)
        self._sha256: str | None = None
        self._suffix = suffix
        self._name = name
        self.limits = limits or Limits.unlimited()

    def open(self) -> BinaryIO:
        """A stream over the bytes."""
        return io.BytesIO(self._data)

    def read(self) -> bytes:
        """The bytes themselves."""
        return self._data

    @property
    def size(self) -> int:
        """Length in bytes."""
        return len(self._data)

    @property
    def sha256(self) -> str:
        """SHA-256 of the bytes, worked out once."""
        if self._sha256 is None:
            self._sha256 = hashlib.sha256(self._data).hexdigest()
        return self._sha256

    @property
    def md5(self) -> str:
        """MD5 of the bytes."""
        return hashlib.md5(self._data, usedforsecurity=False).hexdigest()

    @property
    def in_memory(self) -> bytes:
        """The bytes themselves."""
        return self._data

    @property
    def stated_size(self) -> int:
        """Length in bytes."""
        return len(self._data)

    def __repr__(self) -> str:
        return f"BytesFile({self.size} bytes, {self.suffix!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return BytesFile, (self._data, self.suffix, self.name, self.limits)


class LazyFile(MediaFile):
    """A file that is encoded at first need, once."""

    __slots__ = ("_made", "_make", "_name", "_suffix", "limits")

    def __init__(self, make: Callable[[], bytes], suffix: str) -> None:
        self._make: Callable[[], bytes] | None = make
        self._made: BytesFile | None = None
        self._suffix = suffix
        self._name = None
        self.limits = Limits.unlimited()

    def _file(self) -> BytesFile:
        make = self._make
        if self._made is None and make is not None:
            self._made = BytesFile(make(), self.suffix)
            self._make = None  # lets go of the array
        assert self._made is not None
        return self._made

    def prepare(self) -> None:
        """Encode the bytes now."""
        self._file()

    def open(self) -> BinaryIO:
        """A stream over the encoded bytes."""
        return self._file().open()

    def read(self) -> bytes:
        """The encoded bytes."""
        return self._file().read()

    @property
    def size(self) -> int:
        """Length in bytes."""
        return self._file().size

    @property
    def sha256(self) -> str:
        """SHA-256 of the encoded bytes."""
        return self._file().sha256

    @property
    def md5(self) -> str:
        """MD5 of the encoded bytes."""
        return self._file().md5

    @property
    def in_memory(self) -> bytes:
        """The encoded bytes."""
        return self._file().in_memory

    def __repr__(self) -> str:
        return f"LazyFile({self.suffix!r}, {'encoded' if self._made else 'not encoded yet'})"

    def __reduce__(self) -> tuple[Any, ...]:
        return self._file().__reduce__()


class LocalFile(MediaFile):
    """A file of the caller's disk, as it was when it was named.

    Up to 16 MiB are read at once, so that a file which is overwritten later stays what it was. A larger one
    is left where it is; if it has changed by the time it is needed, that is an error and not other data.

    Raises:
        OSError: no such file, no permission, or a folder.
        ValueError: an empty path.
    """

    def __init__(self, path: str | os.PathLike[str], suffix: str | None = None) -> None:
        text = os.fspath(path)
        if not text:
            raise ValueError("the path is empty; name a file")
        self._path = Path(text).absolute()
        self._name = self._path.name
        self._suffix = suffix_of(self._path.name) if suffix is None else suffix
        self.limits = Limits.unlimited()
        with self._path.open("rb") as stream:
            self._seen = _fingerprint(stream)
            small = self._seen[0] <= SNAPSHOT_BYTES
            self._data = BytesFile(stream.read(), self.suffix) if small else None
        self._sha256: str | None = None

    @property
    def path(self) -> Path:
        """The file's absolute path; its bytes may have changed since, `open` tells."""
        return self._path

    @property
    def size(self) -> int:
        """Length in bytes."""
        return self._data.size if self._data else self._seen[0]

    @property
    def sha256(self) -> str:
        """SHA-256 of the bytes, worked out once."""
        if self._sha256 is None:
            self._sha256 = self._data.sha256 if self._data else super().sha256
        return self._sha256

    @property
    def hashed(self) -> str | None:
        """The hash of a file that was read at once, or that was worked out before."""
        return self.sha256 if self._data else self._sha256

    def learn(self, sha256: str) -> None:
        """Take the hash that was worked out while the file was copied."""
        self._sha256 = sha256

    def open(self) -> BinaryIO:
        """A stream over the bytes as they were.

        Raises:
            EncodeError: the file has changed since it was named.
        """
        if self._data:
            return self._data.open()
        stream = self._path.open("rb")
        if _fingerprint(stream) != self._seen:
            stream.close()
            raise EncodeError(
                f"{self._path} has changed since it was given; write to a new file for each value"
            )
        return stream

    @property
    def stated_size(self) -> int:
        """Length in bytes."""
        return self.size

    @property
    def in_memory(self) -> bytes | None:
        """The bytes as they were, of a file that was read at once."""
        return self._data.in_memory if self._data else None

    def __str__(self) -> str:
        return str(self._path)

    def __repr__(self) -> str:
        return f"LocalFile({str(self._path)!r})"


def _fingerprint(stream: BinaryIO) -> tuple[int, int, int]:
    state = os.fstat(stream.fileno())
    return state.st_size, state.st_mtime_ns, state.st_ino


_DEFAULT_LIMITS = Limits()


class StoredFile(MediaFile):
    """A file in a source, opened only when asked.

    `sha256` and `size` are what the data says where it says them; `wbtypes_runs` checks them on request.

    Attributes:
        source: where the file is read from; None when the document came without one.
        ref: how the wire names it.
    """

    def __init__(
        self,
        source: MediaSource | None,
        ref: MediaRef,
        *,
        limits: Limits | None = None,
        fallback: Callable[[MediaRef], BinaryIO | None] | None = None,
    ) -> None:
        self.source = source
        self.ref = ref
        self.limits = limits or _DEFAULT_LIMITS
        self._fallback = fallback
        self._measured: str | None = None

    @property
    def suffix(self) -> str:
        """Extension of its stored name."""
        return suffix_of(self.ref.path or self.ref.artifact_path or "")

    @property
    def name(self) -> str | None:
        """Its stored name, without folders."""
        return (self.ref.path or self.ref.artifact_path or "").rpartition("/")[2] or None

    @property
    def stated_size(self) -> int | None:
        """What the data says."""
        return self.ref.size

    def kept_in(self, store: object) -> MediaRef | None:
        """Its reference, when `store` is where it is read from."""
        return self.ref if self.source is not None and self.source == store else None

    def open(self) -> BinaryIO:
        """Open the file in its source, else ask the ``wbtypes_open`` hook.

        Raises:
            DecodeError: ``missing-file``, ``unsafe-path`` or ``unreachable``.
        """
        try:
            if self.source is None:
                raise DecodeError(
                    f"cannot open {self}: the value was decoded without a source; pass one to decode",
                    reason=Code.UNREACHABLE,
                )
            return self.source.open(self.ref)
        except DecodeError:
            found = self._open_in_artifact() or (self._fallback(self.ref) if self._fallback else None)
            if found is None:
                raise
            return found

    def _open_in_artifact(self) -> BinaryIO | None:
        """The file in the artifact that holds the value too; None when that is out of reach, or holds another."""
        find = getattr(self.source, "artifact", None)
        if find is None or self.ref.artifact_path is None:
            return None
        try:
            source, entry = find(self.ref.artifact_path)
            path = _named_by(StoredFile(source, MediaRef(entry), limits=self.limits))
            found = StoredFile(source, MediaRef(path or entry), limits=self.limits)
            if self.ref.sha256 not in (None, found.sha256):
                return None
            return found.open()
        except DecodeError:
            return None

    @property
    def path(self) -> Path | None:
        """The file on disk, when its source is a folder and the path is safe."""
        locate = getattr(self.source, "locate", None)
        return locate(self.ref) if locate else None

    @property
    def size(self) -> int:
        """Length in bytes: what the data says, else measured."""
        return super().size if self.ref.size is None else self.ref.size

    @property
    def sha256(self) -> str:
        """SHA-256: what the data says, else worked out from the bytes."""
        if self.ref.sha256 is not None:
            return self.ref.sha256
        if self._measured is None:
            self._measured = super().sha256
        return self._measured

    def _identity(self) -> object:
        try:
            return self.sha256
        except DecodeError:  # out of reach: equal only to the same place
            return self.ref

    def __str__(self) -> str:
        return printable(self.ref.path or self.ref.artifact_path or "a file without a path")

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_fallback": None}  # a registry's hooks do not travel between processes


def _named_by(entry: StoredFile) -> str | None:
    """The path that an artifact's entry names, when it is the JSON of a value; None when it is the file itself."""
    if entry.suffix != ".json":
        return None
    from .jsonio import loads_within

    node = loads_within(entry.read_within(entry.limits, "json_bytes"), entry.limits)
    path = node.get("path") if isinstance(node, dict) else None
    return path if isinstance(path, str) else None


class RemoteFile(StoredFile):
    """A file that only a URL names: an artifact's entry or a reference. Nothing here fetches."""

    def __init__(
        self,
        url: str,
        *,
        ref: MediaRef | None = None,
        source: MediaSource | None = None,
        sha256: str | None = None,
        size: int | None = None,
        limits: Limits | None = None,
        fallback: Callable[[MediaRef], BinaryIO | None] | None = None,
    ) -> None:
        super().__init__(source, ref or MediaRef(None, sha256, size, url), limits=limits, fallback=fallback)
        self.url = url

    def kept_in(self, store: object) -> MediaRef:
        """Its reference: a URL is good in every store."""
        return self.ref


def is_url(text: str) -> bool:
    """Whether a path of the wire is a URL (``wandb-artifact://...``, ``s3://...``)."""
    return "://" in text and _URL.match(text) is not None


def as_file(data: object, *, suffix: str | None = None, what: str = "a file") -> MediaFile:
    """A media file from what users give for one: a path, an open file, or a `MediaFile`.

    Args:
        data: ``str`` or ``os.PathLike``; an object with ``read`` (text is stored as UTF-8, and the stream's
            position is left as it was where it can be); or a `MediaFile`.
        suffix: extension to store it under; by default the file's own.
        what: what is being made, for the message.

    Raises:
        TypeError: anything else.
        OSError: a file that cannot be read.
    """
    if isinstance(data, MediaFile):
        return data
    if isinstance(data, str | os.PathLike):
        return LocalFile(data, suffix)
    read = getattr(data, "read", None)
    if read is None:
        raise TypeError(
            f"{what} is made from a path, an open file or a MediaFile, not from {type(data).__name__}"
        )
    content = _read_whole(data, read)
    name = getattr(data, "name", None)
    name = Path(name).name if isinstance(name, str) else None
    return BytesFile(content, suffix_of(name or "") if suffix is None else suffix, name)


def _read_whole(stream: Any, read: Callable[[], str | bytes]) -> bytes:
    position = None
    if hasattr(stream, "seekable") and stream.seekable():
        position = stream.tell()
        stream.seek(0)
    content = read()
    if position is not None:
        stream.seek(position)
    return content.encode("utf-8") if isinstance(content, str) else bytes(content)


def expect_store(place: object, name: str, method: str) -> None:
    """Refuse what is no store or source, as a folder's name.

    Args:
        place: what the caller gave; None is allowed.
        name: the argument that it is.
        method: what a store or source of this kind can do, and a path cannot.

    Raises:
        TypeError: it cannot.
    """
    if place is not None and not hasattr(place, method):
        folder = shortened(repr(os.fspath(place))) if isinstance(place, str | os.PathLike) else '"folder"'
        raise TypeError(f"a {type(place).__name__} is no {name}; pass DirectoryStore({folder})")


def mentioned(node: Any) -> Iterator[MediaRef]:
    """Every file that a JSON tree names by a ``path`` with its ``sha256`` or ``digest``, without knowing its types."""
    todo = [node]
    while todo:
        item = todo.pop()
        if isinstance(item, Mapping):
            path, sha256, digest = item.get("path"), item.get("sha256"), item.get("digest")
            if isinstance(path, str) and isinstance(sha256 or digest, str) and not is_url(path):
                size = item.get("size")
                yield MediaRef(
                    path, sha256 if isinstance(sha256, str) else None, size if type(size) is int else None
                )
            todo.extend(item.values())
        elif isinstance(item, list | tuple):
            todo.extend(item)


def refuse_path(path: str, why: str) -> DecodeError:
    """The error for a path that would leave its root."""
    return DecodeError(
        f"the path {shortened(path)!r} {why}; the file is refused, the value is kept", reason=Code.UNSAFE_PATH
    )


_DRIVE = re.compile(r"[A-Za-z]:")
_WINDOWS_DEVICES = r"(?i)(con|prn|aux|nul|com[0-9]|lpt[0-9]|conin\$|conout\$)\s*(\..*)?$"


def safe_parts(path: str) -> tuple[str, ...]:
    """The components of a path from data, if it stays below its root on every platform.

    Empty and ``.`` components are dropped. On Windows, device names and colons are refused too; elsewhere
    they are ordinary names (``aux/loss`` is a common key).

    Raises:
        DecodeError: ``unsafe-path``: empty, absolute, a drive, UNC or device form, with ``..``, a NUL or half a character.
    """
    if "\0" in path:
        raise refuse_path(path, "holds a NUL character")
    try:
        os.fsencode(path)
    except UnicodeEncodeError:  # JSON can spell half a character, file systems cannot
        raise refuse_path(path, "holds a character that no file name can have") from None
    if path.startswith(("/", "\\")):
        raise refuse_path(path, "is absolute")
    if ".." in path.replace("\\", "/").split("/"):
        raise refuse_path(path, "leaves its folder")
    separated = path.replace("\\", "/") if os.name == "nt" else path
    parts = tuple(part for part in separated.split("/") if part not in ("", "."))
    if not parts:
        raise refuse_path(path, "names no file")
    if _DRIVE.match(parts[0]):
        raise refuse_path(path, "names a drive")
    if parts[0].startswith("\\"):
        raise refuse_path(path, "is absolute")
    if os.name == "nt" and any(
        ":" in part or part.endswith((".", " ")) or re.match(_WINDOWS_DEVICES, part) for part in parts
    ):
        raise refuse_path(path, "is a device or stream on this system")
    return parts


def unreadable(file: MediaFile, kind: str, error: Exception) -> DecodeError:
    """The error for bytes that a library could not read as what they are said to be."""
    cause = f"it lacks {error}" if isinstance(error, KeyError) else one_line(error)
    return DecodeError(f"{file} cannot be read as {kind}: {cause}", reason=Code.BAD_FILE)


def reason_of(error: DecodeError) -> Reason:
    """A decode error as the reason that a kept value carries."""
    return Reason(error.reason, str(error))
