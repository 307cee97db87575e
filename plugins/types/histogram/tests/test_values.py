"""What a histogram promises: its constructor, its attributes, and how it travels."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from attrs.exceptions import FrozenInstanceError
from hypothesis import given
from hypothesis import strategies as st

import wbtypes_histogram.plugin
from wbtypes_core import DecodeError, Dialect, Registry, ValueWarning, adopt, decode, encode, native
from wbtypes_histogram import Histogram
from wbtypes_histogram.codec import unpack_bins

REGISTRY = Registry.of(wbtypes_histogram.plugin)
NAN, INF = float("nan"), float("inf")


def both_ways(value: Histogram, dialect: Dialect = Dialect.RUN) -> Any:
    return decode(encode(value, None, dialect=dialect, registry=REGISTRY).json, registry=REGISTRY)


# -- what it is -----------------------------------------------------------------------------------------------


def test_it_reads_as_lists() -> None:
    value = Histogram([1, 2, 2, 4], num_bins=3)
    assert value.histogram == [1, 2, 1]
    assert value.bins == [1.0, 2.0, 3.0, 4.0]
    assert [type(each) for each in value.histogram] == [int] * 3
    assert value.nonfinite == 0
    assert Histogram.MAX_LENGTH == 512


def test_it_is_frozen() -> None:
    value = Histogram([1, 2, 3])
    before = hash(value)
    value.histogram.clear()
    value.bins[0] = 9.0
    assert len(value.histogram) == 64
    assert value.bins[0] == 1.0
    assert hash(value) == before
    with pytest.raises(FrozenInstanceError):
        value.nonfinite = 2  # type: ignore[misc]


def test_it_is_a_snapshot() -> None:
    data = np.arange(5.0)
    counts, edges = np.histogram(data, 2)
    counted, ready = Histogram(data, num_bins=2), Histogram(np_histogram=(counts, edges))
    data[:] = counts[:] = 7
    edges[:] = 8
    assert counted == ready
    assert counted.histogram == [2, 3]


def test_positions_of_arguments_are_those_of_wandb() -> None:
    assert Histogram([1, 2], None, 5) == Histogram(sequence=[1, 2], num_bins=5)
    assert len(Histogram([1, 2]).histogram) == 64
    assert Histogram(None, ([1], [0, 1])) == Histogram(np_histogram=([1], [0, 1]))


def test_equality_is_that_of_the_wire() -> None:
    value = Histogram(np_histogram=([1, NAN], [0, 1, NAN]))
    twin = Histogram(np_histogram=([1.0, float("nan")], [0.0, 1.0, float("nan")]))
    assert value == twin
    assert hash(value) == hash(twin)
    assert value != twin.replace(nonfinite=1)
    assert value != Histogram(np_histogram=([1, 2], [0, 1, NAN]))
    assert pickle.loads(pickle.dumps(value)) == value


def test_listings_tell_bins_and_ends() -> None:
    assert Histogram([1, 2, 3]).describe() == "64 bins, 1 to 3"
    assert repr(Histogram([1, 2, 3])) == "Histogram(64 bins, 1 to 3)"
    assert Histogram(np_histogram=([], [0])).describe() == "0 bins"
    assert Histogram([1, 2], num_bins=1).describe() == "1 bin, 1 to 2"
    assert repr(Histogram([0, 1]).replace(nonfinite=2)) == "Histogram(64 bins, 0 to 1, nonfinite=2)"


# -- what it is made from -------------------------------------------------------------------------------------


@pytest.mark.parametrize("sequence", [[], (), np.empty((0, 3)), [[]], np.empty(0, np.float32)])
def test_an_empty_sequence_has_empty_bins_from_0_to_1(sequence: Any) -> None:
    value = Histogram(sequence, num_bins=4)
    assert value.histogram == [0, 0, 0, 0]
    assert value.bins == [0.0, 0.25, 0.5, 0.75, 1.0]


def test_what_is_not_finite_is_left_out_and_counted() -> None:
    data = [0.0, NAN, 1.0, INF, -INF, 0.5]
    with pytest.warns(ValueWarning, match="left out of the bins"):
        value = Histogram(data, num_bins=2)
    assert value.nonfinite == 3
    assert value.histogram == [1, 2]
    assert value.bins == [0.0, 0.5, 1.0]
    assert Histogram(data) is not None  # told once: another warning would be an error here


def test_nothing_finite_is_as_nothing() -> None:
    with pytest.warns(ValueWarning):
        value = Histogram([NAN, INF])
    assert (value.nonfinite, value.histogram, value.bins[::64]) == (2, [0] * 64, [0.0, 1.0])


def test_numbers_of_every_kind() -> None:
    assert Histogram([Fraction(1, 2), 2**80, 1], num_bins=2).histogram == [2, 1]
    assert Histogram([True, False, True], num_bins=2).histogram == [1, 2]
    assert Histogram(np.ma.masked_equal([1, 2, 9], 9), num_bins=2).histogram == [1, 1]
    assert Histogram([[1, 2], [3, 4]], num_bins=3).histogram == [1, 1, 2]
    assert Histogram(np.array([1, 256], ">i2"), num_bins=1).bins == [1.0, 256.0]
    assert Histogram(np.array([1, 2], np.longdouble), num_bins=1).histogram == [2]
    assert Histogram(3, num_bins=1).bins == [2.5, 3.5]
    with pytest.warns(ValueWarning):
        assert Histogram([1, 10**400, -(10**400)], num_bins=1).nonfinite == 2


def _generated() -> Iterator[int]:
    yield 1


@pytest.mark.parametrize(
    ("sequence", "kind", "message"),
    [
        (None, TypeError, "give one of the two"),
        ("text", TypeError, "real numbers, not <U4"),
        (["1", "2"], TypeError, "real numbers, not <U1"),
        (b"bytes", TypeError, "real numbers"),
        ([1, None], TypeError, "holds NoneType"),
        ({1, 2}, TypeError, "make a set or generator a list"),
        (_generated(), TypeError, "make a set or generator a list"),
        ([1 + 2j], TypeError, "complex128"),
        (np.array([1], "M8[s]"), TypeError, "datetime64"),
        (np.zeros(2, "V3"), TypeError, "real numbers"),
        (np.zeros(2, [("a", int)]), TypeError, "real numbers"),
        ([[1, 2], [3]], ValueError, "one array of numbers"),
    ],
)
def test_what_is_no_sequence_of_numbers(sequence: Any, kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message):
        Histogram(sequence)


@pytest.mark.parametrize(
    ("num_bins", "kind"),
    [(0, ValueError), (-1, ValueError), (513, ValueError), (2.0, TypeError), ("auto", TypeError)],
)
def test_the_number_of_bins(num_bins: Any, kind: type[Exception]) -> None:
    with pytest.raises(kind, match="num_bins"):
        Histogram([1, 2], num_bins=num_bins)
    assert len(Histogram([1, 2], num_bins=np.int32(512)).histogram) == 512


def test_one_source_at_a_time() -> None:
    with pytest.raises(TypeError, match="give one of the two"):
        Histogram([1], np_histogram=([1], [0, 1]))


def test_ready_histograms_keep_their_numbers() -> None:
    value = Histogram(np_histogram=([1, 2.5, np.int8(3), True], (0, np.float32(0.5), 1, 2**60, NAN)))
    assert value.histogram == [1, 2.5, 3, 1]
    assert [type(each) for each in value.histogram] == [int, float, int, int]
    assert value.bins[:4] == [0, 0.5, 1, 2**60]
    assert value.bins[4] != value.bins[4]
    long = Histogram(np_histogram=(np.arange(512), np.arange(513)))
    assert (long.histogram, long.bins) == ([*range(512)], [*range(513)])
    assert Histogram(np_histogram=[[1], range(2)]) == Histogram(np_histogram=([1], [0, 1]))


@pytest.mark.parametrize(
    ("np_histogram", "kind", "message"),
    [
        (([1],), ValueError, "1 parts"),
        (([1], [0, 1], [2]), ValueError, "3 parts"),
        ((), ValueError, "0 parts"),
        (([1], [0]), ValueError, "1 values need 2 edges"),
        (([0] * 513, [0] * 514), ValueError, "at most 512 bins"),
        (([10**400], [0, 1]), ValueError, "beyond the range"),
        (7, TypeError, "not int"),
        ("ab", TypeError, "not str"),
        ((1, 2), TypeError, "values of np_histogram are a list"),
        (([1], "01"), TypeError, "edges of np_histogram are a list"),
        (([[1]], [0, 1]), TypeError, "one is list"),
        ((["1"], [0, 1]), TypeError, "one is str"),
        (([1j], [0, 1]), TypeError, "one is complex"),
        (([None], [0, 1]), TypeError, "one is NoneType"),
    ],
)
def test_what_is_no_ready_histogram(np_histogram: Any, kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message):
        Histogram(np_histogram=np_histogram)


# -- how it travels -------------------------------------------------------------------------------------------

numbers = st.integers(-(2**70), 2**70) | st.floats()


@given(
    st.lists(numbers, max_size=20).flatmap(
        lambda values: st.tuples(st.just(values), *[numbers] * (len(values) + 1))
    )
)
def test_every_histogram_comes_back(drawn: tuple[Any, ...]) -> None:
    values, *edges = drawn
    value = Histogram(np_histogram=(values, edges))
    for dialect in Dialect:
        back = both_ways(value, dialect)
        assert back == value
        assert [type(each) for each in back.histogram + back.bins] == [type(each) for each in values + edges]


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False, width=32), max_size=50), st.integers(1, 512))
@pytest.mark.filterwarnings("ignore::wbtypes_core.ValueWarning")
def test_every_sequence_comes_back(sequence: list[float], num_bins: int) -> None:
    value = Histogram(np.array(sequence, np.float32), num_bins=num_bins)
    assert sum(value.histogram) == len(sequence)
    assert len(value.histogram) == num_bins
    assert both_ways(value) == value


def test_the_shape_is_that_of_wandb() -> None:
    node = encode(Histogram([1, 2, 2], num_bins=2), None, registry=REGISTRY).json
    assert node == {"_type": "histogram", "values": [1, 2], "bins": [1.0, 1.5, 2.0]}
    with pytest.warns(ValueWarning):
        value = Histogram([0, 1, NAN], num_bins=1)
    assert encode(value, None, registry=REGISTRY).json["_wbtypes"] == {"nonfinite": 1}
    assert "_wbtypes" not in encode(value, None, exact=False, registry=REGISTRY).json
    assert both_ways(value).nonfinite == 1


def test_a_histogram_of_more_bins_than_can_be_made_is_read() -> None:
    node = {"_type": "histogram", "values": [0] * 600, "bins": [*range(601)]}
    assert len(decode(node, registry=REGISTRY).histogram) == 600


def test_packed_bins_are_written_out() -> None:
    node = {"_type": "histogram", "values": [5, 6], "packedBins": {"min": 1, "size": 0.5, "count": 2}, "x": 1}
    assert unpack_bins(node) == {"_type": "histogram", "values": [5, 6], "bins": [1.0, 1.5, 2.0], "x": 1}
    assert "packedBins" in node
    assert decode(node, registry=REGISTRY) == Histogram(np_histogram=([5, 6], [1, 1.5, 2])).replace(
        extra={"x": 1}
    )


def test_a_column_of_them_is_named_as_wandb_names_it() -> None:
    assert REGISTRY.codec("histogram").column_type(Histogram([1])) == {
        "wb_type": "pythonObject",
        "params": {"class_name": "Histogram"},
    }


# -- arrays ---------------------------------------------------------------------------------------------------


def test_arrays_in_a_row_become_histograms_of_32_bins() -> None:
    data = np.random.default_rng(1).normal(size=(5, 8)).astype(np.float32)
    node = encode({"a": {"b": data}}, None, registry=REGISTRY).json["a"]["b"]
    counts, edges = np.histogram(data, bins=32)
    assert node == {"_type": "histogram", "values": counts.tolist(), "bins": edges.tolist()}


def test_arrays_of_anything_else_are_not_adopted() -> None:
    codec = REGISTRY.codec("histogram")
    for array in (
        np.array(["a"] * 40),
        np.zeros(40, object),
        np.zeros(40, complex),
        np.zeros(40, [("a", int)]),
    ):
        assert codec.adopt(array) is None
    assert adopt(np.ones(3, bool), registry=REGISTRY) == Histogram([1, 1, 1], num_bins=32)


def test_tensors_are_known_by_the_path_of_their_class() -> None:
    data = np.arange(40, dtype=np.int32)
    for path in REGISTRY.codec("histogram").natives[3:]:
        module, _, name = path.rpartition(".")
        tensor = type(
            name,
            (),
            {"__module__": module, "numpy": lambda self: data, "__array__": lambda self, *a, **k: data},
        )
        bases = (tensor,) if not name.endswith("Variable") else (_variable(tensor),)
        obj = type(name, bases, {"__module__": module})()
        assert adopt(obj, registry=REGISTRY) == Histogram(data, num_bins=32)


def _variable(base: type) -> type:
    return type(
        "BaseResourceVariable", (base,), {"__module__": "tensorflow.python.ops.resource_variable_ops"}
    )


def test_torch_tensors_are_counted() -> None:
    class Tensor:
        """As much of ``torch.Tensor`` as is asked of one."""

        __module__, __qualname__, dtype = "torch", "Tensor", "torch.float32"

        def numpy(self) -> Any:
            return np.linspace(0, 1, 50, dtype=np.float32)

    for name in ("detach", "cpu", "resolve_conj", "resolve_neg"):
        setattr(Tensor, name, lambda self: self)
    assert adopt(Tensor(), registry=REGISTRY) == Histogram(Tensor().numpy(), num_bins=32)
    assert Histogram(Tensor(), num_bins=5) == Histogram(Tensor().numpy(), num_bins=5)


# -- back to NumPy --------------------------------------------------------------------------------------------


def test_numpy_gets_back_what_it_gave() -> None:
    for given_ in (np.histogram([1, 2, 5]), np.histogram([1.0, 2.0, 5.0], 3, density=True)):
        for counts, edges in (
            Histogram(np_histogram=given_).to_numpy(),
            native(Histogram(np_histogram=given_), registry=REGISTRY),
        ):
            assert counts.dtype == given_[0].dtype
            assert edges.dtype == np.float64
            assert np.array_equal(counts, given_[0])
            assert np.array_equal(edges, given_[1])


def test_counts_beyond_64_bits_become_floats() -> None:
    counts, edges = Histogram(np_histogram=([2**63, 1], [0, 1, 2])).to_numpy()
    assert counts.dtype == np.float64
    assert counts.tolist() == [2.0**63, 1.0]
    assert edges.tolist() == [0.0, 1.0, 2.0]


def test_damaged_nodes_say_where() -> None:
    with pytest.raises(DecodeError, match=r'\["bins"\]: has 2 edges for 2 values'):
        decode({"_type": "histogram", "values": [1, 2], "bins": [0, 1]}, registry=REGISTRY)
    with pytest.raises(DecodeError, match=r'\["a"\]\["_wbtypes"\]\["nonfinite"\]'):
        decode(
            {"a": {"_type": "histogram", "values": [], "bins": [0], "_wbtypes": {"nonfinite": []}}},
            registry=REGISTRY,
        )
