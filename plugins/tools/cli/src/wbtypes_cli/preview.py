"""What an item looks like in a few words, and what its type is called; values say so themselves."""

from __future__ import annotations

from collections.abc import Mapping
from functools import singledispatch
from typing import Any

from wbtypes_core import Batch, Code, Linked, Opaque, Reason, WBValue
from wbtypes_core.hints import PACKAGE_OF_TAG

TEXT = 48
"""Characters of a text that are shown."""

ITEMS = 4
"""Items of a list that are shown."""


@singledispatch
def describe(item: object) -> str:
    """A value or a plain item in a few words; no file is opened."""
    return shortened(repr(item))


@describe.register
def _(item: float) -> str:
    return f"{item:.6g}"


@describe.register
def _(item: list) -> str:  # type: ignore[type-arg]  # singledispatch takes bare classes
    shown = ", ".join(
        shortened(repr(each)) if type(each) is list else describe(each) for each in item[:ITEMS]
    )
    return f"[{shown}]" if len(item) <= ITEMS else f"[{shown}, ...] {len(item):,} items"


@describe.register
def _(item: dict) -> str:  # type: ignore[type-arg]
    return shortened(repr(item))


@describe.register
def _(item: WBValue) -> str:
    try:
        return item.describe()
    except Exception as error:  # a stranger's class must not cost the page
        return f"{type(error).__name__}: {error}"


@describe.register
def _(item: Opaque) -> str:
    return shortened(repr(item.node)) if is_own(item) else item.describe()


def is_own(value: Opaque) -> bool:
    """Whether nothing is wrong: a dict of the user's own, with a ``_type`` that is none of wandb's."""
    code = value.reason.code if isinstance(value.reason, Reason) else None
    return code is Code.NOT_INSTALLED and value.tag not in PACKAGE_OF_TAG


def shortened(text: str) -> str:
    """A text that is not too long; of a longer one its beginning and its last character."""
    return text if len(text) <= TEXT else f"{text[: TEXT - 4]}...{text[-1]}"


def kind_of(item: Any) -> str:
    """What people call the type of a value or of a plain item."""
    plain = _PLAIN.get(type(item))
    if plain is not None:
        return plain
    if isinstance(item, Opaque | Linked):
        return item.tag or "?"
    if isinstance(item, Batch):
        return f"{kind_of(item[0])} batch" if item else "batch"
    return type(item).__name__


_PLAIN: Mapping[type, str] = {
    bool: "bool",
    int: "number",
    float: "number",
    str: "text",
    type(None): "null",
}
