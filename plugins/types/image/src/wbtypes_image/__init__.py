"""Images with captions, boxes, masks and classes, alone or in batches."""

from .codec import ArtifactImageCodec, ImageBatchCodec, ImageCodec, ImageSheetCodec
from .values import Image

__version__ = "1.0.0"

__all__ = ["ArtifactImageCodec", "Image", "ImageBatchCodec", "ImageCodec", "ImageSheetCodec"]
