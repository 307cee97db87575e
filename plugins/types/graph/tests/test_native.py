"""What graphs are made of and become: models of Keras and PyTorch (by classes that look like theirs), ONNX, NetworkX."""

from __future__ import annotations

import io
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import networkx
import onnx
import pytest
from onnx import TensorProto, helper

import wbtypes_core.errors
import wbtypes_graph.plugin
from wbtypes_core import BytesFile, DecodeError, MissingExtra, Registry, ValueWarning, native
from wbtypes_graph import Graph, Node


def made_in(module: str, kind: type) -> Any:
    """A class as if a library had it: the same, in another module."""
    return type(kind.__name__, kind.__bases__, {**vars(kind), "__module__": module})


def pairs(graph: Graph) -> list[tuple[Any, Any]]:
    return [(edge.from_node.id, edge.to_node.id) for edge in graph.edges]


def ids(graph: Graph) -> list[Any]:
    return [node.id for node in graph]


# -- Keras: the names and errors of tf_keras 2.21, Keras 2.3 and Keras 3.15 ------------------------------------------


class Tensor:
    def __init__(self, shape: Any) -> None:
        self.shape = shape


class Layer:
    """A layer: what it holds and the calls of it; `output_shape` is Keras 2, `output` is both."""

    def __init__(self, name: str, params: int | None = None, **said: Any) -> None:
        self.name, self.params = name, params
        self._inbound_nodes: list[Any] = []
        vars(self).update(said)

    def count_params(self) -> int:
        if self.params is None:
            raise ValueError(
                f"You tried to call `count_params` on layer {self.name}, but the layer isn't built."
            )
        return self.params


class Operation:
    """An operation of Keras 3: it has a name and an output, and counts no parameters."""

    def __init__(self, name: str, **said: Any) -> None:
        self.name = name
        self._inbound_nodes: list[Any] = []
        vars(self).update(said)


class Call:
    """A call of a layer, as `operation` (Keras 3), `layer` (tf.keras) or `outbound_layer` (Keras before 2.4)."""

    def __init__(self, word: str, layer: Any, *parents: Any) -> None:
        layer._inbound_nodes.append(self)
        setattr(self, word, layer)
        if word == "outbound_layer":
            layers = [parent.outbound_layer for parent in parents]
            self.inbound_layers = layers[0] if len(layers) == 1 else layers
        else:
            self.parent_nodes = list(parents)


class Model(Layer):
    layers: list[Any]


class Sequential(Layer):
    layers: list[Any]


class Dense(Layer):
    pass


class InputLayer(Layer):
    pass


KERAS_3 = "keras.src.models.model"
TF_KERAS = "tf_keras.src.engine.training"
KERAS_2 = "keras.engine.training"


def model_of(module: str, layers: list[Any], depths: dict[int, list[Any]] | None, kind: type = Model) -> Any:
    model = made_in(module, kind)("model")
    model.layers = layers
    if depths is not None:
        model._nodes_by_depth = depths
    return model


@pytest.mark.parametrize(
    ("module", "word"), [(KERAS_3, "operation"), (TF_KERAS, "layer"), (KERAS_2, "outbound_layer")]
)
def test_a_functional_keras_model(module: str, word: str) -> None:
    start = InputLayer("in", 0, output_shape=[(None, 8)])
    shared = Dense("dense", 72, output_shape=(None, 8))
    join = Layer("join", 0, output_shape=(None, 16))
    stranger = Dense("stranger", 1)
    begin = Call(word, start)
    first = Call(word, shared, begin)
    Call(word, shared, Call(word, stranger))  # in another model
    last = Call(word, join, first, begin)
    graph = Graph.from_keras(model_of(module, [start, shared, join], {2: [begin], 1: [first], 0: [last]}))
    assert [node.attributes for node in graph] == [
        {
            "id": "in",
            "name": "in",
            "class_name": "InputLayer",
            "output_shape": [(None, 8)],
            "num_parameters": 0,
        },
        {
            "id": "dense",
            "name": "dense",
            "class_name": "Dense",
            "output_shape": (None, 8),
            "num_parameters": 72,
        },
        {
            "id": "join",
            "name": "join",
            "class_name": "Layer",
            "output_shape": (None, 16),
            "num_parameters": 0,
        },
    ]
    assert pairs(graph) == [("in", "dense"), ("dense", "join"), ("in", "join")]
    assert (graph.format, graph.loaded, graph.root) == ("keras", True, None)


def test_operations_of_keras_3_are_nodes_too() -> None:
    start, add = InputLayer("in", 0, output=Tensor((None, 8))), Operation("add", output=Tensor((None, 8)))
    split = Layer("split", 0, output=[Tensor((None, 4)), {"rest": Tensor(None)}])
    begin = Call("operation", start)
    middle = Call("operation", add, begin, begin)
    end = Call("operation", split, middle)
    graph = Graph.from_keras(model_of(KERAS_3, [start, split], {2: [begin], 1: [middle], 0: [end]}))
    assert pairs(graph) == [("in", "add"), ("in", "add"), ("add", "split")]
    assert graph["add"].num_parameters is None
    assert [node.output_shape for node in graph] == [(None, 8), (None, 8), [(None, 4), {"rest": None}]]


def test_a_sequential_keras_3_model_keeps_its_network_apart() -> None:
    start, dense = InputLayer("in", 0, output=Tensor((None, 4))), Dense("dense", 15, output=Tensor((None, 3)))
    begin = Call("operation", start)
    model = model_of("keras.src.models.sequential", [dense], None, Sequential)
    model._functional = model_of(KERAS_3, [start, dense], {1: [begin], 0: [Call("operation", dense, begin)]})
    assert pairs(Graph.from_keras(model)) == [("in", "dense")]


def test_a_sequential_model_that_is_not_built_is_a_chain() -> None:
    layers = [Dense(name) for name in ("a", "b", "c")]
    graph = Graph.from_keras(model_of("keras.src.models.sequential", layers, None, Sequential))
    assert pairs(graph) == [("a", "b"), ("b", "c")]
    assert graph["a"].attributes == {"id": "a", "name": "a", "class_name": "Dense"}


def test_a_subclassed_keras_model_has_no_edges() -> None:
    graph = Graph.from_keras(model_of(KERAS_3, [Dense("a", 1), Dense("a", 2)], None))
    assert (ids(graph), [node.name for node in graph], pairs(graph)) == (["a", "a_1"], ["a", "a"], [])


def test_a_layer_of_several_shapes() -> None:
    class Shared(Layer):
        @property
        def output_shape(self) -> Any:
            raise AttributeError("has multiple inbound nodes with different output shapes")

        @property
        def output(self) -> Any:
            raise AttributeError("has multiple inbound nodes")

    shared = Shared("shared", 0)
    calls = [Call("layer", shared), Call("layer", shared)]
    graph = Graph.from_keras(model_of(TF_KERAS, [shared], {0: calls}))
    assert graph["shared"].output_shape == ["multiple"]


@pytest.mark.parametrize(
    "obj", [5, Model("m"), made_in(KERAS_3, Dense)("d"), made_in("kerasx.model", Model)("m")]
)
def test_what_is_no_keras_model(obj: Any) -> None:
    with pytest.raises(TypeError, match="from_keras takes a Keras model, not "):
        Graph.from_keras(obj)


# -- PyTorch ----------------------------------------------------------------------------------------------------------


class Parameter:
    def __init__(self, *shape: int) -> None:
        self.shape = shape


class Unknown:
    @property
    def shape(self) -> Any:
        raise RuntimeError("Can't access the shape of an uninitialized parameter or buffer.")


class Module:
    """A module with the three iterators of PyTorch's."""

    def __init__(self, parameters: dict[str, Any] | None = None, **children: Any) -> None:
        self.own, self.children = parameters or {}, children

    def named_parameters(self, recurse: bool = True) -> Iterator[tuple[str, Any]]:
        yield from self.own.items()
        if recurse:
            for name, child in self.children.items():
                yield from ((f"{name}.{each}", found) for each, found in child.named_parameters())

    def parameters(self) -> Iterator[Any]:
        seen: set[int] = set()
        for _, found in self.named_parameters():
            if id(found) not in seen:
                seen.add(id(found))
                yield found

    def named_children(self) -> Iterator[tuple[str, Any]]:
        yield from self.children.items()

    def named_modules(self, seen: set[int] | None = None, prefix: str = "") -> Iterator[tuple[str, Any]]:
        seen = set() if seen is None else seen
        if id(self) not in seen:
            seen.add(id(self))
            yield prefix, self
            for name, child in self.children.items():
                yield from child.named_modules(seen, f"{prefix}.{name}" if prefix else name)

    def __str__(self) -> str:
        return f"{type(self).__name__}({', '.join(self.own)})"


TorchModule = made_in("torch.nn.modules.module", Module)
Linear = type("Linear", (TorchModule,), {"__module__": "torch.nn.modules.linear"})
Net = type("Net", (TorchModule,), {})


def test_a_torch_module() -> None:
    shared = Linear({"weight": Parameter(3, 4), "bias": Parameter(3)})
    model = Net(
        {"scale": Parameter()}, encoder=Net(None, first=shared, Net=Linear({"w": Unknown()})), head=shared
    )
    graph = Graph.from_torch(model)
    assert [node.attributes for node in graph] == [
        {
            "id": "Net",
            "name": "Net",
            "class_name": "Net",
            "parameters": [("scale", [])],
            "num_parameters": [1],
        }
        | {"child_parameters": 16},
        {"id": "encoder", "name": "encoder", "class_name": "Net", "child_parameters": 15},
        {
            "id": "encoder.first",
            "name": "encoder.first",
            "class_name": "Linear(weight, bias)",
            "parameters": [("weight", [3, 4]), ("bias", [3])],
            "num_parameters": [12, 3],
            "child_parameters": 15,
        },
        {
            "id": "encoder.Net",
            "name": "encoder.Net",
            "class_name": "Linear(w)",
            "parameters": [("w", None)],
            "num_parameters": [None],
            "child_parameters": 0,
        },
    ]
    assert pairs(graph) == [
        ("Net", "encoder"),
        ("Net", "encoder.first"),
        ("encoder", "encoder.first"),
        ("encoder", "encoder.Net"),
    ]
    assert graph.root is graph["Net"]
    assert (graph.format, graph.loaded) == ("torch", True)


def test_a_module_named_as_the_model_s_class() -> None:
    assert ids(Graph.from_torch(Net(None, Net=Linear()))) == ["Net", "Net_1"]


def test_what_is_no_torch_module() -> None:
    with pytest.raises(TypeError, match=r"from_torch takes a torch\.nn\.Module, not builtins\.int"):
        Graph.from_torch(5)


# -- ONNX -------------------------------------------------------------------------------------------------------------


def tensor(name: str, *sizes: Any) -> Any:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, sizes)


def weight(name: str, *sizes: int) -> Any:
    count = 1
    for size in sizes:
        count *= size
    return helper.make_tensor(name, TensorProto.FLOAT, sizes, [0.0] * count)


def onnx_model() -> Any:
    branch = helper.make_graph([helper.make_node("Relu", ["h"], ["b"])], "then", [], [tensor("b", None, 3)])
    other = helper.make_graph(
        [helper.make_node("Add", ["h", "bias"], ["c"])], "else", [], [tensor("c", None, 3)]
    )
    graph = helper.make_graph(
        [
            helper.make_node("MatMul", ["x", "w"], ["h"], name="mm"),
            helper.make_node("Constant", [], ["flag"], value=weight("v")),
            helper.make_node("If", ["flag"], ["y"], then_branch=branch, else_branch=other),
            helper.make_node("Split", ["y"], ["p", "q"], name="mm"),
        ],
        "net",
        [tensor("x", "batch", 4), tensor("w", 4, 3)],
        [tensor("p", None, 2), tensor("q", None, 1), tensor("x", "batch", 4)],
        initializer=[weight("w", 4, 3), weight("bias", 3)],
        value_info=[tensor("h", "batch", 3)],
    )
    return helper.make_model(graph)


def check_onnx(graph: Graph) -> None:
    assert [node.attributes for node in graph] == [
        {"id": "x", "name": "x", "class_name": "Input", "output_shape": ["batch", 4], "is_output": True},
        {
            "id": "mm",
            "name": "mm",
            "class_name": "MatMul",
            "parameters": [("w", [4, 3])],
            "num_parameters": 12,
            "output_shape": ["batch", 3],
        },
        {
            "id": "Constant_1",
            "name": "Constant",
            "class_name": "Constant",
            "num_parameters": 0,
            "is_constant": True,
        },
        {"id": "If_2", "name": "If", "class_name": "If", "parameters": [("bias", [3])], "num_parameters": 3},
        {
            "id": "mm_1",
            "name": "mm",
            "class_name": "Split",
            "num_parameters": 0,
            "output_shape": [[None, 2], [None, 1]],
            "is_output": True,
        },
    ]
    assert pairs(graph) == [("x", "mm"), ("Constant_1", "If_2"), ("mm", "If_2"), ("If_2", "mm_1")]
    assert (graph.format, graph.loaded) == ("onnx", True)


def test_an_onnx_model(tmp_path: Path) -> None:
    model = onnx_model()
    path = tmp_path / "m.onnx"
    path.write_bytes(model.SerializeToString())
    with path.open("rb") as stream:
        for given in (model, model.graph, path, str(path), stream, BytesFile(path.read_bytes())):
            check_onnx(Graph.from_onnx(given))


def test_weights_in_other_files_are_not_looked_for() -> None:
    model = onnx_model()
    lost = model.graph.initializer[0]
    lost.ClearField("float_data")
    lost.data_location = onnx.TensorProto.EXTERNAL
    entry = lost.external_data.add()
    entry.key, entry.value = "location", "../../secret.bin"
    check_onnx(Graph.from_onnx(io.BytesIO(model.SerializeToString())))


def test_values_that_are_no_tensors() -> None:
    sequence = helper.make_tensor_sequence_value_info("s", TensorProto.FLOAT, None)
    unknown = helper.make_tensor_value_info("u", TensorProto.FLOAT, None)
    graph = helper.make_graph([], "g", [sequence, unknown], [])
    assert [node.output_shape for node in Graph.from_onnx(graph)] == [None, None]


def test_what_is_no_onnx_model(tmp_path: Path) -> None:
    with pytest.raises(DecodeError, match="cannot be read as an ONNX model"):
        Graph.from_onnx(io.BytesIO(b"no model \xff"))
    with pytest.raises(DecodeError, match="it holds no graph"):
        Graph.from_onnx(io.BytesIO(b""))
    with pytest.raises(
        TypeError, match=r"takes an onnx\.ModelProto, a path or an open file, not builtins\.int"
    ):
        Graph.from_onnx(5)
    with pytest.raises(FileNotFoundError):
        Graph.from_onnx(tmp_path / "none.onnx")


def test_onnx_is_needed_for_files_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    model = onnx_model()
    monkeypatch.setitem(sys.modules, "onnx", None)
    check_onnx(Graph.from_onnx(model))
    with pytest.raises(MissingExtra, match=r"pip install wbtypes-graph\[onnx\]"):
        Graph.from_onnx(io.BytesIO(model.SerializeToString()))


# -- NetworkX ---------------------------------------------------------------------------------------------------------


def test_there_and_back() -> None:
    source = networkx.DiGraph()
    source.add_node(1, name="a", class_name="Dense", stride=(2, 2), nothing=None)
    source.add_nodes_from([("b", {"node_for_adding": "odd"})])
    source.add_edge(1, "b")
    graph = Graph.from_networkx(source)
    assert graph[1].class_name == "Dense"
    assert (graph.format, graph.loaded) == ("networkx", True)
    back = graph.to_networkx()
    assert type(back) is networkx.DiGraph
    assert networkx.utils.graphs_equal(back, source)


def test_parallel_edges_stay_parallel() -> None:
    source = networkx.MultiDiGraph()
    source.add_edges_from([(1, 2), (1, 2)])
    back = Graph.from_networkx(source).to_networkx()
    assert type(back) is networkx.MultiDiGraph
    assert networkx.utils.graphs_equal(back, source)


def test_an_undirected_graph_keeps_its_order() -> None:
    source = networkx.Graph()
    source.add_edges_from([(2, 1), (1, 3)])
    assert pairs(Graph.from_networkx(source)) == [(2, 1), (1, 3)]


def test_what_has_no_place_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wbtypes_core.errors, "_told", set())
    weighted = networkx.Graph()
    weighted.add_edge(1, 2, weight=5)
    with pytest.warns(ValueWarning, match="have no place in a graph-file") as caught:
        Graph.from_networkx(weighted)
    assert [Path(each.filename) for each in caught] == [Path(__file__)]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert pairs(Graph.from_networkx(networkx.Graph(weighted, title="t"))) == [(1, 2)]


@pytest.mark.parametrize(
    ("source", "error", "words"),
    [
        ({1: [2]}, TypeError, r"takes a networkx\.Graph, not builtins\.dict"),
        (networkx.path_graph(2, networkx.DiGraph).to_directed(), None, ""),
        (networkx.grid_graph((2, 2)), TypeError, "the id of a node is an int or a str, not tuple"),
        (networkx.DiGraph({1.5: []}), TypeError, "not float"),
    ],
)
def test_what_can_be_taken_from_networkx(source: Any, error: type[Exception] | None, words: str) -> None:
    if error is None:
        assert ids(Graph.from_networkx(source)) == [0, 1]
    else:
        with pytest.raises(error, match=words):
            Graph.from_networkx(source)


def test_an_attribute_named_id() -> None:
    source = networkx.DiGraph()
    source.add_node(1, id=2)
    with pytest.raises(ValueError, match="the node 1 has an attribute 'id'"):
        Graph.from_networkx(source)


def test_a_node_without_an_id_has_no_place_in_networkx() -> None:
    graph = Graph()
    graph.add_node(Node(name="n"))
    with pytest.raises(ValueError, match=r"Node\(name='n'\) has no id"):
        graph.to_networkx()
    with pytest.raises(DecodeError, match=r"Node\(name='n'\) has no id"):
        native(graph)


def test_natively_it_is_a_networkx_graph() -> None:
    graph = Graph()
    graph.add_node(id=1, output_shape=(None, 2))
    found = native(graph, registry=Registry.of(wbtypes_graph.plugin))
    assert dict(found.nodes(data=True)) == {1: {"output_shape": (None, 2)}}
    found.nodes[1]["name"] = "changed"
    assert graph[1].name is None


def test_without_networkx_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "networkx", None)
    with pytest.raises(
        MissingExtra, match=r"Graph\.to_networkx needs networkx: pip install wbtypes-graph\[networkx\]"
    ):
        Graph().to_networkx()
