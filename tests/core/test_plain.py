"""Plain JSON of what people log beside values; arrays are told by class path, so these need no library."""

from __future__ import annotations

import array
import collections
import dataclasses
import datetime as dt
import decimal
import enum
import fractions
import pathlib
import types
import typing
import uuid

import pytest
from wbtypes_toy import Note

from wbtypes_core import EncodeError, ValueWarning, encode, errors
from wbtypes_core.plain import JsonCopy, as_array, copied, json_copy, to_plain


class Colour(enum.Enum):
    RED = "red"


class Level(enum.IntEnum):
    HIGH = 3


class Word(enum.StrEnum):
    YES = "yes"


class Text(str):
    pass


class Number(int):
    pass


class Real(float):
    pass


@dataclasses.dataclass
class Point:
    x: int
    inner: object = None


Pair = collections.namedtuple("Pair", "a b")
UTC = dt.UTC
EAST = dt.timezone(dt.timedelta(hours=5, minutes=30))


def function():
    """Something callable."""


@pytest.mark.parametrize(
    ("obj", "plain"),
    [
        (Colour.RED, "red"),
        (Level.HIGH, 3),
        (Word.YES, "yes"),
        (Text("t"), "t"),
        (Number(3), 3),
        (Real(1.5), 1.5),
        (b"bytes", "bytes"),
        (bytearray("ü".encode()), "ü"),
        (memoryview(b"view"), "view"),
        (1 + 2j, "1+2j"),
        (-1.5j, "-0-1.5j"),
        (Pair(1, 2), [1, 2]),
        ({3, 1, 2}, [1, 2, 3]),
        (frozenset("ba"), ["a", "b"]),
        (range(3), [0, 1, 2]),
        (slice(1, 9, 2), {"slice_start": 1, "slice_step": 2, "slice_stop": 9}),
        (slice(None), {"slice_start": None, "slice_step": None, "slice_stop": None}),
        (collections.deque([1, 2]), [1, 2]),
        (collections.OrderedDict(b=1, a=2), {"b": 1, "a": 2}),
        (collections.defaultdict(list, a=[1]), {"a": [1]}),
        (collections.Counter("aab"), {"a": 2, "b": 1}),
        (types.MappingProxyType({"a": 1}), {"a": 1}),
        (collections.ChainMap({"a": 1}), {"a": 1}),
        (dt.date(2024, 2, 29), "2024-02-29"),
        (dt.datetime(2024, 1, 2, 3, 4, 5, 678), "2024-01-02T03:04:05.000678"),
        (dt.datetime(2024, 1, 2, tzinfo=UTC), "2024-01-02T00:00:00+00:00"),
        (dt.datetime(2024, 1, 2, tzinfo=EAST), "2024-01-02T00:00:00+05:30"),
        (dt.time(1, 2, 3), "01:02:03"),
        (dt.timedelta(days=1), "P1D"),
        (dt.timedelta(0), "P0D"),
        (dt.timedelta(days=1, hours=2, minutes=3, seconds=4, microseconds=500000), "P1DT2H3M4.5S"),
        (dt.timedelta(minutes=90), "PT1H30M"),
        (dt.timedelta(microseconds=1), "PT0.000001S"),
        (dt.timedelta(seconds=-1), "-PT1S"),
        (dt.timedelta(days=-2), "-P2D"),
        (decimal.Decimal("1.10"), "1.10"),
        (fractions.Fraction(1, 3), "1/3"),
        (pathlib.PurePosixPath("a/b"), "a/b"),
        (pathlib.PureWindowsPath("a/b"), "a\\b"),
        (pathlib.Path("a"), "a"),
        (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (Point(1, [2]), {"x": 1, "inner": [2]}),
        (function, f"{__name__}.function"),
        (len, "builtins.len"),
        (dict, "builtins.dict"),
        (Point, f"{__name__}.Point"),
    ],
    ids=lambda obj: type(obj).__name__,
)
def test_the_standard_library(toys, obj, plain):
    found = encode({"k": obj}, None, registry=toys).json["k"]
    assert found == plain
    assert type(found) is type(plain)


def test_a_lambda_is_its_dotted_name(toys):
    assert encode(lambda: 0, None, registry=toys).json.endswith("<lambda>")


def test_a_set_has_one_order_whatever_it_holds(toys):
    mixed = {1, "a", None, (2, 3)}
    found = {
        tuple(map(str, encode(set(order), None, registry=toys).json))
        for order in (list(mixed), list(mixed)[::-1])
    }
    assert len(found) == 1


def test_what_is_inside_is_made_plain_too(toys):
    row = Point(
        Level.HIGH, [collections.deque([Colour.RED, {dt.date(2024, 1, 1)}]), Pair(b"x", Note(text="a"))]
    )
    assert encode(row, None, registry=toys).json == {
        "x": 3,
        "inner": [["red", ["2024-01-01"]], ["x", {"_type": "toy-note", "text": "a"}]],
    }


def test_errors_inside_plain_objects_name_the_place(toys):
    with pytest.raises(EncodeError) as caught:
        encode({"p": Point(1, {"deep": [object()]})}, None, registry=toys)
    assert caught.value.path == ("p", "inner", "deep", 0)


def test_bytes_that_are_no_text_are_escaped_and_told(toys, monkeypatch):
    monkeypatch.setattr(errors, "_told", set())
    with pytest.warns(ValueWarning, match="not UTF-8"):
        assert encode(b"a\xff", None, registry=toys).json == "a\\xff"


@pytest.mark.parametrize(
    "obj", [object(), array.array("d", [1.0]), iter([1]), (n for n in ()), typing.Any, types]
)
def test_the_rest_has_no_plain_form(toys, obj):
    assert to_plain(obj) is NotImplemented
    with pytest.raises(EncodeError, match="cannot be logged"):
        encode(obj, None, registry=toys)


# -- arrays, by the path of their class -----------------------------------------------------------------------


class DType:
    names = None

    def __init__(self, kind="f"):
        self.kind = kind


class FakeArray:
    """What a numpy array looks like from outside."""

    def __init__(self, values, kind="f"):
        self.values, self.dtype = values, DType(kind)
        self.size = len(values)

    def item(self):
        return self.values[0]

    def tolist(self):
        return list(self.values)


FakeArray.__module__, FakeArray.__qualname__ = "numpy", "ndarray"


class FakeTensor:
    """What a torch tensor looks like from outside."""

    dtype = "torch.float32"

    def __init__(self, values):
        self.values, self.calls = values, []

    def _step(self, name):
        self.calls.append(name)
        return self

    def detach(self):
        return self._step("detach")

    def cpu(self):
        return self._step("cpu")

    def float(self):
        return self._step("float")

    def resolve_conj(self):
        return self._step("resolve_conj")

    def resolve_neg(self):
        return self._step("resolve_neg")

    def numpy(self):
        return FakeArray(self.values)


FakeTensor.__module__, FakeTensor.__qualname__ = "torch", "Tensor"
Parameter = type("Parameter", (FakeTensor,), {"__module__": "torch.nn.parameter"})


class FakeEager:
    def __init__(self, values):
        self.values = values

    def numpy(self):
        return FakeArray(self.values)


FakeEager.__module__ = "tensorflow.python.framework.ops"
FakeEager.__qualname__ = "EagerTensor"


class FakeScalar:
    def __init__(self, value, kind="f"):
        self.value, self.dtype = value, DType(kind)

    def item(self):
        return self.value


FakeScalar.__module__, FakeScalar.__qualname__ = "numpy", "generic"
Float64 = type(
    "float64",
    (FakeScalar, float),
    {"__module__": "numpy", "__new__": lambda cls, value: float.__new__(cls, value)},
)


def test_small_arrays_are_lists(toys):
    assert encode({"a": FakeArray([1.0, 2.0])}, None, registry=toys).json == {"a": [1.0, 2.0]}
    assert encode(FakeArray([1.5]), None, registry=toys).json == 1.5
    assert encode(FakeArray(list(range(32))), None, registry=toys).json == list(range(32))


def test_large_arrays_are_for_a_plugin(toys):
    assert to_plain(FakeArray(list(range(33)))) is NotImplemented
    with pytest.raises(
        EncodeError, match=r'\["a"\]: logging a FakeArray needs its plugin: pip install wbtypes-histogram'
    ):
        encode({"a": FakeArray(list(range(33)))}, None, registry=toys)


def test_large_arrays_of_text_are_lists(toys):
    assert encode(FakeArray(["x"] * 40, "U"), None, registry=toys).json == ["x"] * 40


def test_structured_arrays_have_no_plain_form():
    array = FakeArray([1, 2])
    array.dtype.names = ("a", "b")
    assert to_plain(array) is NotImplemented


def test_tensors_come_from_the_device(toys):
    tensor = FakeTensor([1.0, 2.0])
    assert encode(tensor, None, registry=toys).json == [1.0, 2.0]
    assert tensor.calls == ["detach", "cpu", "resolve_conj", "resolve_neg"]
    half = FakeTensor([1.0])
    half.dtype = "torch.bfloat16"
    assert encode(half, None, registry=toys).json == 1.0
    assert "float" in half.calls


def test_subclasses_of_tensors_are_tensors(toys):
    assert encode(Parameter([1.0, 2.0]), None, registry=toys).json == [1.0, 2.0]


def test_other_libraries(toys):
    assert encode(FakeEager([1, 2]), None, registry=toys).json == [1, 2]


def test_scalars_are_numbers(toys):
    assert encode(FakeScalar(2.5), None, registry=toys).json == 2.5
    found = encode({"a": Float64(2.5)}, None, registry=toys).json["a"]
    assert found == 2.5


def test_as_array_gives_what_a_plugin_can_count():
    array = FakeArray([1, 2])
    assert as_array(array) is array
    assert as_array(FakeTensor([1, 2])).tolist() == [1, 2]
    assert as_array([1, 2]) is None
    assert as_array(object()) is None


# -- copies of what users gave --------------------------------------------------------------------------------


def test_a_json_copy_is_a_copy_down_to_the_last_item():
    given = {"a": [1, {"b": (2, Level.HIGH)}], "c": FakeArray([1.0, 2.0]), Text("d"): None}
    found = json_copy(given, "box_data")
    assert found == {"a": [1, {"b": [2, 3]}], "c": [1.0, 2.0], "d": None}
    assert [type(key) for key in found] == [str, str, str]
    found["a"][1]["b"].append(9)
    assert given["a"][1]["b"] == (2, Level.HIGH)


def test_a_json_copy_names_what_it_cannot_take():
    with pytest.raises(TypeError, match=r"box_data\[0\]\['scores'\] is object; give numbers, text"):
        json_copy([{"scores": object()}], "box_data")
    with pytest.raises(TypeError, match=r"box_data\[0\] has the key 3; keys are text"):
        json_copy([{3: 1}], "box_data")


def test_a_copy_in_full_takes_arrays_and_keys_that_are_no_text():
    given = {1: (2, Level.HIGH), None: FakeArray(list(range(40))), "c": {"d": Word.YES}, Text("e"): [1, True]}
    found = JsonCopy()(given, "val")
    assert found == {"1": [2, 3], "None": list(range(40)), "c": {"d": "yes"}, "e": [1, True]}
    assert {type(key) for key in found} == {str}
    assert found["e"] is not given["e"]


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        ({"a": [1, object()]}, TypeError, r"^val\['a'\]\[1\] is object; give numbers, text, lists, dicts"),
        ({"a": {(1, 2): 3}}, TypeError, r"^a key of val\['a'\] is tuple"),
        ({"a": {1: 2, "1": 3}}, ValueError, r"^two keys of val\['a'\] are '1' as text"),
    ],
)
def test_a_copy_in_full_names_what_it_cannot_take(given, error, words):
    with pytest.raises(error, match=words):
        JsonCopy()(given, "val")


class Loud(JsonCopy):
    """A copy in which text is louder, but not below ``quiet``."""

    def below(self, key):
        return JsonCopy() if key == "quiet" else self

    def other(self, item, place):
        return item.upper() if isinstance(item, Text) else super().other(item, place)

    def odd(self, item, place):
        return place


def test_a_copy_may_have_rules_of_its_own():
    given = {"a": [Text("b"), object()], "quiet": [Text("c")]}
    assert Loud()(given, "val") == {"a": ["B", "val['a'][1]"], "quiet": ["c"]}


def test_parsed_json_is_copied_down_to_the_last_list():
    document = {"a": [1, [2], {"b": None}], "c": "x"}
    found = copied(document)
    assert found == document
    found["a"][1].append(3)
    found["a"][2]["b"] = 4
    assert document == {"a": [1, [2], {"b": None}], "c": "x"}
