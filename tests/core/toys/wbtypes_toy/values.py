"""What the toys are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import field, frozen

from wbtypes_core import BatchableMedia, Media, MediaFile, WBValue
from wbtypes_core.codec import json_file
from wbtypes_core.files import as_file
from wbtypes_core.values import check_caption, frozen_map


@frozen(kw_only=True)
class Note(WBValue):
    """Text, inline."""

    text: str
    stars: int | float | None = None
    draft: bool = False

    def to_upper(self) -> str:
        from . import native

        return native.shout(self.text)


@frozen(kw_only=True)
class Strokes(WBValue):
    """A list without a tag, which lives inside a picture."""

    points: tuple[tuple[float, float], ...] = ()


@frozen(init=False)
class Pic(BatchableMedia):
    """A file with a width, and named strokes."""

    width: int | None = None
    strokes: Mapping[str, WBValue] = field(default=None, converter=frozen_map, hash=False)

    def __init__(self, data: Any, caption: Any = None, *, width: Any = None, strokes: Any = None) -> None:
        file = BytesFileOf(data) if isinstance(data, bytes) else as_file(data)
        self.__attrs_init__(file=file, caption=check_caption(caption), width=width, strokes=strokes)


def BytesFileOf(data: bytes) -> MediaFile:
    from wbtypes_core import BytesFile

    return BytesFile(data, ".pic")


@frozen(init=False)
class Doc(Media):
    """A JSON document of its own."""

    file: MediaFile = field(eq=False, kw_only=True)
    payload: Mapping[str, Any] = field(converter=frozen_map, hash=False, kw_only=True)
    in_file = frozenset(("payload",))

    def __init__(self, payload: Mapping[str, Any], caption: Any = None) -> None:
        held = frozen_map(payload)
        self.__attrs_init__(file=file_of(held), payload=held, caption=check_caption(caption))

    def write_file(self) -> MediaFile:
        return file_of(self.payload)


def file_of(payload: Mapping[str, Any]) -> MediaFile:
    return json_file(lambda: dict(payload), ".doc.json")
