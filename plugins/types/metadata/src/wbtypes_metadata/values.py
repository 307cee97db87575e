"""What metadata is: any JSON value, in a file of its own."""

from __future__ import annotations

from typing import Any

from attrs import field, frozen

from wbtypes_core import FrozenMap, Media, MediaFile
from wbtypes_core.codec import json_file
from wbtypes_core.jsonio import Json, kind
from wbtypes_core.plain import JsonCopy, copied
from wbtypes_core.values import check_caption, with_caption


def _by_value(val: Json) -> tuple[str, FrozenMap[str, Any]]:
    """A JSON value as it is compared: by meaning, NaN equal to NaN, and by its keys for the hash."""
    return kind(val), FrozenMap(val if isinstance(val, dict) else {"": val})


@frozen(kw_only=True, init=False, repr=False)
class JSONMetadata(Media):
    """Any JSON value, which is stored as a file.

    What is given is copied at once, as plain JSON: arrays and tensors in full, whatever their size, as nested lists; NumPy
    numbers, dates, sets, paths and the like as wandb writes them; tuples as lists; keys as text. NaN and infinities
    stay, as the bare tokens that JSON has no word for.

    Subclasses choose a type of their own by `type_name`, and what they take by `validate`; a codec (a subclass of
    `MetadataCodec`) makes that type known.

    Args:
        val: the value.
        **kwargs: ``caption`` alone.

    Raises:
        TypeError: something that JSON does not know, with its place; or what a subclass refuses.
        ValueError: two keys that are one as text, or a value that is nested too deep or holds itself; or what a
            subclass refuses.
    """

    file: MediaFile = field(eq=False)
    _val: Json = field(eq=_by_value)

    in_file = frozenset(("val",))

    def __init__(self, val: Any, **kwargs: Any) -> None:
        caption = check_caption(kwargs.pop("caption", None))
        if kwargs:
            raise TypeError(f"{type(self).__name__} takes val and caption, not {', '.join(kwargs)}")
        document = plain(val)
        self.check(document)
        self.__attrs_init__(file=self._file_of(document), caption=caption, val=document)

    @classmethod
    def type_name(cls) -> str:
        """The wire tag: ``"metadata"``; a subclass that has a codec of its own says its own."""
        return "metadata"

    def validate(self, val: Any) -> bool:
        """Whether this class takes a JSON value; here it takes any. A subclass may as well raise TypeError or ValueError.

        It is asked of every value, made or read, before anything else is set.
        """
        return True

    @classmethod
    def _file_of(cls, document: Json) -> MediaFile:
        return json_file(lambda: document, f".{cls.type_name()}.json")

    def write_file(self) -> MediaFile:
        """A new file of the value."""
        return self._file_of(self._val)

    def check(self, val: Any) -> None:
        """Ask `validate`.

        Raises:
            ValueError: it says no; or what it raises itself.
        """
        if not self.validate(val):
            raise ValueError(f"this is no {self.type_name()!r}: {type(self).__name__}.validate refuses it")

    @property
    def val(self) -> Any:
        """The value, as plain JSON. A new copy."""
        return copied(self._val)

    def describe(self) -> str:
        """What kind of JSON it is, how much of it, and the caption."""
        return with_caption(_summary(self._val), self.caption)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._val!r:.100})"


def plain(val: Any) -> Json:
    """A copy of what the user gave, as JSON has it.

    Raises:
        TypeError: something that JSON does not know, with its place.
        ValueError: two keys that are one as text; or nested too deep, or holding itself.
    """
    try:
        found: Json = JsonCopy()(val, "val")
    except RecursionError:
        raise ValueError("val is nested too deep, or holds itself") from None
    return found


def _summary(val: Json) -> str:
    if isinstance(val, dict):
        return f"object of {len(val):,} key{'' if len(val) == 1 else 's'}"
    if isinstance(val, list):
        return f"list of {len(val):,}"
    text = repr(val) if isinstance(val, str) else kind(val) if val is None else str(val)
    return text if len(text) <= 60 else f"{text[:56]}...{text[-1]}"
