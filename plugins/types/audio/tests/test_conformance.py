"""The audio codecs keep the contract of all codecs."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

import wbtypes_audio.plugin
from wbtypes_audio import Audio, AudioBatchCodec, AudioCodec
from wbtypes_core import Batch, ValueWarning, WBValue
from wbtypes_core.testing import CodecConformance

HERE = Path(__file__).parent
TONE = np.sin(np.arange(300) / 7) * 0.8
WHOLE = (TONE * 32_000).astype(np.int16)


def quietly(*args: Any, **kwargs: Any) -> Audio:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ValueWarning)
        return Audio(*args, **kwargs)


def sound(kind: str, subtype: str | None = None) -> io.BytesIO:
    stream = io.BytesIO()
    soundfile.write(stream, TONE, 8_000, format=kind, subtype=subtype)
    return stream


def clips() -> Iterator[Audio]:
    yield Audio(TONE, 8_000, "a tone")
    yield Audio(TONE.astype(np.float32), 16_000)
    yield Audio(TONE.astype(np.float16), 44_100, caption="")
    yield Audio(WHOLE, 8_000, caption=4.5)
    yield Audio(WHOLE.reshape(-1, 1), 8_000)
    yield Audio(WHOLE.reshape(100, 3), 8_000)
    yield Audio(WHOLE.astype(np.int32) << 16, 8_000)
    yield Audio((WHOLE >> 8).astype(np.int8), 8_000)
    yield Audio(WHOLE.view(np.uint16) ^ np.uint16(0x8000), 8_000)
    yield Audio(TONE > 0, 8_000)
    yield Audio(np.zeros((0, 2)), 8_000)
    yield Audio([0.0, 0.25, -1.0], 8_000)
    yield quietly(WHOLE.astype(np.int64), 8_000)
    yield quietly(np.array([2**40, -5]), 8_000)
    yield Audio(np.array([np.nan, np.inf, 1e300, 1e-300, 7.0]), 8_000)
    yield quietly(np.array([np.nan, np.inf, 7.0, 0.5]), 8_000, subtype="PCM_24")
    yield Audio(TONE, 8_000, subtype="DOUBLE")
    yield Audio(WHOLE, 8_000, format="flac")
    yield Audio(sound("WAV", "PCM_24"), caption="by bytes")
    yield Audio(sound("FLAC"))
    yield quietly(sound("OGG"), 44_100)


class TestAudio(CodecConformance):
    codec = AudioCodec()
    plugin = wbtypes_audio.plugin
    corpus = HERE / "corpus"
    heavy = ("numpy", "soundfile")

    def samples(self) -> Iterator[WBValue]:
        return clips()

    def native_equal(self, value: Any, native: Any) -> bool:
        return native.dtype == np.float64 and np.array_equal(native, value.to_numpy(), equal_nan=True)


class TestBatch(CodecConformance):
    codec = AudioBatchCodec()
    plugin = wbtypes_audio.plugin
    corpus = HERE / "corpus"
    heavy = ("numpy", "soundfile")

    def samples(self) -> Iterator[WBValue]:
        every = [*clips(), quietly(io.BytesIO(b"\0\0\0 ftypM4A "), caption="nothing here reads it")]
        yield Batch(every)
        yield Batch(every[::-1])
        yield Batch(every[1:2])
        yield Batch([every[1], every[0]])
