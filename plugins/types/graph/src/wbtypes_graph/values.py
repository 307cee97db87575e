"""What a graph is: nodes, what is known of each, and the edges between them."""

from __future__ import annotations

import copy
import os
from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from typing import IO, TYPE_CHECKING, Any, Generic, Self, TypeVar, overload

import attrs

from wbtypes_core import BytesFile, DecodeError, EncodeError, FrozenMap, Media, MediaFile
from wbtypes_core.jsonio import JsonObject, dumps, loads, same
from wbtypes_core.plain import SCALARS, as_array, to_plain
from wbtypes_core.values import Caption, spell_count, with_caption

T = TypeVar("T")

Id = int | str
"""What tells the nodes of one graph apart."""

SUFFIX = ".graph.json"

IDS = frozenset((int, str))
"""The exact types of ids; a boolean is none."""


class _Said(Generic[T]):
    """One attribute of a node, under its own name in the node's object; absent where nothing was said.

    Args:
        check: gives the plain form of a value, or raises.
        give: how a value is handed out.
        unsaid: what is handed out where there is none.
    """

    def __init__(
        self,
        check: Callable[[Any, str], T],
        give: Callable[[Any], T] | None = None,
        unsaid: Callable[[], T | None] = lambda: None,
    ) -> None:
        self.check = check
        self.give = give
        self.unsaid = unsaid

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, node: None, owner: type) -> Self: ...
    @overload
    def __get__(self, node: Node, owner: type) -> T: ...
    def __get__(self, node: Node | None, owner: type) -> Self | T | None:
        if node is None:
            return self
        found = node._said.get(self.name)
        if found is None:
            return self.unsaid()
        return self.give(found) if self.give else found

    def __set__(self, node: Node, value: T | None) -> None:
        node._said[self.name] = None if value is None else self.check(value, self.name)


def _id(value: Any, name: str = "id") -> Id:
    if type(value) in IDS:
        return value  # type: ignore[no-any-return]
    found = value if isinstance(value, bool) else to_plain(value)
    if isinstance(found, int | str) and not isinstance(found, bool):
        return found
    raise TypeError(f"the id of a node is an int or a str, not {type(value).__name__}")


def _text(value: Any, name: str) -> str:
    if isinstance(value, str):
        return str(value)
    raise TypeError(f"the {name} of a node is text, not {type(value).__name__}")


def _flag(value: Any, name: str) -> bool:
    found = value if isinstance(value, bool) else to_plain(value)
    if isinstance(found, bool):
        return found
    raise TypeError(f"the {name} of a node is True or False, not {type(value).__name__}")


def plain(item: Any, place: str) -> Any:
    """A copy of what the user gave, as JSON has it; tuples stay tuples, arrays become lists.

    Raises:
        TypeError: something that JSON does not know, with its place.
        ValueError: nested too deep, or holding itself.
    """
    kind = type(item)
    if kind in SCALARS or (kind is tuple and SCALARS.issuperset(map(type, item))):
        return item  # nothing in it can change
    try:
        return _plain(item, place)
    except RecursionError:
        raise ValueError(f"{place} is nested too deep, or holds itself") from None


def _plain(item: Any, place: str) -> Any:
    kind = type(item)
    if kind in SCALARS:
        return item
    if kind is tuple or kind is list:
        if SCALARS.issuperset(map(type, item)):
            return kind(item)
        return kind([_plain(each, f"{place}[{at}]") for at, each in enumerate(item)])
    if isinstance(item, Mapping):
        return {_key(name, place): _plain(each, f"{place}[{name!r}]") for name, each in item.items()}
    array = as_array(item)
    if array is not None:
        return _plain(_listed(array), place)
    found = to_plain(item)
    if found is NotImplemented:
        raise TypeError(f"{place} is {kind.__name__}; give numbers, text, lists, dicts or arrays of them")
    return _plain(found, place)


def _listed(array: Any) -> Any:
    """An array in full, whatever its size, as nested lists; dates and durations keep their microseconds."""
    unit = {"M": "datetime64[us]", "m": "timedelta64[us]"}.get(array.dtype.kind)
    return (array.astype(unit) if unit else array).tolist()


def _key(name: object, place: str) -> str:
    if isinstance(name, str):
        return str(name)
    raise TypeError(f"the keys of {place} are text, not {name!r}")


def _shape(value: Any, name: str) -> tuple[Any, ...]:
    found = plain(value, name)
    if isinstance(found, list | tuple):
        return tuple(found)
    raise TypeError(f"the {name} of a node is a sequence of numbers, not {type(value).__name__}")


def _as_tuple(value: Any) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, list | tuple) else (value,)


class Node:
    """A node of a `Graph`: a layer, a module, an operation.

    Every attribute may be changed. What is not given is not stored; what is set to None later is stored as null, as in
    wandb. Arrays and NumPy numbers become lists and numbers at once. Nodes are told apart by identity, also as in wandb.

    Args:
        id: int or str, unique in the graph.
        name: text shown with it.
        class_name: usually the type of layer or module.
        size: a shape, as ``(64, 3)``.
        parameters: usually pairs of name and shape, ``[["weight", [64, 3]], ...]``.
        output_shape: a shape, with None for sizes that are not known; or several of them.
        is_output: whether it is an output of the graph.
        num_parameters: how many parameters it has: a number, or one for each of `parameters`.
        node: another node, whose attributes but the id it takes where none are given here.

    Attributes:
        child_parameters: how many parameters the node and all below it have.
        is_constant: whether it is a constant.
        functions: names of the functions it stands for.

    Raises:
        TypeError: an id that is no int or str, a name that is no text, or something that JSON does not know.
        ValueError: something nested too deep, or holding itself.
    """

    __slots__ = ("__weakref__", "_said")

    _said: JsonObject

    id: _Said[Id | None] = _Said(_id)
    name: _Said[str | None] = _Said(_text)
    class_name: _Said[str | None] = _Said(_text)
    size: _Said[tuple[Any, ...] | None] = _Said(_shape, _as_tuple)
    parameters: _Said[Any] = _Said(plain, unsaid=list)
    output_shape: _Said[Any] = _Said(plain)
    is_output: _Said[bool | None] = _Said(_flag)
    num_parameters: _Said[Any] = _Said(plain)
    child_parameters: _Said[Any] = _Said(plain)
    is_constant: _Said[bool | None] = _Said(_flag)
    functions: _Said[Any] = _Said(plain, unsaid=list)

    def __init__(
        self,
        id: Id | None = None,
        name: str | None = None,
        class_name: str | None = None,
        size: Any = None,
        parameters: Any = None,
        output_shape: Any = None,
        is_output: bool | None = None,
        num_parameters: Any = None,
        node: Node | None = None,
    ) -> None:
        # straight into the dict, and past a call where the type is right: graphs have many nodes
        said: JsonObject = {"name": None}
        if node is not None:
            said.update(node.attributes)
            said.pop("id", None)
        if id is not None:
            said["id"] = id if type(id) in IDS else _id(id)
        if name is not None:
            said["name"] = name if type(name) is str else _text(name, "name")
        if class_name is not None:
            said["class_name"] = class_name if type(class_name) is str else _text(class_name, "class_name")
        if size is not None:
            said["size"] = _shape(size, "size")
        if parameters is not None:
            said["parameters"] = plain(parameters, "parameters")
        if output_shape is not None:
            said["output_shape"] = plain(output_shape, "output_shape")
        if is_output is not None:
            said["is_output"] = _flag(is_output, "is_output")
        if num_parameters is not None:
            said["num_parameters"] = (
                num_parameters if type(num_parameters) is int else plain(num_parameters, "num_parameters")
            )
        self._said = said

    @classmethod
    def restore(cls, said: JsonObject) -> Self:
        """A node straight from its object on the wire, which it keeps; keys that have no attribute here stay."""
        node = cls.__new__(cls)
        node._said = said
        return node

    @property
    def attributes(self) -> JsonObject:
        """All that is said of the node, by its names on the wire, those without an attribute here included. A new dict."""
        said: JsonObject = plain(self._said, "node")
        return said

    def set(self, name: str, value: Any) -> None:
        """Say something of the node under a name of the wire, which need not be that of an attribute here.

        Raises:
            TypeError: a name that is no text, or what the attribute of that name refuses.
            ValueError: something nested too deep, or holding itself.
        """
        if isinstance(vars(Node).get(name), _Said):
            setattr(self, name, value)
        else:
            self._said[_text(name, "name of an attribute")] = plain(value, name)

    def __repr__(self) -> str:
        said = ", ".join(f"{name}={item!r:.60}" for name, item in self._said.items() if item is not None)
        return f"Node({said})"


@attrs.define(eq=False, init=False)
class Edge:
    """An edge of a `Graph`: a pair of nodes, which unpacks as one.

    Attributes:
        from_node: where it begins.
        to_node: where it ends.

    Raises:
        TypeError: one of the two is no `Node`.
    """

    from_node: Node
    to_node: Node

    def __init__(self, from_node: Node, to_node: Node) -> None:
        if not isinstance(from_node, Node):
            raise TypeError(f"from_node is a Node, not {type(from_node).__name__}")
        if not isinstance(to_node, Node):
            raise TypeError(f"to_node is a Node, not {type(to_node).__name__}")
        self.from_node = from_node
        self.to_node = to_node

    def __iter__(self) -> Iterator[Node]:
        return iter((self.from_node, self.to_node))


class Graph(Media):
    """A graph of nodes and edges, as of a neural network.

    Unlike other values a graph is a container that may change: add nodes and edges, or set any attribute. It is written
    as it is at that moment. One that was read and not changed since keeps the file it was read from.

    Args:
        format: what helps wandb to lay the graph out: ``"keras"``, ``"torch"``, ``"onnx"``, ...

    Attributes:
        format: as above.
        nodes: the nodes, in order.
        nodes_by_id: those that have an id, by it; of several with one id, which wandb's own files may have, the last.
        edges: the edges, in order.
        loaded: whether the graph is complete: False for a new one, until it is set; True for one that was read or made
            from a model. It is not stored.
        root: the root node, or None; wandb's format has no room for it, and it is kept beside.
        other: what the file says beside format, nodes and edges.

    Raises:
        TypeError: a format that is no text.
    """

    __slots__ = ("_stored", "edges", "format", "loaded", "nodes", "nodes_by_id", "other", "root")

    if not TYPE_CHECKING:
        __setattr__ = object.__setattr__  # what other values forbid is what a container is for
        __delattr__ = object.__delattr__

    caption: Caption
    format: str
    nodes: list[Node]
    nodes_by_id: dict[Id, Node]
    edges: list[Edge]
    loaded: bool
    root: Node | None
    other: JsonObject
    _stored: MediaFile | None

    def __init__(self, format: str = "keras") -> None:
        if not isinstance(format, str):
            raise TypeError(f'the format of a graph is text, as "keras", not {type(format).__name__}')
        self._set(extra=FrozenMap(), caption=None, format=str(format), nodes=[], nodes_by_id={}, edges=[])
        self._set(loaded=False, root=None, other={}, _stored=None)

    def _set(self, **state: Any) -> None:
        for name, item in state.items():
            object.__setattr__(self, name, item)

    def _state(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in ("extra", "caption", *Graph.__slots__)}

    @classmethod
    def restore(cls, *, file: MediaFile | None = None, **fields: Any) -> Self:
        """A graph straight from its attributes, and from the file that holds it as it is, for codecs."""
        graph = cls()
        graph._set(_stored=file, **fields)
        return graph

    def replace(self, **changes: Any) -> Self:
        """A copy, nodes and all, with other attributes."""
        state = self._state()
        kept = {name: state.pop(name) for name in ("extra", "_stored")}
        twin = type(self)()
        twin._set(**kept, **copy.deepcopy(state))
        twin._set(**changes)
        return twin

    def snapshot(self) -> Self:
        """A copy, nodes and all, that later changes of this one do not reach; faster than `replace`."""
        copies: dict[Node, Node] = {}

        def copied(node: Node) -> Node:
            found = copies.get(node)
            if found is None:
                said = {name: plain(item, name) for name, item in node._said.items()}
                found = copies[node] = Node.restore(said)
            return found

        twin = type(self)()
        twin._set(
            **{
                **self._state(),
                "nodes": list(map(copied, self.nodes)),
                "nodes_by_id": {number: copied(node) for number, node in self.nodes_by_id.items()},
                "edges": [Edge(copied(begin), copied(end)) for begin, end in self.edges],
                "root": None if self.root is None else copied(self.root),
                "other": copy.deepcopy(self.other),
            }
        )
        return twin

    def add_node(self, node: Node | None = None, **node_kwargs: Any) -> Node:
        """Add a node, or one that is made of the arguments of `Node`.

        Returns:
            The node.

        Raises:
            TypeError: `node` is no `Node`, or one of the arguments is wrong.
            ValueError: both are given, or the graph has a node of that id.
        """
        if node is None:
            node = Node(**node_kwargs)
        elif node_kwargs:
            raise ValueError(
                f"give add_node a node or what to make one of ({', '.join(node_kwargs)}), not both"
            )
        elif not isinstance(node, Node):
            raise TypeError(f"add_node takes a Node, not {type(node).__name__}")
        number = node._said.get("id")
        if number is not None:
            if number in self.nodes_by_id:
                raise ValueError(f"the graph has a node {number!r} already; ids are unique")
            self.nodes_by_id[number] = node
        self.nodes.append(node)
        return node

    def add_edge(self, from_node: Node | Id, to_node: Node | Id) -> Edge:
        """Add an edge between two nodes of the graph, given as nodes or by their ids.

        Returns:
            The edge.

        Raises:
            TypeError: one of them is no node, int or str.
            ValueError: one of them is not in the graph, or has no id, which edges are stored by.
        """
        edge = Edge(self._known(from_node), self._known(to_node))
        self.edges.append(edge)
        return edge

    def _known(self, end: Node | Id) -> Node:
        """A node that is in the graph."""
        if isinstance(end, Node):
            if self.nodes_by_id.get(end._said.get("id")) is end:  # type: ignore[arg-type]  # None is no key
                return end
        elif (found := self.nodes_by_id.get(_id(end))) is not None:
            return found
        raise ValueError(
            f"{_spelled(end)} is no node of this graph: an edge needs both its nodes added, with ids"
        )

    def __getitem__(self, id: Id) -> Node:
        """The node of an id."""
        return self.nodes_by_id[id]

    def __contains__(self, id: object) -> bool:
        return id in self.nodes_by_id

    def __iter__(self) -> Iterator[Node]:
        return iter(self.nodes)

    # -- from and to other libraries --------------------------------------------------------------------------

    @classmethod
    def from_keras(cls, model: Any) -> Self:
        """The graph of a Keras model: a node for each layer, an edge for each output that another layer takes.

        Keras 2 and 3, ``tf.keras`` and ``tf_keras`` alike; Keras itself is not imported. A model within the model is one
        node. A `Sequential` that is not built yet is a chain; the layers of a subclassed model have no edges, for Keras
        does not know them.

        Args:
            model: a Keras model: sequential, functional or subclassed.

        Raises:
            TypeError: something else.
        """
        from . import native

        return native.from_keras(cls("keras"), model)

    @classmethod
    def from_torch(cls, model: Any) -> Self:
        """The graph of a PyTorch module: a node for each named module, an edge from each to those it holds.

        What flows from where to where is not known from modules alone. PyTorch is not imported. `root` is the model.

        Args:
            model: a ``torch.nn.Module``; ids and names are the dotted names of its modules, its own is its class's name.

        Raises:
            TypeError: something else.
        """
        from . import native

        return native.from_torch(cls("torch"), model)

    @classmethod
    def from_networkx(cls, graph: Any) -> Self:
        """The graph of a NetworkX graph: attributes of its nodes become those of nodes, under the same names.

        An undirected graph keeps the order in which NetworkX gives the two ends of an edge. This format has no room for
        attributes of edges or of the graph itself: they are left out, which a `ValueWarning` tells once.

        Args:
            graph: a ``networkx.Graph``, ``DiGraph``, ``MultiGraph`` or ``MultiDiGraph`` whose nodes are ints or text.

        Raises:
            TypeError: something else, a node that is no int or text, or an attribute that JSON does not know.
            ValueError: a node has an attribute ``id``, the name of what tells nodes apart here.
        """
        from . import native

        return native.from_networkx(cls("networkx"), graph)

    @classmethod
    def from_onnx(cls, model: str | os.PathLike[str] | IO[bytes] | MediaFile | Any) -> Self:
        """The graph of an ONNX model: a node for each operation and each input, an edge for each tensor between two.

        Weights are parameters of the operations that take them. Weights kept in other files are not read. Bodies of
        loops and branches stay within their operation's node.

        Args:
            model: an ``onnx.ModelProto`` or ``GraphProto``; or the path of a model or an open file, which needs onnx.

        Raises:
            TypeError: something else.
            DecodeError: a file that is no ONNX model.
            MissingExtra: onnx is not installed.
            OSError: the file cannot be read.
        """
        from . import native

        return native.from_onnx(cls("onnx"), model)

    def to_networkx(self) -> Any:
        """The graph as a ``networkx.DiGraph``, or, where two edges have the same ends, a ``MultiDiGraph``.

        What is said of a node becomes its attributes, but for the id, which is the node. A node without an id cannot be
        told apart there.

        Raises:
            ValueError: a node has no id.
            MissingExtra: NetworkX is not installed.
        """
        from . import native

        return native.to_networkx(self)

    # -- as a value -------------------------------------------------------------------------------------------

    @property
    def document(self) -> JsonObject:
        """The graph as its file says it: ``{"format", "nodes", "edges"}``. A new dict.

        Raises:
            EncodeError: an edge between nodes that are not in `nodes`, or something that JSON does not know was put
                into a list of a node.
        """
        found: JsonObject = loads(self._data())
        return found

    def _data(self) -> bytes:
        """The bytes of that file."""
        document = self._document()
        self._check(document["edges"])
        try:
            return dumps(document).encode("ascii")
        except (TypeError, RecursionError):
            # somebody put an array into a list of a node, or the list into itself
            return dumps(_plainly(document)).encode("ascii")

    def _document(self) -> JsonObject:
        """The same, of the nodes' own dicts."""
        edges = [[edge.from_node._said.get("id"), edge.to_node._said.get("id")] for edge in self.edges]
        return {
            "format": self.format,
            "nodes": [node._said for node in self.nodes],
            "edges": edges,
            **self.other,
        }

    def _check(self, pairs: list[list[Id | None]]) -> None:
        """Refuse edges that do not lead from node to node, given the ids of their ends."""
        known = {node._said.get("id") for node in self.nodes} - {None}
        if known.issuperset(chain.from_iterable(pairs)):
            return
        edge = next(edge for edge, pair in zip(self.edges, pairs, strict=True) if not known.issuperset(pair))
        raise EncodeError(
            f"the edge from {edge.from_node!r} to {edge.to_node!r} is not between nodes of the graph; "
            f"add them with add_node, with ids"
        )

    @property
    def file(self) -> MediaFile:
        """The file that holds the graph as it is now: the one it was read from, while nothing has changed.

        Raises:
            EncodeError: as for `document`.
        """
        data = self._data()
        if self._stored is not None and _says(self._stored, data):
            return self._stored
        return BytesFile(data, SUFFIX)

    def describe(self) -> str:
        """How many nodes and edges there are, and the caption."""
        text = (
            f"{self.format}, {spell_count(len(self.nodes), 'node')}, {spell_count(len(self.edges), 'edge')}"
        )
        return with_caption(text, self.caption)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Graph):
            return NotImplemented
        return (
            type(self) is type(other)
            and self.caption == other.caption
            and self.extra == other.extra
            and _number(self.root) == _number(other.root)
            and same(_plainly(self._document()), _plainly(other._document()))
        )

    __hash__ = None  # type: ignore[assignment]  # a container, like a list

    def __repr__(self) -> str:
        return f"Graph({self.describe()})"

    def __getstate__(self) -> dict[str, Any]:
        return self._state()

    def __setstate__(self, state: dict[str, Any]) -> None:
        self._set(**state)


def _plainly(document: JsonObject) -> JsonObject:
    try:
        found: JsonObject = plain(document, "graph")
    except (TypeError, ValueError) as error:
        raise EncodeError(str(error)) from None
    return found


def _says(file: MediaFile, data: bytes) -> bool:
    """Whether a stored file says exactly this, in whatever order and spacing; one that is gone says nothing."""
    try:
        kept = file.read()
        return kept == data or dumps(loads(kept), sort=True) == dumps(loads(data), sort=True)
    except (DecodeError, OSError):
        return False


def _number(node: Node | None) -> Id | None:
    return None if node is None else node.id


def _spelled(end: object) -> str:
    return repr(end.id if isinstance(end, Node) and end.id is not None else end)
