"""What an image takes, keeps and refuses beside its pixels."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as PILImage

from wbtypes_boxes2d import BoundingBoxes2D
from wbtypes_classes import Classes
from wbtypes_core import BytesFile, DecodeError, MemoryStore, Opaque, ValueWarning, decode, encode, errors
from wbtypes_image import Image
from wbtypes_mask import ImageMask

RGB = np.arange(6 * 9 * 3, dtype=np.uint8).reshape(6, 9, 3)
MASK = {"mask_data": np.eye(6, 9, dtype=np.uint8), "class_labels": {0: "ground", 1: "line"}}
BOX = {
    "position": {"minX": 0.1, "maxX": 0.4, "minY": 0.2, "maxY": 0.5},
    "class_id": 3,
    "scores": {"b": 1, "a": 0.5},
}
BOXES = {"box_data": [BOX]}
CLASSES = [{"id": 0, "name": "sky"}, {"id": 3, "name": "car", "color": "red"}]


@pytest.fixture(autouse=True)
def nothing_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(errors, "_told", set())


def test_the_positional_order_is_that_of_the_seed_api() -> None:
    image = Image(RGB, "L", "a cat", 3, {"b": BOXES}, {"m": MASK})
    assert image.to_pil().mode == "L"
    assert (image.caption, image.grouping) == ("a cat", 3)
    assert image.boxes["b"] == BoundingBoxes2D(BOXES, "b")
    assert image.masks["m"] == ImageMask(MASK, "m")
    assert image.classes is None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"caption": ["x"]}, "caption"),
        ({"grouping": "3"}, "grouping"),
        ({"grouping": 1.5}, "grouping"),
        ({"mode": 3}, "mode"),
        ({"boxes": "b"}, "boxes is a dict"),
        ({"masks": [MASK]}, "masks is a dict"),
        ({"masks": {1: MASK}}, "keys of masks"),
        ({"masks": {"m": RGB[..., 0]}}, r"masks\['m'\] is a ImageMask"),
        ({"boxes": {"b": ImageMask(MASK, "m")}}, r"boxes\['b'\] is a BoundingBoxes2D"),
        ({"boxes": {"b": {"box_data": [{}]}}}, "position"),
        ({"classes": 3}, "class_set"),
        ({"classes": [3]}, "class_set"),
    ],
)
def test_arguments_of_a_wrong_type_are_refused_at_once(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(TypeError, match=message):
        Image(RGB, **arguments)


@pytest.mark.parametrize(
    "classes", [CLASSES, tuple(CLASSES), Classes(CLASSES)], ids=["list", "tuple", "Classes"]
)
def test_classes_in_the_place_of_boxes_are_pointed_to_their_name(classes: Any) -> None:
    with pytest.raises(TypeError, match="classes=") as caught:
        Image(RGB, None, "caption", None, classes)
    assert "newer wandb clients" in str(caught.value)


@pytest.mark.parametrize("data", [None, 3, b"bytes", {"a": 1}, object()], ids=repr)
def test_what_is_no_picture_is_a_type_error(data: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        Image(data)


@pytest.mark.parametrize("url", ["https://example.com/cat.png", "s3://bucket/cat.png", "file:///cat.png"])
def test_urls_are_never_fetched(url: str) -> None:
    with pytest.raises(ValueError, match="download it"):
        Image(url)


def test_numpy_numbers_and_classes_are_taken() -> None:
    image = Image(RGB, caption=np.float32(1.5), grouping=np.int64(4), classes=CLASSES)
    assert type(image.caption) is float and image.caption == 1.5
    assert type(image.grouping) is int and image.grouping == 4
    assert image.classes == Classes(CLASSES)
    assert Image(RGB, classes=Classes(CLASSES)) == Image(RGB, classes=CLASSES)


# -- copies ---------------------------------------------------------------------------------------------------


def test_an_image_of_an_image_is_a_copy_with_overrides() -> None:
    first = Image(RGB / 255, caption="inner", grouping=2, masks={"m": MASK}, classes=CLASSES)
    assert Image(first) == first
    second = Image(first, caption="outer", grouping=0, boxes={"b": BOXES}, masks={})
    assert (second.caption, second.grouping) == ("outer", 0)
    assert second.file is first.file
    assert second.boxes.keys() == {"b"} and not second.masks
    assert second.classes == first.classes
    assert (second.value_range, second.dtype) == ((0, 1), "float64")
    assert (second.width, second.height) == (9, 6)
    assert first.caption == "inner"


def test_a_copy_can_have_another_mode_or_format() -> None:
    first = Image(RGB / 255, caption="c")
    grey = Image(first, "L")
    assert grey.to_pil().mode == "L"
    assert (grey.value_range, grey.dtype, grey.caption) == ((0, 1), "float64", "c")
    assert Image(first, file_type="bmp").format == "bmp"
    with pytest.raises(TypeError, match="value_range"):
        Image(first, value_range=(0, 1))


def test_a_decoded_image_is_copied_with_what_is_not_understood() -> None:
    store = MemoryStore()
    node = encode({"i": Image(RGB)}, store).json["i"]
    decoded = decode({**node, "hue": 1, "masks": {"m": {"_type": "mask-rle", "path": "x"}}}, store)
    renamed = Image(decoded, caption="new")
    assert isinstance(renamed.masks["m"], Opaque)
    again = encode({"i": renamed}, store).json["i"]
    assert again == {**node, "hue": 1, "masks": {"m": {"_type": "mask-rle", "path": "x"}}, "caption": "new"}
    assert isinstance(Image(RGB, masks=decoded.masks).masks["m"], Opaque)


def test_images_are_frozen_values() -> None:
    image = Image(RGB, caption="a", masks={"m": MASK})
    assert image == Image(RGB.copy(), caption="a", masks={"m": MASK})
    assert hash(image) == hash(Image(RGB, caption="a", masks={"m": MASK}))
    assert image != Image(RGB, caption="b", masks={"m": MASK})
    assert image != Image(RGB[::-1], caption="a", masks={"m": MASK})
    assert copy.deepcopy(image) == image == pickle.loads(pickle.dumps(image))
    with pytest.raises(AttributeError):
        image.caption = "b"  # type: ignore[misc]
    with pytest.raises(TypeError):
        image.masks["n"] = image.masks["m"]  # type: ignore[index]


# -- size -----------------------------------------------------------------------------------------------------


def png_file() -> BytesFile:
    return BytesFile(Image(RGB).file.read(), ".png")


def test_the_size_is_what_the_wire_says_else_the_header() -> None:
    assert Image.restore(file=png_file(), width=100, height=7).width == 100
    unsaid = Image.restore(file=png_file())
    assert (unsaid.width, unsaid.height) == (9, 6)
    assert Image.restore(file=png_file(), width=100).height == 6
    with pytest.raises(DecodeError, match="no picture"):
        _ = Image.restore(file=BytesFile(b"nothing", ".png")).height


def test_an_image_does_not_open_its_file_to_be_shown(tmp_path: Path) -> None:
    decoded = decode({"_type": "image-file", "path": "a.png"}, MemoryStore())
    assert "a.png" in repr(decoded)
    assert decoded == decoded.replace()
    assert decoded._repr_png_() is None


# -- classes and labels ---------------------------------------------------------------------------------------


def test_all_classes_are_those_given_and_those_of_the_labels() -> None:
    assert Image(RGB).all_classes() is None
    defaults = Image(RGB, boxes={"b": BOXES}, masks={"m": {"mask_data": MASK["mask_data"]}})
    assert defaults.all_classes() == Classes(
        [{"id": 3, "name": "class_3"}, {"id": 0, "name": "class_0"}, {"id": 1, "name": "class_1"}]
    )
    named = Image(RGB, boxes={"b": {**BOXES, "class_labels": {3: "van"}}}, masks={"m": MASK})
    assert named.all_classes() == Classes(
        [{"id": 3, "name": "van"}, {"id": 0, "name": "ground"}, {"id": 1, "name": "line"}]
    )
    given = Image(named, classes=CLASSES)
    assert given.all_classes() == Classes([CLASSES[1], CLASSES[0], {"id": 1, "name": "line"}])
    enough = Image(RGB, boxes={"b": BOXES}, classes=CLASSES)
    assert enough.all_classes() is enough.classes
    assert Image(RGB, boxes={"b": BOXES}, classes=[]).all_classes() == Classes([])


@pytest.mark.parametrize("order", [("a", "b"), ("b", "a")])
def test_default_names_give_way_to_given_ones(order: tuple[str, str]) -> None:
    ids = np.array([[0, 1]], np.uint8)
    masks = {"a": {"mask_data": ids, "class_labels": {0: "road"}}, "b": {"mask_data": ids}}
    image = Image(RGB, masks={name: masks[name] for name in order})
    classes = image.all_classes()
    assert isinstance(classes, Classes)
    assert classes.labels == {0: "road", 1: "class_1"}


def test_warnings_name_the_line_that_made_the_image() -> None:
    with pytest.warns(ValueWarning) as caught:
        Image(RGB * -1.0)
    assert caught[0].filename == __file__


def test_a_pillow_image_that_is_not_loaded_yet_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    PILImage.fromarray(RGB).save(path)
    with PILImage.open(path) as lazy:
        image = Image(lazy)
    path.unlink()
    assert np.array_equal(image.to_numpy(), RGB)


@pytest.mark.parametrize(
    ("more", "text"),
    [
        ({}, "9 x 6 png"),
        ({"caption": "a cat"}, "9 x 6 png, 'a cat'"),
        ({"boxes": {"b": BOXES, "c": BOXES}, "masks": {"m": MASK}}, "9 x 6 png, 2 box sets, 1 mask"),
    ],
)
def test_an_image_is_described_in_a_few_words(more: dict[str, Any], text: str) -> None:
    assert Image(RGB, **more).describe() == text
    assert Image.restore(file=png_file()).describe() == "picture"
