"""What every plugin must hold, tested by core's kit."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import wbtypes_html.plugin
from wbtypes_core import Batch
from wbtypes_core.testing import CodecConformance
from wbtypes_html import Html, HtmlBatchCodec, HtmlCodec

CORPUS = Path(__file__).parent / "corpus"


class TestHtml(CodecConformance):
    codec = HtmlCodec()
    plugin = wbtypes_html.plugin
    corpus = CORPUS

    def samples(self) -> Iterator[Html]:
        yield Html("<p>päivää 中 😀</p>\r\n")
        yield Html("  <b>x</b>\n\n", inject=False)
        yield Html("\n<html><head><title>t</title></head>\n</html>\n\n")
        yield Html("\u2003<html><body>x</body></html>")
        yield Html("")
        yield Html("", inject=False)
        yield Html(io.BytesIO(b"<html>\n"))
        yield Html("<p>").replace(caption="of another writer")

    def native_equal(self, value: Html, native: Any) -> bool:
        return isinstance(native, str) and native.encode("utf-8") == value.file.read()


class TestHtmlBatch(CodecConformance):
    codec = HtmlBatchCodec()
    plugin = wbtypes_html.plugin
    corpus = CORPUS

    def samples(self) -> Iterator[Batch]:
        yield Batch([Html("<p>1</p>"), Html(" <html>2", inject=False)])
        yield Batch([Html("\n<html>one\n")])

    def native_equal(self, value: Batch, native: Any) -> bool:
        return bool(native == [each.html for each in value])
