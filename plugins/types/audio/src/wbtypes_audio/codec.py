"""How audio travels: one clip as `audio-file`, a list of them as `audio`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wbtypes_core import BatchCodec, Code, DecodeContext, DecodeError, EncodeContext, MediaCodec, MediaFile
from wbtypes_core.codec import caption_of, exact_fields, exact_part, read, read_items
from wbtypes_core.jsonio import JsonObject, kind

from .values import DTYPES, Audio


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
        return exact_part(
            dtype=value.dtype,
            column=value.column or None,
            nonfinite=value.nonfinite or None,
            clipped=value.clipped or None,
            sample_rate=value.given_rate,
        )

    def build(self, node: JsonObject, file: MediaFile, ctx: DecodeContext) -> Audio:
        """The clip of a node; its file stays closed."""
        return Audio.restore(file=file, caption=caption_of(node), **exact_fields(node, _beside))

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
    captions repeat those of the clips, which count.
    """

    tag = "audio"
    item_type = Audio
    item_tag = AudioCodec.tag
    items_key = "audio"
    keys = ("count", "audio", "sampleRates", "durations", "captions")

    def complete(self, items: Sequence[Any], node: JsonObject) -> Sequence[Any]:
        """The clips with the rate and the duration that the batch states of each."""
        rates, durations = (_numbers(node, key, len(items)) for key in ("sampleRates", "durations"))
        return [_with(*each) for each in zip(items, rates, durations, strict=True)]

    def summary(self, items: Sequence[Any], nodes: Sequence[JsonObject]) -> JsonObject:
        """How many clips there are, their rates and durations, and their captions where there are any."""
        stated = [clip.stated if isinstance(clip, Audio) else (None, None) for clip in items]
        body: JsonObject = {
            "count": len(items),
            "sampleRates": [rate for rate, _ in stated],
            "durations": [duration for _, duration in stated],
        }
        captions = [clip.caption if isinstance(clip, Audio) else None for clip in items]
        if any(caption is not None for caption in captions):
            body["captions"] = ["" if caption is None else caption for caption in captions]
        return body


def _numbers(node: JsonObject, key: str, count: int) -> Sequence[int | float | None]:
    """A list that has one number or null per clip; of another length it is stale, and says nothing of them.

    Raises:
        DecodeError: ``wrong-type``.
    """
    found = read_items(node, key, _number, default=())
    return found if len(found) == count else [None] * count


def _number(item: Any) -> int | float | None:
    if item is None or type(item) in (int, float):
        return item  # type: ignore[no-any-return]
    raise DecodeError(f"is {kind(item)}, not a number", reason=Code.WRONG_TYPE)


def _with(clip: Any, rate: int | float | None, duration: int | float | None) -> Any:
    """A clip with what its batch states of it."""
    if not isinstance(clip, Audio) or rate is duration is None:
        return clip
    return clip.replace(stated=(rate, duration))
