"""A value as files: tables with what is in their cells, and fields of whatever kind."""

from __future__ import annotations

import csv
import datetime
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from attrs import field, frozen

from wbtypes_cli.copies import Desk, copy
from wbtypes_core import BytesFile, DirectoryStore, FrozenMap, Media
from wbtypes_core.jsonio import loads


@frozen
class Style:
    """A field that is neither a value nor JSON."""

    colour: str
    dash: tuple[int, ...] = ()


@frozen(kw_only=True)
class Drawing(Media):
    """Media with such a field."""

    style: Style | None = None


@frozen(kw_only=True)
class Grid(Media):
    """What a table offers: columns and rows."""

    file: Any = None
    columns: list[str] = field(factory=list)
    rows: list[list[Any]] = field(factory=list)
    why_lossy: str = ""

    def __len__(self) -> int:
        return len(self.rows)

    def iterrows(self) -> Iterator[tuple[int, list[Any]]]:
        return enumerate(self.rows)


def drawing(data: bytes, **fields: Any) -> Drawing:
    return Drawing(file=BytesFile(data, ".svg"), **fields)


def test_a_field_of_a_class_of_its_own_is_told(tmp_path: Path) -> None:
    desk = Desk(DirectoryStore(tmp_path), "k")
    row = copy(drawing(b"x", caption="c", style=Style("red", (1, 2))), desk, "k_0")
    assert row["style"] == {"colour": "red", "dash": [1, 2]}
    assert (row["caption"], row["file"]) == ("c", "k/k_0.svg")


def test_a_table_is_a_csv_file_and_its_media(tmp_path: Path) -> None:
    desk = Desk(DirectoryStore(tmp_path), "t")
    moment = datetime.datetime(2026, 1, 2, 3, 4, 5, 6)
    rows: list[list[Any]] = [
        [1, "a,b", drawing(b"x", caption="first"), [1, {"k": None}], moment],
        [None, "ü\n", drawing(b"y", style=Style("red")), FrozenMap({"a": 1}), None],
    ]
    row = copy(Grid(columns=["n", "s", "pic/ture", "l", "at"], rows=rows), desk, "t_3")
    assert (row["file"], row["rows"], row["cells"]) == ("t/t_3.csv", 2, "t/t_3.cells.jsonl")
    with (tmp_path / row["file"]).open(encoding="utf-8", newline="") as stream:
        written = list(csv.reader(stream))
    assert written[0] == ["n", "s", "pic/ture", "l", "at"]
    assert [written[1][0], written[1][1], written[1][3], written[1][4]] == [
        "1",
        "a,b",
        '[1, {"k": null}]',
        moment.isoformat(),
    ]
    assert [written[2][0], written[2][1], written[2][3]] == ["", "ü\n", '{"a": 1}']
    assert [(tmp_path / line[2]).read_bytes() for line in written[1:]] == [b"x", b"y"]
    cells = [loads(line) for line in (tmp_path / row["cells"]).read_bytes().splitlines()]
    assert [(each["row"], each["column"]) for each in cells] == [(0, "pic/ture"), (1, "pic/ture")]
    assert (cells[0]["caption"], cells[1]["style"]) == ("first", {"colour": "red", "dash": []})


def test_what_a_table_lacks_is_told(tmp_path: Path) -> None:
    desk = Desk(DirectoryStore(tmp_path), "t")
    row = copy(Grid(columns=["a"], rows=[[1]], why_lossy="the copy is cut"), desk, "t_0")
    assert row["lacking"] == "the copy is cut"
    assert "cells" not in row
    assert [loss.what for loss in desk.lost] == ["the copy is cut"]
