"""Plotly figures, in files of their own or, as old clients wrote them, in the row itself."""

from .codec import InlinePlotlyCodec, PlotlyCodec
from .values import InlinePlotly, Plotly

__version__ = "1.0.0"

__all__ = ["InlinePlotly", "InlinePlotlyCodec", "Plotly", "PlotlyCodec"]
