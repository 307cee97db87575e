"""Any JSON value in a file of its own, as wandb clients log it."""

from .codec import MetadataCodec
from .values import JSONMetadata

__version__ = "1.0.0"

__all__ = ["JSONMetadata", "MetadataCodec"]
