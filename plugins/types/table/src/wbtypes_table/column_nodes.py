"""What a column type is, in memory and as the wire's nodes (wire format, section 4)."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Self

from attrs import evolve, field, frozen

from wbtypes_core import Code, DecodeError, LimitError, WBValue
from wbtypes_core.codec import expect_object, read
from wbtypes_core.jsonio import JsonObject, kind
from wbtypes_core.values import FrozenMap, frozen_map

LEGACY: Mapping[str, str] = {
    "wandb.Image": "image-file",
    "wandb.Table": "table",
    "wandb.Classes_id": "classesId",
    "wandb.TablePrimaryKey": "primaryKey",
    "wandb.TableForeignKey": "foreignKey",
    "wandb.TableForeignIndex": "foreignIndex",
    "dictionary": "typedDict",
    "object": "pythonObject",
}
"""Names that old clients wrote, and what they are called today."""

DEPTH = 100
"""Levels of lists and dicts in one another that a column type can tell."""


@frozen
class ColumnType:
    """What the cells of a column may be: one node of the wire's ``column_types``.

    Attributes:
        name: its ``wb_type`` under today's name: ``"number"``, ``"typedDict"``, ``"image-file"``.
        params: read-only; column types where the wire nests them, JSON elsewhere.
        legacy: the name it was read under where an old client wrote it; it is written back.
        extra: keys of its node beside name and params, as a newer client may write.
    """

    name: str
    params: Mapping[str, Any] = field(default=None, converter=frozen_map, hash=False)
    legacy: str | None = field(default=None, eq=False, kw_only=True)
    extra: Mapping[str, Any] = field(default=None, converter=frozen_map, hash=False, kw_only=True)

    @classmethod
    def list_of(cls, element: ColumnType, length: int | None = None) -> Self:
        """The type of lists of such elements; the length is that of the last list, when it is known."""
        return cls("list", {"element_type": element, "length": length})

    @classmethod
    def dict_of(cls, types: Mapping[str, ColumnType]) -> Self:
        """The type of dicts with these keys; also the root of a table's types, its columns being the keys."""
        return cls("typedDict", {"type_map": FrozenMap(types)})

    @classmethod
    def union(cls, *parts: ColumnType) -> ColumnType:
        """The type of what is any of these, in the client's order; one part alone is itself.

        Unions among them are taken apart. Equal parts are told once, but for ``unknown``: each of these may become
        a type of its own.
        """
        flat: list[ColumnType] = []
        for part in parts:
            flat.extend(each for each in part.parts if each.name == "unknown" or each not in flat)
        if len(flat) == 1:
            return flat[0]
        return cls("union", {"allowed_types": tuple(sorted(flat, key=_text))})

    @property
    def parts(self) -> tuple[ColumnType, ...]:
        """The types it allows: those of a union, else itself."""
        return tuple(self.params.get("allowed_types", ())) if self.name == "union" else (self,)

    @property
    def optional(self) -> bool:
        """Whether None may be in such a column."""
        return any(part.name == "none" for part in self.parts)

    @property
    def inner(self) -> Iterator[ColumnType]:
        """The types that it holds one level down: elements, keys, alternatives, columns."""
        for param in self.params.values():
            if isinstance(param, ColumnType):
                yield param
            elif isinstance(param, list | tuple | Mapping):
                items: Iterable[Any] = param.values() if isinstance(param, Mapping) else param
                yield from (each for each in items if isinstance(each, ColumnType))

    def contains(self, name: str) -> bool:
        """Whether a type of that name is this one or anywhere inside."""
        return self.name == name or any(each.contains(name) for each in self.inner)

    def put(self, name: str, other: ColumnType) -> ColumnType:
        """This type with another in place of the one of that name, here or among a union's parts; `extra` stays where it is."""
        if self.name == name:
            return evolve(other, extra={**self.extra, **other.extra})
        if name not in (part.name for part in self.parts):
            return self
        return evolve(ColumnType.union(*(part.put(name, other) for part in self.parts)), extra=self.extra)

    def to_json(self) -> JsonObject:
        """The node as the client writes it; ``params`` are left out where there are none."""
        node: JsonObject = {"wb_type": self.legacy or self.name}
        if self.params:
            node["params"] = {name: _json(param) for name, param in self.params.items()}
        return {**node, **self.extra}

    def spell(self) -> str:
        """The type for people: ``"number or none"``, ``"list of string"``, ``"dict(a: number)"``."""
        say = _SPELLINGS.get(self.name)
        return say(self) if say else self.name

    def __str__(self) -> str:
        return self.spell()

    # deep types are too deep for what Python does with any object: that takes ten calls for a level

    def __reduce__(self) -> tuple[Any, ...]:
        params = {key: dict(each) if type(each) is FrozenMap else each for key, each in self.params.items()}
        return _again, (self.name, params, self.legacy, dict(self.extra))

    def __deepcopy__(self, memo: dict[int, Any]) -> ColumnType:
        """Itself, for it cannot change; but not the table that a key refers to, which can."""
        if not isinstance(self.params.get("table"), WBValue):
            return self
        return evolve(self, params=copy.deepcopy(dict(self.params), memo))


def _again(name: str, params: Mapping[str, Any], legacy: str | None, extra: Mapping[str, Any]) -> ColumnType:
    """The type that was pickled."""
    frozen = {key: FrozenMap(each) if key == "type_map" else each for key, each in params.items()}
    return ColumnType(name, FrozenMap(frozen), legacy=legacy, extra=extra)


INVALID, ANY, UNKNOWN, NONE = map(ColumnType, ("invalid", "any", "unknown", "none"))
STRING, NUMBER, BOOLEAN, TIMESTAMP = map(ColumnType, ("string", "number", "boolean", "timestamp"))
ARTIFACT = ColumnType("artifactVersion")


def optional(inner: ColumnType) -> ColumnType:
    """A type that allows None too."""
    return ColumnType.union(inner, NONE)


# -- writing --------------------------------------------------------------------------------------------------


def _json(param: Any) -> Any:
    if isinstance(param, ColumnType):
        return param.to_json()
    if isinstance(param, Mapping):
        return {name: _json(each) for name, each in param.items()}
    if isinstance(param, list | tuple):
        return [_json(each) for each in param]
    return param


def _text(node: ColumnType) -> str:
    """The client's text of a type, which its unions are sorted by."""
    params = node.params
    if node.name == "union":
        return " or ".join(_text(part) for part in node.parts)
    if node.name == "list":
        return f"{_text(element_of(node))}[]"
    if node.name == "typedDict":
        return _text_of(fields_of(node))
    if node.name == "const":
        return str(params.get("val"))
    told = [f"{name}:{_text_of(item)}" for name, item in params.items() if name not in _UNTOLD]
    return node.name.capitalize() + (f"({','.join(told)})" if told else "")


_UNTOLD = frozenset(("serialization_path", "classes_obj"))


def _text_of(param: Any) -> str:
    if isinstance(param, ColumnType):
        return _text(param)
    if isinstance(param, Mapping):
        return "{" + ", ".join(f"{name!r}: {_text_of(each)}" for name, each in param.items()) + "}"
    return str(param)


def _spell_union(node: ColumnType) -> str:
    parts = sorted(node.parts, key=lambda part: part.name == "none")
    return " or ".join(part.spell() for part in parts) or "nothing"


def _spell_list(node: ColumnType) -> str:
    element = element_of(node)
    return f"list of ({element.spell()})" if element.name == "union" else f"list of {element.spell()}"


def _spell_dict(node: ColumnType) -> str:
    return f"dict({', '.join(f'{name}: {each.spell()}' for name, each in fields_of(node).items())})"


def _spell_const(node: ColumnType) -> str:
    return f"the constant {node.params.get('val')!r}"


def _spell_array(node: ColumnType) -> str:
    return " x ".join(map(str, node.params["shape"])) + " array" if node.params["shape"] else "0-d array"


_SPELLINGS: Mapping[str, Callable[[ColumnType], str]] = {
    "any": lambda node: "anything",
    "invalid": lambda node: "mixed",
    "union": _spell_union,
    "list": _spell_list,
    "typedDict": _spell_dict,
    "const": _spell_const,
    "ndarray": _spell_array,
    "pythonObject": lambda node: str(node.params["class_name"]),
    "classesId": lambda node: "class id",
    "primaryKey": lambda node: "primary key",
    "foreignKey": lambda node: "foreign key",
    "foreignIndex": lambda node: "foreign index",
}


# -- reading --------------------------------------------------------------------------------------------------


def from_json(node: Any) -> ColumnType:
    """The column type of a node; names and params that are not known stay as they are.

    Raises:
        DecodeError: ``wrong-type``, ``missing-key`` or ``bad-value``, with its place.
        LimitError: types nested deeper than `DEPTH`.
    """
    return _node(node, 0)


def _node(node: Any, depth: int) -> ColumnType:
    if depth > DEPTH:
        raise LimitError(
            f"column types are nested deeper than {DEPTH} levels, more than a column's cells have"
        )
    node = expect_object(node)
    said: str = read(node, "wb_type", str)
    name = LEGACY.get(said, said)
    params = read(node, "params", dict, default={})
    parse = _PARAMS.get(name, _any_params)
    try:
        params = parse(params, depth + 1)
    except DecodeError as error:
        raise error.under("params") from error.__cause__
    extra = {key: each for key, each in node.items() if key not in ("wb_type", "params")}
    return ColumnType(name, FrozenMap(params), legacy=said if said != name else None, extra=extra)


def _under(params: JsonObject, key: str, depth: int) -> ColumnType:
    try:
        return _node(params[key], depth)
    except DecodeError as error:
        raise error.under(key) from error.__cause__


def _with_node(key: str) -> Callable[[JsonObject, int], JsonObject]:
    """The params of a type with a node under this key."""

    def parse(params: JsonObject, depth: int) -> JsonObject:
        return {**params, key: _under(params, key, depth)} if params.get(key) is not None else params

    return parse


def _list_params(params: JsonObject, depth: int) -> JsonObject:
    read(params, "length", int, default=None)
    return _with_node("element_type")(params, depth)


def _union_params(params: JsonObject, depth: int) -> JsonObject:
    parts = read(params, "allowed_types", list, default=[])
    made = []
    for index, part in enumerate(parts):
        try:
            made.append(_node(part, depth))
        except DecodeError as error:
            raise error.under("allowed_types", index) from error.__cause__
    return {**params, "allowed_types": tuple(made)}


def _dict_params(params: JsonObject, depth: int) -> JsonObject:
    fields = read(params, "type_map", dict, default={})
    try:
        made = {name: _under(fields, name, depth) for name in fields}
    except DecodeError as error:
        raise error.under("type_map") from error.__cause__
    return {**params, "type_map": FrozenMap(made)}


def _array_params(params: JsonObject, depth: int) -> JsonObject:
    shape = read(params, "shape", list)
    for index, size in enumerate(shape):
        if type(size) is not int:
            raise DecodeError(
                f"is {kind(size)}, not a whole number", reason=Code.WRONG_TYPE, path=("shape", index)
            )
        if size < 0:
            raise DecodeError(f"is {size}, which no array's side is", path=("shape", index))
    path = read(params, "serialization_path", dict, default={})
    if path:
        for key in ("path", "key"):
            try:
                read(path, key, str)
            except DecodeError as error:
                raise error.under("serialization_path") from None
    return params


def _const_params(params: JsonObject, depth: int) -> JsonObject:
    if read(params, "is_set", bool, default=False):
        for index, each in enumerate(read(params, "val", list)):
            if isinstance(each, list | dict):
                raise DecodeError(
                    f"is {kind(each)}, not one of a set", reason=Code.WRONG_TYPE, path=("val", index)
                )
    return params


def _texts(*keys: str) -> Callable[[JsonObject, int], JsonObject]:
    """The params of a type that needs text under these keys."""

    def parse(params: JsonObject, depth: int) -> JsonObject:
        for key in keys:
            read(params, key, str)
        return params

    return parse


def _classes_params(params: JsonObject, depth: int) -> JsonObject:
    read(params, "classes_obj", dict, default=None)
    params = _with_node("valid_ids")(params, depth)
    ids = params.get("valid_ids")
    if ids is not None and ids.name != "union":
        raise DecodeError(f"is {ids.name}, not a union of constants", path=("valid_ids",))
    return params


def _table_params(params: JsonObject, depth: int) -> JsonObject:
    params = _with_node("column_types")(params, depth)
    columns = params.get("column_types")
    if columns is not None and columns.name not in ("typedDict", "unknown"):
        raise DecodeError(f"is {columns.name}, not a typedDict of columns", path=("column_types",))
    return params


def _any_params(params: JsonObject, depth: int) -> JsonObject:
    """The params of a type that is told by its plugin: nodes where they look like it, else as they are."""
    return {
        key: _under(params, key, depth)
        if isinstance(each, dict) and isinstance(each.get("wb_type"), str)
        else each
        for key, each in params.items()
    }


_PARAMS: Mapping[str, Callable[[JsonObject, int], JsonObject]] = {
    "list": _list_params,
    "union": _union_params,
    "typedDict": _dict_params,
    "ndarray": _array_params,
    "const": _const_params,
    "pythonObject": _texts("class_name"),
    "foreignKey": _texts("table", "col_name"),
    "foreignIndex": _texts("table"),
    "classesId": _classes_params,
    "table": _table_params,
}


def element_of(node: ColumnType) -> ColumnType:
    """What a list's elements are; ``unknown`` where it does not say."""
    element: ColumnType | None = node.params.get("element_type")
    return UNKNOWN if element is None else element


def fields_of(node: ColumnType) -> Mapping[str, ColumnType]:
    """The keys of a ``typedDict`` and their types."""
    fields: Mapping[str, ColumnType] = node.params.get("type_map", {})
    return fields


def class_ids(node: ColumnType) -> list[Any]:
    """The class ids of a ``classesId``."""
    ids: ColumnType | None = node.params.get("valid_ids")
    if ids is not None:
        return [part.params.get("val") for part in ids.parts if part.name == "const"]
    classes = node.params.get("classes_obj") or {}
    found = classes.get("class_set")
    return (
        [each["id"] for each in found if isinstance(each, dict) and "id" in each]
        if isinstance(found, list)
        else []
    )
