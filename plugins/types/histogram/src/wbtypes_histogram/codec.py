"""How a histogram travels: the inline `histogram` object, and its older shape with `packedBins`."""

from __future__ import annotations

from typing import Any

from wbtypes_core import Code, Codec, DecodeContext, DecodeError, EncodeContext
from wbtypes_core.codec import EXACT, exact_of, expect_object, read
from wbtypes_core.jsonio import JsonObject

from .values import Histogram, Numbers, are_numbers

LOGGED_BINS = 32
"""How many bins a client gives an array that is logged bare (wire format, section 7)."""


def unpack_bins(node: JsonObject) -> JsonObject:
    """Write out the edges of evenly spaced bins: ``packedBins``, ``{"min", "size", "count"}``, becomes ``bins``.

    That shape comes from wandb's servers; no client is known to write it. A count that does not fit the number of
    values leaves the node as it is, so that data never says how much memory to take.
    """
    packed, values = node.get("packedBins"), node.get("values")
    if node.get("bins") is not None or type(packed) is not dict or type(values) is not list:
        return node
    low, size, count = (packed.get(key, "") for key in ("min", "size", "count"))
    # whether bins or edges are counted is nowhere written; both say the same edges
    if not are_numbers((low, size, count)) or count not in (len(values), len(values) + 1):
        return node
    edges = [float(low) + float(size) * at for at in range(len(values) + 1)]
    return {**{key: item for key, item in node.items() if key != "packedBins"}, "bins": edges}


class HistogramCodec(Codec[Histogram]):
    """The `histogram` object of runs and of cells of tables. Bare arrays and tensors become one of 32 bins."""

    tag = "histogram"
    value_type = Histogram
    keys = ("values", "bins")
    exact_keys = ("nonfinite",)
    upgrades = (unpack_bins,)
    natives = (
        "numpy.ndarray",
        "torch.Tensor",
        "torch.nn.parameter.Parameter",
        "tensorflow.python.framework.ops.EagerTensor",
        "tensorflow.python.ops.resource_variable_ops.ResourceVariable",
        "jaxlib._jax.ArrayImpl",
        "jaxlib.xla_extension.ArrayImpl",
    )

    def encode(self, value: Histogram, ctx: EncodeContext) -> JsonObject:
        """The two lists, and how many elements are in no bin."""
        body: JsonObject = {"values": value.histogram, "bins": value.bins}
        if value.nonfinite:
            body[EXACT] = {"nonfinite": value.nonfinite}
        return body

    def decode(self, node: Any, ctx: DecodeContext) -> Histogram:
        """The histogram of a node; like the client, this asks no order of the edges and no sign of the values."""
        node = expect_object(node)
        values, bins = _numbers(node, "values"), _numbers(node, "bins")
        if len(bins) != len(values) + 1:
            raise DecodeError(f"has {len(bins)} edges for {len(values)} values", path=("bins",))
        return Histogram.restore(histogram=values, bins=bins, nonfinite=_nonfinite(node))

    def native(self, value: Histogram) -> Any:
        """``(histogram, bin_edges)``, as `numpy.histogram` gives them."""
        return value.to_numpy()

    def adopt(self, obj: Any) -> Histogram | None:
        """The histogram that a client makes of an array or tensor; None for one that holds no real numbers."""
        from . import native

        return Histogram(obj, num_bins=LOGGED_BINS) if native.is_numeric(obj) else None

    def column_type(self, value: Histogram) -> JsonObject:
        """Histograms have no column type of their own in wandb."""
        return {"wb_type": "pythonObject", "params": {"class_name": "Histogram"}}


def _numbers(node: JsonObject, key: str) -> Numbers:
    items = read(node, key, list)
    if not are_numbers(items):
        raise DecodeError("is no list of numbers that a float can hold", reason=Code.WRONG_TYPE, path=(key,))
    return tuple(items)


def _nonfinite(node: JsonObject) -> int:
    exact = exact_of(node)
    try:
        count: int = read(exact, "nonfinite", int, default=0)
        if count < 0:
            raise DecodeError(f"is {count}, not a count", path=("nonfinite",))
    except DecodeError as error:
        raise error.under(EXACT) from None
    return count
