"""What a graph takes, keeps, refuses, and how it changes."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from jsonschema import Draft202012Validator

import wbtypes_graph.plugin
from wbtypes_core import (
    DirectoryStore,
    EncodeError,
    Linked,
    MemoryStore,
    Registry,
    StoredFile,
    decode,
    encode,
)
from wbtypes_core.jsonio import same
from wbtypes_graph import Edge, Graph, Node

REGISTRY = Registry.of(wbtypes_graph.plugin)


def written(graph: Graph, store: Any = None, **options: Any) -> Any:
    return encode(graph, store or MemoryStore(), registry=REGISTRY, **options).json


def read_back(node: Any, store: Any) -> Graph:
    graph = decode(node, store, registry=REGISTRY)
    assert isinstance(graph, Graph), graph.reason
    return graph


def stored(graph: Graph) -> tuple[Graph, Any, MemoryStore]:
    """A graph as it is read from a store, with its node and the store."""
    store = MemoryStore()
    node = written(graph, store)
    return read_back(node, store), node, store


def pair() -> Graph:
    graph = Graph()
    graph.add_edge(graph.add_node(id=1, name="in"), graph.add_node(id="out", parameters=[["w", [2, 3]]]))
    return graph


class TestNode:
    def test_nothing_said_is_nothing_stored_but_the_name(self) -> None:
        assert Node().attributes == {"name": None}
        assert Node(id=0).attributes == {"name": None, "id": 0}

    def test_the_arguments_have_wandb_s_order(self) -> None:
        node = Node(7, "n", "Dense", (1, 2), [["w", [3]]], (None, 4), True, 3)
        assert node.attributes == {
            "name": "n",
            "id": 7,
            "class_name": "Dense",
            "size": (1, 2),
            "parameters": [["w", [3]]],
            "output_shape": (None, 4),
            "is_output": True,
            "num_parameters": 3,
        }

    def test_what_is_unsaid_reads_as_in_wandb(self) -> None:
        node = Node()
        unsaid = (
            node.id,
            node.size,
            node.output_shape,
            node.is_output,
            node.is_constant,
            node.child_parameters,
        )
        assert unsaid == (None,) * 6
        assert (node.parameters, node.functions) == ([], [])

    def test_attributes_can_be_set(self) -> None:
        node = Node()
        node.id, node.name, node.class_name, node.size = "a", "b", "C", [1, 2]
        node.parameters, node.output_shape, node.functions = [["w", [1]]], [None, 3], ["relu"]
        node.is_output, node.is_constant, node.num_parameters, node.child_parameters = False, True, [1], 5
        assert node.attributes == {
            "id": "a",
            "name": "b",
            "class_name": "C",
            "size": (1, 2),
            "parameters": [["w", [1]]],
            "output_shape": [None, 3],
            "functions": ["relu"],
            "is_output": False,
            "is_constant": True,
            "num_parameters": [1],
            "child_parameters": 5,
        }
        node.class_name = None
        assert node.class_name is None

    def test_any_other_name_can_be_set_too(self) -> None:
        node = Node()
        node.set("stride", (2, 2))
        node.set("id", np.int64(4))
        assert (node.id, node.attributes["stride"]) == (4, (2, 2))
        with pytest.raises(TypeError, match="the id of a node"):
            node.set("id", 0.5)
        with pytest.raises(TypeError, match="name of an attribute"):
            node.set(5, 1)  # type: ignore[arg-type]

    def test_another_node_lends_what_is_said_of_it_but_its_id(self) -> None:
        other = Node(id=1, name="a", class_name="B", parameters=[["w", [1]]])
        node = Node(id=2, name="c", node=other)
        assert node.attributes == {"id": 2, "name": "c", "class_name": "B", "parameters": [["w", [1]]]}
        assert Node(node=other).id is None
        other.parameters.append("x")
        assert node.parameters == [["w", [1]]]

    def test_arrays_and_numpy_numbers_become_lists_and_numbers(self) -> None:
        shape = np.arange(40)
        node = Node(
            id=np.int64(3),
            size=np.array([1, 2]),
            output_shape=(shape, np.float32(0.5)),
            is_output=np.True_,  # type: ignore[arg-type]
            num_parameters=np.array(9),
        )
        shape[:] = 0
        assert type(node.id) is int
        assert (node.size, node.is_output, node.num_parameters) == ((1, 2), True, 9)
        assert node.output_shape == (list(range(40)), 0.5)

    def test_dates_are_text(self) -> None:
        assert Node(parameters=np.array(["2024-01-02"], "M8[ns]")).parameters == ["2024-01-02T00:00:00"]

    @pytest.mark.parametrize(
        ("said", "words"),
        [
            ({"id": 1.5}, "the id of a node is an int or a str, not float"),
            ({"id": True}, "not bool"),
            ({"id": np.True_}, "not bool"),
            ({"id": (1,)}, "not tuple"),
            ({"name": 5}, "the name of a node is text, not int"),
            ({"class_name": Node}, "the class_name of a node is text"),
            ({"is_output": 1}, "is_output of a node is True or False, not int"),
            ({"size": 5}, "size of a node is a sequence of numbers, not int"),
            ({"parameters": [1, {2: 3}]}, r"the keys of parameters\[1\] are text, not 2"),
            ({"output_shape": [[object()]]}, r"output_shape\[0\]\[0\] is object"),
        ],
    )
    def test_wrong_types_are_refused(self, said: dict[str, Any], words: str) -> None:
        with pytest.raises(TypeError, match=words):
            Node(**said)

    def test_what_holds_itself_is_refused(self) -> None:
        endless: list[Any] = []
        endless.append(endless)
        with pytest.raises(ValueError, match="parameters is nested too deep, or holds itself"):
            Node(parameters=endless)


class TestGraph:
    def test_nodes_and_edges(self) -> None:
        graph = Graph()
        first = graph.add_node(Node(id=1))
        second = graph.add_node(id="1", name="two")
        edge = graph.add_edge(first, second)
        assert graph.nodes == [first, second]
        assert list(graph) == [first, second]
        assert graph.nodes_by_id == {1: first, "1": second}
        assert graph[1] is first
        assert graph["1"] is second
        assert 1 in graph
        assert 2 not in graph
        assert graph.edges == [edge]
        assert (edge.from_node, edge.to_node) == tuple(edge) == (first, second)
        assert (graph.format, graph.loaded, graph.root, graph.caption) == ("keras", False, None, None)

    def test_edges_by_ids(self) -> None:
        graph = Graph()
        first, second = graph.add_node(id=1), graph.add_node(id="b")
        assert tuple(graph.add_edge(np.int64(1), "b")) == (first, second)  # type: ignore[arg-type]

    def test_attributes_can_be_set(self) -> None:
        graph = pair()
        graph.format, graph.loaded, graph.root, graph.caption = "torch", True, graph["out"], "c"
        back, node, _ = stored(graph)
        assert (back.format, back.caption) == ("torch", "c")
        assert node["_wbtypes"] == {"root": "out"}
        assert back.root is back["out"]
        with pytest.raises(AttributeError):
            graph.colour = "red"  # type: ignore[attr-defined]

    def test_an_id_that_is_taken(self) -> None:
        graph = pair()
        with pytest.raises(ValueError, match="has a node 'out' already"):
            graph.add_node(id="out")
        assert len(graph.nodes) == 2

    def test_nodes_without_an_id_are_no_ends_of_edges(self) -> None:
        graph = pair()
        nameless = graph.add_node(Node(name="n"))
        graph.add_node()
        with pytest.raises(ValueError, match=r"Node\(name='n'\) is no node of this graph: .* with ids"):
            graph.add_edge(1, nameless)
        assert [node.id for node in stored(graph)[0]] == [1, "out", None, None]

    @pytest.mark.parametrize("end", [2, "1", Node(id=1), Node(id=5), Node()])
    def test_edges_to_unknown_nodes(self, end: Any) -> None:
        graph = pair()
        for ends in ((end, 1), (1, end)):
            with pytest.raises(ValueError, match="is no node of this graph"):
                graph.add_edge(*ends)
        assert len(graph.edges) == 1

    @pytest.mark.parametrize(
        ("call", "error", "words"),
        [
            (lambda: Graph(5), TypeError, "format of a graph is text"),  # type: ignore[arg-type]
            (lambda: pair().add_node(5), TypeError, "takes a Node, not int"),  # type: ignore[arg-type]
            (lambda: pair().add_node(Node(), id=1), ValueError, r"\(id\), not both"),
            (lambda: pair().add_node(colour=1), TypeError, "colour"),
            (lambda: pair().add_edge(1, True), TypeError, "not bool"),
            (lambda: pair().add_edge(1, [1]), TypeError, "not list"),  # type: ignore[arg-type]
            (lambda: Edge(1, Node()), TypeError, "from_node is a Node, not int"),  # type: ignore[arg-type]
            (lambda: Edge(Node(), "1"), TypeError, "to_node is a Node, not str"),  # type: ignore[arg-type]
            (lambda: pair()[2], KeyError, "2"),
        ],
    )
    def test_wrong_arguments(self, call: Callable[[], Any], error: type[Exception], words: str) -> None:
        with pytest.raises(error, match=words):
            call()

    def test_equality_is_of_content(self) -> None:
        assert pair() == pair()
        for change in ({"format": "torch"}, {"caption": "c"}, {"other": {"x": 1}}, {"extra": {"x": 1}}):
            assert pair().replace(**change) != pair()
        longer = pair()
        longer.add_edge(1, "out")
        assert longer != pair()
        rooted = pair()
        rooted.root = rooted[1]
        assert rooted != pair()
        assert pair() != "pair"
        with pytest.raises(TypeError, match="unhashable"):
            hash(pair())

    def test_a_copy_is_one_of_its_own(self) -> None:
        graph = pair()
        graph.root = graph[1]
        for twin in (graph.replace(caption="c"), pickle.loads(pickle.dumps(graph))):
            assert twin.root is twin[1]
            assert twin.edges[0].from_node is twin[1]
            twin[1].name = "changed"
            twin.add_node(id="new")
        assert graph[1].name == "in"
        assert len(graph.nodes) == 2

    def test_it_describes_itself(self) -> None:
        assert pair().replace(caption="c").describe() == "keras, 2 nodes, 1 edge, 'c'"
        assert repr(Graph()) == "Graph(keras, 0 nodes, 0 edges)"
        assert repr(Node(id=1, name="x")) == "Node(name='x', id=1)"


class TestFile:
    def test_it_is_what_wandb_writes(self) -> None:
        store = MemoryStore()
        node = written(pair(), store)
        assert store.files[node["path"]] == (
            b'{"format": "keras", "nodes": [{"name": "in", "id": 1}, {"name": null, "id": "out", "parameters": '
            b'[["w", [2, 3]]]}], "edges": [[1, "out"]]}'
        )
        assert node["path"] == f"media/graph/value_0_{node['sha256'][:20]}.graph.json"
        assert set(node) == {"_type", "path", "sha256", "size"}

    def test_it_satisfies_its_schema(self) -> None:
        schema = json.loads(files("wbtypes_graph").joinpath("schemas/graph-file.json").read_bytes())
        validator = Draft202012Validator({**schema["$defs"]["file"], "$defs": schema["$defs"]})
        validator.validate(json.loads(pair().file.read()))
        recorded = Path(__file__).parent.joinpath("corpus/graph-file/0.31.0-graph.json")
        for text in json.loads(recorded.read_bytes())["files"].values():
            validator.validate(json.loads(text))
        assert not validator.is_valid({"format": "keras", "nodes": [{"id": 0.5}], "edges": []})

    def test_it_is_the_graph_as_it_is_now(self) -> None:
        graph = pair()
        before = graph.file
        graph[1].name = "changed"
        assert json.loads(before.read())["nodes"][0]["name"] == "in"
        assert json.loads(graph.file.read())["nodes"][0]["name"] == "changed"
        assert graph.size == len(graph.file.read())
        assert graph.document == json.loads(graph.file.read())

    @pytest.mark.parametrize("spacing", [(", ", ": "), (",", ":")])
    def test_a_graph_that_was_read_keeps_its_file(self, spacing: tuple[str, str], tmp_path: Path) -> None:
        document = {
            "edges": [],
            "nodes": [{"id": 1, "name": "é", "z": 1.0, "a": float("nan")}],
            "format": "keras",
        }
        path = tmp_path / "files" / "g.graph.json"
        path.parent.mkdir()
        path.write_text(json.dumps(document, separators=spacing, ensure_ascii=False), encoding="utf-8")
        store = DirectoryStore(path.parent)
        node = {"_type": "graph-file", "path": "g.graph.json"}
        graph = read_back(node, store)
        assert isinstance(graph.file, StoredFile)
        assert written(graph, store) == node
        other = MemoryStore()
        assert other.files[written(graph, other)["path"]] == path.read_bytes()

    @pytest.mark.parametrize(
        "change",
        [
            lambda graph: setattr(graph["out"], "is_output", True),
            lambda graph: graph["out"].parameters.append(["b", [3]]),
            lambda graph: graph["out"].parameters[0].append(np.arange(3)),
            lambda graph: graph.add_node(id=9),
            lambda graph: graph.edges.pop(),
            lambda graph: graph.add_edge("out", 1),
            lambda graph: setattr(graph, "format", "torch"),
            lambda graph: graph.other.update(zoom=1),
        ],
    )
    def test_one_that_was_changed_is_written_anew(self, change: Callable[[Graph], Any]) -> None:
        graph, node, store = stored(pair())
        change(graph)
        anew = written(graph, store)
        assert anew["path"] != node["path"]
        assert read_back(anew, store) == graph
        assert read_back(node, store) == pair()

    def test_one_that_was_changed_back_keeps_its_file(self) -> None:
        graph, node, store = stored(pair())
        graph[1].name = "x"
        graph[1].name = "in"
        assert written(graph, store) == node

    def test_one_whose_file_is_gone_is_written_anew(self) -> None:
        graph, node, store = stored(pair())
        store.files.clear()
        other = MemoryStore()
        assert written(graph, other) == node
        assert read_back(node, other) == pair()

    def test_a_new_name_for_the_root_is_no_change_of_the_file(self) -> None:
        graph, node, store = stored(pair())
        graph.root = graph[1]
        assert written(graph, store) == {**node, "_wbtypes": {"root": 1}}
        assert written(graph, store, exact=False) == node

    def test_an_edge_that_was_put_in_past_add_edge(self) -> None:
        graph = pair()
        graph.edges.append(Edge(graph[1], Node(id=7)))
        with pytest.raises(EncodeError, match=r"to Node\(id=7\) is not between nodes of the graph"):
            written(graph)

    def test_a_root_that_is_a_stranger(self) -> None:
        graph = pair()
        graph.root = Node(id=1)
        with pytest.raises(EncodeError, match="is no node of the graph"):
            written(graph)

    def test_what_json_does_not_know(self) -> None:
        graph = pair()
        graph["out"].parameters.append(object())
        with pytest.raises(EncodeError, match=r"\['parameters'\]\[1\] is object"):
            written(graph)


class TestDamaged:
    @pytest.mark.parametrize(
        ("document", "code", "place"),
        [
            ("[]", "wrong-type", "is a list"),
            ('{"nodes": [], "edges": []}', "missing-key", '["format"]'),
            ('{"format": 5, "nodes": [], "edges": []}', "wrong-type", '["format"]'),
            ('{"format": "x", "nodes": [5], "edges": []}', "wrong-type", '["nodes"][0]'),
            ('{"format": "x", "nodes": [{"id": []}], "edges": []}', "wrong-type", '["nodes"][0]["id"]'),
            ('{"format": "x", "nodes": [{"id": 1}], "edges": [[1]]}', "wrong-type", '["edges"][0]'),
            ('{"format": "x", "nodes": [{"id": 1}], "edges": [[1, true]]}', "wrong-type", '["edges"][0]'),
            (
                '{"format": "x", "nodes": [{"id": 1}], "edges": [[1, "1"]]}',
                "bad-value",
                "'1', which is no node",
            ),
        ],
    )
    def test_a_damaged_file_leaves_the_link(self, document: str, code: str, place: str) -> None:
        _, node, store = stored(pair())
        store.files[node["path"]] = document.encode()
        link = decode(node, store, registry=REGISTRY)
        assert isinstance(link, Linked)
        assert link.reason is not None
        assert link.reason.code == code
        assert place in link.reason
        assert encode(link, store, registry=REGISTRY).json == node

    @pytest.mark.parametrize(("root", "code"), [(2, "bad-value"), ([], "wrong-type"), (True, "wrong-type")])
    def test_a_root_that_is_no_node(self, root: Any, code: str) -> None:
        _, node, store = stored(pair())
        link = decode({**node, "_wbtypes": {"root": root}}, store, registry=REGISTRY)
        assert link.reason.code == code
        assert '["root"]' in link.reason

    def test_two_nodes_of_one_id_are_read_as_wandb_reads_them(self) -> None:
        _, node, store = stored(pair())
        store.files[node["path"]] = (
            b'{"format": "keras", "nodes": [{"id": 1, "name": "a"}, {"id": 1, "name": "b"}], "edges": [[1, 1]]}'
        )
        graph = read_back(node, store)
        assert [each.name for each in graph.nodes] == ["a", "b"]
        assert graph.edges[0].to_node is graph[1] is graph.nodes[1]
        assert written(graph, store) == node


ids = st.integers() | st.text(max_size=5)
plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
sizes = st.lists(st.none() | st.integers(), max_size=4)


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    graph = Graph(draw(st.text(max_size=5)))
    for number in draw(st.lists(st.none() | ids, max_size=5, unique_by=lambda each: (type(each), each))):
        node = graph.add_node(
            id=number,
            name=draw(st.none() | st.text()),
            size=draw(st.none() | sizes),
            output_shape=draw(plain),
            is_output=draw(st.none() | st.booleans()),
            num_parameters=draw(st.integers() | sizes),
        )
        node.set(draw(st.text().filter(lambda name: not hasattr(Node, name))), draw(plain))
    known = list(graph.nodes_by_id)
    if known:
        for ends in draw(st.lists(st.tuples(st.sampled_from(known), st.sampled_from(known)), max_size=4)):
            graph.add_edge(*ends)
        number = draw(st.none() | st.sampled_from(known))
        graph.root = None if number is None else graph[number]
    return graph


@given(graphs())
def test_whatever_a_graph_says_comes_back(graph: Graph) -> None:
    back, node, store = stored(graph)
    assert back == graph
    assert same(back.document, graph.document)
    assert written(back, store) == node
    assert isinstance(back.file, StoredFile)


def test_a_snapshot_is_not_reached_by_later_changes() -> None:
    graph = Graph()
    first = graph.add_node(id=1, name="a", parameters=[["w", [1]]])
    twin = graph.snapshot()
    before = twin.document
    first.name = "b"
    graph.add_edge(first, graph.add_node(id=2))
    assert twin.document == before
    assert [(node.id, node.name) for node in twin] == [(1, "a")]
    assert twin[1] is not first
