"""How the class types are found: the two codecs that their entry points promise."""

from __future__ import annotations

from wbtypes_core import Registrar, hookimpl

from .codec import ClassesCodec, ClassesFileCodec


@hookimpl
def wbtypes_register(types: Registrar) -> None:
    """Offer the inline form and the link to a file."""
    types.add(ClassesCodec(), ClassesFileCodec())
