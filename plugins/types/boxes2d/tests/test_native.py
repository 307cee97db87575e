"""What boxes become."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import wbtypes_boxes2d.plugin
from wbtypes_boxes2d import BoundingBoxes2D
from wbtypes_core import DecodeError, Registry, native

CORNERS = {"minX": 0.1, "maxX": 0.4, "minY": 0.2, "maxY": 0.5}
MIDDLE = {"middle": [3, 4], "width": 2, "height": 3}


def corners(*boxes: dict[str, Any], width: float = 200, height: float = 100) -> Any:
    return BoundingBoxes2D({"box_data": list(boxes)}, "found").to_numpy(width, height)


def test_both_forms_in_both_domains() -> None:
    array = corners(
        {"position": CORNERS},
        {"position": {"middle": [0.5, 0.25], "width": 0.1, "height": 0.2}, "domain": "percent"},
        {"position": MIDDLE, "domain": "pixel"},
        {"position": {"minX": 1, "maxX": 5, "minY": 2, "maxY": 6}, "domain": "pixel"},
    )
    assert array.dtype == np.float64
    assert np.allclose(array, [[20, 20, 80, 50], [90, 15, 110, 35], [2, 2.5, 4, 5.5], [1, 2, 5, 6]])


def test_of_both_forms_the_middle_counts() -> None:
    assert corners({"position": {**CORNERS, **MIDDLE}, "domain": "pixel"}).tolist() == [[2, 2.5, 4, 5.5]]


def test_half_of_one_form_does_not_hide_the_other() -> None:
    position = {"minX": 1, "maxX": 5, "minY": 2, "maxY": 6, "middle": [0, 0], "width": 1}
    assert corners({"position": position, "domain": "pixel"}).tolist() == [[1, 2, 5, 6]]


def test_no_boxes_are_an_array_too() -> None:
    assert corners().shape == (0, 4)


def test_values_that_are_not_finite_stay() -> None:
    ((left, top, *_),) = corners({"position": {**CORNERS, "minX": math.nan, "minY": -math.inf}})
    assert math.isnan(left)
    assert top == -math.inf


@pytest.mark.parametrize("name", ["minX", "width"])
def test_integers_beyond_a_float(name: str) -> None:
    position = {**CORNERS, name: 10**400} if name == "minX" else {**MIDDLE, name: 10**400}
    with pytest.raises(DecodeError, match="too large"):
        corners({"position": position})


def test_natively_they_are_a_list_of_dicts() -> None:
    data = [{"position": CORNERS, "class_id": 1}]
    boxes = BoundingBoxes2D({"box_data": data}, "found")
    found = native(boxes, registry=Registry.of(wbtypes_boxes2d.plugin))
    assert found == data
    found[0]["class_id"] = 9
    assert boxes.box_data[0]["class_id"] == 1
