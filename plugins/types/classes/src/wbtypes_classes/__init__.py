"""The classes of a data set: what its class ids are called."""

from .codec import ClassesCodec, ClassesFileCodec
from .values import Classes

__version__ = "1.0.0"

__all__ = ["Classes", "ClassesCodec", "ClassesFileCodec"]
