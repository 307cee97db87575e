"""How images travel: forms of one image, layouts of batches, and what is beside the wire."""

from __future__ import annotations

import pickle
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as PILImage

import wbtypes_boxes2d.plugin
import wbtypes_classes.plugin
import wbtypes_image.plugin
import wbtypes_mask.plugin
from wbtypes_classes import Classes
from wbtypes_core import (
    Batch,
    DecodeError,
    Dialect,
    DirectoryStore,
    EncodeError,
    Linked,
    MemoryStore,
    Opaque,
    Registry,
    RemoteFile,
    ValueWarning,
    decode,
    encode,
    errors,
    native,
)
from wbtypes_core.testing import WatchedStore
from wbtypes_image import Image, ImageCodec

RGB = np.arange(6 * 9 * 3, dtype=np.uint8).reshape(6, 9, 3)
MASK = {"mask_data": np.eye(6, 9, dtype=np.uint8), "class_labels": {0: "ground", 1: "line"}}
BOX = {
    "position": {"minX": 0.1, "maxX": 0.4, "minY": 0.2, "maxY": 0.5},
    "class_id": 3,
    "scores": {"b": 1, "a": 0.5},
}
BOXES = {"box_data": [BOX], "class_labels": {3: "car"}}
CLASSES = [{"id": 0, "name": "sky"}, {"id": 3, "name": "car", "color": "red"}]


@pytest.fixture(autouse=True)
def nothing_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(errors, "_told", set())


def shades(*values: int) -> list[Image]:
    return [Image(np.full((2, 3), value, np.uint8)) for value in values]


def picture(value: int, kind: str = "PNG", size: tuple[int, int] = (3, 2)) -> bytes:
    from io import BytesIO

    stream = BytesIO()
    PILImage.new("RGB", size, (value,) * 3).save(stream, kind)
    return stream.getvalue()


def values_of(batch: Batch) -> list[int]:
    return [int(image.to_numpy().flat[0]) for image in batch]


# -- one image ------------------------------------------------------------------------------------------------


def test_an_image_is_written_as_wandb_writes_it() -> None:
    store = MemoryStore()
    encoded = encode(
        {"cat": Image(RGB, caption="c", grouping=2, boxes={"b": BOXES}, masks={"m": MASK})}, store, step=7
    )
    node = encoded.json["cat"]
    assert node["path"] == f"media/images/cat_7_{node['sha256'][:20]}.png"
    assert node["boxes"]["b"]["path"].startswith("media/metadata/boxes2D/cat_7_")
    assert node["masks"]["m"]["path"].startswith("media/images/mask/cat_7_")
    assert {key: node[key] for key in ("_type", "format", "width", "height", "caption", "grouping")} == {
        "_type": "image-file",
        "format": "png",
        "width": 9,
        "height": 6,
        "caption": "c",
        "grouping": 2,
    }
    assert "_wbtypes" not in node
    assert encoded.notes["mask/class_labels"]["cat_wandb_delimeter_m"]["value"] == {
        "0": "ground",
        "1": "line",
    }
    assert encoded.notes["bounding_box/class_labels"]["cat_wandb_delimeter_b"]["value"] == {"3": "car"}


def test_an_image_of_an_artifact_is_written_as_wandb_writes_it() -> None:
    store = MemoryStore()
    image = Image(RGB, boxes={"b": BOXES}, masks={"m": MASK})
    node = encode(image, store, dialect=Dialect.ARTIFACT, exact=False).json
    assert node["boxes"] == {"b": [BOX]}
    assert node["masks"]["m"].keys() == {"_type", "path", "sha256"}
    assert node["classes"]["type"] == "classes-file"
    assert "size" not in node
    classes = decode(node, store).classes
    assert classes == Classes(
        [{"id": 3, "name": "car"}, {"id": 0, "name": "ground"}, {"id": 1, "name": "line"}]
    )
    assert decode(node, store).boxes["b"].class_labels is None


def test_what_artifacts_lose_comes_back_beside_them() -> None:
    for classes in (None, CLASSES, []):
        store = MemoryStore()
        image = Image(
            RGB / 255, boxes={"b": BOXES, "c": {"box_data": []}}, masks={"m": MASK}, classes=classes
        )
        assert decode(encode(image, store, dialect=Dialect.ARTIFACT).json, store) == image


def test_without_followed_links_an_artifact_image_is_written_back() -> None:
    store = MemoryStore()
    node = encode(Image(RGB, boxes={"b": BOXES}, classes=CLASSES), store, dialect=Dialect.ARTIFACT).json
    image = decode(node, store, follow=False)
    assert isinstance(image.classes, Linked)
    assert encode(image, store, dialect=Dialect.ARTIFACT).json == node
    assert image.all_classes() is image.classes


def test_links_that_were_not_followed_travel_in_runs_too() -> None:
    store = MemoryStore()
    node = encode(Image(RGB, classes=CLASSES), store, dialect=Dialect.ARTIFACT).json
    run = encode({"i": decode(node, store, follow=False)}, store).json
    assert isinstance(decode(run, store, follow=False)["i"].classes, Linked)
    assert decode(run, store)["i"].classes == Classes(CLASSES)


def test_the_grouping_that_wandb_drops_is_kept_beside() -> None:
    store = MemoryStore()
    assert "grouping" not in encode(Image(RGB, grouping=0), store, exact=False).json
    assert decode(encode(Image(RGB, grouping=0), store).json, store).grouping == 0


@pytest.mark.parametrize("missing", ["boxes2d", "mask", "classes"])
@pytest.mark.parametrize("dialect", Dialect)
def test_without_a_sibling_nothing_is_lost(missing: str, dialect: Dialect) -> None:
    image = Image(RGB, boxes={"b": BOXES}, masks={"m": MASK}, classes=CLASSES)
    store = MemoryStore()
    node = encode(image, store, dialect=dialect).json
    siblings = [wbtypes_boxes2d.plugin, wbtypes_classes.plugin, wbtypes_mask.plugin]
    rest = [plugin for plugin in siblings if missing not in plugin.__name__]
    registry = Registry.of(wbtypes_image.plugin, *rest)
    for follow in (True, False):
        found = decode(node, store, follow=follow, registry=registry)
        child = {"boxes2d": found.boxes.get("b"), "mask": found.masks.get("m"), "classes": found.classes}[
            missing
        ]
        assert isinstance(child, Opaque)
        assert f"pip install wbtypes-{missing}" in child.reason
        assert encode(found, store, dialect=dialect, registry=registry).json == node
    assert np.array_equal(found.to_numpy(), RGB)


def test_the_codec_imports_no_sibling() -> None:
    import subprocess

    program = (
        "import sys; from wbtypes_core import *; import wbtypes_image.plugin;"
        "decode({'_type': 'image-file', 'path': 'a.png', 'masks': {'m': {'_type': 'mask', 'path': 'b'}}},"
        "registry=Registry.of(wbtypes_image.plugin));"
        "print(sorted({'wbtypes_mask', 'wbtypes_boxes2d', 'wbtypes_classes', 'numpy', 'PIL'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_stale_keys_of_a_batch_are_kept_and_mean_nothing() -> None:
    store = MemoryStore()
    node = encode(Image(RGB), store).json
    mixed = {**node, "count": 2, "filenames": ["a", "b"], "captions": "x", "all_boxes": 3}
    assert decode(mixed, store) == decode(node, store).replace(extra=decode(mixed, store).extra)
    assert encode(decode(mixed, store), store).json == mixed


def test_an_image_read_elsewhere_gets_its_size_when_it_is_copied() -> None:
    store, other = MemoryStore(), MemoryStore()
    node = encode(Image(RGB), store).json
    bare = {key: node[key] for key in ("_type", "path", "sha256")}
    assert "width" not in encode(decode(bare, store), store).json
    assert encode(decode(bare, store), other).json["width"] == 9
    text = MemoryStore({"a.txt": b"no picture"})
    copied = encode(decode({"_type": "image-file", "path": "a.txt"}, text), other).json
    assert "width" not in copied
    assert other.files[copied["path"]] == b"no picture"


def test_the_column_type_names_layers_and_classes() -> None:
    plain = ImageCodec().column_type(Image(RGB))
    empty = {"wb_type": "const", "params": {"val": {}, "is_set": False}}
    assert plain["wb_type"] == "image-file"
    assert plain["params"]["box_layers"] == plain["params"]["class_map"] == empty
    assert plain["params"]["box_score_keys"]["params"] == {"val": [], "is_set": True}
    full = ImageCodec().column_type(Image(RGB, boxes={"b": BOXES}, masks={"m": MASK}, classes=CLASSES))[
        "params"
    ]
    assert {name: part["params"]["val"] for name, part in full.items()} == {
        "box_layers": {"b": [3]},
        "box_score_keys": ["a", "b"],
        "mask_layers": {"m": [0, 1]},
        "class_map": {"0": "sky", "1": "line", "3": "car"},
        "box_class_maps": {"b": {"3": "car"}},
        "mask_class_maps": {"m": {"0": "ground", "1": "line"}},
    }
    store = MemoryStore()
    odd = decode({"_type": "image-file", "path": "a", "boxes": {"b": [{**BOX, "scores": 3}]}}, store)
    assert ImageCodec().column_type(odd)["params"]["box_score_keys"]["params"]["val"] == []


# -- batches --------------------------------------------------------------------------------------------------


def test_a_list_is_written_as_wandb_writes_it() -> None:
    store = MemoryStore()
    images = [Image(RGB, caption="c"), Image(RGB[:2], masks={"m": MASK}), Image(RGB, boxes={"b": BOXES})]
    node = encode({"list": images}, store, step=3, exact=False).json["list"]
    shas = [image.sha256 for image in images]
    assert node["filenames"] == [f"media/images/list_3_{sha[:20]}.png" for sha in shas]
    assert node["captions"] == ["c", None, None]
    assert [each and list(each) for each in node["all_masks"]] == [None, ["m"], None]
    assert [each and list(each) for each in node["all_boxes"]] == [None, None, ["b"]]
    assert (node["width"], node["height"], node["format"], node["count"]) == (9, 6, "png", 3)
    assert node.keys() == {
        "_type", "width", "height", "format", "count", "filenames", "captions", "all_masks", "all_boxes",
    }  # fmt: skip


def test_what_lists_lose_comes_back_beside_them() -> None:
    store = MemoryStore()
    images = [
        Image(RGB),
        Image(RGB[:2] / 255, caption="late", grouping=4, classes=CLASSES),
        Image(RGB, file_type="bmp"),
    ]
    row = encode({"list": images}, store).json
    assert "captions" not in row["list"]
    found = decode(row, store)["list"]
    assert found == images
    assert [image.height for image in found] == [6, 2, 6]
    assert found[1].file.ref.sha256 == images[1].sha256
    bare = decode(encode({"list": images}, store, exact=False).json, store)["list"]
    assert [image.caption for image in bare] == [None] * 3
    assert [image.format for image in bare] == ["png", "png", "bmp"]


def test_what_a_newer_version_says_of_an_image_stays_beside_it() -> None:
    store = MemoryStore()
    node = encode(shades(1, 2), store).json
    node["_wbtypes"]["images"][1]["newer"] = {"a": [1]}
    batch = decode(node, store)
    assert encode(batch, store).json == node
    alone = encode(batch[1], store).json
    assert alone["_wbtypes"] == {"newer": {"a": [1]}}
    assert encode([decode(alone, store)], MemoryStore()).json["_wbtypes"]["images"][0]["newer"] == {"a": [1]}


def test_all_images_of_a_list_are_encoded_before_the_first_is_written(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    happened: list[str] = []
    store = MemoryStore()
    write, encode_png = store.put, wbtypes_image.native.encode_png
    monkeypatch.setattr(store, "put", lambda file, *rest: (happened.append("written"), write(file, *rest))[1])
    monkeypatch.setattr(
        wbtypes_image.native, "encode_png", lambda pixels: (happened.append("encoded"), encode_png(pixels))[1]
    )
    encode(shades(1, 2, 3), store)
    assert happened == ["encoded"] * 3 + ["written"] * 3


def test_more_than_108_images_are_all_kept() -> None:
    images = shades(*range(120))
    store = MemoryStore()
    with pytest.warns(ValueWarning, match="first 108"):
        row = encode({"many": images}, store).json
    assert row["many"]["count"] == 120 == len(row["many"]["filenames"])
    assert values_of(decode(row, store)["many"]) == list(range(120))
    encode({"many": images}, store)  # told once


def test_urls_among_the_names_are_kept() -> None:
    url = "wandb-client-artifact://0123/thing.png"
    node = {"_type": "images/separated", "count": 2, "filenames": [url, "media/images/a.png"]}
    batch = decode(node)
    assert isinstance(batch[0].file, RemoteFile)
    store = MemoryStore()
    assert encode(decode(node, store), store).json == node
    with pytest.raises(DecodeError):
        batch[0].to_pil()


def test_only_images_fit_into_a_list_of_images() -> None:
    store = MemoryStore()
    mixed = Batch([Image(RGB), Opaque("image-file", {"_type": "image-file"})])
    with pytest.raises(EncodeError, match=r"\[1\]: is Opaque"):
        encode({"x": mixed}, store)


def test_native_gives_every_picture() -> None:
    store = MemoryStore()
    found = native(decode(encode({"l": shades(1, 2)}, store).json, store)["l"])
    assert [each.getpixel((0, 0)) for each in found] == [1, 2]


@pytest.fixture
def indexed() -> MemoryStore:
    """The files of a batch of client 0.10, which it does not name."""
    return MemoryStore(
        {
            "media/images/mix_3_0.png": picture(10),
            "media/images/mix_3_1.JPG": picture(20, "JPEG"),
            "media/images/mix_3_2": picture(30),
        }
    )


INDEXED = {"_type": "images/separated", "width": 3, "height": 2, "format": "png", "count": 3}
ROW = {"in": {"mix": INDEXED}, "_step": 3}


def test_files_that_are_not_named_are_found_by_key_step_and_index(indexed: MemoryStore) -> None:
    batch = decode(ROW, indexed)["in"]["mix"]
    assert values_of(batch) == [10, 20, 30]
    assert [image.file.suffix for image in batch] == [".png", ".JPG", ""]
    assert [image.file.name for image in batch] == ["mix_3_0.png", "mix_3_1.JPG", "mix_3_2"]
    assert [image.width for image in batch] == [3, 3, 3]


def test_decoding_probes_no_path(indexed: MemoryStore) -> None:
    store = WatchedStore(indexed.files)
    batch = decode(ROW, store)
    assert "mix_3_1.png" in repr(batch)
    assert pickle.loads(pickle.dumps(batch["in"]["mix"].items[1].file)).place == ("indexed", "mix", 3, 1)
    assert store.opened == []


def test_an_old_batch_stays_itself_in_its_own_store(indexed: MemoryStore) -> None:
    for files in (indexed.files, {}):
        store = MemoryStore(files)
        assert encode(decode(ROW, store), store).json == ROW
        assert encode(decode(ROW, store), store, step=3).json == ROW
        assert store.files == files


def test_an_old_batch_is_written_in_todays_layout_elsewhere(indexed: MemoryStore) -> None:
    store = MemoryStore()
    row = encode(decode(ROW, indexed), store, step=3).json
    names = row["in"]["mix"]["filenames"]
    assert [name.rpartition("_")[0] for name in names] == ["media/images/mix_3"] * 3
    assert [Path(name).suffix for name in names] == [".png", ".JPG", ""]
    assert values_of(decode(row, store)["in"]["mix"]) == [10, 20, 30]
    assert sorted(store.files.values()) == sorted(indexed.files.values())


def test_an_old_batch_under_another_key_names_its_files(indexed: MemoryStore) -> None:
    batch = decode(ROW, indexed)["in"]["mix"]
    for row in (encode({"other": batch}, indexed).json, encode({"mix": batch}, indexed, step=9).json):
        (node,) = row.values()
        assert node["filenames"] == [
            "media/images/mix_3_0.png",
            "media/images/mix_3_1.JPG",
            "media/images/mix_3_2",
        ]
        assert values_of(decode({**row, "_step": 9}, indexed)[next(iter(row))]) == [10, 20, 30]


def test_a_part_of_an_old_batch_names_its_files(indexed: MemoryStore) -> None:
    batch = decode(ROW, indexed)["in"]["mix"]
    last = batch.replace(items=batch.items[1:])
    row = encode({"mix": last}, indexed, step=3).json
    assert values_of(decode(row, indexed)["mix"]) == [20, 30]
    single = encode({"mix": batch[1]}, indexed, step=3).json["mix"]
    assert single["path"] == "media/images/mix_3_1.JPG"
    assert native(decode(single, indexed)).getpixel((0, 0)) == (20, 20, 20)


def test_a_changed_old_batch_says_what_changed(indexed: MemoryStore) -> None:
    batch = decode(ROW, indexed)["in"]["mix"]
    renamed = batch.replace(items=[image.replace(caption=f"c{index}") for index, image in enumerate(batch)])
    row = encode({"mix": renamed}, indexed, step=3).json
    assert row["mix"] == {**INDEXED, "captions": ["c0", "c1", "c2"]}


def test_without_the_step_an_old_batch_says_what_is_missing(indexed: MemoryStore) -> None:
    batch = decode(INDEXED, indexed)
    assert len(batch) == 3
    with pytest.raises(DecodeError, match="whole history row") as caught:
        batch[0].to_pil()
    assert caught.value.reason == "unreachable"
    assert encode(batch, indexed).json == INDEXED
    for value in (batch[0], [batch[0]], batch):
        with pytest.raises(EncodeError, match="whole history row"):
            encode({"x": value}, MemoryStore())
    with pytest.raises(EncodeError, match="whole history row"):
        encode({"x": batch[0]}, indexed)


def test_missing_files_of_an_old_batch_are_said_to_be_so() -> None:
    batch = decode(ROW, MemoryStore())["in"]["mix"]
    with pytest.raises(DecodeError, match=r"media/images/mix_3_1\.png") as caught:
        batch[1].to_pil()
    assert caught.value.reason == "missing-file"
    assert batch[1] == decode(ROW, MemoryStore())["in"]["mix"][1]
    with pytest.raises(DecodeError):
        decode(ROW)["in"]["mix"][0].to_pil()
    with pytest.raises(EncodeError):
        encode(decode(ROW), None)


def test_an_old_batch_does_not_leave_its_folder(tmp_path: Path) -> None:
    (tmp_path / "out_3_0.png").write_bytes(picture(1))
    store = DirectoryStore(tmp_path / "files")
    row = {"a/../../../../out": {**INDEXED, "count": 1}, "_step": 3}
    batch = decode(row, store)["a/../../../../out"]
    with pytest.raises(DecodeError) as caught:
        batch[0].to_pil()
    assert caught.value.reason == "unsafe-path"
    assert encode(decode(row, store), store).json == row


SHEET = {
    "_type": "images",
    "width": 3,
    "height": 2,
    "format": "jpg",
    "count": 3,
    "captions": ["a", None, "c"],
    "grouping": 5,
}


@pytest.fixture
def sheet() -> MemoryStore:
    """One picture with three images side by side, of client 0.8; a PNG, so that its pixels are known."""
    from io import BytesIO

    whole = np.repeat(np.array([[10, 20, 30]], np.uint8), 2, 0).repeat(3, 1)
    stream = BytesIO()
    PILImage.fromarray(whole).save(stream, "PNG")
    return MemoryStore({"media/images/tiles_4.png": stream.getvalue()})


def test_a_sheet_is_cut_into_its_images(sheet: MemoryStore) -> None:
    store = WatchedStore(sheet.files)
    batch = decode({"tiles": SHEET, "_step": 4}, store)["tiles"]
    assert store.opened == []
    assert values_of(batch) == [10, 20, 30]
    assert all(image.to_numpy().shape == (2, 3) and len(np.unique(image.to_numpy())) == 1 for image in batch)
    assert [(image.caption, image.grouping, image.format) for image in batch] == [
        ("a", 5, "png"),
        (None, 5, "png"),
        ("c", 5, "png"),
    ]
    assert (batch[1].width, batch[1].height) == (3, 2)
    assert pickle.loads(pickle.dumps(batch)) == batch


def test_a_sheet_stays_itself_in_its_own_store(sheet: MemoryStore) -> None:
    row = {"tiles": SHEET, "_step": 4}
    assert encode(decode(row, sheet), sheet).json == row
    assert list(sheet.files) == ["media/images/tiles_4.png"]
    gone = MemoryStore()
    assert encode(decode(row, gone), gone).json == row


def test_a_sheet_is_written_as_single_images_elsewhere(sheet: MemoryStore) -> None:
    store = MemoryStore()
    row = encode(decode({"tiles": SHEET, "_step": 4}, sheet), store, step=4).json
    assert row["tiles"]["_type"] == "images/separated"
    assert row["tiles"]["format"] == "png"
    assert len(store.files) == 3
    found = decode(row, store)["tiles"]
    assert values_of(found) == [10, 20, 30]
    assert [(image.caption, image.grouping) for image in found] == [("a", 5), (None, 5), ("c", 5)]


def test_a_sheet_that_is_too_small_is_a_decode_error(sheet: MemoryStore) -> None:
    batch = decode({"tiles": {**SHEET, "width": 5}, "_step": 4}, sheet)["tiles"]
    assert batch[0].to_numpy()[0].tolist() == [10, 10, 10, 20, 20]
    with pytest.raises(DecodeError, match="too few"):
        batch[1].to_pil()
    with pytest.raises(DecodeError):
        decode({"tiles": SHEET, "_step": 5}, sheet)["tiles"][0].to_pil()


def test_a_tile_that_cannot_be_cut_is_named_when_it_is_written(sheet: MemoryStore) -> None:
    batch = decode({"tiles": {**SHEET, "width": 5}, "_step": 4}, sheet)["tiles"]
    with pytest.raises(EncodeError, match=r"^\[1\]: .*too few"):
        encode(batch, MemoryStore())


def test_a_batch_of_no_images_stays_empty() -> None:
    store = MemoryStore()
    for node in ({"_type": "images/separated", "count": 0, "filenames": []}, {**SHEET, "count": 0}):
        batch: Any = decode(node, store)
        assert len(batch) == 0
        assert encode(batch, store).json == node


def test_the_masks_and_boxes_of_an_old_batch_have_paths_of_their_own(indexed: MemoryStore) -> None:
    made = encode({"x": Image(RGB, boxes={"b": BOXES}, masks={"m": MASK})}, indexed).json["x"]
    node = {**INDEXED, "all_masks": [None, made["masks"], None], "all_boxes": [made["boxes"], None, None]}
    batch = decode({"mix": node, "_step": 3}, indexed)["mix"]
    assert batch[0].boxes["b"].class_labels == {3: "car"}
    assert np.array_equal(batch[1].masks["m"].to_numpy(), MASK["mask_data"])
    assert encode({"mix": batch}, indexed, step=3).json["mix"] == node


def test_a_stale_record_of_another_length_is_left_aside() -> None:
    store = MemoryStore()
    row = encode({"list": shades(1, 2)}, store).json
    row["list"]["_wbtypes"]["images"].append({"caption": "of another batch"})
    found = decode(row, store)["list"]
    assert values_of(found) == [1, 2]
    assert [image.caption for image in found] == [None, None]


def test_a_changed_sheet_keeps_what_changed(sheet: MemoryStore) -> None:
    row = {"tiles": SHEET, "_step": 4}
    batch = decode(row, sheet)["tiles"]
    first, second, third = batch.items
    regrouped = batch.replace(items=[first, second.replace(grouping=7), third])
    node = encode({"tiles": regrouped}, sheet, step=4).json["tiles"]
    assert node["_type"] == "images"
    found = decode({"tiles": node, "_step": 4}, sheet)["tiles"]
    assert [image.grouping for image in found] == [5, 7, 5]
    masked = batch.replace(items=[Image(first, masks={"m": MASK}), second, third])
    node = encode({"tiles": masked}, sheet, step=4).json["tiles"]
    assert node["_type"] == "images/separated"
    assert list(decode({"tiles": node}, sheet)["tiles"][0].masks) == ["m"]


def test_the_artifact_of_each_image_comes_back() -> None:
    store, other = MemoryStore(), MemoryStore()
    url = "wandb-artifact://0123/thing.image-file.json"
    single = {**encode(Image(RGB), store).json, "artifact_path": url}
    for target in (store, other):
        row = encode({"list": [decode(single, store)]}, target).json
        assert row["list"]["filenames"][0].startswith("media/images/")
        assert decode(row, target)["list"][0].file.ref.artifact_path == url
