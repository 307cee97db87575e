"""Column types: what the cells of a column may be (wire format, section 4)."""

from __future__ import annotations

import operator
import types
import typing
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import chain, repeat
from typing import Any

from wbtypes_core import WBValue
from wbtypes_core.jsonio import JsonObject, dumps, same
from wbtypes_core.plain import key_text
from wbtypes_core.values import FrozenMap

from .column_nodes import (
    ANY,
    ARTIFACT,
    BOOLEAN,
    DEPTH,
    INVALID,
    NONE,
    NUMBER,
    STRING,
    TIMESTAMP,
    UNKNOWN,
    ColumnType,
    class_ids,
    element_of,
    fields_of,
    from_json,
    optional,
)

__all__ = [
    "DEPTH",
    "KEYS",
    "ColumnType",
    "Mismatch",
    "Typer",
    "declared",
    "from_json",
    "merge",
    "optional",
    "type_of",
]

OfValue = Callable[[WBValue], JsonObject]
"""What a plugin says the column type of one of its values is."""

OfClass = Callable[[type], JsonObject]
"""What a plugin says the column type of one of its classes is."""

KEYS = frozenset(("primaryKey", "foreignKey", "foreignIndex"))
"""The types of columns that tie tables together; they are never optional."""

_ARTIFACT = "wandb-artifact://"


class Mismatch(TypeError):
    """A cell that does not go with the type of its column.

    Attributes:
        index: its place among the cells that were given.
        wanted: the column's type before it.
        found: the cell's.
    """

    def __init__(self, index: int, wanted: ColumnType, found: ColumnType) -> None:
        super().__init__(f"cell {index} is {found.spell()}, and the column is {wanted.spell()}")
        self.index = index
        self.wanted = wanted
        self.found = found

    def __reduce__(self) -> tuple[Any, ...]:
        return Mismatch, (self.index, self.wanted, self.found)


# -- what users declare ---------------------------------------------------------------------------------------


def declared(
    dtype: object, *, of_class: OfClass | None = None, of_value: OfValue | None = None
) -> ColumnType:
    """The column type that a user means by a ``dtype``.

    As with the client, a list of one is a list of that, a list of several is a union, a dict is a dict of
    types, and any other object that is no type is a constant: the one value that the column holds.

    Args:
        dtype: a `ColumnType`, its JSON, a Python, numpy or value class, a numpy dtype, ``typing.Any``,
            ``Optional``, ``Union`` or ``list[...]``, a list or dict of these, or a constant.
        of_class: the column type of a value class.
        of_value: the column type of a value that stands as an example.

    Raises:
        TypeError: something else; the message says what may be given.
    """
    if isinstance(dtype, ColumnType):
        return dtype
    if dtype is typing.Any:
        return ANY

    def inner(each: object) -> ColumnType:
        return declared(each, of_class=of_class, of_value=of_value)

    if isinstance(dtype, type) and typing.get_origin(dtype) is None:
        return _of_class(dtype, of_class)
    if isinstance(dtype, WBValue):
        if of_value is None:
            raise TypeError(
                f"dtype is a {type(dtype).__name__}, whose column type is not known here; {_MAY_BE}"
            )
        return from_json(of_value(dtype))
    if isinstance(dtype, Mapping):
        if isinstance(dtype.get("wb_type"), str):
            return from_json(dict(dtype))
        return ColumnType.dict_of({key_text(name, "dtype"): inner(each) for name, each in dtype.items()})
    if isinstance(dtype, list):
        if len(dtype) > 1:
            return ColumnType.union(*map(inner, dtype))
        return ColumnType.list_of(inner(dtype[0]) if dtype else UNKNOWN)
    origin = typing.get_origin(dtype)
    if origin in (typing.Union, types.UnionType):
        return ColumnType.union(*map(inner, typing.get_args(dtype)))
    if isinstance(origin, type) and _family(origin) == "list":
        items = [inner(each) for each in typing.get_args(dtype) if each is not ...]
        return ColumnType.list_of(ColumnType.union(*items) if items else UNKNOWN)
    if isinstance(dtype, str | int | float | None | set | frozenset):
        is_set = isinstance(dtype, set | frozenset)
        return ColumnType("const", {"val": list(dtype) if is_set else dtype, "is_set": is_set})  # type: ignore[arg-type]
    letter = getattr(dtype, "kind", None)
    if letter in _DTYPES and type(dtype).__module__.startswith("numpy"):
        return _DTYPES[letter]
    raise TypeError(f"dtype is {type(dtype).__name__}; {_MAY_BE}")


_MAY_BE = (
    "give a Python type (int, str, datetime, list, ...), a numpy type, a class such as Image, a column type or "
    "its JSON, a list or dict of these, or a constant"
)

_DTYPES: Mapping[Any, ColumnType] = {
    **dict.fromkeys("iufc", NUMBER),
    **dict.fromkeys("UT", STRING),
    "b": BOOLEAN,
    "M": TIMESTAMP,
    "O": UNKNOWN,
}


def _of_class(cls: type, of_class: OfClass | None) -> ColumnType:
    family = _family(cls)
    if family == "value":
        if of_class is None:
            raise TypeError(f"dtype is {cls.__name__}, whose column type is not known here; {_MAY_BE}")
        return from_json(of_class(cls))
    if family == "ndarray":
        raise TypeError(
            'an array\'s column type has a shape; give {"wb_type": "ndarray", "params": {"shape": [...]}}'
        )
    if family == "list":
        return ColumnType.list_of(UNKNOWN)
    if family == "typedDict":
        return ColumnType.dict_of({})
    if family == "object":
        return UNKNOWN if cls is object else _object(cls)
    return _SCALARS[family]


# -- families of classes --------------------------------------------------------------------------------------

_FAMILIES: Mapping[str, str] = {
    "builtins.NoneType": "none",
    "builtins.bool": "boolean",
    "builtins.int": "number",
    "builtins.float": "number",
    "builtins.str": "string",
    "builtins.list": "list",
    "builtins.tuple": "list",
    "builtins.set": "list",
    "builtins.frozenset": "list",
    "builtins.dict": "typedDict",
    "datetime.date": "timestamp",
    "numpy.bool": "boolean",
    "numpy.bool_": "boolean",
    "numpy.datetime64": "timestamp",
    "numpy.timedelta64": "object",
    "numpy.number": "number",
    "numpy.ndarray": "ndarray",
    "pandas._libs.missing.C_NAType": "none",
    f"{WBValue.__module__}.WBValue": "value",
}
"""What a class, or one derived from it, is in a column; by path, so that no library is imported for it."""

_SCALARS: Mapping[str, ColumnType] = {
    each.name: each for each in (NONE, BOOLEAN, NUMBER, STRING, TIMESTAMP, ARTIFACT)
}


@lru_cache(maxsize=4096)
def _family(cls: type) -> str:
    for base in cls.__mro__:
        family = _FAMILIES.get(f"{base.__module__}.{base.__qualname__}")
        if family:
            return family
    return "object"


def _families(cells: Iterable[Any]) -> set[str]:
    return {_family(cls) for cls in set(map(type, cells))}


@lru_cache(maxsize=4096)
def _object(cls: type) -> ColumnType:
    return ColumnType("pythonObject", {"class_name": cls.__name__})


def _is_nan(cell: Any) -> bool:
    return isinstance(cell, float) and cell != cell


def _is_null(cell: Any) -> bool:
    """Whether a cell says nothing: None, NaN, or what pandas has for them."""
    return cell is None or _is_nan(cell) or _family(type(cell)) == "none"  # type: ignore[arg-type]


def _has_nan(numbers: Iterable[Any]) -> bool:
    return any(map(operator.ne, numbers, numbers))


def _has_artifact(texts: Iterable[str]) -> bool:
    return any(map(str.startswith, texts, repeat(_ARTIFACT)))


def _is_artifact(cell: Any) -> bool:
    """Whether the client takes a cell for a reference to an artifact."""
    if isinstance(cell, str):
        return cell.startswith(_ARTIFACT)
    return isinstance(cell, dict) and cell.get("_type") == ARTIFACT.name


_TOLD = 1000
"""How many types of values are kept, so that each is read once: images of a few kinds of layers."""

# -- what cells are -------------------------------------------------------------------------------------------


class Cells:
    """What cells make of a column's type, by the client's rules.

    The client asks one cell after the other; here a rule gets many at once, and gives what one by one would.

    Args:
        of_value: the column type of a value. It is asked once for a class of values whose type has no params.
    """

    def __init__(self, of_value: OfValue) -> None:
        self._of_value = of_value
        self._whole: dict[tuple[type, Any], ColumnType] = {}
        self._told: dict[str, ColumnType] = {}
        self._last: tuple[JsonObject, ColumnType] | None = None
        self._depth = 0

    def type_of(self, cell: Any) -> ColumnType:
        """The type of one cell alone."""
        cls = type(cell)
        family = _family(cls)  # type: ignore[arg-type]  # mypy takes classes for unhashable
        if family == "list" or family == "typedDict":
            return self._nested(cell, family)
        if family == "value":
            return self._value(cell)
        if family == "ndarray":
            return ColumnType("ndarray", {"shape": list(cell.shape), "serialization_path": None})
        if family == "object":
            return _object(cls)  # type: ignore[arg-type]
        if family == "string" and cell.startswith(_ARTIFACT):
            return ARTIFACT
        if family == "number" and cell != cell:
            return optional(NUMBER)
        return _SCALARS[family]

    def _nested(self, cell: Any, family: str) -> ColumnType:
        self._depth += 1
        try:
            if self._depth > DEPTH:
                raise TypeError(f"a cell is nested deeper than {DEPTH} levels of lists and dicts; flatten it")
            if family == "list":
                return self._list(list(cell))
            if _is_artifact(cell):
                return ARTIFACT
            return ColumnType.dict_of(
                {key_text(name, "a cell"): self.type_of(each) for name, each in cell.items()}
            )
        finally:
            self._depth -= 1

    def _list(self, items: list[Any]) -> ColumnType:
        start = optional(UNKNOWN) if any(item is None for item in items) else UNKNOWN
        element = self.take(start, items) if items else start
        return ColumnType.list_of(element or INVALID, len(items))

    def _value(self, value: WBValue) -> ColumnType:
        key = (type(value), getattr(value, "tag", None))
        found = self._whole.get(key)
        if found is not None:
            return found
        node = self._of_value(value)
        if self._last is not None and self._last[0] == node:
            return self._last[1]
        text = dumps(node)
        found = self._told.get(text)
        if found is None:
            found = from_json(node)
            if len(self._told) == _TOLD:
                self._told.clear()
            self._told[text] = found
        self._last = node, found
        if not found.params:
            self._whole[key] = found
        return found

    def take(self, column: ColumnType, cells: Sequence[Any]) -> ColumnType | None:
        """The type of a column once it has these cells too, or None when one of them does not go with it.

        Args:
            column: its type before.
            cells: one or more.
        """
        rule = _RULES.get(column.name, Cells._take_alike)
        return rule(self, column, cells)

    def _take_none(self, column: ColumnType, cells: Sequence[Any]) -> ColumnType | None:
        return column if all(map(_is_null, cells)) else None

    def _take_any(self, column: ColumnType, cells: Sequence[Any]) -> ColumnType | None:
        if "none" in _families(cells):
            return None
        return optional(column) if any(map(_is_nan, cells)) else column

    def _take_unknown(self, column: ColumnType, cells: Sequence[Any]) -> ColumnType | None:
        first = self.type_of(cells[0])
        if first.name == "none":
            return None
        return first if len(cells) == 1 else self.take(first, cells[1:])

    def _take_scalar(self, column: ColumnType, cells: Sequence[Any]) -> ColumnType | None:
        return column if _families(cells) == {column.name} else None

    def _take_number(self, column: ColumnType, cells: Sequence[Any]) -> ColumnType | None:
        """NaN is a number; as it is null on the wire, the column is optional from then on."""
        if _families(cells) != {"number"}:
            return None
        return optional(column) if _has_nan(cells) else column

    def _take_string(self, column: ColumnType, cells: Sequence[Any]) -> ColumnType | None:
        """Text that the client takes for an artifact is told beside, so that it takes the column back."""
        if _families(cells) != {"string"}:
            return None
        return ColumnType.union(column, ARTIFACT) if _has_artifact(cells) else column

    def _take_artifact(self, column: ColumnType, cells: Sequence[Any]) -> ColumnType | None:
        texts = [cell for cell in cells if not _is_artifact(cell)]
        if not texts:
            return column
        return ColumnType.union(column, STRING) if _families(texts) == {"string"} else None

    def _take_list(self, column: ColumnType, cells: Sequence[Any]) -> ColumnType | None:
        """Whatever has items goes with a list of such items, as text does with a list of text."""
        if not all(issubclass(cls, Collection) and _family(cls) != "value" for cls in set(map(type, cells))):
            return None
        try:
            items = list(chain.from_iterable(cells))
        except TypeError:  # an array without dimensions
            return None
        old = element_of(column)
        element = self.take(old, items) if items else old
        if element is None:
            return None
        length = len(cells[-1])
        if element is old and column.params.get("length") == length:
            return column
        return ColumnType.list_of(element, length)

    def _take_dict(self, column: ColumnType, cells: Sequence[Any]) -> ColumnType | None:
        """Keys that the type has not are refused; keys that a cell has not are None."""
        if _families(cells) != {"typedDict"}:
            return None
        fields = fields_of(column)
        names = set(chain.from_iterable(cells))
        if not all(type(name) is str for name in names):
            cells = [{key_text(name, "a cell"): each for name, each in cell.items()} for cell in cells]
            names = set(chain.from_iterable(cells))
        if not names.issubset(fields):
            return None
        made = {}
        changed = False
        for name, old in fields.items():
            new = self.take(old, [cell.get(name) for cell in cells])
            if new is None:
                return None
            made[name] = new
            changed = changed or new is not old
        return ColumnType.dict_of(made) if changed else column

    def _take_array(self, column: ColumnType, cells: Sequence[Any]) -> ColumnType | None:
        shape = tuple(column.params["shape"])
        kinds = set(map(type, cells))
        if {_family(cls) for cls in kinds if cls is not list} - {"ndarray"}:
            return None
        found = {_list_shape(cell) if type(cell) is list else cell.shape for cell in cells}
        return column if found == {shape} else None

    def _take_const(self, column: ColumnType, cells: Sequence[Any]) -> ColumnType | None:
        value = column.params.get("val")
        if column.params.get("is_set"):
            value = set(value or ())
        return column if all(_is(value, cell) for cell in cells) else None

    def _take_class(self, column: ColumnType, cells: Sequence[Any]) -> ColumnType | None:
        ids = class_ids(column)
        return column if all(any(_is(each, cell) for each in ids) for cell in cells) else None

    def _take_key(self, column: ColumnType, cells: Sequence[Any]) -> ColumnType | None:
        if _families(cells) != {"string"} or _has_artifact(cells):
            return None
        return column

    def _take_index(self, column: ColumnType, cells: Sequence[Any]) -> ColumnType | None:
        return column if _families(cells) == {"number"} and not _has_nan(cells) else None

    def _take_alike(self, column: ColumnType, cells: Sequence[Any]) -> ColumnType | None:
        """Cells whose own type goes with the column's: media, tables, objects."""
        if column.name == "pythonObject" and _families(cells) == {"object"}:
            kinds = {cls.__name__ for cls in set(map(type, cells))}
            return column if kinds == {column.params["class_name"]} else None
        merged: dict[int, ColumnType] = {}
        for cell in cells:
            found = self.type_of(cell)
            if merged.get(id(found)) is found and column.name != "table":
                continue
            merged[id(found)] = found
            grown = merge(column, found)
            if grown is None:
                return None
            column = grown
        return column

    def _take_union(self, column: ColumnType, cells: Sequence[Any]) -> ColumnType | None:
        names = {part.name for part in column.parts}
        if _scalars_fit(cells, names):
            return column
        others = [part for part in column.parts if part.name != "none"]
        if others == [UNKNOWN] and "none" in names:
            return self._take_first(column, cells)
        if "none" in names:
            cells = _without_null(cells)
            if not cells:
                return column
        if len(others) != 1:
            return self._take_each(column, cells)
        grown = self.take(others[0], cells)
        if grown is others[0]:
            return column
        return grown and ColumnType.union(grown, *(part for part in column.parts if part.name == "none"))

    def _take_first(self, column: ColumnType, cells: Sequence[Any]) -> ColumnType | None:
        """Nothing was there but None and NaN: the first cell that is neither says the type, and the others follow."""
        at = next((at for at, cell in enumerate(cells) if not _is_null(cell)), None)
        if at is None:
            return column
        first = optional(self.type_of(cells[at]))
        return first if at + 1 == len(cells) else self.take(first, cells[at + 1 :])

    def _take_each(self, column: ColumnType, cells: Sequence[Any]) -> ColumnType | None:
        """Several alternatives: each cell goes to the first that takes it, and else makes an unknown one its own."""
        for cell in cells:
            found = self._place(column.parts, cell)
            if found is None:
                return None
            at, grown = found
            parts = column.parts
            if grown is not parts[at]:
                column = ColumnType.union(*parts[:at], grown, *parts[at + 1 :])
        return column

    def _place(self, parts: Sequence[ColumnType], cell: Any) -> tuple[int, ColumnType] | None:
        """Which of a union's parts a cell goes to, and what it makes of it."""
        unknown = [at for at, part in enumerate(parts) if part.name == "unknown"]
        for at in (*(at for at in range(len(parts)) if at not in unknown), *unknown):
            grown = self.take(parts[at], (cell,))
            if grown is not None:
                return at, grown
        return None


_Rule = Callable[[Cells, ColumnType, Sequence[Any]], ColumnType | None]

_RULES: Mapping[str, _Rule] = {
    "invalid": lambda self, column, cells: None,
    "none": Cells._take_none,
    "any": Cells._take_any,
    "unknown": Cells._take_unknown,
    "number": Cells._take_number,
    "string": Cells._take_string,
    "boolean": Cells._take_scalar,
    "timestamp": Cells._take_scalar,
    "artifactVersion": Cells._take_artifact,
    "union": Cells._take_union,
    "list": Cells._take_list,
    "typedDict": Cells._take_dict,
    "ndarray": Cells._take_array,
    "const": Cells._take_const,
    "classesId": Cells._take_class,
    "primaryKey": Cells._take_key,
    "foreignKey": Cells._take_key,
    "foreignIndex": Cells._take_index,
}


def _without_null(cells: Iterable[Any]) -> list[Any]:
    """The cells that are neither None nor NaN."""
    kinds = set(map(type, cells))
    nulls = {cls for cls in kinds if _family(cls) == "none"}
    rest = [cell for cell in cells if type(cell) not in nulls] if nulls else list(cells)
    return (
        [cell for cell in rest if not _is_nan(cell)] if any(issubclass(cls, float) for cls in kinds) else rest
    )


def _scalars_fit(cells: Sequence[Any], names: Collection[str]) -> bool:
    """Whether these cells are scalars of the types with these names, and change none of them."""
    if _family(type(cells[0])) not in names:  # type: ignore[arg-type]  # the first tells most columns that do not fit
        return False
    families = _families(cells)
    if not (families.issubset(names) and families.issubset(_SCALARS)):
        return False
    if "string" in families and ARTIFACT.name not in names:
        texts = cells if len(families) == 1 else (cell for cell in cells if isinstance(cell, str))
        if _has_artifact(texts):
            return False
    return "number" not in families or "none" in names or not _has_nan(cells)


def _is(value: Any, cell: Any) -> bool:
    try:
        return bool(value == cell)
    except (TypeError, ValueError):  # arrays have no one answer
        return False


def _list_shape(items: Any) -> tuple[int, ...]:
    """The shape of nested lists, going by the first of each, as the client does."""
    shape = []
    while isinstance(items, list):
        shape.append(len(items))
        items = items[0] if items else None
    return tuple(shape)


def type_of(cell: Any, of_value: OfValue) -> ColumnType:
    """The type of one cell alone.

    Args:
        cell: anything that a table holds.
        of_value: the column type of a value, which its plugin offers.

    Raises:
        TypeError: nested deeper than `DEPTH`, or a dict whose keys are no text.
    """
    return Cells(of_value).type_of(cell)


# -- merging --------------------------------------------------------------------------------------------------


def merge(left: ColumnType, right: ColumnType) -> ColumnType | None:
    """The type of a column of both types, by the client's rules of assignment; None when they do not go together.

    It is not symmetric: a union takes its parts, a dict one with fewer keys where these may be missing, and
    a key column takes text, but not the other way round.
    """
    if "invalid" in (left.name, right.name):
        return None
    if left == right and not left.contains("invalid"):
        return left
    rule = _MERGES.get(left.name)
    if rule is not None:
        return rule(left, right)
    return _unite(left, right) if left.name == right.name else None


def _merge_unknown(left: ColumnType, right: ColumnType) -> ColumnType | None:
    return None if right.name == "none" else right


def _merge_any(left: ColumnType, right: ColumnType) -> ColumnType | None:
    return None if right.name == "none" else left


def _merge_union(left: ColumnType, right: ColumnType) -> ColumnType | None:
    for part in right.parts:
        grown = _merge_part(left, part)
        if grown is None:
            return None
        left = grown
    return left


def _merge_part(left: ColumnType, right: ColumnType) -> ColumnType | None:
    parts = left.parts
    for at, part in enumerate(parts):
        merged = None if part.name == "unknown" else merge(part, right)
        if merged is not None:
            return left if merged is part else ColumnType.union(*parts[:at], merged, *parts[at + 1 :])
    if UNKNOWN not in parts or right.name == "none":
        return None
    at = parts.index(UNKNOWN)
    return ColumnType.union(*parts[:at], right, *parts[at + 1 :])


def _merge_list(left: ColumnType, right: ColumnType) -> ColumnType | None:
    if right.name != "list":
        return None
    element = merge(element_of(left), element_of(right))
    length = left.params.get("length")
    return element and ColumnType.list_of(element, length if length == right.params.get("length") else None)


def _merge_dict(left: ColumnType, right: ColumnType) -> ColumnType | None:
    if right.name != "typedDict" or not fields_of(right).keys() <= fields_of(left).keys():
        return None
    made = {}
    for name, old in fields_of(left).items():
        new = merge(old, fields_of(right).get(name, UNKNOWN))
        if new is None:
            return None
        made[name] = new
    return ColumnType.dict_of(made)


def _merge_array(left: ColumnType, right: ColumnType) -> ColumnType | None:
    alike = right.name == "ndarray" and same(left.params["shape"], right.params["shape"])
    return left if alike or right.name == "list" else None


def _merge_class(left: ColumnType, right: ColumnType) -> ColumnType | None:
    known = right.name == "const" and any(_is(each, right.params.get("val")) for each in class_ids(left))
    return left if known else None


def _merge_table(left: ColumnType, right: ColumnType) -> ColumnType | None:
    if right.name != "table":
        return None
    columns = merge(left.params.get("column_types") or UNKNOWN, right.params.get("column_types") or UNKNOWN)
    return columns and ColumnType("table", {"column_types": columns})


def _takes(name: str) -> Callable[[ColumnType, ColumnType], ColumnType | None]:
    """The rule of a key column, which takes what its keys are."""

    def rule(left: ColumnType, right: ColumnType) -> ColumnType | None:
        return left if right.name == name else None

    return rule


_MERGES: Mapping[str, Callable[[ColumnType, ColumnType], ColumnType | None]] = {
    "unknown": _merge_unknown,
    "any": _merge_any,
    "union": _merge_union,
    "list": _merge_list,
    "typedDict": _merge_dict,
    "ndarray": _merge_array,
    "classesId": _merge_class,
    "table": _merge_table,
    "primaryKey": _takes("string"),
    "foreignKey": _takes("string"),
    "foreignIndex": _takes("number"),
    "const": lambda left, right: None,
}


def _unite(left: ColumnType, right: ColumnType) -> ColumnType | None:
    """One type that says what both say: layers of boxes and masks, scores and classes, all of them constants."""
    params = {**right.params, **left.params}
    if not params or not all(
        isinstance(each, ColumnType) and each.name == "const" for each in params.values()
    ):
        return left if left.params == right.params else None
    made = {}
    for name, param in params.items():
        other = right.params.get(name, param)
        both = _unite_json(param.params.get("val"), other.params.get("val"))
        made[name] = ColumnType("const", {**param.params, "val": both})
    return ColumnType(left.name, FrozenMap(made), legacy=left.legacy, extra={**right.extra, **left.extra})


def _unite_json(left: Any, right: Any) -> Any:
    """Key by key and item by item; where both say something else, the first."""
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return {
            key: _unite_json(left[key], right[key])
            if key in left and key in right
            else left.get(key, right.get(key))
            for key in {**left, **right}
        }
    if isinstance(left, list) and isinstance(right, list):
        return [*left, *(each for each in right if each not in left)]
    return right if left is None else left


# -- while cells arrive ---------------------------------------------------------------------------------------


class Typer:
    """The type of one column, gathered while its cells arrive.

    Attributes:
        type: the type so far; of a column without cells ``unknown``, or what was declared.

    Args:
        declared: the type that the user asks for; none lets the cells say it.
        optional: whether None may be there.
        mixed: whether cells may be of different types: the type is ``any`` then.
        of_value: the column type of a value, which its plugin offers.

    Raises:
        TypeError: a key column that is said to be optional.
    """

    type: ColumnType

    def __init__(
        self,
        declared: ColumnType | None = None,
        *,
        optional: bool = True,
        mixed: bool = False,
        of_value: OfValue,
    ) -> None:
        start = ANY if mixed else UNKNOWN if declared is None else declared
        if optional and start.name in KEYS:
            raise TypeError(f"a column of the type {start.spell()} cannot be optional; say optional=False")
        self.type = ColumnType.union(start, NONE) if optional else start
        self._cells = Cells(of_value)
        self._checks: dict[type, Callable[[Any], bool]] = {}

    def extend(self, cells: Iterable[Any]) -> None:
        """Take many cells at once.

        Raises:
            Mismatch: for the first that does not go with the column; the type stays what it was.
            TypeError: nested deeper than `DEPTH`, or a dict whose keys are no text.
        """
        cells = cells if isinstance(cells, list | tuple) else list(cells)
        if not cells:
            return
        grown = self._cells.take(self.type, cells)
        if grown is None:
            raise self._mismatch(cells)
        self._become(grown)

    def add(self, cell: Any) -> None:
        """Take one cell.

        Raises:
            Mismatch: the cell does not go with the column; the type stays what it was.
            TypeError: nested deeper than `DEPTH`, or a dict whose keys are no text.
        """
        check = self._checks.get(type(cell))
        if check is not None and check(cell):
            return
        before = self.type
        self.extend((cell,))
        family = _family(type(cell))  # type: ignore[arg-type]
        if (
            self.type is before
            and family in _CHECKS
            and any(part.name in (family, "any") for part in before.parts)
        ):
            self._checks[type(cell)] = _CHECKS[family]

    def _become(self, grown: ColumnType) -> None:
        if grown is not self.type:
            self.type = grown
            self._checks = {}

    def _mismatch(self, cells: Sequence[Any]) -> Mismatch:
        """What is wrong with the first cell that does not fit, which is looked for by halves."""
        fits = self._cells.take
        index = bisect_left(range(len(cells)), True, key=lambda at: fits(self.type, cells[: at + 1]) is None)
        wanted = (fits(self.type, cells[:index]) if index else None) or self.type
        return Mismatch(index, wanted, self._cells.type_of(cells[index]))


_CHECKS: Mapping[str, Callable[[Any], bool]] = {
    "none": lambda cell: True,
    "boolean": lambda cell: True,
    "timestamp": lambda cell: True,
    "number": lambda cell: bool(cell == cell),
    "string": lambda cell: not cell.startswith(_ARTIFACT),
}
"""Whether a scalar goes with a column as the one before it of the same class did."""
