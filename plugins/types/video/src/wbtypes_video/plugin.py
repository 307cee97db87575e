"""How videos are found: the codecs that this package adds."""

from wbtypes_core import Registrar, hookimpl

from .codec import VideoBatchCodec, VideoCodec


@hookimpl
def wbtypes_register(types: Registrar) -> None:
    """Add the form of one video, and that of a list of them."""
    types.add(VideoCodec(), VideoBatchCodec())
