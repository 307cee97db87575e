"""How audio is found: the codecs that this package adds."""

from wbtypes_core import Registrar, hookimpl

from .codec import AudioBatchCodec, AudioCodec


@hookimpl
def wbtypes_register(types: Registrar) -> None:
    """Add the form of one clip, and that of a list of them."""
    types.add(AudioCodec(), AudioBatchCodec())
