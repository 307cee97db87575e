"""How audio travels: one clip as `audio-file`, a list of them as `audio`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from wbtypes_core import (
    Batch,
    BatchCodec,
    Code,
    DecodeContext,
    DecodeError,
    EncodeContext,
    MediaCodec,
    MediaFile,
)
from wbtypes_core.codec import EXACT, caption_of, exact_of, expect_object, read
from wbtypes_core.jsonio import JsonObject, kind, same

from .values import DTYPES, Audio, Stated


class AudioCodec(MediaCodec[Audio]):
    """The `audio-file` object of runs and artifacts: the keys that all media have, and no others.

    The file alone knows the rate and length of the clip. Under ``_wbtypes`` stands how to get back what was given.
    """

    tag = "audio-file"
    value_type = Audio
    folder = "media/audio"
    exact_keys = ("dtype", "column", "nonfinite", "clipped", "sample_rate")

    def fields(self, value: Audio, ctx: EncodeContext) -> JsonObject:
        """What the file does not say of the array it was made from, or of what was said of it."""
        said = {
            "dtype": value.dtype,
            "column": value.column,
            "nonfinite": value.nonfinite,
            "clipped": value.clipped,
            "sample_rate": value.given_rate,
        }
        beside = {key: item for key, item in said.items() if item}
        return {EXACT: beside} if beside else {}

    def build(self, node: JsonObject, file: MediaFile, ctx: DecodeContext) -> Audio:
        """The clip of a node; its file stays closed."""
        exact = exact_of(node)
        try:
            beside = _beside(exact) if exact else {}
        except DecodeError as error:
            raise error.under(EXACT) from None
        return Audio.restore(file=file, caption=caption_of(node), **beside)

    def native(self, value: Audio) -> Any:
        """The samples as an array of float64: (frames,) or (frames, channels)."""
        return value.to_numpy()


def _beside(exact: JsonObject) -> dict[str, Any]:
    """The fields of a clip that only this package keeps."""
    dtype = read(exact, "dtype", str, default=None)
    if dtype is not None and dtype not in DTYPES:
        raise DecodeError(f"{dtype!r} is no dtype of audio", reason=Code.BAD_VALUE, path=("dtype",))
    return {
        "dtype": dtype,
        "column": read(exact, "column", bool, default=False),
        "nonfinite": read(exact, "nonfinite", int, default=0),
        "clipped": read(exact, "clipped", int, default=0),
        "given_rate": read(exact, "sample_rate", int, default=None),
    }


class AudioBatchCodec(BatchCodec):
    """The `audio` object: a list of clips, each in its own form, with their rates, durations and captions beside them.

    Wire format, section 2.6. Clients write null as rate and duration of files; here they are written where they are known. The
    captions repeat those of the clips, which count: where the lists say otherwise, as after a row that was logged over
    another, they are written back as they came.
    """

    tag = "audio"
    item_type = Audio
    keys = ("count", "audio", "sampleRates", "durations", "captions")

    def encode(self, value: Batch, ctx: EncodeContext) -> JsonObject:
        """Each clip in its own form, in order, and what the batch says of them all."""
        clips = [ctx.encode(clip, "audio", at) for at, clip in enumerate(value)]
        layout: Mapping[str, Any] = value.layout
        body = {"audio": clips, **_summary(value), **layout.get("kept", {})}
        return {key: item for key, item in body.items() if key not in layout.get("absent", ())}

    def decode(self, node: Any, ctx: DecodeContext) -> Batch:
        """The clips of a node; no file is opened."""
        node = expect_object(node)
        nodes = read(node, "audio", list)
        rates, durations = (_numbers(node, key, len(nodes)) for key in ("sampleRates", "durations"))
        clips = [
            _with(ctx.decode(each, "audio", at, expect=AudioCodec.tag), (rates[at], durations[at]))
            for at, each in enumerate(nodes)
        ]
        return Batch(clips, tag=self.tag, layout=_layout(node, _summary(clips)))


def _numbers(node: JsonObject, key: str, count: int) -> Sequence[int | float | None]:
    """A list that has one number or null per clip; of another length it is stale, and says nothing of them.

    Raises:
        DecodeError: ``wrong-type``.
    """
    found = read(node, key, list, default=[])
    for at, item in enumerate(found):
        if item is not None and (isinstance(item, bool) or not isinstance(item, int | float)):
            raise DecodeError(f"is {kind(item)}, not a number", reason=Code.WRONG_TYPE, path=(key, at))
    return found if len(found) == count else [None] * count


def _with(clip: Any, stated: Stated) -> Any:
    """A clip with what its batch states of it."""
    return clip.replace(stated=stated) if isinstance(clip, Audio) and stated != (None, None) else clip


def _summary(clips: Sequence[Any]) -> JsonObject:
    """What a batch says of its clips, beside themselves."""
    stated = [clip.stated if isinstance(clip, Audio) else (None, None) for clip in clips]
    body: JsonObject = {
        "count": len(clips),
        "sampleRates": [rate for rate, _ in stated],
        "durations": [duration for _, duration in stated],
    }
    captions = [clip.caption if isinstance(clip, Audio) else None for clip in clips]
    if any(caption is not None for caption in captions):
        body["captions"] = ["" if caption is None else caption for caption in captions]
    return body


def _layout(node: JsonObject, written: JsonObject) -> JsonObject:
    """What a batch says otherwise than it would be written, and what it does not say."""
    said = {key: item for key, item in node.items() if key in _REPEATED and item is not None}
    kept = {key: item for key, item in said.items() if key not in written or not same(item, written[key])}
    absent = [key for key in written if key not in said]
    return {key: item for key, item in (("kept", kept), ("absent", absent)) if item}


_REPEATED = ("count", "sampleRates", "durations", "captions")
"""The keys of a batch that its clips would do without."""
