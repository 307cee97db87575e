"""How a value travels: one codec per wire form, and the four archetypes that keep plugins short."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, ClassVar, Generic, TypeVar, overload

from .context import BOTH, DecodeContext, Dialect, EncodeContext
from .errors import UNREADABLE_HERE, Code, DecodeError, Reason, Step
from .files import LazyFile, MediaFile, StoredFile, reason_of
from .jsonio import Json, JsonObject, dumps, kind, same
from .values import Batch, Caption, Linked, Media, WBValue

V = TypeVar("V", bound=WBValue)
M = TypeVar("M", bound=Media)
T = TypeVar("T")
D = TypeVar("D")

Upgrade = Callable[[JsonObject], JsonObject]

EXACT = "_wbtypes"
"""The one extra key under which a value keeps what wandb's shape loses."""


class Codec(ABC, Generic[V]):
    """One wire form of one class.

    A codec returns and takes bodies: core alone writes ``_type``, and core alone keeps unknown keys.

    Attributes:
        tag: the ``_type`` on the wire, verbatim.
        value_type: the class it writes and gives.
        keys: the keys it knows; all others go to ``value.extra``.
        exact_keys: the keys it knows below ``_wbtypes``.
        tagged: False for shapes that carry no ``_type``, which a parent reads by ``expect=tag``.
        dialects: the forms it writes.
        upgrades: pure functions from older shapes to today's, tried in order before decoding.
        natives: foreign classes it adopts, as ``module.QualName``.
    """

    tag: ClassVar[str]
    value_type: ClassVar[type[WBValue]]
    keys: ClassVar[tuple[str, ...]] = ()
    exact_keys: ClassVar[tuple[str, ...]] = ()
    tagged: ClassVar[bool] = True
    dialects: ClassVar[Sequence[Dialect]] = BOTH
    upgrades: ClassVar[tuple[Upgrade, ...]] = ()
    natives: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def encode(self, value: V, ctx: EncodeContext) -> Any:
        """The value's JSON body, without ``_type``.

        What only wbtypes reads goes under ``_wbtypes``; core drops it when the caller does not want it.
        """

    @abstractmethod
    def decode(self, node: Any, ctx: DecodeContext) -> V | Linked:
        """The value of a body of this form.

        Raises:
            DecodeError: with the reason code and the path below this node.
        """

    def native(self, value: V) -> Any:
        """The foreign object a value stands for, as a PIL image; the value itself when there is none."""
        return value

    def adopt(self, obj: Any) -> V | None:
        """The value of a foreign object, or None when it is not for this codec."""
        return None

    def column_type(self, value: V) -> JsonObject:
        """The type of a table column that holds such values."""
        return {"wb_type": self.tag}

    @property
    def known(self) -> frozenset[str]:
        """Every key of the wire that this codec reads."""
        return frozenset((*self.keys, "_type", EXACT))


class MediaCodec(Codec[M]):
    """A value that is a file beside the JSON: ``path``, ``sha256``, ``size``, ``caption`` and its own keys.

    Attributes:
        folder: where its files go, as ``"media/images"``.
    """

    folder: ClassVar[str]

    @property
    def known(self) -> frozenset[str]:
        """Every key of the wire that this codec reads."""
        return super().known | {"path", "sha256", "size", "artifact_path", "caption"}

    def encode(self, value: M, ctx: EncodeContext) -> JsonObject:
        """Store the file and describe it."""
        body = ctx.describe(ctx.put(value.file, self.folder))
        if value.caption is not None:
            body["caption"] = value.caption
        body.update(self.fields(value, ctx))
        return body

    def decode(self, node: Any, ctx: DecodeContext) -> M | Linked:
        """Read the common keys, then what `build` makes of the rest."""
        node = expect_object(node)
        return self.build(node, ctx.file(node), ctx)

    def fields(self, value: M, ctx: EncodeContext) -> JsonObject:
        """The value's own keys; keys that it has nothing for are left out."""
        return {}

    @abstractmethod
    def build(self, node: JsonObject, file: MediaFile, ctx: DecodeContext) -> M | Linked:
        """The value of a node, given its file, which is not open; `caption_of` reads the caption."""


class JsonFileCodec(MediaCodec[M]):
    """Media whose file is JSON, which decoding follows when it may.

    Where the file is not read (not asked to, missing, refused, damaged) the value stays `Linked`, with the reason.
    """

    def build(self, node: JsonObject, file: MediaFile, ctx: DecodeContext) -> M | Linked:
        """Follow the link and read the document behind it."""
        try:
            if not ctx.follow or ctx.source is None:
                raise DecodeError("the linked JSON was not asked for", reason=Code.NOT_FOLLOWED)
            return self.load(node, file, ctx)
        except DecodeError as error:
            if ctx.on_unknown == "raise" and error.reason in UNREADABLE_HERE:
                raise
            return self.link(node, file, ctx, reason_of(error))

    def load(self, node: JsonObject, file: MediaFile, ctx: DecodeContext) -> M:
        """The value of a link whose file can be read."""
        inner = ctx.inside(file)
        return self.parse(inner.load_json(file), node, file, inner)

    def link(self, node: JsonObject, file: MediaFile, ctx: DecodeContext, reason: Reason) -> Linked:
        """The value of a link whose file was not read."""
        assert isinstance(file, StoredFile)
        return Linked(self.tag, file.ref, node, reason, ctx.source)

    @abstractmethod
    def parse(self, document: Any, node: JsonObject, file: MediaFile, ctx: DecodeContext) -> M:
        """The value of a document, given the node that links to it."""


def json_file(document: Callable[[], Json], suffix: str) -> MediaFile:
    """The file of a value whose payload is JSON, written at first need."""
    return LazyFile(lambda: dumps(document()).encode("ascii"), suffix)


class BatchCodec(Codec[Batch]):
    """A list of values of one class, as one object; runs only.

    Here the object has a list of the items, each in its own form, and beside it what it says of them all. That repeats what
    the items say, which counts: where a client wrote otherwise, it is written back as it came for as long as the items are
    those that were read. A batch of another shape has an `encode` and a `decode` of its own.

    Attributes:
        item_type: the class of its items.
        item_tag: the tag of the form that each item has.
        items_key: the key of the list of items.
    """

    value_type = Batch
    item_type: ClassVar[type[WBValue]]
    item_tag: ClassVar[str]
    items_key: ClassVar[str]
    dialects = (Dialect.RUN,)

    def writes(self, batch: Batch, ctx: EncodeContext) -> bool:
        """Whether this codec writes a batch that it has read; one of an older form leaves changed ones to today's."""
        return True

    def encode(self, value: Batch, ctx: EncodeContext) -> JsonObject:
        """Each item in its own form, in order, and what the batch says of them all."""
        nodes = [ctx.encode(item, self.items_key, at) for at, item in enumerate(value)]
        return {**self.recall(value, self.summary(value, nodes)), self.items_key: nodes}

    def decode(self, node: Any, ctx: DecodeContext) -> Batch:
        """The items of a node, in order; no media file is opened."""
        node = expect_object(node)
        nodes = read(node, self.items_key, list)
        items: Sequence[Any] = [
            ctx.decode(each, self.items_key, at, expect=self.item_tag) for at, each in enumerate(nodes)
        ]
        items = self.complete(items, node)
        return Batch(items, tag=self.tag, layout=self.remember(node, self.summary(items, nodes)))

    def complete(self, items: Sequence[Any], node: JsonObject) -> Sequence[Any]:
        """The items with what only the batch says of each."""
        return items

    def summary(self, items: Sequence[Any], nodes: Sequence[JsonObject]) -> JsonObject:
        """What the batch says of its items, given them and their nodes: how many there are."""
        return {"count": len(items)}

    def remember(self, node: JsonObject, summary: JsonObject) -> JsonObject:
        """The layout of a batch whose node says otherwise than the summary that would be written for it."""
        known = (key for key in self.keys if key != self.items_key)
        said = {key: node[key] for key in known if node.get(key) is not None}
        return {} if same(said, summary) else {"of": summary, "said": said}

    def recall(self, batch: Batch, summary: JsonObject) -> JsonObject:
        """What a batch says of its items: what it said when it was read, while its summary is the same."""
        layout: Mapping[str, Any] = batch.layout
        if same(layout.get("of"), summary):
            said: JsonObject = layout["said"]
            return said
        return summary


def expect_object(node: Any) -> JsonObject:
    """The node, when it is a JSON object.

    Raises:
        DecodeError: ``wrong-type``.
    """
    if isinstance(node, dict):
        return node
    raise DecodeError(f"is {kind(node)}, not an object", reason=Code.WRONG_TYPE)


_MISSING: Any = object()


def read(node: Mapping[str, Any], key: str, *types: type, default: Any = _MISSING) -> Any:
    """One key of a node, checked.

    Args:
        node: the JSON object.
        key: the key.
        types: what JSON types it may have; ``float`` takes every number, ``int`` takes whole ones and gives an
            int, and booleans are no numbers.
        default: what a missing or null key means; without one it must be there.

    Raises:
        DecodeError: ``missing-key`` or ``wrong-type``.
    """
    value = node.get(key)
    if value is None:
        if default is not _MISSING:
            return default
        raise DecodeError("is missing", reason=Code.MISSING_KEY, path=(key,))
    return value if type(value) in types else _fit(value, types, key)


def read_part(
    node: Mapping[str, Any], key: str, make: Callable[[Any], T], *types: type, default: T = _MISSING
) -> T:
    """One key of a node as `make` gives it; what that refuses gets its place.

    Args:
        node: the JSON object.
        key: the key.
        make: what makes of the part what it stands for, or raises a `DecodeError`.
        types: what JSON types it may have, as `read` takes them; where none is named it is an object.
        default: what a missing or null key means; without one it must be there.

    Raises:
        DecodeError: ``missing-key``, ``wrong-type``, or what `make` raises.
    """
    part = read(node, key, *(types or (dict,)), default=_MISSING if default is _MISSING else None)
    if part is None:
        return default
    try:
        return make(part)
    except DecodeError as error:
        raise error.under(key) from error.__cause__


@overload
def read_items(node: Mapping[str, Any], key: str, make: Callable[[Any], T]) -> list[T]: ...
@overload
def read_items(node: Mapping[str, Any], key: str, make: Callable[[Any], T], *, default: D) -> list[T] | D: ...
def read_items(
    node: Mapping[str, Any], key: str, make: Callable[[Any], Any], *, default: Any = _MISSING
) -> Any:
    """A list of a node, each item checked; what is wrong gets its place.

    ``read_items(node, "edges", _edge)`` names ``["edges"][3]`` when `_edge` refuses the fourth of them.

    Args:
        node: the JSON object.
        key: the key of the list.
        make: what makes of an item what it stands for, or raises a `DecodeError`; or the JSON type that each
            item must have, as `read` takes it.
        default: what a missing or null key means; without one it must be there.

    Raises:
        DecodeError: ``missing-key``, ``wrong-type``, or what `make` raises.
    """
    if make in _WORDS:
        make = partial(_fit, types=(make,))
    return read_part(node, key, partial(_each, make), list, default=default)


def _each(make: Callable[[Any], T], items: list[Any]) -> list[T]:
    made: list[T] = []
    try:
        for item in items:
            made.append(make(item))
    except DecodeError as error:
        raise error.under(len(made)) from error.__cause__
    return made


def _fit(value: Any, types: Sequence[type], *at: Step) -> Any:
    """A value of one of these types, where numbers may stand for each other; at its place if it is none."""
    found = type(value)
    if found in types or (found is int and float in types):
        return value
    if found is float and int in types and value.is_integer():
        return int(value)
    wanted = " or ".join(_WORDS[each] for each in types)
    raise DecodeError(f"is {kind(value)}, not {wanted}", reason=Code.WRONG_TYPE, path=at)


_WORDS: dict[type, str] = {
    str: "a string",
    int: "a whole number",
    float: "a number",
    bool: "a boolean",
    dict: "an object",
    list: "a list",
}


_CAPTION = (str, float, bool)


def caption_of(node: Mapping[str, Any]) -> Caption:
    """A node's caption: text, or a number as some clients wrote it; None when it has none.

    Raises:
        DecodeError: ``wrong-type``.
    """
    caption: Caption = read(node, "caption", *_CAPTION, default=None)
    return caption


def captions_of(node: Mapping[str, Any], count: int) -> list[Caption]:
    """The captions that a batch lists beside its items, None for an item that has none.

    A list of another length is stale, and says nothing of them.

    Raises:
        DecodeError: ``wrong-type``.
    """
    found = node.get("captions")
    if not isinstance(found, list) or len(found) != count:
        return [None] * count
    return read_items(node, "captions", lambda each: None if each is None else _fit(each, _CAPTION))


def exact_of(node: Mapping[str, Any]) -> JsonObject:
    """What a node says under ``_wbtypes``; empty when it says nothing.

    Raises:
        DecodeError: ``wrong-type``.
    """
    found: JsonObject = read(node, EXACT, dict, default={})
    return found


def exact_fields(node: Mapping[str, Any], make: Callable[[Any], JsonObject]) -> JsonObject:
    """The fields that `make` reads of what a node says under ``_wbtypes``; none when it says nothing.

    Raises:
        DecodeError: ``wrong-type``, or what `make` raises, with its place.
    """
    return read_part(node, EXACT, make, default={})


def exact_part(**said: Any) -> JsonObject:
    """The part of a body that stands under ``_wbtypes``; what is None says nothing, and is left out."""
    kept = {key: item for key, item in said.items() if item is not None}
    return {EXACT: kept} if kept else {}
