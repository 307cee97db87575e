"""What a file promises: every byte, its name, and a clear word when it cannot be read."""

from __future__ import annotations

import io
import pickle
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import wbtypes_file.plugin
from wbtypes_core import (
    DecodeError,
    Dialect,
    LimitError,
    Limits,
    MemoryStore,
    Registry,
    decode,
    encode,
    native,
)
from wbtypes_file import File

REGISTRY = Registry.of(wbtypes_file.plugin)


@given(st.binary(max_size=100))
def test_every_byte_comes_back(data: bytes) -> None:
    value = File(io.BytesIO(data))
    for dialect in Dialect:
        store = MemoryStore()
        back = decode(encode(value, store, dialect=dialect, registry=REGISTRY).json, store, registry=REGISTRY)
        assert back == value
        assert back.read() == native(back, registry=REGISTRY) == data
        assert back.size == len(data)


def test_a_path_is_kept_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "weights.v1.BIN"
    path.write_bytes(b"\x00\r\n")
    for given_ in (path, str(path)):
        value = File(given_)
        assert value.name == "weights.v1.BIN"
        assert value.file.suffix == ".BIN"
        assert value.describe() == f"BIN, {value.size} bytes"
    path.write_bytes(b"changed")
    assert value.read() == b"\x00\r\n"


def test_files_are_stored_by_key_and_content(tmp_path: Path) -> None:
    path = tmp_path / "w.bin"
    path.write_bytes(b"1")
    value = File(path)
    run = encode({"weights": value}, MemoryStore(), step=4, registry=REGISTRY).json["weights"]
    assert run == {
        "_type": "file",
        "path": f"media/file/weights_4_{value.sha256[:20]}.bin",
        "sha256": value.sha256,
        "size": 1,
    }
    artifact = encode(value, MemoryStore(), dialect=Dialect.ARTIFACT, registry=REGISTRY).json
    assert artifact["path"] == f"media/file/{value.sha256[:20]}/w.bin"


def test_open_files_are_read_from_their_start(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("abc")
    with path.open("rb") as stream:
        stream.seek(2)
        value = File(stream)
        assert stream.tell() == 2
    assert (value.read(), value.name, value.file.suffix) == (b"abc", "a.txt", ".txt")
    assert File(io.StringIO("é")).read() == "é".encode()
    assert File(io.BytesIO(b"x")).name is None


def test_a_caption_is_kept() -> None:
    value = decode({"_type": "file", "path": "w.bin", "caption": "epoch 3"}, registry=REGISTRY)
    assert value.caption == "epoch 3"
    assert value.describe() == "bin, 'epoch 3'"
    assert value.name == "w.bin"


@pytest.mark.parametrize("path", [3, None, b"w.bin", ["w.bin"]])
def test_what_is_no_file(path: Any) -> None:
    with pytest.raises(TypeError, match=f"File is made from a path.*not from {type(path).__name__}"):
        File(path)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        File(tmp_path / "missing")
    with pytest.raises(OSError, match="directory"):
        File(tmp_path)
    with pytest.raises(ValueError, match="empty"):
        File("")


@pytest.mark.parametrize(
    ("path", "code"),
    [("w.bin", "missing-file"), ("../w.bin", "unsafe-path"), ("s3://b/w.bin", "unreachable")],
)
def test_a_file_out_of_reach_is_told_when_it_is_asked_for(path: str, code: str) -> None:
    value = decode({"_type": "file", "path": path}, MemoryStore(), registry=REGISTRY)
    with pytest.raises(DecodeError) as caught:
        value.read()
    assert caught.value.reason == code
    assert "w.bin" in str(caught.value)


def test_a_file_beyond_the_limit() -> None:
    store = MemoryStore()
    node = encode(File(io.BytesIO(b"12345")), store, registry=REGISTRY).json
    value = decode(node, store, limits=Limits(file_bytes=4), registry=REGISTRY)
    with pytest.raises(LimitError, match="file_bytes"):
        value.read()


def test_equal_bytes_are_equal_files(tmp_path: Path) -> None:
    path = tmp_path / "w.bin"
    path.write_bytes(b"1")
    assert File(path) == File(io.BytesIO(b"1"))
    assert hash(File(path)) == hash(pickle.loads(pickle.dumps(File(path))))
    assert File(path) != File(io.BytesIO(b"2"))


def test_wandb_has_no_column_type_for_them() -> None:
    assert REGISTRY.codec("file").column_type(File(io.BytesIO(b"")))["params"] == {"class_name": "File"}
