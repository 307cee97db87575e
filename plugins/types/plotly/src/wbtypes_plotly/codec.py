"""How figures travel: `plotly-file` links to the figure's JSON, and `plotly` holds it."""

from __future__ import annotations

from typing import Any

from wbtypes_core import Codec, DecodeContext, DecodeError, Dialect, EncodeContext, JsonFileCodec, MediaFile
from wbtypes_core.codec import caption_of, exact_fields, exact_part, expect_object, read, read_part
from wbtypes_core.jsonio import JsonObject
from wbtypes_core.plain import copied

from .values import InlinePlotly, Plotly, file_of


class PlotlyCodec(JsonFileCodec[Plotly]):
    """The `plotly-file` object of runs and of artifact tables: the keys that all media have, and no others.

    Wire format, section 2.11. The file is the figure's JSON; no client writes a caption, one that is there is kept.
    """

    tag = "plotly-file"
    value_type = Plotly
    folder = "media/plotly"
    natives = ("plotly.basedatatypes.BaseFigure",)

    def parse(self, document: Any, node: JsonObject, file: MediaFile, ctx: DecodeContext) -> Plotly:
        """The figure of a file."""
        try:
            figure = _figure(document)
        except DecodeError as error:
            raise DecodeError(f"{file}: {error}", reason=error.reason) from None
        return Plotly.restore(file=file, caption=caption_of(node), figure=figure)

    def adopt(self, obj: Any) -> Plotly:
        """The value of a plotly figure."""
        return Plotly(obj)

    def native(self, value: Plotly) -> Any:
        """The ``plotly.graph_objects.Figure``."""
        return value.to_plotly()

    def column_type(self, value: Plotly) -> JsonObject:
        """Figures have no column type of their own in wandb."""
        return {"wb_type": "pythonObject", "params": {"class_name": "Plotly"}}


class InlinePlotlyCodec(Codec[InlinePlotly]):
    """The `plotly` object of the oldest clients: the figure's JSON in the row."""

    tag = "plotly"
    value_type = InlinePlotly
    keys = ("plot",)
    exact_keys = ("caption",)
    dialects = (Dialect.RUN,)

    def encode(self, value: InlinePlotly, ctx: EncodeContext) -> JsonObject:
        """The figure itself; a caption has its place only beside it."""
        return {"plot": value.figure_json, **exact_part(caption=value.caption)}

    def decode(self, node: Any, ctx: DecodeContext) -> InlinePlotly:
        """The figure of a node."""
        node = expect_object(node)
        figure = copied(read_part(node, "plot", _figure))
        beside = exact_fields(node, lambda exact: {"caption": caption_of(exact)})
        return InlinePlotly.restore(file=file_of(figure), figure=figure, **beside)

    def native(self, value: InlinePlotly) -> Any:
        """The ``plotly.graph_objects.Figure``."""
        return value.to_plotly()

    def column_type(self, value: InlinePlotly) -> JsonObject:
        """Figures have no column type of their own in wandb."""
        return {"wb_type": "pythonObject", "params": {"class_name": "Plotly"}}


def _figure(document: Any) -> JsonObject:
    """A figure of data: an object whose traces, where it has them, are a list, and whose layout is an object.

    Raises:
        DecodeError: ``wrong-type``.
    """
    figure = expect_object(document)
    read(figure, "data", list, default=None)
    read(figure, "layout", dict, default=None)
    return figure
