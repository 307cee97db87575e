"""What a text promises beside the kit."""

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import wbtypes_text.plugin
from wbtypes_core import DecodeError, MemoryStore, Registry, decode, encode, native
from wbtypes_text import Text

REGISTRY = Registry.of(wbtypes_text.plugin)


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_every_text_comes_back(text: str) -> None:
    store = MemoryStore()
    again = decode(encode(Text(text), store, registry=REGISTRY).json, store, registry=REGISTRY)
    assert native(again, registry=REGISTRY) == text


def test_paths_and_open_files_are_kept_byte_for_byte(tmp_path: Path) -> None:
    path = tmp_path / "story.md"
    path.write_bytes(b"# a\r\n")
    assert Text(path).file.read() == b"# a\r\n"
    assert Text(path).file.suffix == ".md"
    assert Text(io.StringIO("x")).text == "x"


def test_a_number_is_no_text() -> None:
    with pytest.raises(TypeError, match="Text is made from"):
        Text(3)  # type: ignore[arg-type]


def test_bytes_that_are_no_text_are_told() -> None:
    with pytest.raises(DecodeError, match="UTF-8"):
        _ = Text(io.BytesIO(b"\xff")).text
