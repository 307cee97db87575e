"""What masks become, and the PNG writer."""

from __future__ import annotations

import importlib.util
import io
import struct
import sys
import warnings
import zlib
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra import numpy as arrays
from PIL import Image

import wbtypes_mask.plugin
from wbtypes_core import (
    BytesFile,
    DecodeError,
    LimitError,
    Limits,
    MemoryStore,
    Registry,
    ValueWarning,
    decode,
    encode,
)
from wbtypes_mask import ImageMask, native

REGISTRY = Registry.of(wbtypes_mask.plugin)

pixel_arrays = st.sampled_from((np.uint8, np.uint16, np.dtype(">u2"))).flatmap(
    lambda dtype: arrays.arrays(
        dtype,
        st.one_of(
            st.tuples(st.integers(1, 9), st.integers(1, 9)),
            st.tuples(st.integers(1, 9), st.integers(1, 9), st.integers(1, 4)),
        ),
    )
)


def chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    """The chunks of a PNG, their sums checked."""
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    found, at = [], 8
    while at < len(data):
        (length,) = struct.unpack_from(">I", data, at)
        kind, body = data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        assert struct.unpack_from(">I", data, at + 8 + length)[0] == zlib.crc32(kind + body)
        found.append((kind, body))
        at += 12 + length
    return found


def pixels(data: bytes) -> Any:
    """The pixels of a PNG, read by the letter of its specification, for 16-bit colours, which Pillow narrows."""
    found = chunks(data)
    assert (found[0][0], found[-1]) == (b"IHDR", (b"IEND", b""))
    width, height, bits, colours, *rest = struct.unpack(">IIBBBBB", found[0][1])
    assert rest == [0, 0, 0]
    bands = {0: 1, 2: 3, 4: 2, 6: 4}[colours]
    raw = zlib.decompress(b"".join(body for kind, body in found if kind == b"IDAT"))
    rows = np.frombuffer(raw, np.uint8).reshape(height, -1)
    assert set(rows[:, 0]) == {2}, "the filter named in each row is `up`"
    plain = np.cumsum(rows[:, 1:], axis=0, dtype=np.uint8)
    return plain.view(f">u{bits // 8}").reshape(height, width, bands)


class TestEncodePng:
    @given(pixel_arrays)
    def test_every_array_has_its_pixels_back(self, array: Any) -> None:
        data = native.encode_png(array)
        assert np.array_equal(pixels(data), array.reshape(*array.shape[:2], -1))
        if array.dtype.itemsize == 1 or array.ndim == 2:
            shown = array[..., 0] if array.ndim == 3 and array.shape[2] == 1 else array
            assert np.array_equal(np.asarray(Image.open(io.BytesIO(data))), shown)

    @given(pixel_arrays, st.sampled_from(("transposed", "backwards", "every other", "fortran", "read-only")))
    def test_however_it_lies_in_memory(self, array: Any, how: str) -> None:
        view = {
            "transposed": lambda: array.swapaxes(0, 1),
            "backwards": lambda: array[::-1, ::-1],
            "every other": lambda: np.repeat(array, 2, axis=1)[:, ::2],
            "fortran": lambda: np.asfortranarray(array),
            "read-only": lambda: np.broadcast_to(array[:1], array.shape),
        }[how]()
        assert np.array_equal(pixels(native.encode_png(view)), view.reshape(*view.shape[:2], -1))

    @pytest.mark.parametrize("shape", [(1, 1), (1, 5000), (5000, 1), (1, 1, 4), (1080, 1920, 3)])
    def test_sizes(self, shape: tuple[int, ...]) -> None:
        array = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
        assert np.array_equal(np.asarray(Image.open(io.BytesIO(native.encode_png(array)))), array)

    def test_16_bits_are_big_endian(self) -> None:
        data = native.encode_png(np.array([[1, 256]], np.uint16))
        assert zlib.decompress(dict(chunks(data))[b"IDAT"]) == b"\x02\x00\x01\x01\x00"

    def test_data_beyond_one_chunk(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(native, "_CHUNK", 7)
        array = np.random.default_rng(0).integers(0, 256, (9, 9), np.uint8)
        data = native.encode_png(array)
        assert sum(kind == b"IDAT" for kind, _ in chunks(data)) > 1
        assert np.array_equal(np.asarray(Image.open(io.BytesIO(data))), array)

    @pytest.mark.parametrize(
        "shape", [(0, 4), (4, 0), (0, 0), (4, 0, 3), (4,), (), (2, 2, 5), (2, 2, 0), (1, 2, 2, 3)]
    )
    def test_no_pixels_or_no_picture(self, shape: tuple[int, ...]) -> None:
        with pytest.raises(ValueError, match="at least one pixel"):
            native.encode_png(np.zeros(shape, np.uint8))

    @pytest.mark.parametrize("dtype", [np.int8, np.uint32, np.float32, np.bool_, object])
    def test_other_dtypes(self, dtype: Any) -> None:
        with pytest.raises(TypeError, match="uint8 or uint16"):
            native.encode_png(np.zeros((2, 2), dtype))

    def test_without_isal_the_pixels_are_the_same(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "isal", None)
        monkeypatch.setitem(sys.modules, "isal.isal_zlib", None)
        spec = importlib.util.spec_from_file_location("wbtypes_mask.native_without_isal", native.__file__)
        assert spec is not None
        assert spec.loader is not None
        room = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(room)
        assert room.deflate is zlib.compress
        array = np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)
        assert np.array_equal(pixels(room.encode_png(array)), array)


whole_arrays = st.sampled_from(
    ["bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", ">i4", ">u2"]
).flatmap(lambda name: arrays.arrays(np.dtype(name), st.tuples(st.integers(1, 5), st.integers(1, 5))))


def quiet(array: Any) -> ImageMask:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ValueWarning)
        return ImageMask({"mask_data": array}, "truth")


class TestThereAndBack:
    @given(whole_arrays)
    def test_whole_numbers_come_back_as_they_were(self, array: Any) -> None:
        mask = quiet(array)
        store = MemoryStore()
        read = decode(encode(mask, store, registry=REGISTRY).json, store, registry=REGISTRY)
        for each in (mask, read):
            back = each.to_numpy()
            assert back.dtype == array.dtype.newbyteorder("=")
            assert np.array_equal(back, array)

    @given(
        arrays.arrays(st.sampled_from((np.float16, np.float32, np.float64)), (3, 4)).map(
            lambda array: np.ascontiguousarray(array)
        )
    )
    def test_floats_come_back_without_fractions(self, array: Any) -> None:
        mask = quiet(array)
        expected = np.where(np.isfinite(array), np.trunc(array), 0).astype(array.dtype)
        assert mask.zeroed == np.count_nonzero(~np.isfinite(array))
        store = MemoryStore()
        back = decode(encode(mask, store, registry=REGISTRY).json, store, registry=REGISTRY).to_numpy()
        assert back.dtype == array.dtype
        assert np.array_equal(back, expected)

    def test_a_wide_float_comes_back_as_float64(self) -> None:
        back = quiet(np.array([[1, -3]], np.longdouble)).to_numpy()
        assert (back.dtype, back.tolist()) == (np.float64, [[1, -3]])

    def test_a_large_mask(self) -> None:
        array = np.random.default_rng(0).integers(-2, 300, (700, 900))
        assert np.array_equal(quiet(array).to_numpy(), array)


def file_of(picture: Image.Image, kind: str = "PNG", **more: Any) -> BytesFile:
    stream = io.BytesIO()
    picture.save(stream, kind, **more)
    return BytesFile(stream.getvalue(), f".{kind.lower()}", f"mask.{kind.lower()}")


def ids(file: BytesFile) -> Any:
    return ImageMask({"path": file}, "truth").to_numpy()


class TestPicturesByPath:
    GRID = np.arange(6, dtype=np.uint8).reshape(2, 3)

    def test_a_palette_gives_its_indices(self) -> None:
        picture = Image.fromarray(self.GRID, "L").convert("P")
        picture.putpalette(list(range(255, -1, -1)) * 3)
        assert np.array_equal(ids(file_of(picture)), self.GRID)

    @pytest.mark.parametrize("kind", ["PNG", "TIFF", "BMP"])
    def test_one_bit_is_0_and_1(self, kind: str) -> None:
        assert ids(file_of(Image.fromarray(self.GRID > 2), kind)).tolist() == [[0, 0, 0], [1, 1, 1]]

    @pytest.mark.parametrize("kind", ["PNG", "TIFF", "BMP", "GIF", "PPM", "TGA"])
    def test_formats_without_loss(self, kind: str) -> None:
        back = ids(file_of(Image.fromarray(self.GRID), kind))
        assert (back.dtype, back.tolist()) == (np.uint8, self.GRID.tolist())

    def test_16_bits(self) -> None:
        for kind in ("PNG", "TIFF"):
            back = ids(file_of(Image.fromarray(self.GRID.astype(np.uint16) * 13_000), kind))
            assert (back.dtype, back.tolist()) == (np.uint16, (self.GRID.astype(int) * 13_000).tolist())

    def test_32_bits_that_fit(self) -> None:
        assert ids(file_of(Image.fromarray(self.GRID.astype(np.int32) * 13_000), "TIFF")).max() == 65_000

    @pytest.mark.parametrize("mode", ["LA", "RGB", "RGBA"])
    def test_bands_that_agree(self, mode: str) -> None:
        assert np.array_equal(ids(file_of(Image.fromarray(self.GRID).convert(mode))), self.GRID)

    @pytest.mark.parametrize(
        ("file", "words"),
        [
            (file_of(Image.new("RGB", (2, 2), (1, 2, 3))), "colours"),
            (file_of(Image.new("CMYK", (2, 2)), "TIFF"), "colours"),
            (file_of(Image.new("F", (2, 2), 0.5), "TIFF"), "mode F"),
            (file_of(Image.new("I", (2, 2), -1), "TIFF"), "mode I"),
            (BytesFile(native.encode_png(np.ones((2, 2, 3), np.uint16)), ".png"), "16 bits"),
        ],
    )
    def test_what_holds_no_ids(self, file: BytesFile, words: str) -> None:
        mask = ImageMask({"path": file}, "truth")
        with pytest.raises(DecodeError, match=words) as caught:
            mask.to_numpy()
        assert caught.value.reason == "bad-file"
        assert mask.to_pil().size == (2, 2)


class TestDamage:
    PNG = native.encode_png(np.random.default_rng(0).integers(0, 256, (9, 7), np.uint8))

    def read(self, data: bytes, **limits: int) -> Any:
        file = BytesFile(data, ".png", "mask.png", Limits(**limits))
        return ImageMask.restore(file=file).to_numpy()

    def test_a_whole_file_is_read(self) -> None:
        assert self.read(self.PNG).shape == (9, 7)

    def test_a_truncated_file(self) -> None:
        for end in range(len(self.PNG) - 21):  # all pixels are there before the checksums and the end mark
            with pytest.raises(DecodeError, match="cannot be read as a picture"):
                self.read(self.PNG[:end])

    @given(st.data())
    def test_altered_bytes_give_ids_or_an_error_of_ours(self, data: st.DataObject) -> None:
        altered = bytearray(self.PNG)
        for _ in range(data.draw(st.integers(1, 4))):
            altered[data.draw(st.integers(0, len(altered) - 1))] = data.draw(st.integers(0, 255))
        try:
            assert self.read(bytes(altered), pixels=1 << 20).ndim == 2
        except DecodeError as error:
            assert error.reason in ("bad-file", "limit")

    @pytest.mark.parametrize("data", [b"", b"no picture at all", b"\x89PNG\r\n\x1a\n", b"II*\0" + bytes(64)])
    def test_no_picture(self, data: bytes) -> None:
        with pytest.raises(DecodeError) as caught:
            self.read(data)
        assert caught.value.reason == "bad-file"
        assert str(caught.value).startswith("mask.png cannot be read as a picture: ")
        assert " at 0x" not in str(caught.value)

    @pytest.mark.parametrize("mode", ["L", "RGBA"])
    def test_ids_that_do_not_fit_into_memory(self, mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
        def full(*args: Any) -> Any:
            raise MemoryError

        mask = ImageMask.restore(file=file_of(Image.new(mode, (9, 7))))
        assert mask.to_numpy().shape == (7, 9)
        monkeypatch.setattr(np, "asarray" if mode == "L" else "array_equal", full)
        with pytest.raises(LimitError, match=r"do not fit into memory; to_pil\(\) gives the picture"):
            mask.to_numpy()

    def test_formats_that_other_programs_would_draw(self) -> None:
        script = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\nshowpage\n%%EOF\n"
        assert Image.open(io.BytesIO(script)).format == "EPS"
        with pytest.raises(
            DecodeError, match=r"mask\.png cannot be read as a picture: Pillow knows no picture of this kind"
        ):
            self.read(script)

    def test_a_small_file_of_many_pixels(self) -> None:
        header = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 0, 0, 0, 0)
        ihdr = b"IHDR" + header
        bomb = (
            self.PNG[:8] + struct.pack(">I", 13) + ihdr + struct.pack(">I", zlib.crc32(ihdr)) + self.PNG[33:]
        )
        with pytest.raises(LimitError, match=r"pixels=268,435,456.*Limits\(pixels=\.\.\.\)"):
            self.read(bomb)

    def test_a_bomb_of_another_format(self) -> None:
        with pytest.raises(DecodeError) as caught:
            self.read(b"P5 60000 60000 255\n" + bytes(100))
        assert caught.value.reason in ("bad-file", "limit")

    def test_limits(self) -> None:
        with pytest.raises(LimitError, match="pixels=62"):
            self.read(self.PNG, pixels=62)

    def test_a_file_that_is_not_there(self) -> None:
        mask = decode({"_type": "mask", "path": "media/images/mask/a.png"}, MemoryStore(), registry=REGISTRY)
        for read in (mask.to_numpy, mask.to_pil):
            with pytest.raises(DecodeError) as caught:
                read()
            assert caught.value.reason == "missing-file"

    @pytest.mark.parametrize(
        ("said", "words"),
        [
            ({"dtype": "int8"}, "above 127, the highest of int8"),
            ({"dtype": "bool"}, "above 1, the highest of bool"),
            ({"dtype": "int8", "ids": ((255, -1),)}, "above 127"),
            ({"dtype": "uint8", "ids": ((255, -1),)}, "-1, is no uint8"),
            ({"dtype": "int64", "ids": ((255, 10**400),)}, "is no int64"),
            ({"ids": ((255, -(10**400)),)}, "is no float64"),
            ({"dtype": "float16", "ids": ((255, 1e300),)}, "is no float16"),
        ],
    )
    def test_what_is_said_beside_it_must_fit(self, said: dict[str, Any], words: str) -> None:
        file = BytesFile(native.encode_png(np.array([[200, 255]], np.uint8)), ".png")
        with pytest.raises(DecodeError, match=words) as caught:
            ImageMask.restore(file=file, **said).to_numpy()
        assert caught.value.reason == "bad-value"

    def test_renamed_ids_that_the_picture_cannot_hold_are_no_matter(self) -> None:
        file = BytesFile(native.encode_png(np.array([[200, 255]], np.uint8)), ".png")
        mask = ImageMask.restore(file=file, ids=((255, -1), (60_000, -2)))
        assert mask.to_numpy().tolist() == [[200, -1]]
