"""What is logged on both sides: tables of one column for every kind of cell, and whole tables, made by one and the same code.

Both libraries have the same constructors, so a case takes the library's names and makes its table with them.
"""

from __future__ import annotations

import datetime as dt
import math
import struct
import wave
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np

Names = Any
"""The classes of one of the libraries, by the client's names."""

Cells = Callable[[Names, Path], list[Any]]

EAST = dt.timezone(dt.timedelta(hours=5, minutes=30))

LABELS = {0: "sky", 1: "road", 7: "car"}

MOLECULE = "ATOM      1  N   ALA A   1      11.104   6.134  -6.504  1.00  0.00           N\nEND\n"

SHAPE = "v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n"


def make_assets(folder: Path) -> None:
    """The files that cases name, so that both sides store the same bytes."""
    from PIL import Image

    folder.mkdir(parents=True)
    folder.joinpath("ala.pdb").write_text(MOLECULE, encoding="ascii")
    folder.joinpath("shape.obj").write_text(SHAPE, encoding="ascii")
    folder.joinpath("page.html").write_text("<html><head></head><body>é</body></html>", encoding="utf-8")
    frames = [Image.fromarray(np.full((6, 8, 3), level, np.uint8)) for level in (0, 90, 250)]
    frames[0].save(folder / "clip.gif", save_all=True, append_images=frames[1:], duration=250)
    frames[1].resize((9, 5)).save(folder / "photo.jpg")
    with wave.open(str(folder / "tone.wav"), "wb") as out:
        out.setparams((1, 2, 8000, 0, "NONE", ""))
        out.writeframes(b"".join(struct.pack("<h", int(9000 * math.sin(at / 5))) for at in range(400)))


def pixels(height: int = 5, width: int = 7) -> Any:
    """A small colour picture, the same at each call."""
    return np.arange(height * width * 3, dtype=np.uint8).reshape(height, width, 3)


def _labelled(w: Names, _: Path) -> list[Any]:
    boxes = {
        "pred": {
            "box_data": [
                {
                    "position": {"minX": 1, "maxX": 4, "minY": 0, "maxY": 3},
                    "domain": "pixel",
                    "class_id": 1,
                    "box_caption": "a road",
                    "scores": {"acc": 0.5, "iou": 1.0},
                }
            ],
            "class_labels": {1: "road", 2: "tree"},
        },
        "truth": {
            "box_data": [{"position": {"middle": [0.5, 0.5], "width": 0.25, "height": 0.125}, "class_id": 7}],
            "class_labels": {7: "car"},
        },
    }
    mask = np.array([[0, 1, 7, 0, 1, 7, 0]] * 5, np.uint8)
    masks = {"ground": {"mask_data": mask, "class_labels": LABELS}}
    classes = w.Classes([{"id": at, "name": name} for at, name in LABELS.items()])
    first = w.Image(pixels(), caption="labelled", boxes=boxes, masks=masks, classes=classes)
    return [first, w.Image(pixels(4, 4), masks=masks, classes=classes), None]


def _figure(w: Names, _: Path) -> list[Any]:
    import plotly.graph_objects as go

    return [w.Plotly(go.Figure(go.Scatter(x=[1, 2], y=[3.5, 4]))), None]


def _bokeh(w: Names, _: Path) -> list[Any]:
    from bokeh.plotting import figure

    plot = figure(width=200, height=100)
    plot.line([1, 2], [3, 4])
    return [w.Bokeh(plot), None]


def _graph(w: Names, _: Path) -> list[Any]:
    graph = w.Graph()
    first = w.Node(id=1, name="in", class_name="Input")
    graph.add_node(first)
    graph.add_edge(first, graph.add_node(w.Node(id=2, name="out", class_name="Dense", size=(3, 4))))
    return [graph, None]


COLUMNS: dict[str, Cells] = {
    "none": lambda w, a: [None, None],
    "boolean": lambda w, a: [True, False, None],
    "int": lambda w, a: [1, -(2**53) - 1, 2**63 - 1, None],
    "big int": lambda w, a: [2**64, -(2**70), 0],
    "float": lambda w, a: [1.0, -0.0, 0.1, 1.5e300, 5e-324, None],
    "ints and floats": lambda w, a: [1, 1.0, 2, 2.5],
    "infinity": lambda w, a: [math.inf, -math.inf, 0.5],
    "nan": lambda w, a: [math.nan, 0.5, None],
    "text": lambda w, a: ["", "a b", 'quote " \\ /', "line\nend", "null", None],
    "unicode": lambda w, a: ["é", "日本語", "\U0001f600", "\u2028", "\x00\x1f\x7f"],
    "bytes": lambda w, a: [b"plain", b"", "é".encode()],
    "list": lambda w, a: [[1, 2, 3], [], [4], None],
    "list of text": lambda w, a: [["a", "b"], ["c"]],
    "list of lists": lambda w, a: [[[1], [2, 3]], [[4]]],
    "list with none": lambda w, a: [[None, 1], [2]],
    "tuple": lambda w, a: [(1, 2), (3, 4)],
    "set": lambda w, a: [{1}, {2}],
    "dict": lambda w, a: [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}],
    "nested": lambda w, a: [
        {"deep": {"list": [{"leaf": 1.5}, {"leaf": 2.5}]}},
        {"deep": {"list": [{"leaf": 3.5}]}},
    ],
    "naive moment": lambda w, a: [dt.datetime(2024, 2, 29, 12, 30, 15), dt.datetime(1969, 12, 31), None],
    "aware moment": lambda w, a: [
        dt.datetime(2024, 2, 29, 12, 30, tzinfo=EAST),
        dt.datetime(2024, 3, 1, tzinfo=dt.UTC),
    ],
    "milliseconds": lambda w, a: [dt.datetime(2024, 1, 2, 3, 4, 5, 678000)],
    "microseconds": lambda w, a: [
        dt.datetime(2024, 1, 2, 3, 4, 5, 678901),
        dt.datetime(2001, 1, 1, 0, 0, 0, 1),
    ],
    "date": lambda w, a: [dt.date(2024, 2, 29), dt.date(1900, 1, 1), None],
    "dates and moments": lambda w, a: [dt.date(2024, 2, 29), dt.datetime(2024, 2, 29, 1)],
    "datetime64 s": lambda w, a: [np.datetime64("2024-02-29T12:30:15", "s")],
    "datetime64 ns": lambda w, a: [np.datetime64("2024-02-29T12:30:15.000000000", "ns")],
    "numpy int": lambda w, a: [np.int8(-3), np.uint64(2**64 - 1), np.int64(5)],
    "numpy float": lambda w, a: [np.float32(0.1), np.float16(1.5), np.float64(2.25)],
    "numpy bool": lambda w, a: [np.bool_(True), np.bool_(False)],
    "numpy text": lambda w, a: [np.str_("word")],
    "array 1-d": lambda w, a: [np.array([1.5, 2.5, 3.0]), np.array([0.0, -1.0, 9.0])],
    "array 1-d of ints": lambda w, a: [np.array([1, 2], np.int16), np.array([3, 4], np.int16)],
    "array 1-d long": lambda w, a: [np.arange(200, dtype=np.float32), np.ones(200, np.float32)],
    "array 2-d": lambda w, a: [np.arange(6, dtype=np.int32).reshape(2, 3), np.ones((2, 3), np.int32)],
    "array 3-d of booleans": lambda w, a: [np.eye(2, dtype=bool)[None], np.zeros((1, 2, 2), bool)],
    "array with infinity": lambda w, a: [np.array([np.inf, 1.0]), np.array([2.0, -np.inf])],
    "array with nan": lambda w, a: [np.array([np.nan, 1.0])],
    "array of booleans": lambda w, a: [np.array([True, False])],
    "array of halves": lambda w, a: [np.array([0.5, 1.5], np.float16)],
    "array of complex numbers": lambda w, a: [np.array([1 + 2j, 0])],
    "array of text": lambda w, a: [np.array(["a", "bc"])],
    "array of moments": lambda w, a: [np.array(["2024-01-01", "2024-02-29"], "datetime64[s]")],
    "array 0-d": lambda w, a: [np.array(1.5), np.array(2.5)],
    "array empty": lambda w, a: [np.ones(0), np.ones(0)],
    "array empty 2-d": lambda w, a: [np.ones((0, 3))],
    "array 1-d and none": lambda w, a: [np.ones(2), None],
    "array after none": lambda w, a: [None, np.ones(2)],
    "array and none": lambda w, a: [np.ones((2, 2)), None],
    "arrays ragged": lambda w, a: [np.ones(2), np.ones(3)],
    "array in a list": lambda w, a: [[np.ones(2)], [np.zeros(2)]],
    "decimal": lambda w, a: [Decimal("1.10"), Decimal("-3")],
    "complex": lambda w, a: [1 + 2j],
    "image": lambda w, a: [w.Image(pixels(), caption="c"), w.Image(pixels(3, 4)), None],
    "image grey": lambda w, a: [w.Image(pixels()[:, :, 0]), w.Image(pixels()[:, :, 1])],
    "image from a file": lambda w, a: [w.Image(str(a / "photo.jpg"), caption="from a file", grouping=3)],
    "image labelled": _labelled,
    "image after none": lambda w, a: [None, w.Image(pixels())],
    "images with other labels": lambda w, a: [
        w.Image(pixels(), masks={key: {"mask_data": np.ones((5, 7), np.uint8), "class_labels": {1: key}}})
        for key in ("first", "second")
    ],
    "image with labels of its own": lambda w, a: [
        w.Image(
            pixels(),
            boxes={
                "b": {"box_data": [{"position": {"middle": [1, 2], "width": 3, "height": 4}, "class_id": 3}]}
            },
        )
    ],
    "images in a list": lambda w, a: [[w.Image(pixels()), w.Image(pixels(2, 2), caption="two")]],
    "images in a dict": lambda w, a: [{"a": {"b": w.Image(pixels())}}],
    "audio": lambda w, a: [w.Audio(str(a / "tone.wav"), caption="a tone"), None],
    "audio of an array": lambda w, a: [w.Audio(np.linspace(-1, 1, 50), sample_rate=8000, caption="made")],
    "audio without caption": lambda w, a: [w.Audio(str(a / "tone.wav"))],
    "video": lambda w, a: [w.Video(str(a / "clip.gif")), None],
    "video with caption": lambda w, a: [w.Video(str(a / "clip.gif"), caption="moving")],
    "html": lambda w, a: [w.Html("<b>é</b>"), w.Html(str(a / "page.html")), None],
    "html as it is": lambda w, a: [w.Html("<p>plain</p>", inject=False)],
    "points": lambda w, a: [w.Object3D(np.arange(12.0).reshape(2, 6)), w.Object3D(np.ones((3, 3)))],
    "object": lambda w, a: [w.Object3D(str(a / "shape.obj")), None],
    "object with caption": lambda w, a: [w.Object3D(np.ones((2, 3)), caption="solid")],
    "molecule": lambda w, a: [w.Molecule(str(a / "ala.pdb")), None],
    "molecule with caption": lambda w, a: [w.Molecule(str(a / "ala.pdb"), caption="alanine")],
    "plotly": _figure,
    "bokeh": _bokeh,
    "histogram": lambda w, a: [w.Histogram([1, 2, 3]), w.Histogram(np_histogram=([1, 2], [0, 0.5, 1]))],
    "graph": _graph,
    "trace": lambda w, a: [w.WBTraceTree(w.Span(span_id="s", name="root", start_time_ms=1), {"model": 1})],
    "table": lambda w, a: [
        w.Table(columns=["x", "picture"], data=[[1, w.Image(pixels())], [2, w.Image(pixels(2, 3))]]),
        w.Table(columns=["x", "picture"], data=[[3, w.Image(pixels())]]),
    ],
    "table with keys": lambda w, a: [_foreign_key(w, a)],
    "tables in a list": lambda w, a: [[w.Table(columns=["x"], data=[[1]])]],
    "classes": lambda w, a: [w.Classes([{"id": 1, "name": "one"}])],
}
"""Cells by what they are; each becomes a table of one column, `cell`."""

MIXED = {"arrays ragged", "images in a list"}
"""Cases whose cells the client takes only as of any type."""


def one_column(w: Names, assets: Path, name: str) -> Any:
    """The table of a case of `COLUMNS`."""
    cells = COLUMNS[name](w, assets)
    return w.Table(columns=["cell"], data=[[cell] for cell in cells], allow_mixed_types=name in MIXED)


# -- whole tables ---------------------------------------------------------------------------------------------


def _wide(w: Names, assets: Path) -> Any:
    columns = ["n", "text", "half", "é", "when", "picture", "embedding", "matrix"]
    data = [
        [
            row,
            f"row {row}",
            row * 0.5,
            row % 2 == 0,
            dt.datetime(2024, 1, 1 + row),
            w.Image(pixels()),
            np.ones(3) * row,
        ]
        for row in range(4)
    ]
    return w.Table(columns=columns, data=[[*row, np.eye(2) * at] for at, row in enumerate(data)])


def _odd_names(w: Names, assets: Path) -> Any:
    columns = ["a/b", "", "..", "_type", "\\", "é" * 90, "nul\x00"]
    return w.Table(columns=columns, data=[[np.eye(2), np.eye(3), w.Image(pixels()), "x", 1, np.ones(300), 2]])


def _one_array(w: Names, assets: Path) -> Any:
    return w.Table(columns=["a", "b"], data=[[np.eye(2) * row, np.eye(2) * row] for row in range(3)])


def _strict(w: Names, assets: Path) -> Any:
    return w.Table(columns=["a", "b"], data=[[1, "x"], [2, "y"]], optional=[False, True], dtype=[int, str])


def _mixed(w: Names, assets: Path) -> Any:
    rows = [[1, "a"], ["two", 2.5], [w.Image(pixels()), [1, "x"]]]
    return w.Table(columns=["a", "b"], data=rows, allow_mixed_types=True)


def _class_ids(w: Names, assets: Path) -> Any:
    classes = w.Classes([{"id": at, "name": name} for at, name in LABELS.items()])
    return w.Table(columns=["id"], data=[[1], [7], [1]], dtype=[w.class_ids(classes)], optional=False)


def _primary_key(w: Names, assets: Path) -> Any:
    table = w.Table(columns=["id", "n"], data=[["a", 1], ["b", 2]])
    table.set_pk("id")
    return table


def _foreign_key(w: Names, assets: Path) -> Any:
    table = w.Table(columns=["ref", "n"], data=[["b", 1], ["a", 2]])
    table.set_fk("ref", _primary_key(w, assets), "id")
    return table


def _foreign_index(w: Names, assets: Path) -> Any:
    rows = w.Table(columns=["x"], data=[[10], [20]]).get_index()
    return w.Table(columns=["row"], data=[[rows[1]], [rows[0]]])


def _joined(w: Names, assets: Path) -> Any:
    left = w.Table(columns=["id", "picture"], data=[[1, w.Image(pixels())], [2, w.Image(pixels(2, 2))]])
    right = w.Table(columns=["id", "score"], data=[[1, 0.5], [2, 0.25]])
    return w.JoinedTable(left, right, "id")


def _joined_by_two(w: Names, assets: Path) -> Any:
    left = w.Table(columns=["a", "x"], data=[["k", 1]])
    return w.JoinedTable(left, w.Table(columns=["b", "y"], data=[["k", 2]]), ["a", "b"])


TABLES: dict[str, Callable[[Names, Path], Any]] = {
    "wide": _wide,
    "odd names": _odd_names,
    "equal arrays in two columns": _one_array,
    "strict": _strict,
    "mixed types": _mixed,
    "empty": lambda w, a: w.Table(columns=["a", "b"]),
    "no columns": lambda w, a: w.Table(columns=[]),
    "columns by number": lambda w, a: w.Table(columns=[0, 1], data=[[1, "x"]]),
    "class ids": _class_ids,
    "primary key": _primary_key,
    "foreign key": _foreign_key,
    "foreign index": _foreign_index,
    "joined": _joined,
    "joined by two": _joined_by_two,
}

PARTS = {"b": 2, "a": 3, "c": 1}
"""The parts of the partitioned table, and their rows."""


def part(w: Names, assets: Path, name: str) -> Any:
    """One part of the partitioned table."""
    return w.Table(columns=["part", "picture"], data=[[name, w.Image(pixels())] for _ in range(PARTS[name])])


INCREMENTS = ([[1, "a"]], [[2, "b"], [3, "c"]], [[4, "d"]])
"""The rows that an incremental table has got at each log."""


def case_names() -> list[str]:
    """All cases that both sides make with `make`."""
    return [*COLUMNS, *TABLES]


def make(w: Names, assets: Path, name: str) -> Any:
    """The table of a case."""
    return one_column(w, assets, name) if name in COLUMNS else TABLES[name](w, assets)
