"""What every plugin must hold, tested by core's kit."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import wbtypes_file.plugin
from wbtypes_core import BytesFile
from wbtypes_core.testing import CodecConformance
from wbtypes_file import File, FileCodec


class TestFile(CodecConformance):
    codec = FileCodec()
    plugin = wbtypes_file.plugin
    corpus = Path(__file__).parent / "corpus"

    def samples(self) -> Iterator[File]:
        yield File(Path(__file__))
        yield File(io.BytesIO(b"\x00\xff"))
        yield File(io.StringIO("päivää\r\n"))
        yield File(BytesFile(b"", ".tar.gz", "empty.tar.gz"))
        yield File(io.BytesIO(b"x")).replace(caption="epoch 3")

    def native_equal(self, value: File, native: Any) -> bool:
        return type(native) is bytes and native == value.file.read()
