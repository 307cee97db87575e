"""Bounding boxes on an image, with the names of their classes."""

from .codec import BoxesFileCodec, BoxListCodec
from .values import BoundingBoxes2D

__version__ = "1.0.0"

__all__ = ["BoundingBoxes2D", "BoxListCodec", "BoxesFileCodec"]
