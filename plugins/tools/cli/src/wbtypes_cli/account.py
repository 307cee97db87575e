"""What there is to say of one logged value: what it is, who reads it, which files it names, and what is odd about it."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

import attrs
from attrs import field, frozen

from wbtypes_core import (
    Code,
    DecodeError,
    Dialect,
    DirectoryStore,
    EncodeError,
    Linked,
    MediaFile,
    MediaRef,
    MediaSource,
    MediaStore,
    MemoryStore,
    Opaque,
    PluginError,
    Registry,
    StoredFile,
    WBTypesError,
    WBValue,
    decode,
    encode,
)
from wbtypes_core.errors import MissingExtra, Step, one_line, spell
from wbtypes_core.files import is_url, mentioned
from wbtypes_core.jsonio import Json, JsonObject, same
from wbtypes_core.layout import Naming
from wbtypes_core.registry import Loaded
from wbtypes_core.values import spell_size

from .leaves import objects
from .preview import describe, is_own, kind_of
from .schemas import Schemas

PIECE = 1 << 20
"""Bytes of a file that are hashed at once."""


@frozen
class Named:
    """A file that a value names.

    Attributes:
        path: as the value names it.
        state: what was found in its place.
        problem: whether that is not what the value says.
    """

    path: str
    state: str
    problem: bool = False


@frozen
class Account:
    """What there is to say of one value.

    Attributes:
        path: the steps to it.
        tag: its ``_type``.
        kind: the class that reads it.
        looks: what it looks like, in a few words.
        reader: the package that reads it, with its version; None where none does.
        form: whether a run's history or an artifact's files hold it so; None where that cannot be told.
        files: the files it names.
        odd: what is unusual, and handled.
        problems: what is wrong.
    """

    path: tuple[Step, ...]
    tag: str
    kind: str = "unread"
    looks: str = ""
    reader: str | None = None
    form: str | None = None
    files: list[Named] = field(factory=list)
    odd: list[str] = field(factory=list)
    problems: list[str] = field(factory=list)

    @property
    def place(self) -> str:
        """The steps to it, as Python would write them."""
        return spell(self.path) or "the value"

    def wrong(self) -> Iterator[str]:
        """Everything that is wrong with it, its files' problems included."""
        yield from self.problems
        yield from (f"{each.path}: {each.state}" for each in self.files if each.problem)


@frozen(eq=False)
class _Untouched:
    """A source that is offered as a store too, so that values know their files are in it; it keeps nothing."""

    inner: DirectoryStore | MemoryStore

    def open(self, ref: MediaRef) -> BinaryIO:
        return self.inner.open(ref)

    def note(self, kind: str, key: str) -> Json | None:
        return self.inner.note(kind, key)

    def put(self, file: MediaFile, folder: str, naming: Naming) -> MediaRef:
        raise EncodeError("nothing is written here")

    def bundle(self, name: str, kind: str) -> MediaStore:
        raise EncodeError("nothing is written here")


def accounts(document: Json, folder: DirectoryStore | None, registry: Registry) -> Iterator[Account]:
    """An account of every value in a document, in order; values within values are part of their account.

    Args:
        document: a value's JSON, or a tree that holds such values, as a history row.
        folder: where the files are that values name; None when they are not to be looked for.
        registry: the types.
    """
    schemas = Schemas(registry)
    for path, node in objects(document, lambda node: type(node.get("_type")) is str):
        yield _Inquiry(path, node, folder, registry, schemas).account()


@frozen(eq=False)
class _Inquiry:
    """The questions that are asked of one value."""

    path: tuple[Step, ...]
    node: JsonObject
    folder: DirectoryStore | None
    registry: Registry
    schemas: Schemas
    source: _Untouched = field(init=False)

    @source.default
    def _source(self) -> _Untouched:
        return _Untouched(self.folder or MemoryStore())

    def account(self) -> Account:
        told = Account(self.path, str(self.node["_type"]))
        found = self.registry.find(told.tag)
        if isinstance(found, Loaded):
            told = attrs.evolve(told, reader=found.provider)
            self._tell_upgrades(found, told)
            self._tell_violations(told)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", UserWarning)
            try:
                value = decode(self.node, self._asked, registry=self.registry)
                form = self._form(value, found, told)
            except DecodeError as error:
                told.problems.append(f"cannot be read: {error} ({error.reason})")
                return told
        told.odd.extend(str(each.message) for each in caught)
        self._tell_contents(value, told)
        told.odd[:] = dict.fromkeys(told.odd)  # the values of a batch have much in common
        return attrs.evolve(told, kind=kind_of(value), looks=describe(value), form=form)

    @property
    def _asked(self) -> MediaSource | None:
        return None if self.folder is None else self.source

    def _tell_upgrades(self, loaded: Loaded, told: Account) -> None:
        node = self.node
        try:
            for upgrade in loaded.upgrades:
                node = upgrade(node)
        except Exception as error:  # told again, with its place, when it is decoded
            told.odd.append(f"an old shape that cannot be brought up to date: {one_line(error)}")
            return
        if not same(node, self.node):
            gone = sorted(self.node.keys() - node.keys())
            new = sorted(node.keys() - self.node.keys())
            changes = [
                f"{word} {', '.join(keys)}" for word, keys in (("without", gone), ("with", new)) if keys
            ]
            told.odd.append(f"an old shape, read as today's {' and '.join(changes)}".rstrip())

    def _tell_violations(self, told: Account) -> None:
        try:
            found = list(self.schemas.violations(self.node))
        except MissingExtra as missing:
            told.odd.append(f"not held against its schema: {missing}")
            return
        told.problems.extend(f"{spell(each.path) or told.tag}: {each.message} (schema)" for each in found)

    def _tell_contents(self, value: Any, told: Account) -> None:
        for each in _within(value):
            if isinstance(each, MediaFile):
                if isinstance(each, StoredFile):
                    told.files.append(self._look(each))
            elif isinstance(each, Opaque):
                self._tell_opaque(each, told)
            elif isinstance(each, Linked):
                told.files.append(self._look(StoredFile(each.source or self._asked, each.ref)))
                if each.reason is not None and each.reason.code is not Code.NOT_FOLLOWED:
                    told.odd.append(f"what it links to stays unread: {each.reason}")
            else:
                told.odd.extend(_extra(each))

    def _tell_opaque(self, value: Opaque, told: Account) -> None:
        if is_own(value):
            told.odd.append("a type that is none of wandb's, and nobody's here; it is kept as it is")
        else:
            told.problems.append(str(value.reason))
        told.files.extend(self._look(StoredFile(self._asked, ref)) for ref in mentioned(value.node))

    def _look(self, file: StoredFile) -> Named:
        """Whether a file is where the value says, and what it says."""
        if file.ref.path is None or is_url(file.ref.path):
            return Named(str(file), "only a reference; what it refers to is not looked for")
        try:
            if self.folder is None:
                return Named(str(file), "not looked for: --files names the folder")
            digest, size = hashlib.sha256(), 0
            with file.open() as stream:
                while piece := stream.read(PIECE):
                    digest.update(piece)
                    size += len(piece)
        except DecodeError as error:
            return Named(str(file), f"{error.reason}: {error.message}", problem=True)
        found = spell_size(size)
        if file.ref.sha256 not in (None, digest.hexdigest()) or file.ref.size not in (None, size):
            return Named(str(file), f"altered: {found}, and not what the value says", problem=True)
        return Named(str(file), f"there, {found}{', as stated' if file.ref.sha256 else ''}")

    def _form(self, value: Any, found: object, told: Account) -> str | None:
        """In which of the two forms writing the value gives the JSON that it came from."""
        if not isinstance(found, Loaded) or isinstance(value, Opaque | Linked):
            return None
        held = value if self.folder else decode(self.node, self.source, follow=False, registry=self.registry)
        if isinstance(held, Linked):
            return None
        node = self.node
        for upgrade in found.upgrades:
            node = upgrade(node)
        forms = [each.value for each in Dialect if self._writes(held, each, node)]
        if not forms:
            told.odd.append("written again, it is not quite the same JSON")
        return " or ".join(forms) or None

    def _writes(self, value: Any, dialect: Dialect, node: JsonObject) -> bool:
        for exact in (True, False):
            try:
                written = encode(value, self.source, dialect=dialect, exact=exact, registry=self.registry)
            except (WBTypesError, PluginError):
                return False
            if same(written.json, node):
                return True
        return False


def _extra(value: WBValue) -> Iterator[str]:
    """What a value keeps of the wire beside what its class knows."""
    null = [key for key, item in value.extra.items() if item is None]
    unknown = [key for key in value.extra if key not in null]
    if null:
        yield f"null where a {kind_of(value)} has nothing to say, kept: {', '.join(null)}"
    if unknown:
        yield f"keys that {kind_of(value)} does not know, kept: {', '.join(unknown)}"


def _within(value: Any) -> Iterator[WBValue | MediaFile]:
    """A value, the values in it, and the files of them all."""
    todo: list[Any] = [value]
    while todo:
        item = todo.pop()
        if isinstance(item, MediaFile):
            yield item
        elif isinstance(item, WBValue):
            yield item
            if not isinstance(item, Opaque | Linked) and attrs.has(type(item)):
                specs = [spec for spec in attrs.fields(type(item)) if spec.name != "extra"]
                todo.extend(getattr(item, spec.name, None) for spec in reversed(specs))
        elif isinstance(item, Mapping):
            todo.extend(reversed(list(item.values())))
        elif isinstance(item, list | tuple):
            todo.extend(reversed(item))
