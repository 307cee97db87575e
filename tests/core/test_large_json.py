"""Large documents: read by another parser where one is installed, and always as the standard library reads them."""

from __future__ import annotations

import gc
import json
import sys
from importlib.util import find_spec

import pytest

from wbtypes_core import DecodeError, LimitError, Limits
from wbtypes_core.collector import at_rest
from wbtypes_core.jsonio import _quick_parser, loads

PADDING = " " * (1 << 16)
"""What makes any document a large one."""

TOKENS = [
    "-0",
    "-0.0",
    "1e23",
    "1E400",
    "-1e400",
    "4.9e-324",
    "0.1",
    "123456789.12345678901234567890",
    "9223372036854775808",
    "-9223372036854775809",
    "1" * 4300,
    "NaN",
    "[Infinity, -Infinity]",
    '{"a": 1, "a": 2}',
    '{"a": {"b": 1}, "a": {"c": 2}}',
    r'"\ud800"',
    r'"\ud83d\ude00"',
    r'"\u0000"',
    '"\x7f\u00e9"',
    "[[], {}, null, true, false]",
]


PARSERS = ["alone", "msgspec"] if find_spec("msgspec") else ["alone"]
"""Core asks for no other parser: where it is alone, there is none."""


@pytest.fixture(params=PARSERS)
def parser(request, monkeypatch):
    """With the quick parser, and without."""
    _quick_parser.cache_clear()
    if request.param == "alone":
        monkeypatch.setitem(sys.modules, "msgspec.json", None)
    assert (_quick_parser() is None) == (request.param == "alone")
    yield request.param
    _quick_parser.cache_clear()


@pytest.mark.parametrize("token", TOKENS, ids=lambda token: token[:20])
@pytest.mark.parametrize("encoding", [None, "utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_every_token_is_read_as_ever(parser, token, encoding):
    text = f"[{token}]{PADDING}"
    assert repr(loads(text.encode(encoding) if encoding else text)) == repr(json.loads(text))


@pytest.mark.parametrize(
    "text", ["[1,]", "[01]", "[1] x", '{"a": }', '["\x1f"]', "[.5]", "[1.]", "[tru]", "[\x0c1]"]
)
def test_what_is_no_json_is_refused_with_its_place(parser, text):
    with pytest.raises(DecodeError, match=r"this is not JSON: .*line 2 column \d+"):
        loads(f"{PADDING}\n{text}")


def test_bytes_that_are_no_text_are_refused(parser):
    with pytest.raises(DecodeError, match="this is not JSON"):
        loads(b'["\xff"]' + PADDING.encode())


def test_the_parser_stops_at_hostile_depth(parser):
    with pytest.raises(LimitError, match="nested deeper"):
        loads("[" * 100_000 + "]" * 100_000)


def test_the_collector_rests_and_works_again():
    with at_rest():
        assert not gc.isenabled()
        with at_rest():
            pass
        assert not gc.isenabled()
    assert gc.isenabled()
    with pytest.raises(ZeroDivisionError), at_rest():
        _ = 1 / 0
    assert gc.isenabled()


def test_a_collector_that_is_off_stays_off():
    gc.disable()
    try:
        with at_rest():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_a_text_that_is_shorter_than_the_limit_needs_no_look():
    limits = Limits(string=5)
    limits.check({"a": ["12345"]}, size=5)
    with pytest.raises(LimitError, match="the length of a string"):
        limits.check({"a": ["123456"]}, size=6)
    with pytest.raises(LimitError, match="the length of a string"):
        limits.check("123456")
