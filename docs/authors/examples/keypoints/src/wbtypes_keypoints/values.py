"""What keypoints are: an image, poses of named points, and the edges between those."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from attrs import frozen

from wbtypes_core import Caption, FrozenMap, WBValue, check_caption, with_caption

if TYPE_CHECKING:
    from PIL import Image as Pictures

Point: TypeAlias = "tuple[float, ...]"
"""``(x, y)`` or ``(x, y, score)``: pixels from the upper left corner."""
Pose: TypeAlias = Mapping[str, Point]
"""Points by name."""


@frozen(kw_only=True, init=False)
class Keypoints(WBValue):
    """An image with named points and the edges between them.

    Args:
        image: an `Image` of wbtypes, or whatever that is made from: an array, a Pillow image, a path.
        points: one pose, a dict of ``(x, y)`` or ``(x, y, score)`` by name, or a list of poses. A point whose
            coordinates are not finite was not found: it is kept, and not drawn.
        skeleton: the edges, as pairs of names.
        caption: shown with it.

    Attributes:
        image: the image; `Opaque` where its package is not installed.
        poses: the points of each pose by name.
        skeleton: the edges.
        caption: as given.

    Raises:
        TypeError: an image, a point, an edge or a caption that is none.
        ValueError: an edge to a point that no pose has.
    """

    image: WBValue
    poses: tuple[Pose, ...]
    skeleton: tuple[tuple[str, str], ...] = ()
    caption: Caption = None

    def __init__(
        self,
        image: Any,
        points: Mapping[str, Sequence[float]] | Iterable[Mapping[str, Sequence[float]]],
        skeleton: Iterable[Sequence[str]] = (),
        caption: Caption = None,
    ) -> None:
        poses = tuple(map(_pose, [points] if isinstance(points, Mapping) else points))
        self.__attrs_init__(
            image=image if isinstance(image, WBValue) else _image(image),
            poses=poses,
            skeleton=tuple(_edge(edge, poses) for edge in skeleton),
            caption=check_caption(caption),
        )

    def to_pil(self) -> Pictures.Image:
        """The image in RGB, with the edges and points drawn over it, each pose in a colour of its own.

        Raises:
            DecodeError: the image is not understood, or its file is missing or damaged.
            LimitError: more than ``pixels``.
        """
        from . import native

        return native.draw(self)

    def describe(self) -> str:
        """How many poses of how many points, what the image looks like, and the caption."""
        names = {name for pose in self.poses for name in pose}
        poses = "1 pose" if len(self.poses) == 1 else f"{len(self.poses)} poses"
        points = "1 point" if len(names) == 1 else f"{len(names)} points"
        return with_caption(f"{poses} of {points} on {self.image.describe()}", self.caption)


def _image(data: Any) -> WBValue:
    from wbtypes_image import Image

    return Image(data)


def _pose(points: Any) -> Pose:
    if not isinstance(points, Mapping):
        raise TypeError(
            f"a pose is a dict of points by name, like {{'nose': (x, y)}}, not {type(points).__name__}"
        )
    return FrozenMap((_name(name), _point(point, name)) for name, point in points.items())


def _name(name: object) -> str:
    if isinstance(name, str):
        return str(name)
    raise TypeError(f"the name of a point is a str, not {name!r}")


def _point(point: Any, name: str) -> Point:
    try:
        numbers = tuple(float(number) for number in point)
    except (TypeError, ValueError):
        numbers = ()
    if len(numbers) not in (2, 3) or isinstance(point, str):
        raise TypeError(f"the point {name!r} is (x, y) or (x, y, score), not {point!r}")
    return numbers


def _edge(edge: Any, poses: Sequence[Pose]) -> tuple[str, str]:
    if not isinstance(edge, list | tuple) or len(edge) != 2:
        raise TypeError(f"an edge is a pair of names of points, not {edge!r}")
    start, end = map(_name, edge)
    for name in (start, end):
        if poses and not any(name in pose for pose in poses):
            raise ValueError(f"the skeleton names the point {name!r}, which no pose has; correct the name")
    return start, end
