"""How the toys are found."""

from wbtypes_core import Registrar, hookimpl

from .codec import DocCodec, NoteCodec, PicCodec, PicsCodec, StrokesCodec


@hookimpl
def wbtypes_register(types: Registrar) -> None:
    types.add(NoteCodec(), PicCodec(), PicsCodec(), DocCodec(), StrokesCodec())
