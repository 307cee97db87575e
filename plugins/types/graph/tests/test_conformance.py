"""The graph codec keeps the contract of all codecs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

import wbtypes_graph.plugin
from wbtypes_core.testing import CodecConformance
from wbtypes_graph import Graph, GraphCodec, Node


class TestGraph(CodecConformance):
    codec = GraphCodec()
    plugin = wbtypes_graph.plugin
    corpus = Path(__file__).parent / "corpus"
    heavy = ("keras", "networkx", "numpy", "onnx", "torch")

    def samples(self) -> Iterator[Graph]:
        yield Graph()
        graph = Graph("torch")
        first = graph.add_node(id=0, name="in", class_name="Input", size=(1, 2), output_shape=(None, 4))
        second = graph.add_node(
            Node(
                id="dense", parameters=[("w", np.array([4, 3]))], num_parameters=np.int64(12), is_output=True
            )
        )
        second.child_parameters, second.is_constant, second.functions = 12, False, ["relu"]
        second.set("stride", {"x": [np.float32(0.5), float("nan")]})
        graph.add_edge(first, second)
        graph.add_edge("dense", "dense")
        yield graph
        yield graph.replace(root=None, caption="a net", other={"zoom": [1, None]})
        rooted = graph.replace()
        rooted.root = rooted["dense"]
        yield rooted

    def native_equal(self, value: Graph, native: Any) -> bool:
        return (
            list(native.nodes) == [node.id for node in value]
            and list(native.edges) == [(edge.from_node.id, edge.to_node.id) for edge in value.edges]
            and native.is_directed()
        )
