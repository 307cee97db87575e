"""How the histogram type is found: the one codec that its entry point promises."""

from __future__ import annotations

from wbtypes_core import Registrar, hookimpl

from .codec import HistogramCodec


@hookimpl
def wbtypes_register(types: Registrar) -> None:
    """Offer the codec."""
    types.add(HistogramCodec())
