"""Segmentation masks: pictures whose pixels are class ids."""

from .codec import MaskCodec
from .values import ImageMask

__version__ = "1.0.0"

__all__ = ["ImageMask", "MaskCodec"]
