"""Traces of language models, chains, tools and agents, as wandb clients log them."""

from .codec import TraceTreeCodec
from .values import Result, Span, SpanKind, StatusCode, TraceTree

__version__ = "1.0.0"

__all__ = ["Result", "Span", "SpanKind", "StatusCode", "TraceTree", "TraceTreeCodec"]
