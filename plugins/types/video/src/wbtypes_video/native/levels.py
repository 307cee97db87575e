"""From numbers to levels of brightness, by the ranges that `Video` states, and back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy
from attrs import define, field

from ..values import Range
from .wish import Wish

Array = numpy.ndarray[Any, Any]

SIGNED = (
    "floats of a video between -1 and 1 are taken as that range: -1 is black; value_range= says otherwise"
)
BYTES = "floats of a video up to 255 are taken as 0 to 255 and rounded; value_range= says otherwise"
SPAN_OF_FLOATS = (
    "floats of a video beyond 0..1, -1..1 and 0..255 are mapped from their own lowest and highest value; "
    "value_range=(lo, hi) maps every video alike"
)
SPAN_OF_INTEGERS = (
    "integers of a video beyond 0..255 are mapped from their own lowest and highest value; "
    "value_range=(lo, hi) maps every video alike"
)
NOT_FINITE = (
    "NaN in a video is stored as the low end of its range, infinities as the ends; .nonfinite counts them"
)
CLIPPED = "values of a video outside its value_range are stored as the ends"


@define
class Rule:
    """How the numbers of a clip become pixels, and what it met while it made them.

    Attributes:
        value_range: the values that become 0 and 255; None where the numbers are pixels.
        dtype: NumPy's name of the numbers' dtype, where it is not uint8.
        beyond: whether numbers may lie outside the range.
        counting: whether those outside are still to be counted.
        nonfinite: how many values were NaN or infinite.
        odd: what to warn of.
    """

    value_range: Range | None = None
    dtype: str | None = None
    beyond: bool = False
    counting: bool = False
    nonfinite: int = 0
    odd: dict[str, None] = field(factory=dict)

    def pixels(self, numbers: Array) -> Array:
        """The numbers as uint8."""
        if self.value_range is None:
            return numbers.astype(numpy.uint8, copy=False)
        if numbers.dtype.kind == "b":
            numbers = numbers.astype(numpy.uint8)
        if self.counting:
            self._count(numbers, *self.value_range)
        if self.beyond or numbers.dtype.kind == "f":
            return _scaled(numbers, self.value_range, beyond=self.beyond)
        # modulo 2^64, so that the distance from the lowest is exact for every integer type
        lo, hi = map(int, self.value_range)
        return _scaled(numbers.astype(numpy.uint64) - numpy.uint64(lo % 2**64), (0, hi - lo))

    def _count(self, numbers: Array, lo: float, hi: float) -> None:
        finite = numpy.isfinite(numbers)
        strange = numbers.size - int(numpy.count_nonzero(finite))
        with numpy.errstate(invalid="ignore"):
            outside = ((numbers < float(lo)) | (numbers > float(hi))) & finite
        self.nonfinite += strange
        if strange:
            self.odd[NOT_FINITE] = None
        if outside.any():
            self.odd[CLIPPED] = None


def rule_of(numbers: Array, wish: Wish) -> Rule:
    """The rule for all frames of a clip, by the ranges that `Video` states.

    Args:
        numbers: the clip by frames; of bytes and booleans, and where a range is given, any frame will do.
        wish: what the caller wants.
    """
    name = numbers.dtype.name if numbers.dtype.kind != "f" or numbers.dtype.itemsize <= 8 else "float64"
    if wish.value_range is not None:
        return Rule(wish.value_range, name if name != "uint8" else None, beyond=True, counting=True)
    if name == "uint8":
        return Rule()
    if name == "bool":
        return Rule((0, 1), name)
    lo, hi, nonfinite = _span(numbers)
    if numbers.dtype.kind != "f":
        if lo >= 0 and hi <= 255:
            return Rule(None, name)
        return Rule((lo, hi), name, odd={SPAN_OF_INTEGERS: None})
    inferred, odd = _inferred(lo, hi)
    told = dict.fromkeys((*odd, NOT_FINITE) if nonfinite else odd)
    return Rule(inferred, name, beyond=nonfinite > 0, nonfinite=nonfinite, odd=told)


def _span(frames: Iterable[Array]) -> tuple[Any, Any, int]:
    """The lowest and highest finite number, 0 and 0 where there is none; and how many are not finite."""
    spans: list[Any] = []
    nonfinite = 0
    for frame in frames:
        numbers = frame
        if frame.dtype.kind == "f":
            numbers = frame[numpy.isfinite(frame)]
            nonfinite += frame.size - numbers.size
        if numbers.size:
            spans += (numbers.min().item(), numbers.max().item())
    return min(spans, default=0.0), max(spans, default=0.0), nonfinite


def _inferred(lo: float, hi: float) -> tuple[Range, tuple[str, ...]]:
    if lo >= 0 and hi <= 1:
        return (0.0, 1.0), ()
    if -1 <= lo < 0 and hi <= 1:
        return (-1.0, 1.0), (SIGNED,)
    if lo >= 0 and 2 <= hi <= 255:
        return (0.0, 255.0), (BYTES,)
    return (lo, hi), (SPAN_OF_FLOATS,)


def _scaled(numbers: Array, value_range: Range, *, beyond: bool = False) -> Array:
    """Numbers of a range as 0 to 255, rounded. A range of one value is mid-grey.

    Args:
        numbers: the numbers.
        value_range: what becomes 0 and 255.
        beyond: whether some are outside: they are clipped, and NaN is 0.
    """
    lo, hi = map(float, value_range)
    if not numpy.isfinite(hi - lo):  # the widest ranges have no width in floats
        numbers, lo, hi = numbers / 2, lo / 2, hi / 2
    narrow = numbers.dtype.kind == "f" and numbers.dtype.itemsize <= 4
    narrow = narrow and lo >= -255 and hi <= 255 and hi - lo >= 1
    with numpy.errstate(all="ignore"):
        work: Array = numpy.subtract(numbers, lo, dtype=numpy.float32 if narrow else numpy.float64)
        work /= hi - lo or 1
        work *= 255
        if lo == hi:
            work += 128
    numpy.rint(work, out=work)
    if beyond:
        numpy.clip(work, 0, 255, out=work)
        numpy.nan_to_num(work, copy=False, nan=0)
    return work.astype(numpy.uint8)


DTYPES = frozenset(
    ["bool", "float16", "float32", "float64"]
    + [f"{sign}{bits}" for sign in ("int", "uint") for bits in (8, 16, 32, 64)]
)


def values_of(value_range: Range, dtype: numpy.dtype[Any]) -> Array:
    """What each of 256 pixels stands for; integers are worked out as such, for they may be longer than a float's."""
    lo, hi = value_range
    if dtype.kind == "f":
        share = numpy.arange(256) / 255
        with numpy.errstate(over="ignore"):
            return (lo * (1 - share) + hi * share).astype(dtype)
    if isinstance(lo, int) and isinstance(hi, int):
        values = [lo + (2 * (hi - lo) * step + 255) // 510 for step in range(256)]
    else:
        values = [round(lo + (hi - lo) * (step / 255)) for step in range(256)]
    least, most = (0, 1) if dtype.kind == "b" else (numpy.iinfo(dtype).min, numpy.iinfo(dtype).max)
    return numpy.array([min(max(value, least), most) for value in values], dtype)
