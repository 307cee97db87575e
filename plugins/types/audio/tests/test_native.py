"""What becomes of samples: on the way into files, and out of them."""

from __future__ import annotations

import io
import struct
import tracemalloc
import warnings
import wave
from pathlib import Path
from typing import Any

import hypothesis
import hypothesis.extra.numpy as arrays
import numpy as np
import pytest
import soundfile
from hypothesis import strategies as st

import wbtypes_audio.plugin
from wbtypes_audio import Audio
from wbtypes_audio import values as values_room
from wbtypes_core import (
    BytesFile,
    DecodeError,
    DirectoryStore,
    LimitError,
    Limits,
    MemoryStore,
    Registry,
    ValueWarning,
    decode,
    encode,
    native,
)

REGISTRY = Registry.of(wbtypes_audio.plugin)
TONE = np.sin(np.arange(4_000) / 7) * 0.8
WHOLE = (TONE * 32_000).astype(np.int16)
EXACT = (
    "bool",
    "int8",
    "int16",
    "int32",
    "uint8",
    "uint16",
    "uint32",
    "float16",
    "float32",
    "float64",
    ">f8",
    ">i2",
)


@pytest.fixture(autouse=True)
def nothing_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(values_room, "_told", set())


def quietly(*args: Any, **kwargs: Any) -> Audio:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ValueWarning)
        return Audio(*args, **kwargs)


def there_and_back(audio: Audio) -> Audio:
    store = MemoryStore()
    node = encode({"a": audio}, store, registry=REGISTRY).json
    back = decode(node, store, registry=REGISTRY)["a"]
    assert isinstance(back, Audio)
    assert back == audio
    return back


def same_bits(left: Any, right: Any) -> bool:
    left, right = (np.ascontiguousarray(each, each.dtype.newbyteorder("=")) for each in (left, right))
    return left.dtype == right.dtype and left.shape == right.shape and left.tobytes() == right.tobytes()


def shapes() -> st.SearchStrategy[Any]:
    return st.one_of(st.tuples(st.integers(0, 20)), st.tuples(st.integers(0, 20), st.integers(1, 6)))


class TestExactly:
    @hypothesis.given(
        data=st.data(), dtype=st.sampled_from(EXACT), shape=shapes(), rate=st.integers(1, 2**31 - 1)
    )
    def test_every_dtype_shape_and_rate_comes_back(
        self, data: st.DataObject, dtype: str, shape: Any, rate: int
    ) -> None:
        elements = arrays.from_dtype(np.dtype(dtype), allow_nan=False)
        array = data.draw(arrays.arrays(dtype, shape, elements=elements))
        back = there_and_back(Audio(array, rate))
        channels = 1 if len(shape) == 1 else shape[1]
        assert (back.sample_rate, back.frames, back.channels) == (rate, shape[0], channels)
        assert back.duration == shape[0] / rate
        assert same_bits(back.to_numpy(restore=True), array)
        samples = back.to_numpy()
        assert samples.dtype == np.float64
        assert samples.shape == (shape if channels > 1 else shape[:1])
        if array.dtype.kind == "f":
            assert np.array_equal(samples.reshape(shape), array)
        elif array.dtype.kind in "iu":
            assert samples.size == 0 or (samples.min() >= -1 and samples.max() < 1)

    @hypothesis.given(array=arrays.arrays("int64", shapes(), elements=st.integers(-(2**31), 2**31 - 1)))
    def test_long_integers_that_short_ones_hold_come_back(self, array: Any) -> None:
        assert same_bits(there_and_back(quietly(array, 8_000)).to_numpy(restore=True), array)

    @hypothesis.given(array=arrays.arrays(st.sampled_from(["int64", "uint64"]), shapes()))
    def test_all_others_come_back_to_53_bits(self, array: Any) -> None:
        back = there_and_back(quietly(array, 8_000)).to_numpy(restore=True)
        assert (back.dtype, back.shape) == (array.dtype, array.shape)
        assert np.array_equal(back.astype(np.float64), array.astype(np.float64))

    @pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
    def test_what_is_no_number_comes_back(self, dtype: str) -> None:
        array = np.array(
            [np.nan, np.inf, -np.inf, -0.0, 1e4, -7.5, np.finfo(dtype).max, np.finfo(dtype).tiny], dtype
        )
        assert same_bits(there_and_back(Audio(array, 8_000)).to_numpy(restore=True), array)

    @pytest.mark.parametrize(
        "array", [TONE, TONE.reshape(-1, 4), np.exp(-np.arange(3_000.0)), np.array([1e300, np.nan, 0.1])]
    )
    def test_a_float64_is_whole_by_default(self, array: Any) -> None:
        back = there_and_back(Audio(array, 8_000))
        assert same_bits(back.to_numpy(), array)
        assert same_bits(np.concatenate(list(back.blocks(700))), array)

    def test_wider_floats_are_rounded_and_told_of(self) -> None:
        if np.dtype(np.longdouble).itemsize == 8:
            return  # this machine has none
        array = np.array([1, 3], np.longdouble) / 3
        with pytest.warns(ValueWarning, match="rounded to float64"):
            audio = Audio(array, 8_000)
        assert same_bits(there_and_back(audio).to_numpy(restore=True), array.astype(np.float64))

    def test_integers_are_fractions_of_their_full_scale(self) -> None:
        for dtype, scale in (("int8", 2**7), ("int16", 2**15), ("int32", 2**31)):
            info = np.iinfo(dtype)
            array = np.array([info.min, -1, 0, 1, info.max], dtype)
            assert Audio(array, 8_000).to_numpy().tolist() == [each / scale for each in array.tolist()]
            raised = (array.astype(np.int64) + scale).astype(f"u{dtype}")  # silence is in the middle
            assert Audio(raised, 8_000).to_numpy().tolist() == [each / scale for each in array.tolist()]

    def test_booleans_are_0_and_1(self) -> None:
        assert Audio(np.array([True, False]), 8_000).to_numpy().tolist() == [1.0, 0.0]

    def test_native_is_the_samples(self) -> None:
        assert same_bits(native(Audio(TONE, 8_000), registry=REGISTRY), TONE)


class TestWav:
    @pytest.mark.parametrize("array", [WHOLE, WHOLE.reshape(-1, 2), WHOLE.astype(np.int32) << 16, WHOLE[:0]])
    def test_pcm_is_byte_for_byte_what_libsndfile_and_so_wandb_writes(self, array: Any) -> None:
        stream = io.BytesIO()
        soundfile.write(stream, array, 22_050, format="WAV", subtype=f"PCM_{8 * array.itemsize}")
        assert Audio(array, 22_050).file.read() == stream.getvalue()

    @pytest.mark.parametrize("frames", [1, 2, 3])
    def test_the_standard_library_reads_8_bits_of_odd_length(self, frames: int) -> None:
        array = np.arange(frames, dtype=np.uint8)
        with wave.open(io.BytesIO(Audio(array, 8_000).file.read())) as sound:
            assert (sound.getnframes(), sound.getsampwidth(), sound.getframerate()) == (frames, 1, 8_000)
            assert sound.readframes(9) == array.tobytes()
        assert Audio(array, 8_000).size % 2 == 0

    def test_floats_are_32_bits_that_others_read(self) -> None:
        for array in (TONE, TONE.reshape(-1, 2), TONE.astype(np.float32)):
            data = Audio(array, 44_100).file.read()
            assert struct.unpack_from("<HHI", data, 20) == (3, 1 if array.ndim == 1 else 2, 44_100)
            assert data[34:36] == struct.pack("<H", 32)
            samples, rate = soundfile.read(io.BytesIO(data), dtype="float32")
            assert rate == 44_100
            assert np.array_equal(samples, array.astype(np.float32))

    def test_a_float64_that_32_bits_hold_takes_32(self) -> None:
        array = TONE.astype(np.float32).astype(np.float64)
        audio = Audio(array, 8_000)
        assert audio.file.read() == Audio(array.astype(np.float32), 8_000).file.read()
        assert same_bits(there_and_back(audio).to_numpy(restore=True), array)

    def test_one_of_64_bits_for_whom_asks(self) -> None:
        audio = Audio(TONE, 8_000, subtype="double")
        assert np.array_equal(soundfile.read(io.BytesIO(audio.file.read()))[0], TONE)
        assert audio.dtype is None
        assert same_bits(there_and_back(audio).to_numpy(restore=True), TONE)

    def test_one_of_32_bits_for_whom_asks(self) -> None:
        audio = Audio(TONE, 8_000, subtype="FLOAT")
        assert audio.file.read() == Audio(TONE.astype(np.float32), 8_000).file.read()
        assert same_bits(there_and_back(audio).to_numpy(restore=True), TONE.astype(np.float32))

    @pytest.mark.parametrize("dtype", ["uint8", "int16", "int32"])
    @pytest.mark.parametrize("subtype", ["FLOAT", "DOUBLE"])
    def test_integers_as_floats(self, dtype: str, subtype: str) -> None:
        array = WHOLE.view(dtype)
        found = Audio(array, 8_000, subtype=subtype).to_numpy()
        assert np.allclose(found, Audio(array, 8_000).to_numpy(), rtol=0, atol=2**-24)

    def test_one_of_more_than_4_gib_is_refused(self) -> None:
        array = np.broadcast_to(np.zeros((1, 1), np.uint8), (2**22, 1_024))
        with pytest.raises(ValueError, match=r"holds 4 GiB.*log it in pieces"):
            Audio(array, 8_000)

    @pytest.mark.parametrize("cut", [1, 100, 16_000 - 1])
    def test_a_cut_one_is_damaged(self, cut: int) -> None:
        audio = Audio(TONE, 8_000)
        whole = audio.file.read()
        damaged = audio.replace(file=BytesFile(whole[:-cut], ".wav"))
        with pytest.raises(DecodeError, match="wb64 chunk is cut") as caught:
            damaged.to_numpy()
        assert caught.value.reason == "bad-file"

    def test_steps_of_another_length_are_damage(self) -> None:
        audio = Audio(TONE, 8_000)
        data = bytearray(audio.file.read())
        at = data.index(b"wb64") + 4
        data[at : at + 4] = struct.pack("<I", 7)
        with pytest.raises(DecodeError, match="wb64 chunk is cut"):
            audio.replace(file=BytesFile(bytes(data), ".wav")).to_numpy()

    def test_many_chunks_cost_nothing(self) -> None:
        audio = Audio(TONE, 8_000)
        data = audio.file.read()
        at = data.index(b"wb64")
        stuffed = data[:at] + b"junk\0\0\0\0" * 1_000 + data[at:]
        back = audio.replace(file=BytesFile(stuffed, ".wav")).to_numpy()
        assert np.array_equal(back, TONE.astype(np.float32))


def soundfile_of(samples: Any, form: str, subtype: str = "PCM_16") -> bytes:
    """A file as libsndfile writes it."""
    stream = io.BytesIO()
    soundfile.write(stream, samples, 8_000, format=form, subtype=subtype)
    return stream.getvalue()


def cut_by(data: bytes, cut: int, suffix: str) -> Audio:
    """The clip of a file without its last bytes."""
    return Audio.restore(file=BytesFile(data[: len(data) - cut], suffix))


class TestOtherFormats:
    @pytest.mark.parametrize(
        "array",
        [
            WHOLE,
            (WHOLE >> 8).astype(np.int8),
            (WHOLE // 256 + 128).astype(np.uint8),
            (WHOLE.astype(int) + 0x8000).astype(np.uint16),
        ],
    )
    def test_flac_is_exact_for_8_and_16_bits(self, array: Any) -> None:
        audio = Audio(array, 8_000, format="FLAC")
        assert audio.file.suffix == ".flac"
        assert audio.size < Audio(array, 8_000).size
        assert same_bits(there_and_back(audio).to_numpy(restore=True), array)
        assert np.array_equal(audio.to_numpy(), Audio(array, 8_000).to_numpy())

    @pytest.mark.parametrize("array", [TONE, TONE.astype(np.float32), (TONE * 2**31).astype(np.int32)])
    def test_flac_keeps_24_bits_of_all_else(self, array: Any) -> None:
        audio = Audio(array, 8_000, format="flac")
        assert audio.dtype is None
        assert np.allclose(audio.to_numpy(), TONE, rtol=0, atol=2**-23)
        assert audio.to_numpy(restore=True).dtype == np.int32

    @pytest.mark.parametrize(
        "array", [TONE, WHOLE, (TONE * 2**31).astype(np.int32), (TONE * 127).astype(np.int8)]
    )
    @pytest.mark.parametrize(
        ("rate", "how"),
        [
            (44_100, {"format": "ogg"}),
            (48_000, {"format": "ogg", "subtype": "OPUS"}),
            (44_100, {"format": "mp3"}),
            (44_100, {"subtype": "ULAW"}),
            (44_100, {"subtype": "PCM_U8"}),
        ],
    )
    def test_the_lossy_ones_sound_alike(self, array: Any, rate: int, how: Any) -> None:
        long = np.tile(array, 5)
        audio = Audio(long, rate, **how)
        assert (audio.sample_rate, audio.frames, audio.channels) == (rate, len(long), 1)
        assert audio.duration == len(long) / rate
        found = there_and_back(audio).to_numpy()
        middle = slice(4_000, 16_000)
        loudness, wanted = (np.sqrt(np.mean(each[middle] ** 2)) for each in (found, np.tile(TONE, 5)))
        assert 0.9 < loudness / wanted < 1.1

    def test_wandb_s_own_form(self) -> None:
        stream = io.BytesIO()
        soundfile.write(stream, TONE, 8_000, format="WAV", subtype="PCM_16")
        assert Audio(TONE, 8_000, subtype="PCM_16").file.read() == stream.getvalue()

    @pytest.mark.parametrize(
        ("shape", "rate", "how", "words"),
        [
            ((9, 9), 8_000, {"format": "flac"}, "8 channels and 655,350 Hz at most"),
            ((9,), 655_351, {"format": "flac"}, "8 channels and 655,350 Hz at most"),
            ((9, 256), 8_000, {"format": "ogg"}, "255 channels"),
            ((9,), 200_001, {"format": "ogg"}, "200,000 Hz"),
            ((9, 3), 8_000, {"format": "mp3"}, "2 channels"),
            (
                (9,),
                44_000,
                {"format": "mp3"},
                "1 x 44000 Hz as mp3 MPEG_LAYER_III.*only supports sample rates",
            ),
            ((9,), 44_100, {"format": "ogg", "subtype": "OPUS"}, "only supports sample rates"),
            ((9, 2), 8_000, {"subtype": "GSM610"}, "cannot be written"),
            ((9,), 8_000, {"format": "flac", "subtype": "FLOAT"}, "PCM_S8, PCM_16, PCM_24"),
        ],
    )
    def test_what_they_do_not_hold_is_refused_at_once(
        self, shape: Any, rate: int, how: Any, words: str
    ) -> None:
        with pytest.raises(ValueError, match=words):
            quietly(np.zeros(shape), rate, **how)

    @pytest.mark.parametrize(
        "how", [{"format": "mp3"}, {"format": "ogg"}, {"format": "flac"}, {"subtype": "PCM_24"}]
    )
    def test_what_is_beyond_them_is_cut_counted_and_told(self, how: Any) -> None:
        array = np.tile([0.5, np.nan, np.inf, -np.inf, 1e30, -1.5, 1.0], 300)
        with pytest.warns(ValueWarning) as told:
            audio = Audio(array, 44_100, **how)
        assert [".nonfinite" in str(each.message) for each in told] == [True, False]
        assert (audio.nonfinite, audio.clipped) == (900, 600)
        back = there_and_back(audio)
        assert np.isfinite(back.to_numpy()).all()
        if how.get("format") == "flac" or "subtype" in how:
            assert np.allclose(back.to_numpy()[:7], [0.5, 0, 1, -1, 1, -1, 1], rtol=0, atol=2**-22)

    @pytest.mark.parametrize("kind", ["flac", "ogg", "mp3"])
    def test_a_clip_without_frames_is_wav(self, kind: str) -> None:
        with pytest.warns(ValueWarning, match="stored as WAV"):
            audio = Audio(np.zeros((0, 2)), 8_000, format=kind)
        assert audio.file.suffix == ".wav"
        assert there_and_back(audio).to_numpy().shape == (0, 2)

    def test_long_ones_are_encoded_in_pieces(self) -> None:
        long = np.tile(TONE.astype(np.float32), 300)
        assert Audio(long, 44_100, format="ogg").frames == len(long)


class TestReading:
    def test_in_blocks(self) -> None:
        for audio in (
            Audio(TONE, 8_000),
            Audio(WHOLE.reshape(-1, 2), 8_000),
            Audio(WHOLE, 8_000, format="flac"),
        ):
            blocks = list(audio.blocks(300))
            assert {len(each) for each in blocks[:-1]} == {300}
            assert same_bits(np.concatenate(blocks), audio.to_numpy())
        assert list(Audio(TONE[:0], 8_000).blocks()) == []
        with pytest.raises(ValueError, match="one frame or more"):
            audio.blocks(0)

    def test_in_bounded_memory(self, tmp_path: Path) -> None:
        store = DirectoryStore(tmp_path)
        long = np.tile(TONE, 1_000)
        node = encode(
            {"a": [Audio(long, 8_000), Audio(long, 8_000, format="flac")]}, store, registry=REGISTRY
        ).json
        for audio in decode(node, store, registry=REGISTRY)["a"]:
            tracemalloc.start()
            assert sum(map(len, audio.blocks(10_000))) == len(long)
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            assert peak < 2_000_000, "the clip has 32 MB"

    def test_whole_in_pieces(self) -> None:
        long = np.tile(TONE, 300).reshape(-1, 2)
        for audio in (Audio(long, 8_000), Audio(long.astype(np.float32), 8_000, format="flac")):
            assert np.allclose(audio.to_numpy(), long, rtol=0, atol=2**-23)

    def test_the_limit_is_told_before_a_sample_is_read(self, monkeypatch: pytest.MonkeyPatch) -> None:
        store = MemoryStore()
        node = encode(Audio(WHOLE.reshape(-1, 2), 8_000), store, registry=REGISTRY).json
        monkeypatch.delattr(soundfile.SoundFile, "read")
        audio = decode(node, store, registry=REGISTRY, limits=Limits(samples=3_999))
        for work in (audio.to_numpy, lambda: next(audio.blocks())):
            with pytest.raises(LimitError, match=r"4,000, over the limit samples=3,999"):
                work()

    def test_a_header_that_promises_too_much(self) -> None:
        data = bytearray(Audio(WHOLE, 8_000, format="flac").file.read())
        data[21] |= 0x0F  # STREAMINFO's number of samples, 36 bits
        data[22:26] = b"\xff" * 4
        store = MemoryStore({"a.flac": bytes(data)})
        audio = decode({"_type": "audio-file", "path": "a.flac"}, store, registry=REGISTRY)
        with pytest.raises(LimitError, match="the number of samples of"):
            audio.to_numpy()

    @pytest.mark.parametrize("kind", ["flac", "wav"])
    def test_damage_is_told_of(self, kind: str) -> None:
        data = Audio(WHOLE, 8_000, format=kind).file.read()
        store = MemoryStore({"a": data[: 30 if kind == "wav" else len(data) // 2]})
        audio = decode({"_type": "audio-file", "path": "a"}, store, registry=REGISTRY)
        with pytest.raises(DecodeError, match="a cannot be read as audio: ") as caught:
            audio.to_numpy()
        assert caught.value.reason == "bad-file"

    @pytest.mark.parametrize("cut", [1, 2, 999, 4_000, 7_999])
    @pytest.mark.parametrize("form", ["WAV", "WAVEX"])
    def test_a_wav_file_that_is_cut_short(self, form: str, cut: int) -> None:
        data = soundfile_of(WHOLE, form)
        audio = cut_by(data, cut, ".wav")
        for read in (audio.to_numpy, lambda: next(audio.blocks())):
            with pytest.raises(
                DecodeError, match=f"{8_000 - cut:,} of 8,000 bytes of samples are there"
            ) as caught:
                read()
            assert caught.value.reason == "bad-file"

    @pytest.mark.parametrize("length", [2**32 - 1, 2**32 - 37, 2**31 - 1, 0x7FFF_F000])
    @pytest.mark.parametrize("at", [(4,), (40,), (4, 40)])
    def test_a_wav_file_that_was_written_to_a_pipe_is_whole(self, at: tuple[int, ...], length: int) -> None:
        data = bytearray(soundfile_of(WHOLE, "WAV"))
        for each in at:
            data[each : each + 4] = struct.pack("<I", length)
        assert np.array_equal(Audio(io.BytesIO(data)).to_numpy(restore=True), WHOLE)

    def test_a_wav_file_that_leaves_its_lengths_at_zero_can_be_read(self) -> None:
        data = soundfile_of(WHOLE, "WAV")
        whole = data[:4] + bytes(4) + data[8:]
        assert np.array_equal(Audio(io.BytesIO(whole)).to_numpy(restore=True), WHOLE)
        assert Audio(io.BytesIO(whole[:40] + bytes(4) + whole[44:])).to_numpy().ndim == 1

    @pytest.mark.parametrize("behind", [b"LIST\x04\0\0\0INFO", b"LIST\xff\0\0\0INFO", b"\0", b"ID3" * 9])
    @pytest.mark.parametrize("before", [b"", b"LIST\x04\0\0\0INFO", b"odd \x03\0\0\0abc\0"])
    def test_a_wav_file_with_other_chunks_is_whole(self, before: bytes, behind: bytes) -> None:
        data = soundfile_of(WHOLE, "WAV")
        assert np.array_equal(
            Audio(io.BytesIO(data[:36] + before + data[36:] + behind)).to_numpy(True), WHOLE
        )

    def test_an_odd_chunk_of_samples_needs_no_padding(self) -> None:
        bytes_of = soundfile_of(WHOLE[:999], "WAV", subtype="PCM_U8")[: 44 + 999]
        assert len(Audio(io.BytesIO(bytes_of)).to_numpy()) == 999

    @pytest.mark.parametrize("subtype", ["VORBIS", "OPUS"])
    @pytest.mark.parametrize("cut", [1, 30, 2_000, 10_000])
    def test_an_ogg_file_that_is_cut_short(self, subtype: str, cut: int) -> None:
        data = Audio(np.tile(TONE, 50), 48_000, format="ogg", subtype=subtype).file.read()
        assert len(cut_by(data, 0, ".ogg").to_numpy()) == 200_000
        with pytest.raises(DecodeError, match="cut short: its last page is not there") as caught:
            cut_by(data, cut, ".ogg").to_numpy()
        assert caught.value.reason == "bad-file"

    def test_what_follows_the_last_page_of_an_ogg_file_is_no_cut(self) -> None:
        data = Audio(np.tile(TONE, 50), 48_000, format="ogg").file.read()
        try:
            assert len(cut_by(data + b"TAG" * 40, 0, ".ogg").to_numpy()) == 200_000
        except DecodeError as error:  # libsndfile 1.2.0 finds no length then
            assert "how long it is" in str(error)

    def test_an_ogg_file_that_ends_with_a_whole_page(self) -> None:
        data = Audio(np.tile(TONE, 50), 48_000, format="ogg").file.read()
        with pytest.raises(DecodeError, match="cut short"):
            cut_by(data, len(data) - data.rindex(b"OggS"), ".ogg").to_numpy()

    @pytest.mark.parametrize("dtype", ["int8", "uint16", "int64", "float32", "bool"])
    def test_a_dtype_that_does_not_go_with_the_file(self, dtype: str) -> None:
        store = MemoryStore({"a": Audio(TONE, 44_100, format="ogg").file.read()})
        node = {"_type": "audio-file", "path": "a", "_wbtypes": {"dtype": dtype}}
        audio = decode(node, store, registry=REGISTRY)
        assert audio.to_numpy().shape == TONE.shape
        with pytest.raises(DecodeError, match=f"does not hold the {dtype}"):
            audio.to_numpy(restore=True)

    @hypothesis.settings(suppress_health_check=list(hypothesis.HealthCheck))
    @hypothesis.given(
        at=st.integers(0, 60), to=st.integers(0, 255), dtype=st.sampled_from([None, "float64", "int8"])
    )
    def test_a_damaged_header_gives_samples_or_a_decode_error(
        self, at: int, to: int, dtype: str | None
    ) -> None:
        data = bytearray(Audio(TONE[:50], 8_000).file.read())
        data[at] = to
        audio = Audio.restore(
            file=BytesFile(bytes(data), ".wav", limits=Limits(samples=1 << 20)), dtype=dtype
        )
        for restore in (True, False):
            try:
                audio.to_numpy(restore)
                print(audio.duration)
            except DecodeError as error:
                assert str(error)

    @pytest.mark.parametrize(
        ("subtype", "dtype"),
        [("PCM_U8", "uint8"), ("PCM_24", "int32"), ("ALAW", "float32"), ("DOUBLE", "float64")],
    )
    def test_a_file_of_others_has_its_own_dtype(self, subtype: str, dtype: str) -> None:
        stream = io.BytesIO()
        soundfile.write(stream, TONE, 8_000, format="WAV", subtype=subtype)
        assert Audio(stream).to_numpy(restore=True).dtype.name == dtype
        assert np.array_equal(Audio(stream).to_numpy(), soundfile.read(io.BytesIO(stream.getvalue()))[0])
