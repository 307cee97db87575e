"""What the tests of histograms share."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def untold(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each test see a warning that is given once per process."""
    monkeypatch.setattr("wbtypes_core.errors._told", set())
