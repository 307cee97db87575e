"""What files are by their first and last bytes."""

from __future__ import annotations

import io

import pytest

from wbtypes_core.signatures import COMMON, look_of, marked, ogg_ends


def test_the_first_mark_that_fits_tells():
    assert marked(b"\x89PNG\r\n", COMMON) == "a PNG picture"
    assert marked(b"RIFF....WEBPVP8 ", COMMON) == "a WebP picture"
    assert marked(b"WEBP", COMMON) is None


@pytest.mark.parametrize(
    ("start", "look"),
    [
        (b"", "it is empty"),
        (b"%PDF-1.7", "its first bytes are b'%PDF-1.7', which look like a PDF document"),
        (b"mine: 1", "its first bytes are b'mine: 1', which look like a thing of mine"),
        (b"hello\n", "its first bytes are b'hello\\n', which look like text"),
        (b"\x01\x02", "its first bytes are b'\\x01\\x02'"),
    ],
)
def test_looks(start, look):
    assert look_of(start, COMMON, {(0, b"mine"): "a thing of mine"}) == look


def page(flags: int, body: bytes) -> bytes:
    """A page of an Ogg file: its header, the lengths of its segments, and these."""
    return b"OggS" + bytes([0, flags]) + bytes(20) + bytes([1, len(body)]) + body


WHOLE = page(2, b"first") + page(0, b"second") + page(4, b"last")


@pytest.mark.parametrize("behind", [b"", b"TAG" + bytes(125)])
def test_an_ogg_file_ends_with_a_page_that_says_so(behind):
    assert ogg_ends(io.BytesIO(WHOLE + behind))


@pytest.mark.parametrize("left", range(1, len(WHOLE)))
def test_an_ogg_file_that_is_cut_short_does_not_end(left):
    assert ogg_ends(io.BytesIO(WHOLE[:left])) == (left < len(b"OggS"))


def test_what_has_no_page_is_not_judged():
    assert ogg_ends(io.BytesIO(b"nothing of the kind"))
