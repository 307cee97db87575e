"""What becomes of arrays, Pillow images, tensors, figures and files, and what comes back."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image as PILImage
from PIL.PngImagePlugin import PngImageFile

from wbtypes_core import (
    BytesFile,
    DecodeError,
    EncodeError,
    LimitError,
    Limits,
    MemoryStore,
    ValueWarning,
    decode,
    encode,
    errors,
    native,
)
from wbtypes_image import Image
from wbtypes_image import native as room

mpl.use("Agg")

RGB = np.arange(6 * 9 * 3, dtype=np.uint8).reshape(6, 9, 3)
GREY = RGB[..., 0]


@pytest.fixture(autouse=True)
def nothing_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(errors, "_told", set())


def quiet(*args: Any, **kwargs: Any) -> Image:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ValueWarning)
        return Image(*args, **kwargs)


def back(image: Image) -> Image:
    """The image as it is after a round through the wire."""
    store = MemoryStore()
    found = decode(encode({"i": image}, store).json, store)["i"]
    assert found == image
    return found


# -- shapes ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shape", "stored", "mode"),
    [
        ((6, 9), (6, 9), "L"),
        ((6, 9, 1), (6, 9), "L"),
        ((6, 9, 3), (6, 9, 3), "RGB"),
        ((6, 9, 4), (6, 9, 4), "RGBA"),
        ((1, 1), (1, 1), "L"),
        ((1, 1, 3), (1, 1, 3), "RGB"),
        ((1, 9, 3), (1, 9, 3), "RGB"),
        ((9, 1, 4), (9, 1, 4), "RGBA"),
        ((1, 9), (1, 9), "L"),
        ((3, 5, 1), (3, 5), "L"),
    ],
)
def test_shapes_are_kept_as_they_are(shape: tuple[int, ...], stored: tuple[int, ...], mode: str) -> None:
    array = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    image = back(Image(array))
    assert (image.height, image.width) == shape[:2]
    assert image.to_pil().mode == mode
    assert image.to_numpy().shape == stored
    assert np.array_equal(image.to_numpy(), array.reshape(stored))


@pytest.mark.parametrize(
    ("shape", "hint"),
    [
        ((), "allowed are"),
        ((9,), "allowed are"),
        ((6, 9, 2), "allowed are"),
        ((6, 9, 5), "allowed are"),
        ((3, 6, 9), r"transpose\(1, 2, 0\)"),
        ((2, 6, 9, 3), "log a list"),
        ((1, 6, 9, 3), "log a list"),
        ((0, 9), "at least one pixel"),
        ((6, 0, 3), "at least one pixel"),
    ],
)
def test_other_shapes_are_refused_with_what_is_allowed(shape: tuple[int, ...], hint: str) -> None:
    with pytest.raises(ValueError, match=hint) as caught:
        Image(np.zeros(shape, np.uint8))
    assert str(shape) in str(caught.value)


@pytest.mark.parametrize("order", ["C", "F"])
def test_an_array_in_any_memory_order_is_copied(order: Any) -> None:
    array = np.array(RGB, order=order)
    image = Image(array[::-1, ::2])
    expected = array[::-1, ::2].copy()
    array[:] = 0
    assert np.array_equal(image.to_numpy(), expected)


def test_nested_lists_are_arrays() -> None:
    assert Image([[0, 255], [7, 9]]).to_numpy().tolist() == [[0, 255], [7, 9]]
    assert Image([[[0.0, 1.0, 0.5]]]).to_numpy().tolist() == [[[0, 255, 128]]]


@pytest.mark.parametrize(
    "data",
    [
        [[1, 2], [3]],
        ["a", "b"],
        [[None]],
        [Image(GREY), Image(GREY)],
        np.array([["a"]]),
        GREY * 1j,
        np.array([[None]]),
    ],
    ids=lambda data: type(data).__name__,
)
def test_what_is_no_array_of_numbers_is_a_type_error(data: Any) -> None:
    with pytest.raises(TypeError):
        Image(data)


# -- ranges ---------------------------------------------------------------------------------------------------


def ramp(lo: float, hi: float, dtype: Any = np.float64) -> np.ndarray[Any, Any]:
    return np.linspace(lo, hi, 54).reshape(6, 9).astype(dtype)


@pytest.mark.parametrize(
    ("array", "value_range", "pixels", "told"),
    [
        (GREY, None, GREY, None),
        (GREY > 40, (0, 1), np.where(GREY > 40, 255, 0), None),
        (GREY.astype(np.int64), None, GREY, None),
        (GREY.astype(np.uint16), None, GREY, None),
        (GREY.astype(">i2"), None, GREY, None),
        (GREY.astype(np.uint16) * 300, None, GREY.astype(np.uint16) * 300, None),
        (ramp(0, 1), (0, 1), np.rint(ramp(0, 1) * 255), None),
        (ramp(0.25, 0.5), (0, 1), np.rint(ramp(0.25, 0.5) * 255), None),
        (np.zeros((6, 9)), (0, 1), np.zeros((6, 9)), None),
        (np.ones((6, 9)), (0, 1), np.full((6, 9), 255), None),
        (ramp(-1, 1), (-1, 1), np.rint((ramp(-1, 1) + 1) * 127.5), room.SIGNED),
        (ramp(-0.5, 0.5), (-1, 1), np.rint((ramp(-0.5, 0.5) + 1) * 127.5), room.SIGNED),
        (ramp(0, 255), (0, 255), np.rint(ramp(0, 255)), room.BYTES),
        (ramp(0, 2), (0, 255), np.rint(ramp(0, 2)), room.BYTES),
        (ramp(0, 1.5), (0, 1.5), np.rint(ramp(0, 1.5) * 170), room.SPAN_OF_FLOATS),
        (ramp(-2, 1), (-2, 1), np.rint((ramp(-2, 1) + 2) * 85), room.SPAN_OF_FLOATS),
        (ramp(0, 510), (0, 510), np.rint(ramp(0, 510) / 2), room.SPAN_OF_FLOATS),
        (np.full((6, 9), 300.0), (300, 300), np.full((6, 9), 128), room.SPAN_OF_FLOATS),
        (GREY.astype(np.int32) * 10 - 100, (-100, 1490), np.rint(GREY / 159 * 255), room.SPAN_OF_INTEGERS),
        (np.full((6, 9), -3), (-3, -3), np.full((6, 9), 128), room.SPAN_OF_INTEGERS),
        (RGB.astype(np.uint16) * 300, (0, 48300), np.rint(RGB / 161 * 255), room.SPAN_OF_INTEGERS),
    ],
)
def test_ranges(array: Any, value_range: Any, pixels: Any, told: str | None) -> None:
    if told is None:
        image = Image(array)
    else:
        with pytest.warns(ValueWarning) as caught:
            image = Image(array)
        assert [str(each.message) for each in caught] == [told]
        assert caught[0].filename == __file__
        Image(array)  # once per process: this would be an error
    assert image.value_range == value_range
    assert np.array_equal(image.to_numpy(), pixels)
    assert image.nonfinite == 0
    restored = back(image).to_numpy(restore=True)
    assert restored.dtype == (array.dtype.newbyteorder("=") if array.dtype.kind != "b" else bool)
    step = 0 if value_range is None else (value_range[1] - value_range[0]) / 255
    assert np.abs(restored - (array * 1.0)).max() <= step * 0.5001 + 0.5 * (
        array.dtype.kind in "iu" and step > 0
    )


def test_nan_and_infinities_are_stored_by_rule_and_counted() -> None:
    array = np.array([[np.nan, np.inf], [-np.inf, 0.5]])
    with pytest.warns(ValueWarning, match="nonfinite counts them"):
        image = Image(array)
    assert image.to_numpy().tolist() == [[0, 255], [0, 128]]
    assert image.value_range == (0, 1)
    assert back(image).nonfinite == 3


def test_an_array_without_a_finite_value_is_stored_too() -> None:
    assert quiet(np.full((2, 2), np.nan)).to_numpy().tolist() == [[0, 0], [0, 0]]
    constant = quiet(np.array([[300.0, np.nan], [np.inf, -np.inf]]))
    assert constant.to_numpy().tolist() == [[128, 0], [255, 0]]
    assert constant.nonfinite == 3


def test_a_given_range_maps_every_dtype_alike_and_clips() -> None:
    for dtype in (np.uint8, np.int64, np.float32, np.uint16):
        image = Image(np.array([[0, 1], [2, 4]], dtype), value_range=(0, 4))
        assert image.to_numpy().tolist() == [[0, 64], [128, 255]]
        assert image.value_range == (0, 4)
        assert image.to_numpy(restore=True).dtype == dtype
        assert image.to_numpy(restore=True).astype(int).tolist() == [[0, 1], [2, 4]]
    with pytest.warns(ValueWarning, match="outside its value_range"):
        clipped = Image(np.array([[-5.0, 10.0]]), value_range=(0, np.float32(4)))
    assert clipped.to_numpy().tolist() == [[0, 255]]
    assert clipped.value_range == (0, 4)
    assert Image(np.array([[True, False]]), value_range=(-1, 1)).to_numpy().tolist() == [[255, 128]]


@pytest.mark.parametrize(
    ("value_range", "error"),
    [
        ((1, 1), ValueError),
        ((2, 1), ValueError),
        ((0, np.inf), ValueError),
        ((np.nan, 1), ValueError),
        ((0,), TypeError),
        ((0, 1, 2), TypeError),
        (("0", "1"), TypeError),
        ((False, True), TypeError),
        (3, TypeError),
    ],
)
def test_a_range_that_is_none_is_refused(value_range: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match="value_range"):
        Image(GREY / 255, value_range=value_range)


def test_masked_values_are_unknown() -> None:
    masked = np.ma.masked_array([[0.0, 1.0], [0.5, 0.5]], mask=[[False, True], [False, False]])
    image = quiet(masked)
    assert image.to_numpy().tolist() == [[0, 0], [128, 128]]
    assert image.nonfinite == 1
    assert Image(np.ma.masked_array(GREY)).nonfinite == 0


NUMBERS = st.sampled_from(
    [
        "bool",
        "int8",
        "uint8",
        "int16",
        "uint16",
        "int32",
        "uint32",
        "int64",
        "uint64",
        "float16",
        "float32",
        "float64",
    ]
)


@settings(max_examples=200)
@given(st.data())
def test_any_array_comes_back_within_half_a_step(data: st.DataObject) -> None:
    dtype = np.dtype(data.draw(NUMBERS))
    shape = data.draw(st.tuples(st.integers(1, 5), st.integers(1, 5), st.sampled_from([0, 1, 3, 4])))
    array = data.draw(hnp.arrays(dtype, shape if shape[2] else shape[:2]))
    flat = array[:, :, 0] if array.ndim == 3 and array.shape[2] == 1 else array
    image = back(quiet(array))
    restored = image.to_numpy(restore=True)
    assert restored.dtype == dtype
    assert restored.shape == flat.shape
    finite = np.isfinite(flat)
    assert image.nonfinite == flat.size - np.count_nonzero(finite)
    if image.value_range is None or dtype.kind == "b":
        assert np.array_equal(restored, flat)
        return
    lo, hi = image.value_range
    assert not finite.any() or (lo <= flat[finite].min() and flat[finite].max() <= hi)
    step = (float(hi) / 255 - float(lo) / 255) * 0.5001
    slack = step + np.abs(np.array([lo, hi], np.float64)).max() * (2e-3 if dtype == np.float16 else 1e-6)
    if dtype.kind in "iu":
        slack += 0.5
    with np.errstate(over="ignore", invalid="ignore"):
        away = np.abs(restored[finite].astype(np.longdouble) - flat[finite].astype(np.longdouble))
    assert (away <= slack).all()


@settings(max_examples=60)
@given(
    hnp.arrays(np.float64, (3, 4), elements=st.floats(-1e308, 1e308)),
    st.tuples(st.floats(-1e308, 1e308), st.floats(-1e308, 1e308)).filter(lambda pair: pair[0] < pair[1]),
)
def test_no_range_is_too_wide_or_too_narrow(array: Any, value_range: tuple[float, float]) -> None:
    image = quiet(array, value_range=value_range)
    pixels = image.to_numpy()
    lo, hi = value_range
    assert (pixels[array <= lo] == 0).all()
    assert (pixels[array >= hi] == 255).all()
    ends = image.to_numpy(restore=True)
    assert (ends >= lo).all() and (ends <= hi).all()


# -- Pillow ---------------------------------------------------------------------------------------------------

STORED_MODE = {
    "1": "1",
    "L": "L",
    "LA": "LA",
    "P": "P",
    "PA": "RGBA",
    "RGB": "RGB",
    "RGBA": "RGBA",
    "RGBX": "RGB",
    "CMYK": "RGB",
    "YCbCr": "RGB",
    "HSV": "RGB",
    "LAB": "RGB",
}


def picture(mode: str) -> PILImage.Image:
    rgba = np.dstack([RGB, GREY[::-1]])
    source = PILImage.fromarray(rgba)
    if mode == "La":
        return source.convert("LA").convert("La")
    if mode in ("I;16", "I;16L", "I;16B", "I;16N"):
        grey = PILImage.new(mode, (9, 6))
        for y, x in np.ndindex(6, 9):
            grey.putpixel((x, y), int(GREY[y, x]) * 400)
        return grey
    return (
        source.convert("RGB").convert(mode)
        if mode in ("P", "PA", "LAB", "HSV", "YCbCr", "CMYK")
        else source.convert(mode)
    )


@pytest.mark.parametrize("mode", STORED_MODE)
def test_pillow_images_keep_their_mode_or_take_the_nearest(mode: str) -> None:
    given_picture = picture(mode)
    image = back(Image(given_picture))
    found = image.to_pil()
    assert found.mode == STORED_MODE[mode]
    assert (image.width, image.height) == (9, 6) == found.size
    expected = given_picture.convert(STORED_MODE[mode])
    assert np.array_equal(np.asarray(found.convert("RGBA")), np.asarray(expected.convert("RGBA")))


@pytest.mark.parametrize(("mode", "stored"), [("La", "LA"), ("RGBa", "RGBA")])
def test_premultiplied_alpha_is_divided_out(mode: str, stored: str) -> None:
    found = back(Image(picture(mode))).to_pil()
    assert found.mode == stored
    assert np.array_equal(np.asarray(found), np.asarray(picture(mode).convert(stored)))


@pytest.mark.parametrize("mode", ["I;16", "I;16L", "I;16B", "I;16N"])
def test_grey_of_16_bits_stays_so(mode: str) -> None:
    image = back(Image(picture(mode)))
    assert image.to_numpy().dtype == np.uint16
    assert np.array_equal(image.to_numpy(), GREY.astype(np.uint16) * 400)
    assert image.value_range is None


def test_grey_of_32_bits_is_stored_in_fewer_when_it_fits() -> None:
    small = back(Image(PILImage.fromarray(GREY.astype(np.int32) * 2)))
    assert small.to_numpy().dtype == np.uint16
    assert np.array_equal(small.to_numpy(restore=True), GREY.astype(np.int32) * 2)
    assert small.to_numpy(restore=True).dtype == np.int32
    tiny = back(Image(PILImage.fromarray(GREY.astype(np.int32))))  # in 16 bits it would look black
    assert (tiny.to_numpy().dtype, tiny.dtype, tiny.value_range) == (np.uint8, "int32", None)
    assert np.array_equal(tiny.to_numpy(restore=True), GREY)
    with pytest.warns(ValueWarning, match="lowest and highest"):
        wide = Image(PILImage.fromarray(GREY.astype(np.int32) * 1000 - 3))
    assert wide.to_numpy().dtype == np.uint8
    assert wide.value_range == (-3, 158_997)


def test_grey_of_floats_follows_the_array_rules() -> None:
    image = back(Image(PILImage.fromarray((GREY / 255).astype(np.float32))))
    assert image.value_range == (0, 1)
    assert np.array_equal(image.to_numpy(), GREY)
    assert np.allclose(image.to_numpy(restore=True), GREY / 255)


def test_a_palette_with_transparency_is_kept() -> None:
    palette = PILImage.fromarray(RGB).convert("P")
    palette.info["transparency"] = 3
    found = back(Image(palette))
    assert found.to_pil().mode == "P"
    assert found.to_numpy().shape == (6, 9, 4)
    assert np.array_equal(found.to_numpy(), np.asarray(palette.convert("RGBA")))


def test_a_transparent_colour_and_a_colour_profile_are_kept() -> None:
    keyed = PILImage.fromarray(RGB)
    keyed.info["transparency"] = (0, 1, 2)
    assert Image(keyed).to_pil().info["transparency"] == (0, 1, 2)
    profiled = PILImage.fromarray(GREY)
    profiled.info["icc_profile"] = b"profile"
    assert Image(profiled).to_pil().info["icc_profile"] == b"profile"


def test_a_pillow_image_is_copied() -> None:
    for mode in ("RGB", "P", "1", "I;16"):
        changing = picture(mode)
        image = Image(changing)
        expected = np.array(changing)
        changing.paste(0, (0, 0, 9, 6))
        assert np.array_equal(np.asarray(image.to_pil()), expected), mode


def test_an_empty_pillow_image_is_refused() -> None:
    with pytest.raises(ValueError, match="0 x 3"):
        Image(PILImage.new("RGB", (0, 3)))


def test_modes_are_converted_to() -> None:
    assert np.array_equal(Image(RGB, "L").to_numpy(), np.asarray(PILImage.fromarray(RGB).convert("L")))
    assert Image(RGB, mode="1").to_pil().mode == "1"
    assert Image(RGB, mode="P").to_pil().mode == "P"
    assert Image(GREY, mode="RGB").to_numpy().shape == (6, 9, 3)
    assert Image(GREY, mode="LA").to_numpy().shape == (6, 9, 2)
    assert Image(RGB, mode="CMYK").to_pil().mode == "RGB"
    assert Image(picture("RGBA"), mode="RGB").to_pil().mode == "RGB"
    with pytest.raises(ValueError, match="mode='XYZ'"):
        Image(RGB, mode="XYZ")
    with pytest.raises(TypeError, match="mode"):
        Image(RGB, mode=3)  # type: ignore[arg-type]


def test_numbers_are_mapped_before_a_mode_is_taken() -> None:
    """Pillow alone would clip what is over 255."""
    with pytest.warns(ValueWarning):
        image = Image(picture("I;16"), mode="L")
    assert image.to_numpy().max() == 255
    assert len(np.unique(image.to_numpy())) > 50
    assert image.value_range == (0, 63_600)
    assert Image((GREY / 255).astype(np.float32), mode="RGB").value_range == (0, 1)
    assert Image(PILImage.fromarray(GREY), mode="I;16").to_numpy().dtype == np.uint16
    assert np.array_equal(Image(GREY, mode="I").to_numpy(restore=True), GREY)


def test_a_range_is_for_numbers() -> None:
    assert Image(PILImage.fromarray(GREY), value_range=(0, 510)).to_numpy().max() == 80
    with pytest.raises(TypeError, match="mode P"):
        Image(picture("P"), value_range=(0, 1))


# -- formats --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("file_type", ["png", "tif", "tiff", "webp", "bmp", "gif", "PNG"])
@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "LA", "I;16"])
def test_formats_without_loss(file_type: str, mode: str) -> None:
    lossy = {
        ("gif", "RGBA"),
        ("gif", "LA"),
        ("gif", "I;16"),
        ("bmp", "RGBA"),
        ("bmp", "LA"),
        ("bmp", "I;16"),
        ("webp", "I;16"),
    }
    given_picture = picture(mode)
    image = back(quiet(given_picture, file_type=file_type))
    assert image.format == file_type.lower()
    assert image.file.suffix == f".{file_type.lower()}"
    if (file_type, mode) in lossy:
        assert image.to_pil().size == (9, 6)
        return
    if mode == "I;16":
        assert np.array_equal(image.to_numpy(), np.asarray(given_picture))
        return
    assert np.array_equal(
        np.asarray(image.to_pil().convert("RGBA")), np.asarray(given_picture.convert("RGBA"))
    )


@pytest.mark.parametrize("file_type", ["jpg", "jpeg", "bmp"])
def test_what_has_no_alpha_loses_it_with_a_word(file_type: str) -> None:
    with pytest.warns(ValueWarning, match="no alpha"):
        image = Image(np.dstack([RGB, GREY]), file_type=file_type)
    assert image.to_pil().mode == "RGB"
    assert image.format == file_type
    assert Image(RGB, file_type=file_type).to_pil().mode == "RGB"
    assert Image(GREY, file_type=file_type).to_pil().mode == "L"


def test_16_bits_are_mapped_where_a_format_has_8() -> None:
    with pytest.warns(ValueWarning, match="integers"):
        image = Image(GREY.astype(np.uint16) * 300, file_type="bmp")
    assert image.to_numpy().max() == 255
    assert np.abs(image.to_numpy(restore=True).astype(int) - GREY * 300.0).max() <= 47_700 / 255 / 2 + 1


@pytest.mark.parametrize(("file_type", "error"), [("svg", ValueError), ("", ValueError), (3, TypeError)])
def test_other_formats_are_refused(file_type: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match="file_type"):
        Image(RGB, file_type=file_type)


def test_sides_too_long_for_a_format_are_refused_at_once() -> None:
    with pytest.raises(ValueError, match="16,383"):
        Image(np.zeros((1, 16_384), np.uint8), file_type="webp")
    with pytest.warns(ValueWarning, match="browsers"):
        image = Image(np.zeros((1, 65_501), np.uint8))
    assert image.to_numpy().shape == (1, 65_501)


# -- tensors and figures --------------------------------------------------------------------------------------


def fake_tensor(array: np.ndarray[Any, Any]) -> Any:
    """As much of a torch tensor as taking its array needs; the class is told by its name, so torch is not imported."""
    steps = ("detach", "cpu", "resolve_conj", "resolve_neg")
    kind = type(
        "Tensor",
        (),
        {
            "__module__": "torch",
            "__qualname__": "Tensor",
            "dtype": f"torch.{array.dtype}",
            "numpy": lambda self: array,
            **dict.fromkeys(steps, lambda self: self),
        },
    )
    return kind()


def test_torch_tensors_have_their_channels_first() -> None:
    assert np.array_equal(Image(fake_tensor(RGB.transpose(2, 0, 1))).to_numpy(), RGB)
    assert np.array_equal(Image(fake_tensor(GREY[None])).to_numpy(), GREY)
    assert np.array_equal(Image(fake_tensor(GREY)).to_numpy(), GREY)
    with pytest.raises(ValueError, match="c x h x w"):
        Image(fake_tensor(RGB))
    with pytest.raises(ValueError, match="log a list"):
        Image(fake_tensor(RGB.transpose(2, 0, 1)[None]))


def test_whatever_offers_an_array_is_one() -> None:
    assert np.array_equal(Image(SimpleArray()).to_numpy(), GREY)


class SimpleArray:
    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        return GREY


def figure() -> Any:
    from matplotlib.figure import Figure

    made = Figure(figsize=(0.8, 0.6), dpi=50)
    made.add_axes((0, 0, 1, 1)).plot([0, 1])
    return made


def test_figures_are_drawn_at_once() -> None:
    drawn = figure()
    image = back(Image(drawn, caption="plot"))
    assert (image.width, image.height, image.format) == (40, 30, "png")
    before = image.to_numpy()
    drawn.axes[0].cla()
    assert np.array_equal(image.to_numpy(), before)
    assert len(np.unique(before.reshape(-1, 4), axis=0)) > 5


def test_what_belongs_to_a_figure_stands_for_it() -> None:
    drawn = figure()
    expected = Image(drawn).to_numpy()
    assert np.array_equal(Image(drawn.axes[0]).to_numpy(), expected)
    assert np.array_equal(Image(drawn.axes[0].lines[0]).to_numpy(), expected)
    part = figure()
    axes = part.subfigures(1, 2)[0].add_subplot()
    assert (Image(axes).width, Image(axes).height) == (40, 30)
    assert Image(figure(), file_type="jpg").to_pil().mode == "RGB"
    with pytest.raises(TypeError, match="value_range"):
        Image(figure(), value_range=(0, 1))


def test_pyplot_stands_for_its_current_figure() -> None:
    import matplotlib.pyplot as plt

    current = plt.figure(figsize=(0.8, 0.6), dpi=50)
    try:
        assert (Image(plt).width, Image(plt).height) == (40, 30)
        assert decode(encode(plt, store := MemoryStore()).json, store).width == 40
    finally:
        plt.close(current)


def test_what_was_plotted_is_adopted() -> None:
    drawn = figure()
    axes = drawn.axes[0]
    store = MemoryStore()
    found = decode(encode({"axes": axes, "lines": list(axes.lines)}, store).json, store)
    assert found["axes"] == found["lines"][0] == Image(drawn)


def test_what_has_no_figure_is_not_adopted() -> None:
    from matplotlib.lines import Line2D

    for stray in (Line2D([0, 1], [0, 1]), mpl, io):
        with pytest.raises(EncodeError, match="cannot be logged: give a value such as Image"):
            encode(stray, MemoryStore())


def test_pictures_and_figures_are_adopted() -> None:
    store = MemoryStore()
    row = encode(
        {"pic": PILImage.fromarray(RGB), "fig": figure(), "list": [PILImage.fromarray(GREY)]}, store
    ).json
    found = decode(row, store)
    assert np.array_equal(native(found["pic"]), RGB)
    assert native(found["fig"]).size == (40, 30)
    assert found["list"][0].to_numpy().shape == (6, 9)


# -- files ----------------------------------------------------------------------------------------------------


@pytest.fixture(params=["png", "jpg", "jpeg", "JPG", "bmp", "webp", "gif", "tiff", "tif", "ppm"])
def file(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / f"x.y.{request.param}"
    PILImage.fromarray(RGB).save(path)
    yield path


def test_files_are_kept_byte_for_byte(file: Path) -> None:
    raw = file.read_bytes()
    store = MemoryStore()
    with file.open("rb") as stream:
        opened = Image(stream)
    for image in (Image(str(file)), Image(file), opened):
        row = encode({"i": image}, store).json
        assert store.files[row["i"]["path"]] == raw
        assert row["i"]["path"].endswith(file.suffix)
        assert row["i"]["format"] == file.suffix[1:]
        assert (row["i"]["width"], row["i"]["height"]) == (9, 6)
        assert "_wbtypes" not in row["i"]
        assert decode(row, store)["i"].to_pil().size == (9, 6)
    file.unlink()
    assert image.file.read() == raw


def test_bytes_without_a_name_get_the_extension_of_what_they_are(file: Path) -> None:
    image = Image(io.BytesIO(file.read_bytes()))
    assert image.format == {"jpeg": "jpg", "JPG": "jpg", "tif": "tiff"}.get(file.suffix[1:], file.suffix[1:])
    assert image.file.read() == file.read_bytes()


def test_only_the_last_extension_counts(tmp_path: Path) -> None:
    for name, suffix in (("a.mask.png", ".png"), ("noext", ""), (".hidden", ""), ("A.PnG", ".PnG")):
        PILImage.fromarray(RGB).save(tmp_path / name, "PNG")
        image = Image(tmp_path / name)
        assert (image.file.suffix, image.format) == (suffix, suffix[1:])


def test_a_file_is_stored_anew_only_for_another_mode_or_format(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    PILImage.fromarray(RGB).save(path)
    assert Image(path, mode="RGB", file_type="png").file.read() == path.read_bytes()
    assert Image(path, mode="L").to_pil().mode == "L"
    assert Image(path, file_type="webp").format == "webp"
    assert np.array_equal(Image(path, file_type="webp").to_numpy(), RGB)
    with pytest.raises(TypeError, match="value_range"):
        Image(path, value_range=(0, 1))


def test_an_animation_keeps_its_frames(tmp_path: Path) -> None:
    frames = [PILImage.fromarray(np.full((4, 4), each, np.uint8)) for each in (0, 100, 200)]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    image = Image(tmp_path / "a.gif")
    found = image.to_pil()
    assert found.tell() == 0
    found.seek(2)
    assert np.asarray(found.convert("L"))[0, 0] == 200
    assert image.to_numpy().shape == (4, 4, 3)


def test_cmyk_and_deep_files_are_arrays_too(tmp_path: Path) -> None:
    PILImage.fromarray(RGB).convert("CMYK").save(tmp_path / "c.jpg")
    assert Image(tmp_path / "c.jpg").to_numpy().shape == (6, 9, 3)
    PILImage.fromarray(GREY.astype(np.float32)).save(tmp_path / "f.tiff")
    assert Image(tmp_path / "f.tiff").to_numpy().dtype == np.float32
    PILImage.fromarray(GREY.astype(np.uint16) * 256).save(tmp_path / "g.png")
    assert np.array_equal(Image(tmp_path / "g.png").to_numpy(), GREY.astype(np.uint16) * 256)


@pytest.mark.parametrize(
    "content", [b"", b"no picture", b"%!PS-Adobe-3.0 EPSF-3.0\n", b"<svg/>", b"\x89PNG\r\n\x1a\n"]
)
def test_a_file_that_is_no_picture_is_refused_with_how_it_begins(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.png"
    path.write_bytes(content)
    with pytest.raises(ValueError, match="cannot be read as an image") as caught:
        Image(path)
    assert repr(content[:16]) in str(caught.value)


def test_files_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Image(tmp_path / "none.png")
    with pytest.raises(OSError):
        Image(tmp_path)
    with pytest.raises(ValueError, match="empty"):
        Image("")


def test_what_was_stored_never_comes_with_an_open_file(tmp_path: Path) -> None:
    path = tmp_path / "a.tiff"
    PILImage.fromarray(RGB).save(path)
    found = Image(path).to_pil()
    path.unlink()
    assert found.getpixel((0, 0)) == tuple(RGB[0, 0])


# -- damaged and hostile files --------------------------------------------------------------------------------


def png() -> bytes:
    stream = io.BytesIO()
    PILImage.fromarray(RGB).save(stream, "PNG")
    return stream.getvalue()


def stored(data: bytes, **limits: int) -> Image:
    return Image.restore(file=BytesFile(data, ".png", limits=Limits(**limits)))


@pytest.mark.parametrize("cut", range(0, len(png()), 7))
def test_a_truncated_picture_is_whole_or_a_decode_error(cut: int) -> None:
    try:
        found = stored(png()[:cut]).to_numpy()
    except DecodeError as error:
        assert error.reason == "bad-file"
    else:  # only what follows the pixels is missing
        assert cut > len(png()) * 0.7
        assert np.array_equal(found, RGB)


@settings(max_examples=150)
@given(st.integers(0, len(png()) - 1), st.binary(min_size=1, max_size=8))
def test_a_damaged_picture_is_read_or_a_decode_error(at: int, noise: bytes) -> None:
    data = png()
    image = stored(data[:at] + noise + data[at + len(noise) :])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            assert image.to_numpy().size
        except DecodeError as error:
            assert error.reason in ("bad-file", "limit")


def test_limits_hold_before_pixels_are_unpacked() -> None:
    with pytest.raises(LimitError, match="pixels=10"):
        stored(png(), pixels=10).to_pil()
    with pytest.raises(LimitError, match="pixels=10"):
        _ = stored(png(), pixels=10).width
    store = MemoryStore()
    row = encode({"i": Image(RGB)}, store).json
    with pytest.raises(LimitError, match="file_bytes=10"):
        decode(row, store, limits=Limits(file_bytes=10))["i"].to_numpy()
    assert stored(png(), pixels=54).to_numpy().shape == RGB.shape


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "BMP", "GIF", "PPM"])
@pytest.mark.parametrize("most", [5, 30], ids=["where Pillow refuses", "where Pillow warns"])
def test_the_limit_is_ours_and_not_pillows(kind: str, most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.BytesIO()
    PILImage.fromarray(RGB).save(stream, kind)
    monkeypatch.setattr(PILImage, "MAX_IMAGE_PIXELS", most)
    assert stored(stream.getvalue(), pixels=54).to_pil().size == (9, 6)
    assert stored(stream.getvalue(), pixels=54).width == 9
    with pytest.raises(LimitError, match="pixels=53"):
        stored(stream.getvalue(), pixels=53).to_pil()


@pytest.mark.parametrize("error", [PILImage.DecompressionBombError, PILImage.DecompressionBombWarning])
def test_where_pillows_own_limit_holds_it_is_named(
    error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Newer Pillows ask for it within the reader of a format, and where warnings are errors the warning refuses too."""

    def bomb(picture: Any) -> None:
        raise error("54 pixels")

    monkeypatch.setattr(PngImageFile, "load", bomb)
    with pytest.raises(LimitError, match=r"over Pillow's own limit.* raise PIL\.Image\.MAX_IMAGE_PIXELS=\d+"):
        stored(png()).to_pil()


def test_what_is_recorded_must_go_with_the_pixels() -> None:
    for more in ({"dtype": "object"}, {"dtype": "U9999999"}, {"dtype": "complex64"}):
        with pytest.raises(DecodeError, match="dtype"):
            stored(png()).replace(**more).to_numpy(restore=True)
    deep = io.BytesIO()
    PILImage.fromarray(GREY.astype(np.float32)).save(deep, "TIFF")
    with pytest.raises(DecodeError, match="float32"):
        stored(deep.getvalue()).replace(value_range=(0, 1)).to_numpy(restore=True)


def test_a_notebook_shows_a_png() -> None:
    assert Image(RGB)._repr_png_() == Image(RGB).file.read()
    shown = Image(RGB, file_type="bmp")._repr_png_()
    assert shown is not None
    assert np.array_equal(np.asarray(PILImage.open(io.BytesIO(shown))), RGB)
    assert stored(b"no picture")._repr_png_() is None


def test_a_name_in_a_namespace_is_no_array() -> None:
    with pytest.raises(TypeError, match="not from SimpleNamespace"):
        Image(SimpleNamespace(figure=None))
