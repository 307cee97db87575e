"""Arrays of any dtype and shape, exactly, for wbtypes."""

from .values import RawArray

__version__ = "1.0.0"

__all__ = ["RawArray"]
