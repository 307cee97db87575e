"""What graphs are made of and become: models of Keras, PyTorch and ONNX, and graphs of NetworkX."""

from __future__ import annotations

import itertools
import math
import os
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeVar

from wbtypes_core import MediaFile
from wbtypes_core.errors import need, warn_once
from wbtypes_core.files import as_file, unreadable

from .values import Graph, Id, Node

G = TypeVar("G", bound=Graph)

_KERAS = ("keras", "tf_keras", "tensorflow")
"""The packages that Keras has lived in."""

_UNBUILT = (AttributeError, ValueError, RuntimeError)
"""What Keras and PyTorch raise when they are asked for what they do not know yet."""


def _descends(obj: object, names: Iterable[str], packages: Iterable[str]) -> bool:
    """Whether an object's class is, or comes from, a class of such a name in such a package."""
    paths = ((base.__qualname__, base.__module__.partition(".")[0]) for base in type(obj).__mro__)
    return any(name in names and package in packages for name, package in paths)


def _refusal(method: str, wanted: str, obj: object) -> TypeError:
    kind = type(obj)
    return TypeError(f"Graph.{method} takes {wanted}, not {kind.__module__}.{kind.__qualname__}")


def _fresh(name: str, taken: Mapping[Id, Node]) -> str:
    """A name, with a number behind it where another node has it."""
    return next(
        each for number in itertools.count() if (each := f"{name}_{number}" if number else name) not in taken
    )


# -- Keras ------------------------------------------------------------------------------------------------------


def from_keras(graph: G, model: Any) -> G:
    """Fill a graph with the layers of a Keras model."""
    if not _descends(model, ("Model", "Sequential"), _KERAS):
        raise _refusal("from_keras", "a Keras model", model)
    nodes: dict[int, Node] = {}

    def node_of(layer: Any) -> Node:
        if id(layer) not in nodes:
            nodes[id(layer)] = graph.add_node(_of_layer(layer, _fresh(str(layer.name), graph.nodes_by_id)))
        return nodes[id(layer)]

    calls = list(_calls(model))
    for call in calls:
        parents = [node_of(parent) for parent in _parents(call)]
        node = node_of(_layer(call))
        for parent in parents:
            graph.add_edge(parent, node)
    lone = [node_of(layer) for layer in model.layers]
    if not calls and _descends(model, ("Sequential",), _KERAS):
        for pair in itertools.pairwise(lone):
            graph.add_edge(*pair)
    graph.loaded = True
    return graph


def _calls(model: Any) -> Iterator[Any]:
    """The calls of layers that a model's network is made of, from its inputs on; none where it is no such network."""
    network = getattr(model, "_functional", None) or model  # Keras 3 keeps that of a Sequential apart
    by_depth = getattr(network, "_nodes_by_depth", None) or {}
    for depth in sorted(by_depth, reverse=True):
        yield from by_depth[depth]


def _layer(call: Any) -> Any:
    """The layer (in Keras 3, the operation) that was called."""
    names = ("operation", "layer", "outbound_layer")  # Keras 3, tf.keras, Keras before 2.4
    return next(getattr(call, name) for name in names if hasattr(call, name))


def _parents(call: Any) -> list[Any]:
    """The layers whose outputs a call takes."""
    if hasattr(call, "parent_nodes"):
        return [_layer(parent) for parent in call.parent_nodes]
    return list(_flat(call.inbound_layers))


def _flat(layers: Any) -> Iterator[Any]:
    if isinstance(layers, list | tuple):
        for layer in layers:
            yield from _flat(layer)
    else:
        yield layers


def _of_layer(layer: Any, name: str) -> Node:
    return Node(
        id=name,
        name=str(layer.name),
        class_name=type(layer).__name__,
        output_shape=_output_shape(layer),
        num_parameters=_count_params(layer),
    )


def _output_shape(layer: Any) -> Any:
    """A layer's shape as Keras 2 says it, with wandb's word where there are several; None where nothing is known."""
    try:
        return _spelled(layer.output_shape)
    except _UNBUILT:
        pass
    try:
        return _spelled(layer.output)
    except _UNBUILT:
        return ["multiple"] if len(getattr(layer, "_inbound_nodes", ())) > 1 else None


def _spelled(shape: Any) -> Any:
    """A shape, a tensor that has one, or several of them, as sizes and None."""
    shape = getattr(shape, "shape", shape)
    if shape is None or isinstance(shape, int | str):
        return shape
    if isinstance(shape, dict):
        return {str(name): _spelled(each) for name, each in shape.items()}
    return [_spelled(each) for each in shape] if isinstance(shape, list) else tuple(map(_spelled, shape))


def _count_params(layer: Any) -> int | None:
    try:
        return int(layer.count_params())
    except _UNBUILT:  # an operation of Keras 3 has no such method
        return None


# -- PyTorch ----------------------------------------------------------------------------------------------------


def from_torch(graph: G, model: Any) -> G:
    """Fill a graph with the modules of a PyTorch module."""
    if not _descends(model, ("Module",), ("torch",)):
        raise _refusal("from_torch", "a torch.nn.Module", model)
    nodes: dict[int, Node] = {}
    modules = list(model.named_modules())
    for name, module in modules:
        nodes[id(module)] = graph.add_node(_of_module(module, name, graph.nodes_by_id))
    for _, module in modules:
        for _, child in module.named_children():
            graph.add_edge(nodes[id(module)], nodes[id(child)])
    graph.root = nodes[id(model)]
    graph.loaded = True
    return graph


def _of_module(module: Any, name: str, taken: Mapping[Id, Node]) -> Node:
    own = [(each, _sizes(parameter)) for each, parameter in module.named_parameters(recurse=False)]
    leaf = next(module.named_children(), None) is None
    named = name or type(module).__name__
    node = Node(
        id=_fresh(named, taken),
        name=named,
        class_name=str(module) if leaf else type(module).__name__,  # as wandb, which asks leaves alone
        parameters=own or None,
        num_parameters=[None if sizes is None else math.prod(sizes) for _, sizes in own] or None,
    )
    node.child_parameters = sum(
        math.prod(sizes) for each in module.parameters() if (sizes := _sizes(each)) is not None
    )
    return node


def _sizes(parameter: Any) -> list[int] | None:
    """A parameter's shape; None while PyTorch does not know it."""
    try:
        return list(map(int, parameter.shape))
    except _UNBUILT:
        return None


# -- ONNX -------------------------------------------------------------------------------------------------------


def from_onnx(graph: G, model: Any) -> G:
    """Fill a graph with the operations of an ONNX model."""
    if _descends(model, ("ModelProto",), ("onnx",)):
        _fill_from_onnx(graph, model.graph)
    elif _descends(model, ("GraphProto",), ("onnx",)):
        _fill_from_onnx(graph, model)
    else:
        _fill_from_onnx(graph, _load_onnx(model).graph)
    graph.loaded = True
    return graph


def _load_onnx(model: Any) -> Any:
    if not isinstance(model, str | os.PathLike | MediaFile) and not hasattr(model, "read"):
        raise _refusal("from_onnx", "an onnx.ModelProto, a path or an open file", model)
    file = as_file(model)
    onnx = need("onnx", pip="wbtypes-graph[onnx]", what="reading an ONNX file")
    data = file.read()
    try:
        model = onnx.load_model_from_string(data)  # of one file: weights elsewhere are not looked for
    except Exception as error:  # protobuf's own class of error has moved often
        raise unreadable(file, "an ONNX model", error) from None
    if not model.HasField("graph"):  # as of an empty file
        raise unreadable(file, "an ONNX model", ValueError("it holds no graph"))
    return model


def _fill_from_onnx(graph: Graph, proto: Any) -> None:
    weights = {each.name: list(each.dims) for each in proto.initializer}
    weights |= {each.values.name: list(each.dims) for each in proto.sparse_initializer}
    shapes = {each.name: _of_value(each) for each in (*proto.input, *proto.value_info, *proto.output)}
    outputs = {each.name for each in proto.output}
    makers: dict[str, Node] = {}
    for each in proto.input:
        if each.name not in weights:  # up to version 3 of the format, weights are inputs too
            named = _fresh(each.name, graph.nodes_by_id)
            makers[each.name] = graph.add_node(
                id=named, name=each.name, class_name="Input", output_shape=shapes[each.name]
            )
    operations = [
        (each, graph.add_node(_of_operation(each, at, weights, graph.nodes_by_id)))
        for at, each in enumerate(proto.node)
    ]
    for operation, node in operations:
        makers.update({name: node for name in operation.output if name})
        known = [shapes.get(name) for name in operation.output if name]
        if any(shape is not None for shape in known):
            node.output_shape = known[0] if len(known) == 1 else known
    for operation, node in operations:
        for name in _reads(operation):
            if name in makers:
                graph.add_edge(makers[name], node)
    for name in outputs & makers.keys():
        makers[name].is_output = True


def _of_operation(
    operation: Any, at: int, weights: Mapping[str, list[int]], taken: Mapping[Id, Node]
) -> Node:
    own = [(name, weights[name]) for name in _reads(operation) if name in weights]
    node = Node(
        id=_fresh(operation.name or f"{operation.op_type}_{at}", taken),
        name=operation.name or operation.op_type,
        class_name=operation.op_type,
        parameters=own or None,
        num_parameters=sum(math.prod(sizes) for _, sizes in own),
    )
    if operation.op_type == "Constant":
        node.is_constant = True
    return node


def _reads(operation: Any) -> Iterator[str]:
    """The tensors that an operation takes, and those that its inner graphs take from around them, each once."""
    seen: dict[str, None] = dict.fromkeys(operation.input)
    for attribute in operation.attribute:
        for body in (attribute.g, *attribute.graphs):
            for inner in body.node:
                seen.update(dict.fromkeys(_reads(inner)))
    yield from seen


def _of_value(value: Any) -> list[Any] | None:
    """A tensor's shape: sizes, names of sizes, and None; None for what is no tensor, or of unknown rank."""
    tensor = value.type.tensor_type
    if value.type.WhichOneof("value") != "tensor_type" or not tensor.HasField("shape"):
        return None
    return [getattr(size, size.WhichOneof("value") or "", None) for size in tensor.shape.dim]


# -- NetworkX ---------------------------------------------------------------------------------------------------


def from_networkx(graph: G, source: Any) -> G:
    """Fill a graph with the nodes and edges of a NetworkX graph."""
    if not _descends(source, ("Graph",), ("networkx",)):
        raise _refusal("from_networkx", "a networkx.Graph", source)
    for number, said in source.nodes(data=True):
        graph.add_node(_of_attributes(number, said))
    dropped = bool(source.graph)
    for from_id, to_id, said in source.edges(data=True):
        graph.add_edge(from_id, to_id)
        dropped = dropped or bool(said)
    if dropped:
        warn_once(
            "attributes of a NetworkX graph itself, or of its edges, have no place in a graph-file: they are left out"
        )
    graph.loaded = True
    return graph


def _of_attributes(number: Any, said: Mapping[str, Any]) -> Node:
    if "id" in said:
        raise ValueError(
            f"the node {number!r} has an attribute 'id', which is what nodes are told apart by; rename it"
        )
    node = Node(number)
    for name, item in said.items():
        node.set(name, item)
    return node


def to_networkx(graph: Graph) -> Any:
    """The NetworkX graph of a graph."""
    networkx = need("networkx", pip="wbtypes-graph[networkx]", what="Graph.to_networkx")
    pairs = [(edge.from_node.id, edge.to_node.id) for edge in graph.edges]
    made = networkx.DiGraph() if len(set(pairs)) == len(pairs) else networkx.MultiDiGraph()
    for node in graph.nodes:
        said = node.attributes
        if said.pop("id", None) is None:
            raise ValueError(f"{node!r} has no id, which NetworkX tells nodes apart by; give it one")
        if said.get("name") is None:  # wandb's word for a node that has none
            said.pop("name", None)
        made.add_nodes_from([(node.id, said)])
    made.add_edges_from(pairs)
    return made
