"""The cases in which wandb's own client, 0.31, cannot read a table that it wrote, or reads it with less; each is exact here.

A table with the cells is written and read again, as a run logs it and as an artifact holds it:

==================================  ================================================================
case                                what the client does with its own file
==================================  ================================================================
Histogram cell                      NotImplementedError, for the whole table
Plotly cell                         ValueError, for the whole table
Audio cell without a caption        KeyError, for the whole table
caption of a Video cell             dropped
caption of an Object3D cell         dropped
caption of a Molecule cell          dropped
labels of masks                     gone; of several names for one class of an image the last is left
labels of boxes                     ``class_<id>`` in their place
NaN against None                    both are None
microseconds                        cut to milliseconds
moments without a zone, and with    in UTC, all of them
dtype of arrays                     lists of up to 150 elements in place of one-dimensional arrays
ints against floats                 told apart in tables; in history 1.0 becomes 1
==================================  ================================================================

``tests/client/losses_read.py`` asks the client itself whether that is so.
"""

from __future__ import annotations

import base64
import datetime as dt
import math
import wave
import zoneinfo
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import wbtypes
from wbtypes_core import Dialect, DirectoryStore, decode, encode
from wbtypes_core.index import installed
from wbtypes_core.jsonio import dumps, loads

HERE = {each.distribution for each in installed().providers}

GIF = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
ATOM = "ATOM      1  N   ALA A   1      11.104   6.134  -6.504  1.00  0.00           N\nEND\n"

Back = Callable[..., list[Any]]


def needs(*names: str) -> pytest.MarkDecorator:
    """Run a test where these packages are; whoever deletes the folder of one has no use for it."""
    lacking = sorted({f"wbtypes-{name}" for name in names} - HERE)
    return pytest.mark.skipif(bool(lacking), reason=f"needs {', '.join(lacking)}")


pytestmark = needs("table")


@pytest.fixture(params=Dialect, ids=lambda dialect: dialect.value)
def back(request: pytest.FixtureRequest, tmp_path: Path) -> Back:
    """Cells as they come back of a table with one column of them."""

    def round_trip(*cells: Any) -> list[Any]:
        store = DirectoryStore(tmp_path / "store")
        table = wbtypes.Table(columns=["cell"], data=[[cell] for cell in cells])
        written = encode({"t": table}, store, dialect=request.param).json
        read = decode(loads(dumps(written)), store)["t"]
        assert read == table
        found: list[Any] = read.column("cell")
        assert list(map(type, found)) == list(map(type, cells))
        return found

    return round_trip


@needs("histogram")
def test_histogram_cell(back: Back) -> None:
    counted = wbtypes.Histogram([1, 2, 2, 5])
    given = wbtypes.Histogram(np_histogram=([1, 0.5], [0, 0.25, 1]))
    first, second, none = back(counted, given, None)
    assert (first, second, none) == (counted, given, None)
    assert sum(first.histogram) == 4
    assert (second.histogram, second.bins) == (given.histogram, given.bins)


@needs("plotly")
def test_plotly_cell(back: Back) -> None:
    figure = {"data": [{"type": "scatter", "y": [1, 2.5]}], "layout": {"title": {"text": "é"}}}
    (cell,) = back(wbtypes.Plotly(figure))
    assert cell.figure_json == figure


@needs("audio")
def test_audio_cell_without_a_caption(back: Back, tmp_path: Path) -> None:
    path = tmp_path / "tone.wav"
    with wave.open(str(path), "wb") as out:
        out.setparams((1, 2, 8000, 0, "NONE", ""))
        out.writeframes(bytes(range(200)))
    bare, told = back(wbtypes.Audio(path), wbtypes.Audio(path, caption="a tone"))
    assert (bare.caption, told.caption) == (None, "a tone")
    assert bare.file.read() == told.file.read() == path.read_bytes()


@needs("video")
def test_caption_of_a_video_cell(back: Back, tmp_path: Path) -> None:
    path = tmp_path / "clip.gif"
    path.write_bytes(GIF)
    told, empty, bare = back(*(wbtypes.Video(path, caption=caption) for caption in ("moving", "", None)))
    assert [told.caption, empty.caption, bare.caption] == ["moving", "", None]
    assert told.file.read() == GIF


@needs("object3d")
def test_caption_of_an_object3d_cell(back: Back) -> None:
    numpy = pytest.importorskip("numpy")
    points = numpy.arange(12.0).reshape(4, 3)
    told, bare = back(wbtypes.Object3D(points, caption="solid"), wbtypes.Object3D(points))
    assert (told.caption, bare.caption) == ("solid", None)
    assert told.to_numpy().tolist() == points.tolist()


@needs("molecule")
def test_caption_of_a_molecule_cell(back: Back, tmp_path: Path) -> None:
    path = tmp_path / "ala.pdb"
    path.write_text(ATOM, encoding="ascii")
    told, bare = back(wbtypes.Molecule(path, caption="alanine"), wbtypes.Molecule(path))
    assert (told.caption, bare.caption) == ("alanine", None)
    assert told.text == ATOM


@needs("image", "mask", "classes")
def test_labels_of_masks(back: Back) -> None:
    numpy = pytest.importorskip("numpy")
    mask = numpy.eye(4, dtype="uint8")
    labels = {"truth": {0: "sky", 1: "road"}, "guess": {0: "nothing", 1: "street"}, "bare": {}}
    masks = {
        name: {"mask_data": mask, **({"class_labels": each} if each else {})} for name, each in labels.items()
    }
    (cell,) = back(wbtypes.Image(numpy.zeros((4, 4, 3), "uint8"), masks=masks))
    assert {name: dict(each.class_labels or {}) for name, each in cell.masks.items()} == labels
    assert all(each.to_numpy().tolist() == mask.tolist() for each in cell.masks.values())


@needs("image", "boxes2d", "classes")
def test_labels_of_boxes(back: Back) -> None:
    numpy = pytest.importorskip("numpy")
    box = {"position": {"minX": 0, "maxX": 1, "minY": 0, "maxY": 2}, "domain": "pixel", "class_id": 1}
    labels = {"truth": {1: "road", 2: "tree"}, "guess": {1: "street"}, "bare": {}}
    boxes = {
        name: {"box_data": [box], **({"class_labels": each} if each else {})} for name, each in labels.items()
    }
    (cell,) = back(wbtypes.Image(numpy.zeros((4, 4, 3), "uint8"), boxes=boxes))
    assert {name: dict(each.class_labels or {}) for name, each in cell.boxes.items()} == labels
    assert all(dict(each.box_data[0]) == box for each in cell.boxes.values())


def test_nan_against_none(back: Back) -> None:
    first, half, second, none = back(math.nan, 0.5, math.nan, None)
    assert math.isnan(first)
    assert math.isnan(second)
    assert (half, none) == (0.5, None)


def test_nan_within_lists_and_dicts(back: Back) -> None:
    ((nan, none),) = back([math.nan, None])
    assert math.isnan(nan)
    assert none is None
    (held,) = back({"a": math.nan, "b": None})
    assert math.isnan(held["a"])
    assert held["b"] is None


def test_microseconds(back: Back) -> None:
    moments = [
        dt.datetime(2024, 1, 2, 3, 4, 5, 678901),
        dt.datetime(1969, 12, 31, 23, 59, 59, 999999),
        dt.datetime.min,
        dt.datetime.max,
        None,
    ]
    assert back(*moments) == moments
    zoned = [each and each.replace(tzinfo=dt.UTC) for each in moments]
    assert back(*zoned) == zoned


def test_naive_and_aware_moments(back: Back) -> None:
    naive = dt.datetime(2024, 10, 27, 2, 30, 0, 1)
    zones = [dt.UTC, dt.timezone(dt.timedelta(hours=-3, minutes=-30)), zoneinfo.ZoneInfo("Europe/Berlin")]
    given = [naive, *(naive.replace(tzinfo=zone) for zone in zones), naive.replace(tzinfo=zones[-1], fold=1)]
    found = back(*given)
    assert [each.isoformat() for each in found] == [each.isoformat() for each in given]
    assert [getattr(each.tzinfo, "key", each.tzinfo) for each in found] == [
        None,
        *zones[:2],
        *["Europe/Berlin"] * 2,
    ]


def test_dates_among_moments(back: Back) -> None:
    given = [dt.date(2024, 2, 29), dt.datetime(2024, 2, 29), dt.datetime(2024, 2, 29, tzinfo=dt.UTC)]
    assert back(*given) == given


@pytest.mark.parametrize(
    "dtype", ["?", "i1", "u2", "i8", "u8", "f2", "f4", "f8", "c8", "U3", "M8[ns]", "m8[s]"]
)
@pytest.mark.parametrize("shape", [(3,), (200,), (2, 2), (0,), ()], ids=str)
def test_dtype_of_arrays(back: Back, dtype: str, shape: tuple[int, ...]) -> None:
    numpy = pytest.importorskip("numpy")
    count = math.prod(shape)
    array = numpy.arange(count).astype("f8" if dtype in "?f2" else "i8").astype(dtype).reshape(shape)
    for found in back(array, array[..., ::-1] if shape else array):
        assert (found.dtype, found.shape) == (array.dtype, array.shape)


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8"])
def test_odd_numbers_in_arrays(back: Back, dtype: str) -> None:
    numpy = pytest.importorskip("numpy")
    array = numpy.array([numpy.nan, numpy.inf, -numpy.inf, -0.0, 0.1], dtype)
    (found, _) = back(array, array[::-1])
    assert found.tobytes() == array.tobytes()


def test_ints_against_floats(back: Back) -> None:
    given = [1, 1.0, -0.0, 0, 2**53 + 1, 2.0**53, 2**64, 1e300]
    found = back(*given)
    assert list(map(repr, found)) == list(map(repr, given))


def test_ints_against_floats_and_booleans_in_lists(back: Back) -> None:
    (found,) = back([1, 1.0, 0, -0.0])
    assert list(map(repr, found)) == ["1", "1.0", "0", "-0.0"]


def test_dtype_of_scalars(back: Back) -> None:
    numpy = pytest.importorskip("numpy")
    given = [
        numpy.int8(-3),
        numpy.uint64(2**64 - 1),
        numpy.float32(0.1),
        numpy.float64(1),
        numpy.float16("inf"),
        1,
    ]
    assert list(map(repr, back(*given))) == list(map(repr, given))
