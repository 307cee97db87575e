"""What entries of sounds, films, scenes, molecules, charts, graphs, metadata and traces must be, as far as the stored file holds them."""

from __future__ import annotations

import hashlib
import io
from typing import Any

import numpy as np
import pytest
from checks_basic import opaque_leaves
from comparing import Check
from recorded import Recording

import wbtypes
from wbtypes_core import Batch, DecodeError, Opaque
from wbtypes_core.jsonio import loads, same


def check_of(entry: dict[str, Any], value: Any) -> Check:
    return CHECKS[entry["kind"].split()[0]]


def _audio(recording: Recording, entry: dict[str, Any], value: Any) -> None:
    native = entry["native"] or {}
    if isinstance(value, Batch):
        natives = native or [{}] * len(value)
        for given, clip in zip(natives, value, strict=True):
            _clip(recording, given, clip)
        return
    if native["input"] == "path, not real audio":
        assert hashlib.sha256(value.file.read()).hexdigest() == native["sha256"]
        with pytest.raises(DecodeError):
            value.to_numpy()
        return
    _clip(recording, native, value)


def _clip(recording: Recording, native: dict[str, Any], clip: Any) -> None:
    assert isinstance(clip, wbtypes.Audio)
    import soundfile  # the reference; a dependency of the audio plugin

    samples, rate = soundfile.read(io.BytesIO(clip.file.read()))
    np.testing.assert_array_equal(clip.to_numpy(), samples)
    assert (clip.sample_rate, clip.duration) == (rate, len(samples) / rate)
    if native.get("caption"):
        assert clip.caption == native["caption"]
    if "source_file" in native:
        assert hashlib.sha256(clip.file.read()).hexdigest() == native["sha256"]
    if "samples" in native:
        assert rate == native["sample_rate"]
        given = np.asarray(recording.given(native["samples"]))
        whole = given / -float(np.iinfo(given.dtype).min) if given.dtype.kind == "i" else given
        np.testing.assert_allclose(samples, whole.clip(-1, 1), atol=1 / 32_000)  # the client stores 16 bits


def _graph(recording: Recording, entry: dict[str, Any], value: Any) -> None:
    assert isinstance(value, wbtypes.Graph)
    document = loads(value.file.read())
    native = entry["native"] or {}
    assert value.format == native.get("format", "keras") == document["format"]
    assert [node.id for node in value.nodes] == [node.get("id") for node in document["nodes"]]
    for given, node in zip(native.get("nodes", ()), value.nodes, strict=False):
        for key, item in given.items():
            assert same(getattr(node, key), item), key
    for given, edge in zip(native.get("edges", ()), value.edges, strict=False):
        assert [edge.from_node.id, edge.to_node.id] == list(given)


def _metadata(recording: Recording, entry: dict[str, Any], value: Any) -> None:
    assert isinstance(value, wbtypes.JSONMetadata)
    native = entry["native"]
    assert same(value.val, loads(value.file.read()) if native is None else native)


def _trace(recording: Recording, entry: dict[str, Any], value: Any) -> None:
    assert isinstance(value, wbtypes.TraceTree)
    assert value.root_span is not None
    if (entry["native"] or {}).get("model_dict"):
        assert same(value.model_dict, entry["native"]["model_dict"])


def _source(native: dict[str, Any], value: Any) -> None:
    """A file that was given by path or as text is what it was, byte for byte."""
    content = value.file.read()
    if "source_file" in native and not native["source_file"].endswith(".mol"):
        assert hashlib.sha256(content).hexdigest() == native["sha256"]
    if "text" in native:
        assert content.decode() == native["text"]
    if "caption" in native and value.caption is not None:
        assert value.caption == native["caption"]


def _object3d(recording: Recording, entry: dict[str, Any], value: Any) -> None:
    if isinstance(value, Batch):
        assert all(isinstance(item, wbtypes.Object3D) and item.file.read() for item in value)
        return
    assert isinstance(value, wbtypes.Object3D)
    native = entry["native"] or {}
    if entry["key"] not in ("rdkit_sdf",):
        _source(native, value)
    if "points" in native:
        given = np.asarray(recording.given(native["points"]))
        points = np.asarray(value.to_numpy(), np.float64)
        np.testing.assert_allclose(points.reshape(-1), given.astype(np.float64).reshape(-1))
    if "boxes" in native:
        assert [box["label"] for box in value.boxes] == [box["label"] for box in native["boxes"]]
        for box, logged in zip(value.boxes, native["boxes"], strict=True):
            np.testing.assert_allclose(box["corners"], recording.given(logged["corners"]))


def _molecule(recording: Recording, entry: dict[str, Any], value: Any) -> None:
    for item in value if isinstance(value, Batch) else [value]:
        assert isinstance(item, wbtypes.Molecule)
        assert item.file.read()
    native = entry["native"] or {}
    if not isinstance(value, Batch) and not entry["key"].startswith("rdkit"):
        _source(native, value)


def _video(recording: Recording, entry: dict[str, Any], value: Any) -> None:
    natives = entry["native"] if isinstance(entry["native"], list) else [entry["native"] or {}]
    videos = list(value) if isinstance(value, Batch) else [value]
    for item in videos:
        assert isinstance(item, wbtypes.Video)
        frames = item.to_numpy()
        assert frames.shape[2:] == (item.height, item.width)
        assert [frame.tolist() for frame in item.frames()] == frames.tolist()
    for native, item in zip(natives, videos, strict=False):
        if "sha256" in native:
            assert hashlib.sha256(item.file.read()).hexdigest() == native["sha256"]
        # of floats newer clients make black, and of equal frames in a gif one
        if (
            "frames" in native
            and len(native["frames"]["shape"]) == 4
            and native["frames"]["dtype"] == "uint8"
        ):
            assert item.to_numpy().shape[0] == native["frames"]["shape"][0]


def _chart(recording: Recording, entry: dict[str, Any], value: Any) -> None:
    """A figure is the JSON in its file; of matplotlib figures some clients make pictures."""
    if isinstance(value, wbtypes.Plotly):
        assert same(value.figure_json, loads(value.file.read()))
        assert value.figure_json["data"] is not None
    elif isinstance(value, wbtypes.Bokeh):
        assert same(value.document_json, loads(value.file.read()))
    else:
        assert isinstance(value, wbtypes.Html | wbtypes.Image)


def _boxes(recording: Recording, entry: dict[str, Any], value: Any) -> None:
    assert isinstance(value, wbtypes.BoundingBoxes2D)
    assert same([dict(box) for box in value.box_data], entry["native"]["boxes"])


def _mask(recording: Recording, entry: dict[str, Any], value: Any) -> None:
    assert isinstance(value, wbtypes.ImageMask)
    np.testing.assert_array_equal(value.to_numpy(), recording.given(entry["native"]["mask_data"]))


def _several(recording: Recording, entry: dict[str, Any], value: Any) -> None:
    """Containers whose input is not on record: what is inside was decoded."""
    assert list(opaque_leaves(value)) == []


def _table(recording: Recording, entry: dict[str, Any], value: Any) -> None:
    """The table of a chart, whole."""
    assert isinstance(value, wbtypes.Table)
    assert value.source == "artifact"
    assert len(value) == value.nrows >= 1
    assert not any(isinstance(cell, Opaque) for name in value.columns for cell in value.column(name))


CHECKS = {
    "audio-file": _audio,
    "audio": _audio,
    "graph-file": _graph,
    "wb_trace_tree": _trace,
    "metadata": _metadata,
    "boxes2D": _boxes,
    "mask": _mask,
    "table": _table,
    "custom": _table,
    "visualize": _table,
    "object3D-file": _object3d,
    "object3D": _object3d,
    "molecule-file": _molecule,
    "molecule": _molecule,
    "video-file": _video,
    "videos": _video,
    "plotly-file": _chart,
    "html-file": _chart,
    "bokeh-file": _chart,
    "nested": _several,
    "list": _several,
}
