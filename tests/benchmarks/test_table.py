"""Tables: made of rows and data frames, written as text and with their images, read back."""

from __future__ import annotations

import json
import os

import inputs
import msgspec
import pytest
from harness import Wanted
from stopwatch import Work
from test_image_write import REMARKS, write_png

from wbtypes_core import DirectoryStore, decode, encode
from wbtypes_image import Image
from wbtypes_table import Table

LARGE = os.environ.get("WBTYPES_BENCH_LARGE")
"""Whether the client is to be measured with 1e5 rows too, which takes it minutes; its time grows with the rows, or quicker."""

SIZES = [10**4, 10**5]


def size_of(count):
    return f"1e{len(str(count)) - 1} x 10"


def theirs(name, **settings):
    """A job of the client, where it is not left out for its length."""
    return (name, settings) if LARGE or settings["count"] < SIZES[-1] else None


def table_of(rows):
    return Table(inputs.COLUMNS, rows)


def wanted(count, theirs, floor):
    """The floors are those of the larger tables; what a call costs by itself counts for little there."""
    return Wanted(theirs, floor if count == SIZES[-1] else None)


@pytest.mark.parametrize("count", SIZES)
def test_made_of_scalars(bench, count):
    rows = inputs.rows(count)

    def floor(_, turn):
        return [(set(map(type, column)), list(column)) for column in zip(*rows, strict=True)]

    facts = bench(
        f"table {size_of(count)} scalars, construct",
        ours=Work(lambda _, turn: table_of(rows), facts=lambda table: inputs.told(table.data)),
        theirs=theirs("table", rows="rows", count=count),
        floor=Work(floor),
        wanted=wanted(count, 60, 3),
        remarks="floor: the set of each column's types",
    )
    assert facts == inputs.told(rows)


def test_made_of_mixed_cells(bench):
    count = 10**4
    rows = inputs.mixed_rows(count)
    facts = bench(
        f"table {size_of(count)} dicts, lists, arrays, moments, construct",
        ours=Work(lambda _, turn: table_of(rows), facts=lambda table: inputs.told(table.data)),
        theirs=("table", {"rows": "mixed_rows", "count": count}),
        wanted=Wanted(15),
    )
    assert facts == inputs.told(rows)


def test_made_of_a_data_frame(bench):
    count = 10**4
    frame = inputs.frame(count)
    facts = bench(
        f"table {size_of(count)}, from a data frame",
        ours=Work(lambda _, turn: Table(dataframe=frame), facts=lambda table: [table.columns, len(table)]),
        theirs=("table_of_frame", {"count": count}),
        floor=Work(lambda _, turn: frame.to_numpy()),
        wanted=Wanted(200, 2),
        remarks="floor: the frame's own to_numpy",
    )
    assert facts == [inputs.COLUMNS, count]


@pytest.mark.parametrize("count", SIZES)
def test_text(bench, files, count):
    table = table_of(inputs.rows(count))
    path = files / "ours.table.json"

    def ours(path, turn):
        path.write_bytes(table.file.read())
        return path

    facts = bench(
        f"table {size_of(count)}, JSON text, NaN kept",
        ours=Work(ours, inputs.gone(path), lambda path: inputs.told(json.loads(path.read_bytes())["data"])),
        theirs=theirs("table_text", count=count),
        floor=("table_text_by_pydantic", {"count": count}),
        wanted=wanted(count, 18, 1.5),
        remarks="floor: pydantic_core, of rows that are there",
    )
    assert facts == inputs.told(table.data)


@pytest.mark.parametrize("count", SIZES)
def test_read(bench, files, count):
    rows = [[None if cell != cell else cell for cell in row] for row in inputs.rows(count)]
    store = DirectoryStore(files)
    node = encode(table_of(rows), store, key=f"read{count}", exact=False).json
    (path,) = files.glob(f"artifacts/*/*/read{count}.table.json")
    facts = bench(
        f"table {size_of(count)}, read",
        ours=Work(lambda _, turn: decode(node, store).data, facts=inputs.told),
        theirs=theirs("table_read", path=str(path), count=count),
        floor=Work(lambda _, turn: msgspec.json.decode(path.read_bytes())["data"], facts=inputs.told),
        wanted=wanted(count, 100, 2),
        remarks="floor: msgspec, untyped",
    )
    assert facts == inputs.told(rows)


def test_images(bench, files):
    count, side = 1000, 64
    pictures = inputs.natural(side, side, count)
    store = DirectoryStore(files)
    (files / "media/images").mkdir(parents=True, exist_ok=True)

    def prepare(turn):
        return [inputs.stamped(picture, turn) for picture in pictures]

    def ours(arrays, turn):
        table = Table(["image", "n"], [[Image(array), row] for row, array in enumerate(arrays)])
        return encode(table, store, key="ours", step=turn).json

    def floor(arrays, turn):
        cells = [[write_png(files, array).name, row] for row, array in enumerate(arrays)]
        (files / f"floor-{turn}.json").write_bytes(msgspec.json.encode(cells))

    facts = bench(
        f"table of {count:,} images {side} x {side}, written",
        ours=Work(
            ours,
            prepare,
            lambda node: [inputs.digest(image.to_numpy()) for image in decode(node, store).column("image")],
        ),
        theirs=("table_of_images", {"count": count, "side": side}),
        floor=Work(floor, prepare),
        wanted=Wanted(5, 1.5),
        remarks=REMARKS,
    )
    assert facts == [inputs.digest(array) for array in prepare(0)]
