"""Plain JSON of what people log beside values: scalars, small arrays, objects of the standard library.

Wire format, section 7. Classes are told by their paths, so that no library is imported for it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from .errors import warn_once

SMALL_ARRAY = 32
"""Elements up to which an array is written as a list; larger numeric ones become histograms."""

SCALARS = frozenset((str, int, float, bool, type(None)))
"""The Python types that are JSON as they are."""

Plain = Callable[[Any], Any]


def to_plain(obj: Any) -> Any:
    """What an object is on the wire: a scalar, list or dict whose items may need the same again.

    Returns:
        The plain form, or NotImplemented for an object that has none (a figure, a large array).
    """
    rule = _rule(type(obj))  # type: ignore[arg-type]  # mypy takes classes for unhashable here
    return rule(obj) if rule else NotImplemented


class JsonCopy:
    """Makes of what a user gave a copy as JSON has it, down to the last item; subclasses have rules of their own.

    ``JsonCopy()(val, "val")`` copies. Tuples become lists, keys text (`key_text`), arrays lists in full, whatever their size.

    Raises:
        TypeError: something without a plain form, or a key that is neither text nor a number, with its place.
        ValueError: two keys of a dict that are one as text.
        RecursionError: nested too deep, or holding itself.
    """

    def __call__(self, item: Any, place: str) -> Any:
        """The copy of an item; its place is for messages, as ``box_data[3]``."""
        if type(item) in SCALARS:
            return item
        if isinstance(item, list | tuple):
            if SCALARS.issuperset(map(type, item)):
                return list(item)
            return [self(each, f"{place}[{at}]") for at, each in enumerate(item)]
        return self._object(item, place) if isinstance(item, Mapping) else self.other(item, place)

    def _object(self, item: Mapping[Any, Any], place: str) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, each in item.items():
            key = name if type(name) is str else self.key(name, place)
            if key in found:
                raise ValueError(f"two keys of {place} are {key!r} as text, as JSON has them; rename one")
            found[key] = each if type(each) in SCALARS else self.below(key)(each, f"{place}[{name!r}]")
        return found

    def key(self, name: Any, place: str) -> str:
        """A key of the dict at a place, as text."""
        return key_text(name, place)

    def below(self, key: str) -> JsonCopy:
        """What copies the item under a key."""
        return self

    def other(self, item: Any, place: str) -> Any:
        """The copy of what is no scalar, list, tuple or dict: of an array in full, else of its plain form."""
        array = as_array(item)
        found = to_plain(item) if array is None else listed(array)
        return self.odd(item, place) if found is NotImplemented else self(found, place)

    def odd(self, item: Any, place: str) -> Any:
        """What stands for an object that has no plain form."""
        raise TypeError(
            f"{place} is {type(item).__name__}; give numbers, text, lists, dicts, or arrays and dates of them"
        )


class _JsonAlone(JsonCopy):
    """The copy of what is JSON already, but for small arrays and the like."""

    def key(self, name: Any, place: str) -> str:
        if isinstance(name, str):
            return str(name)
        raise TypeError(f"{place} has the key {name!r}; keys are text")

    def other(self, item: Any, place: str) -> Any:
        found = to_plain(item)
        if found is NotImplemented:
            raise TypeError(f"{place} is {type(item).__name__}; give numbers, text, lists and dicts")
        return self(found, place)


_JSON_ALONE = _JsonAlone()


def json_copy(item: Any, place: str) -> Any:
    """A copy of what a user gave, as JSON has it, down to the last item.

    Args:
        item: numbers, text, lists, dicts whose keys are text, and whatever has a plain form.
        place: where it is, for messages: ``box_data[3]``.

    Raises:
        TypeError: something without a plain form, or a key that is no text, with its place.
    """
    return _JSON_ALONE(item, place)


def copied(document: Any) -> Any:
    """A copy of parsed JSON, which it is trusted to be, however deep it is nested."""
    top = [document]
    todo: list[Any] = [top]
    while todo:
        holder = todo.pop()
        for at, each in holder.items() if isinstance(holder, dict) else enumerate(holder):
            if isinstance(each, dict | list):
                holder[at] = each.copy()
                if isinstance(each, dict) or not SCALARS.issuperset(map(type, each)):
                    todo.append(holder[at])
    return top[0]


def key_text(name: Any, place: str) -> str:
    """A dict's key as text: ``true``, ``None`` and numbers as the newest client writes them.

    Args:
        name: the key.
        place: the dict, for the message.

    Raises:
        TypeError: a key that is neither text nor a number.
    """
    plain = name if name is None or isinstance(name, bool) else to_plain(name)
    if isinstance(plain, bool):
        return "true" if plain else "false"
    if isinstance(plain, str | int | float) or plain is None:
        return str(plain)
    raise TypeError(f"a key of {place} is {type(name).__name__}; keys are text on the wire, so make it a str")


def listed(array: Any) -> Any:
    """A numpy array in full, whatever its size, as nested lists; dates and durations keep their microseconds."""
    unit = {"M": "datetime64[us]", "m": "timedelta64[us]"}.get(array.dtype.kind)
    return (array.astype(unit) if unit else array).tolist()


def as_array(obj: Any) -> Any:
    """The numpy array of an array-like object of a known library, or None when it is none."""
    for base in type(obj).__mro__:
        convert = _ARRAYS.get(_path(base))
        if convert:
            return convert(obj)
    return None


def _path(kind: type) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


@cache
def _rule(kind: type) -> Plain | None:
    for base in kind.__mro__:
        path = _path(base)
        if path in _ARRAYS:
            return _array
        if path in _RULES:
            return _RULES[path]
    if dataclasses.is_dataclass(kind):
        return _fields
    if issubclass(kind, Mapping):
        return dict
    return _dotted if _path(kind) in _CODE else None


def _array(obj: Any) -> Any:
    array = as_array(obj)
    if (
        array.dtype.kind == "V" and not array.dtype.names
    ):  # bfloat16 and the like, which float32 holds exactly
        array = array.astype("float32")
    if array.dtype.names or (array.size > SMALL_ARRAY and array.dtype.kind in "biuf"):
        return NotImplemented
    if array.dtype.kind == "M":
        array = array.astype("datetime64[us]")
    return array.item() if array.size == 1 else array.tolist()


def _tensor(obj: Any) -> Any:
    tensor = obj.detach().cpu()
    if str(tensor.dtype) == "torch.bfloat16":  # numpy has no such type; float32 holds its values exactly
        tensor = tensor.float()
    return tensor.resolve_conj().resolve_neg().numpy()


def _eager(obj: Any) -> Any:
    return obj.numpy()


def _numpy(obj: Any) -> Any:
    import numpy

    return numpy.asarray(obj)


def _same(obj: Any) -> Any:
    return obj


def _text(obj: bytes) -> str:
    raw = bytes(obj)
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        warn_once("bytes that are not UTF-8 were logged; they are stored with backslash escapes")
        return raw.decode("utf-8", "backslashreplace")


def _isoformat(obj: Any) -> str:
    text: str = obj.isoformat()
    return text


def _duration(obj: Any) -> str:
    """ISO 8601, as the newest client writes a timedelta: ``P1DT2H3M4.5S``."""
    sign = "-" if obj.days < 0 else ""
    span = abs(obj)
    minutes, seconds = divmod(span.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    second = (
        f"{seconds}.{span.microseconds:06d}".rstrip("0").rstrip(".") if span.microseconds else str(seconds)
    )
    clock = "".join(
        f"{amount}{unit}"
        for amount, unit in ((hours, "H"), (minutes, "M"), (second, "S"))
        if str(amount) != "0"
    )
    days = f"{span.days}D" if span.days or not clock else ""
    return f"{sign}P{days}{'T' + clock if clock else ''}"


def _complex(obj: complex) -> str:
    return str(obj).strip("()")


def _ordered(obj: Any) -> list[Any]:
    """A set in an order that does not change from run to run."""
    try:
        return sorted(obj)
    except TypeError:
        return sorted(obj, key=lambda item: (type(item).__name__, repr(item)))


def _slice(obj: slice) -> dict[str, Any]:
    return {"slice_start": obj.start, "slice_step": obj.step, "slice_stop": obj.stop}


def _fields(obj: Any) -> dict[str, Any]:
    return {spec.name: getattr(obj, spec.name) for spec in dataclasses.fields(obj)}


def _dotted(obj: Any) -> str:
    return f"{obj.__module__}.{obj.__qualname__}"


def _value(obj: Any) -> Any:
    return obj.value


def _item(obj: Any) -> Any:
    if obj.dtype.kind == "M":
        obj = obj.astype("datetime64[us]")  # nanoseconds would come out as a bare integer
    item = obj.item()
    if type(item) is not type(obj):
        return item
    return complex(obj) if obj.dtype.kind == "c" else float(obj)  # long doubles are their own items


_CODE = ("builtins.function", "builtins.builtin_function_or_method", "builtins.type")

_RULES: Mapping[str, Plain] = {
    "enum.Enum": _value,
    "numpy.generic": _item,
    "builtins.str": str.__str__,
    "builtins.int": int,
    "builtins.float": float,
    "builtins.bytes": _text,
    "builtins.bytearray": _text,
    "builtins.memoryview": _text,
    "builtins.complex": _complex,
    "builtins.tuple": list,
    "builtins.list": list,
    "builtins.dict": dict,
    "builtins.set": _ordered,
    "builtins.frozenset": _ordered,
    "builtins.range": list,
    "builtins.slice": _slice,
    "collections.deque": list,
    "datetime.date": _isoformat,
    "datetime.time": _isoformat,
    "datetime.timedelta": _duration,
    "decimal.Decimal": str,
    "fractions.Fraction": str,
    "pathlib.PurePath": str,
    "pathlib._local.PurePath": str,
    "uuid.UUID": str,
}

_ARRAYS: Mapping[str, Plain] = {
    "numpy.ndarray": _same,
    "torch.Tensor": _tensor,
    "tensorflow.python.framework.ops.EagerTensor": _eager,
    "tensorflow.python.framework.tensor.Tensor": _eager,
    "tensorflow.python.ops.resource_variable_ops.BaseResourceVariable": _eager,
    "jaxlib._jax.ArrayImpl": _numpy,
    "jaxlib._jax.Array": _numpy,
    "jaxlib.xla_extension.ArrayImpl": _numpy,
}
