"""How pages travel: one as `html-file`, a list of them as `html`."""

from __future__ import annotations

from typing import Any

from wbtypes_core import BatchCodec, Code, DecodeContext, DecodeError, EncodeContext, MediaCodec, MediaFile
from wbtypes_core.codec import caption_of, exact_fields, exact_part, read
from wbtypes_core.jsonio import JsonObject

from .values import PLACES, Html


class HtmlCodec(MediaCodec[Html]):
    """The `html-file` object of runs and artifacts: the keys that all media have, and no others.

    No client writes a caption; one that is there is kept.
    """

    tag = "html-file"
    value_type = Html
    folder = "media/html"
    exact_keys = ("injected", "lead", "tail")

    def fields(self, page: Html, ctx: EncodeContext) -> JsonObject:
        """What the stored file does not say of the page it was made from."""
        return exact_part(injected=page.injected, lead=page.lead or None, tail=page.tail or None)

    def build(self, node: JsonObject, file: MediaFile, ctx: DecodeContext) -> Html:
        """The page of a node; its file stays closed."""
        return Html.restore(file=file, caption=caption_of(node), **exact_fields(node, _beside))

    def native(self, value: Html) -> str:
        """The text of the file, as it is stored."""
        return value.html


def _beside(exact: JsonObject) -> dict[str, Any]:
    """Where the style sheet was put in, and the white space that was cut off."""
    injected = read(exact, "injected", str, default=None)
    if injected is not None and injected not in PLACES:
        raise DecodeError(
            f"is {injected!r}, not one of {', '.join(PLACES)}", reason=Code.BAD_VALUE, path=("injected",)
        )
    cut = {key: read(exact, key, str, default="") for key in ("lead", "tail")}
    for key, text in cut.items():
        if text.strip():
            raise DecodeError("is no white space", reason=Code.BAD_VALUE, path=(key,))
    return {"injected": injected, **cut}


class HtmlBatchCodec(BatchCodec):
    """The `html` object: a list of pages, each in its own form, and how many they are."""

    tag = "html"
    item_type = Html
    item_tag = HtmlCodec.tag
    items_key = "html"
    keys = ("count", "html")
