"""What 3-D objects take, keep and refuse."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import trimesh
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

import wbtypes_object3d.plugin
from wbtypes_core import (
    Batch,
    BytesFile,
    Dialect,
    MemoryStore,
    MissingExtra,
    Registry,
    ValueWarning,
    adopt,
    decode,
    encode,
    errors,
)
from wbtypes_core.jsonio import loads
from wbtypes_object3d import Object3D, box3d

REGISTRY = Registry.of(wbtypes_object3d.plugin)
POINTS = np.random.default_rng(0).normal(size=(20, 3))
OBJ = "v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n"
BOX = {"corners": [[0, 0, z] for z in range(8)], "label": "b", "color": [1, 2, 3]}
VECTOR = {"start": [0, 0, 0], "end": [1, 2.5, 3]}


@pytest.fixture(autouse=True)
def nothing_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(errors, "_told", set())


def read_back(value: Any, **more: Any) -> Any:
    store = MemoryStore()
    return decode(encode(value, store, registry=REGISTRY, **more).json, store, registry=REGISTRY)


def stored(value: Object3D) -> Any:
    return loads(value.file.read())


DTYPES = st.sampled_from(
    [*"?bBhHiIlLqQefd", ">f4", ">f8", "<f4", ">i4", ">u8"]  # one letter each for booleans, integers, floats
)


class TestPoints:
    @given(
        npst.arrays(
            DTYPES,
            st.tuples(st.integers(0, 8), st.sampled_from([3, 6])),
            elements={"allow_nan": False, "allow_infinity": False},
        ),
        st.sampled_from(Dialect),
    )
    def test_they_come_back_with_dtype_and_shape(self, array: Any, dialect: Dialect) -> None:
        back = read_back(Object3D(array), dialect=dialect).to_numpy()
        assert back.dtype == array.dtype.newbyteorder("=")
        assert back.shape == array.shape
        assert back.tobytes() == array.astype(back.dtype).tobytes()  # -0.0 too

    @given(npst.arrays(np.float64, st.tuples(st.integers(0, 8), st.sampled_from([3, 6]))))
    def test_those_that_are_not_finite_are_left_out(self, array: Any) -> None:
        finite = np.isfinite(array).all(axis=1)
        errors._told.clear()
        if finite.all():
            value = Object3D(array)
        else:
            with pytest.warns(ValueWarning, match="left out"):
                value = Object3D(array)
        back = read_back(value)
        assert back == value
        assert back.nonfinite == len(array) - finite.sum()
        assert np.array_equal(back.to_numpy(), array[finite])

    def test_the_warning_is_told_once(self) -> None:
        with pytest.warns(ValueWarning, match="left out"):
            Object3D([[np.nan, 0, 0]])
        assert Object3D([[np.inf, 0, 0], [1, 2, 3]]).nonfinite == 1

    def test_they_are_copied_at_once(self) -> None:
        array = POINTS.copy()
        value = Object3D(array)
        array[:] = 0
        assert np.array_equal(value.to_numpy(), POINTS)

    @pytest.mark.parametrize(
        "like", [POINTS.tolist(), [tuple(each) for each in POINTS], np.asfortranarray(POINTS)]
    )
    def test_what_is_like_an_array(self, like: Any) -> None:
        assert np.array_equal(Object3D(like).to_numpy(), POINTS)

    def test_other_constructors(self) -> None:
        assert Object3D.from_numpy(POINTS, caption="c") == Object3D(POINTS, "c")

    @pytest.mark.skipif(np.dtype(np.longdouble).itemsize == 8, reason="no wider floats on this platform")
    def test_wider_floats_are_rounded(self) -> None:
        with pytest.warns(ValueWarning, match="rounded to float64"):
            assert Object3D(POINTS.astype(np.longdouble)).to_numpy().dtype == np.float64

    def test_categories_out_of_range_are_kept(self) -> None:
        with pytest.warns(ValueWarning, match="from 1 to 14"):
            value = Object3D([[0, 0, 0, 15], [0, 0, 0, 1]])
        assert value.to_numpy()[:, 3].tolist() == [15, 1]

    @pytest.mark.parametrize(
        ("data", "error", "words"),
        [
            (np.zeros((2, 5)), ValueError, r"shape \(2, 5\); it is n x 3"),
            (np.zeros(3), ValueError, r"shape \(3,\)"),
            (np.zeros((1, 2, 3)), ValueError, "shape"),
            ([[1, 2, 3], [4, 5]], ValueError, "several lengths"),
            (np.zeros((2, 3), complex), TypeError, "real numbers"),
            ([["a", "b", "c"]], TypeError, "real numbers"),
            (3.5, TypeError, "not from float"),
            (None, TypeError, "not from NoneType"),
        ],
    )
    def test_what_is_none(self, data: Any, error: type[Exception], words: str) -> None:
        with pytest.raises(error, match=words):
            Object3D(data)

    def test_file_type_is_of_files(self) -> None:
        with pytest.raises(TypeError, match="file_type goes with"):
            Object3D(POINTS, file_type="obj")

    def test_what_is_written_is_what_clients_write(self) -> None:
        assert stored(Object3D(np.array([[1.0, 2.5, -3.0]]))) == [[1.0, 2.5, -3.0]]
        node = encode(Object3D(POINTS), MemoryStore(), key="k", step=2, registry=REGISTRY).json
        assert node.keys() == {"_type", "path", "sha256", "size"}
        assert node["path"] == f"media/object3D/k_2_{node['sha256'][:20]}.pts.json"


class TestScenes:
    def test_all_of_one_comes_back(self) -> None:
        given = {
            "type": "lidar/beta",
            "points": POINTS,
            "boxes": [BOX],
            "vectors": [VECTOR],
            "camera": {"at": [1]},
        }
        back = read_back(Object3D(given, "s"))
        assert np.array_equal(back.to_numpy(), POINTS)
        assert (back.boxes, back.vectors) == ([BOX], [VECTOR])
        assert back.scene == {
            "type": "lidar/beta",
            "boxes": [BOX],
            "vectors": [VECTOR],
            "camera": {"at": [1]},
        }

    def test_four_keys_are_always_there(self) -> None:
        assert stored(Object3D({"type": "lidar/beta"})) == {
            "type": "lidar/beta",
            "points": [],
            "boxes": [],
            "vectors": [],
        }

    def test_arrays_of_boxes(self) -> None:
        boxes, vectors = np.array([BOX] * 40), np.array([VECTOR])
        value = Object3D({"type": "lidar/beta", "boxes": boxes, "vectors": vectors})
        assert (value.boxes, value.vectors) == ([BOX] * 40, [VECTOR])

    def test_from_point_cloud(self) -> None:
        value = Object3D.from_point_cloud(POINTS.tolist(), [BOX], caption="c")
        assert value == Object3D({"type": "lidar/beta", "points": POINTS, "boxes": [BOX]}, "c")

    def test_a_later_change_changes_nothing(self) -> None:
        box = {**BOX, "corners": [list(each) for each in BOX["corners"]]}  # type: ignore[union-attr]
        value = Object3D({"type": "lidar/beta", "boxes": [box]})
        box["corners"][0][0] = 99
        assert value.boxes == [BOX]

    @pytest.mark.parametrize("key", ['"points"', '"points":[[', "\\", "]]"])
    def test_keys_and_labels_that_look_like_points(self, key: str) -> None:
        box = {**BOX, "label": key, key: {"points": [[1, 2, 3]]}}
        value = Object3D({"type": "lidar/beta", "points": POINTS, "boxes": [box], "points ": key})
        assert np.array_equal(value.to_numpy(), POINTS)
        assert value.boxes == [box]
        assert value.scene["points "] == key

    @pytest.mark.parametrize(
        ("change", "error", "words"),
        [
            ({"type": "scene/v1"}, ValueError, "'lidar/beta', not 'scene/v1'"),
            ({"boxes": 3}, TypeError, "'boxes' of a scene are a list"),
            ({"boxes": [3]}, TypeError, r"boxes\[0\] is int"),
            ({"boxes": [{}]}, ValueError, r"boxes\[0\] has no 'corners'"),
            (
                {"boxes": [BOX, {"corners": [[1, 2, 3]]}]},
                ValueError,
                r"boxes\[1\]\['corners'\] are not 8 x 3",
            ),
            ({"vectors": [{"start": [0, 0, 0]}]}, ValueError, r"vectors\[0\] has no 'end'"),
            ({"vectors": [{"start": [0, 0], "end": [0, "a"]}]}, ValueError, r"\['start'\] are not 3 numbers"),
            ({"points": [[1, 2]]}, ValueError, '"points" of a scene have the shape'),
            ({"camera": object()}, TypeError, "camera"),
        ],
    )
    def test_what_is_none(self, change: Any, error: type[Exception], words: str) -> None:
        with pytest.raises(error, match=words):
            Object3D({"type": "lidar/beta", **change})

    def test_a_dict_without_a_type(self) -> None:
        with pytest.raises(ValueError, match="not None"):
            Object3D({"points": POINTS})


class TestBox3d:
    def test_a_box_of_the_client(self) -> None:
        box = box3d(
            center=(1, 2, 3), size=(1, 2, 3), orientation=(1, 0, 0, 0), color=(1, 0, 0), label="b", score=0.5
        )
        assert box["corners"][:3] == [[0.5, 1.0, 1.5], [0.5, 1.0, 4.5], [0.5, 3.0, 1.5]]
        assert (box["color"], box["label"], box["score"]) == ([1, 0, 0], "b", 0.5)

    def test_a_turned_box_of_the_client(self) -> None:
        box = box3d(center=np.zeros(3), size=np.ones(3), orientation=(1, 1, 1, 1), color=(0, 1, 0))
        assert np.allclose(box["corners"][:3], [[-0.5, -0.5, -0.5], [0.5, -0.5, -0.5], [-0.5, -0.5, 0.5]])
        assert (box["label"], box["score"]) == (None, None)

    @given(npst.arrays(float, 4, elements=st.floats(-1e9, 1e9).filter(lambda x: abs(x) > 1e-6)))
    def test_turning_keeps_lengths_and_the_opposite_turns_back(self, turn: Any) -> None:
        box, back = (
            np.array(box3d(center=(0, 0, 0), size=(2, 4, 6), orientation=each, color=(0, 0, 0))["corners"])
            for each in (turn, turn * [1, -1, -1, -1])
        )
        flat = np.array(box3d(center=(0, 0, 0), size=(2, 4, 6), color=(0, 0, 0))["corners"])
        assert np.allclose(np.linalg.norm(box, axis=1), np.sqrt(14))
        rotation = np.linalg.lstsq(flat, box, rcond=None)[0]
        assert np.allclose(back, flat @ rotation.T)
        assert np.isclose(np.linalg.det(rotation), 1)

    @pytest.mark.parametrize(
        ("change", "error", "words"),
        [
            ({"orientation": (0, 0, 0, 0)}, ValueError, "no rotation"),
            ({"center": (1, 2)}, ValueError, "center is 3 finite numbers"),
            ({"size": (1, 2, float("nan"))}, ValueError, "size is 3 finite"),
            ({"size": "abc"}, TypeError, "size is 3 numbers"),
            ({"color": object()}, TypeError, "color is object"),
        ],
    )
    def test_what_is_none(self, change: Any, error: type[Exception], words: str) -> None:
        with pytest.raises(error, match=words):
            box3d(**{"center": (0, 0, 0), "size": (1, 1, 1), "color": (0, 0, 0), **change})

    def test_it_is_a_box_of_a_scene(self) -> None:
        box = box3d(center=(1, 2, 3), size=(1, 2, 3), orientation=(0.2, 0.4, -0.1, 1), color=(1, 0, 0))
        assert read_back(Object3D.from_point_cloud(POINTS, [box])).boxes == [box]


class TestFiles:
    @pytest.mark.parametrize("kind", ["obj", "gltf", "glb", "babylon", "stl", "ply", "pts.json"])
    def test_every_format(self, kind: str, tmp_path: Path) -> None:
        data = bytes(range(256))
        path = tmp_path / f"My.Mesh.{kind.upper()}"
        path.write_bytes(data)
        with path.open("rb") as stream:
            for given in (path, str(path), stream):
                back = read_back(Object3D(given, "c"))
                assert (back.format, back.file.read(), back.caption) == (kind, data, "c")
        back = read_back(Object3D.from_file(io.BytesIO(data), kind))
        assert (back.format, back.file.suffix, back.file.read()) == (kind, f".{kind}", data)
        assert read_back(Object3D(path), dialect=Dialect.ARTIFACT).format == kind

    def test_file_type_goes_before_the_name(self, tmp_path: Path) -> None:
        path = tmp_path / "mesh.txt"
        path.write_text(OBJ)
        for dialect in Dialect:
            back = read_back(Object3D(path, file_type=".OBJ"), dialect=dialect)
            assert (back.format, back.file.read()) == ("obj", OBJ.encode())
        assert Object3D(BytesFile(b"", ".stl"), file_type="obj").format == "obj"
        assert Object3D(BytesFile(b"", ".stl")).format == "stl"

    def test_the_oldest_clients_cut_the_extension(self) -> None:
        store = MemoryStore({"media/object3D/c.json": b"[[1, 2, 3]]"})
        value = decode({"_type": "object3D-file", "path": "media/object3D/c.json"}, store, registry=REGISTRY)
        assert value.format == "pts.json"
        assert value.to_numpy().tolist() == [[1, 2, 3]]

    @pytest.mark.parametrize(
        ("data", "kind", "error", "words"),
        [
            ("cloud.xyz", None, ValueError, "'cloud.xyz' does not say what it is; pass file_type="),
            (io.BytesIO(b""), None, ValueError, "pass file_type="),
            (io.BytesIO(b""), "fbx", ValueError, "'fbx' is none of pts.json, obj"),
            (io.BytesIO(b""), 3, TypeError, "file_type is text"),
            ("https://example.org/a.obj", None, ValueError, "is a URL"),
            ("no-such-file.obj", None, OSError, "no-such-file"),
        ],
    )
    def test_what_is_none(self, data: Any, kind: Any, error: type[Exception], words: str) -> None:
        with pytest.raises(error, match=words):
            Object3D(data, file_type=kind)

    def test_a_mesh_has_no_scene(self) -> None:
        value = Object3D(io.StringIO(OBJ), file_type="obj")
        assert (value.scene, value.boxes, value.vectors) == ({}, [], [])


class TestLists:
    def test_names_are_below_the_folder(self) -> None:
        store = MemoryStore()
        values = [Object3D(POINTS, "a"), Object3D(io.StringIO(OBJ), file_type="obj")]
        node = encode({"val": values}, store, step=4, registry=REGISTRY).json["val"]
        assert [f"media/object3D/{name}" for name in node["filenames"]] == [
            each["path"] for each in node["objects"]
        ]
        back = decode(node, store, registry=REGISTRY)
        assert isinstance(back, Batch)
        assert back == values

    def test_odd_names_stay_only_where_they_were(self) -> None:
        store = MemoryStore()
        node = encode({"val": [Object3D(POINTS)]}, store, registry=REGISTRY).json["val"]
        odd = {**node, "filenames": ["odd"]}
        back = decode(odd, store, registry=REGISTRY)
        assert encode(back, store, registry=REGISTRY).json["filenames"] == ["odd"]
        moved = encode({"other": back}, MemoryStore(), registry=REGISTRY).json["other"]
        assert moved["filenames"] == [moved["objects"][0]["path"].removeprefix("media/object3D/")]


class TestAdoption:
    def test_a_mesh(self) -> None:
        mesh = trimesh.creation.box((1, 2, 3))
        value = adopt(mesh, registry=REGISTRY)
        assert (type(value), value.format) == (Object3D, "glb")
        assert np.array_equal(value.to_trimesh().vertices, mesh.vertices)
        assert np.array_equal(value.to_trimesh().faces, mesh.faces)

    def test_rounding_is_told(self) -> None:
        with pytest.warns(ValueWarning, match="rounded to 32-bit"):
            Object3D(trimesh.creation.box((1, 1, 1 / 3)))

    def test_a_cloud_and_a_scene(self) -> None:
        assert np.array_equal(Object3D(trimesh.PointCloud(POINTS)).to_numpy(), POINTS)
        colors = np.full((20, 4), [1, 2, 3, 255], np.uint8)
        found = Object3D(trimesh.PointCloud(POINTS, colors=colors)).to_numpy()
        assert np.array_equal(found, np.hstack((POINTS, colors[:, :3])))
        scene = trimesh.Scene([trimesh.creation.box(), trimesh.creation.box()])
        assert Object3D(scene).to_numpy().shape == (16, 3)


class TestDescribe:
    def test_what_is_known_without_opening(self) -> None:
        value = Object3D(io.StringIO(OBJ), "a triangle", file_type="obj")
        assert value.describe() == "obj, 32 bytes, 'a triangle'"
        assert Object3D(POINTS).describe() == "pts.json"
        with pytest.warns(ValueWarning):
            assert Object3D([[np.nan, 0, 0]]).describe() == "pts.json, 1 points left out"

    def test_meshes_need_no_numpy(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "trimesh", None)
        value = read_back(Object3D(io.StringIO(OBJ), file_type="obj"))
        with pytest.raises(MissingExtra, match=r"pip install wbtypes-object3d\[trimesh\]"):
            value.to_trimesh()
        assert value.describe() == "obj, 32 bytes"
