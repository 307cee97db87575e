"""A log as the client writes it, and the two plain ways to read one: a floor, and what one would write at first."""

from __future__ import annotations

import json
import random
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

BLOCK = 32_768
CHUNK = struct.Struct("<IHB")
HEADER = struct.pack("<4sHB", b":W&B", 0xBEE1, 0)
Fields = dict[str, tuple[int, str]]

MESSAGES: dict[str, Fields] = {
    "Record": {"num": (1, "int64"), "history": (2, "History"), "summary": (3, "Summary")},
    "History": {"item": (1, "Item*"), "step": (2, "Step")},
    "Summary": {"update": (1, "Item*")},
    "Item": {"nested_key": (2, "string*"), "value_json": (16, "string")},
    "Step": {"num": (1, "int64")},
}
"""The messages that history is made of, a star where a field repeats."""


def _record_class() -> Any:
    """The class of a log's records, made by protobuf from `MESSAGES`."""
    file = descriptor_pb2.FileDescriptorProto(name="log.proto", package="log", syntax="proto3")
    for name, fields in MESSAGES.items():
        message = file.message_type.add(name=name)
        for field, (number, kind) in fields.items():
            made = message.field.add(name=field, number=number)
            made.label = made.LABEL_REPEATED if kind.endswith("*") else made.LABEL_OPTIONAL
            kind = kind.rstrip("*")
            if kind in MESSAGES:
                made.type, made.type_name = made.TYPE_MESSAGE, f".log.{kind}"
            else:
                made.type = {"int64": made.TYPE_INT64, "string": made.TYPE_STRING}[kind]
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("log.Record"))


Record = _record_class()


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
    ends = Record()
    ends.summary.update.add(nested_key=["_wandb", "runtime"], value_json="1")
    with path.open("wb") as out:
        out.write(HEADER)
        for step in range(rows):
            record = Record()
            summary = Record()
            for key, value in logged(step, keys, draw).items():
                text = json.dumps(value)
                record.history.item.add(nested_key=[key], value_json=text)
                summary.summary.update.add(nested_key=[key], value_json=text)
            record.history.step.num = step
            for number, message in enumerate((ends, summary, record), 3 * step + 1):
                message.num = number
                _put(out, message.SerializeToString())


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


def histories(path: Path) -> Iterator[Any]:
    """The history of each record that has one, parsed by protobuf."""
    for data in records(path):
        record = Record.FromString(data)
        if record.HasField("history"):
            yield record.history


def naive(path: Path) -> Iterator[dict[str, Any]]:
    """The rows, with the JSON of each item parsed for itself."""
    for history in histories(path):
        yield {item.nested_key[0]: json.loads(item.value_json) for item in history.item}


def floor(path: Path) -> Iterator[dict[str, Any]]:
    """The rows, with one JSON text parsed for each."""
    for history in histories(path):
        items = history.item
        values = json.loads("[" + ",".join([item.value_json for item in items]) + "]")
        yield dict(zip([item.nested_key[0] for item in items], values, strict=True))
