"""Class labels: names by class id, as masks, boxes and a run's config have them (wire format, section 6.4)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from .errors import Code, DecodeError
from .jsonio import JsonObject, kind
from .plain import to_plain
from .values import FrozenMap

Labels: TypeAlias = Mapping[int | str, str]
"""Names by class id. Ids are ints; a text that is none stays text, for data of other writers may hold it."""

_WHOLE = re.compile(r"0|-?[1-9][0-9]{0,19}")


def check_labels(labels: object) -> Labels:
    """Labels that a user gave, as values hold them: read-only, with int ids.

    Raises:
        TypeError: no mapping, a key that is no whole number, or a name that is no text.
    """
    return _checked(labels, _number)


def stored_labels(labels: object) -> Labels:
    """Labels that a user gave as JSON has them: ids are numbers, or the texts of numbers.

    Raises:
        TypeError: no mapping, a key that is neither number nor text, or a name that is no text.
    """
    return _checked(labels, _id)


def read_labels(node: Mapping[str, Any]) -> Labels:
    """Labels of the wire, where keys are text: ids that are whole numbers become ints again.

    Raises:
        DecodeError: ``wrong-type``: a name that is no text.
    """
    for each, name in node.items():
        if not isinstance(name, str):
            raise DecodeError(f"is {kind(name)}, not a name", reason=Code.WRONG_TYPE, path=(each,))
    return FrozenMap({_id(each): name for each, name in node.items()})


def noted_labels(note: Any) -> Labels | None:
    """The labels that a run's config notes for one set; None where the note is no labels.

    Args:
        note: what the source says: ``{"type", "key", "value": {id: name}}``.
    """
    value = note.get("value") if isinstance(note, Mapping) else None
    if not isinstance(value, dict) or not all(isinstance(name, str) for name in value.values()):
        return None
    return read_labels(value)


def label_texts(labels: Labels) -> JsonObject:
    """Labels as JSON has them, where keys are text."""
    return {str(each): name for each, name in labels.items()}


def _checked(labels: object, as_id: Callable[[object], int | str]) -> Labels:
    if not isinstance(labels, Mapping):
        raise TypeError(f"class_labels is a dict of names by id, not {type(labels).__name__}")
    return FrozenMap({as_id(each): _name(each, name) for each, name in labels.items()})


def _number(each: object) -> int:
    number = each if isinstance(each, int | float) else to_plain(each)
    if isinstance(number, int | float) and number == number // 1:
        return int(number)
    raise TypeError(f"a key of class_labels is the number of a class, not {each!r}")


def _id(each: object) -> int | str:
    if isinstance(each, str):
        return int(each) if _WHOLE.fullmatch(each) else each
    return _number(each)


def _name(each: object, name: object) -> str:
    if isinstance(name, str):
        return str(name)
    raise TypeError(f"class_labels[{each!r}] is a name, a str, not {type(name).__name__}")
