"""Sound clips, alone or in batches."""

from .codec import AudioBatchCodec, AudioCodec
from .values import Audio

__version__ = "1.0.0"

__all__ = ["Audio", "AudioBatchCodec", "AudioCodec"]
