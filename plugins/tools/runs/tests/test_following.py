"""Following a log that is still being written: rows come as they land, whole, once, and in order."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from by_hand import (
    BLOCK,
    CONFIG,
    EXIT,
    HEADER,
    HISTORY,
    SUMMARY,
    Recording,
    flat,
    framed,
    history,
    items,
    num,
    part,
)

from wbtypes_core import DecodeError
from wbtypes_runs import open_run

FOOTER = 22

WRITER = """
import random, sys, time
path, source, seed = sys.argv[1:]
data = open(source, "rb").read()
rng = random.Random(int(seed))
with open(path, "ab", buffering=0) as log:
    at = log.tell()
    while at < len(data):
        size = rng.choice((1, 3, 7, 100, 5000, 33000))
        log.write(data[at : at + size])
        at += size
        time.sleep(rng.choice((0, 0, 0.001)))
"""


def changes(values: dict[str, object]) -> bytes:
    return items(flat(values))


def whole(rows: int, wide: int = 400) -> list[bytes]:
    """The records of a run of some rows, each a third of a block at times, so that many are split."""
    rng = random.Random(rows)
    made = []
    for step in range(rows):
        row = {"_step": step, "text": "x" * rng.choice((0, wide, 40 * wide))}
        made.append(num(1, step) + part(HISTORY, history(flat(row), step)))
    return made


@pytest.mark.parametrize("seed", range(4))
def test_rows_come_from_a_process_that_writes_in_odd_pieces(seed: int, tmp_path: Path) -> None:
    records = [*whole(60), part(EXIT, num(1, 0)), part(FOOTER, b"")]
    data = HEADER + framed(records)
    path = tmp_path / "run-live.wandb"
    path.write_bytes(data[:8])
    (tmp_path / "all").write_bytes(data)
    command = [sys.executable, "-c", WRITER, str(path), str(tmp_path / "all"), str(seed)]
    with subprocess.Popen(command) as writer:
        rows = list(open_run(path).follow(interval=0.005, timeout=20))
        assert writer.wait() == 0
    assert [row.step for row in rows] == list(range(60))
    assert [row.json for row in rows] == [row.json for row in open_run(path).history()]


@pytest.mark.parametrize("cut", [1, 6, 7, 8, 20])
def test_half_a_record_is_waited_for(cut: int, tmp_path: Path) -> None:
    path = tmp_path / "run-live.wandb"
    first, second = whole(1), whole(2)[1:]
    start = HEADER + framed(first)
    rest = framed(second, len(start))
    path.write_bytes(start + rest[:cut])
    following = open_run(path).follow(interval=0.001, timeout=20)
    assert next(following).step == 0
    with path.open("ab") as log:
        log.write(rest[cut:])
    assert next(following).step == 1
    end = part(FOOTER, b"")
    with path.open("ab") as log:
        log.write(framed([end], len(start + rest)))
    assert list(following) == []


def test_a_record_over_many_blocks_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "run-live.wandb"
    record = num(1, 1) + part(HISTORY, history(flat({"_step": 0, "text": "y" * (5 * BLOCK)}), 0))
    data = HEADER + framed([record, part(FOOTER, b"")])
    path.write_bytes(data[:8])
    following = open_run(path).follow(interval=0.001, timeout=20)
    arrived = threading.Event()

    def write() -> None:
        for at in range(8, len(data), 10_000):
            with path.open("ab") as log:
                log.write(data[at : at + 10_000])
            arrived.wait(0.002)

    thread = threading.Thread(target=write)
    thread.start()
    rows = list(following)
    thread.join()
    assert [len(row["text"]) for row in rows] == [5 * BLOCK]


def test_zeros_at_the_end_may_still_be_filled_in(tmp_path: Path) -> None:
    path = tmp_path / "run-live.wandb"
    data = HEADER + framed([*whole(2), part(FOOTER, b"")])
    path.write_bytes(HEADER + bytes(len(data) - len(HEADER)))
    following = open_run(path).follow(interval=0.001, timeout=0.2)
    assert list(following) == []
    following = open_run(path).follow(interval=0.001, timeout=20)

    def fill_in() -> None:  # not by write_bytes, for which the file is empty at first
        with path.open("r+b") as log:
            log.write(data + framed(whole(1), len(data)))

    writer = threading.Timer(0.05, fill_in)
    writer.start()
    assert [row.step for row in following] == [0, 1, 0]
    writer.join()


def test_a_log_that_is_given_its_length_before_its_bytes_loses_no_row(tmp_path: Path) -> None:
    path = tmp_path / "run-live.wandb"
    data = HEADER + framed([*whole(60), part(FOOTER, b"")])
    path.write_bytes(HEADER)
    following = open_run(path).follow(interval=0.001, timeout=20)
    rows: list[int | None] = []

    def follow() -> None:
        rows.extend(row.step for row in following)

    reader = threading.Thread(target=follow)
    reader.start()
    with path.open("r+b", buffering=0) as log:
        for at in range(len(HEADER), len(data), BLOCK + 10_000):
            piece = data[at : at + BLOCK + 10_000]
            log.seek(at)
            log.write(bytes(len(piece)))
            time.sleep(0.01)
            log.seek(at)
            log.write(piece)
            time.sleep(0.005)
    reader.join(30)
    assert rows == list(range(60))


def test_a_damaged_record_costs_itself(tmp_path: Path) -> None:
    path = tmp_path / "run-live.wandb"
    records = [framed([record]) for record in whole(3, wide=5)]
    damaged = records[1][:-1] + b"!"
    data = HEADER + records[0] + damaged + records[2]
    path.write_bytes(data + framed([part(FOOTER, b"")], len(data)))
    assert [row.step for row in open_run(path).follow(interval=0.001)] == [0, 2]


def test_the_run_grows_along(recording: Recording) -> None:
    recording.row(0, {"loss": 1})
    run = open_run(recording.save())
    assert (run.config, run.summary_json) == ({}, {})
    following = run.follow(interval=0.001, timeout=20)
    assert next(following)["loss"] == 1
    recording.add(CONFIG, changes({"lr": 2}))
    recording.add(SUMMARY, changes({"loss": 3}))
    recording.row(1, {"loss": 3})
    recording.save()
    assert next(following)["loss"] == 3
    assert (run.config, run.summary_json) == ({"lr": 2}, {"loss": 3})
    recording.add(EXIT, num(1, 3))
    recording.save()
    assert list(following) == []
    assert run.exit is not None and run.exit.code == 3


def test_keys_and_start_are_as_in_history(recording: Recording) -> None:
    for step in range(5):
        recording.row(step, {"a": step, "b": step} if step % 2 else {"b": step})
    recording.add(FOOTER, b"")
    run = open_run(recording.save())
    assert [row.json for row in run.follow(keys=["a"], start=2)] == [{"a": 3}]


def test_it_ends_when_it_is_told_to(recording: Recording) -> None:
    recording.row(0, {"a": 1})
    run = open_run(recording.save())
    stop = threading.Event()
    following = run.follow(interval=60, stop=stop)
    assert next(following)["a"] == 1
    threading.Timer(0.05, stop.set).start()
    begun = time.monotonic()
    assert list(following) == []
    assert time.monotonic() - begun < 30
    assert [row["a"] for row in run.follow(interval=60, timeout=0.01)] == [1]


def test_a_log_that_is_begun_anew_or_gone_is_told(recording: Recording) -> None:
    recording.row(0, {"a": "x" * 100})
    recording.row(1, {"a": "x" * 100})
    run = open_run(recording.save())
    following = run.follow(interval=0.001, timeout=20)
    assert [next(following).step, next(following).step] == [0, 1]
    recording.path.write_bytes(HEADER)
    with pytest.raises(DecodeError, match="has become shorter"):
        next(following)
    recording.save()
    following = run.follow(interval=0.001, timeout=20)
    assert [next(following).step, next(following).step] == [0, 1]
    recording.path.unlink()
    with pytest.raises(DecodeError, match="cannot be read any more"):
        next(following)


def test_only_logs_are_followed() -> None:
    with pytest.raises(TypeError, match=r"no \.wandb log"):
        open_run([{"_step": 0}]).follow()
    with pytest.raises(TypeError, match="keys"):
        open_run([{"_step": 0}]).follow(keys="a")
