"""What bokeh documents are made from, what is kept of them, and what they become."""

from __future__ import annotations

import base64
import gzip
import io
import json
import pickle
import re
import sys
from pathlib import Path
from typing import Any

import bokeh
import hypothesis
import numpy as np
import pytest
from bokeh.document import Document
from bokeh.layouts import row
from bokeh.models import ColumnDataSource, Slider
from bokeh.plotting import figure
from hypothesis import strategies as st

import wbtypes_bokeh.plugin
from wbtypes_bokeh import Bokeh
from wbtypes_bokeh import native as native_room
from wbtypes_core import (
    DecodeError,
    Dialect,
    DirectoryStore,
    LimitError,
    Limits,
    Linked,
    MemoryStore,
    MissingExtra,
    Registry,
    adopt,
    decode,
    encode,
    native,
)
from wbtypes_core.jsonio import loads, same
from wbtypes_core.testing import json_values, mutations

REGISTRY = Registry.of(wbtypes_bokeh.plugin)
SAVED = '{"roots": [],   "version": "3.9.2", "title": "saved"}'


def plot(**options: Any) -> Any:
    made = figure(width=100, height=80, **options)
    made.line([1, 2, 3], [3, 1, 2])
    return made


def recorded(name: str) -> Any:
    """The file of a recorded node."""
    entry = loads((Path(__file__).parent / "corpus" / "bokeh-file" / f"{name}.json").read_bytes())
    (text,) = entry["files"].values()
    return loads(text)


def there_and_back(value: Any, dialect: Dialect = Dialect.RUN, limits: Limits | None = None) -> Any:
    store = MemoryStore()
    node = encode(value, store, dialect=dialect, registry=REGISTRY).json
    return decode(node, store, registry=REGISTRY, limits=limits or Limits())


def numbers(version: str) -> list[int]:
    return [int(each) for each in version.split(".")[:2]]


class TestRoundTrip:
    @hypothesis.given(
        document=st.dictionaries(st.text(max_size=6), json_values(), max_size=4),
        roots=st.lists(json_values(), max_size=3),
    )
    def test_any_json_comes_back(self, document: Any, roots: Any) -> None:
        given = {**document, "roots": roots}
        for dialect in Dialect:
            for value in (Bokeh(given), Bokeh(json.dumps(given))):
                back = there_and_back(value, dialect)
                assert back == value
                assert same(back.document_json, given)
                assert isinstance(back.describe(), str)

    @hypothesis.given(st.lists(st.floats(width=64), min_size=1, max_size=20))
    def test_every_number_of_an_array_comes_back(self, numbers: Any) -> None:
        array = np.array(numbers)
        source = there_and_back(ColumnDataSource({"x": array})).to_bokeh().roots[0]
        assert np.asarray(source.data["x"]).tobytes() == array.tobytes()


class TestTaken:
    def test_models_and_documents_are_adopted(self) -> None:
        document = Document()
        document.add_root(plot())
        node = encode({"a": plot(), "b": [document]}, store := MemoryStore(), step=4, registry=REGISTRY).json
        assert node["a"]["_type"] == "bokeh-file"
        assert node["a"]["path"] == f"media/bokeh/a_4_{node['a']['sha256'][:20]}.bokeh.json"
        back = decode(node, store, registry=REGISTRY)
        assert [type(each) for each in (back["a"], back["b"][0])] == [Bokeh, Bokeh]
        assert isinstance(adopt(row(plot()), registry=REGISTRY), Bokeh)

    def test_models_stay_in_their_document(self) -> None:
        document = Document(title="mine")
        first, second = plot(), plot()
        document.add_root(first)
        document.add_root(second)
        value = Bokeh(second)
        assert [root["id"] for root in value.document_json["roots"]] == [second.id]
        assert first.document is document
        assert second.document is document
        free = plot()
        assert Bokeh(free) is not Bokeh(free)
        assert free.document is None

    def test_it_is_a_snapshot(self) -> None:
        made = plot(title="before")
        value = Bokeh(made)
        made.title.text = "after"
        assert value.to_bokeh().roots[0].title.text == "before"
        value.document_json["roots"].clear()
        assert len(value.document_json["roots"]) == 1

    def test_saved_ones_are_kept_byte_for_byte(self, tmp_path: Path) -> None:
        path = tmp_path / "app.json"
        path.write_text(SAVED)
        with path.open("rb") as stream:
            values = [
                Bokeh(each) for each in (path, str(path), stream, io.StringIO(SAVED), SAVED, f"\n{SAVED}")
            ]
        for value in values[:5]:
            assert value.file.read() == SAVED.encode()
            assert value.file.suffix == ".bokeh.json"
        assert len(set(values)) == 1
        assert values[0] == Bokeh({"version": "3.9.2", "title": "saved", "roots": []})

    @pytest.mark.parametrize("name", ["0.10.33-model", "0.13.11-model", "0.16.6-model", "0.19.11-model"])
    def test_ones_of_every_version_too(self, name: str) -> None:
        document = recorded(name)
        assert Bokeh(json.dumps(document)).document_json == document

    @pytest.mark.parametrize(
        ("data", "error", "words"),
        [
            (None, TypeError, "not from NoneType"),
            (7, TypeError, "not from int"),
            ([plot], TypeError, "not from list"),
            (Document().theme, TypeError, "neither a model nor a Document"),
            ("{", ValueError, "this text is no saved bokeh document"),
            ('{"version": "3"}', ValueError, r'this text is no bokeh document.*\["roots"\]: is missing'),
            ({"roots": 3}, ValueError, "this dict is no bokeh document"),
            (io.BytesIO(b"[1]"), ValueError, "is a list, not an object"),
            (io.BytesIO(b"\x89PNG"), ValueError, "not JSON"),
            ({"roots": [object()]}, TypeError, r"document\['roots'\]\[0\] is object"),
            (io.StringIO('{"roots":' + "[" * 600 + "]" * 600 + "}"), ValueError, "depth"),
        ],
    )
    def test_what_is_refused(self, data: Any, error: type[Exception], words: str) -> None:
        with pytest.raises(error, match=words):
            Bokeh(data)

    def test_a_missing_file(self, tmp_path: Path) -> None:
        with pytest.raises(FileNotFoundError):
            Bokeh(tmp_path / "none.json")

    def test_captions(self) -> None:
        with pytest.raises(TypeError, match="caption is text"):
            Bokeh(SAVED, caption=[])  # type: ignore[arg-type]


class TestFile:
    def test_a_replaced_document_has_a_new_file(self) -> None:
        value = Bokeh(SAVED, caption="c")
        other = value.replace(document={"roots": [], "version": "4"})
        assert loads(other.file.read()) == other.document_json
        assert (other.caption, other.version) == ("c", "4")
        assert other != value

    def test_it_is_copied_byte_for_byte(self, tmp_path: Path) -> None:
        first, second = DirectoryStore(tmp_path / "a"), DirectoryStore(tmp_path / "b")
        node = encode({"a": Bokeh(SAVED)}, first, registry=REGISTRY).json
        copied = encode(decode(node, first, registry=REGISTRY), second, registry=REGISTRY).json
        assert copied == node
        assert (second.root / node["a"]["path"]).read_text() == SAVED

    @pytest.mark.parametrize(
        ("text", "words"),
        [(b"[1]", r"f\.bokeh\.json: is a list"), (b"{}", r'\["roots"\]: is missing'), (b"{", "not JSON")],
    )
    def test_a_bad_one_stays_linked_with_the_reason(self, text: bytes, words: str) -> None:
        node = {"_type": "bokeh-file", "path": "f.bokeh.json"}
        value = decode(node, MemoryStore({"f.bokeh.json": text}), registry=REGISTRY)
        assert isinstance(value, Linked)
        assert re.search(words, str(value.reason))


class TestToBokeh:
    def test_it_is_what_was_given(self) -> None:
        document = Document(title="two")
        document.add_root(plot(title="t"))
        document.add_root(Slider(start=0, end=9, value=1))
        back = native(there_and_back(document), registry=REGISTRY)
        assert isinstance(back, Document)
        assert (back.title, back.roots[0].title.text, back.roots[1].value) == ("two", "t", 1)
        assert back.roots[0].renderers[0].data_source.data == {"x": [1, 2, 3], "y": [3, 1, 2]}

    def test_all_that_no_newer_bokeh_3_wrote(self) -> None:
        values = [Bokeh(recorded(f"{client}-model")) for client in ("0.16.6", "0.19.11", "0.31.0")]
        readable = [each for each in values if numbers(str(each.version)) <= numbers(bokeh.__version__)]
        assert readable
        for value in readable:
            (root,) = value.to_bokeh().roots
            assert root.renderers[0].data_source.data == {"x": [1, 2, 3], "y": [3, 1, 2]}
            assert root.title.text == "b"

    @pytest.mark.parametrize(
        ("name", "version"), [("0.10.33-model", r"2\.3\.3"), ("0.13.11-model", r"2\.4\.3")]
    )
    def test_what_an_earlier_one_wrote_is_told_of(self, name: str, version: str) -> None:
        with pytest.raises(
            DecodeError, match=f"written by bokeh {version}.*document_json has all of it"
        ) as caught:
            Bokeh(recorded(name)).to_bokeh()
        assert caught.value.reason == "bad-file"

    @pytest.mark.parametrize(
        "root",
        [
            3,
            {},
            {"id": "p1"},
            {"type": "object", "name": "os.system", "id": "p1"},
            {"type": "object", "name": "Slider", "id": [], "attributes": []},
        ],
    )
    def test_what_is_no_document(self, root: Any) -> None:
        with pytest.raises(DecodeError, match="cannot be read as a bokeh document") as caught:
            Bokeh({"roots": [root]}).to_bokeh()
        assert caught.value.reason == "bad-file"

    @hypothesis.settings(suppress_health_check=list(hypothesis.HealthCheck))
    @hypothesis.given(st.data())
    def test_whatever_it_is_the_data_is_at_fault(self, data: st.DataObject) -> None:
        try:
            value = there_and_back(Bokeh({"roots": [], **data.draw(mutations(recorded("0.31.0-model")))}))
            assert isinstance(value.to_bokeh(), Document)
        except DecodeError as error:
            assert error.reason == "bad-file"
        except ValueError as error:  # from the constructor, when no roots are left
            assert "no bokeh document" in str(error)

    def test_properties_of_another_bokeh_are_told_of(self, caplog: pytest.LogCaptureFixture) -> None:
        root = {"type": "object", "name": "Slider", "id": "p1", "attributes": {"nonsuch": 1, "value": 3}}
        assert Bokeh({"roots": [root]}).to_bokeh().roots[0].value == 3
        assert "nonsuch" in caplog.text

    def test_classes_that_data_defines_are_not_taken_up(self) -> None:
        document = Bokeh(plot()).document_json
        document["defs"] = [{"type": "model", "name": "Slider2", "properties": []}]
        assert len(Bokeh(document).to_bokeh().roots) == 1


class TestCompressedArrays:
    def of(self, *packed: bytes) -> dict[str, Any]:
        data = base64.b64encode(b"".join(packed)).decode("ascii")
        array = {"type": "ndarray", "array": {"type": "bytes", "data": data}}
        array |= {"shape": [1], "dtype": "uint8", "order": "little"}
        source = {"type": "map", "entries": [["x", array]]}
        attributes = {"data": source}
        return {
            "roots": [{"type": "object", "name": "ColumnDataSource", "id": "p1", "attributes": attributes}]
        }

    def test_plots_of_zeros_are_read(self) -> None:
        zeros = np.zeros(1_000_000)
        (source,) = there_and_back(ColumnDataSource({"x": zeros})).to_bokeh().roots
        assert np.array_equal(source.data["x"], zeros)

    @pytest.mark.parametrize("members", [1, 3])
    def test_bombs_are_refused_before_they_go_off(
        self, members: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(native_room, "FREE", 1 << 20)
        bomb = gzip.compress(bytes(2 << 20))
        monkeypatch.setattr(gzip, "decompress", None)  # whoever calls it has not looked before
        value = there_and_back(Bokeh(self.of(*[bomb] * members)))
        with pytest.raises(LimitError, match="ratio=200"):
            value.to_bokeh()

    @pytest.mark.parametrize("pack", [bytes, gzip.compress])
    def test_with_gzip_and_without_whichever_bokeh_wrote_them(self, pack: Any) -> None:
        (source,) = Bokeh(self.of(pack(b"abc"))).to_bokeh().roots
        assert source.data["x"].tolist() == [97, 98, 99]

    def test_for_whom_trusts_the_data(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(native_room, "FREE", 1 << 20)
        value = there_and_back(Bokeh(self.of(gzip.compress(bytes(2 << 20)))), limits=Limits(ratio=5_000))
        assert value.to_bokeh().roots[0].data["x"].nbytes == 2 << 20

    @pytest.mark.parametrize("damaged", [gzip.compress(bytes(99))[:-9], gzip.compress(b"a") + b"x"])
    def test_damaged_ones(self, damaged: bytes) -> None:
        with pytest.raises(DecodeError) as caught:
            Bokeh(self.of(damaged)).to_bokeh()
        assert caught.value.reason == "bad-file"


class TestDescribe:
    @pytest.mark.parametrize(
        ("document", "words"),
        [
            ({"roots": []}, "0 roots"),
            (json.loads(SAVED), "0 roots, bokeh 3.9.2, 'saved'"),
            ({"roots": [{"name": "Figure"}, {"name": "Row"}, {"name": "Row"}]}, "3 roots (Figure, Row)"),
            ({"roots": [{"name": str(at)} for at in range(6)]}, "6 roots (0, 1, 2, 3, ...)"),
            ({"roots": [1, {"name": 3}], "version": 3, "title": []}, "2 roots"),
            ({"roots": {"references": 3, "root_ids": [1]}}, "0 roots"),
            (
                {"roots": {"references": [1, {"id": "1", "type": "Plot"}], "root_ids": ["1", []]}},
                "1 root (Plot)",
            ),
        ],
    )
    def test_what_it_says(self, document: Any, words: str) -> None:
        assert Bokeh(document).describe() == words
        assert repr(Bokeh(document)) == f"Bokeh({words})"

    def test_captions_and_old_ones(self) -> None:
        value = Bokeh(recorded("0.10.33-model"), caption="old")
        assert value.describe() == "1 root (Figure), bokeh 2.3.3, 'old'"


class TestWithoutBokeh:
    @pytest.fixture(autouse=True)
    def bare(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in [each for each in sys.modules if each.partition(".")[0] == "bokeh"]:
            monkeypatch.setitem(sys.modules, name, None)

    def test_reading_listing_and_writing(self) -> None:
        node = encode(Bokeh(SAVED), store := MemoryStore(), registry=REGISTRY).json
        value = decode(node, store, registry=REGISTRY)
        assert value.document_json == json.loads(SAVED)
        assert value.describe() == "0 roots, bokeh 3.9.2, 'saved'"
        assert encode(value, store, registry=REGISTRY).json == node

    def test_the_rest_names_the_pip_line(self) -> None:
        with pytest.raises(MissingExtra, match=r"pip install wbtypes-bokeh\[bokeh\]"):
            native(Bokeh(SAVED), registry=REGISTRY)


def test_values_compare_by_meaning() -> None:
    value = Bokeh(SAVED)
    assert value == Bokeh(json.dumps(json.loads(SAVED), indent=3))
    assert value != Bokeh(SAVED, caption="c")
    assert len({value, pickle.loads(pickle.dumps(value))}) == 1
