"""Images read back: the rows of a run's history as typed values; no file is opened."""

from __future__ import annotations

import importlib.util
import json

from harness import Wanted
from stopwatch import Work

from wbtypes_core import MemoryStore, decode, encode
from wbtypes_image import Image

COUNT = 5000


def media(tag, path, number):
    """The keys that every stored value has."""
    digest = f"{number:064x}"
    return {"_type": tag, "sha256": digest, "size": 300 + number, "path": f"media/{path.format(digest[:20])}"}


def history_row(step):
    """A row as the client logs it: an image with two masks and two sets of boxes, and some numbers."""
    image = media("image-file", f"images/val_{step}_{{}}.png", step)
    image |= {"format": "png", "width": 640, "height": 480, "caption": f"sample {step}"}
    image["masks"] = {
        name: media("mask", f"images/mask/val_{step}_{{}}.mask.png", step + place)
        for place, name in enumerate(("prediction", "truth"))
    }
    image["boxes"] = {
        name: media("boxes2D", f"metadata/boxes2D/val_{step}_{{}}.boxes2D.json", step + place)
        for place, name in enumerate(("prediction", "truth"))
    }
    return {
        "_step": step,
        "_runtime": step / 7,
        "_timestamp": 1.79e9 + step,
        "loss": 1 / (step + 1),
        "val": image,
    }


def counted(rows):
    """What the rows hold."""
    images = [row["val"] for row in rows]
    parts = [part for image in images for part in (*image.masks.values(), *image.boxes.values())]
    return [sum(type(image) is Image for image in images), len(parts), sum(image.width for image in images)]


def parse(lines):
    """Work that parses the same text and makes no value; None where the parser is not installed."""
    if not importlib.util.find_spec("msgspec"):
        return None
    from msgspec.json import Decoder

    decoder = Decoder()
    return Work(lambda _, turn: [decoder.decode(line) for line in lines])


def test_rows_from_text(bench):
    rows = [history_row(step) for step in range(COUNT)]
    lines = [json.dumps(row).encode() for row in rows]
    facts = bench(
        f"{COUNT:,} history rows of images, text to values",
        ours=Work(lambda _, turn: [decode(json.loads(line)) for line in lines], facts=counted),
        floor=parse(lines),
        wanted=Wanted(floor=1.5),
        remarks="floor: msgspec parses the text; the client has no reader",
    )
    assert facts == [COUNT, 4 * COUNT, 640 * COUNT]


def test_rows_from_json(bench):
    rows = [history_row(step) for step in range(COUNT)]
    facts = bench(
        f"{COUNT:,} history rows of images, JSON to values",
        ours=Work(lambda _, turn: [decode(row) for row in rows], facts=counted),
        floor=parse([json.dumps(row).encode() for row in rows]),
        wanted=Wanted(floor=1.5),
        remarks="as above, with the text parsed before",
    )
    assert facts == [COUNT, 4 * COUNT, 640 * COUNT]
    store = MemoryStore()
    assert encode(decode(rows[7], store, follow=False), store, exact=False).json == rows[7]
