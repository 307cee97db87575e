"""What classes are: ids and the names that they go by."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from typing import Any, cast

from attrs import field, frozen

from wbtypes_core import FrozenMap, Media, MediaFile, ValueWarning
from wbtypes_core.files import LazyFile
from wbtypes_core.jsonio import JsonObject, dumps
from wbtypes_core.plain import to_plain

Class = Mapping[str, Any]
"""One class: its ``id``, its ``name``, and any other keys."""

SUFFIX = ".classes.json"

_SCALARS = frozenset((str, int, float, bool, type(None)))


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

    def __init__(self, class_set: Iterable[Mapping[str, Any]]) -> None:
        if isinstance(class_set, str | Mapping) or not isinstance(class_set, Iterable):
            raise TypeError(
                f'class_set is a list of dicts like {{"id": 0, "name": "road"}}, not {type(class_set).__name__}'
            )
        classes = [_class(each, f"class_set[{at}]") for at, each in enumerate(class_set)]
        self.__attrs_init__(file=file_of(classes), class_set=tuple(map(FrozenMap, classes)))
        if len({(each["id"], each["name"]) for each in classes}) > len(self.labels):
            _tell_once("a class id has two names; class_set keeps both, labels has the last")

    @property
    def labels(self) -> Mapping[int | str, str]:
        """The names by id."""
        pairs = ((each["id"], each["name"]) for each in self.class_set)
        return cast("Mapping[int | str, str]", FrozenMap(pairs))


def file_of(classes: Iterable[Class]) -> MediaFile:
    """The file of classes, as an artifact holds it: with sorted keys, made at first need."""
    document: JsonObject = {"_type": "classes", "class_set": [dict(each) for each in classes]}
    return LazyFile(lambda: dumps(document, sort=True).encode("ascii"), SUFFIX)


def plain(item: Any, place: str) -> Any:
    """A copy of what the user gave, as JSON has it.

    Raises:
        TypeError: something that JSON does not know, with its place.
    """
    if type(item) in _SCALARS:
        return item
    if isinstance(item, Mapping):
        return {_key(name, place): plain(each, f"{place}[{name!r}]") for name, each in item.items()}
    if isinstance(item, list | tuple):
        return [plain(each, f"{place}[{at}]") for at, each in enumerate(item)]
    found = to_plain(item)
    if found is NotImplemented:
        raise TypeError(f"{place} is {type(item).__name__}; give numbers, text, lists and dicts")
    return plain(found, place)


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
    made: JsonObject = plain(entry, place)
    if not isinstance(made["id"], int | str):
        raise TypeError(f'{place}["id"] is an int or a str, not {made["id"]!r}')
    if not isinstance(made["name"], str):
        raise TypeError(f'{place}["name"] is a str, not {made["name"]!r}')
    return made


_told: set[str] = set()


def _tell_once(odd: str) -> None:
    """Warn of a kind of odd value, once per process."""
    if odd not in _told:
        _told.add(odd)
        warnings.warn(odd, ValueWarning, stacklevel=3)
