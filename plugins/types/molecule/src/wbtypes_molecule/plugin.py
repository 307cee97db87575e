"""How molecules are found: the codecs that this package adds."""

from wbtypes_core import Registrar, hookimpl

from .codec import MoleculeBatchCodec, MoleculeCodec


@hookimpl
def wbtypes_register(types: Registrar) -> None:
    """Add the form of one molecule, and that of a list of them."""
    types.add(MoleculeCodec(), MoleculeBatchCodec())
