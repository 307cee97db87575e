"""A plugin in miniature, with one codec of each kind: what core's own tests load."""

from .values import Doc, Note, Pic, Strokes

__all__ = ["Doc", "Note", "Pic", "Strokes"]
