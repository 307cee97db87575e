"""How a text is found."""

from wbtypes_core import Registrar, hookimpl

from .codec import TextCodec


@hookimpl
def wbtypes_register(types: Registrar) -> None:
    """Offer the codec."""
    types.add(TextCodec())
