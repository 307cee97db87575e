"""Runs with values of other plugins: rows of the public API, and tables that are written behind the caller's back."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np

from wbtypes_graph import Graph
from wbtypes_histogram import Histogram
from wbtypes_image import Image
from wbtypes_runs import RunWriter, open_run
from wbtypes_table import Table


def test_histograms_that_the_back_end_packed_come_back_from_rows_of_the_api() -> None:
    packed = {
        "_type": "histogram",
        "values": [1, 2, 3],
        "packedBins": {"min": -1, "size": 0.5, "count": 3},
    }
    plain = {"_type": "histogram", "values": [1, 2, 3], "bins": [-1, -0.5, 0, 0.5]}
    rows = [
        {"_step": 0, "loss": "NaN", "h": packed, "deep": {"er": packed}},
        {"_step": 1, "loss": 0.5, "h": plain},
    ]
    run = open_run(rows, summary={"h": packed, "loss": "NaN"})
    first, second = run.history()
    assert isinstance(first["h"], Histogram)
    assert list(first["h"].bins) == [-1, -0.5, 0, 0.5]
    assert first["h"] == first["deep"]["er"] == second["h"] == run.summary["h"]
    assert math.isnan(first["loss"]) and math.isnan(run.summary["loss"])
    assert first.json["h"] == packed
    assert run.check() == []


def test_tables_and_graphs_are_written_as_they_were_when_they_were_logged(tmp_path: Path) -> None:
    shades = [Image(np.full((2, 2, 3), shade, np.uint8)) for shade in range(8)]
    table = Table(columns=["n", "img"], data=list(enumerate(shades)))
    graph = Graph()
    node = graph.add_node(id=1, name="before")
    with RunWriter(tmp_path / "run") as writer:
        writer.log({"table": table, "graph": graph})
        table.add_data(8, shades[0])
        table.add_column("late", [0] * 9)
        node.name = "after"
        graph.add_node(id=2)
        writer.log({"table": table, "graph": graph})
    run = open_run(writer.folder)
    first, second = run.history()
    assert first["table"].data == [list(each) for each in enumerate(shades)]
    assert second["table"] == table
    assert [each.name for each in first["graph"]] == ["before"]
    assert [each.name for each in second["graph"]] == ["after", None]
    assert run.check() == []


def test_increments_of_a_table_keep_their_order_and_count_on(tmp_path: Path) -> None:
    table: Any = Table(columns=["n", "img"], data=[], log_mode="INCREMENTAL")
    with RunWriter(tmp_path / "run") as writer:
        for number in range(12):
            side = 200 if number % 3 == 0 else 1  # those that take long, between others
            table.add_data(number, Image(np.full((side, side, 3), number, np.uint8)))
            writer.log({"table": table, "number": number})
        writer.summary["in the summary"] = table
    run = open_run(writer.folder)
    for row in run.history():
        assert row.json["table"]["increment_num"] == row["number"]
        assert row["table"].column("n") == list(range(row["number"] + 1))
        assert not row["table"].lossy
    assert run.summary["in the summary"].column("n") == list(range(12))
    assert run.check() == []
