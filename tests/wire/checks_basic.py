"""What entries of scalars, pictures, histograms and pages must be, and of containers of them."""

from __future__ import annotations

import hashlib
import math
from typing import Any

import numpy as np
from comparing import Check
from recorded import Recording, pixel_digest

import wbtypes
import wbtypes_core
from wbtypes_core import Batch, DirectoryStore, Opaque
from wbtypes_core.jsonio import same


def _scalar(recording: Recording, entry: dict[str, Any], value: Any) -> None:
    native = entry["native"]
    if isinstance(native, dict) and native.keys() == {"length", "sha256"}:
        assert len(value) == native["length"]
        assert hashlib.sha256(value.encode()).hexdigest() == native["sha256"]
        return
    if isinstance(native, dict) and "$datetime" in native:
        assert value == native["$datetime"]
        return
    given = recording.given(native)
    if isinstance(given, bytes):
        given = given.decode()
    if isinstance(given, np.generic) and value is None:
        assert math.isnan(given)  # 0.16 and 0.19 write a numpy NaN as null
        return
    assert same(value, given.item() if isinstance(given, np.generic) else given), (value, given)


def _array(recording: Recording, entry: dict[str, Any], value: Any) -> None:
    given = recording.given(entry["native"])
    if not isinstance(given, np.ndarray):
        _scalar(recording, entry, value)
    elif given.size <= 32:
        assert same(value, given.item() if given.size == 1 else given.tolist())
    else:
        counts, edges = np.histogram(given.ravel(), bins=32)
        assert same(value.histogram, counts.tolist())
        np.testing.assert_allclose(value.bins, edges)


def _image(recording: Recording, entry: dict[str, Any], value: Any) -> None:
    assert isinstance(value, wbtypes.Image)
    stored, native = entry["stored"], entry["native"] or {}
    picture = value.to_pil()
    sixteen_bits = {picture.mode, stored["pil_mode"]} <= {
        "I",
        "I;16",
    }  # one or the other, by Pillow's version
    assert picture.mode == stored["pil_mode"] or sixteen_bits
    assert list(picture.size) == stored["pil_size"]
    assert (value.width, value.height) == picture.size
    pixels = np.asarray(picture)
    if sixteen_bits:
        pixels = pixels.astype(stored["dtype"])
    assert pixel_digest(pixels) == stored["sha256"]
    if "source_file" in native:
        assert hashlib.sha256(value.file.read()).hexdigest() == native["sha256"]
    options = {**native, **native.get("kwargs", {})}
    _caption(recording, entry, options, value)
    if options.get("grouping") not in (None, "0"):
        assert value.grouping == int(options["grouping"])
    for name, given in _sets(options.get("boxes")):
        _boxes(given, value.boxes[name])
    for name, given in _sets(options.get("masks")):
        _mask(recording, given, value.masks[name])
    assert value.boxes.keys() == dict(_sets(options.get("boxes"))).keys() or not options.get("boxes")
    assert value.masks.keys() == dict(_sets(options.get("masks"))).keys() or not options.get("masks")


def _caption(recording: Recording, entry: dict[str, Any], options: dict[str, Any], value: Any) -> None:
    given = options.get("caption")
    if entry["key"] == "from_image" and _version(recording) >= (0, 19):
        given = "inner"  # these clients keep the caption of the image inside
    if given == "" and "caption" not in _node(recording, entry):
        given = None  # older clients drop an empty caption
    if given is not None or "caption" not in _node(recording, entry):
        assert value.caption == given


def _version(recording: Recording) -> tuple[int, ...]:
    return tuple(map(int, recording.version.split(".")))


def _node(recording: Recording, entry: dict[str, Any]) -> Any:
    return next(row[entry["key"]] for row in recording.rows if row["_step"] == entry["step"])


def _sets(given: Any) -> list[tuple[str, Any]]:
    return list(given.items()) if isinstance(given, dict) else []


def _boxes(given: Any, value: Any) -> None:
    assert isinstance(value, wbtypes.BoundingBoxes2D)
    if not isinstance(given, dict):
        return  # the recording only says that there were boxes
    assert same([dict(box) for box in value.box_data], given["box_data"])
    labels = given.get("class_labels")
    if labels:
        assert value.class_labels == {int(key): name for key, name in labels.items()}
    elif "class_labels" in given:
        assert value.class_labels is None
        assert value.labels == _default_labels(given)


def _default_labels(given: dict[str, Any]) -> dict[int, str]:
    """What the client's config says of boxes that were given no labels."""
    return {box["class_id"]: f"class_{box['class_id']}" for box in given["box_data"]}


def _mask(recording: Recording, given: Any, value: Any) -> None:
    assert isinstance(value, wbtypes.ImageMask)
    if "mask_data" in given:
        expected = recording.given(given["mask_data"])
        ids = np.nan_to_num(expected).astype(np.int64)
        np.testing.assert_array_equal(value.to_numpy(), ids)
    if "source_file" in given:
        assert hashlib.sha256(value.file.read()).hexdigest() == given["sha256"]
    if given.get("class_labels"):
        assert value.class_labels == {int(key): name for key, name in given["class_labels"].items()}


def _batch(recording: Recording, entry: dict[str, Any], value: Any) -> None:
    assert isinstance(value, Batch)
    node, native = _node(recording, entry), entry["native"]
    assert len(value) == node["count"]
    assert all(item.to_pil().size == (item.width, item.height) for item in value)
    if isinstance(native, list):
        for index, (given, item) in enumerate(zip(native, value, strict=False)):
            _batch_item(recording, node, index, given, item)
    if isinstance(native, dict):
        for index, item in enumerate(value):
            for name, given in _sets((native.get("boxes") or [None] * len(value))[index]):
                _boxes(given, item.boxes[name])
        if native.get("masks") == "m and m+1":
            first = recording.given(native["m"])
            for offset, item in enumerate(value):
                (mask,) = item.masks.values()
                np.testing.assert_array_equal(mask.to_numpy(), first + offset)


def _batch_item(
    recording: Recording, node: dict[str, Any], index: int, given: dict[str, Any], item: Any
) -> None:
    if "source_file" in given:
        assert hashlib.sha256(item.file.read()).hexdigest() == given["sha256"]
        return
    pixels = recording.given(given["pixels"])
    if pixels.dtype == np.uint8:
        np.testing.assert_array_equal(item.to_numpy(), pixels)
    else:
        assert item.to_numpy().shape == pixels.shape
    if "captions" in node:
        assert item.caption == given.get("caption")


def _histogram(recording: Recording, entry: dict[str, Any], value: Any) -> None:
    natives = entry["native"] if isinstance(entry["native"], list) else [entry["native"]]
    values = value if isinstance(value, list) else [value]
    for native, found in zip(natives, values, strict=True):
        assert isinstance(found, wbtypes.Histogram)
        given = recording.given(native)
        if "counts" in given:
            counts, edges = given["counts"], given["edges"]
        else:
            counts, edges = np.histogram(given["data"], bins=given["num_bins"])
        assert same(list(found.histogram), np.asarray(counts).tolist())
        assert same(list(found.bins), np.asarray(edges).tolist())
        if "data" in given:
            again = wbtypes.Histogram(given["data"], num_bins=given["num_bins"])
            assert again.histogram == found.histogram
            np.testing.assert_allclose(again.bins, found.bins, atol=1e-6)


def _html(recording: Recording, entry: dict[str, Any], value: Any) -> None:
    natives = entry["native"] if isinstance(entry["native"], list) else [entry["native"]]
    values = list(value) if isinstance(value, Batch) else [value]
    for native, found in zip(natives, values, strict=False):
        assert isinstance(found, wbtypes.Html)
        given = {"text": native} if isinstance(native, str) else native or {}
        if "text" in given:
            injects = [given["inject"]] if "inject" in given and given["input"] != "path" else [True, False]
            made = [wbtypes.Html(given["text"], inject=inject, data_is_not_path=True) for inject in injects]
            assert found.html.strip() in {each.html.strip() for each in made}
            assert given.get("inject", True) or found.html.strip() == given["text"].strip()
        assert found.html == found.file.read().decode()


def _nested(recording: Recording, entry: dict[str, Any], value: Any) -> None:
    """Containers whose input is not on record, or which hold values: what is inside was decoded."""
    if entry["native"] is not None and "pixels" not in entry["native"]:
        assert same(value, entry["native"])
        return
    found = list(_leaves(value))
    assert found
    assert not any(isinstance(leaf, Opaque) for leaf in found)
    if entry["native"]:
        pixels = recording.given(entry["native"]["pixels"])
        assert any(
            np.array_equal(leaf.to_numpy(), pixels) for leaf in found if type(leaf).__name__ == "Image"
        )


def opaque_leaves(value: Any) -> list[Opaque]:
    """What nobody understood in a tree of values."""
    return [leaf for leaf in _leaves(value) if isinstance(leaf, Opaque)]


def _leaves(value: Any) -> Any:
    if isinstance(value, dict):
        for item in value.values():
            yield from _leaves(item)
    elif isinstance(value, list | Batch):
        for item in value:
            yield from _leaves(item)
    elif isinstance(value, wbtypes_core.WBValue):
        yield value


def _dict(recording: Recording, entry: dict[str, Any], value: Any) -> None:
    plain = value.node if isinstance(value, Opaque) else value
    assert same(plain, recording.given(entry["native"]))


def _overwritten(recording: Recording, entry: dict[str, Any], value: Any) -> None:
    """The n-th value under one key: what the log says it is, with the pixels that were stored."""
    if entry["logged_type"] is None:
        assert same(value, _node(recording, entry))
    elif "stored" in entry and type(value).__name__ == "Image":
        assert pixel_digest(np.asarray(value.to_pil())) == entry["stored"]["sha256"]
    elif entry["logged_type"] == "table-file":
        assert wbtypes_core.encode(value, DirectoryStore(recording.folder / "files"), exact=False).json
    else:
        assert _by_type(value) in (_histogram, _batch, _html)


def check_of(entry: dict[str, Any], value: Any) -> Check:
    return CHECKS.get(entry["kind"]) or _by_type(value)


def _by_type(value: Any) -> Check:
    if isinstance(value, Batch):
        return _html if value.tag == "html" else _batch
    return {"Image": _image, "Histogram": _histogram, "Html": _html}.get(type(value).__name__, _scalar)


CHECKS: dict[str, Check] = {
    "numpy-array (over 32 elements becomes a histogram)": _array,
    "numpy-array": _array,
    "numpy-scalar": _array,
    "list of histogram": _histogram,
    "nested": _nested,
    "nested dict of images": _nested,
    "list of two media types": _nested,
    "batch in nested dict": _nested,
    "dict": _dict,
    "overwrite": _overwritten,
}
