"""The protobuf wire: numbers and fields come back, and what is no message is refused."""

from __future__ import annotations

import pytest
from by_hand import double, num, part, varint
from hypothesis import given
from hypothesis import strategies as st

from wbtypes_runs import wire
from wbtypes_runs.wire import WireError, parse

MESSAGE: wire.Message = {
    1: wire.text("text"),
    2: wire.text("texts", repeated=True),
    3: wire.whole("whole"),
    4: wire.zigzag("zigzag"),
    5: wire.flag("flag"),
    6: wire.double("double"),
    7: wire.raw("raw"),
    8: wire.inner("inner", {1: wire.text("text")}),
    500: wire.inner("inners", {1: wire.whole("whole")}, repeated=True),
}


@given(st.integers(0, (1 << 64) - 1))
def test_numbers_come_back(number: int) -> None:
    data = wire.encoded(number)
    assert data == varint(number)
    assert wire.varint(b"?" + data + b"?", 1, len(data) + 2) == (number, len(data) + 1)
    with pytest.raises(WireError, match="does not end"):
        wire.varint(data, 0, len(data) - 1)


@given(
    st.text(),
    st.lists(st.text(), min_size=1),
    st.integers(-(1 << 63), (1 << 63) - 1),
    st.booleans(),
    st.floats(allow_nan=False),
    st.binary(),
)
def test_fields_come_back(
    text: str, texts: list[str], number: int, flag: bool, real: float, raw: bytes
) -> None:
    data = part(1, text) + b"".join(part(2, each) for each in texts) + num(3, number)
    data += num(4, (number << 1) ^ (number >> 63)) + num(5, flag) + double(6, real) + part(7, raw)
    data += part(8, part(1, text)) + part(500, num(1, number)) + part(500, num(1, 5))
    assert parse(data, MESSAGE) == {
        "text": text,
        "texts": texts,
        "whole": number,
        "zigzag": number,
        "flag": flag,
        "double": real,
        "raw": raw,
        "inner": {"text": text},
        "inners": [{"whole": number}, {"whole": 5}],
    }


def test_unknown_fields_are_skipped() -> None:
    unknown = part(99, b"later") + num(98, 7) + double(97, 1.5) + varint(96 << 3 | 5) + b"four"
    assert parse(unknown + part(1, "known") + unknown, MESSAGE) == {"text": "known"}


def test_a_field_of_another_wire_type_is_unknown() -> None:
    assert parse(num(1, 5) + part(3, "text") + double(5, 1.0), MESSAGE) == {}


def test_the_last_of_a_single_field_counts() -> None:
    assert parse(part(1, "first") + part(1, "last"), MESSAGE) == {"text": "last"}


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"\x0a\x05abc", "reaches 2 bytes over"),
        (b"\x31\x00", "reaches 7 bytes over"),
        (b"\x0b", "wire type 3"),
        (b"\x0f", "wire type 7"),
        (b"\x02\x00", "number 0"),
        (b"\xff" * 11, "does not end"),
        (b"\x0a\x02\xff\xfe", "not UTF-8"),
        (b"\x42\x03\x0a\x05a", "reaches 4 bytes over"),
    ],
)
def test_what_is_no_message_is_refused(data: bytes, says: str) -> None:
    with pytest.raises(WireError, match=says):
        parse(data, MESSAGE)


@given(st.binary(max_size=60))
def test_any_bytes_give_fields_or_a_wire_error(data: bytes) -> None:
    try:
        found = list(wire.spans(data, 0, len(data)))
    except WireError:
        return
    assert all(0 <= begin <= stop <= len(data) for _, _, begin, stop in found)
    assert (found[-1][3] if found else 0) == len(data)
