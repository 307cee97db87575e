"""How a raw array is found."""

from wbtypes_core import Registrar, hookimpl

from .codec import RawArrayCodec


@hookimpl
def wbtypes_register(types: Registrar) -> None:
    """Offer the codec."""
    types.add(RawArrayCodec())
