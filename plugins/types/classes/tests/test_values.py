"""What classes take, keep and refuse."""

from __future__ import annotations

import base64
import hashlib
import pickle
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

import wbtypes_classes.plugin
from wbtypes_classes import Classes
from wbtypes_core import DecodeError, Dialect, Linked, MemoryStore, Registry, ValueWarning, decode, encode
from wbtypes_core.context import DecodeContext, encode_context
from wbtypes_core.limits import Limits

REGISTRY = Registry.of(wbtypes_classes.plugin)
ROADS = [
    {"id": 0, "name": "road"},
    {"id": 1, "name": "car"},
    {"id": 2, "name": "tree"},
    {"id": 7, "name": "sign"},
]

NODE = {  # what 0.13 to 0.31 wrote for these classes
    "type": "classes-file",
    "path": "media/classes/593b26595042b5c0bd0bfabe8999d12b_cls.classes.json",
    "digest": "0d5L1HY/kEXqnz5Rswcckw==",
}


def link(classes: Classes, store: MemoryStore) -> Any:
    context = encode_context(store, REGISTRY, key="img", step=0, dialect=Dialect.ARTIFACT, exact=True)
    return context.encode(classes, expect="classes-file")


def follow(node: Any, store: MemoryStore) -> Any:
    context = DecodeContext(store, REGISTRY, True, "raise", Limits(), key="img", step=None)
    return context.decode(node, "classes", expect="classes-file")


class TestClassSet:
    def test_it_is_kept_as_it_was_given(self) -> None:
        given_set = [{"id": 0, "name": "road", "color": (0, 255, 0)}, {"name": "car", "id": "c"}]
        classes = Classes(given_set)
        assert list(classes.class_set) == [{"id": 0, "name": "road", "color": [0, 255, 0]}, given_set[1]]
        assert classes.labels == {0: "road", "c": "car"}

    def test_it_is_a_copy_that_cannot_be_changed(self) -> None:
        entry = {"id": 0, "name": "road"}
        classes = Classes([entry])
        entry["name"] = "car"
        assert classes.labels == {0: "road"}
        with pytest.raises(TypeError):
            classes.class_set[0]["name"] = "car"  # type: ignore[index]

    def test_numpy_ids_become_ints(self) -> None:
        ((each,),) = (Classes([{"id": np.int32(3), "name": "tree"}]).labels,)
        assert type(each) is int

    def test_any_iterable_will_do(self) -> None:
        assert Classes(iter(ROADS)) == Classes(tuple(ROADS)) == Classes(ROADS)

    def test_an_id_with_two_names_keeps_both_and_goes_by_the_last(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("wbtypes_core.errors._told", set())
        twice = [{"id": 1, "name": "A"}, {"id": 1, "name": "B"}]
        with pytest.warns(ValueWarning, match="two names") as told:
            classes = Classes(twice)
            Classes(twice)
        assert len(told) == 1
        assert list(classes.class_set) == twice
        assert classes.labels == {1: "B"}

    def test_the_same_name_twice_is_nothing_to_tell_of(self) -> None:
        assert len(Classes([ROADS[0], ROADS[0]]).class_set) == 2

    @pytest.mark.parametrize(
        ("class_set", "error", "words"),
        [
            ({0: "road"}, TypeError, "list of dicts.*not dict"),
            ("road", TypeError, "list of dicts"),
            (None, TypeError, "list of dicts"),
            ([ROADS[0], "car"], TypeError, r"class_set\[1\] is a dict"),
            ([{"name": "car"}], ValueError, r"class_set\[0\] has no id"),
            ([{"id": 1}], ValueError, r"class_set\[0\] has no name"),
            ([{"id": 1.5, "name": "car"}], TypeError, "an int or a str, not 1.5"),
            ([{"id": None, "name": "car"}], TypeError, "an int or a str"),
            ([{"id": 1, "name": 5}], TypeError, "is a str, not 5"),
            (
                [{"id": 1, "name": "car", "shape": object()}],
                TypeError,
                r"class_set\[0\]\['shape'\] is object",
            ),
            ([{"id": 1, "name": "car", 5: 1}], TypeError, "are text"),
        ],
    )
    def test_what_is_refused(self, class_set: Any, error: type[Exception], words: str) -> None:
        with pytest.raises(error, match=words):
            Classes(class_set)

    def test_equality_is_of_content(self) -> None:
        assert Classes(ROADS) != Classes(ROADS[::-1])
        assert len({Classes(ROADS), pickle.loads(pickle.dumps(Classes(ROADS)))}) == 1


class TestLink:
    def test_it_is_what_wandb_writes(self) -> None:
        store = MemoryStore()
        assert link(Classes(ROADS), store) == NODE
        assert store.files[NODE["path"]] == (
            b'{"_type": "classes", "class_set": [{"id": 0, "name": "road"}, {"id": 1, "name": "car"}, '
            b'{"id": 2, "name": "tree"}, {"id": 7, "name": "sign"}]}'
        )

    def test_the_order_of_keys_names_the_file_but_not_its_bytes(self) -> None:
        stores = MemoryStore(), MemoryStore()
        nodes = [
            link(Classes(entries), store)
            for entries, store in zip(
                ([{"id": 0, "name": "a"}], [{"name": "a", "id": 0}]), stores, strict=True
            )
        ]
        assert nodes[0]["path"] != nodes[1]["path"]
        assert nodes[0]["digest"] == nodes[1]["digest"]

    def test_it_is_followed(self) -> None:
        store = MemoryStore()
        assert follow(link(Classes(ROADS), store), store) == Classes(ROADS)

    def test_an_old_name_is_kept_in_its_own_store_and_made_new_in_another(self) -> None:
        text = b'{"_type": "classes",  "class_set": [{"id": 0, "name": "road"}]}'
        digest = base64.b64encode(hashlib.md5(text).digest()).decode()
        node = {"type": "classes-file", "path": "media/cls.classes.json", "digest": digest}
        store, other = MemoryStore({"media/cls.classes.json": text}), MemoryStore()
        classes = follow(node, store)
        assert link(classes, store) == node
        moved = link(classes, other)
        assert moved == {**node, "path": moved["path"]}
        assert moved["path"].startswith("media/classes/")
        assert other.files == {moved["path"]: text}

    @pytest.mark.parametrize(
        ("files", "code"),
        [
            ({}, "missing-file"),
            ({NODE["path"]: b"{"}, "bad-json"),
            ({NODE["path"]: b"[]"}, "wrong-type"),
            ({NODE["path"]: b'{"class_set": [{"id": 1}]}'}, "missing-key"),
        ],
    )
    def test_where_the_file_cannot_be_read_the_link_stays(self, files: dict[str, bytes], code: str) -> None:
        store = MemoryStore(files)
        kept = follow(NODE, store)
        assert isinstance(kept, Linked)
        assert kept.reason is not None
        assert kept.reason.code == code
        assert link(kept, store) == NODE  # type: ignore[arg-type]

    @pytest.mark.parametrize("odd", [{"type": "other"}, {"type": 5}, {"digest": None}, {"digest": 5}])
    def test_a_link_of_another_kind_stays_what_it_is(self, odd: dict[str, Any]) -> None:
        store = MemoryStore()
        node = {**link(Classes(ROADS), store), **odd}
        kept = follow(node, store)
        assert isinstance(kept, Linked)
        assert link(kept, store) == node  # type: ignore[arg-type]


def test_the_inline_form_serves_runs_and_artifacts() -> None:
    for dialect in Dialect:
        node = encode(Classes(ROADS), None, dialect=dialect, registry=REGISTRY).json
        assert node == {"_type": "classes", "class_set": ROADS}
        assert decode(node, registry=REGISTRY) == Classes(ROADS)


def test_odd_ids_and_names_of_other_writers_are_kept() -> None:
    node = {"_type": "classes", "class_set": [{"id": 1.5, "name": None}, {"id": True, "name": 3}]}
    classes = decode(node, registry=REGISTRY)
    assert classes.labels == {1.5: None, True: 3}
    assert encode(classes, None, registry=REGISTRY).json == node


def test_the_error_names_the_place() -> None:
    with pytest.raises(DecodeError, match=r'^\["class_set"\]\[0\]\["name"\]: is missing$'):
        decode({"_type": "classes", "class_set": [{"id": 1}]}, registry=REGISTRY)


@given(
    st.lists(
        st.fixed_dictionaries(
            {"id": st.integers() | st.text(), "name": st.just("x")},
            optional={"color": st.lists(st.integers(0, 255)), "weight": st.floats()},
        )
    )
)
def test_whatever_classes_are_given_come_back(class_set: list[dict[str, Any]]) -> None:
    classes = Classes(class_set)
    store = MemoryStore()
    assert follow(link(classes, store), store) == classes
    assert decode(encode(classes, None, registry=REGISTRY).json, registry=REGISTRY) == classes
