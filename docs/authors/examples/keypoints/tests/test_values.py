"""What keypoints promise beside the kit."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as Pictures

import wbtypes_image.plugin
import wbtypes_keypoints.plugin
from wbtypes_core import DecodeError, MemoryStore, Opaque, Registry, decode, encode
from wbtypes_image import Image
from wbtypes_keypoints import Keypoints

REGISTRY = Registry.of(wbtypes_keypoints.plugin, wbtypes_image.plugin)
PICTURE = Pictures.new("RGB", (40, 30), "white")

POINTS = st.tuples(st.floats(), st.floats()) | st.tuples(st.floats(), st.floats(), st.floats())
POSES = st.lists(
    st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), POINTS, max_size=4), max_size=3
)


@given(POSES, st.data())
def test_every_pose_comes_back_and_can_be_drawn(poses: list[Any], data: st.DataObject) -> None:
    names = sorted({name for pose in poses for name in pose})
    edges = st.lists(st.tuples(*[st.sampled_from(names)] * 2), max_size=4) if names else st.just([])
    value = Keypoints(PICTURE, poses, data.draw(edges))
    store = MemoryStore()
    again = decode(encode(value, store, registry=REGISTRY).json, store, registry=REGISTRY)
    assert again == value
    assert again.to_pil().size == PICTURE.size


def test_points_and_edges_are_where_they_should_be() -> None:
    drawn = Keypoints(PICTURE, {"a": (5, 5), "b": (35, 5), "c": (20, 25)}, [("a", "b")]).to_pil()
    assert drawn.getpixel((20, 5)) == drawn.getpixel((20, 25)) == (0xE6, 0x19, 0x4B)
    assert drawn.getpixel((20, 15)) == (255, 255, 255)


def test_each_pose_has_a_colour() -> None:
    drawn = Keypoints(PICTURE, [{"a": (5, 5)}, {"a": (35, 25)}]).to_pil()
    assert drawn.getpixel((5, 5)) != drawn.getpixel((35, 25))


def test_a_point_that_was_not_found_is_kept_and_not_drawn() -> None:
    nan = float("nan")
    value = Keypoints(PICTURE, {"a": (nan, nan), "b": (5, 5)}, [("a", "b")])
    assert list(value.poses[0]) == ["a", "b"]
    assert value.to_pil().getpixel((20, 15)) == (255, 255, 255)


def test_the_image_is_made_as_image_makes_it(tmp_path: Path) -> None:
    PICTURE.save(tmp_path / "photo.png")
    value = Keypoints(tmp_path / "photo.png", {})
    assert value.image == Image(tmp_path / "photo.png")
    assert Keypoints(value.image, {}).image is value.image


def test_without_the_package_of_images_the_points_are_read() -> None:
    store = MemoryStore()
    node = encode(Keypoints(PICTURE, {"a": (1, 2)}), store, registry=REGISTRY).json
    alone = decode(node, store, registry=Registry.of(wbtypes_keypoints.plugin))
    assert alone.poses == ({"a": (1.0, 2.0)},)
    assert type(alone.image) is Opaque
    with pytest.raises(DecodeError, match="wbtypes-image"):
        alone.to_pil()


@pytest.mark.parametrize(
    ("words", "error", "message"),
    [
        (("no such file.png", {}), FileNotFoundError, "no such file"),
        ((PICTURE, {"a": 3}), TypeError, r"'a' is \(x, y\) or \(x, y, score\), not 3"),
        ((PICTURE, {"a": "12"}), TypeError, "not '12'"),
        ((PICTURE, {"a": (1, 2, 3, 4)}), TypeError, "the point 'a'"),
        ((PICTURE, {1: (1, 2)}), TypeError, "the name of a point is a str"),
        ((PICTURE, [(1, 2)]), TypeError, "a pose is a dict"),
        ((PICTURE, {"a": (1, 2)}, [("a",)]), TypeError, "an edge is a pair"),
        ((PICTURE, {"a": (1, 2)}, ["ab"]), TypeError, "an edge is a pair"),
        ((PICTURE, {"a": (1, 2)}, [("a", "b")]), ValueError, "'b', which no pose has"),
    ],
)
def test_what_is_no_pose_is_refused(words: tuple[Any, ...], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        Keypoints(*words)


def test_a_listing_shows_it_without_opening_it() -> None:
    value = Keypoints(PICTURE, [{"a": (1, 2), "b": (3, 4)}, {"a": (5, 6)}], caption="two")
    assert value.describe() == "2 poses of 2 points on 40 x 30 png, 'two'"
