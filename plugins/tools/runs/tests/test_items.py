"""Items of records: what is looked up by its bytes is what taking it apart gives."""

from __future__ import annotations

import json
from typing import Any

import pytest
from by_hand import item, items, num, part, typed
from hypothesis import given, settings
from hypothesis import strategies as st

from wbtypes_core import Limits
from wbtypes_runs import items as module
from wbtypes_runs.items import ItemReader, Items
from wbtypes_runs.wire import WireError

KEY = st.text(max_size=8) | st.sampled_from(["\x82\x01", "é\x01", "k" * 130, "n" * 700])
PATH = st.one_of(KEY, st.lists(KEY, min_size=1, max_size=3).map(tuple))
SCALAR = st.none() | st.booleans() | st.integers(-(1 << 63), (1 << 63) - 1) | st.floats(allow_nan=False) | KEY
TEXT = st.one_of(
    st.integers(0, 300).map(lambda size: b'"' + b"x" * size + b'"'),
    st.sampled_from([b"", b"1", b"0.25", b"\x82\x01", b"y" * 127, b"y" * 128, b"y" * 20_000]),
)
WRITTEN = st.one_of(
    st.tuples(PATH, TEXT, st.none()),
    st.tuples(PATH, TEXT | st.none(), SCALAR.map(lambda value: (value,))),
)


def told(items: Items, record: bytes) -> tuple[Any, ...]:
    second = [record[begin:end] for begin, end in items.second]
    values = [(type(value), value) for value in items.values]
    return items.places, values, second, list(items.unread)


def outcome(reader: ItemReader, record: bytes) -> Any:
    try:
        return told(reader.read(record, 0, len(record)), record)
    except WireError as error:
        return str(error)


@given(st.lists(st.lists(WRITTEN, max_size=6), min_size=1, max_size=4), st.none() | st.integers(0, 1 << 40))
def test_items_come_back(records: list[list[Any]], step: int | None) -> None:
    reader = ItemReader(Limits())
    for written in records:
        record = items(
            item(path, text, b"" if told is None else typed(*told)) for path, text, told in written
        )
        record += b"" if step is None else part(2, num(1, step))
        found = reader.read(record, 0, len(record))
        assert found.places == [place(path) for path, _, _ in written]
        assert found.values == [text if told is None else told[0] for _, text, told in written]
        assert [record[begin:end] for begin, end in found.second] == ([] if step is None else [num(1, step)])


def place(path: Any) -> Any:
    """A path as the reader says it: one key is itself, an empty nested key is no other than ``key``."""
    return path[0] if isinstance(path, tuple) and len(path) == 1 else path


@given(st.lists(WRITTEN, min_size=1, max_size=5), st.data())
@settings(max_examples=200)
def test_altered_bytes_mean_the_same_however_they_are_read(written: list[Any], data: st.DataObject) -> None:
    warm = ItemReader(Limits())
    whole = items(item(path, text, b"" if told is None else typed(*told)) for path, text, told in written)
    whole += part(2, num(1, 7))
    warm.read(whole, 0, len(whole))
    altered = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(altered) - 1))
        altered[at] = data.draw(st.sampled_from([0, 1, 2, 0x0A, 0x12, 0x31, 0x80, 0x82, 0xFF]))
    del altered[data.draw(st.integers(0, len(altered))) or len(altered) :]
    unknown = num(77, 1)  # a field that sends the reader the strict way
    strictly = outcome(ItemReader(Limits()), unknown + bytes(altered))
    assert outcome(warm, bytes(altered)) == strictly
    assert outcome(ItemReader(Limits()), bytes(altered)) == strictly


def test_keys_that_nobody_wants_are_passed_over() -> None:
    record = items([item("loss", b"1"), item(("val", "loss"), b"2"), item(("val",), b"3"), item("acc", b"4")])
    for _ in range(2):
        found = (reader := ItemReader(Limits(), keys={"val"})).read(record, 0, len(record))
        assert (found.places, found.values) == ([("val", "loss"), "val"], [b"2", b"3"])
        assert reader.read(record, 0, len(record)).values == [b"2", b"3"]


def test_an_item_of_broken_text_costs_itself() -> None:
    record = items([item("a", b"1"), part(1, b"\xff") + part(16, "2"), item("b", b"3")])
    found = ItemReader(Limits()).read(record, 0, len(record))
    assert (found.places, found.values) == (["a", "b"], [b"1", b"3"])
    assert "not UTF-8" in found.unread[0]


def test_a_record_of_broken_items_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_UNREAD", 5)
    record = part(1, b"\xff") * 6
    with pytest.raises(WireError, match="more than 5"):
        ItemReader(Limits()).read(record, 0, len(record))


@pytest.mark.parametrize("record", [items([item("a", b"1")] * 40), b"\x0a\x00" * 40, b"\x82\x01" * 40])
def test_a_record_of_too_many_items_is_refused(record: bytes) -> None:
    with pytest.raises(WireError, match="nodes=10"):
        ItemReader(Limits(nodes=10)).read(record, 0, len(record))


def test_keys_that_are_invented_in_each_row_are_not_all_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_KNOWN_HEADS", 50)
    reader = ItemReader(Limits())
    for number in range(200):
        record = items([item(f"key {number}", json.dumps(number)), item("long" * 400, b"1")])
        assert reader.read(record, 0, len(record)).values == [str(number).encode(), b"1"]
        assert len(reader._heads) <= 50
