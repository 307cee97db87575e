"""How a graph travels: the `graph-file` object, whose file holds the nodes and edges."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from wbtypes_core import (
    Code,
    DecodeContext,
    DecodeError,
    EncodeContext,
    EncodeError,
    JsonFileCodec,
    MediaFile,
)
from wbtypes_core.codec import EXACT, caption_of, exact_of, expect_object, read
from wbtypes_core.jsonio import JsonObject, kind

from .values import IDS, Edge, Graph, Id, Node

_WRITTEN = ("format", "nodes", "edges")


class GraphCodec(JsonFileCodec[Graph]):
    """The `graph-file` object of runs, and of cells of tables in artifacts."""

    tag = "graph-file"
    value_type = Graph
    folder = "media/graph"
    exact_keys = ("root",)

    def fields(self, graph: Graph, ctx: EncodeContext) -> JsonObject:
        """Which node is the root, where one is: the file has no room for that."""
        if graph.root is None:
            return {}
        number = graph.root.id
        if number is None or graph.nodes_by_id.get(number) is not graph.root:
            raise EncodeError(
                f"the root {graph.root!r} is no node of the graph; add it with add_node, with an id"
            )
        return {EXACT: {"root": number}}

    def parse(self, document: Any, node: JsonObject, file: MediaFile, ctx: DecodeContext) -> Graph:
        """The graph of a file; edges must lead to its nodes."""
        document = expect_object(document)
        nodes, by_id = _nodes(read(document, "nodes", list))
        return Graph.restore(
            file=file,
            caption=caption_of(node),
            format=read(document, "format", str),
            nodes=nodes,
            nodes_by_id=by_id,
            edges=list(_edges(read(document, "edges", list), by_id)),
            root=_root(exact_of(node), by_id),
            other={name: item for name, item in document.items() if name not in _WRITTEN},
            loaded=True,
        )

    def native(self, value: Graph) -> Any:
        """The ``networkx.DiGraph``."""
        try:
            return value.to_networkx()
        except ValueError as error:
            raise DecodeError(str(error)) from error

    def column_type(self, value: Graph) -> JsonObject:
        """Graphs have no column type of their own in wandb."""
        return {"wb_type": "pythonObject", "params": {"class_name": "Graph"}}


def _nodes(nodes: list[Any]) -> tuple[list[Node], dict[Id, Node]]:
    """The nodes in order, and by their ids."""
    found: list[Node] = []
    by_id: dict[Id, Node] = {}
    for at, said in enumerate(nodes):
        if type(said) is not dict:
            raise DecodeError(f"is {kind(said)}, not a node", reason=Code.WRONG_TYPE, path=("nodes", at))
        node = Node.restore(said)
        found.append(node)
        number: Any = said.get("id")
        if type(number) in IDS:
            by_id[number] = node
        elif number is not None:
            raise DecodeError(
                f"is {kind(number)}, not a whole number or a string",
                reason=Code.WRONG_TYPE,
                path=("nodes", at, "id"),
            )
    return found, by_id


def _edges(edges: list[Any], by_id: Mapping[Id, Node]) -> Iterator[Edge]:
    for at, pair in enumerate(edges):
        if type(pair) is not list or len(pair) != 2 or not IDS.issuperset(map(type, pair)):
            raise DecodeError("is no pair of ids", reason=Code.WRONG_TYPE, path=("edges", at))
        try:
            yield Edge(by_id[pair[0]], by_id[pair[1]])
        except KeyError as error:
            raise DecodeError(f"leads from or to {error}, which is no node", path=("edges", at)) from None


def _root(exact: JsonObject, by_id: Mapping[Id, Node]) -> Node | None:
    number = read(exact, "root", str, int, default=None)
    if number is not None and number not in by_id:
        raise DecodeError(f"is {number!r}, which is no node", path=(EXACT, "root"))
    return None if number is None else by_id[number]
