"""Artifacts of the recorded runs: every reference of every row leads to its file; and runs open without their log."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from recorded import Recording, listed, recorded_with

from wbtypes_core import Code, DecodeError, MediaRef
from wbtypes_core.jsonio import loads, same
from wbtypes_core.layout import artifact_url
from wbtypes_runs import open_artifact, open_run, open_runs

RUNS = listed()
REFERENCES = {"0.10.33": 0, "0.13.11": 0, "0.16.6": 0, "0.19.11": 149, "0.28.2": 13, "0.31.0": 175}
"""How many references the rows of each version hold: before 0.19, offline runs wrote none."""

TABLES = {"0.10.33": 65, "0.13.11": 66, "0.16.6": 66}
"""How many tables those rows hold, which only the log's artifact records lead from to their artifact form."""

OVERLAID = ("0.19.11", "0.28.2", "0.31.0")
"""The versions whose summaries keep stale leaves: those with the Go core."""


def references(node: Any) -> Iterator[str]:
    """The references to entries of artifacts in a row."""
    todo = [node]
    while todo:
        item = todo.pop()
        if isinstance(item, dict):
            todo += item.values()
        elif isinstance(item, list):
            todo += item
        elif isinstance(item, str) and artifact_url(item):
            yield item


def tables(node: Any, key: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """The tables of a row with the innermost key of each."""
    if isinstance(node, dict) and node.get("_type") == "table-file":
        yield key, node
    elif isinstance(node, dict):
        for name, item in node.items():
            yield from tables(item, name)
    elif isinstance(node, list):
        for item in node:
            yield from tables(item, key)


def without_artifacts(recording: Recording, target: Path) -> Path:
    """A copy of the run's log alone."""
    target.mkdir()
    for log in recording.folder.glob("*.wandb"):
        shutil.copy(log, target)
    return target


def of_version(recordings: dict[tuple[str, str], Recording], version: str) -> list[Recording]:
    return [recording for (each, _), recording in recordings.items() if each == version]


def read(run: Any, url: str) -> bytes:
    source, entry = run.files.artifact(url)
    with source.open(MediaRef(entry)) as stream:
        return bytes(stream.read())


@pytest.mark.parametrize("version", REFERENCES)
def test_every_reference_of_every_row_leads_to_its_file(
    version: str,
    recordings: dict[tuple[str, str], Recording],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = 0
    for recording in of_version(recordings, version):
        staged = recording.folder / "artifacts"
        alone = without_artifacts(recording, tmp_path / recording.theme)
        run, bare = open_run(alone, artifacts=[staged]), open_run(alone)
        for row in run.history():
            for url in references(row.json):
                wanted = artifact_url(url)
                assert wanted is not None
                data = read(run, url)
                assert data and loads(data) is not None
                with pytest.raises(DecodeError, match="pass the folder") as told:
                    read(bare, url)
                assert told.value.reason is Code.UNREACHABLE and wanted.entry in str(told.value)
                found += 1
    with capsys.disabled():
        print(f"\n{version}: {found} of {REFERENCES[version]} references lead to their files", end="")
    assert found == REFERENCES[version]


@pytest.mark.parametrize("version", TABLES)
def test_tables_that_rows_do_not_refer_to_are_found_by_their_key(
    version: str, recordings: dict[tuple[str, str], Recording]
) -> None:
    found: Counter[str] = Counter()
    for recording in of_version(recordings, version):
        run = open_run(recording.folder)
        for row in run.history():
            for key, node in tables(row.json):
                assert "artifact_path" not in node
                first = Path(node["path"]).name.rsplit("_", 2)[0]  # of a table logged twice, the first key
                urls = run.files.note("run_table", key) or run.files.note("run_table", first)
                shapes = [
                    (len(each["data"]), len(each["columns"]))
                    for each in map(loads, (read(run, url) for url in urls or ()))
                ]
                found["found" if (node["nrows"], node["ncols"]) in shapes else "lost"] += 1
    assert found == {"found": TABLES[version]}, found


@pytest.mark.parametrize(("version", "theme"), RUNS)
def test_the_files_of_every_artifact_are_found_and_whole(
    version: str, theme: str, recordings: dict[tuple[str, str], Recording]
) -> None:
    recording = recordings[version, theme]
    run = open_run(recording.folder)
    records = sorted(recording.folder.glob("artifacts/*/record.json"))
    named = Counter(json.loads(record.read_text(encoding="utf-8"))["name"] for record in records)
    assert Counter(artifact.name for artifact in run.artifacts) == named
    for artifact in run.artifacts:
        assert artifact.missing == ()
        assert artifact.check() == []
        assert artifact.name in named


@pytest.mark.parametrize(("version", "theme"), RUNS)
def test_every_artifact_opens_by_itself(
    version: str, theme: str, recordings: dict[tuple[str, str], Recording]
) -> None:
    for folder in sorted(recordings[version, theme].folder.glob("artifacts/*/files")):
        artifact = open_artifact(folder)
        assert ":".join((artifact.name, *artifact.aliases)) == folder.parent.name.replace("__", ":")
        for path in artifact.entries:
            try:
                artifact.get(path)
            except DecodeError as error:  # what leads to another artifact
                assert error.reason is Code.UNREACHABLE


def test_all_runs_are_found_below_a_folder(recordings: dict[tuple[str, str], Recording]) -> None:
    top = next(iter(recordings.values())).folder.parent
    assert len(list(open_runs(top))) == len(RUNS) == 90


@pytest.mark.parametrize(("version", "theme"), RUNS)
def test_rows_alone_are_the_rows_of_the_log(
    version: str, theme: str, recordings: dict[tuple[str, str], Recording]
) -> None:
    recording = recordings[version, theme]
    log = open_run(recording.folder)
    for run in (
        open_run(recording.folder / "history.jsonl"),
        open_run(recording.rows, files=recording.folder / "files"),
    ):
        rows = list(run.history())
        for ours, theirs in zip(rows, log.history(), strict=True):
            assert same(ours.json, theirs.json)
            assert ours.step == theirs.step
        assert [problem for problem in run.check() if problem.code == Code.MISSING_FILE] == [
            problem for problem in log.check() if problem.code == Code.MISSING_FILE
        ]


@pytest.mark.parametrize(("version", "theme"), recorded_with("overwrites"))
def test_stale_leaves_of_the_summary_are_left_out_of_values(
    version: str, theme: str, recordings: dict[tuple[str, str], Recording]
) -> None:
    run = open_run(recordings[version, theme].folder)
    stale = [
        key
        for key, node in run.summary_json.items()
        if isinstance(node, dict) and "filenames" in node and "sha256" in node
    ]
    assert bool(stale) == (version in OVERLAID)
    for key in stale:
        assert "sha256" not in run.summary[key].extra and "filenames" not in run.summary[key].extra


@pytest.mark.parametrize("version", sorted(REFERENCES))
def test_charts_have_their_tables(version: str, recordings: dict[tuple[str, str], Recording]) -> None:
    if (version, "charts") not in recordings:
        assert version == "0.28.2"
        return
    charts = open_run(recordings[version, "charts"].folder).charts
    assert len(charts) >= 9
    for chart in charts.values():
        assert chart.definition.startswith("wandb/") and chart.spec and chart.fields
        assert chart.table is not None
