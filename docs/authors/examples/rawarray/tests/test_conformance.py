"""What every plugin must hold, tested by core's kit."""

from collections.abc import Iterator
from pathlib import Path

import ml_dtypes
import numpy as np

import wbtypes_rawarray.plugin
from wbtypes_core.testing import CodecConformance
from wbtypes_rawarray import RawArray
from wbtypes_rawarray.codec import RawArrayCodec


class TestRawArray(CodecConformance):
    codec = RawArrayCodec()
    plugin = wbtypes_rawarray.plugin
    corpus = Path(__file__).parent / "corpus"
    heavy = ("numpy", "ml_dtypes")

    def samples(self) -> Iterator[RawArray]:
        yield RawArray(np.arange(6, dtype=">i2").reshape(2, 3), caption="big-endian")
        yield RawArray(np.float64("nan"))
        yield RawArray(np.zeros((0, 4), bool), caption=3)
        yield RawArray(np.array([(1.5, [1, 2])], [("time", ">f8"), (("a title", "pair"), "<u2", (2,))]))
        yield RawArray(np.array([1.5, -2], ml_dtypes.bfloat16))

    def native_equal(self, value: RawArray, native: np.ndarray) -> bool:
        if native.dtype.name != value.dtype and native.dtype.fields is None:
            assert native.dtype.str == value.dtype
        return native.shape == value.shape
