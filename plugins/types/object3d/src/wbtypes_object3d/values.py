"""What a 3-D object is: a cloud, scene or mesh in a file, with a caption and what the file does not say of its points."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

from attrs import frozen

from wbtypes_core import BatchableMedia, BytesFile, MediaFile
from wbtypes_core.files import as_file, is_url, spelled_kind
from wbtypes_core.values import Caption, check_caption, with_caption

if TYPE_CHECKING:
    import numpy

CLOUD = "pts.json"
"""The format of point clouds and scenes."""

FORMATS = (CLOUD, "obj", "gltf", "glb", "babylon", "stl", "ply")
"""What files may be; wandb's clients take no ``ply``, and its viewer may not draw one."""

SCENE = "lidar/beta"
"""The one type of scene that there is."""

WIDTHS = (3, 4, 6)
"""Numbers per point: x y z, and a category or red, green and blue."""

DTYPES = frozenset(
    ["bool", "float16", "float32", "float64"]
    + [f"{sign}{bits}" for sign in ("int", "uint") for bits in (8, 16, 32, 64)]
)
"""The dtypes that points may say they came in."""


@frozen(kw_only=True, init=False)
class Object3D(BatchableMedia):
    """A point cloud, a scene of points, boxes and vectors, or a mesh.

    **Points** (NumPy, torch, TensorFlow, JAX, nested lists, whatever has ``__array__``) are n x 3 (x y z), n x 4 (and a
    category from 1 to 14) or n x 6 (and red, green, blue), of any real dtype. They are copied at once and stored as a
    ``.pts.json`` file, from which `to_numpy` gives each value and the dtype back exactly; floats wider than 64 bits are rounded.
    JSON viewers take no NaN, so points with a NaN or infinity are left out, told once and counted in `nonfinite`.

    **Scenes** are dicts ``{"type": "lidar/beta", "points": ..., "boxes": [...], "vectors": [...]}``; all but ``type`` may be
    missing, other keys are kept. A box has ``corners`` (8 points; `box3d` makes them), and may have ``label``, ``color``
    and ``score``; a vector has ``start`` and ``end``.

    **Files** (paths, open files, `MediaFile`) are kept byte for byte and not looked into: ``obj``, ``gltf``, ``glb``, ``babylon``, ``stl``,
    ``ply`` (which wandb's own clients refuse) and ``pts.json``. What they refer to (textures, buffers, material libraries) is never looked
    for. A trimesh mesh or scene is stored as ``glb``, whose coordinates are 32-bit floats.

    Args:
        data_or_path: one of the above.
        caption: text or a number.
        file_type: the format of a file whose name does not say it, as ``"obj"``; it goes before the name.

    Attributes:
        dtype: NumPy's name of the dtype that the points came in, where their JSON alone would give another.
        nonfinite: how many points were left out.
        columns: numbers per point of a cloud without points, where these are not 3; else None.

    Raises:
        TypeError: data that is none of these, or an argument of another type.
        ValueError: a shape, scene, box, vector or format that is none, or a URL, for nothing is fetched.
        OSError: a file that cannot be read.
    """

    dtype: str | None = None
    nonfinite: int = 0
    columns: int | None = None

    def __init__(
        self, data_or_path: Any, caption: Caption = None, *, file_type: str | None = None
    ) -> None:
        caption = check_caption(caption)
        kind = None if file_type is None else _format(file_type)
        if isinstance(data_or_path, str | os.PathLike | MediaFile) or hasattr(data_or_path, "read"):
            self.__attrs_init__(file=_file(data_or_path, kind), caption=caption)
            return
        if kind is not None:
            raise TypeError(f"file_type goes with a path or an open file, not with {type(data_or_path).__name__}")
        from . import native

        taken = native.take(data_or_path)
        self.__attrs_init__(
            file=taken.file,
            caption=caption,
            dtype=taken.dtype,
            nonfinite=taken.nonfinite,
            columns=taken.columns,
        )
