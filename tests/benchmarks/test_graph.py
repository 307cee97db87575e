"""Graphs: nodes and edges made one by one, and the file that holds them."""

from __future__ import annotations

import hashlib
import json
from itertools import pairwise

import attrs
import inputs
import msgspec
from harness import Wanted
from stopwatch import Work

from wbtypes_core import DirectoryStore, encode
from wbtypes_graph import Graph

COUNT = 10**5


@attrs.define
class Layer:
    """The barest object that says as much of a node."""

    id: int
    name: str
    class_name: str
    output_shape: tuple
    num_parameters: int
    is_output: bool


def test_chain(bench, files):
    layers = inputs.layers(COUNT)
    store = DirectoryStore(files)
    folder = files / "media/graph"
    folder.mkdir(parents=True, exist_ok=True)

    def ours(_, turn):
        graph = Graph()
        nodes = [graph.add_node(**layer) for layer in layers]
        for pair in pairwise(nodes):
            graph.add_edge(*pair)
        return files / encode(graph, store, key="ours", step=turn).json["path"]

    def floor(_, turn):
        nodes = [Layer(**layer) for layer in layers]
        edges = list(pairwise(range(COUNT)))
        data = msgspec.json.encode({"format": "keras", "nodes": nodes, "edges": edges})
        path = folder / f"{hashlib.sha256(data).hexdigest()}-{turn}.graph.json"
        path.write_bytes(data)
        return path

    facts = bench(
        f"graph of {COUNT:,} nodes, made and written",
        ours=Work(ours, facts=lambda path: inputs.told_of_graph(path.read_bytes())),
        theirs=("graph", {"count": COUNT}),
        floor=Work(floor, facts=lambda path: inputs.told_of_graph(path.read_bytes())),
        wanted=Wanted(8, 1.3),
        remarks="floor: attrs objects, msgspec, sha256, write",
    )
    expected = {"nodes": layers, "edges": list(pairwise(range(COUNT)))}
    assert facts == inputs.told_of_graph(json.dumps(expected))
