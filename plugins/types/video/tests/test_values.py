"""What a video takes, keeps and refuses beside its frames."""

from __future__ import annotations

import copy
import gc
import io
import json
import pickle
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from wbtypes_core import (
    Batch,
    BytesFile,
    DecodeError,
    Dialect,
    MemoryStore,
    Opaque,
    ValueWarning,
    decode,
    encode,
    errors,
)
from wbtypes_video import Video
from wbtypes_video.native import writing
from wbtypes_video.values import Header

CLIP = np.arange(3 * 3 * 4 * 6, dtype=np.uint8).reshape(3, 3, 4, 6)


@pytest.fixture(autouse=True)
def nothing_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(errors, "_told", set())


@pytest.fixture(autouse=True)
def own_temporary_folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path_factory.mktemp("temporary")
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def gif() -> bytes:
    return Video(CLIP, format="gif").file.read()


# -- arguments ------------------------------------------------------------------------------------------------


def test_the_positional_order_is_that_of_the_seed_api() -> None:
    video = Video(CLIP, "a clip", 8, "gif")
    assert (video.caption, video.fps, video.format) == ("a clip", 8, "gif")
    plain = Video(CLIP)
    assert (plain.caption, plain.fps, plain.format) == (None, 4, "mp4")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"caption": ["x"]}, "caption"),
        ({"fps": "4"}, "fps"),
        ({"fps": True}, "fps"),
        ({"fps": None}, "fps"),
        ({"format": 3}, "format"),
        ({"value_range": 3}, "value_range"),
        ({"value_range": (0, "1")}, "value_range"),
        ({"value_range": (0, True)}, "value_range"),
        ({"progress": 3}, "progress"),
    ],
)
def test_arguments_of_a_wrong_type_are_refused_at_once(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(TypeError, match=message):
        Video(CLIP, **arguments)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"fps": 0}, "fps=0"),
        ({"fps": -4}, "fps=-4"),
        ({"fps": float("nan")}, "fps=nan"),
        ({"fps": 1001}, "0.001 to 1000"),
        ({"format": "avi"}, "gif, mp4, webm, ogg"),
        ({"format": ""}, "gif, mp4, webm, ogg"),
        ({"value_range": (1, 0)}, "below hi"),
        ({"value_range": (0, float("inf"))}, "finite"),
        ({"format": "gif", "fps": 101}, "0.00153 to 100 frames a second"),
    ],
)
def test_arguments_of_a_wrong_value_are_refused_at_once(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Video(CLIP, **arguments)


@pytest.mark.parametrize(
    "data",
    [None, 3, b"bytes", bytearray(b"b"), {"a": 1}, object(), np.array(["a"]), CLIP * 1j, ["a"], [[None]]],
    ids=lambda data: type(data).__name__,
)
def test_what_is_no_video_is_a_type_error(data: Any) -> None:
    with pytest.raises(TypeError, match="a video is made from"):
        Video(data)


@pytest.mark.parametrize("url", ["https://example.com/cat.mp4", "s3://bucket/cat.mp4", "file:///cat.mp4"])
def test_urls_are_never_fetched(url: str) -> None:
    with pytest.raises(ValueError, match="download it"):
        Video(url)


def test_numbers_of_numpy_and_fractions_are_taken() -> None:
    video = Video(CLIP, np.float32(1.5), np.int64(8), "GIF", value_range=(np.float32(0), np.int16(255)))
    assert type(video.caption) is float and video.caption == 1.5
    assert (video.fps, video.format) == (8, "gif")
    assert video.value_range == (0.0, 255)
    assert [type(each) for each in video.value_range] == [float, int]
    assert Video(CLIP, fps=Fraction(30_000, 1001)).fps == 30_000 / 1001


def test_warnings_name_the_line_that_made_the_video() -> None:
    with pytest.warns(ValueWarning) as caught:
        Video(CLIP * -1.0)
    assert caught[0].filename == __file__


# -- the value ------------------------------------------------------------------------------------------------


def test_videos_are_frozen_values() -> None:
    video = Video(CLIP, "a")
    assert video == Video(CLIP.copy(), "a")
    assert hash(video) == hash(Video(CLIP.copy(), "a"))
    assert video != Video(CLIP, "b")
    assert video != Video(CLIP[::-1], "a")
    assert video != Video(CLIP, "a", fps=5)
    assert copy.deepcopy(video) == video == pickle.loads(pickle.dumps(video))
    with pytest.raises(AttributeError):
        video.caption = "b"  # type: ignore[misc]


def test_later_changes_of_an_array_change_nothing() -> None:
    array = CLIP.copy()
    video = Video(array, format="gif")
    array[:] = 0
    assert np.array_equal(video.to_numpy(), CLIP)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({}, "6 x 4 mp4, 0.75 s at 4 fps"),
        ({"caption": "a clip", "format": "gif", "fps": 30}, "6 x 4 gif, 0.1 s at 30 fps, 'a clip'"),
    ],
)
def test_a_video_is_described_in_a_few_words(arguments: dict[str, Any], text: str) -> None:
    assert Video(CLIP, **arguments).describe() == text


def test_a_decoded_video_is_described_without_its_file() -> None:
    node = {"_type": "video-file", "path": "media/videos/a.webm", "width": 6, "height": 4, "caption": "c"}
    assert decode(node, MemoryStore()).describe() == "6 x 4 webm, 'c'"
    assert decode({"_type": "video-file", "path": "a"}, MemoryStore()).describe() == "video"


def test_facts_of_a_file_are_read_when_they_are_asked_for() -> None:
    store = MemoryStore()
    node = encode(Video(io.BytesIO(gif())), store).json
    assert "width" not in node
    video = decode(node, store)
    assert (video.width, video.height, video.fps, video.duration, video.format) == (6, 4, 4, 0.75, "gif")
    store.files.clear()
    assert decode(node, store).format == "gif"
    with pytest.raises(DecodeError, match="not in this memory store"):
        _ = decode(node, store).fps


def test_facts_that_no_header_names_are_an_error() -> None:
    video = Video(CLIP, format="gif")
    object.__setattr__(video, "_header", Header("gif", 6, 4, None, None, None))
    for name in ("fps", "duration"):
        with pytest.raises(DecodeError, match=f"does not say its {name}"):
            getattr(video, name)


def test_a_file_without_a_telling_extension_is_known_by_its_content() -> None:
    stored = Video.restore(file=BytesFile(gif(), ".bin"))
    assert stored.format == "gif"
    assert Video.restore(file=BytesFile(gif(), ".GIF")).format == "gif"


# -- the wire -------------------------------------------------------------------------------------------------


def test_a_plain_video_is_exactly_what_wandb_writes() -> None:
    video = Video(CLIP, "a clip")
    for dialect, more in ((Dialect.RUN, {"size"}), (Dialect.ARTIFACT, set())):
        node = encode({"v": video}, MemoryStore(), dialect=dialect).json["v"]
        assert node.keys() == {"_type", "path", "sha256", "caption", "width", "height"} | more
        assert (node["_type"], node["width"], node["height"], node["caption"]) == (
            "video-file",
            6,
            4,
            "a clip",
        )
    run = encode({"v": video}, MemoryStore(), step=3).json["v"]
    assert run["path"] == f"media/videos/v_3_{video.sha256[:20]}.mp4"


def test_a_file_keeps_its_extension_and_has_no_size_on_the_wire(tmp_path: Path) -> None:
    path = tmp_path / "clip.GIF"
    path.write_bytes(gif())
    store = MemoryStore()
    node = encode({"v": Video(path)}, store, step=3).json["v"]
    assert node.keys() == {"_type", "path", "sha256", "size"}
    assert node["path"].endswith(".GIF")
    assert store.files[node["path"]] == gif()
    artifact = encode({"v": Video(path)}, MemoryStore(), dialect=Dialect.ARTIFACT).json["v"]
    assert artifact["path"] == f"media/videos/{node['sha256'][:20]}/clip.GIF"


def test_a_list_of_videos_is_one_object() -> None:
    videos = [Video(CLIP, "first"), Video(CLIP[::-1]), Video(CLIP, format="gif")]
    store = MemoryStore()
    node = encode({"v": videos}, store).json["v"]
    assert (node["_type"], node["count"]) == ("videos", 3)
    assert node["captions"] == ["first", None, None]
    assert [each["_type"] for each in node["videos"]] == ["video-file"] * 3
    back = decode(node, store)
    assert isinstance(back, Batch) and back == videos
    assert encode({"v": videos[1:]}, store).json["v"]["captions"] is False
    assert encode({"v": videos}, store, dialect=Dialect.ARTIFACT).json["v"] == [
        encode({"v": each}, store, dialect=Dialect.ARTIFACT).json["v"] for each in videos
    ]


def test_captions_that_only_the_batch_names_belong_to_its_videos() -> None:
    store = MemoryStore()
    node = encode({"v": [Video(CLIP, ""), Video(CLIP, "b")]}, store).json["v"]
    for each in node["videos"]:
        del each["caption"]
    back = decode(node, store)
    assert [each.caption for each in back] == ["", "b"]
    assert encode(back, store).json == node
    again = encode({"v": list(back)}, store).json["v"]
    assert [each["caption"] for each in again["videos"]] == ["", "b"]


def test_what_is_not_understood_in_a_batch_is_kept() -> None:
    store = MemoryStore()
    node = encode({"v": [Video(CLIP)]}, store).json["v"]
    strip = {"_type": "film-strip", "caption": "c"}
    node = {**node, "count": 2, "videos": [strip, *node["videos"]], "captions": ["c", None]}
    back = decode(node, store)
    assert isinstance(back[0], Opaque) and isinstance(back[1], Video)
    assert encode(back, store).json == node


# -- memory and temporary files -------------------------------------------------------------------------------


def test_no_temporary_file_is_left(own_temporary_folder: Path) -> None:
    Video(CLIP)
    Video(CLIP, format="gif")
    Video(iter(CLIP / 255))

    def broken() -> Iterator[Any]:
        yield CLIP[0]
        raise RuntimeError("the renderer is gone")

    with pytest.raises(RuntimeError, match="the renderer is gone"):
        Video(broken())
    with pytest.raises(KeyboardInterrupt):
        Video(CLIP, progress=lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    assert list(own_temporary_folder.iterdir()) == []


def test_a_long_film_is_a_temporary_file_that_goes_with_its_value(
    own_temporary_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    short = Video(CLIP)
    monkeypatch.setattr(writing, "SNAPSHOT_BYTES", 0)
    monkeypatch.setattr("wbtypes_core.files.SNAPSHOT_BYTES", 0)
    video = Video(CLIP)
    assert len(list(own_temporary_folder.iterdir())) == 1
    assert video == short
    assert "temporary" not in str(video.file) and video.file.name is None
    store = MemoryStore()
    for dialect in Dialect:
        paths = [encode({"v": each}, store, dialect=dialect).json["v"]["path"] for each in (video, short)]
        assert paths[0] == paths[1]
    copied = pickle.loads(pickle.dumps(video))
    del video
    gc.collect()
    assert list(own_temporary_folder.iterdir()) == []
    assert copied == short


# -- without the libraries ------------------------------------------------------------------------------------

ALONE = """
import json, sys
sys.modules.update(dict.fromkeys(("av", "numpy", "PIL")))
from wbtypes_core import MemoryStore, MissingExtra, Registry, decode, encode, native
import wbtypes_video.plugin
registry = Registry.of(wbtypes_video.plugin)
node, files = json.load(sys.stdin)
store = MemoryStore({path: bytes.fromhex(data) for path, data in files.items()})
found = decode(node, store, registry=registry)
said = []
for attempt in (lambda: native(found[0], registry=registry), lambda: found[0].fps, found[0].thumbnail,
                lambda: list(found[0].frames()), lambda: type(found[0])("a.mp4")):
    try:
        attempt()
    except MissingExtra as error:
        said.append(str(error))
other = MemoryStore()
again = encode({"v": found}, other, registry=registry).json["v"]
print(json.dumps([[each.describe() for each in found], said, again, sorted(other.files)]))
"""


def test_without_its_libraries_a_video_is_read_shown_and_written() -> None:
    store = MemoryStore()
    node = encode({"v": [Video(CLIP / 255, "first"), Video(CLIP, format="gif")]}, store).json["v"]
    files = {path: data.hex() for path, data in store.files.items()}
    asked = json.dumps([node, files])
    done = subprocess.run([sys.executable, "-c", ALONE], input=asked, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    shown, said, again, written = json.loads(done.stdout)
    assert shown == ["6 x 4 mp4, 'first'", "6 x 4 gif"]
    assert len(said) == 5 and all("pip install wbtypes-video" in each for each in said)
    assert again == node
    assert written == sorted(store.files)
