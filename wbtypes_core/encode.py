"""From values to JSON: the walker that asks each class's codec, and the two steps to and from foreign objects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import frozen

from . import hints
from .codec import EXACT, BatchCodec
from .context import Dialect, EncodeContext, encode_context
from .errors import DecodeError, EncodeError, LimitError, MissingExtra, PluginError, one_line
from .files import MediaRef, MediaStore, expect_store
from .jsonio import Json
from .plain import SCALARS, copied, key_text, to_plain
from .registry import Loaded, Registry, default_registry
from .values import Batch, BatchableMedia, Linked, Opaque, WBValue


@frozen
class Encoded:
    """What one call of `encode` wrote.

    Attributes:
        json: the JSON of the value, or of the tree with its values encoded.
        files: the files that were stored, in order; those that were in the store already are not named.
        notes: what belongs into the run's config, by kind and ``<key>_wandb_delimeter_<set>``.
        used: which plugin wrote each tag, ``{"image-file": "wbtypes-image==1.0.0"}``.
    """

    json: Any
    files: tuple[MediaRef, ...] = ()
    notes: Mapping[str, Mapping[str, Json]] = {}
    used: Mapping[str, str] = {}


def encode(
    value: Any,
    store: MediaStore | None,
    *,
    key: str = "value",
    step: int | str = 0,
    dialect: Dialect = Dialect.RUN,
    exact: bool = True,
    registry: Registry | None = None,
) -> Encoded:
    """Write a value, or any tree of dicts, lists and scalars that holds values (a whole history row).

    Numpy scalars and small arrays, dates, sets and the like follow the wire's rules; foreign objects (PIL images,
    figures, large arrays) are adopted when a plugin claims their class. A list whose items are all of one batchable
    class becomes a batch, however long.

    Args:
        value: what to write; it is not changed.
        store: where files go; None where no value has any.
        key: the key that a bare value is logged under; inside a dict, the innermost key names the files.
        step: the history step, or ``"summary"``.
        dialect: the form to write: a run's, or an artifact's.
        exact: write what wandb's shape loses beside it, under ``_wbtypes``.
        registry: the codecs; by default of all that is installed.

    Raises:
        EncodeError: something that cannot be written, with the path to it.
        PluginError: the package of a value is missing, broken or contested.
        OSError: the store cannot write; files are stored whole or not at all.
        TypeError: a store that is none, as the name of a folder.
    """
    expect_store(store, "store", "put")
    context = encode_context(
        store, registry or default_registry(), key=key, step=step, dialect=dialect, exact=exact
    )
    try:
        json = _walk(context, value, key)
    except RecursionError:
        raise EncodeError("the values are nested too deep, or hold themselves") from None
    call = context._call
    return Encoded(json, tuple(call.files), call.notes, call.used)


def child(ctx: EncodeContext, value: Any, expect: str | None) -> Any:
    """The JSON of a value inside the document of a context."""
    if expect is None or type(value) in (Opaque, Linked):
        return _walk(ctx, value, ctx.key)
    found = ctx._call.registry.find(expect)
    if not isinstance(found, Loaded):
        raise EncodeError(str(found))
    return _write(ctx, value, found)


def _walk(ctx: EncodeContext, value: Any, key: str) -> Any:
    """Plain containers one frame per level; values through their codecs."""
    kind = type(value)
    if kind in SCALARS:
        return value
    if kind is dict:
        plain: dict[str, Any] = {}
        for name, item in value.items():
            name = _free(name, plain)
            if type(item) not in SCALARS:
                try:
                    item = _walk(ctx, item, name)
                except EncodeError as error:
                    raise error.under(name) from error.__cause__
            plain[name] = item
        return plain
    if kind is list or kind is tuple:
        kinds = set(map(type, value))
        if kinds <= SCALARS:
            return list(value)
        if len(kinds) == 1 and issubclass(next(iter(kinds)), BatchableMedia):
            return _batch(ctx.at_key(key), Batch(value))
        items: list[Any] = []
        for index, item in enumerate(value):
            try:
                items.append(_walk(ctx, item, key))
            except EncodeError as error:
                raise error.under(index) from error.__cause__
        return items
    if isinstance(value, WBValue):
        return _value(ctx.at_key(key), value)
    return _foreign(ctx, value, key)


def _free(name: Any, plain: dict[str, Any]) -> str:
    """A key as text that the dict does not have yet."""
    try:
        text = name if type(name) is str else key_text(name, "this dict")
    except TypeError as error:
        raise EncodeError(str(error)) from None
    if text in plain:
        raise EncodeError(f"two keys of this dict are {text!r} on the wire, where keys are text; rename one")
    return text


def _value(ctx: EncodeContext, value: Any) -> Any:
    kind = type(value)
    if kind is Opaque or kind is Linked:
        ctx.carry(value.node, value.source)
        return value.node
    if kind is Batch:
        return _batch(ctx, value)
    return _write(ctx, value, ctx._call.registry.writer(kind, ctx.dialect))


def _batch(ctx: EncodeContext, batch: Batch) -> Any:
    """A batch as one object where its items have such a form, else as the list of their forms."""
    loaded = _batch_writer(ctx, batch) if ctx.dialect is Dialect.RUN else None
    if loaded is not None:
        return _write(ctx, batch, loaded)
    return [ctx.encode(item, index) for index, item in enumerate(batch)]


def _batch_writer(ctx: EncodeContext, batch: Batch) -> Loaded | None:
    """The form that a batch was read in, while that codec still writes it; else the form of its items' class."""
    registry = ctx._call.registry
    if batch.tag is not None:
        found = registry.find(batch.tag)
        if (
            isinstance(found, Loaded)
            and isinstance(found.codec, BatchCodec)
            and found.codec.writes(batch, ctx)
        ):
            return found
    first = next((type(item) for item in batch if type(item) not in (Opaque, Linked)), None)
    return None if first is None else registry.batch_writer(first)


def _write(ctx: EncodeContext, value: Any, loaded: Loaded) -> Any:
    """A codec's body with what core alone writes: the tag, and the keys that the codec did not know."""
    try:
        body = loaded.codec.encode(value, ctx)
    except (EncodeError, PluginError, OSError, RecursionError):
        raise
    except Exception as error:  # the place must not be lost, whatever a codec trips over
        what = f"{loaded.tag!r} cannot be written: {type(error).__name__}: {one_line(error)}"
        raise EncodeError(what) from error
    ctx._call.used[loaded.tag] = loaded.provider
    if type(body) is not dict:
        return body
    node: dict[str, Any] = {"_type": loaded.tag, **body} if loaded.codec.tagged else body
    if loaded.codec.tagged:
        node["_type"] = loaded.tag
    beside = node.pop(EXACT, None) or {}
    for key, item in value.extra.items():
        if key == EXACT:
            beside = {**item, **beside} if isinstance(item, dict) else beside
        elif key not in node:
            node[key] = copied(item)
    if beside and ctx.exact:
        node[EXACT] = beside
    return node


def _foreign(ctx: EncodeContext, value: Any, key: str) -> Any:
    """An object that is no value: plain on the wire, or adopted by a plugin."""
    plain = to_plain(value)
    if plain is not NotImplemented:
        return _walk(ctx, plain, key)
    adopted = ctx._call.registry.adopt(value)
    if adopted is None:
        raise EncodeError(_refusal(value, ctx._call.registry))
    return _value(ctx.at_key(key), adopted)


def _refusal(obj: object, registry: Registry) -> str:
    kind = type(obj)
    for base in kind.__mro__:
        path = f"{base.__module__}.{base.__qualname__}"
        package = hints.PACKAGE_OF_NATIVE.get(path)
        # of all modules a plugin takes one
        if package and base.__module__ != "builtins" and not registry.adopts(path):
            return f"logging a {kind.__name__} needs its plugin: pip install {package}"
    return (
        f"{kind.__module__}.{kind.__qualname__} cannot be logged: give a value such as Image, "
        f"or numbers, text, dicts and lists"
    )


def adopt(obj: Any, *, registry: Registry | None = None) -> WBValue:
    """Give the value of a foreign object: a PIL image, a figure, a molecule, a large array.

    Raises:
        EncodeError: no plugin claims its class.
        PluginError: the plugin that claims it does not work.
    """
    if isinstance(obj, WBValue):
        return obj
    registry = registry or default_registry()
    value = registry.adopt(obj)
    if value is None:
        raise EncodeError(_refusal(obj, registry))
    return value


def native(value: Any, *, registry: Registry | None = None) -> Any:
    """Give the foreign object that a value stands for: a PIL image, an array, a figure; of a batch, the list of them.

    Raises:
        DecodeError: the value was not understood, or its file is missing or damaged.
        LimitError: it is over a limit, or nested deeper than Python copies.
        MissingExtra: the library is not installed, with the pip line.
        TypeError: not a value.
    """
    if isinstance(value, Opaque | Linked):
        reason = value.reason or f"the file of this {value.tag!r} was not read; decode it with a source"
        raise DecodeError(str(reason), reason=getattr(reason, "code", "not-followed"))
    if isinstance(value, Batch):
        return [native(item, registry=registry) for item in value]
    if not isinstance(value, WBValue):
        raise TypeError(f"native takes a decoded value such as Image, not {type(value).__name__}")
    loaded = (registry or default_registry()).owner(type(value))
    try:
        return loaded.codec.native(value)
    except MissingExtra:
        raise
    except RecursionError:
        raise LimitError(f"the {loaded.tag} is nested deeper than Python copies (limit: depth)") from None
    except ImportError as error:  # one that the plugin itself depends on
        package = loaded.provider.partition("==")[0]
        raise MissingExtra(f"native of {loaded.tag!r} needs {error.name}: pip install {package}") from error
