"""Cells that are gone: what stands in a table where a copy of it holds only the name of a class."""

from __future__ import annotations

from attrs import frozen

WORDS = frozenset(
    (
        "Audio",
        "Bokeh",
        "BoundingBoxes2D",
        "Classes",
        "Graph",
        "Histogram",
        "Html",
        "Image",
        "ImageMask",
        "JSONMetadata",
        "JoinedTable",
        "Molecule",
        "Object3D",
        "PartitionedTable",
        "Plotly",
        "Table",
        "Video",
        "WBTraceTree",
    )
)
"""The class names that a run's copy of a table holds in place of media (wire format, section 2.13)."""


@frozen
class Lost:
    """A cell whose value is out of reach: the copy that was read has only the name of its class.

    Attributes:
        word: what the copy says, as ``"Image"``.
        reason: why, and what would help.
    """

    word: str
    reason: str = ""

    def __attrs_post_init__(self) -> None:
        if not isinstance(self.word, str):
            raise TypeError(f"the word of a lost cell is text, not {type(self.word).__name__}")

    def __str__(self) -> str:
        return f"{self.word} (lost{': ' if self.reason else ''}{self.reason})"
