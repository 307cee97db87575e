"""Any file that a wandb run or artifact refers to, byte for byte."""

from .codec import FileCodec
from .values import File

__version__ = "1.0.0"

__all__ = ["File", "FileCodec"]
