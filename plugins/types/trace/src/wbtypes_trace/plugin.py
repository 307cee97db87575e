"""How the trace type is found: the codec that its entry point promises."""

from __future__ import annotations

from wbtypes_core import Registrar, hookimpl

from .codec import TraceTreeCodec


@hookimpl
def wbtypes_register(types: Registrar) -> None:
    """Offer the codec."""
    types.add(TraceTreeCodec())
