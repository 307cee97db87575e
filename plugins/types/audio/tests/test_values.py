"""What audio takes, keeps and refuses."""

from __future__ import annotations

import io
import pickle
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

import wbtypes_audio.plugin
from wbtypes_audio import Audio
from wbtypes_audio import values as values_room
from wbtypes_core import (
    Batch,
    BytesFile,
    DecodeError,
    Dialect,
    DirectoryStore,
    EncodeError,
    LocalFile,
    MemoryStore,
    MissingExtra,
    Registry,
    ValueWarning,
    decode,
    encode,
    native,
)

REGISTRY = Registry.of(wbtypes_audio.plugin)
TONE = np.sin(np.arange(400) / 7) * 0.8
WHOLE = (TONE * 32_000).astype(np.int16)
M4A = b"\0\0\0\x20ftypM4A \0\0\0\0" + bytes(40)


@pytest.fixture(autouse=True)
def nothing_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(values_room, "_told", set())


@pytest.fixture
def no_soundfile(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "soundfile", None)


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    path = tmp_path / "Clip.WAV"
    soundfile.write(path, WHOLE, 8_000, format="WAV")
    return path


def written(value: Any, **more: Any) -> tuple[Any, MemoryStore]:
    store = MemoryStore()
    return encode(value, store, registry=REGISTRY, **more).json, store


def read_back(node: Any, store: MemoryStore) -> Any:
    return decode(node, store, registry=REGISTRY)


class FakeTensor:
    """As much of a tensor on a device as taking its array needs."""

    dtype = "torch.float32"

    def __init__(self, array: Any) -> None:
        self.array = array

    def detach(self) -> FakeTensor:
        return self

    cpu = resolve_conj = resolve_neg = detach

    def numpy(self) -> Any:
        return self.array


FakeTensor.__module__, FakeTensor.__qualname__ = "torch", "Tensor"


class Lookalike:
    """Something else that can become an array."""

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        return WHOLE


class TestArrays:
    def test_one_is_copied_at_once(self) -> None:
        array = WHOLE.copy()
        audio = Audio(array, 8_000)
        compressed = Audio(array, 8_000, format="flac")
        array[:] = 0
        assert np.array_equal(audio.to_numpy(restore=True), WHOLE)
        assert np.array_equal(compressed.to_numpy(restore=True), WHOLE)

    @pytest.mark.parametrize(
        "like", [FakeTensor(WHOLE), Lookalike(), WHOLE[::-1][::-1], np.asfortranarray(WHOLE)]
    )
    def test_what_is_like_one(self, like: Any) -> None:
        assert np.array_equal(Audio(like, 8_000).to_numpy(restore=True), WHOLE)

    def test_lists_are_arrays(self) -> None:
        audio = Audio([[0.5, -1], [0, 0.25], [1, 1]], 8_000)
        assert (audio.frames, audio.channels) == (3, 2)
        assert audio.to_numpy().tolist() == [[0.5, -1], [0, 0.25], [1, 1]]

    def test_lists_of_integers_name_no_full_scale(self) -> None:
        with pytest.warns(ValueWarning, match="no full scale"):
            audio = Audio([1, -2, 300], 8_000)
        assert audio.to_numpy(restore=True).tolist() == [1, -2, 300]
        assert audio.to_numpy().tolist() == [1 / 2**15, -2 / 2**15, 300 / 2**15]
        Audio([1, 2], 8_000)  # told once

    def test_the_rate_is_missing(self) -> None:
        with pytest.raises(ValueError, match=r"sample_rate is missing.*sample_rate=16_000"):
            Audio(TONE)

    @pytest.mark.parametrize("rate", [np.int64(8_000), np.float32(8_000), 8_000.0, np.array(8_000)])
    def test_the_rate_is_a_whole_number(self, rate: Any) -> None:
        audio = Audio(TONE, rate)
        assert type(audio.sample_rate) is int
        assert (audio.sample_rate, audio.duration) == (8_000, 0.05)

    @pytest.mark.parametrize("rate", [0, -1, 22_050.5, float("nan"), float("inf"), 2**31])
    def test_rates_that_are_none(self, rate: Any) -> None:
        with pytest.raises(ValueError, match="whole number from 1"):
            Audio(TONE, rate)

    @pytest.mark.parametrize("rate", ["8000", True, [8_000]])
    def test_what_is_no_rate(self, rate: Any) -> None:
        with pytest.raises(TypeError, match="frames per second"):
            Audio(TONE, rate)

    @pytest.mark.parametrize(
        ("data", "error", "words"),
        [
            (np.float64(3), ValueError, r"shape \(\)"),
            (np.zeros((2, 3, 4)), ValueError, "for several clips log a list"),
            (np.zeros((5, 0)), ValueError, "1 to 1,024 channels"),
            (np.zeros((2, 44_100)), ValueError, "frames come first: array.T"),
            (np.zeros(3, complex), TypeError, r"complex128; take .real"),
            (np.array(["a"]), TypeError, "real numbers"),
            (np.array([None]), TypeError, "real numbers"),
            (np.zeros(3, "datetime64[s]"), TypeError, "real numbers"),
            (np.zeros(3, [("left", "i2"), ("right", "i2")]), TypeError, "real numbers"),
            (np.ma.array([1.0, 2.0], mask=[True, False]), TypeError, r"filled\(0\)"),
            ([[1], [1, 2]], TypeError, "frames of one length"),
            (["a"], TypeError, "real numbers"),
            (None, TypeError, "not from NoneType"),
            (7, TypeError, "an array, a path, an open file"),
            (Audio(TONE, 8_000), TypeError, "not from Audio"),
        ],
    )
    def test_what_is_refused(self, data: Any, error: type[Exception], words: str) -> None:
        with pytest.raises(error, match=words):
            Audio(data, 8_000)

    def test_what_has_channels_first_is_told_of(self) -> None:
        with pytest.warns(ValueWarning, match="transpose"):
            Audio(np.zeros((1, 400)), 8_000)

    def test_other_arguments(self) -> None:
        with pytest.raises(TypeError, match="caption is text"):
            Audio(TONE, 8_000, ["a"])  # type: ignore[arg-type]
        with pytest.raises(TypeError, match=r'format is a word like "flac"'):
            Audio(TONE, 8_000, format=3)  # type: ignore[arg-type]
        with pytest.raises(ValueError, match="wav, flac, ogg, mp3"):
            Audio(TONE, 8_000, format="aac")
        with pytest.raises(ValueError, match=r"PCM_U16.*PCM_24"):
            Audio(TONE, 8_000, subtype="PCM_U16")


class TestFiles:
    def test_one_is_kept_byte_for_byte(self, clip: Path) -> None:
        data = clip.read_bytes()
        with clip.open("rb") as stream:
            given = [clip, str(clip), stream, io.BytesIO(data), LocalFile(clip), BytesFile(data, ".wav")]
            for each in given:
                audio = Audio(each)
                assert audio.file.read() == data
                assert (audio.sample_rate, audio.frames, audio.channels) == (8_000, 400, 1)
                assert np.array_equal(audio.to_numpy(restore=True), WHOLE)

    def test_it_keeps_its_extension(self, clip: Path) -> None:
        node, _ = written({"a": Audio(clip)})
        assert node["a"]["path"].startswith("media/audio/a_0_")
        assert node["a"]["path"].endswith(".WAV")

    @pytest.mark.parametrize(
        ("kind", "suffix"),
        [
            ("WAV", ".wav"),
            ("WAVEX", ".wav"),
            ("FLAC", ".flac"),
            ("OGG", ".ogg"),
            ("MP3", ".mp3"),
            ("AIFF", ".aiff"),
        ],
    )
    def test_one_without_a_name_gets_that_of_its_kind(self, kind: str, suffix: str) -> None:
        stream = io.BytesIO()
        soundfile.write(stream, TONE, 8_000, format=kind)
        assert Audio(stream).file.suffix == suffix

    def test_a_large_one_stays_where_it_is(self, tmp_path: Path) -> None:
        path = tmp_path / "long.wav"
        soundfile.write(path, np.zeros(9_000_000, np.int16), 44_100)
        audio = Audio(path)
        assert audio.duration == 9_000_000 / 44_100
        assert next(audio.blocks(1_000)).shape == (1_000,)

    def test_an_extension_that_promises_something_else(self, tmp_path: Path, clip: Path) -> None:
        path = clip.rename(tmp_path / "clip.raw")
        assert Audio(path).frames == 400

    def test_what_only_others_play_is_kept_too(self) -> None:
        audio = Audio(io.BytesIO(M4A), caption="from a phone")
        assert audio.file.suffix == ".m4a"
        node, store = written(audio)
        assert read_back(node, store) == audio
        with pytest.raises(DecodeError, match=r"cannot be read as audio.*look like an MP4 file"):
            audio.to_numpy()
        with pytest.raises(DecodeError, match="an MP4 file"):
            print(audio.sample_rate)

    @pytest.mark.parametrize(
        ("data", "words"),
        [
            (b"", "it is empty"),
            (b"\x89PNG\r\n\x1a\n" + bytes(20), "look like a PNG picture"),
            (b"\0\0\0\x1cftypavif" + bytes(20), "look like an AVIF picture"),
            (b"RIFF\0\0\0\0AVI LIST", "look like an AVI film"),
            (b"RIFF\0\0\0\0WAVEfmt ", "look like a damaged WAV file"),
            (b"ID3\3\0\0\0\0\0\0nothing", "tags of an MP3 file"),
            (b"<!doctype html>\n<p>not found</p>", "look like text"),
            (bytes(100), "look like zeros"),
            (b"\x07\x93qq\xfe", r"first bytes are b'\\x07\\x93qq\\xfe'$"),
        ],
    )
    def test_what_is_no_audio_is_refused_with_what_it_looks_like(
        self, data: bytes, words: str, tmp_path: Path
    ) -> None:
        path = tmp_path / "clip.mp3"
        path.write_bytes(data)
        with pytest.raises(ValueError, match=words) as caught:
            Audio(path)
        assert str(caught.value).startswith(f"{path} cannot be read as audio: ")
        assert " at 0x" not in str(caught.value)

    def test_a_missing_one(self, tmp_path: Path) -> None:
        with pytest.raises(FileNotFoundError):
            Audio(tmp_path / "none.wav")

    @pytest.mark.parametrize("url", ["https://example.org/a.wav", "s3://bucket/a.wav"])
    def test_urls_are_not_fetched(self, url: str) -> None:
        with pytest.raises(ValueError, match="nothing is fetched"):
            Audio(url)

    def test_format_is_for_arrays(self, clip: Path) -> None:
        with pytest.raises(TypeError, match="files are kept"):
            Audio(clip, format="flac")

    def test_its_own_rate_counts(self, clip: Path) -> None:
        assert Audio(clip, 8_000).given_rate is None
        with pytest.warns(ValueWarning, match="players go by the file"):
            audio = Audio(clip, 44_100)
        assert (audio.sample_rate, audio.duration, audio.given_rate) == (8_000, 0.05, 44_100)
        node, store = written(audio)
        assert node["_wbtypes"] == {"sample_rate": 44_100}
        assert read_back(node, store) == audio
        node, store = written([audio])
        assert (node["sampleRates"], node["durations"]) == ([44_100], [0.05])
        assert read_back(node, store) == [audio]

    def test_a_rate_that_the_file_does_not_say(self) -> None:
        with pytest.warns(ValueWarning, match="or none"):
            audio = Audio(io.BytesIO(M4A), 44_100)
        node, store = written(audio)
        assert read_back(node, store).sample_rate == 44_100


class TestHeader:
    def test_no_sample_is_decoded(self, monkeypatch: pytest.MonkeyPatch) -> None:
        node, store = written(Audio(np.zeros((441, 2), np.float32), 44_100))
        monkeypatch.delattr(soundfile.SoundFile, "read")
        audio = read_back(node, store)
        assert (audio.sample_rate, audio.frames, audio.channels, audio.duration) == (44_100, 441, 2, 0.01)

    def test_it_is_read_once(self) -> None:
        node, store = written(Audio(TONE, 8_000))
        audio = read_back(node, store)
        assert audio.frames == 400
        store.files.clear()
        assert audio.channels == 1

    def test_where_the_file_is_gone_the_batch_says_it(self) -> None:
        node, store = written([Audio(TONE, 8_000), Audio(TONE, 8_000)])
        store.files.clear()
        audio = read_back(node, store)[1]
        assert (audio.sample_rate, audio.duration) == (8_000, 0.05)
        with pytest.raises(DecodeError, match="is not in this memory store"):
            print(audio.channels)

    def test_where_nothing_says_it_that_is_told(self) -> None:
        node, store = written(Audio(TONE, 8_000))
        store.files.clear()
        for name in ("sample_rate", "duration", "frames", "channels"):
            with pytest.raises(DecodeError, match="is not in this memory store"):
                getattr(read_back(node, store), name)

    def test_a_flac_that_was_written_to_a_pipe_names_no_length(self) -> None:
        stream = io.BytesIO()
        soundfile.write(stream, WHOLE, 8_000, format="FLAC")
        data = bytearray(stream.getvalue())
        data[21] &= 0xF0  # STREAMINFO's number of samples, 36 bits
        data[22:26] = bytes(4)
        audio = Audio(io.BytesIO(bytes(data)))
        assert (audio.sample_rate, audio.channels) == (8_000, 1)
        for read in (lambda: audio.frames, lambda: audio.duration, audio.to_numpy):
            with pytest.raises(DecodeError, match="does not say how long it is"):
                read()


class TestBatches:
    def test_what_it_says_of_its_clips(self) -> None:
        clips = [Audio(TONE, 8_000), Audio(WHOLE.reshape(200, 2), 16_000, caption="late")]
        node, store = written({"a": clips})
        node = node["a"]
        assert node["_type"] == "audio"
        assert node["count"] == 2
        assert node["sampleRates"] == [8_000, 16_000]
        assert node["durations"] == [0.05, 0.0125]
        assert node["captions"] == ["", "late"]
        assert [each["_type"] for each in node["audio"]] == ["audio-file"] * 2
        back = read_back(node, store)
        assert isinstance(back, Batch)
        assert back == clips
        assert [each.caption for each in back] == [None, "late"]

    def test_no_captions(self) -> None:
        assert "captions" not in written([Audio(TONE, 8_000)])[0]

    def test_empty_captions_and_numbers_come_back(self) -> None:
        clips = [Audio(TONE, 8_000, each) for each in ("", None, 3.5)]
        node, store = written(clips)
        assert node["captions"] == ["", "", 3.5]
        assert [each.caption for each in read_back(node, store)] == ["", None, 3.5]

    def test_what_wandb_leaves_open_is_said_where_it_is_known(self, clip: Path) -> None:
        node, _ = written([Audio(clip), Audio(io.BytesIO(M4A))])
        assert (node["sampleRates"], node["durations"]) == ([8_000, None], [0.05, None])

    def test_dtypes_come_back(self) -> None:
        clips = [
            Audio(TONE, 8_000),
            Audio(TONE.astype(np.float16), 8_000),
            Audio((WHOLE >> 8).astype(np.int8), 8_000),
        ]
        node, store = written(clips)
        assert [each.to_numpy(restore=True).dtype.name for each in read_back(node, store)] == [
            "float64",
            "float16",
            "int8",
        ]

    def test_one_that_was_read_and_looked_at_is_written_back_as_it_came(self) -> None:
        node, store = written([Audio(TONE, 8_000)])
        node.update(sampleRates=[None], durations=[None])
        back = read_back(node, store)
        assert back[0].frames == 400
        assert encode(back, store, registry=REGISTRY).json == node

    def test_the_error_names_the_clip(self) -> None:
        node, store = written([Audio(TONE, 8_000), Audio(TONE, 8_000)])
        node["audio"][1]["_wbtypes"]["dtype"] = "int128"
        with pytest.raises(DecodeError) as caught:
            read_back({"a": node}, store)
        assert str(caught.value).startswith('["a"]["audio"][1]["_wbtypes"]["dtype"]: ')

    def test_in_artifacts_there_are_none(self) -> None:
        clips = [Audio(TONE, 8_000), Audio(WHOLE, 8_000)]
        node, store = written({"a": clips}, dialect=Dialect.ARTIFACT)
        assert [each["_type"] for each in node["a"]] == ["audio-file"] * 2
        assert "size" not in node["a"][0]
        assert read_back(node, store)["a"] == clips


class TestWire:
    def test_what_a_file_says_by_itself_is_not_said_again(self) -> None:
        for array in (WHOLE, WHOLE.astype(np.int32), WHOLE.view(np.uint8), TONE.astype(np.float32)):
            assert set(written(Audio(array, 8_000))[0]) == {"_type", "path", "sha256", "size"}

    def test_what_it_does_not_say_stands_beside_it(self) -> None:
        assert written(Audio(TONE, 8_000))[0]["_wbtypes"] == {"dtype": "float64"}
        assert written(Audio(WHOLE.reshape(-1, 1), 8_000))[0]["_wbtypes"] == {"column": True}

    def test_without_it_a_clip_is_what_all_programs_hear(self) -> None:
        node, store = written(Audio(TONE, 8_000), exact=False)
        assert set(node) == {"_type", "path", "sha256", "size"}
        assert np.array_equal(read_back(node, store).to_numpy(), TONE.astype(np.float32))

    def test_equality_is_of_content(self) -> None:
        audio = Audio(TONE, 8_000, "a")
        assert audio == Audio(TONE.copy(), 8_000, "a")
        assert audio != Audio(TONE, 8_001, "a")
        assert audio != Audio(TONE, 8_000, "b")
        assert audio != Audio(TONE * 0.5, 8_000, "a")
        assert Audio(TONE.astype(np.float32), 8_000) != Audio(TONE.astype(np.float32).reshape(-1, 1), 8_000)
        assert len({audio, pickle.loads(pickle.dumps(audio)), Audio(TONE, 8_000, "a")}) == 1

    def test_it_is_copied_from_folder_to_folder(self, tmp_path: Path) -> None:
        first, second = DirectoryStore(tmp_path / "first"), DirectoryStore(tmp_path / "second")
        node = encode({"a": Audio(TONE, 8_000, format="ogg")}, first, registry=REGISTRY).json
        copied = encode(decode(node, first, registry=REGISTRY), second, registry=REGISTRY).json
        assert copied == node
        files = [store.root / node["a"]["path"] for store in (first, second)]
        assert files[0].read_bytes() == files[1].read_bytes()


class TestDescribe:
    def test_what_is_known(self) -> None:
        assert Audio(TONE, 8_000).describe() == "0.05 s, 8000 Hz, wav"
        assert (
            Audio(TONE, 44_100, "a tone", format="flac").describe() == "0.00907 s, 44100 Hz, flac, 'a tone'"
        )
        node, store = written([Audio(TONE, 8_000)])
        assert read_back(node, store).describe() == "1 x Audio: 0.05 s, 8000 Hz, wav"
        assert read_back(node["audio"][0], store).describe() == "wav"

    @pytest.mark.parametrize("odd", [10**400, -1, float("nan"), float("inf")])
    def test_odd_numbers_are_left_out(self, odd: Any) -> None:
        node, store = written([Audio(TONE, 8_000)])
        node.update(sampleRates=[odd], durations=[odd])
        assert read_back(node, store)[0].describe() == "wav"


@pytest.mark.usefixtures("no_soundfile")
class TestWithoutSoundfile:
    def test_arrays_are_written(self) -> None:
        node, store = written({"a": [Audio(TONE, 8_000, "x"), Audio(WHOLE, 16_000)]})
        back = read_back(node, store)["a"]
        assert back[0].describe() == "0.05 s, 8000 Hz, wav, 'x'"
        assert (back[0].sample_rate, back[1].duration) == (8_000, 0.025)
        assert encode({"a": back}, store, registry=REGISTRY).json == node

    def test_everything_else_names_the_pip_line(self, clip: Path) -> None:
        node, store = written(Audio(TONE, 8_000))
        back = read_back(node, store)
        for work in (
            lambda: native(back, registry=REGISTRY),
            lambda: back.frames,
            lambda: next(back.blocks()),
            lambda: Audio(TONE, 8_000, format="flac"),
        ):
            with pytest.raises(MissingExtra, match="pip install wbtypes-audio"):
                work()

    def test_files_cannot_be_looked_at(self) -> None:
        with pytest.raises(MissingExtra, match="reading audio needs soundfile"):
            Audio(io.BytesIO(M4A))


def test_a_store_is_needed() -> None:
    with pytest.raises(EncodeError, match="needs a store"):
        encode({"a": Audio(TONE, 8_000)}, None, registry=REGISTRY)
