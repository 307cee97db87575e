"""Bokeh documents: plots and whole applications, as their JSON."""

from .codec import BokehCodec
from .values import Bokeh

__version__ = "1.0.0"

__all__ = ["Bokeh", "BokehCodec"]
