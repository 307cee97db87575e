"""The class codecs keep the contract of all codecs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import wbtypes_classes.plugin
from wbtypes_classes import Classes, ClassesCodec, ClassesFileCodec
from wbtypes_core.testing import CodecConformance

SETS: list[list[dict[str, Any]]] = [
    [],
    [{"id": 0, "name": "road"}, {"id": 7, "name": "sign"}],
    [{"name": "A", "id": "a", "color": "#fff", "parents": [1, None]}, {"id": -1, "name": "naïve \ud800"}],
    [{"id": 1, "name": "A"}, {"id": 1, "name": "A"}],
]


class TestClasses(CodecConformance):
    codec = ClassesCodec()
    plugin = wbtypes_classes.plugin
    corpus = Path(__file__).parent / "corpus"
    heavy = ("numpy",)

    def samples(self) -> Iterator[Classes]:
        yield from map(Classes, SETS)

    def native_equal(self, value: Classes, native: Any) -> bool:
        return native in SETS and value == Classes(native)


class TestClassesFile(CodecConformance):
    codec = ClassesFileCodec()
    plugin = wbtypes_classes.plugin
    corpus = Path(__file__).parent / "corpus"
    heavy = ("numpy",)

    def samples(self) -> Iterator[Classes]:
        yield from map(Classes, SETS)
