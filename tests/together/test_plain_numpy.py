"""Plain JSON of real NumPy objects (wire format, section 7), with no plugin at hand."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from wbtypes_core import EncodeError, Registry, encode
from wbtypes_core.jsonio import dumps, loads, same
from wbtypes_core.plain import as_array, to_plain
from wbtypes_core.values import check_caption

ALONE = Registry.of()


def written(obj):
    """What an object is on the wire, as a reader parses it."""
    return loads(dumps(encode({"k": obj}, None, registry=ALONE).json))["k"]


@pytest.mark.parametrize("kind", ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"])
def test_integers(kind):
    for value in (np.iinfo(kind).min, np.iinfo(kind).max):
        found = written(np.dtype(kind).type(value))
        assert found == value
        assert type(found) is int


@pytest.mark.parametrize("kind", ["float16", "float32", "float64"])
def test_floats(kind):
    made = np.dtype(kind).type(0.1)
    found = written(made)
    assert type(found) is float
    assert found == float(made)
    for value in (np.nan, np.inf, -np.inf, -0.0):
        assert same(written(np.dtype(kind).type(value)), value)


def test_other_scalars():
    assert written(np.bool_(True)) is True
    assert written(np.str_("text")) == "text"
    assert written(np.bytes_(b"text")) == "text"
    assert written(np.complex128(1 + 2j)) == "1+2j"
    assert written(np.complex64(1 + 2j)) == "1+2j"


def test_long_doubles_become_the_nearest_floats():
    for made in (np.longdouble(0.5), np.full(1, 0.5, np.longdouble)):
        assert written(made) == 0.5
        assert type(written(made)) is float
    assert written(np.arange(3, dtype=np.longdouble)) == [0.0, 1.0, 2.0]
    assert written(np.clongdouble(1 + 2j)) == "1+2j"


def test_times():
    assert written(np.datetime64("2024-01-02")) == "2024-01-02T00:00:00"
    assert written(np.datetime64("2024-01-02T03:04:05.000006")) == "2024-01-02T03:04:05.000006"
    assert written(np.datetime64("2024-01-02T03:04:05.123456789")) == "2024-01-02T03:04:05.123456"
    assert written(np.datetime64("NaT", "s")) is None
    assert written(np.array(["2024-01-02", "2024-01-03"], "datetime64[D]")) == [
        "2024-01-02T00:00:00",
        "2024-01-03T00:00:00",
    ]
    assert written(np.timedelta64(90, "m")) == "PT1H30M"


@pytest.mark.parametrize("shape", [(), (1,), (1, 1), (1, 1, 1)])
def test_arrays_of_one_element_are_scalars(shape):
    found = written(np.full(shape, 2.5))
    assert found == 2.5
    assert type(found) is float


@pytest.mark.parametrize("shape", [(2,), (32,), (4, 8), (2, 2, 2)])
def test_small_arrays_are_nested_lists(shape):
    array = np.arange(np.prod(shape)).reshape(shape)
    assert written(array) == array.tolist()


def test_empty_arrays_are_empty_lists():
    assert written(np.array([])) == []
    assert written(np.zeros((0, 3))) == []
    assert written(np.zeros((2, 0))) == [[], []]


def test_small_arrays_keep_nan():
    assert same(written(np.array([1, np.nan, np.inf])), [1, float("nan"), float("inf")])


@pytest.mark.parametrize("kind", ["float32", "int64", "uint8", "bool"])
def test_large_arrays_are_for_the_histogram_plugin(kind):
    array = np.zeros(33, kind)
    assert to_plain(array) is NotImplemented
    with pytest.raises(
        EncodeError, match=r'\["k"\]: logging a ndarray needs its plugin: pip install wbtypes-histogram'
    ):
        encode({"k": array}, None, registry=ALONE)


def test_large_arrays_of_text_are_lists():
    assert written(np.array(["x"] * 40)) == ["x"] * 40


def test_arrays_of_objects_hold_anything():
    inner = np.array([1, "a", None, dt.date(2024, 1, 2), np.float32(0.5)], object)
    assert written(inner) == [1, "a", None, "2024-01-02", 0.5]


def test_structured_arrays_have_no_plain_form():
    assert to_plain(np.zeros(2, [("a", int), ("b", float)])) is NotImplemented


def test_masked_arrays_and_matrices_are_arrays():
    assert written(np.ma.masked_array([1, 2, 3], [False, True, False])) == [1, None, 3]

    class Mine(np.ndarray):
        pass

    assert written(np.arange(3).view(Mine)) == [0, 1, 2]


def test_keys_are_text():
    row = {np.int64(1): 1, np.float64(1.5): 2, np.str_("a"): 3}
    assert set(encode(row, None, registry=ALONE).json) == {"1", "1.5", "a"}


def test_what_holds_numpy_is_walked():
    row = {"a": [np.int64(1), {"b": (np.float32(0.5), np.arange(2))}]}
    assert written(row) == {"a": [1, {"b": [0.5, [0, 1]]}]}


def test_the_array_is_not_changed_and_not_shared():
    array = np.array([1.0, 2.0])
    found = encode(array, None, registry=ALONE).json
    found[0] = 9
    assert array.tolist() == [1.0, 2.0]


def test_as_array_gives_the_array_itself():
    array = np.arange(100)
    assert as_array(array) is array
    assert as_array([1, 2]) is None
    assert as_array(np.float64(1)) is None


def test_captions_may_be_numpy_scalars():
    for scalar, value in ((np.int64(3), 3), (np.float32(0.5), 0.5), (np.bool_(True), True), (np.array(7), 7)):
        found = check_caption(scalar)
        assert found == value
        assert type(found) is type(value)
    with pytest.raises(TypeError, match="caption is text or a number, not ndarray"):
        check_caption(np.array([1, 2]))
