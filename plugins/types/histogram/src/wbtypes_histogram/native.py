"""What a histogram is made from and becomes: NumPy arrays, counted exactly as `numpy.histogram` counts, but faster."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from wbtypes_core.plain import as_array

Array = np.ndarray[Any, np.dtype[Any]]

_CHUNK = 1 << 16
"""Elements handled at a time, so that the work arrays stay in the processor's cache."""

_FEW = 1 << 15
"""Elements up to which it does not pay to look for equal ones."""

_MANTISSA = {np.float16: 10, np.float32: 23, np.float64: 52}
"""Binary places of each float type."""

_BIAS = {np.float32: 127, np.float64: 1023}
"""What a float's exponent is stored with."""

_BITS = {np.float32: np.int32, np.float64: np.int64}
"""The integers that hold a float's bits."""

_SLACK = 1 / 8
"""How far, in bins, rounding may blur the places of edges before NumPy itself is asked."""


class Counted(NamedTuple):
    """A histogram as plain lists.

    Attributes:
        values: how many elements each bin holds.
        edges: of the bins, one more.
        nonfinite: how many elements were NaN or infinite, and so left out.
        widened: whether the edges are none of NumPy's, which has none for such a range.
    """

    values: list[int]
    edges: list[float]
    nonfinite: int
    widened: bool


def count(sequence: Any, bins: int) -> Counted:
    """The histogram of a sequence.

    Args:
        sequence: anything `numpy.asarray` takes, and tensors of PyTorch, TensorFlow and JAX; any shape.
        bins: number of bins, at least 1.

    Returns:
        Counts and edges equal to those of ``numpy.histogram(finite, bins)``, where that gives any.

    Raises:
        TypeError: not real numbers.
        ValueError: nested lists of unequal lengths.
    """
    array, low, high, nonfinite = _finite(_numbers(sequence))
    with np.errstate(all="ignore"):
        counts, edges, widened = _histogram(array, low, high, bins)
    return Counted(counts.tolist(), edges.tolist(), nonfinite, widened)


def is_numeric(obj: Any) -> bool:
    """Whether an object is an array or tensor of real numbers or booleans."""
    array = as_array(obj)
    return array is not None and array.dtype.kind in "biuf"


def to_arrays(values: tuple[float, ...], edges: tuple[float, ...]) -> tuple[Array, Array]:
    """Counts as int64 where all are whole numbers that fit, else as float64; edges as float64."""
    whole = all(type(value) is int and abs(value) < 2**63 for value in values)
    return np.array(values, np.int64 if whole else np.float64), np.array(edges, np.float64)


# -- from whatever the user has to one array of finite numbers ------------------------------------------------


def _numbers(sequence: Any) -> Array:
    """The elements as one flat array of integers, booleans (as uint8) or floats of up to 64 bits."""
    array = _parse(sequence)
    kind = array.dtype.kind
    if kind == "O":
        array = _from_objects(array)
    elif kind == "b":
        array = array.view(np.uint8)
    elif kind == "V" and array.dtype.names is None:
        array = _from_extension(array)
    if array.dtype.kind not in "iuf":
        raise TypeError(
            f"a Histogram counts real numbers, not {array.dtype}; convert the data first, or pass np_histogram"
        )
    if array.dtype.itemsize > 8:
        with np.errstate(over="ignore"):
            return array.astype(np.float64)
    return array if array.dtype.isnative else array.astype(array.dtype.newbyteorder("="))


def _parse(sequence: Any) -> Array:
    array = as_array(sequence)
    if array is None:
        try:
            array = np.asanyarray(sequence)
        except ValueError as error:
            raise ValueError(f"a Histogram takes one array of numbers, but NumPy says: {error}") from None
    if isinstance(array, np.ma.MaskedArray):
        array = array.compressed()
    return np.asarray(array).ravel()


def _from_objects(array: Array) -> Array:
    """Numbers that NumPy has no type for, as integers beyond 64 bits or fractions, as float64."""
    for item in array.tolist():
        if not hasattr(item, "__float__"):
            raise TypeError(
                f"a Histogram counts real numbers, and this sequence holds {type(item).__name__}; "
                f"leave such items out; make a set or generator a list first"
            )
    return np.array([_as_float(item) for item in array.tolist()], np.float64)


def _as_float(item: Any) -> float:
    try:
        return float(item)
    except OverflowError:
        return float("inf") if item > 0 else float("-inf")


def _from_extension(array: Array) -> Array:
    """Numbers of types that other packages add, as bfloat16; float32 holds those exactly."""
    try:
        return array.astype(np.float32)
    except (TypeError, ValueError):
        return array


def _finite(array: Array) -> tuple[Array, Any, Any, int]:
    """The finite elements, their extremes (0 and 1 when there are none), and how many were left out."""
    if not array.size:
        return array, 0, 1, 0
    low, high = _extremes(array)
    if math.isfinite(low) and math.isfinite(high):
        return array, low, high, 0
    kept = array[np.isfinite(array)]
    low, high = _extremes(kept) if kept.size else (0, 1)
    return kept, low, high, array.size - kept.size


def _extremes(array: Array) -> tuple[Any, Any]:
    """Minimum and maximum, NaN where there is a NaN; both from each chunk while it is in the cache."""
    ends = [(chunk.min(), chunk.max()) for chunk in _chunks(array)]
    if len(ends) == 1:
        return ends[0]
    lows, highs = np.array(ends, array.dtype).T
    return lows.min(), highs.max()


def _chunks(array: Array) -> Iterator[Array]:
    for start in range(0, array.size, _CHUNK):
        yield array[start : start + _CHUNK]


# -- edges ----------------------------------------------------------------------------------------------------


def _edges(low: Any, high: Any, bins: int, array: Array) -> Array:
    """The edges that `numpy.histogram` chooses."""
    if low == high:
        low, high = low - 0.5, high + 0.5
    return np.linspace(low, high, bins + 1, dtype=array.dtype if array.dtype.kind == "f" else np.float64)


def _sound(edges: Array) -> bool:
    """Whether every bin has a width, and the whole range one that the type can hold."""
    return bool((edges[1:] > edges[:-1]).all() and np.isfinite(edges[-1] - edges[0]))


def _widened(low: float, high: float, bins: int) -> Array:
    """Edges where `numpy.histogram` has none: for a range wider than the largest float, or too narrow to be divided.

    A narrow range is widened around its middle, to bins of four steps between neighbouring floats.
    """
    most = float(np.finfo(np.float64).max)
    half = max(high / 2 - low / 2, 2 * bins * math.ulp(max(-low, high)))
    middle = min(max(low / 2 + high / 2, half - most), most - half)
    edges: Array = np.linspace(-1, 1, bins + 1) * half + middle
    edges[0], edges[-1] = min(edges[0], low), max(edges[-1], high)
    return edges


# -- counting -------------------------------------------------------------------------------------------------


def _histogram(array: Array, low: Any, high: Any, bins: int) -> tuple[Array, Array, bool]:
    """Counts and edges, by the quickest way that counts as NumPy counts; and whether the range was widened."""
    edges = _edges(low, high, bins, array)
    ruler = (array.dtype == np.float32 and _ruler(edges, np.float32)) or _ruler(edges, np.float64)
    if ruler is None and not _sound(edges):
        double = array.astype(np.float64)
        if edges.dtype != np.float64:  # its own type cannot divide the range, but this one may
            return _histogram(double, np.float64(low), np.float64(high), bins)
        edges = _widened(float(low), float(high), bins)
        return np.histogram(double, edges)[0], edges, True
    if (ruler or array.dtype == np.float16) and _repeats(array, low, high):
        return _by_value(array, low, bins), edges, False
    return _by_place(array, edges, ruler) if ruler else _by_numpy(array, edges), edges, False


def _by_numpy(array: Array, edges: Array) -> Array:
    """What `numpy.histogram` counts; where rounding leads it out of its own bins, by comparing with the edges."""
    try:
        return np.histogram(array, edges.size - 1)[0]
    except IndexError:
        return np.histogram(array, edges)[0]


def _repeats(array: Array, low: Any, high: Any) -> bool:
    """Whether there are so few values for so many elements that equal ones are best counted first."""
    if array.dtype == np.float16:  # with which NumPy is slow
        return array.size > _FEW
    return array.size > _FEW and array.dtype.kind != "f" and int(high) - int(low) < array.size // 16


def _by_value(array: Array, low: Any, bins: int) -> Array:
    """Count equal elements first, so that `numpy.histogram` sees each value once, with its weight.

    Args:
        array: 16-bit floats, or integers of a small range.
        low: the least element.
        bins: number of bins.
    """
    raw = np.dtype(f"u{array.dtype.itemsize}")
    least = low.view(raw) if array.dtype.kind != "f" else raw.type(0)
    weights = np.zeros(0, np.int64)
    for chunk in _chunks(array.view(raw)):
        found = np.bincount((chunk - least).astype(np.intp), minlength=weights.size)
        found[: weights.size] += weights
        weights = found
    offsets = np.flatnonzero(weights)
    values = (offsets.astype(raw) + least).view(array.dtype)
    return np.histogram(values, bins, weights=weights[offsets])[0]


class _Ruler(NamedTuple):
    """A line from values to places: whole numbers that count bins, with `bits` binary places.

    Places never fall as values grow, whatever rounding does on the way. So the places of the edges prove those of all
    values: one that lies more than `slack` beyond a whole number of bins is beyond that edge and before the next.

    Attributes:
        kind: the float type that places are worked out in.
        bits: binary places.
        scale: bins per unit, a little less.
        shift: what is added then; it brings the sum to where a float's low bits count steps of ``2**-bits``.
        base: the bits of the float that place 0 is.
        slack: how far an inner edge lies beyond its whole number at most, in steps.
    """

    kind: type[np.floating[Any]]
    bits: int
    scale: Any
    shift: Any
    base: int
    slack: int

    def places(self, values: Array, out: Array) -> Array:
        """The places of values, in the memory of `out`."""
        np.multiply(values, self.scale, out=out, dtype=self.kind)
        out += self.shift
        places: Array = out.view(_BITS[self.kind])
        places -= self.base
        return places


def _ruler(edges: Array, kind: type[np.floating[Any]]) -> _Ruler | None:
    """The ruler for these edges, or None where rounding blurs them too much.

    It is tilted a little: the first edge lies further beyond its whole number than the inner ones do, and the last one
    before its own, so that elements equal to the extremes, which are often many, do not look uncertain.
    """
    bins = edges.size - 1
    first, last = float(edges[0]), float(edges[-1])
    span = last - first
    if not 0 < span < math.inf:
        return None
    exponent = (bins - 1).bit_length()
    bits = _MANTISSA[kind] - exponent
    scale = bins / span
    coarse = 2.0 ** -min(_MANTISSA[edges.dtype.type], _MANTISSA[kind])
    tilt = 4 * (coarse * max(-first, last) * scale + 2.0**-bits)
    if not tilt * bins <= _SLACK:
        return None
    scale *= 1 - tilt
    shift = 2.0**exponent - first * scale + tilt * (bins - 0.5)
    base = (_BIAS[kind] + exponent) << _MANTISSA[kind]
    ruler = _Ruler(kind, bits, kind(scale), kind(shift), base, 0)
    places = ruler.places(edges, np.empty(bins + 1, kind))
    *beyond, end = (places - _whole(bins, bits)).tolist()
    return ruler._replace(slack=max(beyond[1:], default=0)) if min(beyond) >= 0 > end else None


@lru_cache(maxsize=32)
def _whole(bins: int, bits: int) -> Array:
    """The places that are whole numbers of bins."""
    return np.arange(bins + 1) << bits


def _by_place(array: Array, edges: Array, ruler: _Ruler) -> Array:
    """Count by places, and compare the few elements that lie near an edge with it."""
    bins = edges.size - 1
    counts = np.zeros(bins, np.int64)
    work = np.empty(min(array.size, _CHUNK), ruler.kind)
    index = np.empty(work.size, _BITS[ruler.kind])
    fraction = (1 << ruler.bits) - 1
    for chunk in _chunks(array):
        places = ruler.places(chunk, work[: chunk.size])
        indices = np.right_shift(places, ruler.bits, out=index[: chunk.size])
        places &= fraction
        if places.min() <= ruler.slack:
            near = np.flatnonzero(places <= ruler.slack)
            indices[near] -= chunk[near] < edges[indices[near]]
        counts += np.bincount(indices, minlength=bins)
    return counts
