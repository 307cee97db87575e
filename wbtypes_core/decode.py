"""From JSON to values: the walker that dispatches on ``_type``."""

from __future__ import annotations

from typing import Any

from .codec import EXACT
from .context import DecodeContext, opaque_reason
from .errors import Code, DecodeError, LimitError, Reason, one_line
from .files import MediaSource, expect_store
from .jsonio import kind
from .limits import Limits
from .registry import Loaded, Registry, default_registry
from .values import Linked, Opaque, WBValue

_CONTAINERS = frozenset((dict, list))
_DEFAULT_LIMITS = Limits()


def decode(
    node: Any,
    source: MediaSource | None = None,
    *,
    follow: bool = True,
    on_unknown: str = "keep",
    limits: Limits = _DEFAULT_LIMITS,
    registry: Registry | None = None,
) -> Any:
    """Give the typed value of a logged JSON value, or of a tree that holds such values (a history row).

    No media file is opened. A dict whose ``_type`` is not a string is plain data; one whose tag nobody here reads
    becomes `Opaque`, with the reason.

    Args:
        node: parsed JSON; it is not changed.
        source: where the files are, as a `DirectoryStore` over the run's ``files`` folder.
        follow: read linked JSON (boxes, tables, figures) from the source; else it stays `Linked`.
        on_unknown: ``"keep"`` unknown tags as `Opaque`, ``"warn"`` once each as well, or ``"raise"``.
        limits: what the data may cost.
        registry: the codecs; by default of all that is installed.

    Returns:
        A `WBValue`, or the tree with its values decoded.

    Raises:
        DecodeError: malformed data, with the path to it and a reason code.
        LimitError: more than `limits` allows.
        ValueError: an `on_unknown` that is none of the three.
        TypeError: a source that is none, as the name of a folder.
    """
    expect_store(source, "source", "note")
    if on_unknown not in ("keep", "warn", "raise"):
        raise ValueError(f'on_unknown is "keep", "warn" or "raise", not {on_unknown!r}')
    limits.check(node)
    step = node.get("_step") if type(node) is dict else None
    context = DecodeContext(
        source,
        registry or default_registry(),
        follow,
        on_unknown,
        limits,
        key="value",
        step=step if type(step) is int else None,
    )
    try:
        return child(context, node, None)
    except RecursionError:
        raise LimitError("the values are nested deeper than they can be decoded (limit: depth)") from None


def child(ctx: DecodeContext, node: Any, expect: tuple[str, ...] | None) -> Any:
    """The value of a node inside the document of a context."""
    if expect is None:
        return _walk(ctx, node, ctx.key)
    tag = node.get("_type") if type(node) is dict else None
    if type(tag) is not str:
        return _tagged(ctx, node, expect[0])
    if tag not in expect and isinstance(ctx.registry.find(tag), Loaded):
        raise DecodeError(f"is {tag!r}, not {' or '.join(map(repr, expect))}", reason=Code.WRONG_TYPE)
    return _tagged(ctx, node, tag)


def _walk(ctx: DecodeContext, node: Any, key: str) -> Any:
    """Plain containers one frame per level; tagged objects through their codecs."""
    found = type(node)
    if found is dict:
        tag = node.get("_type")
        if type(tag) is str:
            return _tagged(ctx.at_key(key), node, tag)
        plain: dict[str, Any] = {}
        for name, item in node.items():
            if type(item) in _CONTAINERS:
                try:
                    item = _walk(ctx, item, name)
                except DecodeError as error:
                    raise error.under(name) from error.__cause__
            plain[name] = item
        return plain
    if found is list:
        if _CONTAINERS.isdisjoint(map(type, node)):
            return node.copy()
        items: list[Any] = []
        for index, item in enumerate(node):
            if type(item) in _CONTAINERS:
                try:
                    item = _walk(ctx, item, key)
                except DecodeError as error:
                    raise error.under(index) from error.__cause__
            items.append(item)
        return items
    if found in (str, int, float, bool, type(None)):
        return node
    raise DecodeError(f"is a Python {found.__name__}, which JSON does not have", reason=Code.WRONG_TYPE)


def _tagged(ctx: DecodeContext, node: Any, tag: str) -> Any:
    loaded = ctx.registry.by_tag.get(tag) or ctx.registry.find(tag)
    if isinstance(loaded, Reason):
        return _unknown(ctx, node, tag, loaded)
    try:
        for upgrade in loaded.upgrades:
            node = upgrade(node)
        value = loaded.codec.decode(node, ctx)
    except (DecodeError, RecursionError):
        raise
    except MemoryError:
        raise LimitError(f"{tag!r} does not fit into memory") from None
    except Exception as error:  # a codec that trips over hostile data must not end the reader
        raise DecodeError(f"{tag!r} cannot be read: {type(error).__name__}: {one_line(error)}") from error
    if type(node) is dict:
        _keep_extra(value, node, loaded)
    return value


def _keep_extra(value: WBValue, node: dict[str, Any], loaded: Loaded) -> None:
    """Give a value the keys that its codec does not know, so that they are written back.

    A known key that is present as null is kept too: on this wire it is not the same as an absent one.
    """
    extra = {key: item for key, item in node.items() if item is None or key not in loaded.known}
    beside = node.get(EXACT)
    if type(beside) is dict and not beside.keys() <= loaded.exact:
        extra[EXACT] = {key: item for key, item in beside.items() if key not in loaded.exact}
    if extra and not isinstance(value, Opaque | Linked):  # these keep the whole node
        value._keep(extra)


def _unknown(ctx: DecodeContext, node: Any, tag: str, reason: Reason) -> Opaque:
    if ctx.on_unknown == "raise":
        raise opaque_reason(reason)
    if ctx.on_unknown == "warn":
        ctx.registry.tell(reason)
    if type(node) not in _CONTAINERS:
        raise DecodeError(f"is {kind(node)}, where {tag!r} is expected", reason=Code.WRONG_TYPE)
    return Opaque(tag, node, reason, source=ctx.source)
