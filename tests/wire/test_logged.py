"""Everything that was logged comes back: each entry of each recorded run against what the client was given."""

from __future__ import annotations

from collections import Counter
from types import ModuleType
from typing import Any

import checks_basic
import checks_media
import checks_tables
import pytest
from comparing import compare_entries, compare_rows
from recorded import TYPES, Recording, listed, recorded_with

from wbtypes_core.jsonio import loads, same
from wbtypes_runs import open_run

CHECKS: dict[str, ModuleType] = {
    **dict.fromkeys(
        (
            "history-typed",
            "histograms",
            "html",
            "image-batches",
            "image-boxes-masks",
            "images",
            "metrics",
            "overwrites",
            "scalars",
        ),
        checks_basic,
    ),
    **dict.fromkeys(
        ("audio", "charts", "graph-trace-misc", "molecule", "object3d", "video"),
        checks_media,
    ),
    **dict.fromkeys(
        ("artifacts", "artifacts-offline-refs", "eval-table", "tables", "tables-incremental"),
        checks_tables,
    ),
}
"""Where it stands what the entries of a theme must be."""

RUNS = recorded_with(*TYPES)


def test_every_version_and_theme_is_recorded() -> None:
    assert {version for version, _ in listed()} == {
        "0.10.33",
        "0.13.11",
        "0.16.6",
        "0.19.11",
        "0.28.2",
        "0.31.0",
    }
    assert {theme for _, theme in listed()} == set(TYPES) == set(CHECKS)


@pytest.mark.parametrize(("version", "theme"), RUNS)
def test_entries_come_back(
    version: str, theme: str, recordings: dict[tuple[str, str], Recording], came_back: Counter[Any]
) -> None:
    if theme == "eval-table":  # the client refused to log one offline: an empty history
        assert recordings[version, theme].entries == []
        return
    compare_entries(recordings[version, theme], CHECKS[theme].check_of, came_back)


@pytest.mark.parametrize("follow", [True, False])
@pytest.mark.parametrize(("version", "theme"), RUNS)
def test_rows_are_fixed_points(
    version: str,
    theme: str,
    follow: bool,
    recordings: dict[tuple[str, str], Recording],
    came_back: Counter[Any],
) -> None:
    compare_rows(recordings[version, theme], follow, came_back)


@pytest.mark.parametrize(("version", "theme"), listed())
def test_rows_equal_the_other_reader(
    version: str, theme: str, recordings: dict[tuple[str, str], Recording]
) -> None:
    recording = recordings[version, theme]
    rows = [row.json for row in open_run(recording.folder).history()]
    assert len(rows) == len(recording.rows)
    for ours, theirs in zip(rows, recording.rows, strict=True):
        assert same(ours, theirs)


@pytest.mark.parametrize(("version", "theme"), listed())
def test_summary_and_config_equal_the_other_reader(
    version: str, theme: str, recordings: dict[tuple[str, str], Recording]
) -> None:
    recording = recordings[version, theme]
    run = open_run(recording.folder)
    assert run.id == recording.expected["run_id"]
    summary, config = (recording.folder / name for name in ("summary.json", "config.json"))
    if summary.exists():
        assert same(run.summary_json, loads(summary.read_bytes()))
    if config.exists():  # the other reader leaves out what the run began with
        theirs = loads(config.read_bytes())
        assert same({key: run.config_json.get(key) for key in theirs}, theirs)
