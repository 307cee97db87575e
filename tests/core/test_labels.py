"""Class labels: names by class id, whoever wrote them."""

from __future__ import annotations

import pickle

import pytest

from wbtypes_core import DecodeError
from wbtypes_core.labels import check_labels, label_texts, noted_labels, read_labels, stored_labels


class Scalar(int):
    """What a numpy integer looks like to a dict."""


def test_labels_that_users_give_have_whole_numbers():
    labels = check_labels({1: "cat", 2.0: "dog", Scalar(3): "cow", -1: "ignore"})
    assert dict(labels) == {1: "cat", 2: "dog", 3: "cow", -1: "ignore"}
    assert all(type(each) is int for each in labels)
    assert check_labels({}) == {}
    with pytest.raises(TypeError):
        labels[4] = "x"
    assert pickle.loads(pickle.dumps(labels)) == labels


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        ([(1, "cat")], "is a dict of names by id, not list"),
        ({"1": "cat"}, "is the number of a class, not '1'"),
        ({1.5: "cat"}, "is the number of a class, not 1.5"),
        ({float("nan"): "cat"}, "is the number of a class, not nan"),
        ({float("inf"): "cat"}, "is the number of a class, not inf"),
        ({None: "cat"}, "is the number of a class, not None"),
        ({1: 2}, r"class_labels\[1\] is a name, a str, not int"),
        ({1: None}, "is a name, a str, not NoneType"),
    ],
)
def test_other_labels_are_refused(labels, words):
    with pytest.raises(TypeError, match=words):
        check_labels(labels)


def test_labels_of_json_have_the_texts_of_numbers():
    given = {"1": "cat", 2: "dog", "-1": "ignore", "07": "seven", "road": "a road", "9" * 30: "far"}
    assert dict(stored_labels(given)) == {
        1: "cat",
        2: "dog",
        -1: "ignore",
        "07": "seven",
        "road": "a road",
        "9" * 30: "far",
    }


def test_labels_of_the_wire_come_back_as_they_were():
    node = {"0": "a", "-3": "b", "00": "c", "-0": "d", "x": "e", "1.0": "f", "": "g", " 1": "h"}
    labels = read_labels(node)
    assert labels[0] == "a"
    assert labels[-3] == "b"
    assert label_texts(labels) == node


@pytest.mark.parametrize("name", [1, None, True, ["cat"], {}])
def test_names_of_the_wire_are_text(name):
    with pytest.raises(DecodeError, match="not a name") as caught:
        read_labels({"7": name})
    assert (caught.value.reason, caught.value.path) == ("wrong-type", ("7",))


def test_labels_of_a_runs_config():
    assert noted_labels({"type": "mask", "key": "pred", "value": {"1": "cat"}}) == {1: "cat"}
    for other in (None, {}, [], "x", {"value": None}, {"value": [1]}, {"value": {"1": 2}}):
        assert noted_labels(other) is None
