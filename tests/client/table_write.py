"""Our side of the table check: writes every case into a folder, in both dialects, with the facts that the client must find."""

from __future__ import annotations

import datetime as dt
import decimal
import json
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cases
import numpy as np
from facts import box, fact, picture

import wbtypes
from wbtypes_core import Dialect, DirectoryStore, MediaFile, encode
from wbtypes_core.jsonio import dumps
from wbtypes_table import ColumnType, JoinedTable, PartitionedTable, Table

UTC = dt.UTC

EMBEDDED = 150
"""Elements up to which the client keeps one-dimensional arrays as lists."""


def class_ids(classes: Any) -> ColumnType:
    """The type of a column of class ids."""
    return ColumnType("classesId", {"classes_obj": classes, "valid_ids": _constants(classes)})


def _constants(classes: Any) -> ColumnType:
    return ColumnType.union(*(ColumnType("const", {"val": each, "is_set": False}) for each in classes.labels))


class Names:
    """Our classes by the client's names; asking for one whose package is not installed is an AttributeError."""

    class_ids = staticmethod(class_ids)

    @property
    def WBTraceTree(self) -> Any:
        return wbtypes.TraceTree

    @property
    def Span(self) -> Any:
        return sys.modules[wbtypes.TraceTree.__module__].Span

    def __getattr__(self, name: str) -> Any:
        return getattr(wbtypes, name)


NAMES = Names()


# -- facts ----------------------------------------------------------------------------------------------------


def held(cell: Any) -> Any:
    """A cell as the client's form holds it, where that is less than what was given (wire format, section 2.13)."""
    if isinstance(cell, float) and cell != cell:
        return None
    if isinstance(cell, bytes):
        return cell.decode("utf-8")
    if isinstance(cell, dt.datetime):
        moment = cell.replace(tzinfo=UTC) if cell.tzinfo is None else cell.astimezone(UTC)
        return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    if isinstance(cell, dt.date):
        return dt.datetime(cell.year, cell.month, cell.day, tzinfo=UTC)
    if isinstance(cell, np.datetime64):
        return held(cell.astype("datetime64[us]").item())
    if isinstance(cell, np.generic):
        return held(cell.item())
    if (
        isinstance(cell, np.ndarray)
        and cell.ndim == 1
        and cell.size <= EMBEDDED
        and cell.dtype.kind in "biuf"
    ):
        return held(cell.tolist())
    if isinstance(cell, list | tuple | set):
        return [held(each) for each in cell]
    if isinstance(cell, dict):
        return {key: held(each) for key, each in cell.items()}
    return cell


def of_value(value: Any) -> Any:
    """The fact of one of our values."""
    if isinstance(value, decimal.Decimal | complex):
        return ["given", repr(value)]
    if isinstance(value, Table):
        return table_fact(value)
    name = {"TraceTree": "WBTraceTree"}.get(type(value).__name__, type(value).__name__)
    said: dict[str, Any] = {"class": name, "caption": getattr(value, "caption", None)}
    if name == "Classes":
        return {"class": name, "class_set": [dict(each) for each in value.class_set]}
    if isinstance(file := getattr(value, "file", None), MediaFile):
        said["sha256"] = file.sha256
    if name == "Image":
        said |= picture(value.to_pil())
        said |= {"format": value.format, "grouping": value.grouping}
        said["boxes"] = {
            key: [box(plain(each)) for each in item.box_data] for key, item in value.boxes.items()
        }
        said["masks"] = {key: mask_fact(item) for key, item in value.masks.items()}
        labels = getattr(value.all_classes(), "labels", {})
        said["classes"] = [[at, labels[at]] for at in sorted(labels)]
    return said


def plain(item: Any) -> Any:
    """JSON of frozen maps and tuples."""
    return json.loads(json.dumps(item, default=dict))


def mask_fact(mask: Any) -> Any:
    """The size and pixels of a mask."""
    from PIL import Image

    return picture(Image.fromarray(mask.to_numpy().astype(np.uint8)))


def table_fact(table: Table) -> Any:
    """The columns and cells of a table, as the client's form holds them."""
    return {
        "class": "Table",
        "columns": table.columns,
        "rows": [[fact(held(cell), of_value) for cell in row] for row in table.data],
    }


def fact_of(value: Any) -> Any:
    """The fact of a table of any kind."""
    if isinstance(value, JoinedTable):
        key = list(value.join_key) if isinstance(value.join_key, tuple) else value.join_key
        return {"class": "JoinedTable", "key": key, "parts": [fact_of(value.table1), fact_of(value.table2)]}
    if isinstance(value, PartitionedTable):
        return {
            "class": "PartitionedTable",
            "rows": [row for each in value.parts.values() for row in fact_of(each)["rows"]],
        }
    return table_fact(value)


# -- writing --------------------------------------------------------------------------------------------------


def write_case(name: str, value: Any, folder: Path) -> dict[str, Any]:
    """Write a table in both dialects: as an artifact's file, and logged to a run, whose artifact holds it then."""
    at = f"{len(list(folder.iterdir())):03}"
    direct = DirectoryStore(folder / at / "direct")
    node = encode(value, direct, dialect=Dialect.ARTIFACT).json
    entry = f"t.{node['_type']}.json"
    direct.root.mkdir(parents=True, exist_ok=True)
    direct.root.joinpath(entry).write_text(dumps(node, sort=True), encoding="utf-8")
    run = DirectoryStore(folder / at / "run")
    logged = encode({"t": value}, run).json["t"]
    return {
        "name": name,
        "places": [[f"{at}/direct", entry], [f"{at}/run/artifacts/t/v0", entry]],
        "logged": logged,
        "fact": fact_of(value),
    }


def write_increments(folder: Path) -> dict[str, Any]:
    """Log an incremental table as it grows; each log is a version of one artifact."""
    run = DirectoryStore(folder / "increments")
    table = NAMES.Table(columns=["n", "text"], log_mode="INCREMENTAL")
    for step, rows in enumerate(cases.INCREMENTS):
        for row in rows:
            table.add_data(*row)
        logged = encode({"t": table}, run, step=step).json["t"]
    versions = [f"increments/artifacts/incr-t/v{at}" for at in range(len(cases.INCREMENTS))]
    return {"name": "incremental", "places": versions, "logged": logged, "fact": fact_of(table)}


def write_named(name: str, assets: Path, tables: Path) -> Iterator[dict[str, Any]]:
    """Write a case, unless a type in it is not installed."""
    try:
        value = cases.make(NAMES, assets, name)
    except AttributeError as error:
        print(f"left out {name}: {error}")
    else:
        yield write_case(name, value, tables)


def main(folder: Path) -> None:
    """Write all cases below the folder."""
    assets, tables = folder / "assets", folder / "tables"
    cases.make_assets(assets)
    tables.mkdir()
    expected = [each for name in cases.case_names() for each in write_named(name, assets, tables)]
    parts = {f"{name}.table.json": cases.part(NAMES, assets, name) for name in cases.PARTS}
    expected.append(write_case("partitioned", NAMES.PartitionedTable("parts", parts), tables))
    expected.append(write_increments(tables))
    folder.joinpath("expected.json").write_text(json.dumps(expected, ensure_ascii=False), encoding="utf-8")
    print(f"wrote {len(expected)} tables, each in both dialects")


if __name__ == "__main__":
    warnings.simplefilter("ignore")  # values that are handled by rule, as NaN, are what is tried here
    main(Path(sys.argv[1]))
