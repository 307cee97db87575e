"""How images are found: the codecs that this package adds."""

from wbtypes_core import Registrar, hookimpl

from .codec import ArtifactImageCodec, ImageBatchCodec, ImageCodec, ImageSheetCodec


@hookimpl
def wbtypes_register(types: Registrar) -> None:
    """Add the two forms of one image, and the two of a list of them."""
    types.add(ImageCodec(), ArtifactImageCodec(), ImageBatchCodec(), ImageSheetCodec())
