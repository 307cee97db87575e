"""What every plugin must hold, tested by core's kit."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from PIL import Image as Pictures

import wbtypes_image.plugin
import wbtypes_keypoints.plugin
from wbtypes_core.testing import CodecConformance
from wbtypes_image import Image
from wbtypes_keypoints import Keypoints
from wbtypes_keypoints.codec import KeypointsCodec


class TestKeypoints(CodecConformance):
    codec = KeypointsCodec()
    plugin = wbtypes_keypoints.plugin
    siblings = (wbtypes_image.plugin,)
    corpus = Path(__file__).parent / "corpus"
    heavy = ("PIL", "numpy", "wbtypes_image")

    def samples(self) -> Iterator[Keypoints]:
        picture = Pictures.new("RGB", (8, 6), "white")
        yield Keypoints(picture, {"nose": (1, 2)})
        yield Keypoints(Image(picture, caption="inner"), [], caption="nobody")
        pose = {"head": (1, 2), "hip": (3.5, float("nan"), 0.25)}
        yield Keypoints(picture, [pose, {}], skeleton=[("head", "hip")], caption=3)

    def native_equal(self, value: Keypoints, native: Any) -> bool:
        return native.tobytes() == value.to_pil().tobytes()
