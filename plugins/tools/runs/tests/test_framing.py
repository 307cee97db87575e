"""The framing of logs: whole ones come back, damaged ones cost what was touched and no more."""

from __future__ import annotations

import io
import tracemalloc
import zlib
from pathlib import Path
from typing import Any

import pytest
from by_hand import BLOCK, HEADER, chunk, framed
from hypothesis import given, settings
from hypothesis import strategies as st

from wbtypes_core import Code, DecodeError, Limits
from wbtypes_runs import framing
from wbtypes_runs.problems import CUT

Found = tuple[list[tuple[int, bytes]], list[dict[str, Any]]]

RECORDS = st.lists(
    st.one_of(
        st.binary(max_size=60),
        st.integers(BLOCK - 40, BLOCK + 40).map(lambda size: bytes(range(1, 251)) * (size // 250 + 1)),
        st.just(b"x" * (2 * BLOCK + 5)),
    ),
    max_size=12,
)


def read(log: bytes, limits: Limits | None = None, start: int = len(HEADER)) -> Found:
    told: list[dict[str, Any]] = []

    def report(code: str, offset: int, what: str, remedy: str) -> None:
        told.append({"code": code, "offset": offset, "what": what, "remedy": remedy})

    return list(framing.records(io.BytesIO(log), limits or Limits(), report, start)), told


@given(RECORDS)
def test_whole_logs_come_back(records: list[bytes]) -> None:
    found, told = read(HEADER + framed(records))
    assert [record for _, record in found] == records
    assert told == []


@given(RECORDS, st.data())
def test_reading_can_begin_at_any_record(records: list[bytes], data: st.DataObject) -> None:
    log = HEADER + framed(records)
    whole, _ = read(log)
    at = data.draw(st.integers(0, len(whole)))
    start = whole[at][0] if at < len(whole) else len(log)
    assert read(log, start=start) == (whole[at:], [])


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=6))
@settings(max_examples=20)
def test_a_cut_log_gives_all_before_the_cut(records: list[bytes]) -> None:
    log = HEADER + framed(records)
    ends = [len(HEADER) + len(framed(records[:count])) for count in range(len(records) + 1)]
    for cut in range(len(HEADER), len(log) + 1):
        found, told = read(log[:cut])
        whole = sum(end <= cut for end in ends[1:])
        assert [record for _, record in found] == records[:whole]
        if cut == ends[whole]:
            assert told == []
        else:
            (problem,) = told
            assert (problem["code"], problem["offset"]) == (CUT, ends[whole])


@pytest.mark.parametrize("cut", [BLOCK, BLOCK + 3, 2 * BLOCK, 2 * BLOCK + 500])
def test_a_record_cut_in_a_later_block_is_told_where_it_begins(cut: int) -> None:
    log = HEADER + framed([b"before", b"y" * (3 * BLOCK)])
    found, told = read(log[:cut])
    assert [record for _, record in found] == [b"before"]
    assert [(each["code"], each["offset"]) for each in told] == [(CUT, 20)]


@given(st.lists(st.binary(max_size=700), min_size=3, max_size=40), st.data())
def test_a_flipped_bit_costs_the_record_it_is_in(records: list[bytes], data: st.DataObject) -> None:
    log = bytearray(HEADER + framed(records))
    assert len(log) < BLOCK
    whole, _ = read(bytes(log))
    place = data.draw(st.integers(len(HEADER), len(log) - 1))
    log[place] ^= 1 << data.draw(st.integers(0, 7))
    found, told = read(bytes(log))
    touched = max(offset for offset, _ in whole if offset <= place)
    assert found == [each for each in whole if each[0] != touched]
    assert len(told) == 1


def test_every_other_record_survives_its_damaged_neighbours() -> None:
    records = [bytes((64 + at,)) * 100 for at in range(26)]
    log = bytearray(HEADER + framed(records))
    for place in range(len(HEADER) + 6, len(log), 2 * 107):
        log[place] = 0xEE
    found, told = read(bytes(log))
    assert [record for _, record in found] == records[1::2]
    assert len(told) == 13


def test_damage_in_a_record_of_many_chunks_costs_that_record() -> None:
    records = [b"a", b"b" * (4 * BLOCK), b"c", b"d" * 50_000, b"e"]
    for place in range(100, 4 * BLOCK, 9973):
        log = bytearray(HEADER + framed(records))
        log[place] ^= 0x40
        found, told = read(bytes(log))
        assert [record[:1] for _, record in found] == [b"a", b"c", b"d", b"e"]
        assert told and all(problem["code"] == Code.DAMAGED_LOG for problem in told)


def test_a_damaged_length_does_not_cost_the_block() -> None:
    records = [bytes((64 + at,)) * 100 for at in range(26)]
    log = bytearray(HEADER + framed(records))
    log[len(HEADER) + 4] = 0xFF
    found, told = read(bytes(log))
    assert [record for _, record in found] == records[1:]
    assert [problem["offset"] for problem in told] == [len(HEADER)]


def test_zeros_in_a_log_are_told_once() -> None:
    head, tail = framed([b"a" * 32_700]), framed([b"b"])
    padding = bytes(BLOCK - len(HEADER + head) % BLOCK)
    found, told = read(HEADER + head + padding + bytes(3 * BLOCK) + tail + bytes(5000))
    assert [record[:1] for _, record in found] == [b"a", b"b"]
    assert [(problem["offset"], "zeros" in problem["what"]) for problem in told] == [
        (len(HEADER + head), True),
        (4 * BLOCK + len(tail), True),
    ]
    assert "(98," in told[0]["what"]


def test_chunks_out_of_order_are_told() -> None:
    first, middle, last, full = (chunk(kind, b"part") for kind in (2, 3, 4, 1))
    for chunks, kept in (
        (middle + full, 1),
        (last + full, 1),
        (first + full, 1),
        (first + first + last, 1),
        (first + middle + last, 1),
        (full + last + full, 2),
    ):
        found, told = read(HEADER + chunks)
        assert len(found) == kept
        assert len(told) == (0 if chunks == first + middle + last else 1)


@pytest.mark.parametrize("kind", [0, 5, 200])
def test_a_chunk_of_unknown_kind_is_told(kind: int) -> None:
    found, told = read(HEADER + chunk(kind, b"strange") + chunk(1, b"known"))
    assert [record for _, record in found] == [b"known"]
    assert "header" in told[0]["what"]


@pytest.mark.parametrize("size", [1001, 40_000, 200_000])
def test_a_record_over_the_limit_is_left_out(size: int) -> None:
    found, told = read(HEADER + framed([b"a", b"b" * size, b"c"]), Limits(record_bytes=1000))
    assert [record for _, record in found] == [b"a", b"c"]
    assert [problem["code"] for problem in told] == [Code.LIMIT]
    assert "record_bytes=1,000" in told[0]["what"]
    assert "Limits(record_bytes=...)" in told[0]["remedy"]


def test_a_long_log_is_read_in_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "long.wandb"
    path.write_bytes(HEADER + framed([b"z" * 3000] * 3000))
    with path.open("rb") as stream:
        tracemalloc.start()
        count = sum(1 for _ in framing.records(stream, Limits(), lambda *_: None))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert count == 3000
    assert peak < 2 << 20


def test_a_crafted_log_costs_no_more_than_a_part_of_each_block(monkeypatch: pytest.MonkeyPatch) -> None:
    summed = 0

    def counted(data: bytes, seed: int = 0) -> int:
        nonlocal summed
        summed += len(data)
        return zlib.crc32(data, seed)

    monkeypatch.setattr(framing, "crc32", counted)
    blocks = 4
    assert read(HEADER + b"\x01" * (blocks * BLOCK - len(HEADER)))[0] == []
    assert summed < blocks * (2 << 20) + blocks * BLOCK


@pytest.mark.parametrize(
    ("head", "reason", "says"),
    [
        (b"", Code.DAMAGED_LOG, "is empty"),
        (bytes(100), Code.DAMAGED_LOG, "begins with zeros"),
        (bytes(3), Code.DAMAGED_LOG, "begins with zeros"),
        (HEADER[:4], Code.DAMAGED_LOG, "ends after 4 bytes"),
        (HEADER[:-1] + b"\x01", Code.NOT_A_RUN, "version 1"),
        (b"\x1f\x8b\x08 gzip", Code.NOT_A_RUN, "is no wandb log"),
        (b"{}", Code.NOT_A_RUN, "is no wandb log"),
    ],
)
def test_a_file_that_is_no_log_is_refused(head: bytes, reason: Code, says: str) -> None:
    with pytest.raises(DecodeError, match=says) as refused:
        framing.check_header(io.BytesIO(head), Path("run-x.wandb"))
    assert refused.value.reason is reason
    assert str(refused.value).startswith("run-x.wandb ")


def test_the_header_of_a_log_is_taken() -> None:
    stream = io.BytesIO(HEADER + b"more")
    framing.check_header(stream, Path("run-x.wandb"))
    assert stream.read() == b"more"
