"""How bokeh documents are found: the codec that this package adds."""

from wbtypes_core import Registrar, hookimpl

from .codec import BokehCodec


@hookimpl
def wbtypes_register(types: Registrar) -> None:
    """Add the form of runs and of artifacts."""
    types.add(BokehCodec())
