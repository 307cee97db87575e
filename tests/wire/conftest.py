"""The recordings as fixtures, and the count of what came back equal at the end of the session."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from recorded import Recording, unpack

pytest.register_assert_rewrite("checks_basic", "checks_media", "checks_tables", "comparing")

CAME_BACK: Counter[tuple[str, str, str]] = Counter()


@pytest.fixture(scope="session")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], Recording]:
    """Every recorded run, by version and theme."""
    return unpack(tmp_path_factory.mktemp("recordings"))


@pytest.fixture(scope="session")
def came_back() -> Counter[tuple[str, str, str]]:
    """What was compared, by theme, version and ``"equal"`` or ``"logged"``."""
    return CAME_BACK


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print n of n for each theme and version."""
    if not CAME_BACK:
        return
    terminalreporter.section("recorded runs: came back equal")
    total = {what: sum(n for key, n in CAME_BACK.items() if key[2] == what) for what in ("equal", "logged")}
    for theme, version in sorted({key[:2] for key in CAME_BACK}):
        counts = {what: CAME_BACK[theme, version, what] for what in ("equal", "logged", "fixed", "rows")}
        terminalreporter.write_line(
            f"{theme:20} {version:8} {counts['equal']:4} of {counts['logged']:4} entries, "
            f"{counts['fixed']:4} of {counts['rows']:4} rows are fixed points"
        )
    lost = total["logged"] - total["equal"]
    terminalreporter.write_line(
        f"in all {total['equal']} of {total['logged']}; {lost} are in known_losses.md"
    )
