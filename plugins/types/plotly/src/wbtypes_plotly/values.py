"""What a figure is: plotly's own JSON of traces and layout, taken from whatever can be shown as one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import field, frozen

from wbtypes_core import FrozenMap, Media, MediaFile
from wbtypes_core.files import LazyFile
from wbtypes_core.jsonio import JsonObject, dumps
from wbtypes_core.plain import SCALARS, JsonCopy, as_array, copied
from wbtypes_core.values import check_caption, with_caption

SUFFIX = ".plotly.json"

ARRAY_FORMS = ("stored", "list", "numpy")
"""How `Plotly.to_dict` gives arrays."""

_NOT_PACKED = frozenset(("geojson", "layer", "layers", "range"))
"""Keys below which plotly.js takes lists only, as plotly's own writer knows."""

_ABSENT = frozenset(("NaTType", "NAType"))
"""Classes of pandas' missing values, which are null in plotly's JSON."""


_LONG = 1 << 14
"""Characters from which on base64 is worth being told apart."""

_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="
_GAP_TEXT = "\0bdata\0"
_GAP = dumps(_GAP_TEXT).strip('"').encode("ascii")


@frozen(kw_only=True, init=False, repr=False)
class Plotly(Media):
    """A plotly figure, stored as its JSON.

    The figure is copied at once. NumPy arrays of a **plotly figure** are stored as the installed plotly writes them: since
    plotly 6 as ``{"dtype", "bdata", "shape"}`` with base64 of the little-endian bytes, before as lists; those of a
    **dict** are always stored so, where plotly.js knows the dtype (int64 as the narrowest that holds it, like plotly),
    else as lists. Lists stay lists, with NaN and infinities as bare tokens; None is null; missing values of pandas are
    null too, but NaN in columns of numbers.

    **matplotlib** figures, axes, plots and ``pyplot`` itself go through plotly's own converter. What that cannot convert is
    an error that names `Image`; what it leaves out is told of.

    Args:
        val: a plotly figure (a `FigureWidget` too); a dict with ``data`` and ``layout``, where graph objects and arrays may
            stand for JSON; or something of matplotlib.
        **kwargs: ``caption`` alone.

    Raises:
        TypeError: `val` is none of these, or holds something that JSON does not know, with its place.
        ValueError: a matplotlib figure that holds an image or that the converter fails on; two keys of a dict that are one
            as text; or a figure that is nested too deep, or holds itself.
        MissingExtra: plotly is not installed, which converts what is of matplotlib.
    """

    file: MediaFile = field(eq=False)
    _figure: JsonObject = field(eq=FrozenMap)

    in_file = frozenset(("figure",))

    def __init__(self, val: Any, **kwargs: Any) -> None:
        caption = check_caption(kwargs.pop("caption", None))
        if kwargs:
            raise TypeError(f"{type(self).__name__} takes val and caption, not {', '.join(kwargs)}")
        figure = _taken(val)
        self.__attrs_init__(file=file_of(figure), caption=caption, figure=figure)

    def write_file(self) -> MediaFile:
        """A new file of the figure."""
        return file_of(self._figure)

    @property
    def figure_json(self) -> JsonObject:
        """The figure as it is stored: a new dict with ``data``, ``layout`` and, where there are any, ``frames``."""
        return self.to_dict()

    def to_dict(self, arrays: str = "stored") -> JsonObject:
        """The figure as a new dict.

        Args:
            arrays: how typed arrays (``{"dtype", "bdata", "shape"}``) are given: ``"stored"`` as they are, ``"list"``
                as nested lists of numbers, ``"numpy"`` as ndarrays of their own dtype and shape. Lists stay lists.

        Raises:
            DecodeError: a typed array that is damaged, with its place.
            MissingExtra: NumPy is asked for and not installed.
            ValueError: another `arrays`.
        """
        if arrays not in ARRAY_FORMS:
            raise ValueError(f"arrays is {', '.join(map(repr, ARRAY_FORMS))}, not {arrays!r}")
        if arrays == "stored":
            figure: JsonObject = copied(self._figure)
            return figure
        from . import native

        figure = native.unpacked(self._figure, native.as_list if arrays == "list" else native.as_numpy)
        return figure

    def to_plotly(self) -> Any:
        """The figure as a ``plotly.graph_objects.Figure``, its typed arrays as ndarrays.

        What the installed plotly does not know, as a trace type of an older one, is left out and told of.

        Raises:
            DecodeError: a typed array is damaged, or this is no figure.
            MissingExtra: plotly is not installed.
        """
        from . import native

        return native.to_plotly(self.to_dict("numpy"), self.file)

    def describe(self) -> str:
        """How many traces of what types, the title, and the caption."""
        return with_caption(with_caption(_traces(self._figure), _title(self._figure)), self.caption)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.describe()})"


@frozen(kw_only=True, init=False, repr=False)
class InlinePlotly(Plotly):
    """A plotly figure that stands in the row itself, as the `convert_plots` helper of the oldest clients put it there.

    It is all that a `Plotly` is, but for its form on the wire.
    """


def file_of(figure: JsonObject) -> MediaFile:
    """The file of a figure, written at first need."""
    return LazyFile(lambda: _written(figure), SUFFIX)


def _written(figure: JsonObject) -> bytes:
    """A figure as the client writes it; long base64 goes past the JSON encoder, which would look for what to escape."""
    arrays: list[bytes] = []
    pieces = dumps(_hollowed(figure, arrays)).encode("ascii").split(_GAP)
    if len(pieces) != len(arrays) + 1:  # some text of the figure looks like a gap
        return dumps(figure).encode("ascii")
    whole = [pieces[0]]
    for data, piece in zip(arrays, pieces[1:], strict=True):
        whole += (data, piece)
    return b"".join(whole)


def _hollowed(item: Any, arrays: list[bytes]) -> Any:
    """JSON with a gap for each long base64 text, which goes to `arrays`."""
    if isinstance(item, dict):
        data = _base64(item.get("bdata"))
        if data is not None:
            arrays.append(data)
            item = {**item, "bdata": _GAP_TEXT}
        return {name: _hollowed(each, arrays) for name, each in item.items()}
    if isinstance(item, list) and not SCALARS.issuperset(map(type, item)):
        return [_hollowed(each, arrays) for each in item]
    return item


def _base64(text: object) -> bytes | None:
    """The bytes of a long text that is nothing but base64, else None."""
    if not isinstance(text, str) or len(text) < _LONG or not text.isascii():
        return None
    data = text.encode("ascii")
    return None if data.translate(None, _BASE64) else data


def _traces(figure: JsonObject) -> str:
    traces = figure.get("data") or []
    types = [each.get("type", "scatter") for each in traces if isinstance(each, dict)]
    names = [
        name for name in dict.fromkeys(each for each in types if isinstance(each, str)) if len(name) < 30
    ]
    named = f" ({', '.join(names[:4])}{', ...' if len(names) > 4 else ''})" if names else ""
    return f"{len(traces)} trace{'' if len(traces) == 1 else 's'}{named}"


def _title(figure: JsonObject) -> str | None:
    title = (figure.get("layout") or {}).get("title")
    text = title.get("text") if isinstance(title, dict) else title
    return text if isinstance(text, str) and text else None


def _taken(val: object) -> JsonObject:
    """The JSON of what a user gave."""
    if isinstance(val, Mapping):
        given: Any = val
    elif hasattr(val, "to_plotly_json"):
        given = val.to_plotly_json()
    else:
        from . import native

        given = native.from_matplotlib(val)
    try:
        figure = _PACKED(given, "figure")
    except RecursionError:
        raise ValueError("the figure is nested too deep, or holds itself") from None
    return _checked(figure, type(val).__name__)


def _checked(figure: Any, kind: str) -> JsonObject:
    """A figure with both of its parts."""
    if not isinstance(figure, dict) or not ("data" in figure or "layout" in figure):
        raise TypeError(f'a figure has "data" and "layout"; this {kind} has neither: make a Figure of it')
    data, layout = figure.get("data"), figure.get("layout")
    traces = [] if data is None else [data] if isinstance(data, dict) else data
    if not isinstance(traces, list) or not all(isinstance(each, dict) for each in traces):
        raise TypeError('figure["data"] is a list of traces, each a dict or a graph object')
    if not isinstance(layout, dict | None):
        raise TypeError(f'figure["layout"] is a dict or a Layout, not {type(layout).__name__}')
    return {**figure, "data": traces, "layout": layout or {}}


class _FigureCopy(JsonCopy):
    """A copy of what the user gave, as JSON; `pack` allows typed arrays."""

    def __init__(self, pack: bool) -> None:
        self._pack = pack

    def below(self, key: str) -> JsonCopy:
        return _LISTED if key in _NOT_PACKED else self

    def other(self, item: Any, place: str) -> Any:
        if hasattr(item, "to_plotly_json"):
            return self(item.to_plotly_json(), place)
        array = as_array(item)
        if array is None and hasattr(item, "to_numpy") and hasattr(item, "__len__"):
            array = item.to_numpy()  # columns of pandas and polars
        if array is not None:
            from . import native

            found = native.packed(array) if self._pack else native.listed(array)
            return found if isinstance(found, dict) else self(found, place)
        return None if type(item).__name__ in _ABSENT else super().other(item, place)


_PACKED, _LISTED = _FigureCopy(True), _FigureCopy(False)
