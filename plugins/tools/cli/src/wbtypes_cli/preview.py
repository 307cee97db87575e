"""What a value looks like, in a few words and without opening a file; no type is known here by name."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from functools import singledispatch
from typing import Any

import attrs

from wbtypes_core import Batch, Linked, Media, Opaque, WBValue

TEXT = 48
"""Characters of a text that are shown."""

ITEMS = 4
"""Items of a list that are shown."""


def facts(value: WBValue) -> Iterator[tuple[str, Any]]:
    """What a value says beside its file: its fields that take part in comparing it and are not what they are by default."""
    for spec in attrs.fields(type(value)):
        item = getattr(value, spec.name)
        said = item is not None and not _is_default(spec, item)
        if said and spec.eq and spec.name not in _APART and not spec.name.startswith("_"):
            yield spec.name, item


_APART = ("file", "extra")


def _is_default(spec: attrs.Attribute[Any], item: Any) -> bool:
    if isinstance(item, Collection) and not item:
        return True
    return type(item) is type(spec.default) and bool(item == spec.default)


@singledispatch
def describe(value: object) -> str:
    """A value in a few words.

    A class may say its own in a method ``summary() -> str``; else its fields are shown.
    """
    return shortened(repr(value))


@describe.register
def _(value: str) -> str:
    return shortened(repr(value))


@describe.register
def _(value: float) -> str:
    return f"{value:.6g}"


@describe.register
def _(value: list) -> str:  # type: ignore[type-arg]
    shown = ", ".join(map(describe, value[:ITEMS]))
    return f"[{shown}]" if len(value) <= ITEMS else f"[{shown}, ...] {len(value):,} items"


@describe.register
def _(value: dict) -> str:  # type: ignore[type-arg]
    return "{}" if not value else f"{len(value):,} keys"


@describe.register
def _(value: Batch) -> str:
    return f"{len(value):,} x {kind_of(value[0])}: {describe(value[0])}" if value else "empty"


@describe.register
def _(value: Opaque) -> str:
    return f"not decoded: {value.reason}"


@describe.register
def _(value: Linked) -> str:
    return f"not read: {value.reason}"


@describe.register
def _(value: WBValue) -> str:
    summary = getattr(value, "summary", None)
    return str(summary()) if callable(summary) else ", ".join(_words(value))


def shortened(text: str) -> str:
    """Text of one line that is not too long."""
    return text if len(text) <= TEXT else f"{text[: TEXT - 4]}...{text[-1]}"


def _words(value: WBValue) -> Iterator[str]:
    found = dict(facts(value))
    if {"width", "height"} <= found.keys():
        yield f"{found.pop('width')}x{found.pop('height')}"
    if isinstance(value, Media):
        yield from _file_words(value)
        found.pop("format", None)
    if "caption" in found:
        yield shortened(repr(found.pop("caption")))
    for name, item in found.items():
        yield _word(name, item)


def _file_words(value: Media) -> Iterator[str]:
    if suffix := value.file.suffix.lstrip("."):
        yield suffix
    size = getattr(getattr(value.file, "ref", None), "size", None)
    if size is not None:
        yield spelled_size(size)


def _word(name: str, item: Any) -> str:
    if isinstance(item, Mapping | list | tuple) and not isinstance(item, WBValue):
        return f"{len(item):,} {name}{_range(item)}"
    return f"{name} {kind_of(item) if isinstance(item, WBValue) else describe(item)}"


def _range(items: Any) -> str:
    """Where numbers lie, when there are several and nothing else."""
    if isinstance(items, Mapping) or len(items) <= ITEMS or not all(type(item) in (int, float) for item in items):
        return ""
    return f" {min(items):.4g}..{max(items):.4g}"


def spelled_size(size: int) -> str:
    """A number of bytes for people: ``"1.2 MB"``."""
    if size < 1000:
        return f"{size} B"
    amount = float(size)
    for unit in ("kB", "MB", "GB", "TB"):
        amount /= 1000
        if amount < 999.95:
            break
    return f"{amount:,.1f} {unit}"


def kind_of(value: Any) -> str:
    """What people call the type of a value or of a plain item."""
    if isinstance(value, Opaque | Linked):
        return value.tag
    if isinstance(value, Batch):
        return f"{kind_of(value[0])} batch" if value else "batch"
    if isinstance(value, WBValue):
        return type(value).__name__
    return _PLAIN.get(type(value), type(value).__name__)


_PLAIN: Mapping[type, str] = {
    bool: "bool",
    int: "number",
    float: "number",
    str: "text",
    type(None): "null",
    list: "list",
    dict: "dict",
}
