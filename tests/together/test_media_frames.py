"""Media in the cells of data frames: as values, or as structs of their files."""

from __future__ import annotations

import io

import numpy as np
import PIL.Image
import pyarrow as pa
import pytest

from wbtypes_core import MemoryStore, Opaque, ValueWarning, decode, encode, errors
from wbtypes_histogram import Histogram
from wbtypes_image import Image
from wbtypes_table import Lost, Table


@pytest.fixture(autouse=True)
def nothing_told(monkeypatch):
    """Warnings that are given once per process are given once per test."""
    monkeypatch.setattr(errors, "_told", set())


def picture(shade):
    """A small image of one colour."""
    return Image(np.full((4, 6, 3), shade, np.uint8), caption=f"shade {shade}")


def test_one_column_is_read_without_a_look_at_the_media(monkeypatch):
    store = MemoryStore()
    node = encode(Table(["image", "n"], [[picture(shade), shade] for shade in range(50)]), store).json
    opened = []
    read = MemoryStore.open

    def counted(self, ref):
        opened.append(ref.path)
        return read(self, ref)

    monkeypatch.setattr(MemoryStore, "open", counted)
    table = decode(node, store)
    assert table.source == "artifact"
    assert table.column("n") == list(range(50))
    images = table.column("image")
    assert [path for path in opened if path.endswith(".png")] == []
    assert images[7].to_numpy()[0, 0].tolist() == [7, 7, 7]
    assert len([path for path in opened if path.endswith(".png")]) == 1


def test_media_are_values_in_pandas_by_default():
    table = Table(["image", "n"], [[picture(1), 1], [None, 2]])
    frame = table.to_pandas()
    assert frame["image"][0] is table.column("image")[0]
    assert frame["image"][1] is None


def test_media_are_structs_where_asked():
    image = picture(7)
    table = Table(["image"], [[image], [None]])
    wanted = {"bytes": image.file.read(), "path": None}
    assert table.to_pandas(media="struct")["image"].tolist() == [wanted, None]
    arrow = table.to_arrow()
    assert arrow.schema.field("image").type == pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    assert arrow["image"].to_pylist() == [wanted, None]
    assert table.to_polars()["image"].to_list() == [wanted, None]
    with PIL.Image.open(io.BytesIO(arrow["image"][0].as_py()["bytes"])) as opened:
        assert opened.getpixel((0, 0)) == (7, 7, 7)


def test_media_that_were_read_have_their_path():
    store = MemoryStore()
    node = encode(Table(["image"], [[picture(1)]]), store).json
    (struct,) = decode(node, store).to_arrow()["image"].to_pylist()
    assert struct["path"].startswith("media/images/")
    assert struct["bytes"][1:4] == b"PNG"


def test_large_media_are_cut_into_pieces(monkeypatch):
    from wbtypes_table import to_frames

    monkeypatch.setattr(to_frames, "_CHUNK", 200)
    table = Table(["image"], [[picture(shade)] for shade in range(9)])
    column = table.to_arrow()["image"]
    assert column.num_chunks > 3
    assert [each["bytes"] for each in column.to_pylist()] == [
        cell.file.read() for cell in table.column("image")
    ]


def test_media_may_stay_values_in_polars_but_not_in_arrow():
    table = Table(["image"], [[picture(1)], [None]])
    assert table.to_polars(media="values")["image"].to_list() == table.column("image")
    with pytest.raises(ValueError, match="Arrow holds no objects of Python"):
        table.to_arrow(media="values")


def test_another_way_with_media_is_refused():
    table = Table(["a"], [[1]])
    for export in (table.to_pandas, table.to_arrow, table.to_polars):
        with pytest.raises(ValueError, match="not 'pil'"):
            export(media="pil")


def test_lists_and_dicts_of_media_are_structs_too():
    table = Table(["many", "by name"], [[[picture(1), picture(2)], {"a": picture(3)}]])
    (row,) = table.to_arrow().to_pylist()
    assert [each["bytes"][1:4] for each in row["many"]] == [b"PNG", b"PNG"]
    assert row["by name"]["a"]["bytes"][1:4] == b"PNG"


def test_nested_tables_are_lists_of_rows():
    table = Table(["inner"], [[Table(["a", 1], [[1, "x"], [2, "y"]])]])
    rows = [{"a": 1, "1": "x"}, {"a": 2, "1": "y"}]
    assert table.to_arrow().to_pylist() == [{"inner": rows}]
    assert table.to_polars().to_dicts() == [{"inner": rows}]
    assert table.to_pandas()["inner"][0] == table.column("inner")[0]


def test_values_without_a_file_are_what_their_json_says():
    table = Table(["h"], [[Histogram([1, 2, 3], num_bins=2)]])
    (cell,) = table.to_arrow()["h"].to_pylist()
    assert cell["_type"] == "histogram"
    assert sum(cell["values"]) == 3


def test_what_nobody_reads_is_its_json():
    opaque = Opaque("odd-file", {"_type": "odd-file", "n": [1]}, "not installed")
    assert Table(["o"], [[opaque]]).to_arrow().to_pylist() == [{"o": {"_type": "odd-file", "n": [1]}}]


def test_lost_cells_are_none_and_told_of():
    table = Table(["a", "b"], [[Lost("Image", "it is gone"), [Lost("Audio")]]])
    for export in (table.to_pandas, table.to_arrow, table.to_polars):
        errors._told.clear()
        with pytest.warns(ValueWarning, match=r"cells of the columns \['a', 'b'\] are lost"):
            frame = export()
        assert list(map(str, frame["a"])) == ["None"]


def test_a_file_that_is_gone_has_no_bytes():
    store = MemoryStore()
    node = encode(Table(["image"], [[picture(1)]]), store).json
    table = decode(node, store)
    (bundle,) = store.bundles.values()
    gone = [path for path in bundle.files if path.endswith(".png")]
    for path in gone:
        del bundle.files[path]
    with pytest.warns(ValueWarning, match="no bytes in the data frame: 1, the first in column 'image': "):
        assert table.to_arrow()["image"].to_pylist() == [{"bytes": None, "path": gone[0]}]


def test_media_that_cannot_be_read_are_told_of_once():
    pages = [{"_type": "html-file", "path": f"{row}.html", "sha256": "0", "size": 1} for row in range(300)]
    image = {"_type": "image-file", "path": "0.png", "format": "png", "width": 1, "height": 1}
    nodes = {"_type": "table", "columns": ["page", "image"], "data": [[page, image] for page in pages]}
    table = decode(nodes, MemoryStore())
    with pytest.warns(ValueWarning) as told:
        found = table.to_arrow()
    assert found.column("page").to_pylist()[299] == {"bytes": None, "path": "299.html"}
    (message,) = (str(each.message) for each in told)
    assert "no bytes in the data frame: 600, the first in column 'page': 0.html is not in" in message


def test_images_as_an_array_are_their_pixels():
    array = Table(["a"], [[picture(1)], [picture(2)]]).get_column("a", convert_to="numpy")
    assert (array.shape, array.dtype, array[1, 0, 0, 0]) == ((2, 4, 6, 3), np.uint8, 2)
