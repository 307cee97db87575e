"""How 3-D objects are found: the codecs that this package adds."""

from wbtypes_core import Registrar, hookimpl

from .codec import Object3DBatchCodec, Object3DCodec


@hookimpl
def wbtypes_register(types: Registrar) -> None:
    """Add the form of one object, and that of a list of them."""
    types.add(Object3DCodec(), Object3DBatchCodec())
