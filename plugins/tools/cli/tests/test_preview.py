"""What values look like in a few words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from attrs import field, frozen
from wbtypes_cli.preview import describe, kind_of, spelled_size
from wbtypes_core import Batch, BatchableMedia, BytesFile, Linked, MediaRef, MemoryStore, Opaque, Reason, StoredFile, WBValue
from wbtypes_core.errors import Code


@frozen(kw_only=True)
class Picture(BatchableMedia):
    width: int | None = None
    height: int | None = None
    format: str | None = None
    masks: Mapping[str, Any] = field(factory=dict, hash=False)
    flipped: bool = False


@frozen(kw_only=True)
class Counts(WBValue):
    counts: tuple[int, ...] = ()
    pixels: object = field(default=None, eq=False)


@frozen(kw_only=True)
class Wordy(WBValue):
    text: str = ""

    def summary(self) -> str:
        return f"says {self.text}"


STORED = StoredFile(MemoryStore(), MediaRef("media/images/a.png", "0" * 64, 1234))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3, "3"),
        (10**18, "1000000000000000000"),
        (0.123456789, "0.123457"),
        (float("nan"), "nan"),
        (True, "True"),
        (None, "None"),
        ("hi", "'hi'"),
        ("x" * 100, "'" + "x" * 43 + "...'"),
        ([], "[]"),
        ([1, 2.5, "a"], "[1, 2.5, 'a']"),
        (list(range(1000)), "[0, 1, 2, 3, ...] 1,000 items"),
        ({}, "{}"),
        (Picture.restore(file=STORED, width=640, height=480, format="png"), "640x480, png, 1.2 kB"),
        (
            Picture.restore(file=BytesFile(b"x", ".png"), caption="a 'cat'", masks={"pred": 1, "truth": 2}),
            'png, "a \'cat\'", 2 masks',
        ),
        (Picture.restore(file=BytesFile(b"x"), width=3, flipped=True), "width 3, flipped True"),
        (Counts(counts=(1, 5, -2, 7, 0), pixels=object()), "5 counts -2..7"),
        (Counts(counts=(1, 5)), "2 counts"),
        (Wordy(text="hi"), "says hi"),
        (Batch((Wordy(text="hi"), Wordy(text="ho"))), "2 x Wordy: says hi"),
        (Batch(()), "empty"),
        (Opaque("sketch", {}, Reason(Code.BROKEN, "because")), "not decoded: because"),
        (Linked("sketch", MediaRef("a"), {}, Reason(Code.MISSING_FILE, "gone")), "not read: gone"),
    ],
)
def test_describe(value: object, text: str) -> None:
    assert describe(value) == text


def test_no_file_is_opened_or_encoded() -> None:
    class Shut(BytesFile):
        @property
        def size(self) -> int:
            raise AssertionError("the file was measured")

        def open(self) -> Any:
            raise AssertionError("the file was opened")

    assert describe(Picture.restore(file=Shut(b"", ".png"), width=1, height=2)) == "1x2, png"


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (1, "number"),
        (True, "bool"),
        (None, "null"),
        (Wordy(), "Wordy"),
        (Batch((Wordy(),)), "Wordy batch"),
        (Batch(()), "batch"),
        (Opaque("sketch", {}), "sketch"),
        (Batch((Opaque("sketch", {}),)), "sketch batch"),
    ],
)
def test_kind(value: object, kind: str) -> None:
    assert kind_of(value) == kind


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (999_960, "1.0 MB"), (5 * 10**9, "5.0 GB"), (10**16, "10,000.0 TB")],
)
def test_sizes(size: int, text: str) -> None:
    assert spelled_size(size) == text
