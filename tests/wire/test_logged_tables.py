"""Tables through their run and in their artifacts: each is a fixed point, can be copied, and says what it lacks."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from checks_tables import CLASSES, cells_of
from recorded import Recording, recorded_with

import wbtypes
from wbtypes_core import Dialect, DirectoryStore, Linked, MemoryStore, Opaque, WBValue, decode, encode
from wbtypes_core.jsonio import loads, same
from wbtypes_runs import open_artifact, open_run

RUNS = recorded_with("tables", "tables-incremental", "artifacts", "artifacts-offline-refs", "eval-table")
TABLES = (".table.json", ".joined-table.json", ".partitioned-table.json")


@pytest.mark.parametrize(("version", "theme"), RUNS)
def test_rows_read_through_the_run_are_fixed_points(
    version: str, theme: str, recordings: dict[tuple[str, str], Recording]
) -> None:
    """Tables that were read from their artifacts are written back into their run as it names them."""
    run = open_run(recordings[version, theme].folder)
    for row in run.history():
        encoded = encode(dict(row), run.files, step=row.step or 0, exact=False)
        assert same(encoded.json, row.json)
        assert encoded.files == ()


@pytest.mark.parametrize(("version", "theme"), RUNS)
def test_tables_of_artifacts_are_fixed_points(
    version: str, theme: str, recordings: dict[tuple[str, str], Recording], came_back: Counter[Any]
) -> None:
    for path, store in _documents(recordings[version, theme]):
        document = loads((store.root / path).read_bytes())
        for follow in (True, False):
            back = encode(
                decode(document, store, follow=follow), store, dialect=Dialect.ARTIFACT, exact=False
            )
            assert same(back.json, document), path
            assert back.files == ()
        came_back[theme + ", in artifacts", version, "fixed"] += 1
        came_back[theme + ", in artifacts", version, "rows"] += 1


@pytest.mark.parametrize(("version", "theme"), RUNS)
def test_tables_of_artifacts_open_whole_and_can_be_copied(
    version: str, theme: str, recordings: dict[tuple[str, str], Recording], came_back: Counter[Any]
) -> None:
    """No cell is opaque or lost, and what is written elsewhere says the same as what was read."""
    for path, store in _documents(recordings[version, theme]):
        table = decode(loads((store.root / path).read_bytes()), store)
        assert not [cell for cell in cells_of(table) if isinstance(cell, Opaque | Linked | wbtypes.Lost)], (
            path
        )
        elsewhere = MemoryStore()
        copy = decode(encode(table, elsewhere, dialect=Dialect.ARTIFACT).json, elsewhere)
        assert copy == table, path
        came_back[theme + ", in artifacts", version, "logged"] += 1
        came_back[theme + ", in artifacts", version, "equal"] += 1


@pytest.mark.parametrize("version", [version for version, theme in RUNS if theme == "tables"])
def test_without_the_artifacts_the_loss_is_named(
    version: str, recordings: dict[tuple[str, str], Recording], tmp_path: Path
) -> None:
    recording = recordings[version, "tables"]
    log = shutil.copy(next(recording.folder.glob("*.wandb")), tmp_path)
    run = open_run(log, files=recording.folder / "files")
    rows = {key: row[key] for row in run.history() for key in row}
    for name, cell in CLASSES.items():
        table = rows.get(f"cell_{name}")
        if table is None:
            continue
        assert table.source == "run"
        assert table.lossy
        assert "artifact" in table.why_lossy
        lost = [each for each in cells_of(table) if isinstance(each, wbtypes.Lost)]
        assert [each.word for each in lost] == [cell] * len(lost) != []
        assert "artifact" in lost[0].reason


@pytest.mark.parametrize("version", [version for version, theme in RUNS if theme == "artifacts"])
def test_values_of_an_artifact_come_back(version: str, recordings: dict[tuple[str, str], Recording]) -> None:
    recording = recordings[version, "artifacts"]
    (said,) = (entry["native"] for entry in recording.expected["entries"] if entry.get("artifact") == "every")
    artifact = open_artifact(recording.folder / "artifacts" / "every__v0" / "files")
    for name, path in said["paths"].items():
        value = artifact.get(path)
        assert isinstance(value, WBValue), name
        assert not isinstance(value, Opaque | Linked), (name, value)
    np.testing.assert_array_equal(artifact.get("i").to_numpy(), recording.given(said["pixels"]))
    np.testing.assert_array_equal(artifact.get("msk").to_numpy(), recording.given(said["mask"]))


def _documents(recording: Recording) -> Iterator[tuple[str, DirectoryStore]]:
    for folder in sorted(recording.folder.glob("artifacts/*/files")):
        store = DirectoryStore(folder)
        yield from ((path, store) for path in store.entries() if path.endswith(TABLES))
