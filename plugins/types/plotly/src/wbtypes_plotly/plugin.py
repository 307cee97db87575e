"""How figures are found: the codecs that this package adds."""

from wbtypes_core import Registrar, hookimpl

from .codec import InlinePlotlyCodec, PlotlyCodec


@hookimpl
def wbtypes_register(types: Registrar) -> None:
    """Add the form of a figure in a file, and that of one in the row."""
    types.add(PlotlyCodec(), InlinePlotlyCodec())
