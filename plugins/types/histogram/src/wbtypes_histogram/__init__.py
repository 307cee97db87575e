"""Histograms as wandb clients log them: counts and the edges of their bins."""

from .codec import HistogramCodec
from .values import Histogram

__version__ = "1.0.0"

__all__ = ["Histogram", "HistogramCodec"]
