"""How 3-D objects travel: one as `object3D-file`, a list of them as `object3D`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wbtypes_core import BatchCodec, Code, DecodeContext, DecodeError, EncodeContext, MediaCodec, MediaFile
from wbtypes_core.codec import caption_of, exact_fields, exact_part, read
from wbtypes_core.jsonio import JsonObject

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
        return exact_part(dtype=value.dtype, nonfinite=value.nonfinite or None, columns=value.columns)

    def build(self, node: JsonObject, file: MediaFile, ctx: DecodeContext) -> Object3D:
        """The object of a node; its file stays closed."""
        return Object3D.restore(file=file, caption=caption_of(node), **exact_fields(node, _beside))

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

    Wire format, section 2.8.
    """

    tag = "object3D"
    item_type = Object3D
    item_tag = Object3DCodec.tag
    items_key = "objects"
    keys = ("filenames", "count", "objects")

    def summary(self, items: Sequence[Any], nodes: Sequence[JsonObject]) -> JsonObject:
        """The names of the files, and how many they are."""
        return {"filenames": [_name(node) for node in nodes], "count": len(items)}


def _name(node: JsonObject) -> Any:
    """The path of an object's file below the folder of all; that of one which lies elsewhere as it is."""
    path = node.get("path") or node.get("artifact_path")
    return path.removeprefix(f"{FOLDER}/") if isinstance(path, str) else path
