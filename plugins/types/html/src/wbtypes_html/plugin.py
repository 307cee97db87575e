"""How the HTML types are found: the two codecs that their entry points promise."""

from __future__ import annotations

from wbtypes_core import Registrar, hookimpl

from .codec import HtmlBatchCodec, HtmlCodec


@hookimpl
def wbtypes_register(types: Registrar) -> None:
    """Offer the codecs of one page and of a list of them."""
    types.add(HtmlCodec(), HtmlBatchCodec())
