"""How 3-D objects travel: one as `object3D-file`, a list of them as `object3D`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wbtypes_core import (
    Batch,
    BatchCodec,
    Code,
    DecodeContext,
    DecodeError,
    EncodeContext,
    MediaCodec,
    MediaFile,
)
from wbtypes_core.codec import EXACT, caption_of, exact_of, expect_object, read
from wbtypes_core.jsonio import JsonObject, same

from .values import CLOUD, DTYPES, WIDTHS, Object3D

FOLDER = "media/object3D"


class Object3DCodec(MediaCodec[Object3D]):
    """The `object3D-file` object of runs and artifacts: the keys that all media have, and no others.

    Wire format, section 2.8. Under ``_wbtypes`` stands what the file does not say of the points that it was made from.
    """

    tag = "object3D-file"
    value_type = Object3D
    folder = FOLDER
    exact_keys = ("dtype", "nonfinite", "columns")
    natives = ("trimesh.base.Trimesh",)

    def fields(self, value: Object3D, ctx: EncodeContext) -> JsonObject:
        """What the file does not say of the points that it was made from."""
        said = {"dtype": value.dtype, "nonfinite": value.nonfinite, "columns": value.columns}
        beside = {key: item for key, item in said.items() if item}
        return {EXACT: beside} if beside else {}

    def build(self, node: JsonObject, file: MediaFile, ctx: DecodeContext) -> Object3D:
        """The object of a node; its file stays closed."""
        exact = exact_of(node)
        try:
            beside = _beside(exact) if exact else {}
        except DecodeError as error:
            raise error.under(EXACT) from None
        return Object3D.restore(file=file, caption=caption_of(node), **beside)

    def native(self, value: Object3D) -> Any:
        """The points of a cloud or scene as an array; of another file its trimesh mesh."""
        return value.to_numpy() if value.format == CLOUD else value.to_trimesh()

    def adopt(self, obj: Any) -> Object3D:
        """A trimesh mesh, stored as ``glb``."""
        return Object3D(obj)


def _beside(exact: JsonObject) -> dict[str, Any]:
    """The fields of an object that only this package keeps."""
    dtype = read(exact, "dtype", str, default=None)
    if dtype is not None and dtype not in DTYPES:
        raise DecodeError(f"{dtype!r} is no dtype of points", reason=Code.BAD_VALUE, path=("dtype",))
    columns = read(exact, "columns", int, default=None)
    if columns is not None and columns not in WIDTHS:
        raise DecodeError(f"points have 3, 4 or 6 numbers, not {columns}", path=("columns",))
    return {"dtype": dtype, "nonfinite": read(exact, "nonfinite", int, default=0), "columns": columns}


class Object3DBatchCodec(BatchCodec):
    """The `object3D` object: a list of objects, each in its own form, and their files' names below ``media/object3D``.

    Wire format, section 2.8. Names and count repeat what the objects say, which counts: where a batch says otherwise, it is
    written back as it came for as long as the objects stay where they are.
    """

    tag = "object3D"
    item_type = Object3D
    keys = ("filenames", "count", "objects")

    def encode(self, value: Batch, ctx: EncodeContext) -> JsonObject:
        """Each object in its own form, in order, and the names of their files."""
        objects = [ctx.encode(item, "objects", at) for at, item in enumerate(value)]
        return {**_summary(objects, value.layout), "objects": objects}

    def decode(self, node: Any, ctx: DecodeContext) -> Batch:
        """The objects of a node; no file is opened."""
        node = expect_object(node)
        nodes = read(node, "objects", list)
        objects = [ctx.decode(each, "objects", at, expect=Object3DCodec.tag) for at, each in enumerate(nodes)]
        return Batch(objects, tag=self.tag, layout=_layout(node, _summary(nodes)))


def _summary(objects: list[Any], layout: Mapping[str, Any] | None = None) -> JsonObject:
    """What a batch repeats of its objects' nodes, or what it said of the same before."""
    body: JsonObject = {"filenames": [_name(each) for each in objects], "count": len(objects)}
    if layout and same(body, layout["of"]):
        said: JsonObject = layout["said"]
        return said
    return body


def _name(node: Any) -> Any:
    """The path of an object's file below the folder of all; that of one which lies elsewhere as it is."""
    path = (node.get("path") or node.get("artifact_path")) if isinstance(node, dict) else None
    return path.removeprefix(f"{FOLDER}/") if isinstance(path, str) else path


def _layout(node: JsonObject, written: JsonObject) -> JsonObject:
    """What a batch says of its files, where it is not what would be written."""
    said = {key: node[key] for key in written if node.get(key) is not None}
    return {} if same(said, written) else {"of": written, "said": said}
