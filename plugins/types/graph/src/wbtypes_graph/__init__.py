"""Graphs of neural networks, and other graphs, as wandb clients log them."""

from .codec import GraphCodec
from .values import Edge, Graph, Node

__version__ = "1.0.0"

__all__ = ["Edge", "Graph", "GraphCodec", "Node"]
