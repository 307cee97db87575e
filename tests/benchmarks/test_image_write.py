"""Images: from an array to the file and the JSON."""

from __future__ import annotations

import hashlib
import struct
import zlib

import inputs
import numpy as np
import pytest
from harness import Wanted
from isal import isal_zlib
from stopwatch import Work

from wbtypes_core import DirectoryStore, decode, encode
from wbtypes_image import Image

REMARKS = "floor: 'up' filter in numpy, isal level 1, sha256, write"


def to_png(pixels):
    """The quickest PNG there is: one filter for all rows, and the lightest deflate."""
    rows = pixels.reshape(len(pixels), -1)
    lines = np.empty((len(rows), rows.shape[1] + 1), np.uint8)
    lines[:, 0] = 2
    lines[0, 1:] = rows[0]
    np.subtract(rows[1:], rows[:-1], out=lines[1:, 1:])
    height, width = pixels.shape[:2]
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", isal_zlib.compress(lines, 1)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(data, zlib.crc32(kind)))
        for kind, data in chunks
    )


def write_png(files, pixels):
    """A PNG file named by its content."""
    data = to_png(pixels)
    path = files / "media/images" / f"{hashlib.sha256(data).hexdigest()}.png"
    path.write_bytes(data)
    return path


def as_logged(path):
    """What a picture's file says, read by Pillow."""
    pixels = Image(path).to_numpy()
    return {"pixels": inputs.digest(pixels), "width": pixels.shape[1], "height": pixels.shape[0]}


@pytest.mark.parametrize(
    ("name", "height", "width", "wanted"),
    [("224 x 224", 224, 224, Wanted(7, 1.5)), ("1080p", 1080, 1920, Wanted(10, 1.5))],
)
def test_one(bench, files, name, height, width, wanted):
    picture = inputs.natural(height, width)[0]
    store = DirectoryStore(files)

    def prepare(turn):
        return inputs.stamped(picture, turn)

    def ours(pixels, turn):
        return encode(Image(pixels), store, key="ours", step=turn).json

    facts = bench(
        f"image {name}, array to file and JSON",
        ours=Work(ours, prepare, facts=lambda node: as_logged(files / node["path"])),
        theirs=("image", {"height": height, "width": width}),
        floor=Work(lambda pixels, turn: write_png(files, pixels), prepare, as_logged),
        wanted=wanted,
        remarks=REMARKS,
    )
    assert facts == {"pixels": inputs.digest(prepare(0)), "width": width, "height": height}


@pytest.mark.filterwarnings("ignore:a list of images is longer than 108")  # which is what is measured
def test_many_in_one_step(bench, files):
    count, side = 1000, 64
    pictures = inputs.natural(side, side, count)
    store = DirectoryStore(files)

    def prepare(turn):
        return [inputs.stamped(picture, turn) for picture in pictures]

    def ours(arrays, turn):
        return encode([Image(array) for array in arrays], store, key="ours", step=turn).json

    facts = bench(
        f"{count:,} images {side} x {side} in one step",
        ours=Work(
            ours, prepare, lambda node: [inputs.digest(image.to_numpy()) for image in decode(node, store)]
        ),
        theirs=("images", {"count": count, "side": side}),
        floor=Work(lambda arrays, turn: [write_png(files, array) for array in arrays], prepare),
        wanted=Wanted(10, 1.5),
        remarks=REMARKS,
    )
    assert facts == [inputs.digest(array) for array in prepare(0)]
