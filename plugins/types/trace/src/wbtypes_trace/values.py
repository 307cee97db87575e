"""What a trace is: spans of work, one within another, what went in and came out, and the model that did it."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from numbers import Real
from typing import Any

import attrs
from attrs import field, frozen

from wbtypes_core import FrozenMap, WBValue
from wbtypes_core.codec import expect_object, read, read_items
from wbtypes_core.errors import warn_once
from wbtypes_core.jsonio import Json, JsonObject, dumps, loads
from wbtypes_core.plain import JsonCopy
from wbtypes_core.values import frozen_map, spell_count, with_caption

PLACEHOLDER = "<<non-serializable: {}>>"
"""What stands for an object that has no JSON form, as in wandb: the name of its class."""

ODD = "a trace held objects that JSON does not know; a text that names the class stands for each"

NOT_FINITE = "a trace held NaN or infinities, which are null to wandb's tools; the numbers are kept beside"


class StatusCode(StrEnum):
    """How the work of a span ended."""

    SUCCESS = "SUCCESS"
    ERROR = "ERROR"


class SpanKind(StrEnum):
    """Who does the work of a span."""

    LLM = "LLM"
    CHAIN = "CHAIN"
    AGENT = "AGENT"
    TOOL = "TOOL"


def _status(value: Any) -> Any:
    return _word(StatusCode, value)


def _kind(value: Any) -> Any:
    return _word(SpanKind, value)


def _word(words: type[StrEnum], value: Any) -> Any:
    """A word that is known in any case of letters; all else as it is."""
    return words.__members__.get(value.upper(), value) if isinstance(value, str) else value


def _own(value: Any) -> Any:
    """A dict or list of the span's own, and all else as it is."""
    if isinstance(value, Mapping):
        return dict(value)
    return list(value) if isinstance(value, list | tuple) else value


def _is_text(owner: object, spec: attrs.Attribute[Any], value: object) -> None:
    _check(spec, value, value is None or isinstance(value, str), "text")


def _is_time(owner: object, spec: attrs.Attribute[Any], value: object) -> None:
    right = isinstance(value, Real) and not isinstance(value, bool)
    _check(spec, value, value is None or right, "a number of milliseconds")


def _is_dict(owner: object, spec: attrs.Attribute[Any], value: object) -> None:
    _check(spec, value, value is None or isinstance(value, dict), "a dict")


def _check(spec: attrs.Attribute[Any], value: object, right: bool, wanted: str) -> None:
    if not right:
        raise TypeError(f"{spec.name} is {wanted} or None, not {type(value).__name__}")


def _is_word(words: type[StrEnum]) -> Callable[[object, attrs.Attribute[Any], object], None]:
    def check(owner: object, spec: attrs.Attribute[Any], value: object) -> None:
        _check(spec, value, value is None or isinstance(value, str), "text")
        if value is not None and not isinstance(value, words):
            raise ValueError(f"{spec.name} is one of {', '.join(words)}, or None, not {value!r}")

    return check


def _are(item: Callable[[], type]) -> Callable[[object, attrs.Attribute[Any], object], None]:
    def check(owner: object, spec: attrs.Attribute[Any], value: object) -> None:
        _check(spec, value, value is None or isinstance(value, list), f"a list of {item().__name__}s")
        for at, each in enumerate(value if isinstance(value, list) else ()):
            if not isinstance(each, item()):
                raise TypeError(f"{spec.name}[{at}] is a {item().__name__}, not {type(each).__name__}")

    return check


@attrs.define
class Result:
    """What went into the work of a span, and what came out.

    Attributes:
        inputs: what went in, by name.
        outputs: what came out, by name.
        extra: other keys that were read; they are kept.

    Raises:
        TypeError: one of them is no dict.
    """

    inputs: dict[str, Any] | None = field(default=None, converter=_own, validator=_is_dict)
    outputs: dict[str, Any] | None = field(default=None, converter=_own, validator=_is_dict)
    extra: dict[str, Any] = field(factory=dict, kw_only=True, repr=False)


@attrs.define
class Span:
    """A span of work, as the call of a language model, and the spans within it.

    Every attribute may be None, and may be set. Dicts and lists are the span's own, and what is in them is copied when a
    `TraceTree` is made of it.

    Attributes:
        span_id: what tells it apart.
        name: what it is called.
        start_time_ms: when it began, in milliseconds since 1970.
        end_time_ms: when it ended.
        status_code: ``"SUCCESS"`` or ``"ERROR"``, in any case of letters.
        status_message: what there is to say about that.
        attributes: anything else, by name.
        results: what went in and came out.
        child_spans: the spans within it.
        span_kind: ``"LLM"``, ``"CHAIN"``, ``"AGENT"`` or ``"TOOL"``, in any case of letters.
        extra: other keys that were read; they are kept.

    Raises:
        TypeError: one of them is of another type, which the message names.
        ValueError: a status or kind that is none of these. Those that a newer client has written are read as text.
    """

    span_id: str | None = field(default=None, validator=_is_text)
    name: str | None = field(default=None, validator=_is_text)
    start_time_ms: float | None = field(default=None, validator=_is_time)
    end_time_ms: float | None = field(default=None, validator=_is_time)
    status_code: str | None = field(default=None, converter=_status, validator=_is_word(StatusCode))
    status_message: str | None = field(default=None, validator=_is_text)
    attributes: dict[str, Any] | None = field(default=None, converter=_own, validator=_is_dict)
    results: list[Result] | None = field(default=None, converter=_own, validator=_are(lambda: Result))
    child_spans: list[Span] | None = field(default=None, converter=_own, validator=_are(lambda: Span))
    span_kind: str | None = field(default=None, converter=_kind, validator=_is_word(SpanKind))
    extra: dict[str, Any] = field(factory=dict, kw_only=True, repr=False)

    def add_attribute(self, key: str, value: Any) -> None:
        """Add one attribute."""
        self.attributes = {**(self.attributes or {}), key: value}

    def add_named_result(self, inputs: dict[str, Any], outputs: dict[str, Any]) -> None:
        """Add what went in and came out."""
        self.results = [*(self.results or []), Result(inputs, outputs)]

    def add_child_span(self, span: Span) -> None:
        """Add a span within this one."""
        self.child_spans = [*(self.child_spans or []), span]


def _by_value(text: str | None) -> FrozenMap[str, Any] | None:
    """JSON in a text, as it is compared: by meaning, whatever its spacing and order."""
    return None if text is None else FrozenMap(loads(text))


@frozen(kw_only=True, init=False, repr=False)
class TraceTree(WBValue):
    """What a chain of models, tools and agents did: a tree of spans, and the model's own description.

    All is copied at once, as JSON: arrays in full, as lists; NumPy numbers, dates, sets and the like as wandb writes them.
    For an object that JSON does not know stands ``<<non-serializable: its class>>``. NaN and infinities are null in
    what wandb's tools read, and kept beside. The first of either kind is told by a `ValueWarning`.

    A tree that was read keeps its texts to the byte. To change one, make another of its changed `root_span`.

    Args:
        root_span: the span that all others are in.
        model_dict: a description of the model; wandb shows dicts that have a ``_kind`` in a special way.

    Attributes:
        root_span_dumps: the spans, as JSON in a text.
        model_dict_dumps: the description, as JSON in a text; None where there is none.
        model_hash: what tells models apart: the first 16 hex digits of the MD5 of `model_dict_dumps`, or what was read.
        exact: the texts, by these names, with their NaNs and infinities, where they have any.

    Raises:
        TypeError: `root_span` is no `Span`, `model_dict` no dict, or a key no text.
        ValueError: two keys that are one as text, or spans that are nested too deep or within themselves.
    """

    root_span_dumps: str = field(eq=_by_value)
    model_dict_dumps: str | None = field(default=None, eq=_by_value)
    model_hash: str | None = field(default=None, eq=False)
    exact: Mapping[str, str] = field(default=None, converter=frozen_map, hash=False)

    def __init__(self, root_span: Span, model_dict: Mapping[str, Any] | None = None) -> None:
        if not isinstance(root_span, Span):
            raise TypeError(f"root_span is a Span, not {type(root_span).__name__}")
        if model_dict is not None and not isinstance(model_dict, Mapping):
            raise TypeError(f"model_dict is a dict or None, not {type(model_dict).__name__}")
        try:
            root = dumps(_said(root_span, "root_span"))
            model = None if model_dict is None else dumps(_COPY(model_dict, "model_dict"))
            finite_root, finite_model = _finite(root), None if model is None else _finite(model)
        except RecursionError:
            raise ValueError("the spans are nested too deep, or within themselves") from None
        pairs = (("root_span_dumps", root, finite_root), ("model_dict_dumps", model, finite_model))
        self.__attrs_init__(
            root_span_dumps=finite_root,
            model_dict_dumps=finite_model,
            model_hash=None if finite_model is None else hash_of(finite_model),
            exact={name: text for name, text, finite in pairs if text != finite},
        )

    @property
    def root_span(self) -> Span:
        """The span that all others are in. A new copy."""
        return span_of(loads(self.exact.get("root_span_dumps", self.root_span_dumps)))

    @property
    def model_dict(self) -> JsonObject | None:
        """The description of the model, or None. A new copy."""
        text = self.exact.get("model_dict_dumps", self.model_dict_dumps)
        return None if text is None else loads(text)

    def describe(self) -> str:
        """How many spans there are, and of the root its kind, how it ended, how long it took, and its name."""
        root = self.root_span
        count = sum(1 for _ in _walk(root))
        parts = [
            spell_count(count, "span"),
            root.span_kind,
            root.status_code,
            _duration(root),
        ]
        return with_caption(", ".join(filter(None, parts)), root.name)

    def __repr__(self) -> str:
        return f"TraceTree({self.describe()})"


def hash_of(text: str) -> str:
    """What tells a model from others: the first 16 hex digits of the MD5 of its text, as in wandb."""
    return hashlib.md5(text.encode("utf-8"), usedforsecurity=False).hexdigest()[:16]


def _walk(span: Span) -> Iterator[Span]:
    yield span
    for child in span.child_spans or ():
        yield from _walk(child)


def _duration(span: Span) -> str | None:
    if span.start_time_ms is None or span.end_time_ms is None:
        return None
    try:
        return f"{round(span.end_time_ms - span.start_time_ms, 3):,} ms"
    except OverflowError:  # an integer of JSON may have any length
        return None


# -- from values to JSON ----------------------------------------------------------------------------------------


def _said(item: Span | Result, place: str) -> JsonObject:
    """A span or result as wandb writes it: every key, in its order, and then those that were read beside."""
    found: JsonObject = {}
    for spec in attrs.fields(type(item)):
        if spec.name != "extra":
            found[spec.name] = _COPY(getattr(item, spec.name), f"{place}.{spec.name}")
    return {**found, **_COPY(item.extra, f"{place}.extra"), **found}


class _Copy(JsonCopy):
    """What the user gave, as JSON has it; what has no such form as a text that names its class."""

    def other(self, item: Any, place: str) -> Any:
        return _said(item, place) if isinstance(item, Span | Result) else super().other(item, place)

    def odd(self, item: Any, place: str) -> Any:
        warn_once(ODD)
        return PLACEHOLDER.format(type(item).__qualname__)


_COPY = _Copy()


def _finite(text: str) -> str:
    """JSON in a text with null for every number that is not finite, for parsers know no bare NaN."""
    if "NaN" not in text and "Infinity" not in text:
        return text
    finite = dumps(_nulled(loads(text)))
    if finite != text:
        warn_once(NOT_FINITE)
    return finite


def _nulled(item: Json) -> Json:
    if isinstance(item, dict):
        return {name: _nulled(each) for name, each in item.items()}
    if isinstance(item, list):
        return [_nulled(each) for each in item]
    return None if isinstance(item, float) and not math.isfinite(item) else item


# -- from JSON to values ----------------------------------------------------------------------------------------


def span_of(node: Any) -> Span:
    """The span of its JSON.

    Raises:
        DecodeError: ``wrong-type``, with the path.
    """
    node = expect_object(node)
    span = Span(
        span_id=read(node, "span_id", str, default=None),
        name=read(node, "name", str, default=None),
        start_time_ms=read(node, "start_time_ms", float, default=None),
        end_time_ms=read(node, "end_time_ms", float, default=None),
        status_message=read(node, "status_message", str, default=None),
        attributes=read(node, "attributes", dict, default=None),
        results=read_items(node, "results", _result_of, default=None),
        child_spans=read_items(node, "child_spans", span_of, default=None),
        extra=_others(node, Span),
    )
    for key, words in (("status_code", StatusCode), ("span_kind", SpanKind)):
        word = read(node, key, str, default=None)
        # past the check, for newer clients may know more words
        object.__setattr__(span, key, words.__members__.get(word, word))
    return span


def _result_of(node: Any) -> Result:
    node = expect_object(node)
    return Result(
        inputs=read(node, "inputs", dict, default=None),
        outputs=read(node, "outputs", dict, default=None),
        extra=_others(node, Result),
    )


def _others(node: JsonObject, kind: type[Span | Result]) -> JsonObject:
    known = {spec.name for spec in attrs.fields(kind)} - {"extra"}
    return {name: item for name, item in node.items() if name not in known}
