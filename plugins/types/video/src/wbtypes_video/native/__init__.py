"""What videos become: NumPy arrays, all at once or frame by frame; and how arrays, frames and files become a film."""

from wbtypes_core import MissingExtra

try:
    from .intake import Taken, take
    from .reading import frames, header, restored, thumbnail, to_numpy
    from .wish import Wish
except ImportError as error:
    raise MissingExtra(f"frames of videos need {error.name}: pip install wbtypes-video ({error})") from error

__all__ = ["Taken", "Wish", "frames", "header", "restored", "take", "thumbnail", "to_numpy"]
