"""YAML texts of a run: what clients write of YAML, which is JSON laid out in lines, and nothing else of it."""

from __future__ import annotations

import math
import re
from typing import Any, Final

from wbtypes_core import Code, DecodeError, Limits
from wbtypes_core.errors import need, one_line, shortened

_WORDS: Final = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
    **dict.fromkeys((".inf", ".Inf", ".INF"), math.inf),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -math.inf),
}
_INTEGER: Final = re.compile(r"-?(0|[1-9][0-9]*)")
_NUMBER: Final = re.compile(rf"{_INTEGER.pattern}(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_MERGE: Final = "<<"


def parse(text: bytes, limits: Limits) -> Any:
    """The JSON that a YAML text is.

    Scalars are JSON's, with NaN and the infinities; all else that YAML sees in plain text, as dates, is text here. Keys
    are text.

    Raises:
        DecodeError: ``bad-file``: it is no YAML, or has what clients do not write: aliases, merges, tags, keys that are
            no text; with line and column.
        LimitError: ``nodes`` or ``depth``.
        MissingExtra: PyYAML is not installed.
    """
    yaml = need("yaml", pip="wbtypes-runs[yaml]", what="reading config.yaml")
    try:
        return _built(yaml, text, limits)
    except (yaml.YAMLError, ValueError) as error:
        raise DecodeError(f"this is not YAML: {one_line(error)}", reason=Code.BAD_FILE) from None


def _built(yaml: Any, text: bytes, limits: Limits) -> Any:
    """The document, put together from the parser's events without recursion; of an object that is open, key and value by turns."""
    documents: list[Any] = []
    opened: list[tuple[bool, list[Any]]] = [(False, documents)]
    for number, event in enumerate(yaml.parse(text, Loader=yaml.SafeLoader)):
        limits.spend("nodes", number, "the number of values in the YAML")
        is_object, parts = opened[-1]
        if isinstance(event, yaml.CollectionEndEvent):
            opened.pop()
            opened[-1][1].append(dict(zip(parts[::2], parts[1::2], strict=True)) if is_object else parts)
        elif isinstance(event, yaml.NodeEvent):
            is_key = is_object and len(parts) % 2 == 0
            if refused := _refused(yaml, event, is_key):
                place = f"line {event.start_mark.line + 1:,}, column {event.start_mark.column + 1:,}"
                what = f"{place}: {refused}, which no client writes"
                raise DecodeError(what, reason=Code.BAD_FILE)
            if isinstance(event, yaml.ScalarEvent):
                parts.append(event.value if is_key or not event.implicit[0] else _scalar(event.value))
            else:
                limits.spend("depth", len(opened), "the nesting of the YAML")
                opened.append((isinstance(event, yaml.MappingStartEvent), []))
    if len(documents) > 1:
        raise DecodeError("there are several documents in it", reason=Code.BAD_FILE)
    return documents[0] if documents else None


def _refused(yaml: Any, event: Any, is_key: bool) -> str:
    """What a part of the text is that nobody needs; ``""`` for one that is taken."""
    if isinstance(event, yaml.AliasEvent):
        return "an alias"
    if event.tag is not None:
        return f"the tag {shortened(event.tag)!r}"
    if is_key and not isinstance(event, yaml.ScalarEvent):
        return "a key that is no text"
    return "a merge" if is_key and event.value == _MERGE and event.implicit[0] else ""


def _scalar(text: str) -> Any:
    """What a plain scalar is.

    Raises:
        ValueError: an integer of more digits than Python converts.
    """
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _NUMBER.fullmatch(text) else text
