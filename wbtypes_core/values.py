"""What every value is: frozen, equal by content, and keeping whatever it does not understand."""

from __future__ import annotations

import copy
import functools
import sys
from collections.abc import Callable, ItemsView, Iterable, Iterator, Mapping, Sequence, ValuesView
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, TypeVar, overload

import attrs
from attrs import field, frozen

from .errors import Reason
from .files import MediaFile, MediaRef, MediaSource
from .jsonio import Json, same

K = TypeVar("K")
V = TypeVar("V")
Caption = str | int | float | None


class FrozenMap(Mapping[K, V], Generic[K, V]):
    """A mapping that cannot be changed: what values hold instead of dicts. Equality is JSON's."""

    __slots__ = ("_items",)

    def __init__(self, items: Mapping[K, V] | Iterable[tuple[K, V]] = ()) -> None:
        self._items = dict(items)

    def __getitem__(self, key: K) -> V:
        return self._items[key]

    def __iter__(self) -> Iterator[K]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def items(self) -> ItemsView[K, V]:
        """The pairs of key and item, as a view."""
        return self._items.items()

    def values(self) -> ValuesView[V]:
        """The items, as a view."""
        return self._items.values()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Mapping) and same(self._items, other)

    def __hash__(self) -> int:
        return hash(frozenset(self._items))

    def __repr__(self) -> str:
        return repr(self._items)

    def __reduce__(self) -> tuple[Any, ...]:
        return FrozenMap, (self._items,)


_EMPTY: FrozenMap[str, Any] = FrozenMap()


def frozen_map(items: Mapping[str, Any] | None) -> FrozenMap[str, Any]:
    """A read-only copy of a mapping, JSON inside included; None gives an empty one."""
    if items is None:
        return _EMPTY
    if type(items) is FrozenMap:
        return items
    return FrozenMap({key: _thaw(item) for key, item in items.items()})


def _thaw(item: Any) -> Any:
    return copy.deepcopy(item) if isinstance(item, dict | list) else item


@functools.cache
def _initializer(cls: type) -> Callable[..., None]:
    """The plain initializer that attrs made for the nearest attrs class, whatever ``__init__`` stands over it."""
    for base in cls.__mro__:
        if "__attrs_attrs__" in vars(base):
            made: Callable[..., None] = vars(base).get("__attrs_init__") or vars(base)["__init__"]
            return made
    raise TypeError(f"{cls.__name__} is no attrs class")


class _Undecorated:
    """What stands in for the initializer of a class that attrs has not made one for."""

    __slots__ = ()

    def __attrs_init__(self, *args: Any, **fields: Any) -> None:
        raise TypeError(
            f"attrs has made no initializer for {type(self).__name__}: "
            f"put @attrs.frozen(kw_only=True, init=False) above the class"
        )


@frozen(kw_only=True)
class WBValue(_Undecorated):
    """A thing that can be logged: it says what it is, and a codec says how it travels.

    Subclasses are frozen attrs classes. One that has its own ``__init__`` for its users' sake is built by
    codecs through `restore`, past the conversions of that constructor.

    Attributes:
        extra: keys of the wire that the plugin does not know (a newer client's, or stale ones of an overlay);
            they are written back.
    """

    extra: Mapping[str, Json] = field(default=None, converter=frozen_map, hash=False, repr=False)

    @classmethod
    def restore(cls, **fields: Any) -> Self:
        """A value straight from its fields, for codecs."""
        value = cls.__new__(cls)
        _initializer(cls)(value, **fields)  # type: ignore[arg-type]  # mypy takes classes for unhashable
        return value

    def replace(self, **changes: Any) -> Self:
        """A copy with other fields; nothing is converted or checked anew."""
        fields = {spec.alias: getattr(self, spec.name) for spec in attrs.fields(type(self)) if spec.init}
        return type(self).restore(**{**fields, **changes})

    def snapshot(self) -> Self:
        """The value as it is now: itself, as values cannot change; a container, as a table, gives a copy."""
        return self

    def describe(self) -> str:
        """What the value looks like, in a few words for one cell of a listing; no file is opened."""
        return ""

    def _keep(self, extra: Mapping[str, Json]) -> None:
        """Take the unknown keys of the wire; core alone calls this, on a value that it has just built."""
        object.__setattr__(self, "extra", FrozenMap(extra))


@frozen(kw_only=True)
class Media(WBValue):
    """A value that is stored as a file beside the JSON.

    Attributes:
        file: the bytes; for an array or figure encoded at first need, once.
        caption: text (or, as some clients let users write it, a number) shown with it.
    """

    file: MediaFile
    caption: Caption = None

    def describe(self) -> str:
        """The file's extension, its size where that is known without opening it, and the caption."""
        kind, size = self.file.suffix.lstrip(".") or "file", self.file.stated_size
        return with_caption(kind if size is None else f"{kind}, {spell_size(size)}", self.caption)

    in_file: ClassVar[frozenset[str]] = frozenset()
    """The fields that the file is written from; see `write_file`."""

    def write_file(self) -> MediaFile:
        """A new file of the fields named by `in_file`; a class that names some overrides this."""
        return self.file

    def replace(self, **changes: Any) -> Self:
        """A copy with other fields; where the file is written from one of them, with a new file too."""
        copy = super().replace(**changes)
        if "file" in changes or self.in_file.isdisjoint(changes):
            return copy
        return super().replace(**changes, file=copy.write_file())

    @property
    def sha256(self) -> str:
        """SHA-256 of the file, 64 hex digits."""
        return self.file.sha256

    @property
    def size(self) -> int:
        """Length of the file in bytes."""
        return self.file.size


@frozen(kw_only=True)
class BatchableMedia(Media):
    """Media of which a list is one value on the wire, as images are."""


def spell_count(count: int, what: str) -> str:
    """A number of things for people: ``"1 bin"``, ``"1,200 bins"``."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def spell_size(size: int) -> str:
    """A number of bytes for people: ``"812 bytes"``, ``"1.5 MB"``."""
    if size < 1000:
        return spell_count(size, "byte")
    if size > sys.maxsize:
        return "an impossible number of bytes"  # no file has so many, but data can say so
    unit, power = next((pair for pair in _UNITS if size < 999.5 * pair[1]), _UNITS[-1])
    return f"{size / power:.3g} {unit}"


_UNITS = (("kB", 10**3), ("MB", 10**6), ("GB", 10**9), ("TB", 10**12), ("PB", 10**15), ("EB", 10**18))


def with_caption(text: str, caption: Caption) -> str:
    """A description with the first words of a caption, on one line."""
    if caption is None:
        return text
    words = " ".join(str(caption).split())
    return f"{text}, {words[:39] + '...' if len(words) > 42 else words!r}"


def check_caption(caption: object) -> Caption:
    """A caption as it can be stored: text or a number; numpy numbers become Python's.

    Raises:
        TypeError: anything else.
    """
    if caption is None or type(caption) in (str, int, float, bool):
        return caption  # type: ignore[return-value]
    if isinstance(caption, str):
        return str(caption)
    if isinstance(caption, int | float) and not hasattr(caption, "item"):
        return caption
    item = getattr(caption, "item", None)
    if item is not None and getattr(caption, "shape", None) == ():
        return check_caption(item())
    raise TypeError(f"caption is text or a number, not {type(caption).__name__}")


def _items(items: Iterable[Any]) -> tuple[WBValue, ...]:
    values = tuple(items)
    for value in values:
        if not isinstance(value, WBValue):
            raise TypeError(f"a Batch holds values such as Image, not {type(value).__name__}")
    kinds = {type(value) for value in values} - {Opaque, Linked}
    if len(kinds) > 1:
        names = ", ".join(sorted(kind.__name__ for kind in kinds))
        raise TypeError(f"a Batch holds values of one class; these are {names}: log a list instead")
    return values


@frozen(eq=False)
class Batch(WBValue, Sequence[Any]):
    """Several values of one class that the wire holds as one object, as a list of images.

    A batch is a sequence, equal to any sequence of equal values.

    Attributes:
        items: the values, in order.
        tag: the tag it was read under; None for one made here.
        layout: what its codec remembers of an older layout, so that it can be written back.
    """

    items: tuple[Any, ...] = field(converter=_items)
    tag: str | None = field(default=None, kw_only=True)
    layout: Mapping[str, Json] = field(default=None, converter=frozen_map, kw_only=True, repr=False)

    @overload
    def __getitem__(self, index: int) -> Any: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Any, ...]: ...
    def __getitem__(self, index: int | slice) -> Any:
        return self.items[index]

    def __len__(self) -> int:
        return len(self.items)

    def describe(self) -> str:
        """How many of what, and what the first looks like."""
        if not self.items:
            return "empty"
        first = self.items[0]
        return f"{len(self)} x {type(first).__name__}: {first.describe()}"

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Batch):
            return self.items == other.items
        return isinstance(other, list | tuple) and self.items == tuple(other)

    def __hash__(self) -> int:
        return hash(self.items)


class _NotUnderstood(WBValue):
    """A value that lacks what one of its tag has; who asks for that is told why."""

    __slots__ = ()

    if not TYPE_CHECKING:  # checkers are to refuse such attributes

        def __getattr__(self, name):
            kind = type(self)
            text = f"{kind.__name__!r} object has no attribute {name!r}"
            # Python asks for those while it makes or copies the value
            if name.startswith("_") or name in kind.__slots__:
                raise AttributeError(text)
            why = self.describe()
            raise AttributeError(f"{text}: {why}" if why else text)


@frozen(eq=False)
class Linked(_NotUnderstood):
    """A value whose JSON lies in a file of its own that was not read; it is written back as it came.

    Attributes:
        tag: its wire tag.
        ref: where the file is.
        node: its JSON in the document.
        reason: why the file was not read: not asked to, or the file is missing, refused or damaged.
    """

    tag: str
    ref: MediaRef
    node: Any
    reason: Reason | None = None
    source: MediaSource | None = field(default=None, repr=False)

    def describe(self) -> str:
        """Why its file was not read."""
        return str(self.reason or "not followed")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Linked) and self.tag == other.tag and same(self.node, other.node)

    def __hash__(self) -> int:
        return hash((self.tag, self.ref))


@frozen(eq=False)
class Opaque(_NotUnderstood, Mapping[str, Any]):
    """A value that cannot be understood here: a read-only mapping of its JSON, written back as it came.

    Attributes:
        tag: its wire tag.
        node: its JSON; for an untagged shape it may be a list.
        reason: why it is not understood, with the way out: not installed (and the pip line), broken,
            contested, blocked, or the error that decoding it gave.
        source: where the files it names can be read.
    """

    tag: str
    node: Any
    reason: str = ""
    source: MediaSource | None = field(default=None, repr=False, kw_only=True)

    def describe(self) -> str:
        """Why it is not understood."""
        return self.reason

    def __getitem__(self, key: str) -> Any:
        if not isinstance(self.node, Mapping):
            raise KeyError(key)
        return self.node[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.node if isinstance(self.node, Mapping) else ())

    def __len__(self) -> int:
        return len(self.node) if isinstance(self.node, Mapping) else 0

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Opaque):
            return self.tag == other.tag and same(self.node, other.node)
        return isinstance(other, dict) and same(self.node, other)

    def __hash__(self) -> int:
        return hash((self.tag, len(self)))
