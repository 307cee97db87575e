"""All that a codec may ask: one frozen context per document, for encoding and for decoding."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from functools import cache
from typing import TYPE_CHECKING, Any

from attrs import evolve, field, frozen

from .errors import Code, DecodeError, EncodeError, LimitError, Reason, Step, printable
from .files import MediaFile, MediaRef, MediaSource, MediaStore, RemoteFile, StoredFile, is_url, mentioned
from .jsonio import Json, JsonObject, kind, loads_within
from .layout import ArtifactAddress, ArtifactNaming, FixedNaming, Naming, RunNaming, label_key
from .limits import Limits

if TYPE_CHECKING:
    from .registry import Registry


class Dialect(Enum):
    """The two ways a client writes values: into a run's history, and into an artifact's files."""

    RUN = "run"
    ARTIFACT = "artifact"

    __hash__ = object.__hash__  # Enum's own is Python code; look-ups by dialect are per value


BOTH = (Dialect.RUN, Dialect.ARTIFACT)


@frozen(eq=False)
class _Call:
    """What one call of `encode` shares between its contexts: where to write, and what was written."""

    store: MediaStore | None
    registry: Registry
    exact: bool
    files: list[MediaRef] = field(factory=list)
    notes: dict[str, dict[str, Json]] = field(factory=dict)
    used: dict[str, str] = field(factory=dict)


@frozen(eq=False)
class EncodeContext:
    """What a codec may ask while it writes a value.

    Attributes:
        key: the innermost key that holds the value.
        step: the history step, or ``"summary"``.
        name: the name of the part being written (a mask's set), ``""`` at the value itself.
        dialect: the form being written.
    """

    key: str
    step: int | str
    name: str
    dialect: Dialect
    _call: _Call
    _naming: Naming

    @property
    def exact(self) -> bool:
        """Whether what wandb's shape loses may be written beside it, under ``_wbtypes``."""
        return self._call.exact

    @property
    def store(self) -> MediaStore | None:
        """Where files go, for codecs that remember what they wrote where; they write by `put`."""
        return self._call.store

    def encode(self, value: Any, *at: Step, expect: str | None = None) -> Any:
        """The JSON of a child.

        Args:
            value: a value, or a tree of dicts, lists and scalars.
            at: the steps to it from this value, for error messages.
            expect: the tag of the form to write where a class has several.

        Raises:
            EncodeError: with the path to what could not be written.
        """
        try:
            return _writer()(self, value, expect)
        except EncodeError as error:
            raise error.under(*at) from error.__cause__

    def put(self, file: MediaFile, folder: str, *, name: str | None = None) -> MediaRef:
        """Store a file, unless it is in this store already or only a URL names it.

        Args:
            file: the file.
            folder: the folder below the root, as ``"media/images"``.
            name: the whole path, where the layout does not name the file.
        """
        store = self._call.store
        kept = file.kept_in(store)
        if kept is not None:
            return kept
        if store is None:
            raise EncodeError(f"{file} needs a store to be written to; pass one to encode")
        naming: Naming = FixedNaming(name) if name else self._naming
        try:
            ref = store.put(file, folder, naming)
        except DecodeError as error:  # a file of another source that cannot be read there
            raise EncodeError(error.message) from error
        self._call.files.append(ref)
        self._call.registry.stored(ref, file)
        if isinstance(file, StoredFile) and file.ref.artifact_path:
            return evolve(ref, artifact_path=file.ref.artifact_path)
        return ref

    def kept(self, file: MediaFile) -> MediaRef | None:
        """How the store names a file that it has already; None when the file would have to be put there."""
        return file.kept_in(self._call.store)

    def describe(self, ref: MediaRef) -> JsonObject:
        """A stored file's keys on the wire: ``path`` and ``sha256``, and in a run its ``size``."""
        body: JsonObject = {}
        if ref.path is not None:
            body["path"] = ref.path
        if ref.sha256 is not None:
            body["sha256"] = ref.sha256
        if ref.size is not None and self.dialect is Dialect.RUN:
            body["size"] = ref.size
        if ref.artifact_path is not None:
            body["artifact_path"] = ref.artifact_path
        return body

    def carry(self, node: Any, source: MediaSource | None) -> None:
        """Store the files that a node mentions which nobody here understands, under their own paths."""
        store = self._call.store
        if source is None or store is None or _same_place(source, store):
            return
        for ref in mentioned(node):
            file = StoredFile(source, evolve(ref, sha256=None, size=None))
            try:
                altered = file.sha256 != (ref.sha256 or file.sha256)
            except DecodeError:  # out of reach there too
                continue
            if not altered:  # else the node alone is what can be kept
                self.put(file, "", name=ref.path)

    def note(self, kind: str, payload: Json) -> None:
        """Say something about the value that a run keeps in its config, as class labels."""
        self._call.notes.setdefault(kind, {})[label_key(self.key, self.name)] = payload

    def named(self, name: str) -> EncodeContext:
        """The same context for a named part of the value."""
        return EncodeContext(self.key, self.step, name, self.dialect, self._call, self._naming)

    def at_key(self, key: str) -> EncodeContext:
        """The same context for the value under another key."""
        if key == self.key:
            return self
        naming: Naming = RunNaming(key, self.step) if self.dialect is Dialect.RUN else self._naming
        return EncodeContext(key, self.step, self.name, self.dialect, self._call, naming)

    def bundle(self, name: str, kind: str) -> tuple[EncodeContext, ArtifactAddress]:
        """A context that writes into an artifact of its own, in the artifact dialect, and how to refer to that.

        Args:
            name: the artifact's name.
            kind: the artifact's type, as ``"run_table"``.
        """
        if self._call.store is None:
            raise EncodeError(f"the artifact {name} needs a store to be written to; pass one to encode")
        store = self._call.store.bundle(name, kind)
        inner = evolve(
            self, dialect=Dialect.ARTIFACT, call=evolve(self._call, store=store), naming=ArtifactNaming()
        )
        address = getattr(store, "address", None)
        return inner, address or ArtifactAddress.of(name, 0)


def _same_place(source: object, store: object) -> bool:
    """Whether files are read from where they would be written to."""
    return source is not None and source == store


def encode_context(
    store: MediaStore | None, registry: Registry, *, key: str, step: int | str, dialect: Dialect, exact: bool
) -> EncodeContext:
    """The context of a new call of `encode`."""
    naming: Naming = RunNaming(key, step) if dialect is Dialect.RUN else ArtifactNaming()
    return EncodeContext(key, step, "", dialect, _Call(store, registry, exact), naming)


@frozen(eq=False)
class DecodeContext:
    """What a codec may ask while it reads a value.

    Attributes:
        source: where files are read from, or None.
        registry: the codecs.
        follow: whether linked JSON is read.
        on_unknown: ``"keep"``, ``"warn"`` or ``"raise"``.
        limits: what reading may cost.
        key: the innermost key that holds the value.
        step: the row's step when the document is a history row, else None.
        name: the name of the part being read, ``""`` at the value itself.
    """

    source: MediaSource | None
    registry: Registry
    follow: bool
    on_unknown: str
    limits: Limits
    key: str
    step: int | None
    name: str = ""
    _trail: tuple[tuple[object, str], ...] = ()

    def decode(self, node: Any, *at: Step, expect: str | tuple[str, ...] | None = None) -> Any:
        """The value of a child node.

        Args:
            node: its JSON.
            at: the steps to it from this node, for error messages.
            expect: the tag, or tags, it must have. A node without a tag is read as the first of them.

        Raises:
            DecodeError: with the path to what could not be read.
        """
        try:
            return _reader()(self, node, (expect,) if isinstance(expect, str) else expect)
        except DecodeError as error:
            raise error.under(*at) from error.__cause__

    def file(self, node: Mapping[str, Any] | str) -> MediaFile:
        """The file that a node names by ``path`` or ``artifact_path``; it is not opened.

        Args:
            node: the node, or a bare path.

        Raises:
            DecodeError: ``wrong-type`` or ``missing-key``.
        """
        if isinstance(node, str):
            node = {"path": node}
        path, sha256 = _text(node, "path"), _text(node, "sha256")
        artifact_path, size = _text(node, "artifact_path"), _count(node, "size")
        ref = MediaRef(path, sha256, size, artifact_path)
        if path is not None and not is_url(path):
            return StoredFile(self.source, ref, limits=self.limits, fallback=self.registry.open)
        url = path or artifact_path
        if url is None:
            raise DecodeError('neither "path" nor "artifact_path" names the file', reason=Code.MISSING_KEY)
        return RemoteFile(url, ref=ref, source=self.source, limits=self.limits, fallback=self.registry.open)

    def load_json(self, file: MediaFile) -> Any:
        """The JSON in a file, within the limits.

        Raises:
            DecodeError: missing, refused, too large, too deep, or not JSON.
        """
        data = file.read_within(self.limits, "json_bytes")
        try:
            return loads_within(data, self.limits)
        except DecodeError as error:
            raise type(error)(f"{file}: {error.message}", reason=error.reason) from None

    def artifact(self, url: str) -> tuple[DecodeContext, StoredFile]:
        """The context of the files of an artifact, and the entry in it that a reference names.

        Raises:
            DecodeError: ``unreachable``, saying what would help.
        """
        find = getattr(self.source, "artifact", None)
        if find is None:
            raise DecodeError(
                f"{printable(url)} is in an artifact; decode with a source that has it",
                reason=Code.UNREACHABLE,
            )
        source, entry = find(url)
        return evolve(self, source=source), StoredFile(source, MediaRef(entry), limits=self.limits)

    def entries(self, below: str) -> Sequence[str]:
        """The paths of all files below a folder of the source, sorted.

        Raises:
            DecodeError: ``unreachable`` where the source lists nothing, ``unsafe-path``.
        """
        found = getattr(self.source, "entries", None)
        if found is None:
            raise DecodeError(
                f"the files below {printable(below)} cannot be listed; decode with a folder as the source",
                reason=Code.UNREACHABLE,
            )
        listed: Sequence[str] = found(below)
        return listed

    def inside(self, file: MediaFile) -> DecodeContext:
        """The context of a document that a file holds; files that lead back to themselves are refused.

        Raises:
            LimitError: ``references``, or a cycle.
        """
        place = (self.source, str(file))
        if place in self._trail:
            chain = " -> ".join(name for _, name in self._trail)
            raise LimitError(f"{file} leads back to itself through {chain}")
        self.limits.spend("references", len(self._trail) + 1, f"the chain of references to {file}")
        return evolve(self, trail=(*self._trail, place))

    def note(self, kind: str) -> Json | None:
        """What the run says beside this part of the value, as class labels; None when nothing."""
        return self.source.note(kind, label_key(self.key, self.name)) if self.source else None

    def named(self, name: str) -> DecodeContext:
        """The same context for a named part of the value."""
        return self._at(self.key, name)

    def at_key(self, key: str) -> DecodeContext:
        """The same context for the value under another key."""
        return self if key == self.key else self._at(key, self.name)

    def _at(self, key: str, name: str) -> DecodeContext:
        return DecodeContext(
            self.source,
            self.registry,
            self.follow,
            self.on_unknown,
            self.limits,
            key,
            self.step,
            name,
            self._trail,
        )


@cache
def _writer() -> Callable[[EncodeContext, Any, str | None], Any]:
    """The walker that writes a child; its module imports this one."""
    from .encode import child

    return child


@cache
def _reader() -> Callable[[DecodeContext, Any, tuple[str, ...] | None], Any]:
    """The walker that reads a child, as above."""
    from .decode import child

    return child


def _text(node: Mapping[str, Any], key: str) -> str | None:
    value = node.get(key)
    if value is None or isinstance(value, str):
        return value
    raise DecodeError(f"is {kind(value)}, not a string", reason=Code.WRONG_TYPE, path=(key,))


def _count(node: Mapping[str, Any], key: str) -> int | None:
    value = node.get(key)
    if value is None or (type(value) is int and value >= 0):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0 or value != value // 1:
        raise DecodeError("is not a number of bytes", reason=Code.WRONG_TYPE, path=(key,))
    return int(value)


def opaque_reason(reason: Reason) -> DecodeError:
    """The error for a tag that nobody decodes, where the caller asked for errors."""
    return DecodeError(str(reason), reason=reason.code)
