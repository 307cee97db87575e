"""What a 3-D object is: a cloud, scene or mesh in a file, with a caption and what the file does not say of its points."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

from attrs import frozen

from wbtypes_core import BatchableMedia, BytesFile, MediaFile
from wbtypes_core.files import as_file, is_url
from wbtypes_core.values import Caption, check_caption, spell_size, with_caption

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

    def __init__(self, data_or_path: Any, caption: Caption = None, *, file_type: str | None = None) -> None:
        caption = check_caption(caption)
        kind = None if file_type is None else _format(file_type)
        if isinstance(data_or_path, str | os.PathLike | MediaFile) or hasattr(data_or_path, "read"):
            self.__attrs_init__(file=_file(data_or_path, kind), caption=caption)
            return
        if kind is not None:
            raise TypeError(
                f"file_type goes with a path or an open file, not with {type(data_or_path).__name__}"
            )
        from . import native

        taken = native.take(data_or_path)
        self.__attrs_init__(
            file=taken.file,
            caption=caption,
            dtype=taken.dtype,
            nonfinite=taken.nonfinite,
            columns=taken.columns,
        )

    @classmethod
    def from_point_cloud(
        cls,
        points: Any,
        boxes: Sequence[Mapping[str, Any]],
        vectors: Sequence[Mapping[str, Any]] | None = None,
        point_cloud_type: str = SCENE,
        *,
        caption: Caption = None,
    ) -> Self:
        """A scene of points, boxes and vectors.

        Args:
            points: n x 3, n x 4 or n x 6.
            boxes: dicts with ``corners``, as `box3d` makes them.
            vectors: dicts with ``start`` and ``end``.
            point_cloud_type: ``"lidar/beta"``.
            caption: text or a number.

        Raises:
            TypeError, ValueError: as the constructor.
        """
        scene = {"type": point_cloud_type, "points": points, "boxes": boxes, "vectors": vectors or []}
        return cls(scene, caption)

    @classmethod
    def from_numpy(cls, data: Any, *, caption: Caption = None) -> Self:
        """A cloud of the points in an array: n x 3, n x 4 or n x 6.

        Raises:
            TypeError, ValueError: as the constructor.
        """
        return cls(data, caption)

    @classmethod
    def from_file(cls, data_or_path: Any, file_type: str | None = None, *, caption: Caption = None) -> Self:
        """An object of a path or an open file; `file_type` where its name does not say what it is.

        Raises:
            TypeError, ValueError, OSError: as the constructor.
        """
        return cls(data_or_path, caption, file_type=file_type)

    @property
    def format(self) -> str:
        """What the file is: one of ``pts.json``, ``obj``, ``gltf``, ``glb``, ``babylon``, ``stl`` and ``ply``, else its bare extension."""
        suffix = self.file.suffix.lower().lstrip(".")
        return CLOUD if suffix == "json" else suffix  # the oldest clients cut .pts.json

    @property
    def scene(self) -> dict[str, Any]:
        """What a scene's file says, apart from its points: ``type``, ``boxes``, ``vectors`` and others; empty where it is no scene.

        Raises:
            DecodeError: the file is missing or no scene.
            LimitError: the file is too large.
        """
        if self.format != CLOUD:
            return {}
        from . import native

        return native.scene(self.file)

    @property
    def boxes(self) -> list[dict[str, Any]]:
        """The boxes of a scene, as they were given; empty where it is no scene.

        Raises:
            DecodeError, LimitError: as `scene`.
        """
        found: list[dict[str, Any]] = self.scene.get("boxes", [])
        return found

    @property
    def vectors(self) -> list[dict[str, Any]]:
        """The vectors of a scene, as they were given; empty where it is no scene.

        Raises:
            DecodeError, LimitError: as `scene`.
        """
        found: list[dict[str, Any]] = self.scene.get("vectors", [])
        return found

    def to_numpy(self) -> numpy.ndarray[Any, Any]:
        """The points as a new array: n x 3, n x 4 or n x 6, in the dtype that they came in.

        Where nothing says that dtype it is int64 if all numbers in the file are whole, else float64. Of a mesh these are
        its vertices, n x 3, where the file places them.

        Raises:
            DecodeError: the file is missing, damaged, of a format that is not read, or does not go with the dtype recorded for it.
            LimitError: more than ``points``, or the file is too large.
            MissingExtra: trimesh is needed for a mesh and not installed.
        """
        from . import native

        if self.format == CLOUD:
            return native.points(self.file, self.dtype, self.columns)
        return native.vertices(self.file, self.format)

    def to_trimesh(self) -> Any:
        """What trimesh makes of it: a ``Trimesh`` or ``PointCloud``; a ``Scene`` where a file has several parts.

        Points are in the order of the file, and keep their colours; categories, boxes and vectors have no place there.

        Raises:
            DecodeError: the file is missing, damaged, or of a format that trimesh does not read (``babylon``).
            LimitError: more than ``points``, or the file is too large.
            MissingExtra: trimesh is not installed.
        """
        from . import native

        if self.format == CLOUD:
            return native.cloud(self.to_numpy())
        return native.mesh(self.file, self.format)

    def describe(self) -> str:
        """The format, the size of the file where it is known, how many points were left out, and the caption."""
        size = self.file.stated_size
        known = [self.format or "file", *([] if size is None else [spell_size(size)])]
        known += [f"{self.nonfinite:,} points left out"] if self.nonfinite else []
        return with_caption(", ".join(known), self.caption)


def box3d(
    *,
    center: Any,
    size: Any,
    orientation: Any = (1, 0, 0, 0),
    color: Sequence[float],
    label: str | None = None,
    score: float | None = None,
) -> dict[str, Any]:
    """A box of a scene, made of its place, size and rotation.

    Args:
        center: x, y, z of its middle.
        size: its lengths along its own x, y, z.
        orientation: the quaternion (r, x, y, z) that turns the axes of the scene into those of the box; any length but zero.
        color: red, green, blue.
        label: text shown with it.
        score: a number shown with it.

    Returns:
        The box as the wire has it: ``corners`` (8 points, z changing fastest, then y, then x), ``color``, ``label``, ``score``.

    Raises:
        TypeError, ValueError: what is no three or four finite numbers, or a quaternion of zeros.
    """
    from . import native

    return {
        "corners": native.corners(center, size, orientation),
        "color": native.plain(color, "color"),
        "label": label,
        "score": native.plain(score, "score"),
    }


def _format(file_type: object) -> str:
    if not isinstance(file_type, str):
        raise TypeError(f"file_type is text, not {type(file_type).__name__}")
    found = file_type.lower().lstrip(".")
    if found not in FORMATS:
        raise ValueError(f"file_type={file_type!r} is none of {', '.join(FORMATS)}")
    return found


def _file(data: Any, kind: str | None) -> MediaFile:
    """The file of a path, an open file or a `MediaFile`, under the extension of its format in lower case."""
    if isinstance(data, str | os.PathLike) and is_url(os.fspath(data)):
        raise ValueError(
            f"{os.fspath(data)} is a URL, and nothing is fetched: download it, then give the path of the file"
        )
    name = _name(data)
    said = next((each for each in FORMATS if name.lower().endswith(f".{each}")), None)
    found = kind or said
    if found is None:
        raise ValueError(
            f"the file name {name!r} does not say what it is; pass file_type=, one of {', '.join(FORMATS)}"
        )
    if found == said:
        return data if isinstance(data, MediaFile) else as_file(data, suffix=f".{found}")
    return BytesFile(as_file(data).read(), f".{found}")


def _name(data: Any) -> str:
    """The name that says what a file is; empty where it has none, as open files whose name is a number."""
    if isinstance(data, MediaFile):
        return data.suffix
    name = os.fspath(data) if isinstance(data, str | os.PathLike) else getattr(data, "name", "")
    return name if isinstance(name, str) else ""
