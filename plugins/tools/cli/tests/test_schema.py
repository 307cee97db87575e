"""`wbtypes schema`, and what it rests on: the schemas of installed types, and what does not hold to them."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

import pytest

from wbtypes_cli.schemas import Schemas, violations
from wbtypes_core import MissingExtra, Registry, default_registry

SKETCH = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": "urn:wbtypes:schema:toy-line:1",
    "title": "a line",
    "type": "object",
    "required": ["points"],
    "properties": {
        "points": {"type": "array", "items": {"type": "number"}},
        "dot": {"$ref": "urn:wbtypes:schema:toy/dot:1"},
        "blot": {"$ref": "urn:wbtypes:schema:not-installed:1#/$defs/ink"},
    },
}

DOT = {"$id": "urn:wbtypes:schema:toy/dot:1", "type": "object", "properties": {"x": {"type": "number"}}}

PLUGIN = '''
"""Lines and dots."""

from wbtypes_core import Codec, WBValue, hookimpl
from attrs import frozen


@frozen(kw_only=True)
class Line(WBValue):
    points: tuple = ()


def upgrade(node):
    return {**node, "points": [*node["old"]]} if "old" in node else node


class LineCodec(Codec):
    tag, value_type, keys = "toy-line", Line, ("points", "old")
    upgrades = (upgrade,)

    def encode(self, value, ctx):
        return {"points": list(value.points)}

    def decode(self, node, ctx):
        return Line(points=tuple(node["points"]))


class DotCodec(LineCodec):
    tag = "toy/dot"
    upgrades = ()


class BareCodec(DotCodec):
    tag = "toy-bare"


@hookimpl
def wbtypes_register(types):
    types.add(LineCodec(), DotCodec(), BareCodec())
'''


@pytest.fixture
def lines(install: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """A package of two types with schemas, and one without."""
    tags = dict.fromkeys(("toy-line", "toy/dot", "toy-bare"), "wbtypes_lines.plugin")
    site = install("wbtypes-lines", {"types": tags}, {})
    schemas = site / "wbtypes_lines" / "schemas"
    schemas.mkdir(parents=True)
    (site / "wbtypes_lines" / "plugin.py").write_text(PLUGIN)
    for name, schema in (("toy-line", SKETCH), ("toy.dot", DOT)):
        (schemas / f"{name}.json").write_text(json.dumps(schema))


def test_a_schema_is_printed(wbtypes: Any, lines: None) -> None:
    done = wbtypes("schema", "toy-line")
    assert (done.status, done.err, json.loads(done.out)) == (0, "", SKETCH)
    assert json.loads(wbtypes("schema", "toy/dot").out) == DOT


def test_all_are_listed(wbtypes: Any, lines: None) -> None:
    rows = {row["tag"]: row for row in json.loads(wbtypes("schema", "--list", "--json").out)}
    assert rows["toy-line"] == {
        "tag": "toy-line",
        "package": "wbtypes-lines==1.0",
        "id": SKETCH["$id"],
        "title": "a line",
    }
    assert rows["toy-bare"]["id"] == "-"
    assert "urn:wbtypes:schema:toy/dot:1" in wbtypes("schema", "--list").out


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ((), "schema: name a TAG, or say --list"),
        (("toy-lyne",), "toy-lyne: no plugin for 'toy-lyne' is installed"),
        (("toy-lyne",), "did you mean toy-line?"),
        (("toy-bare",), "toy-bare: the package of this type ships no schema"),
    ],
)
def test_what_has_none_is_told(wbtypes: Any, lines: None, words: tuple[str, ...], line: str) -> None:
    done = wbtypes("schema", *words)
    assert (done.status, done.out, len(done.lines)) == (2, "", 1)
    assert line in done.err


@pytest.mark.parametrize(
    ("node", "found"),
    [
        ({"_type": "toy-line", "points": [1]}, []),
        (
            {"a": [{"_type": "toy-line", "points": ["x"]}]},
            [(("a", 0, "points", 0), "'x' is not of type 'number'")],
        ),
        ([{"_type": "toy-line"}], [((0,), "'points' is a required property")]),
        (
            {"_type": "toy-line", "points": [], "dot": {"x": "y"}},
            [(("dot", "x"), "'y' is not of type 'number'")],
        ),
        ({"_type": "toy-line", "old": [1]}, []),
        ({"_type": "toy-line", "old": 3}, [((), "an old shape that cannot be read: ")]),
        (
            {"_type": "unknown", "in": {"_type": "toy-line", "points": 3}},
            [(("in", "points"), "3 is not of type")],
        ),
        ({"_type": "toy-bare", "points": 3}, []),
        ({"_type": 3, "points": 3}, []),
        ("plain", []),
        ({"_type": "toy-line", "points": [], "blot": 3}, []),
    ],
)
def test_violations(lines: None, node: Any, found: list[tuple[Any, str]]) -> None:
    before = json.dumps(node)
    said = violations(node)
    assert [each.path for each in said] == [path for path, _ in found]
    for each, (_, words) in zip(said, found, strict=True):
        assert each.message.startswith(words)
    assert json.dumps(node) == before


def test_a_violation_says_where(lines: None) -> None:
    (only,) = violations({"a": {"_type": "toy-line", "points": 3}})
    assert str(only) == '["a"]["points"]: 3 is not of type \'array\' (schema of toy-line)'


def test_a_registry_is_asked_when_it_is_given(lines: None) -> None:
    assert violations({"_type": "toy-line"}, Registry.of()) == []
    assert Schemas(default_registry()).schema("toy-line") == SKETCH


def test_without_jsonschema_it_says_what_to_install(lines: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jsonschema", None)
    with pytest.raises(MissingExtra, match=r"pip install wbtypes-cli\[schema\]"):
        violations({"_type": "toy-line"})
