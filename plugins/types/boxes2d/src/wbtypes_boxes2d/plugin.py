"""How the box types are found: the two codecs that their entry points promise."""

from __future__ import annotations

from wbtypes_core import Registrar, hookimpl

from .codec import BoxesFileCodec, BoxListCodec


@hookimpl
def wbtypes_register(types: Registrar) -> None:
    """Offer the codecs of runs and of artifacts."""
    types.add(BoxesFileCodec(), BoxListCodec())
