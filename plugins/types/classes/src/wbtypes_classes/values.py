"""What classes are: ids and the names that they go by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from attrs import field, frozen

from wbtypes_core import FrozenMap, Media, MediaFile
from wbtypes_core.errors import warn_once
from wbtypes_core.files import LazyFile
from wbtypes_core.jsonio import JsonObject, dumps
from wbtypes_core.plain import json_copy

Class = Mapping[str, Any]
"""One class: its ``id``, its ``name``, and any other keys."""

SUFFIX = ".classes.json"


@frozen(kw_only=True, init=False)
class Classes(Media):
    """The classes that masks, boxes and columns of a table speak of by id.

    An id may be there more than once, as wandb lets it: `class_set` keeps every entry, and `labels` has the last
    name. Two names for one id are told of by a `ValueWarning`, once.

    Args:
        class_set: a list of dicts, each with an ``id`` (int or str; NumPy numbers become Python's), a ``name``
            (str) and any other keys, as ``"color"``.

    Attributes:
        class_set: the classes, each a read-only mapping.
        digest: what the link said that the classes were read through, else None.

    Raises:
        TypeError: `class_set` is no list of dicts, an id is neither int nor str, or a name is no str.
        ValueError: an entry has no id or no name.
    """

    file: MediaFile = field(eq=False)
    class_set: tuple[Class, ...] = ()
    digest: str | None = field(default=None, eq=False, repr=False)

    in_file = frozenset(("class_set",))

    def __init__(self, class_set: Iterable[Mapping[str, Any]]) -> None:
        if isinstance(class_set, str | Mapping) or not isinstance(class_set, Iterable):
            raise TypeError(
                f'class_set is a list of dicts like {{"id": 0, "name": "road"}}, not {type(class_set).__name__}'
            )
        classes = [_class(each, f"class_set[{at}]") for at, each in enumerate(class_set)]
        self.__attrs_init__(file=file_of(classes), class_set=tuple(map(FrozenMap, classes)))
        if len({(each["id"], each["name"]) for each in classes}) > len(self.labels):
            warn_once("a class id has two names; class_set keeps both, labels has the last")

    def describe(self) -> str:
        """How many classes, and the first names."""
        names = [str(each["name"]) for each in self.class_set]
        count = "1 class" if len(names) == 1 else f"{len(names):,} classes"
        return f"{count}: {', '.join(names[:4])}{', ...' if len(names) > 4 else ''}"

    def write_file(self) -> MediaFile:
        """A new file of what the value holds."""
        return file_of(self.class_set)

    @property
    def labels(self) -> Mapping[int | str, str]:
        """The names by id."""
        pairs = ((each["id"], each["name"]) for each in self.class_set)
        return FrozenMap(pairs)


def file_of(classes: Iterable[Class]) -> MediaFile:
    """The file of classes, as an artifact holds it: with sorted keys, made at first need."""
    document: JsonObject = {"_type": "classes", "class_set": [dict(each) for each in classes]}
    return LazyFile(lambda: dumps(document, sort=True).encode("ascii"), SUFFIX)


def _key(name: object, place: str) -> str:
    if isinstance(name, str):
        return str(name)
    raise TypeError(f"the keys of {place} are text, not {name!r}")


def _class(entry: object, place: str) -> JsonObject:
    """A copy of one class, checked."""
    if not isinstance(entry, Mapping):
        raise TypeError(f"{place} is a dict with id and name, not {type(entry).__name__}")
    for name in ("id", "name"):
        if name not in entry:
            raise ValueError(f'{place} has no {name}; write {{"id": 0, "name": "road"}}')
    made: JsonObject = json_copy(entry, place)
    if not isinstance(made["id"], int | str):
        raise TypeError(f'{place}["id"] is an int or a str, not {made["id"]!r}')
    if not isinstance(made["name"], str):
        raise TypeError(f'{place}["name"] is a str, not {made["name"]!r}')
    return made
