"""Long text for wbtypes."""

from .values import Text

__all__ = ["Text"]
