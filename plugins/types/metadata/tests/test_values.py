"""What metadata takes, keeps and refuses, and how types of one's own are made of it."""

from __future__ import annotations

import dataclasses
import datetime
import enum
import math
import pathlib
import pickle
from importlib.resources import files
from types import SimpleNamespace
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

import wbtypes_metadata.plugin
from wbtypes_core import (
    Linked,
    MemoryStore,
    Opaque,
    Registrar,
    Registry,
    decode,
    encode,
    hookimpl,
    native,
)
from wbtypes_core.jsonio import loads, same
from wbtypes_metadata import JSONMetadata, MetadataCodec

REGISTRY = Registry.of(wbtypes_metadata.plugin)


class Colour(enum.Enum):
    RED = "red"


@dataclasses.dataclass
class Point:
    x: Any


class Settings(JSONMetadata):
    """A type of one's own, as the README shows it."""

    @classmethod
    def type_name(cls) -> str:
        return "settings"

    def validate(self, val: Any) -> bool:
        return isinstance(val, dict) and val["rate"] > 0


class SettingsCodec(MetadataCodec):
    tag = "settings"
    value_type = Settings


@hookimpl
def _register(types: Registrar) -> None:
    types.add(SettingsCodec())


BOTH = Registry.of(wbtypes_metadata.plugin, SimpleNamespace(wbtypes_register=_register))


class TestVal:
    @pytest.mark.parametrize(
        ("given_val", "val"),
        [
            ((1, (2,)), [1, [2]]),
            (np.float32(0.5), 0.5),
            (np.array(3), 3),
            (np.array([3]), [3]),
            (np.arange(100).reshape(2, 50), [list(range(50)), list(range(50, 100))]),
            (np.array(["a", "b"]), ["a", "b"]),
            (np.array([True, None, {"x": np.int8(1)}], object), [True, None, {"x": 1}]),
            (np.array([(1, 0.5)], dtype=[("a", "i4"), ("b", "f8")]), [[1, 0.5]]),
            (np.array(["2024-01-02", "NaT"], "M8[ns]"), ["2024-01-02T00:00:00", None]),
            (np.array([90], "m8[s]"), ["PT1M30S"]),
            (np.array([1 + 2j]), ["1+2j"]),
            (np.full(2, 0.5, np.longdouble), [0.5, 0.5]),
            (datetime.date(2024, 1, 2), "2024-01-02"),
            (
                {"p": pathlib.PurePosixPath("a/b"), "s": {3, 1}, "c": Colour.RED},
                {"p": "a/b", "s": [1, 3], "c": "red"},
            ),
            (Point([Point(1)]), {"x": [{"x": 1}]}),
            (
                {2.5: "b", None: "c", True: "d"} | {np.int64(7): "e"},
                {"2.5": "b", "None": "c", "true": "d", "7": "e"},
            ),
        ],
    )
    def test_it_is_plain_json(self, given_val: Any, val: Any) -> None:
        found = JSONMetadata(given_val).val
        assert same(found, val)
        assert repr(found) == repr(val)

    def test_it_is_a_copy_both_ways(self) -> None:
        array, inner = np.arange(3), [1]
        metadata = JSONMetadata({"a": array, "b": inner})
        array[:] = 9
        inner.append(2)
        metadata.val["b"].append(3)
        assert metadata.val == {"a": [0, 1, 2], "b": [1]}
        assert loads(metadata.file.read()) == metadata.val

    def test_what_is_not_finite_is_a_token(self) -> None:
        metadata = JSONMetadata({"n": math.nan, "i": np.array([-np.inf])})
        assert metadata.file.read() == b'{"n": NaN, "i": [-Infinity]}'

    @pytest.mark.parametrize(
        ("val", "error", "words"),
        [
            (object(), TypeError, "val is object; give numbers"),
            ({"a": [1, {"b": object()}]}, TypeError, r"val\['a'\]\[1\]\['b'\] is object"),
            ({(1, 2): 3}, TypeError, "a key of val is tuple"),
            ({"a": {1: 2, "1": 3}}, ValueError, r"two keys of val\['a'\] are '1' as text"),
        ],
    )
    def test_what_json_does_not_know(self, val: Any, error: type[Exception], words: str) -> None:
        with pytest.raises(error, match=words):
            JSONMetadata(val)

    def test_what_holds_itself(self) -> None:
        endless: list[Any] = []
        endless.append(endless)
        with pytest.raises(ValueError, match="nested too deep, or holds itself"):
            JSONMetadata(endless)

    def test_other_arguments(self) -> None:
        assert JSONMetadata([], caption="c").caption == "c"
        with pytest.raises(TypeError, match="takes val and caption, not unit"):
            JSONMetadata([], unit="mm")
        with pytest.raises(TypeError, match="caption is text or a number"):
            JSONMetadata([], caption=[])


class TestValue:
    def test_the_file_is_what_wandb_writes(self) -> None:
        store = MemoryStore()
        node = encode(
            JSONMetadata({"a": [1, None], "f": 0.5}), store, key="m", step=3, registry=REGISTRY
        ).json
        assert store.files == {node["path"]: b'{"a": [1, null], "f": 0.5}'}
        assert node["path"] == f"media/metadata/metadata/m_3_{node['sha256'][:20]}.metadata.json"
        assert set(node) == {"_type", "path", "sha256", "size"}

    def test_equality_is_of_content(self) -> None:
        assert JSONMetadata({"a": 1, "b": math.nan}) == JSONMetadata({"b": math.nan, "a": 1.0})
        assert hash(JSONMetadata({"a": 1})) == hash(JSONMetadata({"a": 1.0}))
        for one, other in (([1], [True]), ({"": 5}, 5), ([], {}), (None, False)):
            assert JSONMetadata(one) != JSONMetadata(other)
        assert JSONMetadata([]) != JSONMetadata([], caption="c")
        assert len({JSONMetadata([1]), pickle.loads(pickle.dumps(JSONMetadata([1])))}) == 1

    def test_a_replaced_value_has_a_file_that_says_so(self) -> None:
        metadata = JSONMetadata([1])
        assert metadata.replace(val=[2]).file.read() == b"[2]"
        assert metadata.replace(caption="c").file is metadata.file

    @pytest.mark.parametrize(
        ("val", "text"),
        [
            ({"a": 1}, "object of 1 key"),
            ([1] * 1000, "list of 1,000"),
            ("x" * 100, f"'{'x' * 55}...'"),
            (None, "null"),
            (True, "True"),
            (math.nan, "nan"),
        ],
    )
    def test_it_describes_itself(self, val: Any, text: str) -> None:
        assert JSONMetadata(val).describe() == text
        assert JSONMetadata(val, caption="c").describe() == f"{text}, 'c'"

    def test_natively_it_is_the_plain_value(self) -> None:
        assert native(JSONMetadata((1,)), registry=REGISTRY) == [1]

    def test_a_damaged_file_leaves_the_link(self) -> None:
        store = MemoryStore()
        node = encode(JSONMetadata([1]), store, registry=REGISTRY).json
        store.files[node["path"]] = b"[1"
        link = decode(node, store, registry=REGISTRY)
        assert isinstance(link, Linked)
        assert link.reason is not None
        assert link.reason.code == "bad-json"
        assert encode(link, store, registry=REGISTRY).json == node

    def test_the_schema_names_its_parts(self) -> None:
        schema = loads(files("wbtypes_metadata").joinpath("schemas/metadata.json").read_bytes())
        assert schema["$id"] == "urn:wbtypes:schema:metadata:1"
        assert all("title" in part for part in schema["properties"].values())


class TestTypesOfOnesOwn:
    def test_they_travel_under_their_own_tag(self) -> None:
        store = MemoryStore()
        node = encode(Settings({"rate": 0.5}), store, key="s", registry=BOTH).json
        assert node["_type"] == "settings"
        assert node["path"] == f"media/metadata/settings/s_0_{node['sha256'][:20]}.settings.json"
        back = decode(node, store, registry=BOTH)
        assert type(back) is Settings
        assert back == Settings({"rate": 0.5}) != JSONMetadata({"rate": 0.5})
        assert encode(back, store, registry=BOTH).json == node

    def test_what_they_refuse(self) -> None:
        with pytest.raises(ValueError, match=r"this is no 'settings': Settings\.validate refuses it"):
            Settings({"rate": -1})
        with pytest.raises(KeyError):
            Settings({})

    @pytest.mark.parametrize("damaged", [b"[]", b"{}", b'{"rate": -1}', b'{"rate": "x"}'])
    def test_what_they_refuse_stays_a_link(self, damaged: bytes) -> None:
        store = MemoryStore()
        node = encode(Settings({"rate": 0.5}), store, registry=BOTH).json
        store.files[node["path"]] = damaged
        link = decode(node, store, registry=BOTH)
        assert isinstance(link, Linked)
        assert link.reason is not None
        assert link.reason.code == "bad-value"
        assert encode(link, store, registry=BOTH).json == node

    def test_without_their_codec_they_are_kept_as_they_came(self) -> None:
        store = MemoryStore()
        node = encode(Settings({"rate": 0.5}), store, registry=BOTH).json
        kept = decode(node, store, registry=REGISTRY)
        assert isinstance(kept, Opaque)
        assert encode(kept, store, registry=REGISTRY).json == node

    def test_a_codec_may_name_its_own_folder(self) -> None:
        class Elsewhere(SettingsCodec):
            tag = "elsewhere"
            folder = "media/elsewhere"

        assert (SettingsCodec.folder, Elsewhere.folder) == ("media/metadata/settings", "media/elsewhere")
        assert MetadataCodec.folder == "media/metadata/metadata"


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None)),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(values, st.none() | st.text())
def test_whatever_is_given_comes_back(val: Any, caption: str | None) -> None:
    metadata = JSONMetadata(val, caption=caption)
    assert same(metadata.val, val)
    store = MemoryStore()
    node = encode(metadata, store, registry=REGISTRY).json
    back = decode(node, store, registry=REGISTRY)
    assert back == metadata
    assert repr(back.val) == repr(metadata.val)
    assert encode(back, store, registry=REGISTRY).json == node


def test_what_is_nested_as_deep_as_limits_allow_can_be_had() -> None:
    val: Any = 1
    for _ in range(505):
        val = [val]
    source = MemoryStore({"d.json": ("[" * 505 + "1" + "]" * 505).encode()})
    found = decode({"_type": "metadata", "path": "d.json"}, source, registry=REGISTRY)
    assert same(found.val, val)
    assert same(native(found, registry=REGISTRY), val)
    assert encode(found, source, registry=REGISTRY).json == {"_type": "metadata", "path": "d.json"}
