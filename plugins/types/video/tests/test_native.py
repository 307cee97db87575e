"""What becomes of arrays, frames and files, and what comes back."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import warnings
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image as PILImage

from wbtypes_core import (
    BytesFile,
    DecodeError,
    LimitError,
    Limits,
    MemoryStore,
    ValueWarning,
    decode,
    encode,
    errors,
    native,
)
from wbtypes_video import Video
from wbtypes_video.native import reading, writing
from wbtypes_video.native.colours import COLOURS
from wbtypes_video.native.painting import yuv_painter
from wbtypes_video.values import FORMATS, Header

ROWS, COLUMNS = np.mgrid[:32, :48]
SMOOTH = np.stack(
    [
        [128 + 100 * np.sin((COLUMNS + 2 * t) / 9 + hue) * np.cos(ROWS / 7 + hue) for hue in range(3)]
        for t in range(6)
    ]
).astype(np.uint8)
"""Six frames as a camera makes them, (6, 3, 32, 48)."""

FEW = np.random.default_rng(0).integers(0, 256, (4, 3, 9, 7), np.uint8)
"""Four frames of fewer than 256 colours, which a gif keeps as they are."""


@pytest.fixture(autouse=True)
def nothing_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(errors, "_told", set())


def quiet(*args: Any, **kwargs: Any) -> Video:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ValueWarning)
        return Video(*args, **kwargs)


def back(video: Video) -> Video:
    """The video as it is after a round through the wire."""
    store = MemoryStore()
    found = decode(encode({"v": video}, store).json, store)["v"]
    assert found == video
    return found


def likeness(one: Any, other: Any) -> float:
    """The peak signal to noise ratio in dB."""
    error = np.mean((one.astype(float) - other) ** 2)
    return 99 if error == 0 else 10 * np.log10(255**2 / error)


# -- formats --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("format", "least"), [("mp4", 34), ("webm", 34), ("ogg", 38), ("gif", 30)])
@pytest.mark.parametrize("size", [(32, 48), (31, 48), (32, 47), (31, 47), (1, 1)])
def test_frames_come_back_in_their_size_from_every_format(
    format: str, least: float, size: tuple[int, int]
) -> None:
    clip = SMOOTH[:, :, : size[0], : size[1]]
    video = back(Video(clip, fps=12.5, format=format))
    assert (video.height, video.width, video.fps, video.format) == (*size, 12.5, format)
    assert video.duration == pytest.approx(6 / 12.5, abs=0.001)
    found = video.to_numpy()
    assert (found.shape, found.dtype, found.flags.c_contiguous) == (clip.shape, np.uint8, True)
    assert likeness(clip, found) > (least if min(size) > 1 else 20)
    frames = list(video.frames())
    assert [frame.shape for frame in frames] == [clip.shape[1:]] * 6
    assert np.array_equal(np.stack(frames), found)
    assert np.array_equal(native(video), found)


def test_mp4_is_even_and_of_the_kind_that_all_players_show() -> None:
    file = Video(SMOOTH[:, :, :31, :47]).file
    with av.open(io.BytesIO(file.read())) as container:
        stream = container.streams.video[0]
        assert (stream.codec.name, stream.pix_fmt) == ("h264", "yuv420p")
        assert (stream.width, stream.height) == (48, 32)
        context = stream.codec_context
        marks = (context.color_range, context.colorspace, context.color_primaries, context.color_trc)
        assert marks == COLOURS
        last = [frame.to_ndarray(format="gray") for frame in container.decode(stream)][-1].astype(int)
    assert abs(last[-1] - last[-2]).max() < 8  # the last row twice, not a black one


def test_the_wire_says_which_frames_were_made_even() -> None:
    store = MemoryStore()
    node = encode(Video(SMOOTH[:, :, :31, :47]), store, exact=False).json
    assert decode(node, store).to_numpy().shape[2:] == (31, 47)
    for stale in ({"width": 46}, {"height": 100}, {"width": 10**30}):
        assert decode({**node, **stale}, store).to_numpy().shape[2:] == (32, 48)


def test_colours_and_greys_are_neither_darker_nor_tinted() -> None:
    ramp = np.kron(np.arange(0, 256, 17, dtype=np.uint8).reshape(4, 4), np.ones((8, 8), np.uint8))
    for format in ("mp4", "webm", "ogg"):
        found = Video(np.stack([ramp] * 3)[:, None], format=format).to_numpy().astype(int)
        assert np.array_equal(found[:, 0], found[:, 1]) and np.array_equal(found[:, 0], found[:, 2])
        assert abs((found - ramp).mean()) < 0.5
        flat = np.zeros((3, 3, 32, 32), np.uint8) + np.array([200, 30, 90], np.uint8)[:, None, None]
        assert abs(Video(flat, format=format).to_numpy().astype(int) - flat).max() <= 3


@pytest.mark.parametrize("fps", [0.1, 1, 7.5, 24, 29.97, 30, 60_000 / 1001, 100])
@pytest.mark.parametrize("format", FORMATS)
def test_every_rate_comes_back(format: str, fps: float) -> None:
    video = back(Video(FEW, fps=fps, format=format))
    assert video.fps == fps
    assert video.duration == pytest.approx(4 / fps, abs=0.011)


def test_delays_of_a_gif_add_up() -> None:
    with PILImage.open(io.BytesIO(Video(FEW.repeat(3, 0), fps=30, format="gif").file.read())) as film:
        delays = []
        for at in range(film.n_frames):
            film.seek(at)
            delays.append(film.info["duration"])
    assert set(delays) == {30, 40} and len(delays) == 12
    assert sum(delays[:-1]) == pytest.approx(11_000 / 30, abs=5)


def test_equal_frames_stay_frames() -> None:
    for format in FORMATS:
        video = Video(np.zeros((5, 3, 8, 8), np.uint8), format=format)
        assert video.to_numpy().shape == (5, 3, 8, 8)
        assert video.duration == pytest.approx(1.25)


def test_equal_clips_are_equal_files() -> None:
    for format in FORMATS:
        assert Video(SMOOTH, format=format).sha256 == Video(SMOOTH.copy(), format=format).sha256


ENCODE_ON_ONE_PROCESSOR = """
import os, sys
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, list(os.sched_getaffinity(0))[:1])
import numpy
from wbtypes_video import Video
clip = numpy.load(sys.argv[1])
print(*[Video(clip, format=format).sha256 for format in sys.argv[2:]])
"""


@pytest.mark.parametrize("garbage", ["1", "90"])
def test_files_show_nothing_of_the_machines_memory_and_processors(tmp_path: Path, garbage: str) -> None:
    """An encoder that reads past its rows, or works otherwise in more threads, is found out by a clip of such a size."""
    clip = np.tile(SMOOTH, (1, 1, 10, 3))[:, :, :290, :130]
    np.save(tmp_path / "clip.npy", clip)
    told = subprocess.run(
        [sys.executable, "-c", ENCODE_ON_ONE_PROCESSOR, str(tmp_path / "clip.npy"), *FORMATS],
        env={**os.environ, "MALLOC_PERTURB_": garbage},  # what glibc fills memory with, before it is used
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.split() == [Video(clip, format=format).sha256 for format in FORMATS]


def test_files_show_nothing_of_what_the_processor_can_do(monkeypatch: pytest.MonkeyPatch) -> None:
    fast = Video(SMOOTH)
    codec = writing._CODECS["mp4"]
    plain = {**codec.options, "x264-params": codec.options["x264-params"] + ":asm=0"}
    monkeypatch.setattr(writing, "_CODECS", {"mp4": evolve(codec, options=plain)})
    assert Video(SMOOTH).sha256 == fast.sha256


@pytest.mark.parametrize("format", ["mp4", "webm", "ogg"])
def test_sizes_that_a_format_does_not_hold_are_refused(format: str) -> None:
    with pytest.raises(ValueError, match=f"format='{format}' holds 16,38. pixels a side"):
        Video(np.zeros((1, 1, 2, 16_400), np.uint8), format=format)


def test_what_an_encoder_refuses_is_a_value_error(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = writing._Codec("libx264", "yuv420p", yuv_painter, 100, options={"preset": "none such"})
    monkeypatch.setattr(writing, "_CODECS", {"mp4": broken})
    with pytest.raises(
        ValueError, match="48 x 32 pixels at 4 frames a second cannot be stored as format='mp4'"
    ):
        Video(SMOOTH)


# -- shapes ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shape", "hint"),
    [
        ((), "allowed are"),
        ((9,), "allowed are"),
        ((6, 9), "allowed are"),
        ((5, 6, 9), r"array\[:, None\]"),
        ((5, 6, 9, 3), r"transpose\(0, 3, 1, 2\)"),
        ((2, 5, 6, 9, 4), r"transpose\(0, 1, 4, 2, 3\)"),
        ((5, 2, 6, 9), "c of 1, 3 or 4"),
        ((0, 3, 6, 9), "at least one frame"),
        ((5, 3, 0, 9), "at least one frame"),
        ((0, 5, 3, 6, 9), "at least one frame"),
        ((1, 1, 5, 3, 6, 9), "allowed are"),
    ],
)
def test_other_shapes_are_refused_with_what_is_allowed(shape: tuple[int, ...], hint: str) -> None:
    with pytest.raises(ValueError, match=hint) as caught:
        Video(np.zeros(shape, np.uint8))
    assert str(shape) in str(caught.value)


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_one_three_and_four_channels(channels: int) -> None:
    clip = np.concatenate([FEW, np.full_like(FEW[:, :1], 255)], 1)[:, :channels]
    video = back(Video(clip, format="gif"))
    assert np.array_equal(video.to_numpy(), np.broadcast_to(clip[:, :3], FEW.shape))
    assert np.array_equal(video.to_numpy(restore=True), clip[:, :3])
    assert video.grey is (channels == 1)


def test_alpha_is_left_out_and_told_of_once() -> None:
    clip = np.concatenate([FEW, FEW[:, :1]], 1)
    with pytest.warns(ValueWarning, match="alpha"):
        video = Video(clip, format="gif")
    assert np.array_equal(video.to_numpy(), FEW)
    Video(clip, format="gif")


def test_arrays_in_any_memory_order_and_of_any_library() -> None:
    class Foreign:
        def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
            return FEW

    flipped = np.asfortranarray(FEW)[::-1, :, ::-1]
    assert np.array_equal(Video(flipped, format="gif").to_numpy(), flipped)
    assert Video(Foreign()) == Video(FEW)


# -- batches --------------------------------------------------------------------------------------------------


def as_wandb_lays_them(batch: Any) -> Any:
    """The grid of the client, (t, c, h, w); wire format, section 2.7."""
    b, t, c, h, w = batch.shape
    if b & (b - 1):
        surplus = 2 ** b.bit_length() - b
        batch = np.concatenate((batch, np.zeros((surplus, t, c, h, w), batch.dtype)))
    rows = 2 ** ((b.bit_length() - 1) // 2)
    grid = batch.reshape(rows, len(batch) // rows, t, c, h, w).transpose(2, 0, 4, 1, 5, 3)
    return grid.reshape(t, rows * h, -1, c).transpose(0, 3, 1, 2)


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 7, 8, 9, 16, 17])
def test_a_batch_lies_as_wandb_lays_it(count: int) -> None:
    batch = np.random.default_rng(count).integers(0, 256, (count, 2, 1, 3, 5), np.uint8)
    video = back(Video(batch, format="gif"))
    grid = as_wandb_lays_them(batch)
    assert np.array_equal(video.to_numpy()[:, :1], grid)
    assert (video.height, video.width, video.batch) == (*grid.shape[2:], count)
    assert np.array_equal(video.to_numpy(restore=True), batch)


def test_places_without_a_clip_are_black_whatever_the_range() -> None:
    video = quiet(np.full((3, 2, 1, 4, 4), -7.0) + np.eye(4), format="gif")
    assert video.value_range == (-7.0, -6.0)
    assert video.to_numpy()[..., 12:].max() == 0
    assert np.array_equal(video.to_numpy(restore=True), np.full((3, 2, 1, 4, 4), -7.0) + np.eye(4))


def test_a_grid_that_cannot_be_cut_is_a_decode_error() -> None:
    video = Video(FEW, format="gif").replace(batch=4)
    with pytest.raises(DecodeError, match="do not hold 4 clips"):
        video.to_numpy(restore=True)
    assert video.to_numpy().shape == FEW.shape


# -- ranges ---------------------------------------------------------------------------------------------------


def ending(number: float) -> Any:
    """A clip of zeros and a number."""
    return np.array([0.0, number]).reshape(2, 1, 1, 1)


def levels(*numbers: float, dtype: Any = float, **arguments: Any) -> tuple[list[int], Video]:
    """The pixels that numbers become, one number per frame."""
    video = quiet(np.array(numbers, dtype).reshape(-1, 1, 1, 1), format="gif", **arguments)
    return video.to_numpy()[:, 0, 0, 0].tolist(), back(video)


@pytest.mark.parametrize(
    ("numbers", "dtype", "pixels", "value_range"),
    [
        ((0, 1, 255), np.uint8, [0, 1, 255], None),
        ((False, True), bool, [0, 255], (0, 1)),
        ((0, 7, 255), np.int64, [0, 7, 255], None),
        ((0, 7, 255), np.uint16, [0, 7, 255], None),
        ((0, 510, 1020), np.uint16, [0, 128, 255], (0, 1020)),
        ((-1, 0, 1), np.int8, [0, 128, 255], (-1, 1)),
        ((-(2**63), 2**63 - 1), np.int64, [0, 255], (-(2**63), 2**63 - 1)),
        ((300, 300), np.int32, [128, 128], (300, 300)),
        ((0, 0.5, 1), np.float64, [0, 128, 255], (0.0, 1.0)),
        ((0.25, 0.5), np.float16, [64, 128], (0.0, 1.0)),
        ((-1, 0, 0.5), np.float32, [0, 128, 191], (-1.0, 1.0)),
        ((0, 2, 254.6), np.float64, [0, 2, 255], (0.0, 255.0)),
        ((0, 1.5), np.float64, [0, 255], (0.0, 1.5)),
        ((-3, 0, 3), np.float64, [0, 128, 255], (-3.0, 3.0)),
        ((-1e308, 1e308), np.float64, [0, 255], (-1e308, 1e308)),
        ((np.nan, 0, 1, np.inf, -np.inf), np.float64, [0, 0, 255, 255, 0], (0.0, 1.0)),
        ((np.nan, np.inf), np.float64, [0, 255], (0.0, 1.0)),
        ((7.5, 7.5, np.nan), np.float64, [8, 8, 0], (0.0, 255.0)),
    ],
)
def test_numbers_become_pixels_by_the_range_of_the_whole_clip(
    numbers: tuple[float, ...], dtype: Any, pixels: list[int], value_range: Any
) -> None:
    found, video = levels(*numbers, dtype=dtype)
    assert found == pixels
    assert video.value_range == value_range
    assert video.dtype == (None if dtype is np.uint8 else np.dtype(dtype).name)
    assert video.nonfinite == np.count_nonzero(~np.isfinite(np.array(numbers, dtype)))


def test_a_range_that_is_given_decides() -> None:
    found, video = levels(0, 5, 10, value_range=(0, 20))
    assert (found, video.value_range, video.dtype) == ([0, 64, 128], (0, 20), "float64")
    assert levels(0, 5, 10, dtype=np.uint8, value_range=(0, 10))[0] == [0, 128, 255]
    assert levels(False, True, dtype=bool, value_range=(-1, 1))[0] == [128, 255]
    found, video = levels(-5, np.nan, 5, np.inf, value_range=(0, 1))
    assert (found, video.nonfinite) == ([0, 0, 255, 255], 2)


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        (ending(-0.5), "between -1 and 1"),
        (ending(2), "up to 255"),
        (ending(300), "floats of a video beyond"),
        (ending(300).astype(int), "integers of a video beyond"),
        (ending(np.nan), "NaN"),
    ],
)
def test_guesses_and_odd_numbers_are_told_of_once(numbers: Any, message: str) -> None:
    with pytest.warns(ValueWarning, match=message):
        Video(numbers)
    Video(numbers)


def test_values_outside_a_given_range_are_told_of() -> None:
    with pytest.warns(ValueWarning, match="outside its value_range"):
        Video(ending(2), value_range=(0, 1))


def test_what_is_masked_is_not_known() -> None:
    masked = np.ma.masked_equal(np.arange(8).reshape(2, 1, 2, 2), 3)
    video = quiet(masked, format="gif")
    assert (video.nonfinite, video.value_range) == (1, (0.0, 255.0))


@settings(max_examples=60)
@given(
    hnp.arrays(
        st.sampled_from(["bool", "uint8", "int8", "uint16", "int64", "float16", "float32", "float64"]),
        st.tuples(*[st.integers(1, 3), st.just(1), st.integers(1, 4), st.integers(1, 4)]),
    ),
    st.booleans(),
)
def test_grey_clips_come_back_within_half_a_step_of_their_range(clip: Any, streamed: bool) -> None:
    video = back(quiet(iter(clip) if streamed else clip, format="gif"))
    found = video.to_numpy(restore=True)
    assert (found.shape, found.dtype) == (clip.shape, clip.dtype)
    finite = np.isfinite(clip)
    lo, hi = video.value_range or (0, 0)
    step = (float(hi) - float(lo)) / 255 if hi - lo < 1e300 else np.inf
    precision = float(np.finfo(clip.dtype).eps) * max(abs(lo), abs(hi), 1) if clip.dtype.kind == "f" else 1
    with np.errstate(all="ignore"):
        off = np.abs(found[finite].astype(np.longdouble) - clip[finite])
    assert np.all(off <= step * 0.5001 + precision) or lo == hi
    assert video.nonfinite == np.count_nonzero(~finite)


@settings(max_examples=300)
@given(
    hnp.arrays(np.uint8, st.tuples(st.integers(1, 3), st.sampled_from([1, 3]), *[st.integers(1, 16)] * 2)),
    st.sampled_from(FORMATS),
)
def test_clips_of_all_sizes_keep_their_shape(clip: Any, format: str) -> None:
    video = back(Video(clip, format=format))
    assert video.to_numpy(restore=True).shape == clip.shape
    if format == "gif":  # no more than 256 pixels, so no more colours
        assert np.array_equal(video.to_numpy(restore=True), clip)


def test_a_frame_may_be_that_before_the_last_in_a_gif() -> None:
    """Its palette is the first frame's again, so an encoder may take equal indexes for equal colours."""
    clip = np.array([1, 0, 1, 0], np.uint8).reshape(4, 1, 1, 1)
    assert np.array_equal(back(Video(clip, format="gif")).to_numpy(restore=True), clip)


# -- frames one by one ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [list, tuple, iter, lambda clip: (frame for frame in clip)])
@pytest.mark.parametrize("numbers", [FEW, FEW > 99, FEW / 255, FEW.astype(int) * 9, FEW[:, :1] - 7.5])
def test_frames_are_the_clip(kind: Any, numbers: Any) -> None:
    assert quiet(kind(numbers), format="gif") == quiet(numbers, format="gif")


def test_frames_are_encoded_as_they_come() -> None:
    events: list[Any] = []

    def rendered() -> Iterator[Any]:
        for at, frame in enumerate(FEW):
            events.append(f"made {at + 1}")
            yield frame

    Video(rendered(), progress=lambda done, total: events.append((done, total)))
    # the first is looked at before anything else; from then on each is encoded before the next is asked for
    assert events == [each for at in range(1, 5) for each in (f"made {at}", (at, None))]


def test_progress_knows_the_total_where_anybody_does() -> None:
    for data, total in ((FEW, 4), (list(FEW), 4), (iter(FEW), None), (iter(FEW / 3), 4)):
        told: list[Any] = []
        quiet(data, format="gif", progress=lambda *now, told=told: told.append(now))
        assert told == [(at, total) for at in range(1, 5)]


def test_nested_lists_are_frames() -> None:
    video = Video([[[[0, 255], [7, 9]]], [[[1, 2], [3, 4]]]], format="gif")
    assert video.to_numpy()[:, 0].tolist() == [[[0, 255], [7, 9]], [[1, 2], [3, 4]]]


@pytest.mark.parametrize(
    ("frames", "message"),
    [
        ([], "at least one frame"),
        ([FEW[0], FEW[0, :1]], r"frame 1 is uint8 of shape \(1, 9, 7\)"),
        ([FEW[0], FEW[0] / 255], "frame 1 is float64"),
        ([FEW[0] / 255, FEW[0]], "frame 1 is uint8"),
        ([FEW[0].transpose(1, 2, 0)], r"frame.transpose\(2, 0, 1\)"),
        ([FEW[0, 0]], r"frames are \(c, h, w\)"),
        ([FEW], r"frame 0 has the shape \(4, 3, 9, 7\)"),
        ([FEW[0, :, :0]], "at least one pixel"),
        (iter(()), "at least one frame"),
    ],
)
def test_frames_that_do_not_go_together_are_refused(frames: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Video(frames)


# -- files ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize(
    "kind", [str, Path, lambda path: path.open("rb"), lambda path: io.BytesIO(path.read_bytes())]
)
def test_files_are_kept_byte_for_byte(tmp_path: Path, format: str, kind: Any) -> None:
    path = tmp_path / f"clip.{format}"
    path.write_bytes(Video(SMOOTH, fps=10, format=format).file.read())
    source = kind(path)
    video = Video(source, "by file")
    if hasattr(source, "close"):
        source.close()
    assert video.file.read() == path.read_bytes()
    assert (video.width, video.height, video.fps, video.format) == (48, 32, 10, format)
    assert video.file.suffix == f".{format}"
    assert back(video).to_numpy().shape == SMOOTH.shape


def test_a_format_may_be_said_and_must_be_true() -> None:
    stream = io.BytesIO(Video(FEW, format="gif").file.read())
    assert Video(stream, format="gif") == Video(stream)
    with pytest.raises(ValueError, match="is gif, not format='mp4'"):
        Video(stream, format="mp4")


def test_a_name_that_lies_is_refused_unless_the_format_is_said(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(Video(FEW, format="gif").file.read())
    with pytest.raises(ValueError, match=r"clip.mp4 is gif by its content; rename it, or say format='gif'"):
        Video(path)
    assert Video(path, format="gif").file.suffix == ".gif"


@pytest.mark.parametrize("name", ["clip", "clip.m4v", "clip.mpeg4"])
def test_other_names_get_the_extension_of_what_they_are(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(Video(FEW).file.read())
    for source in (path, BytesFile(path.read_bytes(), path.suffix, name)):
        video = Video(source)
        assert (video.file.suffix, video.file.name, video.format) == (".mp4", name, "mp4")
        assert video.file.read() == path.read_bytes()


def test_an_extension_in_capitals_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "CLIP.MP4"
    path.write_bytes(Video(FEW).file.read())
    assert (Video(path).file.suffix, Video(path).format) == (".MP4", "mp4")


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "it is empty"),
        (b"just text", "which look like text"),
        (b"\x89PNG\r\n\x1a\n" + bytes(40), "a PNG picture"),
        (b"RIFF\0\0\0\0AVI LIST", "an AVI film"),
        (b"RIFF\0\0\0\0WAVEfmt ", "a WAV sound file"),
        (b"\0\0\0\x1cftypavif" + bytes(40), "an AVIF picture"),
        (b"#EXTM3U\nfile:///etc/passwd\n", "a playlist"),
        (b"%PDF-1.7\n", "a PDF document"),
        (bytes(64), "zeros"),
        (b"\x01\x02\x03\x04", r"first bytes are b'\\x01\\x02\\x03\\x04'"),
        (b"GIF89a", "looks like gif, but"),
        (b"\0\0\0\x20ftypisom" + bytes(20), "looks like mp4, but"),
        (b"\x1aE\xdf\xa3webm", "looks like webm, but"),
        (b"OggS" + bytes(60), "looks like ogg, but"),
    ],
)
def test_a_file_that_is_no_video_is_refused_with_what_it_looks_like(
    tmp_path: Path, content: bytes, what: str
) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(content)
    for source in (path, io.BytesIO(content)):
        with pytest.raises(ValueError, match=what):
            Video(source)


def repack(
    film: bytes, stream: Any, container: str, options: dict[str, str] | None = None, **metadata: str
) -> None:
    """Write the same pictures, still encoded, in another container."""
    with (
        av.open(io.BytesIO(film)) as source,
        av.open(stream, "w", format=container, options=options) as target,
    ):
        target.metadata.update(metadata)
        track = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = track
                target.mux(packet)


def sound(format: str, codec: str) -> bytes:
    """A file of our containers that holds no picture."""
    stream = io.BytesIO()
    with av.open(stream, "w", format=format) as container:
        track = container.add_stream(codec, rate=48_000)
        silence = av.AudioFrame.from_ndarray(np.zeros((1, 4_800), np.float32), format="fltp", layout="mono")
        silence.rate, silence.pts = 48_000, 0
        container.mux(track.encode(silence))
        container.mux(track.encode(None))
    return stream.getvalue()


def test_sound_is_no_video() -> None:
    with pytest.raises(ValueError, match="it holds no moving pictures"):
        Video(io.BytesIO(sound("mp4", "aac")))


@pytest.mark.parametrize(("format", "what"), [("mov", "a QuickTime film"), ("matroska", "a Matroska film")])
def test_relatives_that_browsers_do_not_take_are_named(tmp_path: Path, format: str, what: str) -> None:
    stream = io.BytesIO()
    repack(FILMS["mp4"], stream, format)
    with pytest.raises(ValueError, match=what):
        Video(io.BytesIO(stream.getvalue()))
    # a name that says otherwise is the caller's word
    named = BytesFile(stream.getvalue(), ".mp4" if format == "mov" else ".webm")
    assert Video(named).to_numpy().shape == SMOOTH.shape


def test_files_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Video(tmp_path / "none.mp4")
    with pytest.raises(OSError):
        Video(tmp_path)
    with pytest.raises(ValueError, match="empty"):
        Video("")


def test_arguments_that_do_not_go_with_a_file() -> None:
    stream = io.BytesIO(Video(FEW).file.read())
    with pytest.raises(TypeError, match="value_range maps the values of arrays"):
        Video(stream, value_range=(0, 1))
    with pytest.warns(ValueWarning, match="keeps its own rate"):
        assert Video(stream, fps=8).fps == 4


def test_the_rate_that_a_file_has_may_be_said() -> None:
    assert Video(io.BytesIO(Video(FEW, fps=30).file.read()), fps=30).fps == 30


def test_transparent_parts_of_a_gif_are_white() -> None:
    first = np.zeros((8, 8, 4), np.uint8)
    first[2:5, 2:5] = (255, 0, 0, 255)
    stream = io.BytesIO()
    pictures = [PILImage.fromarray(each) for each in (first, first[::-1])]
    pictures[0].save(stream, "GIF", save_all=True, append_images=pictures[1:], duration=100, disposal=2)
    found = Video(stream).to_numpy()
    assert found[0, :, 0, 0].tolist() == [255, 255, 255]
    assert found[0, :, 3, 3].tolist() == [255, 0, 0]
    assert found[1, :, 2, 3].tolist() == [255, 255, 255]


def test_a_gif_with_one_long_frame_is_whole() -> None:
    stream = io.BytesIO()
    pictures = [PILImage.fromarray(frame.transpose(1, 2, 0)) for frame in FEW]
    pictures[0].save(stream, "GIF", save_all=True, append_images=pictures[1:], duration=[100, 100, 100, 3000])
    video = Video(stream)
    assert (video.duration, len(video.to_numpy())) == (3.3, 4)


def piped(video: Video, container: str, **options: str) -> bytes:
    """The same pictures in a file whose writer could not go back to its header."""

    class Pipe(io.RawIOBase):
        def __init__(self) -> None:
            self.data = b""

        def writable(self) -> bool:
            return True

        def write(self, data: Any) -> int:
            self.data += bytes(data)
            return len(data)

    pipe = Pipe()
    repack(video.file.read(), pipe, container, options)
    return pipe.data


@pytest.mark.parametrize(
    ("format", "options"), [("webm", {}), ("mp4", {"movflags": "frag_keyframe+empty_moov"})]
)
def test_a_recording_without_a_length_in_its_header(format: str, options: dict[str, str]) -> None:
    video = Video(io.BytesIO(piped(Video(SMOOTH, fps=8, format=format), format, **options)))
    assert (video.fps, video.duration) == (pytest.approx(8, abs=0.1), pytest.approx(0.75, abs=0.02))
    assert video.to_numpy().shape == SMOOTH.shape


def filmed(format: str, codec: str, times: list[int]) -> bytes:
    """The frames of `SMOOTH`, each shown at a time in hundredths of a second."""
    stream = io.BytesIO()
    with av.open(stream, "w", format=format) as container:
        track = container.add_stream(codec, rate=10)
        track.width, track.height, track.pix_fmt = 48, 32, "yuv420p"
        track.codec_context.time_base = Fraction(1, 100)
        for time, pixels in zip(times, SMOOTH, strict=True):
            frame = av.VideoFrame.from_ndarray(
                np.ascontiguousarray(pixels.transpose(1, 2, 0)), format="rgb24"
            )
            frame.pts, frame.time_base = time, Fraction(1, 100)
            container.mux(track.encode(frame))
        container.mux(track.encode(None))
    return stream.getvalue()


@pytest.mark.parametrize("times", [[0, 1, 2, 50, 51, 300], [500, 510, 520, 530, 540, 550]])
@pytest.mark.parametrize(
    ("format", "codec"), [("mp4", "libx264"), ("webm", "libvpx-vp9"), ("webm", "libvpx"), ("ogg", "libvpx")]
)
def test_frames_may_come_late_and_at_any_pace(format: str, codec: str, times: list[int]) -> None:
    assert likeness(SMOOTH, Video(io.BytesIO(filmed(format, codec, times))).to_numpy()) > 25


def test_a_title_in_any_encoding() -> None:
    stream = io.BytesIO()
    repack(FILMS["mp4"], stream, "mp4", title="a title")
    latin = stream.getvalue().replace(b"a title", "ä tïtlè".encode("latin-1"))
    assert latin != stream.getvalue()
    assert Video(io.BytesIO(latin)).to_numpy().shape == SMOOTH.shape


def test_a_picture_to_look_at() -> None:
    video = back(Video(SMOOTH))
    shown = video.thumbnail()
    assert (shown.mode, shown.size) == ("RGB", (48, 32))
    assert np.array_equal(np.asarray(shown).transpose(2, 0, 1), video.to_numpy()[0])
    assert video.thumbnail(12).size == (12, 8)


# -- damaged and hostile files --------------------------------------------------------------------------------


def stored(data: bytes, suffix: str = ".mp4", **limits: int) -> Video:
    return Video.restore(file=BytesFile(data, suffix, limits=Limits(**limits)))


FILMS = {format: Video(SMOOTH, format=format).file.read() for format in FORMATS}


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("cut", range(1, 20))
def test_a_truncated_video_is_a_decode_error(format: str, cut: int) -> None:
    data = FILMS[format]
    with pytest.raises(DecodeError, match=r"looks like|is none of") as caught:
        stored(data[: len(data) * cut // 20]).to_numpy()
    assert caught.value.reason == "bad-file"


@pytest.mark.parametrize("format", ["gif", "ogg"])
@pytest.mark.parametrize("lost", [1, 40, 200])
def test_the_frames_before_a_cut_can_be_had_one_by_one(format: str, lost: int) -> None:
    whole = stored(FILMS[format]).to_numpy()
    found: list[Any] = []
    with pytest.raises(DecodeError, match="it is cut short: nothing ends it after frame"):
        found.extend(stored(FILMS[format][:-lost]).frames())
    assert all(map(np.array_equal, found[:-1], whole))  # the last may be what the cut has left of it


@pytest.mark.parametrize("behind", [b"\0", b"\0" * 99, b"GIF89a", b"<?xpacket?>"])
def test_what_follows_the_end_of_a_gif_is_no_part_of_it(behind: bytes) -> None:
    assert len(stored(FILMS["gif"] + behind, ".gif").to_numpy()) == 6


@pytest.mark.parametrize(
    "options", [{}, {"comment": b"a; comment " * 90}, {"interlace": 1}, {"palette": None}]
)
@pytest.mark.parametrize("mode", ["P", "L", "1"])
def test_a_gif_of_others_has_its_end(mode: str, options: dict[str, Any]) -> None:
    pictures = [PILImage.fromarray(each.transpose(1, 2, 0)).convert(mode) for each in SMOOTH]
    stream = io.BytesIO()
    pictures[0].save(stream, "GIF", save_all=True, append_images=pictures[1:], loop=0, **options)
    data = stream.getvalue()
    assert len(Video(io.BytesIO(data)).to_numpy()) == 6
    with pytest.raises(DecodeError, match="cut short"):
        stored(data[:-1], ".gif").to_numpy()


@settings(max_examples=100)
@given(st.sampled_from(FORMATS), st.data())
def test_a_damaged_video_is_read_or_a_decode_error(format: str, data: st.DataObject) -> None:
    film = bytearray(FILMS[format])
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(film) - 1))
        noise = data.draw(st.binary(min_size=1, max_size=8))
        film[at : at + len(noise)] = noise
    video = stored(bytes(film), samples=1 << 30)
    try:
        found = video.to_numpy()
        assert found.ndim == 4 and found.dtype == np.uint8
        assert video.width and video.thumbnail()
    except DecodeError as error:
        assert error.reason in ("bad-file", "limit")


def test_limits_hold_before_frames_are_decoded() -> None:
    for format, data in FILMS.items():
        for limits in ({"pixels": 100}, {"frames": 5}):
            (name, most), *_ = limits.items()
            for ask in (Video.to_numpy, Video.thumbnail, lambda video: video.fps):
                with pytest.raises(LimitError, match=f"{name}={most}"):
                    ask(stored(data, f".{format}", **limits))
        with pytest.raises(LimitError, match=r"frames\(\) gives them one by one"):
            stored(data, f".{format}", samples=27_647).to_numpy()
        assert len(list(stored(data, f".{format}", samples=27_647).frames())) == 6
        assert (
            stored(data, f".{format}", samples=27_648, frames=6, pixels=1536).to_numpy().shape == SMOOTH.shape
        )


def test_a_small_gif_of_large_frames_is_refused_before_room_is_made() -> None:
    black, white = (PILImage.new("P", (4_000, 4_000), each) for each in (0, 1))
    stream = io.BytesIO()
    black.save(stream, "GIF", save_all=True, append_images=[white, black] * 23)
    with pytest.raises(LimitError, match=r"is 2,256,000,000, over the limit samples=2,147,483,648"):
        stored(stream.getvalue(), ".gif").to_numpy()


def test_frames_that_do_not_fit_into_memory_are_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    film, empty = stored(FILMS["gif"], ".gif"), np.empty

    def full(shape: Any, *args: Any) -> Any:
        if shape == SMOOTH.shape:
            raise MemoryError
        return empty(shape, *args)

    monkeypatch.setattr(np, "empty", full)
    with pytest.raises(LimitError, match=r"do not fit into memory; use frames\(\)"):
        film.to_numpy()
    assert len(list(film.frames())) == 6


def test_a_limit_holds_where_frames_are_counted_to_know_how_many() -> None:
    recording = piped(Video(SMOOTH, fps=8, format="webm"), "webm")
    assert stored(recording, ".webm", frames=6).fps == pytest.approx(8, abs=0.1)
    with pytest.raises(LimitError, match="frames=5"):
        stored(recording, ".webm", frames=5).fps  # noqa: B018 - the question is what asking does


def test_limits_of_the_reader_reach_the_film() -> None:
    store = MemoryStore()
    row = encode({"v": Video(SMOOTH)}, store).json
    with pytest.raises(LimitError, match="frames=5"):
        decode(row, store, limits=Limits(frames=5))["v"].to_numpy()


def test_frames_that_are_more_than_the_header_says_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    def modest(*args: Any) -> Any:
        return Header("webm", 48, 32, 4.0, None, 1)

    monkeypatch.setattr(reading, "_header", modest)
    assert np.array_equal(stored(FILMS["webm"]).to_numpy(), Video(SMOOTH, format="webm").to_numpy())
    with pytest.raises(LimitError, match="frames=5"):
        stored(FILMS["webm"], frames=5).to_numpy()


def test_a_video_that_changes_its_size_is_a_decode_error() -> None:
    """VP9 may change its size in the middle of a film."""
    films = [io.BytesIO(Video(clip, format="webm").file.read()) for clip in (SMOOTH, SMOOTH[..., :16, :16])]
    stream = io.BytesIO()
    with av.open(films[0]) as one, av.open(films[1]) as other, av.open(stream, "w", format="webm") as target:
        track = target.add_stream_from_template(one.streams.video[0])
        for at, packet in enumerate([*one.demux(video=0), *other.demux(video=0)]):
            if packet.dts is not None:
                packet.stream = track
                packet.pts = packet.dts = at * 250
                packet.time_base = Fraction(1, 1000)
                target.mux(packet)
    with pytest.raises(DecodeError, match="frame 7 has 16 x 16 pixels, and those before it 48 x 32"):
        stored(stream.getvalue(), ".webm").to_numpy()


def test_a_source_that_cannot_go_back_is_read_all_the_same() -> None:
    class OneWay(io.BytesIO):
        def seekable(self) -> bool:
            return False

    class Remote(BytesFile):
        def open(self) -> Any:
            return OneWay(self.read())

    assert Video.restore(file=Remote(FILMS["mp4"], ".mp4")).to_numpy().shape == SMOOTH.shape


@pytest.mark.parametrize(
    "beside", [{"dtype": "object"}, {"dtype": "U9999999"}, {"dtype": "complex64"}, {"batch": 999_999}]
)
def test_what_is_recorded_must_go_with_the_frames(beside: dict[str, Any]) -> None:
    with pytest.raises(DecodeError, match=r"dtype|clips"):
        stored(FILMS["gif"]).replace(**beside).to_numpy(restore=True)
