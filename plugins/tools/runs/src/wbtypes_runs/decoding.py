"""Decoding: the JSON of a run as typed values, one key at a time; what cannot be read costs only itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, KeysView, Mapping
from typing import TYPE_CHECKING, Any

import attrs
from attrs import frozen

from wbtypes_core import (
    Code,
    DecodeError,
    Limits,
    Linked,
    MediaSource,
    Opaque,
    Reason,
    Registry,
    WBValue,
    decode,
    default_registry,
)
from wbtypes_core.codec import EXACT
from wbtypes_core.errors import Step, printable, spell
from wbtypes_core.files import reason_of
from wbtypes_core.jsonio import JsonObject

from .problems import Problem, row_place

if TYPE_CHECKING:
    from .rows import RawRow

_SCALARS = frozenset((int, float, bool, type(None)))

_KEPT = "it is kept as it came"


@frozen
class Decoder:
    """How the JSON of one run becomes values.

    Attributes:
        source: where its files are.
        limits: what decoding may cost.
        registry: the codecs; None for all that is installed. It stays behind when the decoder travels to another
            process, which has its own.
        overlaid: whether objects may hold stale keys of earlier values, as those of a summary: of an object, only what
            its type has is read.
    """

    source: MediaSource
    limits: Limits
    registry: Registry | None = None
    overlaid: bool = False

    def value(self, node: Any, key: str, step: int | None) -> Any:
        """The value of the JSON under a top-level key; what cannot be decoded in it is `Opaque`, with the reason."""
        if type(node) in _SCALARS or (type(node) is str and len(node) <= self.limits.string):
            return node
        try:
            return self._decode(node, key, step)
        except DecodeError as error:
            reason = reason_of(error)
        except RecursionError:  # near the limit of depth, or called from deep down
            reason = Reason(Code.LIMIT, "it is nested deeper than can be followed from here (limit: depth)")
        try:
            self.limits.check(node)
            return self._apart(node, key, step)
        except (DecodeError, RecursionError):
            return self._opaque(node, reason)

    def _decode(self, node: Any, key: str, step: int | None) -> Any:
        if self.overlaid:
            self.limits.check(node)
            node = self._own(node)
        row = {"_step": step, key: node}  # a codec is told its key and its step, as the row has them
        try:
            return decode(row, self.source, limits=self.limits, registry=self.registry)[key]
        except DecodeError as error:
            error.path = error.path[1:]
            raise

    def _apart(self, node: Any, key: str, step: int | None) -> Any:
        """A tree with its values decoded one by one; the check of ``limits.depth`` before bounds the recursion."""
        if type(node) is list:
            return [self._apart(item, key, step) for item in node]
        if type(node) is not dict:
            return node
        if type(node.get("_type")) is not str:
            return {name: self._apart(item, name, step) for name, item in node.items()}
        try:
            return self._decode(node, key, step)
        except DecodeError as error:
            return self._opaque(node, reason_of(error))

    def _own(self, node: Any) -> Any:
        """An object of an overlay without what an earlier value of another type left in it."""
        registry = self.registry or default_registry()
        tag = node.get("_type") if type(node) is dict else None
        if type(tag) is not str:
            return {name: self._own(item) for name, item in node.items()} if type(node) is dict else node
        loaded = registry.find(tag)
        if (
            isinstance(loaded, Reason) or loaded.upgrades
        ):  # what an older shape may hold is its upgrade's affair
            return node
        return {name: item for name, item in node.items() if name in loaded.known or name == EXACT}

    def _opaque(self, node: Any, reason: Reason) -> Opaque:
        tag = node.get("_type") if type(node) is dict else None
        return Opaque(tag if type(tag) is str else "", node, reason, source=self.source)

    def __reduce__(self) -> tuple[Any, ...]:
        return Decoder, (self.source, self.limits, None, self.overlaid)


class Values(Mapping[str, Any]):
    """Logged values by key, each decoded when it is first asked for.

    Attributes:
        json: the JSON as it was logged.
    """

    __slots__ = ("_decoded", "_decoder", "json")

    json: JsonObject

    def __init__(self, json: JsonObject, decoder: Decoder) -> None:
        self.json = json
        self._decoder = decoder
        self._decoded: dict[str, Any] | None = None

    @property
    def step(self) -> int | None:
        """The history step, or None where there is none."""
        return None

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What could not be read; asking for it decodes every value."""
        return (*self.faults(), *self._undecoded())

    def faults(self) -> Iterator[Problem]:
        """What is wrong with the JSON itself."""
        return iter(())

    def __getitem__(self, key: str) -> Any:
        node = self.json[key]
        if type(node) in _SCALARS:
            return node
        decoded = self._decoded
        if decoded is None:
            decoded = self._decoded = {}
        if key not in decoded:
            decoded[key] = self._decoder.value(node, key, self.step)
        return decoded[key]

    def keys(self) -> KeysView[str]:
        """The keys, in the order of the log."""
        return self.json.keys()

    def __contains__(self, key: object) -> bool:
        return key in self.json

    def __iter__(self) -> Iterator[str]:
        return iter(self.json)

    def __len__(self) -> int:
        return len(self.json)

    def __repr__(self) -> str:
        return f"<{self.place()}: {', '.join(map(printable, self.json)) or 'empty'}>"

    def place(self, *at: Step) -> str:
        """Where these values are, or one in them, as messages write it."""
        return f"summary, {spell(at)}" if at else "summary"

    def __reduce__(self) -> tuple[Any, ...]:
        return Values, (self.json, self._decoder)

    def _undecoded(self) -> Iterator[Problem]:
        for key in self.json:
            for at, value in parts(self[key], key):
                reason = why_not(value)
                if reason is not None:
                    yield Problem(self.place(*at), reason, _KEPT, reason.code, step=self.step)


def parts(value: Any, *at: Step) -> Iterator[tuple[tuple[Step, ...], Any]]:
    """A decoded value and everything in it that is no plain JSON scalar, each with its place."""
    todo: list[tuple[tuple[Step, ...], Any]] = [(at, value)]
    while todo:
        place, item = todo.pop()
        yield place, item
        inside = [((*place, step), part) for step, part in _inside(item) if not _is_scalar(part)]
        todo.extend(reversed(inside))


def _inside(value: Any) -> Iterable[tuple[Step, Any]]:
    if isinstance(value, Opaque | Linked):
        return ()
    if isinstance(value, WBValue):
        return (
            (spec.name, getattr(value, spec.name, None))
            for spec in attrs.fields(type(value))
            if spec.name != "extra"
        )
    if isinstance(value, Mapping):
        return value.items()
    return enumerate(value) if isinstance(value, list | tuple) else ()


def _is_scalar(value: Any) -> bool:
    return value is None or isinstance(value, str | int | float | bytes)


def why_not(value: Any) -> Reason | None:
    """Why a value is not what it could be; None when nothing is wrong with it."""
    if not isinstance(value, Opaque | Linked):
        return None
    reason = value.reason
    if isinstance(reason, Reason):
        return None if reason.code is Code.NOT_FOLLOWED else reason
    return Reason(Code.BAD_VALUE, reason) if reason else None


class Row(Values):
    """One history row: the values that were logged at one step, by key, each decoded when it is first asked for.

    A row is a read-only mapping of all its keys, the client's ``_step``, ``_timestamp`` and ``_runtime`` included.

    Attributes:
        json: the row as it was logged.
    """

    __slots__ = ("_raw",)

    def __init__(self, raw: RawRow, decoder: Decoder) -> None:
        self.json = raw.json
        self._decoder = decoder
        self._decoded = None
        self._raw = raw

    @property
    def step(self) -> int | None:
        """The history step; None in a row that names none."""
        return self._raw.step

    @property
    def timestamp(self) -> float | None:
        """Seconds since the epoch when the row was logged; None when it does not say."""
        found = self._raw.timestamp
        if not isinstance(found, int | float) or isinstance(found, bool):
            return None
        try:
            return float(found)
        except OverflowError:
            return None

    def faults(self) -> Iterator[Problem]:
        """The parts of the row that were left out, and why."""
        return iter(self._raw.problems)

    def place(self, *at: Step) -> str:
        """Where the row is, or a value in it, as messages write it."""
        return row_place(self.step, *at)

    def __reduce__(self) -> tuple[Any, ...]:
        return Row, (self._raw, self._decoder)
