"""How pages travel: one as `html-file`, a list of them as `html`."""

from __future__ import annotations

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
        said = {"injected": page.injected, "lead": page.lead, "tail": page.tail}
        kept = {key: item for key, item in said.items() if item}
        return {EXACT: kept} if kept else {}

    def build(self, node: JsonObject, file: MediaFile, ctx: DecodeContext) -> Html:
        """The page of a node; its file stays closed."""
        exact = exact_of(node)
        try:
            beside = _beside(exact)
        except DecodeError as error:
            raise error.under(EXACT) from None
        return Html.restore(file=file, caption=caption_of(node), **beside)

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
    """A list of pages as one object: ``html``."""

    tag = "html"
    item_type = Html
    keys = ("count", "html")

    def encode(self, batch: Batch, ctx: EncodeContext) -> JsonObject:
        """Each page in its own form, in order."""
        pages = [ctx.encode(page, "html", at) for at, page in enumerate(batch)]
        return {"count": len(pages), "html": pages}

    def decode(self, node: Any, ctx: DecodeContext) -> Batch:
        """The pages of a node."""
        node = expect_object(node)
        pages = read(node, "html", list)
        count = read(node, "count", int, default=len(pages))
        if count != len(pages):
            raise DecodeError(
                f"is {count}, and {len(pages)} pages are there", reason=Code.BAD_VALUE, path=("count",)
            )
        decoded = (ctx.decode(page, "html", at, expect=HtmlCodec.tag) for at, page in enumerate(pages))
        return Batch(decoded, tag=self.tag)
