"""A store that notes what is opened, to show that decoding opens no media file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import BinaryIO

from ..files import MediaRef
from ..jsonio import Json
from ..stores import MemoryStore


class WatchedStore(MemoryStore):
    """A memory store that keeps the paths it was asked to open.

    Attributes:
        opened: the paths (or URLs), in order, whether they were there or not.
    """

    def __init__(
        self,
        files: Mapping[str, bytes] | None = None,
        *,
        notes: Mapping[str, Mapping[str, Json]] | None = None,
    ) -> None:
        super().__init__(files, notes=notes)
        self.opened: list[str] = []

    def open(self, ref: MediaRef) -> BinaryIO:
        """A stream over a kept file, noted in `opened`."""
        self.opened.append(ref.path or ref.artifact_path or "")
        return super().open(ref)
