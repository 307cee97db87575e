"""What a plugin may implement: five hooks, one for each event; values themselves go through a dict."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol, TypeVar

import pluggy

if TYPE_CHECKING:
    from .codec import Codec
    from .files import MediaFile, MediaRef
    from .values import WBValue

PROJECT = "wbtypes"
F = TypeVar("F", bound=Callable[..., Any])

hookspec = pluggy.HookspecMarker(PROJECT)
_marker = pluggy.HookimplMarker(PROJECT)


def hookimpl(function: F) -> F:
    """Mark a function of a plugin module as the implementation of the hook it is named after."""
    return _marker(function)


class Registrar(Protocol):
    """What `wbtypes_register` is handed: a place to put codecs."""

    def add(self, *codecs: Codec[Any]) -> None:
        """Offer codecs; together they take effect, or none of them does."""
        ...


@hookspec(historic=True)
def wbtypes_register(types: Registrar) -> None:
    """Called once, when the plugin is loaded: at the first meeting with one of its tags or classes.

    Add every codec that the package's entry points advertise, and no other.

    Args:
        types: the registrar; ``types.add(ImageCodec(), ImageBatchCodec())``.
    """


@hookspec(firstresult=True)
def wbtypes_adopt(obj: object) -> WBValue | None:
    """Called for an object that no class path claims, once per class that nobody takes.

    Args:
        obj: what the user logged.

    Returns:
        Its value, or None to let others try.
    """


@hookspec(firstresult=True)
def wbtypes_unknown_type(tag: str) -> Codec[Any] | None:
    """Called once for a tag that no installed plugin claims.

    Args:
        tag: the ``_type``; it is data, so never import or install by it.

    Returns:
        A codec to use for it, or None.
    """


@hookspec(firstresult=True)
def wbtypes_open(ref: MediaRef) -> BinaryIO | None:
    """Called when the source cannot open a file, as one that only a URL names.

    Args:
        ref: how the data names it; it is data, so open only places that you trust.

    Returns:
        A binary stream, or None to let others try.
    """


@hookspec
def wbtypes_stored(ref: MediaRef, file: MediaFile) -> None:
    """Called after a file was stored: for uploaders, auditors, progress bars.

    Args:
        ref: where it was stored.
        file: what was stored.
    """
