"""What items look like in a few words."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import frozen

from wbtypes_cli.preview import describe, kind_of, shortened
from wbtypes_core import Batch, Linked, MediaRef, Opaque, Reason, WBValue
from wbtypes_core.errors import Code


@frozen(kw_only=True)
class Wordy(WBValue):
    text: str = ""

    def describe(self) -> str:
        return f"says {self.text}"


@frozen(kw_only=True)
class Broken(WBValue):
    def describe(self) -> str:
        raise ValueError("not today")


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
        ([[0.1] * 30], "[[0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1...]]"),
        ({}, "{}"),
        ({"a": 1}, "{'a': 1}"),
        (Wordy(text="hi"), "says hi"),
        (Batch((Wordy(text="hi"), Wordy(text="ho"))), "2 x Wordy: says hi"),
        (Opaque("sketch", {}, Reason(Code.BROKEN, "because")), "because"),
        (Linked("sketch", MediaRef("a"), {}, Reason(Code.MISSING_FILE, "gone")), "gone"),
        (Broken(), "ValueError: not today"),
    ],
)
def test_describe(value: object, text: str) -> None:
    assert describe(value) == text


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (1, "number"),
        (1.5, "number"),
        (True, "bool"),
        (None, "null"),
        ("a", "text"),
        ([], "list"),
        (Wordy(), "Wordy"),
        (Batch((Wordy(),)), "Wordy batch"),
        (Batch(()), "batch"),
        (Opaque("sketch", {}), "sketch"),
        (Opaque("", []), "?"),
        (Batch((Opaque("sketch", {}),)), "sketch batch"),
    ],
)
def test_kind(value: Any, kind: str) -> None:
    assert kind_of(value) == kind


def test_shortened_text_has_one_length() -> None:
    assert {len(shortened("x" * count)) for count in range(48, 100)} == {48}
