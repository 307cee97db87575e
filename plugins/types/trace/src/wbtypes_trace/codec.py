"""How a trace travels: the inline `wb_trace_tree` object, which holds JSON inside of texts."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from wbtypes_core import Codec, DecodeContext, EncodeContext
from wbtypes_core.codec import EXACT, exact_fields, expect_object, read, read_part
from wbtypes_core.jsonio import JsonObject, loads

from .values import Span, TraceTree, span_of

_TEXTS = {"root_span_dumps": span_of, "model_dict_dumps": expect_object}
"""The texts that hold JSON, and what reads each."""


class TraceTreeCodec(Codec[TraceTree]):
    """The `wb_trace_tree` object of runs and of cells of tables. It has no file."""

    tag = "wb_trace_tree"
    value_type = TraceTree
    keys = (*_TEXTS, "model_hash")
    exact_keys = tuple(_TEXTS)

    def encode(self, value: TraceTree, ctx: EncodeContext) -> JsonObject:
        """The texts, as they were read or made."""
        said = {key: getattr(value, key) for key in self.keys}
        body = {key: text for key, text in said.items() if text is not None}
        return {**body, EXACT: dict(value.exact)}

    def decode(self, node: Any, ctx: DecodeContext) -> TraceTree:
        """The trace of a node, once the JSON in its texts is known to be sound."""
        node = expect_object(node)
        read(node, "root_span_dumps", str)
        return TraceTree.restore(
            **_texts(node, ctx),
            model_hash=read(node, "model_hash", str, default=None),
            exact=exact_fields(node, partial(_texts, ctx=ctx)),
        )

    def native(self, value: TraceTree) -> Span:
        """The root span."""
        return value.root_span


def _texts(node: JsonObject, ctx: DecodeContext) -> dict[str, str]:
    """The texts of a node that are there, and hold what they should."""
    said = {
        key: read_part(node, key, partial(_sound, ctx, check), str, default=None)
        for key, check in _TEXTS.items()
    }
    return {key: text for key, text in said.items() if text is not None}


def _sound(ctx: DecodeContext, check: Callable[[Any], Any], text: str) -> str:
    document = loads(text)
    ctx.limits.check(document)
    check(document)
    return text
