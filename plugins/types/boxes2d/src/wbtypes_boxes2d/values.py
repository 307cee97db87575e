"""What boxes are: rectangles on an image, each of a class, and the names of those classes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

from attrs import field, frozen

from wbtypes_core import FrozenMap, Media, MediaFile
from wbtypes_core.codec import json_file
from wbtypes_core.jsonio import Json, JsonObject
from wbtypes_core.labels import Labels, check_labels, label_texts, stored_labels
from wbtypes_core.plain import json_copy
from wbtypes_core.values import check_caption, frozen_map

if TYPE_CHECKING:
    import numpy

Box = Mapping[str, Any]
"""One box: a ``position``, and optionally ``class_id``, ``domain``, ``box_caption``, ``scores`` and other keys."""

SUFFIX = ".boxes2D.json"

CORNERS = ("minX", "minY", "maxX", "maxY")

_NUMBERS = frozenset((int, float))


@frozen(kw_only=True, init=False)
class BoundingBoxes2D(Media):
    """A set of boxes on an image.

    A box is a dict. Its ``position`` is ``{"minX", "maxX", "minY", "maxY"}`` or ``{"middle": [x, y], "width",
    "height"}``, in fractions of the image's width and height, or in pixels where its ``domain`` is ``"pixel"``. It
    may have a ``class_id`` (int), a ``box_caption`` (text), ``scores`` (numbers by name; NaN and infinities too)
    and any other keys, which are kept. NumPy numbers become Python's.

    Args:
        val: ``{"box_data": [box, ...], "class_labels": {id: name}}``; labels are optional, and so is the
            ``class_id`` of each box. Other keys are kept in `other`, as wandb keeps them in the file.
        key: the name of the set, as ``"predictions"``.
        **kwargs: ``caption`` alone.

    Attributes:
        box_data: the boxes, each a read-only mapping.
        class_labels: names by id, or None when none were given.
        key: the name of the set among those of its image.
        other: what `val` held beside boxes and labels.

    Raises:
        KeyError: `val` has no ``box_data``.
        TypeError: ``box_data`` is no list of dicts, a position is incomplete, or something else has a wrong type;
            the message names the box.
    """

    file: MediaFile = field(eq=False)
    box_data: tuple[Box, ...] = ()
    class_labels: Labels | None = field(default=None, hash=False)
    key: str = ""
    other: Mapping[str, Json] = field(default=None, converter=frozen_map, hash=False, repr=False)

    in_file = frozenset(("box_data", "class_labels", "other"))

    def __init__(self, val: Mapping[str, Any], key: str, **kwargs: Any) -> None:
        if not isinstance(key, str):
            raise TypeError(f"the key of a box set is its name, a str, not {type(key).__name__}")
        caption = check_caption(kwargs.pop("caption", None))
        if kwargs:
            raise TypeError(f"BoundingBoxes2D takes val, key and caption, not {', '.join(kwargs)}")
        document = _document(val)
        labels = None if val.get("class_labels") is None else check_labels(val["class_labels"])
        self.__attrs_init__(
            file=json_file(lambda: document, SUFFIX),
            caption=caption,
            box_data=tuple(map(FrozenMap, document["box_data"])),
            class_labels=labels,
            key=key,
            other=other_of(document),
        )

    def write_file(self) -> MediaFile:
        """A new file of what the value holds."""
        return file_of(self.box_data, self.class_labels, self.other)

    @property
    def labels(self) -> Labels:
        """Names by id, as wandb's tools look them up.

        The labels given; without any, ``class_<id>`` for every id among the boxes, in their order.
        """
        if self.class_labels is not None:
            return self.class_labels
        ids = [box["class_id"] for box in self.box_data if isinstance(box.get("class_id"), int)]
        return FrozenMap((int(each), f"class_{int(each)}") for each in ids)

    def with_labels(self, class_labels: Mapping[Any, str] | None) -> Self:
        """The same boxes with these labels, in a file that says so.

        Args:
            class_labels: names by id, or None; ids may be text too, as JSON has them.

        Raises:
            TypeError: labels that are not names by number or text.
        """
        labels = None if class_labels is None else stored_labels(class_labels)
        return self.replace(class_labels=labels)

    def to_numpy(self, width: float, height: float) -> numpy.ndarray[Any, Any]:
        """The corners of the boxes, float64, n x 4: minX, minY, maxX, maxY, in pixels.

        Fractions are multiplied by the size; positions in pixels stay what they are. Where a position has both
        forms, its middle counts, as it does in wandb's own check.

        Args:
            width: the image's width in pixels.
            height: the image's height in pixels.

        Raises:
            DecodeError: a coordinate is too large for a float64.
        """
        from . import native

        return native.corners(self.box_data, width, height)


def file_of(boxes: Iterable[Box], labels: Labels | None, other: Mapping[str, Json]) -> MediaFile:
    """The file of a set: what wandb writes, made at first need."""
    document: JsonObject = {"box_data": [dict(box) for box in boxes]}
    if labels is not None:
        document["class_labels"] = label_texts(labels)
    document.update(other)
    return json_file(lambda: document, SUFFIX)


def other_of(document: Mapping[str, Any]) -> JsonObject:
    """What a set's file says beside boxes and labels."""
    return {name: item for name, item in document.items() if name not in ("box_data", "class_labels")}


def is_middle(position: Mapping[str, Any]) -> bool:
    """Whether a position says its middle, width and height."""
    middle = position.get("middle")
    return (
        isinstance(middle, Sequence)
        and len(middle) == 2
        and all(map(_is_number, (*middle, position.get("width"), position.get("height"))))
    )


def is_position(position: object) -> bool:
    """Whether a position says where a box is, in either form."""
    return isinstance(position, Mapping) and (
        is_middle(position) or all(_is_number(position.get(name)) for name in CORNERS)
    )


def _is_number(item: object) -> bool:
    return type(item) in _NUMBERS or isinstance(item, int | float)  # the first is quicker, for most


def _document(val: object) -> JsonObject:
    """A copy of what the user gave, checked, in its order, as wandb writes it."""
    if not isinstance(val, Mapping):
        raise TypeError(f'a box set is a dict like {{"box_data": [...]}}, not {type(val).__name__}')
    if "box_data" not in val:
        raise KeyError('a box set needs "box_data", a list of boxes')
    document: JsonObject = {}
    for name, item in val.items():
        if name == "box_data":
            document[name] = _boxes(item)
        elif name != "class_labels":
            document.update(json_copy({name: item}, "val"))
        elif item is not None:
            document[name] = label_texts(check_labels(item))
    return document


def _boxes(boxes: object) -> list[JsonObject]:
    if not isinstance(boxes, list):
        raise TypeError(f"box_data is a list of dicts, not {type(boxes).__name__}")
    return [_box(box, f"box_data[{at}]") for at, box in enumerate(boxes)]


def _box(box: object, place: str) -> JsonObject:
    """A copy of one box, checked."""
    if not isinstance(box, Mapping):
        raise TypeError(f"{place} is a dict with a position, not {type(box).__name__}")
    made: JsonObject = json_copy(box, place)
    if not is_position(made.get("position")):
        raise TypeError(
            f'{place}["position"] needs numbers minX, maxX, minY and maxY, or middle [x, y], width and height'
        )
    if "class_id" in made and not isinstance(made["class_id"], int):
        raise TypeError(f'{place}["class_id"] is a whole number, not {made["class_id"]!r}')
    if "box_caption" in made and not isinstance(made["box_caption"], str):
        raise TypeError(f'{place}["box_caption"] is text, not {made["box_caption"]!r}')
    scores = made.get("scores", {})
    if not isinstance(scores, dict) or not all(map(_is_number, scores.values())):
        raise TypeError(f'{place}["scores"] is a dict of numbers by name, not {scores!r}')
    return made
