"""The metadata codec keeps the contract of all codecs."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

import wbtypes_metadata.plugin
from wbtypes_core.jsonio import same
from wbtypes_core.testing import CodecConformance
from wbtypes_metadata import JSONMetadata, MetadataCodec


class TestMetadata(CodecConformance):
    codec = MetadataCodec()
    plugin = wbtypes_metadata.plugin
    corpus = Path(__file__).parent / "corpus"
    heavy = ("numpy",)

    def samples(self) -> Iterator[JSONMetadata]:
        for val in (None, True, 0, -0.5, math.nan, 2**70, "", "é\ud800", [], {}):
            yield JSONMetadata(val)
        yield JSONMetadata({"a": [1, {"b": None}], "x": np.arange(40).reshape(2, 20), "inf": [-math.inf]})
        yield JSONMetadata([1, 2.5], caption="c")

    def native_equal(self, value: JSONMetadata, native: Any) -> bool:
        return type(native) in (dict, list, str, int, float, bool, type(None)) and same(native, value.val)
