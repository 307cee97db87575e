"""What 3-D objects become: NumPy arrays and trimesh meshes; and how what users give becomes the bytes of a file."""

from __future__ import annotations

import io
import itertools
import re
import struct
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NoReturn

import numpy
import orjson
from attrs import frozen

from wbtypes_core import BytesFile, Code, DecodeError, MediaFile, WBTypesError
from wbtypes_core.errors import need, warn_once
from wbtypes_core.files import LazyFile, unreadable
from wbtypes_core.jsonio import dumps, loads
from wbtypes_core.plain import as_array, json_copy

from .values import CLOUD, SCENE, WIDTHS

Array = numpy.ndarray[Any, Any]

NOT_FINITE = "points with NaN or infinite numbers are left out, for viewers take none; .nonfinite counts them"
WIDE = "floats of points wider than 64 bits are rounded to float64"
CATEGORY = "categories of points are from 1 to 14; others are kept, and viewers may not colour them"
ROUNDED = "coordinates of trimesh meshes are rounded to 32-bit floats, as glb files hold them"

MESHES = ("obj", "gltf", "glb", "stl", "ply")
"""The formats that trimesh reads."""

_PIECE = 1 << 16
"""Bytes of points that are parsed at once: so few that Python's objects for them stay in the processor's cache."""

_SHAPES = "n x 3 (x y z), n x 4 (x y z category) or n x 6 (x y z red green blue)"


@frozen
class Taken:
    """What is made of what a user gave.

    Attributes:
        file: the bytes.
        dtype: the dtype of the points, where their JSON would give another.
        nonfinite: points that were left out.
        columns: numbers per point, where there are no points and these are not 3.
    """

    file: MediaFile
    dtype: str | None = None
    nonfinite: int = 0
    columns: int | None = None


# -- from what users give -------------------------------------------------------------------------------------


def take(data: Any) -> Taken:
    """The file of points, a scene or a trimesh object.

    Raises:
        TypeError, ValueError: it is none of these.
    """
    if isinstance(data, Mapping):
        return _scene(data)
    trimesh = sys.modules.get("trimesh")
    if trimesh is not None:
        if isinstance(data, trimesh.PointCloud):
            return take(_cloud_points(data))
        if isinstance(data, trimesh.Trimesh | trimesh.Scene):
            return Taken(BytesFile(_glb(data), ".glb"))
    array, taken = _points(data, "points")
    return Taken(LazyFile(lambda: _rows(array), f".{CLOUD}"), **taken)


def _scene(data: Mapping[Any, Any]) -> Taken:
    if data.get("type") != SCENE:
        raise ValueError(f"a scene has the type {SCENE!r}, not {data.get('type')!r}")
    array, taken = _points(data.get("points", ()), 'the "points" of a scene')
    rest = {key: item for key, item in data.items() if key not in ("points", "boxes", "vectors")}
    body = json_copy(rest, "scene")
    body["boxes"] = [_parts(box, f"boxes[{at}]", _BOX) for at, box in enumerate(_items(data, "boxes"))]
    body["vectors"] = [
        _parts(each, f"vectors[{at}]", _VECTOR) for at, each in enumerate(_items(data, "vectors"))
    ]
    head = dumps(body).encode("ascii")[:-1]
    return Taken(
        LazyFile(lambda: b"".join((head, b', "points": ', _rows(array), b"}")), f".{CLOUD}"), **taken
    )


_BOX = {"corners": (8, 3)}
_VECTOR = {"start": (3,), "end": (3,)}


def _items(data: Mapping[Any, Any], key: str) -> list[Any]:
    found = data.get(key)
    array = as_array(found)
    items = array.tolist() if array is not None else found
    if items is None:
        return []
    if not isinstance(items, list | tuple):
        raise TypeError(f"the {key!r} of a scene are a list of dicts, not {type(found).__name__}")
    return list(items)


def _parts(item: Any, place: str, shapes: Mapping[str, tuple[int, ...]]) -> Any:
    """A box or vector as JSON, with its points checked."""
    if not isinstance(item, Mapping):
        raise TypeError(f"{place} is {type(item).__name__}, not a dict with {' and '.join(shapes)}")
    made = json_copy(item, place)
    for key, shape in shapes.items():
        size = " x ".join(map(str, shape))
        if key not in made:
            raise ValueError(f"{place} has no {key!r}, which are {size} numbers")
        found = _numeric(made[key])
        if found is None or found.shape != shape:
            raise ValueError(f"{place}[{key!r}] are not {size} numbers")
    return made


def _numeric(data: Any) -> Array | None:
    """An array of real numbers, or None when the data is none."""
    try:
        made = numpy.asarray(data)
        if made.dtype.kind == "f":
            made = _unsigned(data, made)
    except (TypeError, ValueError):  # rows of several lengths
        return None
    return made if made.dtype.kind in "biuf" else None


def _unsigned(data: Any, made: Array) -> Array:
    """Whole numbers up to 2^64, which NumPy makes floats of where some are small; other floats as they are."""
    if not made.size or not 2.0**63 <= made.max() <= 2.0**64 or made.min() < 0 or (made % 1).any():
        return made
    try:
        return numpy.asarray(data, dtype="uint64")
    except OverflowError:
        return made


def _points(data: Any, what: str) -> tuple[Array, dict[str, Any]]:
    """A copy of the points that can be stored, and what `Taken` says of them."""
    given = _given(data, what)
    finite = numpy.isfinite(given).all(axis=1) if given.dtype.kind == "f" else numpy.ones(len(given), bool)
    lost = len(given) - int(numpy.count_nonzero(finite))
    if lost:
        warn_once(NOT_FINITE)
    array = given[finite] if lost else numpy.array(given, order="C")
    if array.shape[1] == 4 and not ((array[:, 3] >= 1) & (array[:, 3] <= 14)).all():
        warn_once(CATEGORY)
    found = "float64" if array.dtype.kind == "f" or not len(array) else "int64"
    return _storable(array), {
        "dtype": None if array.dtype.name == found else array.dtype.name,
        "nonfinite": lost,
        "columns": None if len(array) or array.shape[1] == 3 else array.shape[1],
    }


def _given(data: Any, what: str) -> Array:
    """The points in the processor's byte order, not copied yet.

    Raises:
        TypeError, ValueError: data that is no points.
    """
    given = as_array(data)
    if given is None:
        if not isinstance(data, list | tuple) and not hasattr(data, "__array__"):
            raise TypeError(
                f"Object3D is made from points, a scene, a path or an open file, not from {type(data).__name__}"
            )
        try:
            given = numpy.asarray(data)
        except ValueError:
            raise ValueError(f"{what} have several lengths; they are {_SHAPES}") from None
    if (
        given.dtype.kind == "V" and not given.dtype.names
    ):  # bfloat16 and the like, which float32 holds exactly
        given = given.astype("float32")
    if given.shape == (0,):
        given = given.reshape(0, 3)
    if given.dtype.kind not in "biuf":
        raise TypeError(f"{what} are real numbers, not {given.dtype.name}")
    if given.ndim != 2 or given.shape[1] not in WIDTHS:
        raise ValueError(f"{what} have the shape {given.shape}; it is {_SHAPES}")
    if given.dtype.kind == "f" and given.dtype.itemsize > 8:
        warn_once(WIDE)
        with numpy.errstate(over="ignore"):
            given = given.astype("float64")
    native: Array = given.astype(given.dtype.newbyteorder("="), copy=False)
    return native


def _storable(array: Array) -> Array:
    """The points in a dtype whose JSON is numbers that hold all of its values."""
    stored = {"float16": "float32", "bool": "uint8"}.get(array.dtype.name)
    return array.astype(stored) if stored else array


def _rows(array: Array) -> bytes:
    return orjson.dumps(array, option=orjson.OPT_SERIALIZE_NUMPY) if len(array) else b"[]"


def _cloud_points(cloud: Any) -> Array:
    """The points of a trimesh cloud, with their colours where they have any."""
    vertices = numpy.asarray(cloud.vertices)
    colors = numpy.asarray(cloud.colors)
    return numpy.hstack((vertices, colors[:, :3])) if len(colors) == len(vertices) > 0 else vertices


def _glb(mesh: Any) -> bytes:
    """A trimesh mesh or scene as a glb file."""
    parts = mesh.geometry.values() if hasattr(mesh, "geometry") else [mesh]
    for part in parts:
        found = numpy.asarray(part.vertices)
        with numpy.errstate(over="ignore"):
            if (found.astype("float32") != found).any():
                warn_once(ROUNDED)
    data: bytes = mesh.export(file_type="glb")
    return data


def corners(center: Any, size: Any, orientation: Any) -> list[list[float]]:
    """The 8 corners of a box, z changing fastest, then y, then x."""
    middle, lengths = _vector(center, "center", 3), _vector(size, "size", 3)
    unit = numpy.array(list(itertools.product((-0.5, 0.5), repeat=3)))
    turned = (unit * lengths) @ _rotation(_vector(orientation, "orientation", 4)).T
    found: list[list[float]] = (turned + middle).tolist()
    return found


def _vector(data: Any, name: str, length: int) -> Array:
    found = _numeric(data)
    if found is None:
        raise TypeError(f"{name} is {length} numbers, not {type(data).__name__}")
    if found.shape != (length,) or not numpy.isfinite(found).all():
        raise ValueError(f"{name} is {length} finite numbers, not {data!r}")
    return found.astype("float64")


def _rotation(quaternion: Array) -> Array:
    """The matrix that turns columns as a quaternion (r, x, y, z) does."""
    largest = numpy.abs(quaternion).max()
    if largest == 0:
        raise ValueError(
            "orientation is a quaternion of zeros, which is no rotation; (1, 0, 0, 0) turns nothing"
        )
    quaternion = quaternion / largest  # so that squares neither overflow nor vanish
    r, x, y, z = quaternion / numpy.linalg.norm(quaternion)
    return numpy.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * r), 2 * (x * z + y * r)],
            [2 * (x * y + z * r), 1 - 2 * (x * x + z * z), 2 * (y * z - x * r)],
            [2 * (x * z - y * r), 2 * (y * z + x * r), 1 - 2 * (x * x + y * y)],
        ]
    )


def plain(item: Any, name: str) -> Any:
    """A part of a box as JSON has it."""
    return json_copy(item, name)


# -- points and scenes ----------------------------------------------------------------------------------------


def points(file: MediaFile, dtype: str | None, columns: int | None) -> Array:
    """The points of a cloud or scene, in the dtype recorded for them, else in that of their JSON."""
    data = file.read_within(file.limits, "json_bytes")
    _, span = _split(data, file)
    made = _fast(data, span, file, dtype) if span else None
    if made is None:
        document = _parse(data, file)
        rows = document.get("points", []) if isinstance(document, dict) else document
        made = _slow(rows, file, dtype)
    return made if len(made) else numpy.zeros((0, columns or made.shape[1]), dtype or "float64")


def _fast(data: bytes, span: tuple[int, int], file: MediaFile, dtype: str | None) -> Array | None:
    """Points that are plainly written, piece by piece; None where the whole document must be parsed."""
    start, end = span
    width = data.count(b",", start, data.find(b"]", start, end)) + 1
    if width not in WIDTHS:
        return None
    made: list[Array] = []
    count = 0
    while start < end:
        stop = data.find(b"]", start + _PIECE, end) + 1 or end
        piece = _piece(data[start:stop], width)
        if piece is None:
            return None
        count += len(piece)
        file.limits.spend("points", count, f"the number of points in {file}")
        made.append(_cast(piece, dtype, file))
        start = stop
    return numpy.concatenate(made)


_IN_SCENE = re.compile(rb'"points"\s*:\s*(?=\[\s*\[)')
_LAST = re.compile(rb"\]\s*\]")
_BLANK = b" \t\r\n"
_HERE = "\0points"
"""What stands for the points in a scene that is parsed without them."""


def _split(data: bytes, file: MediaFile) -> tuple[Any, tuple[int, int] | None]:
    """A scene without its points, and where their rows begin and end; both None where a plain look does not tell.

    A bare list of points has no scene. That ``"points"`` is the key of the scene and no other shows in what is parsed.
    """
    if data[:64].lstrip(_BLANK)[:1] == b"[":
        end = data.rfind(b"]")
        return None, None if data[end + 1 :].strip(_BLANK) else (data.find(b"[") + 1, end)
    found = _IN_SCENE.search(data)
    last = _LAST.search(data, found.end()) if found else None
    if found is None or last is None or data.count(b'"points"') != 1:
        return None, None
    try:
        rest = _parse(data[: found.end()] + dumps(_HERE).encode("ascii") + data[last.end() :], file)
    except DecodeError:  # it is told of the whole document
        return None, None
    if not isinstance(rest, dict) or rest.get("points") != _HERE:
        return None, None
    return rest, (found.end() + 1, last.end() - 1)


def _piece(text: bytes, width: int) -> Array | None:
    """Some rows as an array; None where they are not plain rows of `width` numbers.

    The brackets are taken out before parsing, for one list of numbers costs a sixth of many small ones; that they stood
    where they must is what the pattern shows.
    """
    codes = numpy.frombuffer(text, numpy.uint8)
    marks = codes[(codes == ord(",")) | (codes == ord("[")) | (codes == ord("]"))]
    marks = numpy.append(marks[1:] if marks[:1] == ord(",") else marks, numpy.uint8(ord(",")))
    numbers = text.translate(None, b"[]").strip(b"," + _BLANK)
    if not numbers:
        return numpy.zeros((0, width)) if marks.size == 1 else None
    pattern = numpy.frombuffer(b"[" + b"," * (width - 1) + b"],", numpy.uint8)
    if marks.size % pattern.size or (marks.reshape(-1, pattern.size) != pattern).any():
        return None
    values = _numbers(b"[" + numbers + b"]")
    made = _numeric(values)
    if made is None or made.dtype.kind == "b" or made.size != marks.size // pattern.size * width:
        return None
    return made.reshape(-1, width)


def _numbers(text: bytes) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:  # NaN and infinities, as clients write them
        pass
    try:
        return loads(text)
    except DecodeError:
        return None


def _slow(rows: Any, file: MediaFile, dtype: str | None) -> Array:
    """The points of a list of rows, however it is written."""
    if not isinstance(rows, list):
        raise DecodeError(f"{file}: the points are no list", reason=Code.BAD_FILE)
    file.limits.spend("points", len(rows), f"the number of points in {file}")
    made = _numeric(rows) if rows else numpy.zeros((0, 3))
    if made is None or made.ndim != 2 or made.shape[1] not in WIDTHS:
        raise DecodeError(f"{file}: the points are not {_SHAPES}", reason=Code.BAD_FILE)
    return _cast(made, dtype, file)


def _cast(made: Array, dtype: str | None, file: MediaFile) -> Array:
    """The points in the dtype that they are said to have come in."""
    if dtype is None or not len(made):
        return made
    with numpy.errstate(over="ignore", invalid="ignore"):
        found = made.astype(dtype)
    if found.dtype.kind != "f" and not numpy.array_equal(found, made):
        raise DecodeError(
            f"{file} holds points that are no {dtype}, as is said beside it", reason=Code.ALTERED_FILE
        )
    return found


def scene(file: MediaFile) -> dict[str, Any]:
    """What a scene says apart from its points, which are not parsed where that can be; empty for a bare cloud."""
    data = file.read_within(file.limits, "json_bytes")
    document, span = _split(data, file)
    if document is None and span is not None:
        return {}
    if document is None:
        document = _parse(data, file)
    if isinstance(document, list):
        return {}
    if not isinstance(document, dict):
        raise DecodeError(f"{file} is no scene", reason=Code.BAD_FILE)
    document.pop("points", None)
    for key in ("boxes", "vectors"):
        found = document.get(key, [])
        if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
            raise DecodeError(f"{file}: the {key} are no list of objects", reason=Code.BAD_FILE)
    return document


def _parse(data: bytes, file: MediaFile) -> Any:
    try:
        document = orjson.loads(data)
    except orjson.JSONDecodeError:  # NaN and infinities, or no JSON at all
        try:
            document = loads(data)
        except DecodeError as error:
            raise type(error)(f"{file}: {error.message}", reason=error.reason) from None
    file.limits.check(document)
    return document


def cloud(array: Array) -> Any:
    """The trimesh cloud of points, with their colours."""
    trimesh = need("trimesh", pip="wbtypes-object3d[trimesh]", what="Object3D.to_trimesh")
    colors = array[:, 3:].clip(0, 255).astype("uint8") if array.shape[1] == 6 else None
    return trimesh.PointCloud(array[:, :3].astype("float64"), colors=colors)


# -- meshes ---------------------------------------------------------------------------------------------------


def mesh(file: MediaFile, kind: str) -> Any:
    """The one mesh or cloud of a file, placed as the file says; of several parts the trimesh scene."""
    with _reading(file, kind):
        found = _load(file, kind)
        names = list(found.graph.nodes_geometry)
        if len(names) != 1:
            return found
        transform, name = found.graph[names[0]]
        part = found.geometry[name]
        if not numpy.array_equal(transform, numpy.eye(4)):
            part.apply_transform(transform)
        return part


def vertices(file: MediaFile, kind: str) -> Array:
    """The vertices of all parts, placed as the file says."""
    made = [numpy.zeros((0, 3))]
    with _reading(file, kind):
        found = _load(file, kind)
        for node in found.graph.nodes_geometry:
            transform, name = found.graph[node]
            made.append(numpy.asarray(found.geometry[name].vertices) @ transform[:3, :3].T + transform[:3, 3])
        return numpy.concatenate(made)


@contextmanager
def _reading(file: MediaFile, kind: str) -> Iterator[None]:
    """What a library raises at bad bytes becomes a `DecodeError`."""
    try:
        yield
    except WBTypesError:
        raise
    except IndexError as error:
        raise unreadable(file, kind, ValueError(f"it names what is not there: {error}")) from None
    except Exception as error:  # hostile bytes make readers raise anything
        raise unreadable(file, kind, error) from None


def _load(file: MediaFile, kind: str) -> Any:
    """The trimesh scene of a file, whose size is known to be within the limits."""
    if kind not in MESHES:
        raise DecodeError(
            f"{file}: {kind or 'nameless'} files are not read here, only {CLOUD}, {', '.join(MESHES)}; .file.read() gives its bytes",
            reason=Code.BAD_FILE,
        )
    trimesh = need("trimesh", pip="wbtypes-object3d[trimesh]", what=f"reading {kind} files")
    data = file.read()
    if kind in _HEADERS:
        file.limits.spend("points", _HEADERS[kind](data, file), f"the number of points in {file}")
    found = trimesh.load_scene(io.BytesIO(data), file_type=kind, resolver=_Nowhere(), process=False)
    placed = [found.graph[node][1] for node in found.graph.nodes_geometry]
    count = sum(len(found.geometry[name].vertices) for name in placed)
    file.limits.spend("points", count, f"the number of points in {file}")
    return found


class _Nowhere:
    """A resolver that finds nothing: what files refer to is never looked for."""

    def get(self, name: str) -> NoReturn:
        raise FileNotFoundError(
            f"it refers to {name[:80]!r}, and files that files refer to are not looked for"
        )

    __getitem__ = get

    def keys(self) -> Iterable[str]:
        return ()

    def namespaced(self, namespace: str) -> _Nowhere:
        return self


_SOLID = re.compile(rb"facet|endsolid", re.IGNORECASE)


def _count_stl(data: bytes, file: MediaFile) -> int:
    """The corners of the triangles that a binary STL file promises; 0 of text, which promises none.

    Raises:
        ValueError: it is cut short, of which trimesh makes an empty scene.
    """
    count = int.from_bytes(data[80:84], "little")
    size = 84 + 50 * count
    if len(data) == size:
        return 3 * count
    if _SOLID.search(data, 0, 1024):
        _, ended, rest = data.lower().rpartition(b"endsolid")
        if not ended or b"facet" in rest.partition(b"\n")[2]:
            raise ValueError('it is cut short: it does not end with "endsolid"')
        return 0
    if len(data) < size:
        raise ValueError(f"it is cut short: {len(data):,} of {size:,} bytes are there")
    raise ValueError(f"its header promises {count:,} triangles, and more follows than these")


def _count_obj(data: bytes, file: MediaFile) -> int:
    """The vertices of an OBJ file.

    Raises:
        ValueError: its last line is cut short, which trimesh leaves out.
    """
    last = data.rstrip().rpartition(b"\n")[2].split()
    if last and last[0] in (b"v", b"f") and len(last) < 4:
        raise ValueError(
            f"it is cut short: its last line names {len(last) - 1} of 3 or more {_IN_OBJ[last[0]]}"
        )
    return data.count(b"\nv ") + data.startswith(b"v ")


_IN_OBJ = {b"v": "coordinates", b"f": "vertices"}


def _count_ply(data: bytes, file: MediaFile) -> int:
    """The most elements that the header of a PLY file promises.

    Raises:
        ValueError: it is text and cut short, of which trimesh makes what is left.
    """
    header, _, body = data.partition(b"end_header")
    counts = [int(count) for count in re.findall(rb"element\s+\S+\s+(\d{1,18})", header)]
    most = max(counts, default=0)
    file.limits.spend("points", most, f"the number of points in {file}")
    if re.search(rb"format\s+ascii", header) and len(body.strip().splitlines()) < sum(counts):
        raise ValueError(
            f"it is cut short: it has fewer than the {sum(counts):,} lines that its header promises"
        )
    return most


def _count_gltf(data: bytes, file: MediaFile) -> int:
    """How many items of glTF have no bytes in the file, so that they cost nothing to promise.

    Raises:
        ValueError: its nodes lead back to themselves.
    """
    document = _parse(_gltf_json(data) if data[:4] == b"glTF" else data, file)
    _check_tree(document.get("nodes", []))
    return sum(int(each["count"]) for each in document.get("accessors", ()) if "bufferView" not in each)


def _gltf_json(data: bytes) -> bytes:
    """The JSON chunk of a glb file."""
    length = struct.unpack_from("<I", data.ljust(16, b"\0"), 12)[0]
    return data[20 : 20 + length].rstrip(b"\0 ")


def _check_tree(nodes: list[Any]) -> None:
    """Refuse nodes that have several parents, for walking them need not end."""
    listed = [child for node in nodes for child in node.get("children", ())]
    children = set(listed)
    if len(children) != len(listed):
        raise ValueError("a node has several parents")
    inner = dict.fromkeys(range(len(nodes)))
    todo = [at for at in inner if at not in children]
    while todo:
        at = todo.pop()
        inner.pop(at)
        todo.extend(nodes[at].get("children", ()))
    if inner:
        raise ValueError("a node is its own ancestor")


_HEADERS = {"obj": _count_obj, "stl": _count_stl, "ply": _count_ply, "gltf": _count_gltf, "glb": _count_gltf}
