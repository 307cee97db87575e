"""Videos: moving pictures with a caption, alone or in batches."""

from .codec import VideoBatchCodec, VideoCodec
from .values import Video

__version__ = "1.0.0"

__all__ = ["Video", "VideoBatchCodec", "VideoCodec"]
