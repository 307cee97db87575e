"""Logs written by hand, byte by byte, as the clients lay them out: for tests alone."""

from __future__ import annotations

import hashlib
import json
import struct
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

HEADER = b":W&B\xe1\xbe\x00"
BLOCK = 32768
HISTORY, SUMMARY, CONFIG, ARTIFACT, METRIC, RUN, EXIT = 2, 3, 5, 8, 12, 17, 18


def varint(number: int) -> bytes:
    """An unsigned number."""
    out = b""
    while number > 0x7F:
        out += bytes((number & 0x7F | 0x80,))
        number >>= 7
    return out + bytes((number,))


def num(field: int, number: int) -> bytes:
    """A field that holds a number; negative ones as int64 has them."""
    return varint(field << 3) + varint(number % (1 << 64))


def part(field: int, content: bytes | str) -> bytes:
    """A field that holds a text, bytes or a message."""
    data = content.encode() if isinstance(content, str) else content
    return varint(field << 3 | 2) + varint(len(data)) + data


def double(field: int, number: float) -> bytes:
    """A field that holds a double."""
    return varint(field << 3 | 1) + struct.pack("<d", number)


def typed(value: Any) -> bytes:
    """The typed encoding of a value, fields 3 to 8."""
    if value is None:
        return num(3, 0)
    if isinstance(value, bool):
        return num(4, value)
    if isinstance(value, int) and -(1 << 63) <= value < 1 << 63:
        return num(5, (value << 1) ^ (value >> 63))
    if isinstance(value, float):
        return double(6, value)
    if isinstance(value, str):
        return part(7, value)
    return part(8, json.dumps(value))


def item(path: str | tuple[str, ...], text: bytes | str | None, beside: bytes = b"") -> bytes:
    """The content of one item: ``key`` for a plain string, ``nested_key`` for a tuple, then JSON text, then more."""
    keys = part(1, path) if isinstance(path, str) else b"".join(part(2, key) for key in path)
    return keys + (b"" if text is None else part(16, text)) + beside


def leaves(value: Any, path: tuple[str, ...] = ()) -> Iterable[tuple[tuple[str, ...], Any]]:
    """The leaves that the Go core makes of a tree: lists stay whole, empty dicts vanish."""
    if isinstance(value, dict):
        for key, below in value.items():
            yield from leaves(below, (*path, key))
    else:
        yield path, value


def flat(row: Mapping[str, Any]) -> list[bytes]:
    """A row's items in the layout of the Python core: one for each key."""
    return [item(key, json.dumps(value)) for key, value in row.items()]


def nested(row: Mapping[str, Any]) -> list[bytes]:
    """A row's items in the layout of the Go core: one for each leaf."""
    return [item(path, json.dumps(value)) for path, value in leaves(dict(row))]


def doubled(row: Mapping[str, Any]) -> list[bytes]:
    """The Go core's items with the typed encoding beside the JSON."""
    return [item(path, json.dumps(value), typed(value)) for path, value in leaves(dict(row))]


def typed_alone(row: Mapping[str, Any]) -> list[bytes]:
    """The Go core's items with the typed encoding in place of the JSON."""
    return [item(path, None, typed(value)) for path, value in leaves(dict(row))]


def items(contents: Iterable[bytes]) -> bytes:
    """A message of items, as those of history, summary and config."""
    return b"".join(part(1, content) for content in contents)


def history(contents: Iterable[bytes], step: int | None = None) -> bytes:
    """A history message."""
    tail = b"" if step is None else part(2, num(1, step) if step else b"")
    return items(contents) + tail


def framed(records: Iterable[bytes], at: int = len(HEADER)) -> bytes:
    """Records in chunks, from an offset of the file on."""
    out = b""
    for record in records:
        first = True
        while first or record:
            room = BLOCK - (at + len(out)) % BLOCK
            if room < 7:
                out += bytes(room)
                continue
            now, record = record[: room - 7], record[room - 7 :]
            kind = (1 if first else 4) if not record else (2 if first else 3)
            out += chunk(kind, now)
            first = False
    return out


def chunk(kind: int, payload: bytes) -> bytes:
    """One chunk with its checksum."""
    return struct.pack("<IHB", zlib.crc32(bytes((kind,)) + payload), len(payload), kind) + payload


class Recording:
    """A run folder in the making."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.records: list[bytes] = []
        self.path = folder / "run-abc123.wandb"

    def add(self, kind: int, content: bytes) -> None:
        """Add a record, numbered as clients number them."""
        self.records.append(num(1, len(self.records) + 1) + part(kind, content))

    def row(self, step: int, row: Mapping[str, Any]) -> None:
        """Add a row in the Python core's layout, with the client's own keys."""
        self.add(HISTORY, history(flat({**row, "_step": step, "_timestamp": 1.7e9 + step}), step))

    def file(self, path: str, data: bytes) -> dict[str, Any]:
        """A file of the run, and what a value says of it."""
        target = self.folder / "files" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
        return {"path": path, "sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}

    def save(self) -> Path:
        """Write the log; the folder."""
        self.path.write_bytes(HEADER + framed(self.records))
        return self.folder
