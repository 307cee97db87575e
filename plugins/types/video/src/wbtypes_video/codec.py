"""How videos travel: one as `video-file`, a list of them as `videos`."""

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
    Opaque,
)
from wbtypes_core.codec import EXACT, caption_of, exact_of, expect_object, read
from wbtypes_core.jsonio import JsonObject, same

from .values import FASTEST, SLOWEST, Range, Video


class VideoCodec(MediaCodec[Video]):
    """The `video-file` object of runs and artifacts.

    ``width`` and ``height`` are there when the client encoded the video from an array: then they are those of its frames.
    """

    tag = "video-file"
    value_type = Video
    folder = "media/videos"
    keys = ("width", "height")
    exact_keys = ("value_range", "dtype", "nonfinite", "batch", "grey", "fps")

    def fields(self, video: Video, ctx: EncodeContext) -> JsonObject:
        """The size of an encoded video, and what its file does not say of the frames it was made from."""
        size = {"width": video._width, "height": video._height}
        body: JsonObject = {key: item for key, item in size.items() if item is not None}
        beside = {
            "value_range": video.value_range and list(video.value_range),
            "dtype": video.dtype,
            "nonfinite": video.nonfinite,
            "batch": video.batch,
            "grey": video.grey,
            "fps": video._fps,
        }
        kept = {key: item for key, item in beside.items() if item}
        return {**body, EXACT: kept} if kept else body

    def build(self, node: JsonObject, file: MediaFile, ctx: DecodeContext) -> Video:
        """The video of a node; its file stays closed."""
        try:
            beside = _beside(exact_of(node))
        except DecodeError as error:
            raise error if error.path == (EXACT,) else error.under(EXACT) from None
        return Video.restore(
            file=file,
            caption=caption_of(node),
            width=read(node, "width", int, default=None),
            height=read(node, "height", int, default=None),
            **beside,
        )

    def native(self, value: Video) -> Any:
        """All frames as one array, t x 3 x h x w."""
        return value.to_numpy()


def _beside(exact: JsonObject) -> dict[str, Any]:
    """What only this package keeps of the frames that a video was made from."""
    return {
        "value_range": _pair(read(exact, "value_range", list, default=None)),
        "dtype": read(exact, "dtype", str, default=None),
        "nonfinite": read(exact, "nonfinite", int, default=0),
        "batch": _within(exact, "batch", int, 1, 1 << 20),
        "grey": read(exact, "grey", bool, default=False),
        "fps": _within(exact, "fps", float, SLOWEST, FASTEST),
    }


def _within(exact: JsonObject, key: str, kind: type, least: float, most: float) -> Any:
    """A number of `exact` between two others; None where there is none."""
    found = read(exact, key, kind, default=None)
    if found is not None and not least <= found <= most:
        raise DecodeError(f"is {found}, not {least} to {most}", reason=Code.BAD_VALUE, path=(key,))
    return found


def _pair(found: list[Any] | None) -> Range | None:
    if found is None:
        return None
    if len(found) == 2 and all(map(_is_finite, found)) and found[0] <= found[1]:
        return found[0], found[1]
    raise DecodeError("is no pair of ascending numbers", reason=Code.BAD_VALUE, path=("value_range",))


def _is_finite(item: object) -> bool:
    return type(item) in (int, float) and abs(item) < float("inf")  # type: ignore[arg-type]


class VideoBatchCodec(BatchCodec):
    """The `videos` object: a list of videos, each in its own form.

    ``captions`` says the captions once more, and is false when the first video has none.
    """

    tag = "videos"
    item_type = Video
    keys = ("count", "videos", "captions")

    def encode(self, value: Batch, ctx: EncodeContext) -> JsonObject:
        """Each video in its own form, and the captions of all; what a client wrote otherwise stays so."""
        layout: Mapping[str, Any] = value.layout
        nodes = [ctx.encode(video, "videos", index) for index, video in enumerate(value)]
        for index in layout.get("unsaid", ()):
            nodes[index].pop("caption", None)
        body = {"count": len(nodes), "videos": nodes, "captions": _captions(value), **layout.get("kept", {})}
        return {key: item for key, item in body.items() if key not in layout.get("absent", ())}

    def decode(self, node: Any, ctx: DecodeContext) -> Batch:
        """The videos of a node, with their captions from wherever it has them."""
        node = expect_object(node)
        nodes = read(node, "videos", list)
        count = read(node, "count", int, default=len(nodes))
        if count != len(nodes):
            raise DecodeError(
                f"is {count}, and {len(nodes)} videos are there", reason=Code.BAD_VALUE, path=("count",)
            )
        videos = [ctx.decode(each, "videos", at, expect=VideoCodec.tag) for at, each in enumerate(nodes)]
        captions = read(node, "captions", list, bool, default=None)
        unsaid = [at for at in _listed(captions, len(nodes)) if _lacks_caption(videos[at], nodes[at])]
        for at in unsaid:
            videos[at] = videos[at].replace(caption=_caption(captions, at))
        layout: JsonObject = {"unsaid": unsaid} if unsaid else {}
        absent = [key for key in ("count", "captions") if node.get(key) is None]
        if absent:
            layout["absent"] = absent
        if captions is not None and not same(captions, _captions(videos)):
            layout["kept"] = {"captions": captions}
        return Batch(videos, tag=self.tag, layout=layout)


def _captions(videos: Sequence[Any]) -> list[Any] | bool:
    """What a batch says of the captions of its videos."""
    captions = [video.get("caption") if isinstance(video, Opaque) else video.caption for video in videos]
    return captions if captions and captions[0] is not None else False


def _listed(captions: list[Any] | bool | None, count: int) -> list[int]:
    """Which videos have a caption in the list of them; a list of another length says nothing."""
    if not isinstance(captions, list) or len(captions) != count:
        return []
    return [at for at, caption in enumerate(captions) if caption is not None]


def _lacks_caption(video: Any, node: JsonObject) -> bool:
    """Whether a video's own object says nothing of a caption, as older clients wrote it where the caption was empty."""
    return isinstance(video, Video) and "caption" not in node


def _caption(captions: Any, at: int) -> Any:
    try:
        return caption_of({"caption": captions[at]})
    except DecodeError as error:
        raise DecodeError(error.message, reason=error.reason, path=("captions", at)) from None
