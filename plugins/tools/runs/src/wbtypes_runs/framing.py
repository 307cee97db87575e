"""Log framing: the chunks of a ``.wandb`` file joined into records; damage is told with its offset and passed over."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Protocol
from zlib import crc32

from wbtypes_core import DecodeError, Limits
from wbtypes_core.errors import Code

from .problems import CUT, one_line

BLOCK = 32_768
"""Bytes of a block; blocks are counted from the start of the file, its header included."""

FILE_HEADER = struct.Struct("<4sHB")
MAGIC = b":W&B"
NUMBER = 0xBEE1
VERSION = 0

CHUNK = struct.Struct("<IHB")
"""Checksum, length and kind of a chunk, before its payload."""

FULL, FIRST, MIDDLE, LAST = 1, 2, 3, 4
_SOUND = range(FULL, LAST + 1)

_ROOM = CHUNK.size
_WINDOW = 8 * BLOCK
_SEEDS = tuple(crc32(bytes((kind,))) for kind in range(LAST + 1))
_KINDS = re.compile(rb"[\x01-\x04]")

_SEARCHED = 2 << 20
_TRIED = 1 << 9
"""What may be spent to find the next whole chunk of a damaged block, in bytes checksummed, and what a try costs beside
its bytes: a crafted log stays linear."""


class Report(Protocol):
    """Whoever is told of damage: the kind of problem, the byte it begins at, what it is and what was done."""

    def __call__(self, code: str, offset: int, what: str, remedy: str) -> None:
        """Take note of one damaged place."""
        ...


def check_header(stream: BinaryIO, path: Path) -> None:
    """Read the seven bytes that begin every log.

    Raises:
        DecodeError: ``not-a-run`` for a file of another kind, ``damaged-log`` for one that is empty, cut or zeros.
    """
    head = stream.read(FILE_HEADER.size)
    if not head:
        raise _unusable(
            path, "is empty: the client had written nothing yet, or the disk was full", Code.DAMAGED_LOG
        )
    if not any(head):
        raise _unusable(
            path, "begins with zeros: its bytes never reached the disk; look for a copy", Code.DAMAGED_LOG
        )
    whole = FILE_HEADER.pack(MAGIC, NUMBER, VERSION)
    if len(head) < len(whole) and whole.startswith(head):
        raise _unusable(
            path, f"ends after {len(head)} bytes, within its header; look for a copy", Code.DAMAGED_LOG
        )
    if head[:-1] == whole[:-1] and head != whole:
        raise _unusable(
            path,
            f"is a log of version {head[-1]}, and version {VERSION} is all there was; update wbtypes-runs",
        )
    if head != whole:
        raise _unusable(
            path, f"is no wandb log: it begins with {head!r}, not with {whole!r}; pass a run-*.wandb file"
        )


def _unusable(path: Path, why: str, code: Code = Code.NOT_A_RUN) -> DecodeError:
    return DecodeError(one_line(f"{path} {why}"), reason=code)


def records(
    stream: BinaryIO, limits: Limits, report: Report, start: int = FILE_HEADER.size
) -> Iterator[tuple[int, bytes]]:
    """The records of a log with the offset of each, in the file's order, in bounded memory.

    A damaged chunk costs the record it belongs to. Reading goes on at the next chunk whose checksum holds.

    Args:
        stream: the open file.
        limits: ``record_bytes`` is the largest record that is put together.
        report: told of every damaged place, once per run of damaged bytes.
        start: where the first chunk is; any offset that a chunk begins at.
    """
    return iter(Framing(stream, limits, report, start))


class Framing:
    """One pass over a log.

    Attributes:
        parts: the chunks of the record that is being put together.
        first: the offset of its first chunk.
        size: their bytes so far.
        lost: whether the chunks to come continue a record that is lost already.
        gap: the damaged bytes that were not told yet, as begin, end and cause.
        growing: whether the log may still be written: what ends at its end is then not told, but waited for.
        resume: where a later pass over the same log goes on.
        cut: where the record begins that the log ends within, when it is growing.
        doubt: where the bytes begin that nothing sound has followed yet; None when there are none.
    """

    def __init__(
        self, stream: BinaryIO, limits: Limits, report: Report, start: int, growing: bool = False
    ) -> None:
        self.stream = stream
        self.limits = limits
        self.report = report
        self.start = start
        self.parts: list[bytes] = []
        self.first = self.size = 0
        self.lost = False
        self.gap: tuple[int, int, str] | None = None
        self.growing = growing
        self.resume = start
        self.cut: int | None = None
        self.doubt: int | None = None

    def __iter__(self) -> Iterator[tuple[int, bytes]]:
        most = self.limits.record_bytes
        base = self.start - self.start % BLOCK
        at = self.start - base
        self.stream.seek(base)
        while data := self.stream.read(_WINDOW):
            for edge in range(BLOCK, len(data) + BLOCK, BLOCK):
                end = min(edge, len(data))
                while end - at >= _ROOM:
                    checksum, length, kind = CHUNK.unpack_from(data, at)
                    stop = at + _ROOM + length
                    payload = data[at + _ROOM : stop]
                    if stop > end or not FULL <= kind <= LAST or crc32(payload, _SEEDS[kind]) != checksum:
                        at = self._pass_over(data, base, at, end)
                        continue
                    if kind == FULL and length <= most and not (self.parts or self.lost):
                        yield base + at, payload
                    elif record := self._join(kind, base + at, payload):
                        yield record
                    at = stop
                if at < end and edge - at >= _ROOM and end < edge:
                    self._cut(base + at, base + end)
                at = end
            base += len(data)
            at = 0
            if len(data) < _WINDOW:  # what a writer adds from here on is for the next reader
                break
        self._end(base)

    def _end(self, end: int) -> None:
        """Tell of what the log ends with; or where to go on, when more of it may come."""
        if not self.growing:
            if self.parts:
                self._cut(self.first, end)
            self._tell()
            return
        if self.doubt is not None:  # zeros and halves: a writer may be filling them in
            self.resume = self.doubt
            self.gap = None
        elif self.cut is not None:
            self.resume = self.cut
        elif self.parts:
            self.resume = self.first
        else:
            self.resume = end
        self._tell()

    def _join(self, kind: int, offset: int, payload: bytes) -> tuple[int, bytes] | None:
        """Take one sound chunk; give the record that it completes."""
        if kind in (FULL, FIRST):
            if self.parts:
                self._lose(self.first, offset, "a record was begun and never ended")
            self._tell()
            self.lost = False
            self.doubt = None
            self.first, self.size = offset, 0
        elif not self.parts:
            if not self.lost:
                self._lose(offset, offset + _ROOM + len(payload), "a chunk continues no record")
            return None
        self.parts.append(payload)
        self.size += len(payload)
        if self.size > self.limits.record_bytes:
            self._refuse()
            return None
        if kind in (FIRST, MIDDLE):
            return None
        record = b"".join(self.parts)
        self.parts.clear()
        return self.first, record

    def _pass_over(self, data: bytes, base: int, at: int, end: int) -> int:
        """Where to go on after a chunk that is not sound; tells what was lost."""
        if data.count(0, at, end) == end - at:
            self._lose(base + at, base + end, "zeros stand where records should be")
            return end
        _, length, kind = CHUNK.unpack_from(data, at)
        stop = at + _ROOM + length
        edge = end + -end % BLOCK
        sound = kind in _SOUND and stop <= edge
        resume = _next_chunk(data, at, end)
        if sound and stop > end and resume == end:
            self._cut(base + at, base + end)
        else:
            cause = "the checksum of a chunk does not match" if sound else "the header of a chunk is damaged"
            self._lose(base + at, base + resume, cause)
        return resume

    def _lose(self, begin: int, end: int, cause: str) -> None:
        """Give up bytes, and the record that they interrupt."""
        if self.parts:
            begin = self.first
            self.parts.clear()
        self.lost = True
        if self.doubt is None:
            self.doubt = begin
        if self.gap and self.gap[2] == cause and begin - self.gap[1] < _ROOM:
            begin = self.gap[0]
        else:
            self._tell()
        self.gap = begin, end, cause

    def _tell(self) -> None:
        if self.gap:
            begin, end, cause = self.gap
            self.gap = None
            self.report(
                Code.DAMAGED_LOG,
                begin,
                f"{cause} ({end - begin:,} bytes)",
                "what they held is lost, the rest was read",
            )

    def _cut(self, begin: int, end: int) -> None:
        self._tell()
        begin = self.first if self.parts else begin
        self.parts.clear()
        if self.growing:
            self.cut = begin
            return
        self.report(
            CUT,
            begin,
            f"the log ends within a record, {end - begin:,} bytes after its begin",
            "usual for a run that was killed or is still being written; all before it was read",
        )

    def _refuse(self) -> None:
        allowed = self.limits.record_bytes
        self.parts.clear()
        self.lost = True
        self.report(
            Code.LIMIT,
            self.first,
            f"a record is over the limit record_bytes={allowed:,}",
            "it was left out; if you trust the run, pass a larger limits=Limits(record_bytes=...)",
        )


def _next_chunk(data: bytes, at: int, end: int) -> int:
    """Where the next whole chunk of a block begins after one that is not sound; its end when there is none.

    The length of the damaged one is not relied on: it may be what is damaged.
    """
    room = _SEARCHED
    for found in _KINDS.finditer(data, at + _ROOM, end):
        start = found.start() - _ROOM + 1
        size = _ROOM + (data[start + 4] | data[start + 5] << 8)
        if start + size <= end:
            room -= size + _TRIED
            if room < 0:
                break
            if _is_chunk(data, start, end):
                return start
    return end


def _is_chunk(data: bytes, at: int, end: int) -> bool:
    if end - at < _ROOM:
        return False
    checksum, length, kind = CHUNK.unpack_from(data, at)
    stop: int = at + _ROOM + length
    return stop <= end and kind in _SOUND and crc32(data[at + _ROOM : stop], _SEEDS[kind]) == checksum
