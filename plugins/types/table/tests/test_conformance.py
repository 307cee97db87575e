"""The table codecs keep the contract of all codecs."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np

import wbtypes_table.plugin
from wbtypes_core import WBValue
from wbtypes_core.testing import CodecConformance
from wbtypes_table import (
    IncrementalTable,
    IncrementalTableFileCodec,
    JoinedTable,
    JoinedTableCodec,
    JoinedTablePointerCodec,
    PartitionedTable,
    PartitionedTableCodec,
    PartitionedTablePointerCodec,
    Table,
    TableCodec,
    TableFileCodec,
)

HERE = Path(__file__).parent
HEAVY = ("numpy", "pandas", "polars", "pyarrow", "PIL")
MOMENT = datetime.datetime(2021, 3, 4, 5, 6, 7, 891234)


def tables() -> Iterator[Table]:
    yield Table()
    yield Table(columns=[])
    yield Table(columns=["a", 0], data=[[1, "x"], [None, None], [2**80, "\ud800"]])
    yield Table(columns=["f"], data=[[float("nan")], [None], [float("inf")], [-0.5]])
    yield Table(columns=["f"], data=[[float("nan")], [1.0]])
    berlin = ZoneInfo("Europe/Berlin")
    yield Table(
        columns=["naive", "aware", "far", "day"],
        data=[
            [MOMENT, MOMENT.replace(tzinfo=datetime.UTC), MOMENT.replace(tzinfo=berlin), MOMENT.date()],
            [None, None, MOMENT.replace(tzinfo=berlin, month=7), datetime.date(1900, 1, 1)],
        ],
    )
    yield Table(columns=["t"], data=[[MOMENT], [MOMENT.replace(tzinfo=berlin)], [MOMENT.date()]])
    yield Table(columns=["short"], data=[[np.arange(3, dtype=np.int8)], [np.arange(3, dtype=np.int8)]])
    yield Table(columns=["m"], data=[[np.ones((2, 3), np.float32)], [np.zeros((2, 3), np.float32)]])
    yield Table(columns=["m"], data=[[np.ones((2, 3), complex)], [None]])
    yield Table(
        columns=["x"],
        data=[
            [(1, "a")],
            [{"k": [float("nan"), b"\xff"], "at": MOMENT}],
            [np.float32(0.1)],
            [True],
            [{3: "int key"}],
            [np.datetime64("2020-01-01T00:00:00.000000001")],
        ],
        allow_mixed_types=True,
    )
    yield Table(columns=["t"], data=[[Table(columns=["a"], data=[[1]])]], log_mode="MUTABLE")
    keyed = Table(columns=["id", "v"], data=[["a", 1], ["b", 2]])
    keyed.set_pk("id")
    referring = Table(columns=["ref"], data=[["a"]])
    referring.set_fk("ref", keyed, "id")
    yield keyed
    yield Table(columns=["a", "b"], data=[[1, "x"]], optional=[True, False], dtype=[int, str])


class TestTable(CodecConformance):
    codec = TableCodec()
    plugin = wbtypes_table.plugin
    corpus = HERE / "corpus"
    heavy = HEAVY

    def samples(self) -> Iterator[WBValue]:
        yield from tables()


class TestTableFile(CodecConformance):
    codec = TableFileCodec()
    plugin = wbtypes_table.plugin
    corpus = HERE / "corpus"
    heavy = HEAVY

    def samples(self) -> Iterator[WBValue]:
        yield from tables()


class TestIncrementalTableFile(CodecConformance):
    codec = IncrementalTableFileCodec()
    plugin = wbtypes_table.plugin
    corpus = HERE / "corpus"
    heavy = HEAVY

    def samples(self) -> Iterator[WBValue]:
        yield IncrementalTable(columns=["a"])
        yield Table(columns=["a", "f"], data=[[1, float("nan")], [2, None]], log_mode="INCREMENTAL")


def joined() -> Iterator[JoinedTable]:
    left = Table(columns=["id", "a"], data=[["x", 1], ["y", 2]])
    yield JoinedTable(left, Table(columns=["id", "b"], data=[["x", MOMENT]]), "id")
    yield JoinedTable(left, Table(columns=["key", "b"], data=[["y", 2.5]]), ("id", "key"))


def partitioned() -> Iterator[PartitionedTable]:
    yield PartitionedTable(
        "parts", {f"{n}.table.json": Table(columns=["a"], data=[[n], [None]]) for n in range(3)}
    )


class TestJoinedTable(CodecConformance):
    codec = JoinedTableCodec()
    plugin = wbtypes_table.plugin
    corpus = HERE / "corpus"
    heavy = HEAVY

    def samples(self) -> Iterator[WBValue]:
        yield from joined()


class TestJoinedTablePointer(CodecConformance):
    codec = JoinedTablePointerCodec()
    plugin = wbtypes_table.plugin
    corpus = HERE / "corpus"
    heavy = HEAVY

    def samples(self) -> Iterator[WBValue]:
        yield from joined()


class TestPartitionedTable(CodecConformance):
    codec = PartitionedTableCodec()
    plugin = wbtypes_table.plugin
    corpus = HERE / "corpus"
    heavy = HEAVY

    def samples(self) -> Iterator[WBValue]:
        yield from partitioned()


class TestPartitionedTablePointer(CodecConformance):
    codec = PartitionedTablePointerCodec()
    plugin = wbtypes_table.plugin
    corpus = HERE / "corpus"
    heavy = HEAVY

    def samples(self) -> Iterator[WBValue]:
        yield from partitioned()
