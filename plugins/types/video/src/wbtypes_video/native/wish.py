"""What a caller asks for: how frames are to be stored."""

from __future__ import annotations

from attrs import frozen

from ..values import Progress, Range


@frozen
class Wish:
    """How the caller wants frames stored.

    Attributes:
        fps: frames a second.
        format: the container; None is that of the file, and mp4 for frames.
        value_range: the values that are to be black and white; None infers them.
        progress: what is told of each frame that was encoded.
    """

    fps: int | float
    format: str | None = None
    value_range: Range | None = None
    progress: Progress | None = None

    @property
    def kind(self) -> str:
        """The container to write."""
        return self.format or "mp4"
