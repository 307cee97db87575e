"""What every plugin must hold, tested by core's kit."""

from collections.abc import Iterator
from pathlib import Path

import wbtypes_text.plugin
from wbtypes_core.testing import CodecConformance
from wbtypes_text import Text
from wbtypes_text.codec import TextCodec


class TestText(CodecConformance):
    codec = TextCodec()
    plugin = wbtypes_text.plugin
    corpus = Path(__file__).parent / "corpus"

    def samples(self) -> Iterator[Text]:
        yield Text("Once upon a time.")
        yield Text("päivää\n", caption="Finnish")
