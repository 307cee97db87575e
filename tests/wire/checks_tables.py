"""What entries of tables must be, as far as the artifact's copy holds them."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any

import numpy as np
from comparing import Check
from recorded import Recording

import wbtypes
from wbtypes_core import Linked, Opaque, WBValue
from wbtypes_core.jsonio import same

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
"""The classes of the cells in the columns, by the words of the recordings."""


def check_of(entry: dict[str, Any], value: Any) -> Check:
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
    lost = [cell for cell in cells_of(table) if isinstance(cell, Opaque | Linked | wbtypes.Lost)]
    assert lost == []
    native = entry["native"] or {}
    if "cell" in native:
        media = [cell for cell in cells_of(table) if isinstance(cell, WBValue)]
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


def cells_of(table: Any) -> Iterator[Any]:
    if isinstance(table, wbtypes.JoinedTable):
        for part in (table.table1, table.table2):
            assert isinstance(part, wbtypes.Table)
            yield from cells_of(part)
        return
    if isinstance(table, wbtypes.PartitionedTable):
        for part in table.parts.values():
            yield from cells_of(part)
        return
    for column in table.columns:
        yield from table.column(column)
