"""How keypoints are found."""

from wbtypes_core import Registrar, hookimpl

from .codec import KeypointsCodec


@hookimpl
def wbtypes_register(types: Registrar) -> None:
    """Offer the codec."""
    types.add(KeypointsCodec())
