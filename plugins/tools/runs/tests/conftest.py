"""What the tests of runs share: the folder of their helpers, a run in the making, and toy codecs."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from wbtypes_core import Registry

sys.path.insert(0, str(Path(__file__).parent))

from by_hand import Recording
from toy_codecs import Plugin


@pytest.fixture(scope="session")
def toys() -> Registry:
    """A registry of the toy codecs alone."""
    return Registry.of(Plugin())


@pytest.fixture
def recording(tmp_path: Path) -> Recording:
    """A run folder in the making."""
    folder = tmp_path / "offline-run-20260131_101500-abc123"
    folder.mkdir()
    return Recording(folder)
