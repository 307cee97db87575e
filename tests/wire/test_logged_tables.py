"""Tables come back: every cell of every recorded table, and every table of every recorded artifact as it was."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from comparing import Check, compare_entries, compare_rows
from recorded import Recording, recorded_with

import wbtypes
from wbtypes_core import Dialect, DirectoryStore, Linked, MemoryStore, Opaque, WBValue, decode, encode
from wbtypes_core.jsonio import loads, same
from wbtypes_runs import open_artifact, open_run

MEDIA = (
    "audio",
    "bokeh",
    "boxes2d",
    "classes",
    "histogram",
    "html",
    "image",
    "mask",
    "molecule",
    "object3d",
    "plotly",
    "table",
    "video",
)

THEMES = {
    "tables": MEDIA,
    "tables-incremental": ("table",),
    "artifacts": MEDIA,
    "artifacts-offline-refs": ("image", "table"),
    "eval-table": ("table",),
}
"""Themes, and the types in them."""

RUNS = recorded_with(THEMES)
TABLES = (".table.json", ".joined-table.json", ".partitioned-table.json")

CLASSES = {
    "image": "Image",
    "image_boxes_masks": "Image",
    "audio": "Audio",
    "video": "Video",
    "html": "Html",
    "molecule": "Molecule",
    "object3d": "Object3D",
    "plotly": "Plotly",
    "bokeh": "Bokeh",
    "histogram": "Histogram",
}


@pytest.mark.parametrize(("version", "theme"), RUNS)
def test_entries_come_back(
    version: str, theme: str, recordings: dict[tuple[str, str], Recording], came_back: Counter[Any]
) -> None:
    if theme == "eval-table":  # the client refused to log one offline: an empty history
        assert recordings[version, theme].entries == []
        return
    compare_entries(recordings[version, theme], _check_of, came_back)


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
        assert not [cell for cell in _cells(table) if isinstance(cell, Opaque | Linked | wbtypes_lost())], (
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
    log = next(recording.folder.glob("*.wandb"))
    (tmp_path / log.name).symlink_to(log)
    (tmp_path / "files").symlink_to(recording.folder / "files")
    rows = {key: row[key] for row in open_run(tmp_path).history() for key in row}
    for name, cell in CLASSES.items():
        table = rows.get(f"cell_{name}")
        if table is None:
            continue
        assert table.source == "run"
        assert table.lossy
        assert "artifact" in table.why_lossy
        lost = [each for each in _cells(table) if isinstance(each, wbtypes_lost())]
        assert [each.word for each in lost] == [cell] * len(lost) != []
        assert "artifact" in lost[0].reason


def wbtypes_lost() -> Any:
    from wbtypes_table import Lost

    return Lost


def _documents(recording: Recording) -> Iterator[tuple[str, DirectoryStore]]:
    for folder in sorted(recording.folder.glob("artifacts/*/files")):
        store = DirectoryStore(folder)
        yield from ((path, store) for path in store.entries() if path.endswith(TABLES))


def _cells(table: Any) -> Iterator[Any]:
    if isinstance(table, wbtypes.JoinedTable):
        for part in (table.table1, table.table2):
            assert isinstance(part, wbtypes.Table)
            yield from _cells(part)
        return
    if isinstance(table, wbtypes.PartitionedTable):
        for part in table.parts.values():
            yield from _cells(part)
        return
    for column in table.columns:
        yield from table.column(column)


# -- what each kind of entry must be -------------------------------------------------------------------------------


def _check_of(entry: dict[str, Any], value: Any) -> Check:
    kind = entry["kind"]
    if "image" in kind and "table" not in kind:
        return _image
    if kind.startswith("joined"):
        return _joined
    if kind.startswith("list of"):
        return _list
    if kind == "nested table":
        return _nested
    return _table


def _table(recording: Recording, entry: dict[str, Any], table: Any) -> None:
    assert isinstance(table, wbtypes.Table)
    assert table.source == "artifact"
    assert not table.lossy
    assert table.nrows == len(table)
    lost = [cell for cell in _cells(table) if isinstance(cell, Opaque | Linked | wbtypes_lost())]
    assert lost == []
    native = entry["native"] or {}
    if "cell" in native:
        media = [cell for cell in _cells(table) if isinstance(cell, WBValue)]
        assert {type(cell).__name__ for cell in media} == {CLASSES[native["cell"]]}
        return
    for name in ("rows_so_far", "rows"):
        if name in native:
            assert len(table) == native[name]
    if native.get("log_mode") and _since(recording, "0.20"):
        assert table.log_mode == native["log_mode"]
    for column, given in _columns(recording, native).items():
        _compare(table.column(column), given, f"{entry['key']}, {column}")


def _columns(recording: Recording, native: dict[str, Any]) -> dict[Any, list[Any]]:
    """What each column was given, as far as it is on record."""
    rows = native.get("data")
    if isinstance(rows, list):
        names = native.get("columns") or (["a"] if rows and len(rows[0]) == 1 else [])
        return {name: [row[at] for row in rows] for at, name in enumerate(names)} if recording else {}
    arrays = {
        name: each for name, each in native.items() if name not in ("columns", "data", "optional", "dtype")
    }
    return {
        name: [recording.given(each) for each in (given if isinstance(given, list) else [given])]
        for name, given in arrays.items()
        if isinstance(given, list | dict) and "npz" in str(given)
    }


def _compare(cells: list[Any], given: list[Any], place: str) -> None:
    assert len(cells) == len(given), place
    for row, (cell, item) in enumerate(zip(cells, given, strict=True)):
        assert _is_as_logged(cell, item), f"{place}, row {row}: {cell!r} for {item!r}"


def _is_as_logged(cell: Any, given: Any) -> bool:
    """Whether a cell is what was logged, as far as the artifact holds it: moments in milliseconds of UTC, NaN as null."""
    if isinstance(given, np.ndarray):
        if given.ndim == 1 and isinstance(cell, list):
            return cell == given.tolist()  # short ones are lists, and their dtype is not on the wire
        return isinstance(cell, np.ndarray) and cell.dtype == given.dtype and np.array_equal(cell, given)
    moment = _moment(given)
    if moment is None and isinstance(cell, datetime.datetime):
        moment = _moment({"$datetime": given})
    if moment is not None:
        if type(cell) is datetime.date or cell.tzinfo is not datetime.UTC:  # 0.10 wrote text, which holds all
            return (
                cell == datetime.datetime.fromisoformat(given.get("$datetime", ""))
                if "$datetime" in given
                else (cell.isoformat() == given["$date"])
            )
        return abs(cell - moment) < datetime.timedelta(milliseconds=1) and cell.tzinfo is datetime.UTC
    if isinstance(given, dict) and "$numpy" in given:
        given = (
            {"True": True, "False": False}.get(given["repr"])
            if "bool" in given["$numpy"]
            else float(given["repr"])
        )
    if isinstance(given, dict) and "$float" in given:
        given = float(given["$float"])
        return cell is None if given != given else cell == given
    if isinstance(given, list):
        return isinstance(cell, list) and len(cell) == len(given) and all(map(_is_as_logged, cell, given))
    if isinstance(given, dict):
        return (
            isinstance(cell, dict)
            and cell.keys() == given.keys()
            and all(_is_as_logged(cell[key], item) for key, item in given.items())
        )
    return same(cell, given)


def _moment(given: Any) -> datetime.datetime | None:
    if not isinstance(given, dict) or not given.keys() & {"$datetime", "$date"}:
        return None
    moment = datetime.datetime.fromisoformat(given.get("$datetime") or given["$date"])
    return moment.replace(tzinfo=datetime.UTC) if moment.tzinfo is None else moment


def _since(recording: Recording, version: str) -> bool:
    return [int(part) for part in recording.version.split(".")] >= [int(part) for part in version.split(".")]


def _joined(recording: Recording, entry: dict[str, Any], value: Any) -> None:
    assert isinstance(value, wbtypes.JoinedTable)
    table = value.to_table()
    left, right = value.table1, value.table2
    assert table.columns[: len(left.columns)] == left.columns
    assert len(table) == len(set(left.column(value.keys[0])) & set(right.column(value.keys[1])))


def _list(recording: Recording, entry: dict[str, Any], value: Any) -> None:
    assert [len(table) for table in value] == [1] * len(value)
    assert all(table.source == "artifact" for table in value)


def _nested(recording: Recording, entry: dict[str, Any], value: Any) -> None:
    while isinstance(value, dict):
        (value,) = value.values()
    _table(recording, entry, value)


def _image(recording: Recording, entry: dict[str, Any], value: Any) -> None:
    if "batch" in entry["kind"]:
        assert all(isinstance(image, wbtypes.Image) for image in value)
        assert all(image.to_pil().size for image in value)
        return
    assert isinstance(value, wbtypes.Image)
    np.testing.assert_array_equal(value.to_numpy(), recording.given(entry["native"]["pixels"]))


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
