"""What 3-D objects become: arrays and meshes, also of damaged and hostile files."""

from __future__ import annotations

import base64
import io
import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import trimesh
from hypothesis import given
from hypothesis import strategies as st

from wbtypes_core import BytesFile, DecodeError, LimitError, Limits
from wbtypes_object3d import Object3D, native

POINTS = np.random.default_rng(0).normal(size=(20, 3))


def file_of(data: bytes | str, kind: str = "pts.json", limits: Limits | None = None) -> Object3D:
    raw = data.encode() if isinstance(data, str) else data
    return Object3D.restore(file=BytesFile(raw, f".{kind}", limits=limits))


def gltf(**changes: Any) -> str:
    raw = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0]], "<f4").tobytes()
    uri = "data:application/octet-stream;base64," + base64.b64encode(raw).decode()
    return json.dumps(
        {
            "asset": {"version": "2.0"},
            "scenes": [{"nodes": [0]}],
            "nodes": [{"mesh": 0}],
            "meshes": [{"primitives": [{"attributes": {"POSITION": 0}}]}],
            "buffers": [{"byteLength": 36, "uri": uri}],
            "bufferViews": [{"buffer": 0, "byteLength": 36}],
            "accessors": [{"bufferView": 0, "componentType": 5126, "count": 3, "type": "VEC3"}],
            **changes,
        }
    )


class TestReading:
    @pytest.mark.parametrize("rows", [1, 3_000, 40_000])
    @pytest.mark.parametrize("indent", [None, 4])
    @pytest.mark.parametrize("scene", [False, True])
    def test_points_however_they_are_written(self, rows: int, indent: int | None, scene: bool) -> None:
        array = np.random.default_rng(1).normal(size=(rows, 6))
        document: Any = array.tolist()
        if scene:
            document = {"type": "lidar/beta", "boxes": [{"label": "]]"}], "points": document, "vectors": []}
        value = file_of(f" \n{json.dumps(document, indent=indent)}\n")
        assert np.array_equal(value.to_numpy(), array)
        assert value.boxes == ([{"label": "]]"}] if scene else [])

    def test_whole_numbers_are_integers(self) -> None:
        assert file_of("[[1,2,3]]").to_numpy().dtype == np.int64
        assert file_of("[[1,2,3],[1,2,3.0]]").to_numpy().dtype == np.float64
        assert file_of("[]").to_numpy().shape == (0, 3)
        assert file_of(' {"points": [ ]}').to_numpy().shape == (0, 3)
        assert file_of("{}").to_numpy().shape == (0, 3)

    def test_what_is_not_finite_is_read(self) -> None:
        found = file_of('{"points":[[NaN,Infinity,-Infinity],[0.0,0.0,0.0]],"boxes":[{"score":NaN}]}')
        assert np.array_equal(found.to_numpy(), [[np.nan, np.inf, -np.inf], [0, 0, 0]], equal_nan=True)
        assert np.isnan(found.boxes[0]["score"])

    @pytest.mark.parametrize("pieces", [1, 7, 64, 1 << 16])
    @given(
        rows=st.lists(st.lists(st.floats(width=32) | st.integers(-9, 9), min_size=3, max_size=3), max_size=9)
    )
    def test_any_size_of_piece(self, pieces: int, rows: list[list[float]]) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(native, "_PIECE", pieces)
            found = file_of(json.dumps(rows)).to_numpy()
        assert np.array_equal(found, np.array(rows or np.zeros((0, 3)), float), equal_nan=True)

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "[[1,2,3]",
            "[[1,2,3],]",
            "[[1,2,3],[4,5]]",
            "[[1,2],[3,4,5,6]]",
            "[[1,2,3,4],[5,6]]",
            "[1,2,3]",
            "[[[1,2,3]]]",
            "[[1,2,3][4,5,6]]",
            "[[1,2,null]]",
            "[[1,2,true],[1,2,x]]",
            '[["1","2","3"]]',
            '{"points": 3}',
            '{"points": [[1,2,3]}',
            '{"points": [[1,2,3]], "points": 4}',
            "3",
            "[" * 5_000,
            "\xff",
        ],
    )
    def test_what_is_no_cloud(self, text: str) -> None:
        with pytest.raises(DecodeError):
            file_of(text).to_numpy()

    @given(st.binary(max_size=60) | st.text(alphabet='[]{},:"points 123.eN', max_size=60))
    def test_any_bytes(self, data: bytes | str) -> None:
        for read in (lambda value: value.to_numpy(), lambda value: value.scene):
            try:
                read(file_of(data))
            except DecodeError as error:
                assert str(error)

    @pytest.mark.parametrize("text", ['{"boxes": 3}', '{"vectors": [3]}', "3", "{"])
    def test_what_is_no_scene(self, text: str) -> None:
        with pytest.raises(DecodeError):
            file_of(text).boxes  # noqa: B018

    def test_a_dtype_that_the_file_contradicts(self) -> None:
        file = BytesFile(b"[[1.5, 2, 300]]", ".pts.json")
        with pytest.raises(DecodeError, match="no uint8"):
            Object3D.restore(file=file, dtype="uint8").to_numpy()

    @pytest.mark.parametrize(
        "text",
        [
            "[[1,2,3],[4,5,6],[7,8,9]]",
            "[[1,2,3],[4,5,6],[7,8,9] ,[0,0,0]]",
            '{"points":[[1,2,3],[1,2,3],[1,2,3]]}',
        ],
    )
    def test_the_limit_of_points(self, text: str) -> None:
        with pytest.raises(LimitError, match="points=2"):
            file_of(text, limits=Limits(points=2)).to_numpy()

    def test_the_limit_of_the_file(self) -> None:
        value = file_of("[[1,2,3]]", limits=Limits(json_bytes=5))
        with pytest.raises(LimitError, match="json_bytes"):
            value.to_numpy()
        with pytest.raises(LimitError, match="json_bytes"):
            value.boxes  # noqa: B018


class TestMeshes:
    @pytest.mark.parametrize("kind", ["obj", "stl", "ply", "glb"])
    def test_every_format(self, kind: str) -> None:
        data = trimesh.creation.box((1, 2, 3)).export(file_type=kind)
        value = file_of(data, kind)
        mesh = value.to_trimesh()
        assert isinstance(mesh, trimesh.Trimesh)
        assert len(mesh.faces) == 12
        assert np.array_equal(value.to_numpy(), mesh.vertices)
        assert np.array_equal(value.to_numpy().max(axis=0), [0.5, 1, 1.5])

    def test_gltf_places_its_parts(self) -> None:
        value = file_of(gltf(nodes=[{"mesh": 0, "translation": [5, 0, 0]}]), "gltf")
        assert value.to_numpy().tolist() == [[5, 0, 0], [6, 0, 0], [5, 1, 0]]
        assert np.array_equal(value.to_trimesh().vertices, value.to_numpy())

    def test_several_parts_are_a_scene(self) -> None:
        value = file_of(
            gltf(scenes=[{"nodes": [0, 1]}], nodes=[{"mesh": 0}, {"mesh": 0, "scale": [2, 2, 2]}]), "gltf"
        )
        assert isinstance(value.to_trimesh(), trimesh.Scene)
        assert value.to_numpy().max(axis=0).tolist() == [2, 2, 0]

    def test_a_cloud_keeps_its_colours(self) -> None:
        value = Object3D(np.hstack((POINTS, np.full((20, 3), 200.0))))
        cloud = value.to_trimesh()
        assert np.array_equal(cloud.vertices, POINTS)
        assert cloud.colors[0].tolist() == [200, 200, 200, 255]
        assert np.array_equal(Object3D(cloud).to_numpy(), value.to_numpy())

    @pytest.mark.parametrize("kind", ["babylon", "xyz", ""])
    def test_formats_that_are_not_read(self, kind: str) -> None:
        value = Object3D.restore(file=BytesFile(b"{}", f".{kind}" if kind else ""))
        for read in (value.to_trimesh, value.to_numpy):
            with pytest.raises(DecodeError, match=f"{kind or 'nameless'} files are not read here"):
                read()

    @pytest.mark.parametrize("kind", ["obj", "stl", "ply", "gltf", "glb"])
    @pytest.mark.parametrize(
        "data", [b"\xff\x00" * 40, b"solid", b"{}", b"glTF" + bytes(20), b"ply\nformat ascii 1.0\n"]
    )
    def test_damaged_files(self, kind: str, data: bytes) -> None:
        value = file_of(data, kind)
        for read in (value.to_trimesh, value.to_numpy):
            try:
                assert (
                    len(getattr(read(), "vertices", ())) == 0
                )  # some readers take anything for an empty mesh
            except DecodeError as error:
                assert "cannot be read" in str(error) or "JSON" in str(error)


class TestCutShort:
    """What tells by itself that its end is missing is refused, where trimesh makes a smaller mesh of it."""

    @pytest.mark.parametrize("kind", ["stl", "stl_ascii", "glb", "ply"])
    @pytest.mark.parametrize("part", [0.1, 0.3, 0.6, 0.9, 0.99])
    def test_formats_that_say_how_long_they_are(self, kind: str, part: float) -> None:
        data = trimesh.creation.icosphere(2).export(file_type=kind)
        raw = data.encode() if isinstance(data, str) else data
        format = kind.partition("_")[0]
        assert len(file_of(raw, format).to_numpy()) in (162, 960)
        value = file_of(raw[: int(len(raw) * part)], format)
        for read in (value.to_numpy, value.to_trimesh):
            with pytest.raises(DecodeError) as caught:
                read()
            assert caught.value.reason in ("bad-file", "bad-json")
            assert kind in ("glb", "ply") or "it is cut short" in str(caught.value)

    @pytest.mark.parametrize("cut", [1, 50, 84, 130])
    def test_a_binary_stl_file_of_another_length_than_its_count_says(self, cut: int) -> None:
        data = bytes(80) + struct.pack("<I", 1) + np.arange(12, dtype="<f4").tobytes() + b"\0\0"
        assert len(file_of(data, "stl").to_numpy()) == 3
        with pytest.raises(DecodeError, match=f"cut short: {len(data) - cut} of "):
            file_of(data[:-cut], "stl").to_numpy()
        with pytest.raises(DecodeError, match="promises 1 triangles, and more follows"):
            file_of(data + b"more", "stl").to_numpy()
        empty = data[:80] + bytes(4)
        assert file_of(empty, "stl").to_numpy().shape == (0, 3)

    def test_stl_as_text(self) -> None:
        facet = (
            "facet normal 0 0 1\nouter loop\nvertex 0 0 0\nvertex 1 0 0\nvertex 0 1 0\nendloop\nendfacet\n"
        )
        solid = f"solid a facet\n{facet}endsolid a facet"
        for whole, count in (
            (solid, 3),
            (f"{solid}\r\n\n", 3),
            (f"{solid}\n{solid}\n", 6),
            (solid.upper(), 3),
            ("solid a\nendsolid a\n", 0),
        ):
            assert len(file_of(whole, "stl").to_numpy()) == count
        for cut in (f"solid a\n{facet}", f"{solid}\nsolid b\n{facet}"):
            with pytest.raises(DecodeError, match='cut short: it does not end with "endsolid"'):
                file_of(cut, "stl").to_numpy()

    def test_ply_as_text(self) -> None:
        raw = trimesh.creation.box().export(file_type="ply", encoding="ascii")
        assert file_of(raw, "ply").to_numpy().shape == (8, 3)
        assert file_of(raw.rstrip(), "ply").to_numpy().shape == (8, 3)
        with pytest.raises(DecodeError, match="cut short: it has fewer than the 20 lines"):
            file_of(raw[: int(len(raw) * 0.9)], "ply").to_numpy()

    @pytest.mark.parametrize("end", ["f 2", "f 1/1/1 2/1/1", "f", "v 1 1", "v"])
    def test_the_last_line_of_obj(self, end: str) -> None:
        whole = "v 0 0 0\nv 1 0 0\nv 0 1 0\nv 0 0 1\nf 1 2 3\n"
        for more in ("", "f 2 3 4", "f 2 3 4 1 ", "# f", "vt 0", "s 1", "v 1 1 1"):
            assert len(file_of(whole + more, "obj").to_numpy()) in (3, 4)
        with pytest.raises(DecodeError, match="cut short: its last line names"):
            file_of(whole + end, "obj").to_numpy()

    @pytest.mark.parametrize("face", ["1 2 4", "1/1 2/1 4/1", "1 2 3\nf 1 2 3 4", "-1 -2 -4"])
    def test_a_face_of_obj_names_vertices_that_are_there(self, face: str) -> None:
        with pytest.raises(DecodeError, match="it names what is not there"):
            file_of(f"v 0 0 0\nv 1 0 0\nv 0 1 0\nvt 0 0\nf {face}\n", "obj").to_numpy()

    def test_vertices_are_counted_before_they_are_parsed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delattr(trimesh, "load_scene")
        stl = bytes(80) + struct.pack("<I", 1) + bytes(50)
        for kind, data in (("obj", b"v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3"), ("stl", stl)):
            with pytest.raises(LimitError, match="is 3, over the limit points=2"):
                file_of(data, kind, Limits(points=2)).to_numpy()


class TestReferences:
    """What a file refers to is never looked for."""

    @pytest.fixture(autouse=True)
    def secret(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        (tmp_path / "secret.bin").write_bytes(np.ones((3, 3), "<f4").tobytes())
        (tmp_path / "secret.mtl").write_text("newmtl m\nKd 1 0 0\n")
        monkeypatch.chdir(tmp_path)
        return tmp_path

    @pytest.mark.parametrize(
        "kind", ["secret.bin", "{}/secret.bin", "file://{}/secret.bin", "https://example.org/a.bin"]
    )
    def test_buffers(self, kind: str, secret: Path) -> None:
        value = file_of(gltf(buffers=[{"byteLength": 36, "uri": kind.format(secret)}]), "gltf")
        with pytest.raises(DecodeError, match="not looked for"):
            value.to_numpy()

    def test_material_libraries(self, secret: Path) -> None:
        text = (
            f"mtllib {secret}/secret.mtl\nmtllib secret.mtl\nusemtl m\nv 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n"
        )
        path = secret / "mesh.obj"
        path.write_text(text)
        mesh = Object3D(path).to_trimesh()
        assert len(mesh.vertices) == 3
        assert mesh.visual.kind != "texture"  # with the library found it is


class TestHostileMeshes:
    def test_promises_without_bytes(self) -> None:
        promise = [{"componentType": 5126, "count": 10**12, "type": "VEC3"}]
        with pytest.raises(LimitError, match="points"):
            file_of(gltf(accessors=promise), "gltf", Limits()).to_numpy()
        body = gltf(accessors=promise).encode()
        head = b"glTF" + struct.pack("<IIII", 2, 20 + len(body), len(body), 0x4E4F534A)
        with pytest.raises(LimitError, match="points"):
            file_of(head + body, "glb", Limits()).to_numpy()

    def test_a_ply_that_promises_too_much(self) -> None:
        text = f"ply\nformat ascii 1.0\nelement vertex {10**12}\nproperty float x\nend_header\n0\n"
        with pytest.raises(LimitError, match="points"):
            file_of(text, "ply", Limits()).to_numpy()

    def test_many_parts_of_one_mesh(self) -> None:
        nodes = [{"mesh": 0} for _ in range(40)]
        text = gltf(nodes=nodes, scenes=[{"nodes": list(range(40))}])
        assert len(file_of(text, "gltf", Limits(points=120)).to_numpy()) == 120
        with pytest.raises(LimitError, match="120, over the limit points=119"):
            file_of(text, "gltf", Limits(points=119)).to_numpy()

    @pytest.mark.parametrize(
        "nodes",
        [
            [{"mesh": 0, "children": [0]}],
            [{"mesh": 0, "children": [1]}, {"children": [0]}],
            [{"mesh": 0, "children": [1, 1]}, {}],
            [{"mesh": 0, "children": [7]}],
            [{"mesh": 0, "children": [-1]}, {}],
            [{"mesh": 0, "children": 3}],
            [3],
            3,
        ],
    )
    def test_nodes_that_are_no_tree(self, nodes: Any) -> None:
        with pytest.raises(DecodeError, match="cannot be read as gltf"):
            file_of(gltf(nodes=nodes), "gltf").to_numpy()


def test_a_long_cloud_is_read_in_pieces() -> None:
    array = np.arange(300_000.0).reshape(-1, 3) / 7
    stream = io.BytesIO(Object3D(array).file.read())
    assert len(stream.getvalue()) > 20 * native._PIECE
    assert np.array_equal(Object3D(stream, file_type="pts.json").to_numpy(), array)
