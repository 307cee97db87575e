"""What the tests of histograms share."""

from __future__ import annotations

import pytest

from wbtypes_histogram import values


@pytest.fixture(autouse=True)
def untold(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each test see a warning that is given once per process."""
    monkeypatch.setattr(values, "_told", set())
