"""What a page promises: what it is made from, the very bytes of wandb, and the way back."""

from __future__ import annotations

import io
import json
import pickle
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import wbtypes_html.plugin
from wbtypes_core import (
    Batch,
    BytesFile,
    DecodeError,
    Dialect,
    LocalFile,
    MemoryStore,
    Registry,
    decode,
    encode,
    native,
)
from wbtypes_html import Html
from wbtypes_html.values import PLACES, STYLE

REGISTRY = Registry.of(wbtypes_html.plugin)
RECORDED = json.loads((Path(__file__).parent / "recorded.json").read_text("utf-8"))


def written(value: Any, store: MemoryStore | None = None, **options: Any) -> Any:
    return encode(value, MemoryStore() if store is None else store, registry=REGISTRY, **options).json


def both_ways(value: Any, **options: Any) -> Any:
    store = MemoryStore()
    return decode(written(value, store, **options), store, registry=REGISTRY)


# -- the bytes of wandb ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", RECORDED, ids=[each["name"] for each in RECORDED])
def test_the_stored_file_is_the_one_that_wandb_stored(page: dict[str, Any]) -> None:
    value = Html(page["text"], inject=page["inject"])
    assert value.sha256 == page["sha256"]
    assert value.size == page["size"]
    assert value.source == page["text"]
    assert (value.html == page["text"]) is not page["inject"]


@pytest.mark.parametrize(
    ("text", "stored", "place"),
    [
        ("<p>", f"{STYLE}<p>", "front"),
        (" <p> ", f"{STYLE} <p>", "front"),
        ("", STYLE, "front"),
        (" \n", STYLE, "front"),
        (" <html>x</html>\n", f"<html><head>{STYLE}</head>x</html>", "html"),
        ("<html><html>", f"<html><head>{STYLE}</head><html>", "html"),
        ("<!doctype html>\n<html lang=en><p>", f"{STYLE}<!doctype html>\n<html lang=en><p>", "front"),
        ("<HEAD><HTML>", f"{STYLE}<HEAD><HTML>", "front"),
        ("\t<head><head>", f"<head>{STYLE}<head>", "head"),
        ("<html><head></head>", f"<html><head>{STYLE}</head>", "head"),
        (f"<head>{STYLE}</head>", f"<head>{STYLE}{STYLE}</head>", "head"),
        (f"{STYLE}<head>", f"{STYLE}<head>{STYLE}", "head"),
        (STYLE, STYLE + STYLE, "front"),
    ],
)
def test_where_the_style_sheet_goes(text: str, stored: str, place: str) -> None:
    value = Html(text)
    assert value.html == stored
    assert value.injected == place
    assert value.source == both_ways(value).source == text


markup = st.text(st.characters(exclude_categories=["Cs"]), max_size=8) | st.sampled_from(
    [
        "<head>",
        "<html>",
        "</head>",
        STYLE,
        " ",
        "\n",
        "\r\n",
        "\u00a0",
        "\x1f",
        *[put for _, put in PLACES.values()],
    ]
)


@given(st.lists(markup, max_size=6).map("".join), st.booleans())
def test_every_page_comes_back(text: str, inject: bool) -> None:
    value = Html(text, inject, data_is_not_path=True)
    for dialect in Dialect:
        store = MemoryStore()
        back = decode(written(value, store, dialect=dialect), store, registry=REGISTRY)
        assert back == value
        assert back.source == text
        assert back.html == value.html
        assert value.html.count(STYLE) == text.count(STYLE) + inject


def test_what_is_said_beside_it_is_only_what_was_lost() -> None:
    assert set(written(Html(" x ", inject=False))) == {"_type", "path", "sha256", "size"}
    assert written(Html("x"))["_wbtypes"] == {"injected": "front"}
    assert written(Html(" <html>\n"))["_wbtypes"] == {"injected": "html", "lead": " ", "tail": "\n"}
    plain = both_ways(Html(" <html>\n"), exact=False)
    assert plain.injected is None
    assert plain.source == plain.html == Html("<html>").html


def test_a_page_that_says_it_was_injected_and_was_not() -> None:
    store = MemoryStore()
    node = {**written(Html("<p>", inject=False), store), "_wbtypes": {"injected": "head"}}
    value = decode(node, store, registry=REGISTRY)
    assert value.html == "<p>"
    with pytest.raises(DecodeError, match="holds no style sheet") as caught:
        _ = value.source
    assert caught.value.reason == "altered-file"


# -- what it is made from -------------------------------------------------------------------------------------

PAGE = "<html><head></head>\r\n<p>päivää</p></html>\n"


@pytest.fixture
def page(tmp_path: Path) -> Path:
    path = tmp_path / "page.html"
    path.write_bytes(PAGE.encode())
    return path


def test_a_path_is_read(page: Path) -> None:
    for data in (page, str(page)):
        value = Html(data)
        assert value.html == Html(PAGE).html
        assert value.source == PAGE
        assert value == Html(PAGE)


def test_a_file_is_kept_byte_for_byte(page: Path, tmp_path: Path) -> None:
    for data in (page, str(page)):
        value = Html(data, inject=False)
        assert isinstance(value.file, LocalFile)
        assert value.file.read() == PAGE.encode()
        assert value.html == value.source == PAGE
    other = tmp_path / "page.htm"
    other.write_bytes(b"\xef\xbb\xbf<p>\xe4")
    assert Html(other, inject=False).file.read() == b"\xef\xbb\xbf<p>\xe4"
    assert Html(other, inject=False).file.suffix == ".htm"


def test_a_file_is_a_snapshot(page: Path) -> None:
    value = Html(page, inject=False)
    page.write_text("changed")
    assert value.html == PAGE


def test_a_text_is_a_path_only_when_it_names_a_page(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "page.txt").write_text("x")
    (tmp_path / "folder.html").mkdir()
    for text in ("page.txt", "missing.html", "folder.html", "page.html\0.html", "x" * 5000 + ".html"):
        assert Html(text, inject=False).html == text
    assert Html("page.html", inject=False).html == PAGE
    assert Html("page.html", inject=False, data_is_not_path=True).html == "page.html"


def test_a_path_that_leads_nowhere(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Html(tmp_path / "missing.html")
    with pytest.raises(FileNotFoundError):
        Html(tmp_path / "missing.html", inject=False, data_is_not_path=True)


def test_open_files_are_read_from_their_start(page: Path) -> None:
    with page.open("rb") as binary, page.open(encoding="utf-8", newline="") as text:
        for stream in (binary, text, io.StringIO(PAGE, newline=""), io.BytesIO(PAGE.encode())):
            stream.seek(5)
            assert Html(stream, inject=False).html == PAGE
            assert stream.tell() == 5
            assert Html(stream) == Html(PAGE)


def test_files_of_other_values_are_taken() -> None:
    file = BytesFile(b"<p>", ".html")
    assert Html(file, inject=False).file is file
    assert Html(file) == Html("<p>")


@pytest.mark.parametrize("data", [3, 3.5, None, b"<p>", bytearray(b"<p>"), ["<p>"]])
def test_what_is_no_page(data: Any) -> None:
    with pytest.raises(ValueError, match=f"not from {type(data).__name__}"):
        Html(data)


def test_bytes_that_are_no_utf_8_are_kept() -> None:
    raw = b" <head>\xff\xc3</head> "
    assert Html(io.BytesIO(raw), inject=False).file.read() == raw
    value = Html(io.BytesIO(raw))
    assert value.file.read() == b"<head>" + STYLE.encode() + b"\xff\xc3</head>"
    assert both_ways(value) == value
    with pytest.raises(DecodeError, match="UTF-8") as caught:
        _ = value.html
    assert caught.value.reason == "bad-file"


def test_lone_surrogates_are_kept() -> None:
    value = both_ways(Html("\ud800<p>"))
    assert value.html == STYLE + "\ud800<p>"
    assert value.source == "\ud800<p>"


# -- how it travels -------------------------------------------------------------------------------------------


def test_files_are_named_as_wandb_names_them(page: Path) -> None:
    digest = Html("<p>").sha256[:20]
    assert written(Html("<p>"), key="a/b", step=3)["path"] == f"media/html/a/b_3_{digest}.html"
    assert (
        written(Html("<p>"), dialect=Dialect.ARTIFACT)["path"]
        == f"media/html/{Html('<p>').file.md5[:20]}.html"
    )
    with page.open("rb") as stream:
        assert written(Html(stream), dialect=Dialect.ARTIFACT)["path"].endswith(
            f"/{Html(PAGE).file.md5[:20]}.html"
        )
    raw = Html(page, inject=False)
    assert written(raw, dialect=Dialect.ARTIFACT)["path"] == f"media/html/{raw.sha256[:20]}/page.html"


def test_a_list_is_a_batch() -> None:
    store = MemoryStore()
    node = written({"pages": [Html("1"), Html("2")]}, store)["pages"]
    assert (node["_type"], node["count"], len(node["html"])) == ("html", 2, 2)
    back = decode(node, store, registry=REGISTRY)
    assert isinstance(back, Batch)
    assert back == [Html("1"), Html("2")]
    assert native(back, registry=REGISTRY) == [STYLE + "1", STYLE + "2"]
    with pytest.raises(DecodeError, match=r'\["html"\]\[1\]\["path"\]'):
        decode({**node, "html": [node["html"][0], {**node["html"][1], "path": 3}]}, registry=REGISTRY)


def test_a_file_that_is_missing_is_told_when_it_is_asked_for() -> None:
    value = decode(written(Html("<p>")), MemoryStore(), registry=REGISTRY)
    assert value.size == len(STYLE) + 3
    with pytest.raises(DecodeError) as caught:
        _ = value.html
    assert caught.value.reason == "missing-file"


def test_values_compare_by_page_and_by_what_was_done() -> None:
    assert Html("<p>") == Html("<p>")
    assert Html("<p>") != Html(STYLE + "<p>", inject=False)
    assert hash(Html("<p>")) == hash(pickle.loads(pickle.dumps(Html("<p>"))))
    assert Html("<p>", inject=False).describe() == "html, 3 bytes"


def test_a_column_of_them_is_named_as_wandb_names_it() -> None:
    assert REGISTRY.codec("html-file").column_type(Html("x")) == {"wb_type": "html-file"}
