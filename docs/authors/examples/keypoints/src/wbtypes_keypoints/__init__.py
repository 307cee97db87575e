"""Images with named points and skeletons, for wbtypes."""

from .values import Keypoints

__version__ = "1.0.0"

__all__ = ["Keypoints"]
