"""A log as the client writes it, made by hand, and the plainest way to its records; from the standard library alone."""

from __future__ import annotations

import json
import random
import struct
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

BLOCK = 32_768
CHUNK = struct.Struct("<IHB")
HEADER = struct.pack("<4sHB", b":W&B", 0xBEE1, 0)
HISTORY, SUMMARY = 2, 3


def logged(step: int, keys: int, draw: random.Random) -> dict[str, Any]:
    """One row: so many keys, mostly floats, and what the client adds to them."""
    row: dict[str, Any] = {f"train/metric_{place}": draw.random() for place in range(keys - 3)}
    row |= {
        "epoch": step // 100,
        "split": "train",
        "grad": float("nan") if step % 100 == 0 else draw.gauss(0, 1),
    }
    return {**row, "_runtime": step / 7, "_step": step, "_timestamp": 1.79e9 + step}


def write(path: Path, rows: int, keys: int) -> None:
    """Write a log with the two summary records that the client writes before each row."""
    draw = random.Random(0)
    runtime = _bytes(1, _bytes(2, b"_wandb") + _bytes(2, b"runtime") + _bytes(16, b"1"))
    with path.open("wb") as out:
        out.write(HEADER)
        for step in range(rows):
            items = b"".join(
                _bytes(1, _bytes(2, key.encode()) + _bytes(16, json.dumps(value).encode()))
                for key, value in logged(step, keys, draw).items()
            )
            history = items + _bytes(2, _number(1, step))
            parts = (SUMMARY, runtime), (SUMMARY, items), (HISTORY, history)
            for number, (kind, body) in enumerate(parts, 3 * step + 1):
                _put(out, _number(1, number) + _bytes(kind, body))


def _bytes(field: int, data: bytes) -> bytes:
    """A field of a protobuf message that holds a string or another message."""
    return _varint(field << 3 | 2) + _varint(len(data)) + data


def _number(field: int, value: int) -> bytes:
    """A field of a protobuf message that holds a whole number."""
    return _varint(field << 3) + _varint(value)


def _varint(value: int) -> bytes:
    if value < 0x80:
        return bytes((value,))
    return bytes((value & 0x7F | 0x80,)) + _varint(value >> 7)


def _put(out: Any, data: bytes) -> None:
    """Write one record in chunks; none crosses a block's border."""
    first = True
    while first or data:
        room = BLOCK - out.tell() % BLOCK
        if room < CHUNK.size:
            out.write(bytes(room))
            room = BLOCK
        part, data = data[: room - CHUNK.size], data[room - CHUNK.size :]
        kind = (1 if first else 4) if not data else (2 if first else 3)
        out.write(CHUNK.pack(zlib.crc32(part, zlib.crc32(bytes((kind,)))), len(part), kind) + part)
        first = False


def records(path: Path) -> Iterator[bytes]:
    """The records of a sound log, checksums looked at."""
    data = path.read_bytes()
    seeds = [zlib.crc32(bytes((kind,))) for kind in range(5)]
    at = len(HEADER)
    parts = []
    while at + CHUNK.size <= len(data):
        room = BLOCK - at % BLOCK
        if room < CHUNK.size:
            at += room
            continue
        checksum, length, kind = CHUNK.unpack_from(data, at)
        at += CHUNK.size
        part = data[at : at + length]
        at += length
        assert zlib.crc32(part, seeds[kind]) == checksum
        if kind == 1:
            yield part
            continue
        parts.append(part)
        if kind == 4:
            yield b"".join(parts)
            parts.clear()


def told(rows: Iterable[Mapping[str, Any]]) -> list[float]:
    """How many rows and cells there are, and the sum of one column; each row is let go."""
    count = cells = 0
    total = 0.0
    for row in rows:
        count += 1
        cells += len(row)
        total += row["train/metric_0"]
    return [count, cells, total]
