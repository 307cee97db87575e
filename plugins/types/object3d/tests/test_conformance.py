"""The codecs of 3-D objects keep the contract of all codecs."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import trimesh

import wbtypes_object3d.plugin
from wbtypes_core import Batch, ValueWarning, WBValue
from wbtypes_core.testing import CodecConformance
from wbtypes_object3d import Object3D, Object3DBatchCodec, Object3DCodec, box3d

HERE = Path(__file__).parent
POINTS = np.random.default_rng(0).normal(size=(20, 3))
BOX = box3d(center=(1, 2, 3), size=(1, 2, 3), orientation=(0.5, -0.5, 0.1, 0.7), color=(255, 0, 0), label="b")
OBJ = "# triangle\nv 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n"


def objects() -> Iterator[Object3D]:
    yield Object3D(POINTS, "a cloud")
    yield Object3D(POINTS.astype(np.float32), caption="")
    yield Object3D(POINTS.astype(np.float16), caption=4.5)
    yield Object3D((POINTS * 100).astype(np.int64))
    yield Object3D((POINTS * 100).astype(np.int8))
    yield Object3D(POINTS > 0)
    yield Object3D(np.array([[0, 1, 2**64 - 1]], np.uint64))
    yield Object3D(np.zeros((0, 6), np.float32))
    yield Object3D(np.hstack((POINTS, np.full((20, 1), 7))))
    yield Object3D(np.hstack((POINTS, np.full((20, 3), 255))))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ValueWarning)
        yield Object3D([[0.0, np.nan, 1.0], [1.0, 2.0, 3.0]])
    yield Object3D({"type": "lidar/beta"})
    yield Object3D({"type": "lidar/beta", "points": POINTS, "camera": {"at": [1, 2], "odd": float("nan")}})
    yield Object3D.from_point_cloud(POINTS, [BOX], [{"start": [0, 0, 0], "end": [1, 1, 1]}])
    yield Object3D(io.StringIO(OBJ), "a mesh", file_type="obj")
    yield Object3D(trimesh.creation.box())


class TestObject3D(CodecConformance):
    codec = Object3DCodec()
    plugin = wbtypes_object3d.plugin
    corpus = HERE / "corpus"
    heavy = ("numpy", "orjson", "trimesh")

    def samples(self) -> Iterator[WBValue]:
        return objects()

    def native_equal(self, value: Any, native: Any) -> bool:
        if value.format == "pts.json":
            return native.dtype == value.to_numpy().dtype and np.array_equal(native, value.to_numpy())
        return isinstance(native, trimesh.Trimesh) and np.array_equal(native.vertices, value.to_numpy())


class TestBatch(CodecConformance):
    codec = Object3DBatchCodec()
    plugin = wbtypes_object3d.plugin
    corpus = HERE / "corpus"
    heavy = ("numpy", "orjson", "trimesh")

    def samples(self) -> Iterator[WBValue]:
        every = list(objects())
        yield Batch(every)
        yield Batch(every[::-1])
        yield Batch(every[:1])
