"""What figures become: plotly figures, lists and NumPy arrays; and how arrays and matplotlib figures become JSON."""

from __future__ import annotations

import array
import base64
import math
import sys
import warnings
from collections.abc import Callable, Container, Iterable
from typing import Any

from wbtypes_core import Code, DecodeError, MediaFile
from wbtypes_core.errors import Step, need, one_line, shortened, warn_once
from wbtypes_core.files import unreadable
from wbtypes_core.jsonio import JsonObject

EXTRA = "wbtypes-plotly[plotly]"

_CODES = {
    "int8": "i1",
    "uint8": "u1",
    "uint8c": "u1",
    "int16": "i2",
    "uint16": "u2",
    "int32": "i4",
    "uint32": "u4",
    "float32": "f4",
    "float64": "f8",
}
_CODES |= {code: code for code in _CODES.values()} | {"u1c": "u1"}
"""The dtypes of plotly.js, by every name that it reads them under."""

_ITEMS = {"i1": "b", "u1": "B", "i2": "h", "u2": "H", "i4": "i", "u4": "I", "f4": "f", "f8": "d"}
"""The same in the standard library's `array`."""

_NARROWER = {"int64": ("int8", "int16", "int32"), "uint64": ("uint8", "uint16", "uint32")}
"""What plotly stores the integers as that plotly.js does not have, tried in this order."""

_DIMENSIONS = 32

Shape = tuple[int, ...]


# -- typed arrays ---------------------------------------------------------------------------------------------


def packed(values: Any) -> Any:
    """An ndarray as plotly 6 and later store it: a typed array where plotly.js has its dtype, else lists."""
    if not values.ndim or not values.size or hasattr(values, "mask"):
        return listed(values)
    values = _narrowed(values)
    code = _CODES.get(values.dtype.name)
    if code is None:
        return listed(values)
    import numpy

    raw = numpy.ascontiguousarray(values, values.dtype.newbyteorder("<"))
    spec: JsonObject = {"dtype": code, "bdata": base64.b64encode(raw.data).decode("ascii")}
    if values.ndim > 1:
        spec["shape"] = str(values.shape)[1:-1]
    return spec


def listed(values: Any) -> Any:
    """An ndarray as nested lists of Python's own numbers and texts; instants as ISO text, those that are none as None."""
    if values.dtype.kind == "M":
        import numpy

        text = numpy.datetime_as_string(values).astype(object)
        text[numpy.isnat(values)] = None
        return text.tolist()
    return values.tolist()


def _narrowed(values: Any) -> Any:
    names = _NARROWER.get(values.dtype.name)
    if names is None:
        return values
    import numpy

    low, high = values.min(), values.max()
    for name in names:
        info = numpy.iinfo(name)
        if info.min <= low and high <= info.max:
            return values.astype(name)
    return values


def unpacked(item: Any, convert: Callable[[bytes, str, Shape], Any], at: tuple[Step, ...] = ()) -> Any:
    """A copy of JSON in which typed arrays are what `convert` makes of their bytes, code and shape.

    Raises:
        DecodeError: ``bad-value``: a typed array that is damaged.
    """
    if isinstance(item, dict):
        if isinstance(item.get("bdata"), str) and "dtype" in item:
            return _converted(item, convert, at)
        return {name: unpacked(each, convert, (*at, name)) for name, each in item.items()}
    if isinstance(item, list):
        return [
            unpacked(each, convert, (*at, number)) if isinstance(each, dict | list) else each
            for number, each in enumerate(item)
        ]
    return item


def _converted(spec: JsonObject, convert: Callable[[bytes, str, Shape], Any], at: tuple[Step, ...]) -> Any:
    named = spec["dtype"]
    code = _CODES.get(named) if isinstance(named, str) else None
    if code is None:
        raise _damaged(f"{shortened(str(named))!r} is no dtype of plotly.js", at)
    try:
        raw = base64.b64decode(spec["bdata"], validate=True)
    except ValueError as error:
        raise _damaged(f"its bytes are no base64: {error}", at) from None
    count, rest = divmod(len(raw), int(code[1]))
    shape = (count,) if spec.get("shape") is None else _shape(spec["shape"], at)
    if rest or math.prod(shape) != count or (count == 0 and len(shape) > 1):
        raise _damaged(f"it has {len(raw)} bytes, which is not {code} of the shape {shape}", at)
    return convert(raw, code, shape)


def _shape(said: object, at: tuple[Step, ...]) -> Shape:
    """A shape as plotly writes it (``"2, 3"``), or as a list or one number."""
    parts: list[Any] = (
        said.split(",") if isinstance(said, str) else said if isinstance(said, list) else [said]
    )
    try:
        shape = tuple(int(part) for part in parts if part != "")
    except (TypeError, ValueError, OverflowError):
        shape = ()
    if not 0 < len(shape) <= _DIMENSIONS or min(shape) < 0:
        raise _damaged(f"{shortened(str(said))!r} is no shape", at)
    return shape


def _damaged(what: str, at: tuple[Step, ...]) -> DecodeError:
    return DecodeError(f"this typed array is damaged: {what}", reason=Code.BAD_VALUE, path=at)


def as_list(raw: bytes, code: str, shape: Shape) -> list[Any]:
    """The numbers of a typed array as nested lists; needs no library."""
    numbers = array.array(_ITEMS[code], raw)
    if sys.byteorder == "big":
        numbers.byteswap()
    found: list[Any] = numbers.tolist()
    for length in reversed(shape[1:]):
        found = [found[start : start + length] for start in range(0, len(found), length)]
    return found


def as_numpy(raw: bytes, code: str, shape: Shape) -> Any:
    """The numbers of a typed array as an ndarray of its dtype."""
    numpy = need("numpy", pip=EXTRA, what="making arrays of a figure")
    return numpy.frombuffer(raw, f"<{code}").reshape(shape).astype(code)


# -- plotly ---------------------------------------------------------------------------------------------------


def to_plotly(figure: JsonObject, file: MediaFile) -> Any:
    """The plotly figure of its JSON.

    Raises:
        DecodeError: ``bad-file``: plotly makes no figure of it, whatever is left out.
        MissingExtra: plotly is not installed.
    """
    objects = need("plotly.graph_objects", pip=EXTRA, what="making a plotly figure")
    parts = {name: figure[name] for name in ("data", "layout", "frames") if figure.get(name) is not None}
    try:
        parts = _known_defaults(parts, objects)
        try:
            return objects.Figure(**parts)
        except ValueError as error:
            made = objects.Figure(**parts, skip_invalid=True)
            refused = error
    except Exception as error:
        raise unreadable(file, "a plotly figure", error) from error
    warn_once(
        f"a figure holds what the installed plotly does not know; to_plotly() leaves it out, figure_json has it: "
        f"{_first(refused)}"
    )
    return made


def _known_defaults(parts: JsonObject, objects: Any) -> JsonObject:
    """The parts of a figure without a template's defaults for trace types and subplots that this plotly no longer has.

    They say nothing of a figure that has none of those; every figure of plotly 5 has some.
    """
    layout = parts.get("layout") or {}
    template = layout.get("template")
    if not isinstance(template, dict):
        return parts
    used = {trace["type"] for trace in parts.get("data", ()) if _has_type(trace)}
    known = {"data": (objects.layout.template.Data(), used), "layout": (objects.Layout(), layout)}
    kept = {
        name: {key: each for key, each in part.items() if _is_known(key, known[name])}
        for name, part in template.items()
        if name in known and isinstance(part, dict)
    }
    return {**parts, "layout": {**layout, "template": {**template, **kept}}}


def _is_known(key: str, known: Iterable[Container[str]]) -> bool:
    """Whether a name, or the one that a numbered subplot (``xaxis2``) goes by, is in one of these."""
    return any(key in names or key.rstrip("0123456789") in names for names in known)


def _has_type(trace: object) -> bool:
    return isinstance(trace, dict) and isinstance(trace.get("type"), str)


def _first(error: Exception) -> str:
    """The first line of plotly's long refusals."""
    return shortened((str(error).strip().splitlines() or [type(error).__name__])[0].strip())


# -- matplotlib -----------------------------------------------------------------------------------------------


def from_matplotlib(obj: Any) -> JsonObject:
    """The JSON that plotly's converter makes of a matplotlib figure, or of what is part of one.

    Raises:
        TypeError: nothing of matplotlib.
        ValueError: it holds an image, or the converter fails; `Image` takes those.
        MissingExtra: plotly is not installed.
    """
    figure = _as_figure(obj)
    if figure is None:
        raise TypeError(
            f"Plotly is made from a plotly figure, a dict of one or a matplotlib figure, not from {type(obj).__name__}"
        )
    if any(axes.images for axes in figure.axes):
        raise ValueError(
            "this matplotlib figure holds an image, which plotly's converter cannot take; log Image(figure)"
        )
    converter = need("plotly.matplotlylib", pip=EXTRA, what="converting a matplotlib figure")
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        try:
            renderer = converter.PlotlyRenderer()
            converter.Exporter(renderer, close_mpl=False).run(
                figure
            )  # mpl_to_plotly would close the user's figure
            made: JsonObject = renderer.plotly_fig.to_plotly_json()
        except Exception as error:
            raise ValueError(
                f"plotly's converter fails on this matplotlib figure ({type(error).__name__}: {one_line(error)}); "
                f"log Image(figure)"
            ) from error
    said = [warning.message for warning in told if not issubclass(warning.category, DeprecationWarning)]
    for each in dict.fromkeys(" ".join(str(message).split()) for message in said):
        warn_once(
            f"plotly's converter says of a matplotlib figure: {shortened(each)}; Image(figure) keeps it as it looks"
        )
    return made


def _as_figure(obj: Any) -> Any:
    """The matplotlib figure that an object is, or is part of (axes, a plot, ``pyplot`` itself); None when none."""
    module = sys.modules.get("matplotlib.figure")
    if module is None:  # then nothing can be of it
        return None
    if obj is sys.modules.get("matplotlib.pyplot", module):
        obj = obj.gcf()
    for _ in range(4):  # an artist's figure may be a sub-figure of a figure
        if obj is None or isinstance(obj, module.Figure):
            return obj
        obj = getattr(obj, "figure", None)
    return None
