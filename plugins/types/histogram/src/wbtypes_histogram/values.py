"""What a histogram is: how many elements lie in each of its bins, and where the bins begin and end."""

from __future__ import annotations

import operator
from array import array
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, SupportsIndex

from attrs import field, frozen

from wbtypes_core import WBValue
from wbtypes_core.errors import warn_once
from wbtypes_core.plain import to_plain
from wbtypes_core.values import spell_count

if TYPE_CHECKING:
    import numpy

Numbers = tuple[int | float, ...]


def _comparable(numbers: Numbers) -> tuple[Any, ...]:
    """Numbers for comparison: as on the wire, NaN equals NaN."""
    return tuple(None if number != number else number for number in numbers)


@frozen(kw_only=True, init=False, repr=False)
class Histogram(WBValue):
    """A histogram: counts (or densities) and the edges of their bins.

    Give either a sequence, which is counted at once, or what `numpy.histogram` made of one. The counts and edges of
    a sequence are exactly those of ``numpy.histogram(sequence, num_bins)``, and two rules handle what that function
    refuses, each told once by a `ValueWarning`:

    * NaN and infinities are left out of the bins and counted in `nonfinite`;
    * a range that is wider than the largest float, or too narrow to be divided into so many bins, is divided in
      float64, and a narrow one widened around its middle where need be.

    A sequence without finite elements has empty bins from 0 to 1.

    Args:
        sequence: numbers or booleans, of any shape: anything that NumPy makes an array of, masked arrays (without
            their masked elements), or a PyTorch, TensorFlow or JAX tensor.
        np_histogram: ``(values, edges)`` as `numpy.histogram` gives them: two lists, tuples or arrays, one edge more
            than values. Whole numbers stay whole; edges are kept as they are, NaN included.
        num_bins: number of bins of equal width for a sequence, 1 to 512.

    Attributes:
        MAX_LENGTH: the most bins that a histogram may have, 512, as in wandb; one that was read may have more.
        nonfinite: how many elements of the sequence were NaN or infinite.

    Raises:
        TypeError: neither or both of the two are given, or something that is no real number.
        ValueError: nested lists of unequal lengths, more than 512 bins or none, a tuple that is not of two, or numbers
            of values and edges that do not match.
    """

    MAX_LENGTH: ClassVar[int] = 512

    _histogram: Numbers = field(eq=_comparable)
    _bins: Numbers = field(eq=_comparable)
    nonfinite: int = 0

    def __init__(
        self,
        sequence: Any = None,
        np_histogram: Sequence[Iterable[Any]] | None = None,
        num_bins: SupportsIndex = 64,
    ) -> None:
        if (sequence is None) == (np_histogram is None):
            raise TypeError("a Histogram is made from a sequence or from np_histogram: give one of the two")
        if np_histogram is not None:
            values, edges = _pair(np_histogram)
            self.__attrs_init__(histogram=values, bins=edges)
            return
        from . import native

        counted = native.count(sequence, _bin_count(num_bins))
        if counted.nonfinite:
            warn_once("NaN and infinities are left out of the bins of a histogram, and counted in .nonfinite")
        if counted.widened:
            warn_once(
                "data too close together, or too far apart, for a histogram's bins: the range was adjusted"
            )
        self.__attrs_init__(
            histogram=tuple(counted.values), bins=tuple(counted.edges), nonfinite=counted.nonfinite
        )

    @property
    def histogram(self) -> list[int | float]:
        """What each bin holds: counts as ints; densities, or what else was given, as they came. A new list."""
        return list(self._histogram)

    @property
    def bins(self) -> list[int | float]:
        """The edges of the bins, one more than there are bins; all but the last bin leave out their upper edge. A new list."""
        return list(self._bins)

    def to_numpy(self) -> tuple[numpy.ndarray[Any, Any], numpy.ndarray[Any, Any]]:
        """The histogram as `numpy.histogram` gives one.

        Returns:
            ``(histogram, bin_edges)``: the first int64 where all are ints that fit, else float64; the second float64,
            longer by one.
        """
        from . import native

        return native.to_arrays(self._histogram, self._bins)

    def describe(self) -> str:
        """How many bins there are, and from where to where."""
        ends = f", {self._bins[0]:.4g} to {self._bins[-1]:.4g}" if self._histogram else ""
        return f"{spell_count(len(self._histogram), 'bin')}{ends}"

    def __repr__(self) -> str:
        left_out = f", nonfinite={self.nonfinite}" if self.nonfinite else ""
        return f"Histogram({self.describe()}{left_out})"


def _bin_count(num_bins: SupportsIndex) -> int:
    try:
        count = operator.index(num_bins)
    except TypeError:
        raise TypeError(
            f"num_bins is a whole number, not {type(num_bins).__name__}; "
            f"for bins of your own pass np_histogram=numpy.histogram(sequence, bins)"
        ) from None
    if not 1 <= count <= Histogram.MAX_LENGTH:
        raise ValueError(f"num_bins is 1 to {Histogram.MAX_LENGTH}, not {count}")
    return count


def _pair(np_histogram: object) -> tuple[Numbers, Numbers]:
    """Values and edges as they are held, checked."""
    if isinstance(np_histogram, str) or not isinstance(np_histogram, Iterable):
        raise TypeError(
            f"np_histogram is (values, edges) as numpy.histogram gives them, not {type(np_histogram).__name__}"
        )
    parts = tuple(np_histogram)
    if len(parts) != 2:
        raise ValueError(f"np_histogram is a pair, (values, edges), and this has {len(parts)} parts")
    values, edges = numbers(parts[0], "values"), numbers(parts[1], "edges")
    if len(values) > Histogram.MAX_LENGTH:
        raise ValueError(f"a Histogram has at most {Histogram.MAX_LENGTH} bins, and this one {len(values)}")
    if len(edges) != len(values) + 1:
        raise ValueError(
            f"{len(values)} values need {len(values) + 1} edges, and np_histogram has {len(edges)}"
        )
    return values, edges


def numbers(part: object, what: str) -> Numbers:
    """One part of a ready histogram as plain numbers; booleans become 0 and 1.

    Raises:
        TypeError: something that is no list of numbers.
        ValueError: a number beyond the range of floats.
    """
    plain = to_plain(part)
    if plain is NotImplemented:
        plain = part.tolist() if hasattr(part, "tolist") else part
    if not isinstance(plain, list):
        raise TypeError(f"the {what} of np_histogram are a list of numbers, not {type(part).__name__}")
    found = tuple(item if type(item) in (int, float) else _number(item, what) for item in plain)
    if not are_numbers(found):
        raise ValueError(f"the {what} of np_histogram hold a number beyond the range of floats")
    return found


def _number(item: object, what: str) -> int | float:
    plain = to_plain(item)
    if isinstance(plain, int):  # a boolean, too
        return int(plain)
    if isinstance(plain, float):
        return float(plain)
    raise TypeError(f"the {what} of np_histogram are numbers, and one is {type(item).__name__}")


def are_numbers(items: Sequence[Any]) -> bool:
    """Whether all are ints and floats, and within the range of floats."""
    if not {int, float}.issuperset(map(type, items)):
        return False
    try:
        array("d", items)
    except OverflowError:
        return False
    return True
