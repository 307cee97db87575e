"""Counting: the very numbers of `numpy.histogram`, for every dtype, range and alignment with edges."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from wbtypes_histogram import Histogram, native

DTYPES = ("f8", "f4", "f2", "i8", "i4", "i2", "i1", "u8", "u4", "u2", "u1", "?")
BINS = st.sampled_from([1, 2, 3, 10, 32, 64, 100, 511, 512]) | st.integers(1, 512)

pytestmark = pytest.mark.filterwarnings("ignore::wbtypes_core.ValueWarning")


def theirs(data: Any, bins: int) -> tuple[list[int], list[float]] | None:
    """NumPy's histogram; None where it has none, or one of bins without width or without numbers."""
    data = data.astype(np.uint8) if data.dtype == bool else data
    try:
        with np.errstate(all="ignore"):
            counts, edges = np.histogram(data, bins)
            sound = np.isfinite(edges[-1] - edges[0]) and (np.diff(edges) > 0).all()
    except (ValueError, IndexError):
        return None
    return (counts.tolist(), edges.tolist()) if sound else None


def check(data: Any, bins: int) -> None:
    """Ours is theirs. Where they have none, ours counts every element between its ends."""
    value = Histogram(data, num_bins=bins)
    expected = theirs(data, bins)
    if expected is not None:
        assert (value.histogram, value.bins) == expected
    assert sum(value.histogram) == data.size
    assert np.isfinite(value.bins).all()
    assert all(low < high for low, high in zip(value.bins, value.bins[1:], strict=False))
    if data.size:
        assert value.bins[0] <= float(data.min())
        assert value.bins[-1] >= float(data.max())


@given(st.data(), BINS)
@settings(max_examples=300)
def test_any_array(data: st.DataObject, bins: int) -> None:
    dtype = np.dtype(data.draw(st.sampled_from(DTYPES)))
    elements = {"allow_nan": False, "allow_infinity": False} if dtype.kind == "f" else None
    check(
        data.draw(arrays.arrays(dtype, arrays.array_shapes(min_dims=0, max_side=30), elements=elements)), bins
    )


@given(
    st.floats(-1e300, 1e300),
    st.floats(1e-300, 1e300),
    st.sampled_from(["f8", "f4", "f2"]),
    BINS,
    st.integers(0, 2**32),
)
@settings(max_examples=200)
def test_data_at_the_edges(start: float, width: float, dtype: str, bins: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    with np.errstate(all="ignore"):
        edges = np.linspace(start, start + width, bins + 1).astype(dtype)
        near = np.concatenate(
            [edges, np.nextafter(edges, edges.dtype.type(-9)), np.nextafter(edges, edges[-1])]
        )
        near = near[(near >= edges[0]) & (near <= edges[-1]) & np.isfinite(near)]
    check(rng.choice(near, 400) if near.size else near, bins)


@given(st.integers(-16, 17), st.sampled_from(["f8", "f4"]), BINS, st.integers(0, 2**32))
@settings(max_examples=150)
def test_data_far_from_zero(decade: int, dtype: str, bins: int, seed: int) -> None:
    check((np.random.default_rng(seed).normal(size=500) + 10.0**decade).astype(dtype), bins)


@given(st.sampled_from([2**53, -(2**53), 2**62, 10**15]), st.integers(1, 10**9), BINS, st.integers(0, 2**32))
@settings(max_examples=150)
def test_integers_that_no_float_tells_apart(start: int, span: int, bins: int, seed: int) -> None:
    check(start + np.random.default_rng(seed).integers(0, span, 300, endpoint=True), bins)


@pytest.mark.parametrize("bins", [1, 64, 512])
@pytest.mark.parametrize("dtype", DTYPES)
def test_long_arrays(dtype: str, bins: int) -> None:
    rng = np.random.default_rng(7)
    size = native._CHUNK + 12_345
    check((rng.normal(size=size) * 40).astype(dtype), bins)
    check((rng.integers(0, 64, size)).astype(dtype), bins)
    check(np.maximum(rng.normal(size=size), 0).astype(dtype), bins)
    check(np.full(size, 3).astype(dtype), bins)


@pytest.mark.parametrize("dtype", ["i8", "u8", "i4", "u4"])
def test_long_arrays_of_integers(dtype: str) -> None:
    rng = np.random.default_rng(8)
    for low, high in ((0, 10**6), (2**31 - 70_000, 2**31 - 1), (1000, 1300)):
        check(rng.integers(low, high, 100_000).astype(dtype), 64)
    check(-rng.integers(0, 2**31, 100_000), 64)
    check(rng.integers(-(2**62), 2**62, 100_000), 64)
    check(rng.integers(0, 2**64, 100_000, dtype=np.uint64), 64)
    check(rng.integers(2**64 - 500, 2**64, 100_000, dtype=np.uint64), 64)
    check(2**53 + rng.integers(6, 8, 100_000), 1)


@pytest.mark.parametrize("order", ["C", "F"])
def test_strides_and_byte_order(order: Any) -> None:
    data = np.random.default_rng(9).normal(size=(300, 400)).astype(">f4", order=order)[::2, ::-3]
    check(data, 64)


@pytest.mark.parametrize(
    "data",
    [
        np.array([-1.7e308, 0.0, 1.7e308]),
        np.array([np.finfo(float).max, -np.finfo(float).max, 1]),
        np.full(3, np.finfo(float).max),
        np.full(3, -np.finfo(float).max),
        np.array([5e-324, 1e-323, 0.0]),
        np.array([2.2e-308, 2.3e-308, 0.0]),
        np.full(9, 1e17),
        np.full(9, 1e9, np.float32),
        np.full(9, 4096, np.float16),
        np.array([-65504, 65504, 3], np.float16),
        np.array([-3.4e38, 3.4e38, 3], np.float32),
        np.array([1.0, np.nextafter(1.0, 2)]),
        np.array([-2.971161692514325e306, 1.7962311245365175e308]),
        np.array([2**63 - 1, -(2**63)]),
        np.array([2**53 + 6, 2**53 + 7]),
        np.array([2**64 - 1, 2**64 - 2], np.uint64),
    ],
    ids=str,
)
@pytest.mark.parametrize("bins", [1, 64, 158, 512])
def test_ranges_that_numpy_refuses(data: Any, bins: int) -> None:
    check(data, bins)


def test_what_float32_cannot_divide_float64_may() -> None:
    value = Histogram(np.full(9, 1e9, np.float32), num_bins=2)
    assert value.bins == [1e9 - 0.5, 1e9, 1e9 + 0.5]
    assert value.histogram == [0, 9]
    wide = Histogram(np.array([-3e38, 0, 3e38], np.float32), num_bins=2)
    assert wide.bins == [float(np.float32(-3e38)), 0.0, float(np.float32(3e38))]
    assert wide.histogram == [1, 2]


def test_a_range_that_was_widened_is_told() -> None:
    with pytest.warns(UserWarning, match="the range was adjusted"):
        value = Histogram([1e17, 1e17], num_bins=4)
    assert value.bins == [1e17 - 128, 1e17 - 64, 1e17, 1e17 + 64, 1e17 + 128]
    assert value.histogram == [0, 0, 2, 0]


def test_what_is_left_out_changes_nothing_else() -> None:
    rng = np.random.default_rng(10)
    data = rng.normal(size=100_000)
    holes = data.copy()
    holes[rng.integers(0, data.size, 50)] = np.nan
    holes[rng.integers(0, data.size, 50)] = np.inf
    value = Histogram(holes)
    assert value.nonfinite == (~np.isfinite(holes)).sum()
    assert (value.histogram, value.bins) == theirs(holes[np.isfinite(holes)], 64)
