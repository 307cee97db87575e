"""What a set of boxes takes, keeps and refuses."""

from __future__ import annotations

import json
import math
import pickle
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

import wbtypes_boxes2d.plugin
from wbtypes_boxes2d import BoundingBoxes2D
from wbtypes_core import DecodeError, Dialect, Linked, MemoryStore, Registry, decode, encode
from wbtypes_core.context import DecodeContext, encode_context
from wbtypes_core.jsonio import same
from wbtypes_core.limits import Limits

REGISTRY = Registry.of(wbtypes_boxes2d.plugin)
CORNERS = {"minX": 0.1, "maxX": 0.4, "minY": 0.2, "maxY": 0.5}
MIDDLE = {"middle": [3, 4], "width": 2, "height": 3}
BOX = {"position": CORNERS, "class_id": 3}


def written(boxes: BoundingBoxes2D, *, key: str = "img", name: str = "found") -> tuple[Any, Any, MemoryStore]:
    """Boxes as an image of a run would write them: their node, the notes, the store."""
    store = MemoryStore()
    context = encode_context(store, REGISTRY, key=key, step=0, dialect=Dialect.RUN, exact=True)
    node = context.named(name).encode(boxes)
    return node, context._call.notes, store


def read_back(node: Any, store: MemoryStore, *, key: str = "img", name: str = "found") -> BoundingBoxes2D:
    context = DecodeContext(store, REGISTRY, True, "raise", Limits(), key=key, step=None, name=name)
    boxes = context.decode(node, expect=("bounding-boxes", "boxes2D"))
    assert isinstance(boxes, BoundingBoxes2D)
    return boxes


class TestBoxes:
    def test_they_are_kept_as_they_were_given(self) -> None:
        given_boxes = [
            {"position": CORNERS, "class_id": 1, "box_caption": "a cat", "scores": {"acc": 0.9, "loss": 1}},
            {"position": MIDDLE, "domain": "pixel", "angle": 30, "attributes": {"hidden": None}},
        ]
        boxes = BoundingBoxes2D({"box_data": given_boxes}, "found")
        assert list(boxes.box_data) == given_boxes
        assert boxes.key == "found"

    def test_they_are_a_copy_that_cannot_be_changed(self) -> None:
        box: dict[str, Any] = {"position": dict(CORNERS)}
        boxes = BoundingBoxes2D({"box_data": [box]}, "found")
        box["position"]["minX"] = 99
        box["class_id"] = 1
        assert list(boxes.box_data) == [{"position": CORNERS}]
        with pytest.raises(TypeError):
            boxes.box_data[0]["class_id"] = 1  # type: ignore[index]

    def test_numpy_numbers_become_python_s(self) -> None:
        box = {
            "position": {"middle": np.array([0.5, 0.25]), "width": np.float32(0.5), "height": np.int8(1)},
            "class_id": np.int64(3),
            "scores": {"acc": np.float64(0.5), "n": np.array(2)},
        }
        (kept,) = BoundingBoxes2D({"box_data": [box]}, "found").box_data
        assert kept["position"] == {"middle": [0.5, 0.25], "width": 0.5, "height": 1}
        assert (type(kept["class_id"]), type(kept["scores"]["acc"]), kept["scores"]["n"]) == (int, float, 2)

    def test_tuples_become_lists(self) -> None:
        position = {"middle": (1, 2), "width": 3, "height": 4}
        (kept,) = BoundingBoxes2D({"box_data": [{"position": position}]}, "found").box_data
        assert kept["position"]["middle"] == [1, 2]

    def test_scores_keep_nan_and_infinity(self) -> None:
        box = {"position": CORNERS, "scores": {"a": math.nan, "b": math.inf}}
        boxes = BoundingBoxes2D({"box_data": [box]}, "found")
        node, _, store = written(boxes)
        scores = read_back(node, store).box_data[0]["scores"]
        assert math.isnan(scores["a"])
        assert scores["b"] == math.inf

    def test_what_stands_beside_them_is_kept(self) -> None:
        boxes = BoundingBoxes2D({"camera": (2,), "box_data": [], "z": {}}, "found")
        assert boxes.other == {"camera": [2], "z": {}}
        node, _, store = written(boxes)
        assert read_back(node, store).other == boxes.other


class TestFile:
    def test_it_is_what_wandb_writes(self) -> None:
        boxes = BoundingBoxes2D({"box_data": [BOX], "class_labels": {3: "tree"}}, "found")
        node, _, store = written(boxes)
        assert store.files[node["path"]] == (
            b'{"box_data": [{"position": {"minX": 0.1, "maxX": 0.4, "minY": 0.2, "maxY": 0.5}, "class_id": 3}], '
            b'"class_labels": {"3": "tree"}}'
        )
        assert node["path"] == f"media/metadata/boxes2D/img_0_{node['sha256'][:20]}.boxes2D.json"
        assert set(node) == {"_type", "path", "sha256", "size"}

    def test_it_has_no_labels_where_none_were_given(self) -> None:
        assert json.loads(BoundingBoxes2D({"box_data": [], "class_labels": None}, "found").file.read()) == {
            "box_data": []
        }

    def test_a_damaged_one_leaves_the_link(self) -> None:
        node, _, store = written(BoundingBoxes2D({"box_data": [BOX]}, "found"))
        for damaged, reason in (
            (b"{", "bad-json"),
            (b"[]", "wrong-type"),
            (b"{}", "missing-key"),
            (b'{"box_data": 5}', "wrong-type"),
            (b'{"box_data": [5]}', "wrong-type"),
            (b'{"box_data": [{"position": {"minX": "0"}}]}', "wrong-type"),
            (b'{"box_data": [], "class_labels": {"0": 1}}', "wrong-type"),
            (b'{"box_data": [], "class_labels": []}', "wrong-type"),
        ):
            store.files[node["path"]] = damaged
            link = decode(node, store, registry=REGISTRY)
            assert isinstance(link, Linked)
            assert link.reason is not None
            assert link.reason.code == reason
            assert encode(link, store, registry=REGISTRY).json == node

    def test_the_reason_names_the_place(self) -> None:
        node, _, store = written(BoundingBoxes2D({"box_data": [BOX]}, "found"))
        store.files[node["path"]] = b'{"box_data": [{"position": {"minX": 0}}]}'
        assert decode(node, store, registry=REGISTRY).reason.startswith('["box_data"][0]["position"]: ')


class TestRefused:
    @pytest.mark.parametrize(
        ("val", "error", "words"),
        [
            ({}, KeyError, "box_data"),
            ([BOX], TypeError, "a box set is a dict"),
            ({"box_data": (BOX,)}, TypeError, "list of dicts, not tuple"),
            ({"box_data": None}, TypeError, "list of dicts"),
            ({"box_data": [BOX, 5]}, TypeError, r"box_data\[1\] is a dict"),
            ({"box_data": [{}]}, TypeError, r'box_data\[0\]\["position"\] needs'),
            ({"box_data": [{"position": {"minX": 0, "maxX": 1, "minY": 0}}]}, TypeError, "position"),
            ({"box_data": [{"position": {**CORNERS, "minX": "0"}}]}, TypeError, "position"),
            ({"box_data": [{"position": {**MIDDLE, "middle": [1, 2, 3]}}]}, TypeError, "position"),
            ({"box_data": [{"position": {**MIDDLE, "width": None}}]}, TypeError, "position"),
            ({"box_data": [{"position": [0, 0, 1, 1]}]}, TypeError, "position"),
            ({"box_data": [{**BOX, "class_id": "3"}]}, TypeError, "class_id.*'3'"),
            ({"box_data": [{**BOX, "class_id": 3.0}]}, TypeError, "class_id"),
            ({"box_data": [{**BOX, "class_id": None}]}, TypeError, "class_id"),
            ({"box_data": [{**BOX, "box_caption": 5}]}, TypeError, "box_caption"),
            ({"box_data": [{**BOX, "scores": [1]}]}, TypeError, "scores"),
            ({"box_data": [{**BOX, "scores": {"a": "1"}}]}, TypeError, "scores"),
            ({"box_data": [{**BOX, "scores": {"a": None}}]}, TypeError, "scores"),
            ({"box_data": [{**BOX, "scores": {1: 1}}]}, TypeError, "keys are text"),
            ({"box_data": [{**BOX, "shape": object()}]}, TypeError, r"box_data\[0\]\['shape'\] is object"),
            ({"box_data": [], "class_labels": {"0": "a"}}, TypeError, "number of a class"),
            ({"box_data": [], "class_labels": {0.5: "a"}}, TypeError, "number of a class"),
            ({"box_data": [], "class_labels": {0: 1}}, TypeError, "is a name"),
            ({"box_data": [], "class_labels": ["a"]}, TypeError, "dict of names"),
            ({"box_data": [], 5: 1}, TypeError, "text"),
        ],
    )
    def test_at_once_and_clearly(self, val: Any, error: type[Exception], words: str) -> None:
        with pytest.raises(error, match=words):
            BoundingBoxes2D(val, "found")

    def test_a_key_that_is_no_name(self) -> None:
        with pytest.raises(TypeError, match="key of a box set"):
            BoundingBoxes2D({"box_data": []}, 5)  # type: ignore[arg-type]

    def test_other_arguments(self) -> None:
        with pytest.raises(TypeError, match="not domain"):
            BoundingBoxes2D({"box_data": []}, "found", domain="pixel")


class TestLabels:
    def test_keys_are_ints(self) -> None:
        given_labels = {np.int64(0): "road", True: "car", 2.0: "tree"}
        boxes = BoundingBoxes2D({"box_data": [], "class_labels": given_labels}, "found")
        assert boxes.class_labels == {0: "road", 1: "car", 2: "tree"}
        assert all(type(each) is int for each in boxes.class_labels)

    def test_boxes_need_no_class(self) -> None:
        boxes = BoundingBoxes2D({"box_data": [{"position": CORNERS}]}, "found")
        assert boxes.class_labels is None
        assert boxes.labels == {}

    def test_the_config_gets_default_names_and_the_file_none(self) -> None:
        data = [{"position": CORNERS, "class_id": each} for each in (7, 3, 7)]
        node, notes, store = written(BoundingBoxes2D({"box_data": data}, "found"))
        assert notes == {
            "bounding_box/class_labels": {
                "img_wandb_delimeter_found": {
                    "type": "bounding_box/class_labels",
                    "key": "img_wandb_delimeter_found",
                    "value": {"7": "class_7", "3": "class_3"},
                }
            }
        }
        store.notes.update(notes)
        assert read_back(node, store).class_labels is None

    def test_the_file_comes_before_the_config(self) -> None:
        node, notes, store = written(
            BoundingBoxes2D({"box_data": [BOX], "class_labels": {3: "tree"}}, "found")
        )
        (note,) = notes["bounding_box/class_labels"].values()
        assert note["value"] == {"3": "tree"}
        note["value"] = {"3": "of a later step"}
        store.notes.update(notes)
        assert read_back(node, store).class_labels == {3: "tree"}

    def test_the_config_serves_where_the_file_has_none(self) -> None:
        node, notes, store = written(BoundingBoxes2D({"box_data": [BOX]}, "found"))
        notes["bounding_box/class_labels"]["img_wandb_delimeter_found"]["value"] = {"3": "tree", "x": "odd"}
        store.notes.update(notes)
        assert read_back(node, store).class_labels == {3: "tree", "x": "odd"}
        assert read_back(node, store, name="other").class_labels is None

    @pytest.mark.parametrize("odd", [None, 5, {}, {"value": 3}, {"value": {"0": 7}}])
    def test_an_odd_config_costs_nothing(self, odd: Any) -> None:
        node, _, store = written(BoundingBoxes2D({"box_data": [BOX]}, "found"))
        store.notes["bounding_box/class_labels"] = {"img_wandb_delimeter_found": odd}
        assert read_back(node, store).class_labels is None

    def test_a_bare_list_can_be_given_its_labels_back(self) -> None:
        boxes = read_back([BOX], MemoryStore())
        assert (boxes.key, boxes.class_labels) == ("found", None)
        labelled = boxes.with_labels({3: "tree"})
        assert labelled == BoundingBoxes2D({"box_data": [BOX], "class_labels": {3: "tree"}}, "found")
        assert json.loads(labelled.file.read())["class_labels"] == {"3": "tree"}
        assert labelled.with_labels(None) == boxes
        assert boxes.with_labels({"3": "tree", "x": "of another writer"}).class_labels == {
            3: "tree",
            "x": "of another writer",
        }
        for odd in ({None: "tree"}, {3: 5}, ["tree"]):
            with pytest.raises(TypeError):
                boxes.with_labels(odd)  # type: ignore[arg-type]


def test_a_set_of_another_name_keeps_it() -> None:
    node, _, store = written(BoundingBoxes2D({"box_data": []}, "mine"))
    assert read_back(node, store).key == "mine"


def test_a_bare_list_that_is_none() -> None:
    for node, reason in (({}, "wrong-type"), ([5], "wrong-type"), ([{}], "missing-key")):
        context = DecodeContext(None, REGISTRY, True, "raise", Limits(), key="value", step=None)
        with pytest.raises(DecodeError) as caught:
            context.decode(node, "boxes", "found", expect="bounding-boxes")
        assert caught.value.reason == reason
        assert caught.value.path[:2] == ("boxes", "found")


def test_equality_is_of_content() -> None:
    boxes = BoundingBoxes2D({"box_data": [BOX]}, "found")
    assert boxes == BoundingBoxes2D({"box_data": [dict(BOX)]}, "found")
    assert boxes != BoundingBoxes2D({"box_data": [{**BOX, "class_id": 4}]}, "found")
    assert boxes != BoundingBoxes2D({"box_data": [BOX], "class_labels": {3: "a"}}, "found")
    assert len({boxes, pickle.loads(pickle.dumps(boxes))}) == 1


numbers = st.integers(-(2**70), 2**70) | st.floats()
positions = st.fixed_dictionaries(
    dict.fromkeys(("minX", "maxX", "minY", "maxY"), numbers)
) | st.fixed_dictionaries(
    {"middle": st.lists(numbers, min_size=2, max_size=2), "width": numbers, "height": numbers}
)
plain = st.recursive(
    st.none() | st.booleans() | numbers | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
box_lists = st.lists(
    st.builds(
        lambda other, box: {**other, **box},
        st.dictionaries(
            st.text().filter(lambda key: key not in ("class_id", "box_caption", "scores")), plain, max_size=2
        ),
        st.fixed_dictionaries(
            {"position": positions},
            optional={
                "domain": st.sampled_from(("pixel", "percent", None)),
                "class_id": st.integers(),
                "box_caption": st.text(),
                "scores": st.dictionaries(st.text(), numbers),
            },
        ),
    ),
    max_size=4,
)


@given(box_lists, st.none() | st.dictionaries(st.integers(-(2**40), 2**40), st.text(), max_size=3))
def test_whatever_boxes_are_given_come_back(data: Any, labels: Any) -> None:
    boxes = BoundingBoxes2D({"box_data": data, "class_labels": labels}, "found")
    assert same(boxes.box_data, data)
    node, notes, store = written(boxes)
    store.notes.update(notes)
    assert read_back(node, store) == boxes
    store = MemoryStore()
    context = encode_context(store, REGISTRY, key="img", step=0, dialect=Dialect.ARTIFACT, exact=True)
    assert read_back(context.encode(boxes), store).with_labels(labels) == boxes
