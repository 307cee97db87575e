"""What a mask takes, keeps and refuses."""

from __future__ import annotations

import io
import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import wbtypes_mask.plugin
from wbtypes_core import DecodeError, Dialect, MemoryStore, Registry, ValueWarning, decode, encode
from wbtypes_core.context import DecodeContext, encode_context
from wbtypes_core.limits import Limits
from wbtypes_mask import ImageMask

REGISTRY = Registry.of(wbtypes_mask.plugin)
GRID = np.arange(12, dtype=np.uint8).reshape(3, 4)


@pytest.fixture(autouse=True)
def nothing_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wbtypes_core.errors._told", set())


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "Truth.PNG"
    Image.fromarray(GRID).save(path, "PNG")
    return path


def written(
    mask: ImageMask, *, key: str = "img", name: str = "truth", **more: Any
) -> tuple[Any, Any, MemoryStore]:
    """A mask as an image would write it: its node, the notes, the store."""
    store = MemoryStore()
    settings = {"step": 0, "dialect": Dialect.RUN, "exact": True, **more}
    context = encode_context(store, REGISTRY, key=key, **settings)
    node = context.named(name).encode(mask)
    return node, context._call.notes, store


def read_back(node: Any, store: MemoryStore, *, key: str = "img", name: str = "truth") -> ImageMask:
    context = DecodeContext(store, REGISTRY, True, "raise", Limits(), key=key, step=None, name=name)
    mask = context.decode(node, expect="mask")
    assert isinstance(mask, ImageMask)
    return mask


class FakeTensor:
    """As much of a tensor on a device as taking its array needs."""

    dtype = "torch.int64"

    def __init__(self, array: Any) -> None:
        self.array = array

    def detach(self) -> FakeTensor:
        return self

    cpu = resolve_conj = resolve_neg = detach

    def numpy(self) -> Any:
        return self.array


FakeTensor.__module__, FakeTensor.__qualname__ = "torch", "Tensor"


class TestArrays:
    def test_it_is_a_copy(self) -> None:
        array = GRID.copy()
        mask = ImageMask({"mask_data": array}, "truth")
        array[:] = 99
        assert np.array_equal(mask.to_numpy(), GRID)

    def test_ids_up_to_255_make_the_file_that_wandb_makes(self) -> None:
        mask = ImageMask({"mask_data": GRID.astype(np.int64)}, "truth")
        stored = Image.open(mask.file.open())
        assert (stored.format, stored.mode, mask.file.suffix) == ("PNG", "L", ".mask.png")
        assert np.array_equal(np.asarray(stored), GRID)

    def test_larger_ids_make_a_16_bit_file(self) -> None:
        mask = ImageMask({"mask_data": [[0, 256]]}, "truth")
        assert mask.to_pil().getextrema() == (0, 256)
        assert mask.to_numpy().dtype == np.uint16

    def test_nested_lists_tensors_and_pictures_are_arrays_too(self) -> None:
        for data in (
            GRID.tolist(),
            tuple(map(tuple, GRID)),
            Image.fromarray(GRID),
            FakeTensor(GRID.astype(int)),
        ):
            assert np.array_equal(ImageMask({"mask_data": data}, "truth").to_numpy(), GRID)

    def test_a_tensor_comes_back_in_its_dtype_and_a_list_in_the_file_s(self) -> None:
        assert ImageMask({"mask_data": FakeTensor(GRID.astype(np.int32))}, "t").to_numpy().dtype == np.int32
        assert ImageMask({"mask_data": GRID.tolist()}, "t").to_numpy().dtype == np.uint8

    def test_booleans_are_0_and_1(self) -> None:
        mask = ImageMask({"mask_data": GRID > 5}, "truth")
        assert mask.to_pil().getextrema() == (0, 1)
        assert mask.to_numpy().dtype == np.bool_

    def test_fractions_are_cut_off_and_told_once(self) -> None:
        with pytest.warns(ValueWarning, match="fractions") as told:
            mask = ImageMask({"mask_data": np.array([[0.9, -0.9, 2.5]], np.float32)}, "truth")
            ImageMask({"mask_data": np.array([[0.9]])}, "truth")
        assert len(told) == 1
        back = mask.to_numpy()
        assert back.dtype == np.float32
        assert back.tolist() == [[0, 0, 2]]

    def test_whole_floats_are_nothing_to_tell_of(self) -> None:
        assert ImageMask({"mask_data": np.array([[0.0, 3.0]])}, "truth").to_numpy().tolist() == [[0, 3]]

    def test_what_is_no_number_is_0_and_counted(self) -> None:
        with pytest.warns(ValueWarning, match="NaN"):
            mask = ImageMask({"mask_data": np.array([[np.nan, np.inf, -np.inf, 4]])}, "truth")
        assert mask.zeroed == 3
        assert mask.to_numpy().tolist() == [[0, 0, 0, 4]]


class TestIdsThatNoPictureHolds:
    @pytest.fixture(autouse=True)
    def told(self) -> Iterator[None]:
        with pytest.warns(ValueWarning, match="outside 0 to 65,535"):
            yield

    def stored(self, data: Any) -> tuple[ImageMask, Any]:
        mask = ImageMask({"mask_data": data}, "truth")
        return mask, np.asarray(mask.to_pil())

    def test_minus_1_is_stored_as_255(self) -> None:
        mask, pixels = self.stored(np.array([[0, -1], [20, -1]], np.int16))
        assert pixels.tolist() == [[0, 255], [20, 255]]
        assert pixels.dtype == np.uint8
        assert mask.ids == ((255, -1),)
        assert mask.to_numpy().dtype == np.int16
        assert mask.to_numpy().tolist() == [[0, -1], [20, -1]]

    def test_an_id_in_use_is_left_alone(self) -> None:
        mask, pixels = self.stored(np.array([[255, 253, -1, 70_000]]))
        assert pixels.tolist() == [[255, 253, 254, 252]]
        assert mask.to_numpy().tolist() == [[255, 253, -1, 70_000]]

    def test_more_bits_where_8_have_no_room(self) -> None:
        full = np.append(np.arange(256), -1).reshape(1, -1)
        mask, pixels = self.stored(full)
        assert pixels.max() == 65_535
        assert mask.ids == ((65_535, -1),)
        assert np.array_equal(mask.to_numpy(), full)

    def test_without_a_dtype_they_come_back_in_the_smallest_signed_one(self) -> None:
        for data, name in (
            ([[0, -1]], "int16"),
            ([[300, -1]], "int32"),
            ([[0, -40_000]], "int32"),
            ([[0, 2**40]], "int64"),
            ([[0, 2**63]], "uint64"),
            ([[0.0, -1e300]], "float64"),
        ):
            back = ImageMask({"mask_data": data}, "truth").to_numpy()
            assert (back.dtype.name, back.tolist()) == (name, data)

    def test_floats_keep_ids_that_they_hold(self) -> None:
        mask, _ = self.stored(np.array([[1e300, -2.0, 3.0]]))
        assert mask.ids == ((255, -2), (254, 1e300))
        assert mask.to_numpy().tolist() == [[1e300, -2.0, 3.0]]

    def test_surplus_ids_are_0_and_counted(self) -> None:
        with pytest.warns(ValueWarning, match="more different ids"):
            mask = ImageMask({"mask_data": -np.arange(1, 70_001).reshape(100, 700)}, "truth")
        assert mask.zeroed == 70_000 - 65_535
        expected = -np.arange(1, 70_001)
        expected[65_535:] = 0
        assert np.array_equal(mask.to_numpy().ravel(), expected)


class TestPaths:
    def test_the_file_is_kept_byte_for_byte(self, picture: Path) -> None:
        for source in (picture, str(picture), picture.open("rb"), io.BytesIO(picture.read_bytes())):
            mask = ImageMask({"path": source, "class_labels": {1: "car"}}, "truth")
            assert mask.file.read() == picture.read_bytes()
            assert mask.class_labels == {1: "car"}
            assert np.array_equal(mask.to_numpy(), GRID)
            if hasattr(source, "close"):
                source.close()

    def test_it_keeps_its_extension(self, picture: Path) -> None:
        node, _, _ = written(ImageMask({"path": picture}, "truth"))
        assert node["path"].startswith("media/images/mask/img_0_")
        assert node["path"].endswith(".PNG")

    def test_a_missing_file_is_told_at_once(self, tmp_path: Path) -> None:
        with pytest.raises(FileNotFoundError):
            ImageMask({"path": tmp_path / "none.png"}, "truth")


class TestRefused:
    @pytest.mark.parametrize(
        ("val", "error", "words"),
        [
            ({}, KeyError, "mask_data"),
            ({"mask_data": None}, KeyError, "path"),
            ({"mask_data": np.zeros((1, 2, 3))}, TypeError, r"\(1, 2, 3\).*squeeze"),
            ({"mask_data": np.zeros((5, 2, 3))}, TypeError, r"\(5, 2, 3\).*argmax"),
            ({"mask_data": np.zeros(3)}, TypeError, r"\(3,\)"),
            ({"mask_data": 7}, TypeError, r"\(\)"),
            ({"mask_data": np.zeros((0, 4))}, ValueError, r"\(0, 4\)"),
            ({"mask_data": [[1], [1, 2]]}, TypeError, "no array"),
            ({"mask_data": [["a"]]}, TypeError, "not numbers"),
            ({"mask_data": [[None]]}, TypeError, "not numbers"),
            ({"mask_data": np.zeros((2, 2), complex)}, TypeError, "complex"),
            ({"mask_data": np.zeros((2, 2), "datetime64[s]")}, TypeError, "datetime64"),
            ({"mask_data": GRID, "path": "x.png"}, TypeError, "not both"),
            ({"mask_data": GRID, "class_label": {}}, TypeError, "class_label;"),
            ({"mask_data": GRID, "class_labels": {"0": "a"}}, TypeError, "number of a class"),
            ({"mask_data": GRID, "class_labels": {1.5: "a"}}, TypeError, "number of a class"),
            ({"mask_data": GRID, "class_labels": {None: "a"}}, TypeError, "number of a class"),
            ({"mask_data": GRID, "class_labels": {0: 1}}, TypeError, "is a name"),
            ({"mask_data": GRID, "class_labels": ["a"]}, TypeError, "dict of names"),
            ({"path": 5}, TypeError, "a mask is made from a path"),
            (GRID, TypeError, "a mask is a dict"),
        ],
    )
    def test_at_once_and_clearly(self, val: Any, error: type[Exception], words: str) -> None:
        with pytest.raises(error, match=words):
            ImageMask(val, "truth")

    def test_a_key_that_is_no_name(self) -> None:
        with pytest.raises(TypeError, match="key of a mask"):
            ImageMask({"mask_data": GRID}, 5)  # type: ignore[arg-type]

    def test_other_arguments(self) -> None:
        with pytest.raises(TypeError, match="not captoin"):
            ImageMask({"mask_data": GRID}, "truth", captoin="x")


class TestLabels:
    def test_keys_are_ints(self) -> None:
        given = {np.int64(0): "road", True: "car", 2.0: "tree"}
        mask = ImageMask({"mask_data": GRID, "class_labels": given}, "truth")
        assert mask.class_labels == {0: "road", 1: "car", 2: "tree"}
        assert all(type(each) is int for each in mask.class_labels)

    def test_they_are_none_where_none_were_given(self) -> None:
        assert ImageMask({"mask_data": GRID}, "truth").class_labels is None
        assert ImageMask({"mask_data": GRID, "class_labels": None}, "truth").class_labels is None

    def test_they_cannot_be_changed(self) -> None:
        given = {0: "road"}
        mask = ImageMask({"mask_data": GRID, "class_labels": given}, "truth")
        given[1] = "car"
        assert mask.class_labels == {0: "road"}
        with pytest.raises(TypeError):
            mask.class_labels[1] = "car"  # type: ignore[index]

    def test_the_config_gets_what_wandb_puts_there(self) -> None:
        mask = ImageMask({"mask_data": GRID, "class_labels": {0: "road", 7: "sign"}}, "truth")
        node, notes, _ = written(mask)
        assert notes == {
            "mask/class_labels": {
                "img_wandb_delimeter_truth": {
                    "type": "mask/class_labels",
                    "key": "img_wandb_delimeter_truth",
                    "value": {"0": "road", "7": "sign"},
                }
            }
        }
        assert node["_wbtypes"] == {"labels": {"0": "road", "7": "sign"}}

    def test_without_labels_the_config_gets_default_names_and_the_node_nothing(self) -> None:
        node, notes, _ = written(
            ImageMask({"mask_data": np.array([[3, 3, 0], [200, 0, 3]], np.uint8)}, "truth")
        )
        (note,) = notes["mask/class_labels"].values()
        assert note["value"] == {"0": "class_0", "3": "class_3", "200": "class_200"}
        assert set(node) == {"_type", "path", "sha256", "size"}

    def test_a_file_without_labels_says_nothing(self, picture: Path) -> None:
        mask = ImageMask({"path": picture}, "truth")
        assert written(mask)[1] == {}
        assert mask.labels == {}

    def test_an_artifact_has_no_config(self) -> None:
        mask = ImageMask({"mask_data": GRID, "class_labels": {0: "road"}}, "truth")
        node, notes, _ = written(mask, dialect=Dialect.ARTIFACT)
        assert notes == {}
        assert node["_wbtypes"]["labels"] == {"0": "road"}
        assert "size" not in node

    def test_ids_that_are_stored_as_others_are_labelled_as_stored(self) -> None:
        with pytest.warns(ValueWarning):
            mask = ImageMask({"mask_data": [[-1, 0]], "class_labels": {-1: "nothing", 0: "road"}}, "truth")
        assert mask.labels == {255: "nothing", 0: "road"}
        node, notes, store = written(mask)
        (note,) = notes["mask/class_labels"].values()
        assert note["value"] == {"255": "nothing", "0": "road"}
        assert read_back(node, store).class_labels == {-1: "nothing", 0: "road"}

    def test_what_the_picture_shows_goes_before_a_label_without_pixels(self) -> None:
        with pytest.warns(ValueWarning):
            mask = ImageMask({"mask_data": [[-1, 0]], "class_labels": {-1: "nothing", 255: "sky"}}, "truth")
        assert mask.labels == {255: "nothing"}
        node, _, store = written(mask)
        assert read_back(node, store).class_labels == {-1: "nothing", 255: "sky"}

    def test_default_names_of_such_ids_are_not_taken_for_labels(self) -> None:
        with pytest.warns(ValueWarning):
            mask = ImageMask({"mask_data": [[-1, 0]]}, "truth")
        node, notes, store = written(mask)
        (note,) = notes["mask/class_labels"].values()
        assert note["value"] == {"0": "class_0", "255": "class_-1"}
        store.notes.update(notes)
        assert read_back(node, store).class_labels is None

    def test_they_are_read_from_the_config_of_a_wandb_run(self) -> None:
        mask = ImageMask({"mask_data": GRID, "class_labels": {0: "road", 7: "sign"}}, "truth")
        node, notes, store = written(mask)
        del node["_wbtypes"]
        store.notes.update(notes)
        assert read_back(node, store).class_labels == {0: "road", 7: "sign"}
        assert read_back(node, store, key="other").class_labels is None
        assert read_back(node, store, name="other").class_labels is None

    def test_a_value_s_own_labels_come_before_the_config_s(self) -> None:
        mask = ImageMask({"mask_data": GRID, "class_labels": {0: "road"}}, "truth")
        node, notes, store = written(mask)
        notes["mask/class_labels"]["img_wandb_delimeter_truth"]["value"] = {"0": "of a later step"}
        store.notes.update(notes)
        assert read_back(node, store).class_labels == {0: "road"}

    def test_default_names_in_the_config_mean_that_none_were_given(self) -> None:
        node, notes, store = written(ImageMask({"mask_data": GRID}, "truth"))
        store.notes.update(notes)
        back = read_back(node, store)
        assert back.class_labels is None
        assert back.default_ids == tuple(range(12))
        assert written(back)[1] == notes

    @pytest.mark.parametrize("odd", [None, 5, {}, {"value": 3}, {"value": {"0": 7}}, "road"])
    def test_an_odd_config_costs_nothing(self, odd: Any) -> None:
        node, _, store = written(ImageMask({"mask_data": GRID}, "truth"))
        store.notes["mask/class_labels"] = {"img_wandb_delimeter_truth": odd}
        assert read_back(node, store).class_labels is None

    def test_ids_of_other_writers_stay_text(self) -> None:
        node, _, store = written(ImageMask({"mask_data": GRID}, "truth"))
        value = {"1.5": "a", "-2": "b", "007": "c", "²": "d", "9" * 5000: "e"}
        store.notes["mask/class_labels"] = {"img_wandb_delimeter_truth": {"value": value}}
        assert read_back(node, store).class_labels == {
            "1.5": "a",
            -2: "b",
            "007": "c",
            "²": "d",
            "9" * 5000: "e",
        }


class TestKey:
    def test_it_is_the_name_among_the_masks(self) -> None:
        node, _, store = written(ImageMask({"mask_data": GRID}, "truth"))
        assert "_wbtypes" not in node
        assert read_back(node, store).key == "truth"

    def test_another_is_kept(self) -> None:
        node, _, store = written(ImageMask({"mask_data": GRID}, "other"))
        assert read_back(node, store).key == "other"


def test_without_what_is_kept_beside_it_a_mask_is_what_wandb_writes() -> None:
    with pytest.warns(ValueWarning):
        mask = ImageMask({"mask_data": np.array([[0, -1]]), "class_labels": {0: "road"}}, "truth")
    store = MemoryStore()
    node = encode(mask, store, registry=REGISTRY, exact=False).json
    assert set(node) == {"_type", "path", "sha256", "size"}
    assert decode(node, store, registry=REGISTRY).to_numpy().tolist() == [[0, 255]]


def test_the_error_names_the_place() -> None:
    node = {"_type": "mask", "path": "a.png", "_wbtypes": {"labels": {"1": 5}}}
    with pytest.raises(DecodeError) as caught:
        decode({"m": node}, registry=REGISTRY)
    assert str(caught.value).startswith('["m"]["_wbtypes"]["labels"]["1"]: ')


def test_equality_is_of_content() -> None:
    mask = ImageMask({"mask_data": GRID, "class_labels": {1: "a"}}, "truth")
    assert mask == ImageMask({"mask_data": GRID.copy(), "class_labels": {1: "a"}}, "truth")
    assert mask != ImageMask({"mask_data": GRID + 1, "class_labels": {1: "a"}}, "truth")
    assert mask != ImageMask({"mask_data": GRID, "class_labels": {1: "b"}}, "truth")
    assert mask != ImageMask({"mask_data": GRID.astype(int), "class_labels": {1: "a"}}, "truth")
    assert len({mask, pickle.loads(pickle.dumps(mask))}) == 1
