"""The video codecs keep the contract of all codecs."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

import wbtypes_video.plugin
from wbtypes_core import Batch, BytesFile, ValueWarning, WBValue
from wbtypes_core.testing import CodecConformance
from wbtypes_video import Video, VideoBatchCodec, VideoCodec

HERE = Path(__file__).parent
CLIP = np.arange(3 * 3 * 4 * 6, dtype=np.uint8).reshape(3, 3, 4, 6)


def quietly(*args: Any, **kwargs: Any) -> Video:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ValueWarning)
        return Video(*args, **kwargs)


def videos() -> Iterator[Video]:
    yield Video(CLIP)
    yield Video(CLIP, caption="a clip", fps=12.5, format="gif")
    yield Video(CLIP, caption="", fps=30, format="gif")
    yield Video(CLIP[:, :1, :3, :5], caption=4.5)
    yield Video(CLIP[:, :2, None].repeat(3, 2), format="webm")
    yield Video(iter(CLIP), format="ogg")
    yield Video(CLIP / 255)
    yield quietly(np.where(CLIP == 4, np.nan, CLIP - 7.5), format="gif")
    yield Video(CLIP, value_range=(-10, 300.5))
    yield Video(CLIP > 20, format="gif")
    yield Video(io.BytesIO(Video(CLIP, format="gif").file.read()), caption="by bytes")
    yield Video(BytesFile(Video(CLIP).file.read(), ".MP4", "clip.MP4"))


def same_frames(value: Any, native: Any) -> bool:
    return np.array_equal(native, np.stack(list(value.frames())))


class TestVideo(CodecConformance):
    codec = VideoCodec()
    plugin = wbtypes_video.plugin
    corpus = HERE / "corpus"
    heavy = ("av", "numpy", "PIL")

    def samples(self) -> Iterator[WBValue]:
        return videos()

    def native_equal(self, value: Any, native: Any) -> bool:
        return same_frames(value, native)


class TestBatch(TestVideo):
    codec = VideoBatchCodec()

    def samples(self) -> Iterator[WBValue]:
        every = list(videos())
        yield Batch(every)
        yield Batch(every[1:])
        yield Batch(every[:1])

    def native_equal(self, value: Any, native: Any) -> bool:
        return len(value) == len(native) and all(map(same_frames, value, native))
