"""What a raw array promises beside the kit: the same array, or an error that says why not."""

import io
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.lib.recfunctions import repack_fields

import wbtypes_rawarray.plugin
from wbtypes_core import BytesFile, DecodeError, MemoryStore, MissingExtra, Registry, decode, encode
from wbtypes_rawarray import RawArray
from wbtypes_rawarray.native import EXTENDED

REGISTRY = Registry.of(wbtypes_rawarray.plugin)

PLAIN = (
    arrays.boolean_dtypes()
    | arrays.integer_dtypes(endianness="?")
    | arrays.floating_dtypes(endianness="?")
    | arrays.complex_number_dtypes(endianness="?")
    | arrays.unicode_string_dtypes(endianness="?")
    | arrays.byte_string_dtypes()
    | arrays.datetime64_dtypes(endianness="?")
    | arrays.timedelta64_dtypes(endianness="?")
)
DTYPES = PLAIN | arrays.array_dtypes(PLAIN)


def back(value: RawArray) -> np.ndarray[Any, Any]:
    """The array after a journey through a run."""
    store = MemoryStore()
    node = encode(value, store, registry=REGISTRY).json
    again = decode(node, store, registry=REGISTRY)
    assert again == value
    found: np.ndarray[Any, Any] = again.to_numpy()
    return found


def is_same(left: np.ndarray[Any, Any], right: np.ndarray[Any, Any]) -> bool:
    """Bit by bit, NaN payloads included; what lies between padded fields is nobody's."""
    left_bits, right_bits = (repack_fields(each, recurse=True).tobytes() for each in (left, right))
    return (left.dtype, left.shape, left_bits) == (right.dtype, right.shape, right_bits)


@given(st.data())
def test_every_array_comes_back(data: st.DataObject) -> None:
    dtype = data.draw(DTYPES)
    shape = data.draw(arrays.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=3))
    bits = np.frombuffer(data.draw(st.binary(min_size=1, max_size=100)), np.uint8)
    given = np.zeros(shape, dtype)
    if given.nbytes:
        given = np.ndarray(shape, dtype, np.resize(bits, given.nbytes).tobytes())
    assert is_same(back(RawArray(given)), given)


@pytest.mark.parametrize(
    "dtype",
    [
        np.dtype([("a", "u1"), ("b", "<f8")], align=True),
        np.dtype({"names": ["a"], "formats": ["<f4"], "offsets": [4], "itemsize": 16}),
        np.dtype([("päivä", "<M8[ns]"), ("日", [("inner", ">c8", (2, 0))])]),
        np.dtype([(("a title", "t"), "S3")]),
        np.dtype((np.record, [("x", "<i8")])),
        np.dtype([]),
        np.dtype("V7"),
        np.dtype("U0"),
        np.dtype("g"),
    ],
    ids=str,
)
def test_every_kind_of_dtype_comes_back(dtype: np.dtype[Any]) -> None:
    given = np.zeros((2, 3), dtype)
    assert is_same(back(RawArray(given)), given)


def test_padding_holds_nothing() -> None:
    dtype = np.dtype([("a", "u1"), ("b", "<f8")], align=True)
    dirty, clean = (np.frombuffer(byte * 32, dtype) for byte in (b"\xff", b"\0"))
    clean = clean.copy()
    clean["a"], clean["b"] = dirty["a"], dirty["b"]
    assert RawArray(dirty) == RawArray(clean)


@pytest.mark.parametrize("name", sorted(EXTENDED & set(dir(ml_dtypes))))
def test_the_dtypes_of_machine_learning_come_back(name: str) -> None:
    given = np.array([[0, 1], [1, 0]]).astype(getattr(ml_dtypes, name))
    value = RawArray(given)
    assert value.dtype == name
    assert is_same(back(value), given)
    assert np.load(value.file.open(), allow_pickle=False).dtype.kind == "u"


def test_without_their_library_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    value = RawArray(np.zeros(2, ml_dtypes.bfloat16))
    monkeypatch.setitem(__import__("sys").modules, "ml_dtypes", None)
    with pytest.raises(MissingExtra, match=r'pip install "wbtypes-rawarray\[ml\]"'):
        value.to_numpy()


def test_numpy_reads_the_file() -> None:
    given = np.arange(12.0).reshape(3, 4)
    assert is_same(np.load(RawArray(given).file.open(), allow_pickle=False), given)


def test_the_array_is_copied_in_both_directions() -> None:
    given = np.arange(3)
    value = RawArray(given)
    given[0] = 9
    value.to_numpy()[1] = 9
    assert value.to_numpy().tolist() == [0, 1, 2]


def test_memory_order_makes_no_difference() -> None:
    given = np.arange(6).reshape(2, 3)
    assert RawArray(np.asfortranarray(given)) == RawArray(given) == RawArray(given.tolist())


def test_a_file_in_fortran_order_is_read() -> None:
    stream = io.BytesIO()
    np.save(stream, np.asfortranarray(np.arange(6).reshape(2, 3)))
    value = RawArray(np.arange(6).reshape(2, 3)).replace(file=BytesFile(stream.getvalue(), ".npy"))
    assert value.to_numpy().tolist() == [[0, 1, 2], [3, 4, 5]]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (np.array([{}, 1]), "only pickle could store"),
        (np.zeros(1, [("a", "f4"), ("b", "O")]), "only pickle could store"),
        ([[1, 2], [3]], "RawArray takes an array"),
        ({"a": 1}, "only pickle could store"),
        (np.ma.masked_array([1, 2], [True, False]), "a masked array is two arrays"),
        (np.zeros(1, [("a", ml_dtypes.bfloat16)]), "has no name in a .npy file"),
        (np.zeros(1, np.dtype("f4", metadata={"unit": "m"})), "carries metadata"),
        (np.zeros(1, {"names": ["a", "b"], "formats": ["u1", "u1"], "offsets": [1, 0]}), "follow each other"),
        (np.zeros(1, [(f"a field with a long name, {n}", "u1") for n in range(400)]), "too long"),
    ],
    ids=[
        "objects",
        "an object field",
        "ragged",
        "dict",
        "masked",
        "foreign field",
        "metadata",
        "order",
        "long",
    ],
)
def test_what_cannot_be_kept_is_refused(given: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        RawArray(given)


def header(descr: object, shape: object, version: bytes = b"\1\0") -> bytes:
    text = repr({"descr": descr, "fortran_order": False, "shape": shape}).encode()
    return b"\x93NUMPY" + version + len(text).to_bytes(2, "little") + text


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"PK\3\4",
        header("<f8", (2,)),
        header("<f8", (10**15,)) + bytes(16),
        header("<f8", (2,)) + bytes(17),
        header("|O", (2,)) + bytes(16),
        header("<f8", (-2,)) + bytes(16),
        header("<f8", "2") + bytes(16),
        header("no dtype", (2,)) + bytes(16),
        header("<f8", (2,), b"\7\0") + bytes(16),
        header([["a"] * 5000], (2,)),
        b"\x93NUMPY\1\0\4\0((((",
        b"\x93NUMPY\1\0" + (9000).to_bytes(2, "little") + b"(" * 9000,
    ],
)
def test_files_that_are_no_such_array_are_told(data: bytes) -> None:
    value = RawArray(np.zeros(2)).replace(file=BytesFile(data, ".npy"))
    with pytest.raises(DecodeError, match="cannot be read as a NumPy array"):
        value.to_numpy()


def test_a_file_of_another_array_is_told() -> None:
    value = RawArray(np.zeros(2)).replace(file=RawArray(np.zeros(3)).file)
    with pytest.raises(DecodeError, match="one of the two was altered"):
        value.to_numpy()
    brain = RawArray(np.zeros(2, ml_dtypes.bfloat16)).replace(file=RawArray(np.zeros(2)).file)
    with pytest.raises(DecodeError, match="is not bfloat16"):
        brain.to_numpy()


def test_a_listing_shows_it_without_opening_it() -> None:
    node = {"_type": "rawarray", "path": "media/none.npy", "dtype": "<f4", "shape": [1000, 2]}
    assert decode(node, registry=REGISTRY).describe() == "<f4, 1,000 x 2"
    assert RawArray(np.zeros((), [("a", "i1")]), caption="c").describe() == "1 field, 0-d, 'c'"
