"""Column types: the client's answers, one by one, and the laws that hold for all."""

from __future__ import annotations

import datetime
import json
from functools import reduce
from importlib import import_module
from pathlib import Path
from typing import Any, Optional, Union

import attrs
import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wbtypes_core import DecodeError, LimitError, WBValue
from wbtypes_core.jsonio import same
from wbtypes_table.column_types import (
    DEPTH,
    ColumnType,
    Mismatch,
    Typer,
    declared,
    from_json,
    merge,
    optional,
    type_of,
)

DATA = Path(__file__).parent / "column_types"
CASES: list[dict[str, Any]] = json.loads((DATA / "client-0.31.0.json").read_text())
NODES: list[dict[str, Any]] = json.loads((DATA / "recorded.json").read_text())


class Thing:
    """An object that has no type of its own."""


class Other:
    """Another."""


@attrs.frozen
class Value(WBValue):
    """A value whose plugin offers this column type."""

    node: Any = attrs.field(hash=False)

    @property
    def tag(self) -> str:
        """What it is on the wire, as of values that are not understood."""
        return json.dumps(self.node)


def of_value(value: WBValue) -> Any:
    """What the plugin of `Value` says."""
    assert isinstance(value, Value)
    return value.node


CLASSES: dict[str, type] = {
    "int": int,
    "float": float,
    "str": str,
    "bool": bool,
    "list": list,
    "dict": dict,
    "date": datetime.date,
    "NoneType": type(None),
}
MAKERS: dict[str, Any] = {
    "nan": lambda of: float("nan"),
    "inf": lambda of: float("inf"),
    "datetime": datetime.datetime.fromisoformat,
    "date": datetime.date.fromisoformat,
    "time": lambda of: datetime.time(1, 2),
    "timedelta": lambda of: datetime.timedelta(1),
    "tuple": lambda of: tuple(make(of)),
    "set": lambda of: set(make(of)),
    "frozenset": lambda of: frozenset(make(of)),
    "bytes": str.encode,
    "complex": lambda of: complex(*of),
    "keys": lambda of: {key: make(each) for key, each in of},
    "object": lambda of: {"Thing": Thing, "Other": Other}[of](),
    "type": CLASSES.__getitem__,
    "nptype": lambda of: getattr(numpy, of),
    "node": lambda of: of,
    "value": lambda of: Value(node=of),
}


def make(item: Any) -> Any:
    """A cell or dtype of its notation: JSON is itself, and ``{"$": kind, "of": ...}`` what JSON has not."""
    if isinstance(item, list):
        return [make(each) for each in item]
    if not isinstance(item, dict):
        return item
    if "$" not in item:
        return {key: make(each) for key, each in item.items()}
    if item["$"] == "array":
        return numpy.zeros(item["of"], dtype=item.get("dtype", "float64"))
    if item["$"] == "np":
        return getattr(numpy, item["type"])(item["of"])
    if item["$"] == "npnan":
        return getattr(numpy, item["type"])("nan")
    return MAKERS[item["$"]](item.get("of"))


def ours(case: dict[str, Any], *, one_by_one: bool = False) -> dict[str, Any]:
    """What our rules say of a case, as the client's answer is noted."""
    dtype = declared(make(case["dtype"])) if "dtype" in case else None
    keys = {name: case[name] for name in ("optional", "mixed") if name in case}
    typer = Typer(dtype, of_value=of_value, **keys)
    cells = [make(each) for each in case["cells"]]
    if not one_by_one:
        try:
            typer.extend(cells)
        except Mismatch as error:
            return {"error": "TypeError", "at": error.index}
        return {"answer": typer.type.to_json()}
    for index, cell in enumerate(cells):
        before = typer.type
        try:
            typer.add(cell)
        except Mismatch as error:
            assert (error.index, typer.type) == (0, before)
            return {"error": "TypeError", "at": index}
    return {"answer": typer.type.to_json()}


def layers(boxes: Any) -> Value:
    """A value with layers of boxes."""
    const = {"wb_type": "const", "params": {"val": boxes, "is_set": False}}
    return Value(node={"wb_type": "image-file", "params": {"box_layers": const}})


def of_image(boxes: Any) -> ColumnType:
    """The column type of such a value."""
    return from_json(of_value(layers(boxes)))


# -- the client's answers -------------------------------------------------------------------------------------

NUMBER = {"wb_type": "number"}
NONE = {"wb_type": "none"}
ARRAY = {"wb_type": "ndarray", "params": {"shape": [2], "serialization_path": None}}


def union_of(*parts: Any) -> dict[str, Any]:
    """The node of a union."""
    return {"wb_type": "union", "params": {"allowed_types": list(parts)}}


def list_of(element: Any, length: int | None) -> dict[str, Any]:
    """The node of a list."""
    return {"wb_type": "list", "params": {"element_type": element, "length": length}}


# NaN is null on the wire: where a number may be, it makes the place optional, and never ends a run; the client
# raises, or tells a type that it cannot read its own file by
NAN = "NaN is a number that makes its place optional"
# the client takes such text for another type than text, and raises when a column has both
TEXT = "a column may hold text that looks like an artifact's address beside other text"
DERIVED = (
    "a class derived from text, numbers, lists, dicts or dates is what it derives from, as it is on the wire"
)
ONCE = "a union tells each type once"
TRUTH = "an array inside a list beside others has no one truth value, at which the client stops"

ON_PURPOSE: dict[str, tuple[str, Any]] = {
    "list with NaN": (NAN, union_of(NONE, list_of(union_of(NONE, NUMBER), 2))),
    "list with NaN then list": (NAN, union_of(NONE, list_of(union_of(NONE, NUMBER), 1))),
    "dict, NaN later": (
        NAN,
        union_of(NONE, {"wb_type": "typedDict", "params": {"type_map": {"a": union_of(NONE, NUMBER)}}}),
    ),
    "NaN not optional": (NAN, union_of(NONE, NUMBER)),
    "mixed NaN not optional": (NAN, union_of({"wb_type": "any"}, NONE)),
    "list of numpy NaN": (NAN, union_of(NONE, list_of(union_of(NONE, NUMBER), 1))),
    "numpy NaN and str": (NAN, union_of(NONE, {"wb_type": "string"})),
    "artifact text and text": (TEXT, union_of({"wb_type": "artifactVersion"}, NONE, {"wb_type": "string"})),
    "numpy text": (DERIVED, union_of(NONE, {"wb_type": "string"})),
    "None type declared": (ONCE, NONE),
    "union declared with None twice": (ONCE, union_of(NONE, NUMBER)),
    "list of arrays": (TRUTH, union_of(list_of(ARRAY, 1), NONE)),
    "list of arrays with None": (TRUTH, union_of(list_of(union_of(ARRAY, NONE), 2), NONE)),
}
"""What ours says where the client says something else, and why."""


def settled(node: Any) -> Any:
    """A node with the sets inside its constants in one order: the client's are in that of their hashes."""
    if isinstance(node, list):
        return [settled(each) for each in node]
    if not isinstance(node, dict):
        return node
    if node.get("wb_type") == "const":
        return _sorted(node)
    return {key: settled(each) for key, each in node.items()}


def _sorted(item: Any) -> Any:
    if isinstance(item, dict):
        return {key: _sorted(each) for key, each in item.items()}
    return sorted(item, key=str) if isinstance(item, list) else item


def client_of(case: dict[str, Any]) -> dict[str, Any]:
    """What the client says of a case."""
    return {key: case[key] for key in ("answer", "error", "at") if key in case}


@pytest.mark.parametrize("one_by_one", [False, True], ids=["at once", "one by one"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_columns_have_the_type_that_the_client_gives_them(case: dict[str, Any], one_by_one: bool) -> None:
    found = ours(case, one_by_one=one_by_one)
    if case["name"] not in ON_PURPOSE:
        assert settled(found) == settled(client_of(case))
        return
    why, answer = ON_PURPOSE[case["name"]]
    assert found == {"answer": answer}, why
    assert found != client_of(case), "this is no difference any more"


def test_differences_from_the_client_are_all_cases() -> None:
    assert ON_PURPOSE.keys() <= {case["name"] for case in CASES}


# -- nodes ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "recorded", NODES, ids=lambda each: f"{each['client']}-{from_json(each['node']).spell()}"
)
def test_recorded_types_are_written_back(recorded: dict[str, Any]) -> None:
    column = from_json(recorded["node"])
    assert same(column.to_json(), recorded["node"])
    assert from_json(column.to_json()) == column
    # the client's order
    assert same(ColumnType.union(*column.parts).to_json(), recorded["node"])


@pytest.mark.parametrize(
    ("said", "today", "params"),
    [
        ("wandb.Image", "image-file", {}),
        ("wandb.Table", "table", {"column_types": {"wb_type": "dictionary", "params": {"type_map": {}}}}),
        ("wandb.Classes_id", "classesId", {"valid_ids": union_of()}),
        ("wandb.TablePrimaryKey", "primaryKey", {}),
        ("wandb.TableForeignKey", "foreignKey", {"table": "t.table.json", "col_name": "id"}),
        ("wandb.TableForeignIndex", "foreignIndex", {"table": "t.table.json"}),
        ("dictionary", "typedDict", {"type_map": {"a": NUMBER}}),
        ("object", "pythonObject", {"class_name": "Thing"}),
    ],
)
def test_legacy_names_are_understood_and_written_back(said: str, today: str, params: Any) -> None:
    node = {"wb_type": said, "params": params} if params else {"wb_type": said}
    column = from_json(node)
    assert column.name == today
    assert column == from_json({**node, "wb_type": today})
    assert column.to_json() == node
    assert optional(column).put(today, column).to_json() == optional(column).to_json()


def test_what_is_not_known_is_kept() -> None:
    node = {
        "wb_type": "hologram-file",
        "params": {"depths": [1, {"wb_type": 7}], "of": {"wb_type": "number"}},
        "note": "from a newer client",
    }
    column = from_json(node)
    assert column.to_json() == node
    assert column.contains("number")
    newer = {"wb_type": "list", "params": {"element_type": NUMBER, "length": 2, "sparse": True}}
    assert from_json(newer).to_json() == newer


@pytest.mark.parametrize(
    ("node", "code", "path"),
    [
        ([], "wrong-type", ()),
        ({}, "missing-key", ("wb_type",)),
        ({"wb_type": 3}, "wrong-type", ("wb_type",)),
        ({"wb_type": "number", "params": []}, "wrong-type", ("params",)),
        (list_of({"wb_type": None}, 1), "missing-key", ("params", "element_type", "wb_type")),
        (list_of("number", 1), "wrong-type", ("params", "element_type")),
        ({"wb_type": "list", "params": {"length": "2"}}, "wrong-type", ("params", "length")),
        (union_of(NUMBER, 5), "wrong-type", ("params", "allowed_types", 1)),
        ({"wb_type": "union", "params": {"allowed_types": {}}}, "wrong-type", ("params", "allowed_types")),
        (
            {"wb_type": "typedDict", "params": {"type_map": {"a": 1}}},
            "wrong-type",
            ("params", "type_map", "a"),
        ),
        ({"wb_type": "ndarray"}, "missing-key", ("params", "shape")),
        ({"wb_type": "ndarray", "params": {"shape": [2, "3"]}}, "wrong-type", ("params", "shape", 1)),
        ({"wb_type": "ndarray", "params": {"shape": [True]}}, "wrong-type", ("params", "shape", 0)),
        ({"wb_type": "ndarray", "params": {"shape": [-1]}}, "bad-value", ("params", "shape", 0)),
        (
            {"wb_type": "ndarray", "params": {"shape": [], "serialization_path": {"key": "a"}}},
            "missing-key",
            ("params", "serialization_path", "path"),
        ),
        ({"wb_type": "const", "params": {"val": 1, "is_set": True}}, "wrong-type", ("params", "val")),
        ({"wb_type": "const", "params": {"val": [[]], "is_set": True}}, "wrong-type", ("params", "val", 0)),
        ({"wb_type": "pythonObject"}, "missing-key", ("params", "class_name")),
        ({"wb_type": "foreignKey", "params": {"table": "t"}}, "missing-key", ("params", "col_name")),
        ({"wb_type": "foreignIndex"}, "missing-key", ("params", "table")),
        ({"wb_type": "classesId", "params": {"valid_ids": NUMBER}}, "bad-value", ("params", "valid_ids")),
        ({"wb_type": "classesId", "params": {"classes_obj": 1}}, "wrong-type", ("params", "classes_obj")),
        ({"wb_type": "table", "params": {"column_types": NUMBER}}, "bad-value", ("params", "column_types")),
        (
            {"wb_type": "image-file", "params": {"box_layers": {"wb_type": "const", "params": 1}}},
            "wrong-type",
            ("params", "box_layers", "params"),
        ),
    ],
)
def test_malformed_nodes_are_refused_with_their_place(node: Any, code: str, path: tuple[Any, ...]) -> None:
    with pytest.raises(DecodeError) as caught:
        from_json(node)
    assert (caught.value.reason, caught.value.path) == (code, path)


def test_depth_is_bounded() -> None:
    def nested(levels: int) -> Any:
        return reduce(lambda node, _: list_of(node, 1), range(levels), NUMBER)

    deepest = from_json(nested(DEPTH))
    assert deepest.to_json() == nested(DEPTH)
    assert deepest == from_json(nested(DEPTH))
    assert deepest.contains("number")
    with pytest.raises(LimitError, match="nested deeper"):
        from_json(nested(200_000))


def test_cells_may_be_as_deep_as_types() -> None:
    def nested(levels: int) -> Any:
        cell: Any = 1
        return reduce(lambda inner, at: [inner] if at % 2 else {"a": inner}, range(levels), cell)

    typer = Typer(of_value=of_value)
    typer.extend([nested(DEPTH - 2)] * 2)
    assert from_json(typer.type.to_json()) == typer.type
    with pytest.raises(TypeError, match="nested deeper than"):
        Typer(of_value=of_value).extend([nested(DEPTH + 1)])
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(TypeError, match="nested deeper than"):
        type_of(endless, of_value)


# -- dtypes ---------------------------------------------------------------------------------------------------

IMAGE = {"wb_type": "image-file"}


@pytest.mark.parametrize(
    ("dtype", "said"),
    [
        (int, "number"),
        (bool, "boolean"),
        (datetime.datetime, "timestamp"),
        (numpy.float32, "number"),
        (numpy.bool_, "boolean"),
        (numpy.datetime64, "timestamp"),
        (numpy.dtype("int16"), "number"),
        (numpy.dtype("U5"), "string"),
        (numpy.dtype("datetime64[ns]"), "timestamp"),
        (numpy.dtype("O"), "unknown"),
        (Any, "anything"),
        (object, "unknown"),
        (int | None, "number or none"),
        (Optional[str], "string or none"),  # noqa: UP045
        (Union[int, str], "number or string"),  # noqa: UP007
        (list[int], "list of number"),
        (tuple[float, ...], "list of number"),
        (list, "list of unknown"),
        ([int, None], "the constant None or number"),
        ([int, type(None)], "number or none"),
        ({"a": int, "b": [str]}, "dict(a: number, b: list of string)"),
        (list_of(NUMBER, None), "list of number"),
        (ColumnType("string"), "string"),
        (bytes, "bytes"),
        (Thing, "Thing"),
        (Value, "image-file"),
        ([Value, type(None)], "image-file or none"),
        (Value(node=IMAGE), "image-file"),
        ("train", "the constant 'train'"),
    ],
)
def test_dtypes_are_taken_as_users_write_them(dtype: object, said: str) -> None:
    found = declared(dtype, of_class=lambda cls: IMAGE, of_value=of_value)
    assert found.spell() == said
    assert from_json(json.loads(json.dumps(found.to_json()))) == found


@pytest.mark.parametrize(
    "dtype", [numpy.dtype("m8[s]"), numpy.ndarray, 3j, (1, 2), Value, [Value], Value(node=IMAGE), object()]
)
def test_other_dtypes_are_refused_with_what_may_be_given(dtype: object) -> None:
    with pytest.raises(TypeError, match="give"):
        declared(dtype)


def test_keys_are_never_optional() -> None:
    with pytest.raises(TypeError, match="optional=False"):
        Typer(ColumnType("primaryKey"), of_value=of_value)


# -- words ----------------------------------------------------------------------------------------------------


def test_types_are_spelt_for_people() -> None:
    cell = {"a": [1, None], "b": numpy.zeros((2, 3)), "c": Thing(), "d": [1, "x"], "e": numpy.zeros(())}
    assert type_of(cell, of_value).spell() == (
        "dict(a: list of (number or none), b: 2 x 3 array, c: Thing, d: list of mixed, e: 0-d array)"
    )
    assert ColumnType("classesId").spell() == "class id"


def test_types_are_found_and_replaced() -> None:
    column = optional(type_of({"a": [numpy.zeros(2)]}, of_value))
    assert column.contains("ndarray")
    assert column.contains("none")
    assert not column.contains("number")
    arrays = optional(type_of(numpy.zeros(2), of_value))
    assert arrays.put("ndarray", ColumnType.list_of(ColumnType("number"), 2)).to_json() == union_of(
        NONE, list_of(NUMBER, 2)
    )
    assert ColumnType("number").put("number", ColumnType("string")) == ColumnType("string")
    assert ColumnType("number").put("ndarray", ColumnType("string")) == ColumnType("number")


# -- while cells arrive ---------------------------------------------------------------------------------------


def test_a_mismatch_says_which_cell_and_leaves_the_type() -> None:
    typer = Typer(of_value=of_value)
    typer.extend([1, None])
    with pytest.raises(Mismatch, match=r"cell 2 is string, and the column is number or none") as caught:
        typer.extend([2.5, None, "x", "y"])
    error = caught.value
    assert (error.index, error.wanted.spell(), error.found.spell()) == (2, "number or none", "string")
    assert typer.type.spell() == "number or none"
    typer.extend([])
    typer.extend(numpy.arange(3))
    assert typer.type.spell() == "number or none"


def test_the_wanted_type_is_the_one_before_that_cell() -> None:
    typer = Typer(of_value=of_value)
    with pytest.raises(Mismatch) as caught:
        typer.extend([[], [1], ["x"]])
    assert (caught.value.index, caught.value.wanted.spell()) == (2, "list of number or none")
    assert typer.type.spell() == "unknown or none"


def test_what_was_learnt_of_a_class_ends_with_the_type() -> None:
    typer = Typer(optional=False, of_value=of_value)
    typer.extend([1.0])
    for cell in (2.0, 3.0, float("nan"), None, 4.0):
        typer.add(cell)
    assert typer.type.spell() == "number or none"
    with pytest.raises(Mismatch):
        typer.add("x")
    ids = Typer(declared([1, 2]), of_value=of_value)
    ids.add(1)
    ids.add(1)
    with pytest.raises(Mismatch):
        ids.add(3)
    texts = Typer(of_value=of_value)
    for text in ("a", "b", "wandb-artifact://a/b"):
        texts.add(text)
    assert texts.type.spell() == "artifactVersion or string or none"


def test_pandas_moments_and_gaps_are_moments_and_gaps() -> None:
    pandas = import_module("pandas")
    typer = Typer(of_value=of_value)
    typer.extend([pandas.NA, pandas.Timestamp(0), pandas.NaT, datetime.date(2024, 1, 2), pandas.NA])
    assert typer.type.spell() == "timestamp or none"
    for cell in (pandas.NA, pandas.Timestamp(1), pandas.Timestamp(2)):
        typer.add(cell)
    assert typer.type.spell() == "timestamp or none"


def test_keys_of_dicts_are_text_as_on_the_wire() -> None:
    typer = Typer(of_value=of_value)
    typer.extend([{1: "a"}, {"1": "b"}, {1: "c"}])
    assert typer.type.spell() == "dict(1: string) or none"
    with pytest.raises(TypeError, match="keys are text"):
        typer.extend([{(1, 2): "a"}])


def test_plugins_are_asked_once_where_their_type_says_nothing_of_the_value() -> None:
    asked: list[Any] = []

    def ask(value: WBValue) -> Any:
        asked.append(value)
        return of_value(value)

    plain, layered = Value(node={"wb_type": "html-file"}), layers({"b": [1]})
    typer = Typer(of_value=ask)
    typer.extend([plain] * 50)
    for _ in range(50):
        typer.add(plain)
    assert (len(asked), typer.type.spell()) == (1, "html-file or none")
    asked.clear()
    images = Typer(of_value=ask)
    images.extend([layered, layers({"b": [1, 2], "c": [3]}), layers({"c": [4]})])
    assert len(asked) == 3
    [image, _] = images.type.parts
    assert image.to_json() == of_value(layers({"b": [1, 2], "c": [3, 4]}))


def test_the_first_name_of_a_class_is_kept() -> None:
    one, two = (
        from_json(
            {
                "wb_type": "image-file",
                "params": {
                    "class_map": {"wb_type": "const", "params": {"val": names, "is_set": False}},
                    **more,
                },
            }
        )
        for names, more in (
            ({"1": "car"}, {}),
            (
                {"1": "wagon", "2": "tree"},
                {"box_score_keys": {"wb_type": "const", "params": {"val": ["a"], "is_set": True}}},
            ),
        )
    )
    merged = merge(one, two)
    assert merged is not None
    assert merged.params["class_map"].params["val"] == {"1": "car", "2": "tree"}
    assert merged.params["box_score_keys"].params["val"] == ["a"]


# -- laws -----------------------------------------------------------------------------------------------------

scalars = st.sampled_from(
    [1, 2.5, True, "a", None, float("nan"), datetime.date(2024, 1, 2), "wandb-artifact://a"]
)
cells = st.recursive(
    scalars
    | st.sampled_from([numpy.zeros(2), numpy.float32(1), b"x", layers({"b": [1]}), layers({"c": [2]})]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
    max_leaves=6,
)
alike = st.one_of(
    st.lists(cells, max_size=5),
    st.lists(st.none() | st.integers() | st.floats(), max_size=8),
    st.lists(st.none() | st.lists(st.none() | st.integers()), max_size=6),
    st.lists(
        st.fixed_dictionaries({"a": st.lists(st.integers(), max_size=2)}, optional={"b": scalars}), max_size=6
    ),
)
plain_types = st.sampled_from(
    [ColumnType(name) for name in ("number", "string", "boolean", "timestamp", "none")]
)
columns = st.recursive(
    plain_types
    | st.sampled_from([ColumnType("unknown"), ColumnType("any"), of_image({"b": [1]}), of_image({})]),
    lambda inner: (
        st.builds(ColumnType.list_of, inner, st.none() | st.integers(0, 3))
        | st.dictionaries(st.sampled_from("abc"), inner, max_size=3).map(ColumnType.dict_of)
        | st.lists(inner, min_size=1, max_size=3).map(lambda parts: ColumnType.union(*parts))
    ),
    max_leaves=6,
)


@given(columns)
def test_nodes_are_types_and_types_are_nodes(column: ColumnType) -> None:
    assert from_json(json.loads(json.dumps(column.to_json()))) == column
    assert column.spell()


@given(columns)
def test_a_type_goes_with_itself(column: ColumnType) -> None:
    assert merge(column, column) == column


@given(columns, columns, columns)
def test_dicts_and_unions_of_several_make_the_same_in_any_order(
    one: ColumnType, two: ColumnType, three: ColumnType
) -> None:
    unions = [ColumnType.union(*parts) for parts in ((one, two, three), (three, one, two), (two, three, one))]
    parts = [sorted(json.dumps(part.to_json()) for part in union.parts) for union in unions]
    assert parts[0] == parts[1] == parts[2]


@given(*[st.lists(plain_types, min_size=1, max_size=4)] * 2)
def test_merging_into_a_union_of_scalars_is_asking_whether_it_has_them(
    one: list[ColumnType], two: list[ColumnType]
) -> None:
    left, right = ColumnType.union(*one), ColumnType.union(*two)
    inside = all(part in left.parts for part in right.parts)
    assert merge(left, right) == (left if inside and (left.name == "union" or left == right) else None)


@given(*[st.dictionaries(st.sampled_from("bc"), st.lists(st.integers(0, 3), unique=True), max_size=2)] * 3)
def test_layers_unite_in_any_order(one: Any, two: Any, three: Any) -> None:
    def sets(column: ColumnType | None) -> Any:
        assert column is not None
        return {name: set(ids) for name, ids in column.params["box_layers"].params["val"].items()}

    a, b, c = map(of_image, (one, two, three))
    ab, bc = merge(a, b), merge(b, c)
    assert ab is not None
    assert bc is not None
    assert sets(ab) == sets(merge(b, a))
    assert sets(merge(ab, c)) == sets(merge(a, bc))
    assert merge(ab, b) == ab


@given(alike, st.booleans(), st.booleans())
def test_many_at_once_are_one_by_one(cells: list[Any], optional: bool, mixed: bool) -> None:
    whole, single = (Typer(optional=optional, mixed=mixed, of_value=of_value) for _ in range(2))
    failed = None
    for index, cell in enumerate(cells):
        try:
            single.add(cell)
        except Mismatch as error:
            failed = index, error.wanted, error.found
            break
    if failed is None:
        whole.extend(cells)
        assert whole.type.to_json() == single.type.to_json()
    else:
        with pytest.raises(Mismatch) as caught:
            whole.extend(cells)
        assert (caught.value.index, caught.value.wanted, caught.value.found) == failed


@given(st.lists(cells, max_size=4))
def test_a_column_takes_back_what_made_it(cells: list[Any]) -> None:
    typer = Typer(mixed=False, of_value=of_value)
    try:
        typer.extend(cells)
    except Mismatch:
        return
    if not typer.type.contains("invalid"):
        again = Typer(typer.type, of_value=of_value)
        again.extend(cells)
        assert again.type == typer.type
