"""Tables of anything, as the `wandb` client logs them: rows with their images, times and arrays, exactly."""

from .codec import (
    IncrementalTableFileCodec,
    JoinedTableCodec,
    JoinedTablePointerCodec,
    PartitionedTableCodec,
    PartitionedTablePointerCodec,
    TableCodec,
    TableFileCodec,
)
from .column_types import ColumnType
from .lost import Lost
from .values import IncrementalTable, JoinedTable, PartitionedTable, Table, TableIndex

__version__ = "1.0.0"

__all__ = [
    "ColumnType",
    "IncrementalTable",
    "IncrementalTableFileCodec",
    "JoinedTable",
    "JoinedTableCodec",
    "JoinedTablePointerCodec",
    "Lost",
    "PartitionedTable",
    "PartitionedTableCodec",
    "PartitionedTablePointerCodec",
    "Table",
    "TableCodec",
    "TableFileCodec",
    "TableIndex",
]
