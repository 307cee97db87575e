"""The log file, written: framing that the reader takes, at every offset of a block, and what a failed write leaves."""

from __future__ import annotations

import errno
import io
from pathlib import Path
from typing import Any

import pytest
from by_hand import BLOCK, HEADER, framed, num, part
from hypothesis import given, settings
from hypothesis import strategies as st

from wbtypes_core import Limits
from wbtypes_runs import framing
from wbtypes_runs.writing.contents import Record
from wbtypes_runs.writing.logfile import LogFile


def expected(records: list[Record]) -> bytes:
    """The log of some records, framed by hand."""
    return HEADER + framed(
        [num(1, at) + part(kind, content) for at, (kind, content) in enumerate(records, 1)]
    )


def test_records_are_framed_at_every_distance_from_the_end_of_a_block(tmp_path: Path) -> None:
    for room in range(30):
        path = tmp_path / f"{room}.wandb"
        log = LogFile(path)
        # chunk header, number and kind of the first record take 13 bytes
        records: list[Record] = [
            (2, bytes(BLOCK - len(HEADER) - 13 - room)),
            (3, b"tail" * 9),
            (2, b"x" * 70_000),
        ]
        for record in records:
            log.append([record])
        log.close()
        assert path.read_bytes() == expected(records)
        assert read(path) == len(records)


def read(path: Path) -> int:
    damaged: list[Any] = []
    found = framing.records(io.BytesIO(path.read_bytes()), Limits(), lambda *told: damaged.append(told))
    count = len(list(found))
    assert damaged == []
    return count


@given(sizes=st.lists(st.lists(st.integers(0, 40_000), min_size=1, max_size=3), max_size=6))
@settings(max_examples=40)
def test_records_of_any_size_are_framed(
    tmp_path_factory: pytest.TempPathFactory, sizes: list[list[int]]
) -> None:
    path = tmp_path_factory.mktemp("logs") / "x.wandb"
    log = LogFile(path)
    records: list[Record] = []
    for call in sizes:
        more: list[Record] = [(2, b"x" * size) for size in call]
        log.append(more)
        records += more
    log.close()
    assert path.read_bytes() == expected(records)
    assert read(path) == len(records)


class Failing:
    """A file that takes some bytes more, and fails until there is room."""

    def __init__(self, out: Any, room: int, *, trims: bool) -> None:
        self.out = out
        self.room = room
        self.trims = trims

    def write(self, data: memoryview) -> int:
        taken: int = self.out.write(data[: self.room])
        self.room -= taken
        if not taken:
            raise OSError(errno.ENOSPC, "No space left on device")
        return taken

    def truncate(self, size: int) -> int:
        if not self.trims:
            raise OSError(errno.EIO, "Input/output error")
        cut: int = self.out.truncate(size)
        return cut

    def __getattr__(self, name: str) -> Any:
        return getattr(self.out, name)


@pytest.mark.parametrize("trims", [True, False])
@pytest.mark.parametrize("room", [0, 1, 6, 7, 30, 33_000])
def test_a_write_that_fails_is_taken_back_and_the_next_goes_on(
    tmp_path: Path, room: int, trims: bool
) -> None:
    path = tmp_path / "x.wandb"
    log = LogFile(path)
    log.append([(2, b"first")])
    before = path.read_bytes()
    failing = Failing(log._out, room, trims=trims)
    log._out = failing  # type: ignore[assignment]
    with pytest.raises(OSError, match="No space left"):
        log.append([(2, b"lost" * 20_000), (3, b"too")])
    if trims:
        assert path.read_bytes() == before
    failing.room, failing.trims = 1 << 20, True
    log.append([(2, b"second" * 10)])
    log.close()
    assert path.read_bytes() == expected([(2, b"first"), (2, b"second" * 10)])


def test_a_log_is_never_written_over(tmp_path: Path) -> None:
    path = tmp_path / "x.wandb"
    path.write_bytes(b"here")
    with pytest.raises(FileExistsError):
        LogFile(path)
    assert path.read_bytes() == b"here"
